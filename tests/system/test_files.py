"""Atomic file writes, and JSON without nan and infinity."""

import json
import math
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from noonbit.errors import ArtefactError, UsageError
from noonbit.system import files
from noonbit.system.files import (
    replace_non_finite,
    user_cache,
    write,
    write_json,
    write_text,
)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


def refusal(path: Path, fill=lambda temporary: temporary.write_text("new")) -> str:
    with pytest.raises(ArtefactError) as error:
        write(path, fill)
    return str(error.value)


def test_a_new_file_appears_whole(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    seen: list[bool] = []

    def fill(temporary: Path) -> None:
        temporary.write_text("half")
        seen.append(path.exists())
        temporary.write_text("whole")

    write(path, fill)
    assert seen == [False]
    assert path.read_text() == "whole"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("failure", [ValueError, KeyboardInterrupt])
def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path, failure) -> None:
    path = tmp_path / "weights"
    path.write_text("old")

    def fill(temporary: Path) -> None:
        temporary.write_text("half of the n")
        raise failure

    with pytest.raises(failure):
        write(path, fill)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_is_one_sentence_and_leaves_the_old_file(tmp_path: Path) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("needs /dev/full, a device whose every write finds the disk full")
    path = tmp_path / "weights"
    path.write_text("old")
    assert refusal(path, lambda temporary: full.write_text("new")) == (
        f"The disk is full: {path} could not be written. Free some space, or choose --out."
    )
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", ["x" * 255, "가" * 85])
def test_the_longest_name_that_a_disk_takes_is_written(name: str, tmp_path: Path) -> None:
    write_text(tmp_path / name, "whole")
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_folder_that_takes_no_files_is_one_sentence() -> None:
    folder = Path("/sys")  # read-only even for root, whom permissions do not stop
    if not folder.is_dir():
        pytest.skip("needs Linux's /sys")
    sentence = refusal(folder / "report.html")
    assert sentence.startswith("/sys cannot be written to: ")
    assert sentence.endswith(" Choose another folder with --out.")


def test_a_folder_without_permission_is_one_sentence(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("permissions do not stop root")
    tmp_path.chmod(0o500)
    assert refusal(tmp_path / "a").startswith(f"{tmp_path} cannot be written to: ")


def test_a_missing_folder_is_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "absent" / "a"
    assert refusal(path).startswith(f"{path} could not be written: No such file")


@pytest.mark.parametrize(("has_proc", "times"), [(True, 200), (False, 100_000)])
def test_threads_that_ask_for_the_mask_leave_it_as_it_is(
    has_proc: bool, times: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    if not has_proc:
        monkeypatch.setattr(files, "PROCESS_STATUS", tmp_path / "nothing")

    def read_mask(thread: int) -> set[int]:
        return {files.current_umask() for _ in range(times)}

    before, interval = os.umask(0o027), sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(2) as pool:
            masks = set().union(*pool.map(read_mask, range(2)))
        assert (masks, os.umask(0o027)) == ({0o027}, 0o027)
    finally:
        sys.setswitchinterval(interval)
        os.umask(before)


def test_a_folder_in_the_place_of_the_file_is_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.mkdir()
    assert refusal(path) == f"{path} is a folder, and no regular file. Name such a file."
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(("mask", "mode"), [(0o022, 0o644), (0o077, 0o600)])
def test_a_file_has_the_permissions_that_the_user_gives_files(tmp_path, mask, mode) -> None:
    before = os.umask(mask)
    try:
        write_text(tmp_path / "a", "text")
        assert os.umask(mask) == mask
    finally:
        os.umask(before)
    assert (tmp_path / "a").stat().st_mode & 0o777 == mode


def test_text_is_utf_8(tmp_path: Path) -> None:
    write_text(tmp_path / "a", "눈빛")
    assert (tmp_path / "a").read_bytes() == "눈빛".encode()


def test_numbers_that_json_lacks_become_null(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_json(path, {"loss": math.nan, "rows": [(math.inf, np.float64("nan"), 0.5)], "눈": "빛"})
    assert "눈" in path.read_text(encoding="utf-8")
    assert json.loads(path.read_text(encoding="utf-8")) == {
        "loss": None,
        "rows": [[None, None, 0.5]],
        "눈": "빛",
    }


@given(json_values)
def test_plain_values_become_strict_json_and_keep_all_else(value: object) -> None:
    text = json.dumps(replace_non_finite(value), allow_nan=False)
    assert json.loads(text) == replace_non_finite(value)
    assert replace_non_finite(replace_non_finite(value)) == replace_non_finite(value)


def test_the_cache_is_where_its_variable_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/somebody")
    monkeypatch.setenv("XDG_CACHE_HOME", "/xdg")
    monkeypatch.setenv("NOONBIT_CACHE", "~/own")
    assert user_cache() == Path("/home/somebody/own")
    monkeypatch.setenv("NOONBIT_CACHE", "")
    assert user_cache() == Path("/xdg/noonbit")
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert user_cache() == Path("/home/somebody/.cache/noonbit")


def test_a_cache_in_the_home_of_nobody_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOONBIT_CACHE", "~nouser/cache")
    with pytest.raises(UsageError, match=r"^NOONBIT_CACHE=~nouser/cache is no folder: "):
        user_cache()


def test_a_pipe_in_the_place_of_a_file_stays_and_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a"
    os.mkfifo(path)
    assert refusal(path) == f"{path} is a named pipe, and no regular file. Name such a file."
    assert path.is_fifo()
