"""The cache folder: entries are found again, limited in size, and never block a run."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from hostile_files import DAMAGES, HOSTILITIES, let_others_write, make_link, make_pipe

from noonbit.cli.data import list_known
from noonbit.data import cache
from noonbit.errors import UsageError

MEGABYTE = 10**6


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("NOONBIT_CACHE", str(tmp_path))
    monkeypatch.setenv(cache.LIMIT_VARIABLE, "0.003")
    return tmp_path / "decoded"


def keep(name: str, *, megabytes: int = 1, age: float = 0) -> str | None:
    reason = cache.keep(
        name, megabytes * MEGABYTE, lambda path: path.write_bytes(bytes(megabytes * MEGABYTE))
    )
    if reason is None:
        place, then = cache.folder() / name, time.time() - age
        os.utime(place, (then, then))
    return reason


def is_found(name: str) -> bool:
    file = cache.find(name)
    if file is not None:
        file.close()
    return file is not None


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_it_lies_in_the_stated_folder_or_in_the_users_own(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert cache.folder() == tmp_path / "decoded"
    monkeypatch.delenv("NOONBIT_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "own"))
    assert cache.folder() == tmp_path / "own" / "noonbit" / "decoded"


def test_a_name_depends_on_every_fact_and_on_nothing_else() -> None:
    name = cache.entry_name("kind", "one", [("two", 3)])
    assert name == cache.entry_name("kind", "one", [("two", 3)])
    others = [
        cache.entry_name("another", "one", [("two", 3)]),
        cache.entry_name("kind", "one", [("two", 4)]),
        cache.entry_name("kind", "one[", [("two", 3)]),
    ]
    assert len({name, *others}) == 4
    assert name.startswith("kind-") and name.isascii()


def test_what_is_kept_is_found(folder: Path) -> None:
    assert not is_found("a")
    assert keep("a") is None
    file = cache.find("a")
    assert file is not None
    with file:
        assert file.read() == bytes(MEGABYTE)
    cache.keep_value("b", {"one": [1, "2", None]})
    assert cache.find_value("b") == {"one": [1, "2", None]}


@pytest.mark.parametrize("harm", HOSTILITIES)
def test_a_value_that_is_damaged_or_not_private_is_as_good_as_none(
    harm: Callable[[Path], None], folder: Path
) -> None:
    cache.keep_value("a", [1, 2])
    harm(folder / "a")
    assert cache.find_value("a") is None
    assert cache.find_value("never kept") is None


def test_what_was_damaged_or_replaced_is_kept_anew(folder: Path) -> None:
    for harm in (*DAMAGES, make_pipe, make_link, let_others_write):
        cache.keep_value("a", [1, 2])
        harm(folder / "a")
        cache.keep_value("a", [1, 2])
        assert cache.find_value("a") == [1, 2], harm


def test_in_a_folder_that_others_can_write_to_nothing_is_kept_and_that_is_said(
    folder: Path,
) -> None:
    keep("a")
    folder.chmod(0o777)
    assert keep("b") == f"{folder} cannot be used (others can write to {folder})"
    assert not is_found("a")
    with cache.temporary_file() as file:
        file.write(b"content")


def test_an_entry_that_is_trimmed_meanwhile_can_still_be_read(folder: Path) -> None:
    keep("a", age=100)
    file = cache.find("a")
    (folder / "a").unlink()
    assert file is not None
    with file:
        assert file.read() == bytes(MEGABYTE)


def test_what_was_used_longest_ago_goes_first(folder: Path) -> None:
    for age, name in ((300, "oldest"), (200, "older"), (100, "newest")):
        keep(name, age=age)
    assert is_found("oldest")  # which makes it the one used last
    keep("another")
    assert names(folder) == {"oldest", "newest", "another"}
    assert cache.used_bytes() == 3 * MEGABYTE


def test_what_is_larger_than_the_limit_is_not_kept_and_removes_nothing(folder: Path) -> None:
    keep("a")
    assert keep("b", megabytes=4) == (
        "they take 0.0 GB and the cache may take 0.0; the variable NOONBIT_DECODED_GB sets that"
    )
    assert names(folder) == {"a"}


def test_the_limit_is_ten_gigabytes_or_a_tenth_of_the_free_disk(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    keep("a")
    monkeypatch.delenv(cache.LIMIT_VARIABLE)
    for free, most in ((10**12, 10 * 10**9), (20 * 10**9 - MEGABYTE, 2 * 10**9)):
        usage = SimpleNamespace(free=free)
        monkeypatch.setattr(cache.shutil, "disk_usage", lambda place, usage=usage: usage)
        assert cache.limit_bytes() == most


def test_zero_turns_it_off(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    keep("a")
    monkeypatch.setenv(cache.LIMIT_VARIABLE, "0")
    assert not is_found("a")
    assert cache.keep("b", 1, Path.touch) is None
    assert names(folder) == {"a"}


@pytest.mark.parametrize("stated", ["much", "-1", "nan", "inf"])
def test_a_limit_that_is_no_size_is_refused(monkeypatch: pytest.MonkeyPatch, stated: str) -> None:
    monkeypatch.setenv(cache.LIMIT_VARIABLE, stated)
    with pytest.raises(UsageError) as error:
        cache.limit_bytes()
    assert str(error.value) == (
        f"NOONBIT_DECODED_GB={stated} is no size; it is the gigabytes that decoded pictures may "
        "take on the disk, 0 for none."
    )


def test_an_entry_that_cannot_be_written_leaves_nothing_and_says_why(folder: Path) -> None:
    def fill(path: Path) -> None:
        path.write_bytes(bytes(1000))
        raise OSError(28, "No space left on device")

    assert cache.keep("a", 1000, fill) == (f"{folder} cannot be used (No space left on device)")
    assert names(folder) == set()


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "decoded").write_text("a file in its place")
    assert keep("a") == f"{tmp_path / 'decoded'} cannot be used (File exists)"
    assert not is_found("a")
    with cache.temporary_file() as file:  # in the system's folder then
        file.write(b"content")


def test_what_a_killed_process_left_is_removed_after_a_day(folder: Path) -> None:
    keep("a")
    for name, age in ((".a.writing", 60), (".a.killed", 2 * cache.ABANDONED_SECONDS)):
        (folder / name).write_bytes(b"half")
        os.utime(folder / name, (time.time() - age,) * 2)
    keep("b")
    assert names(folder) == {"a", "b", ".a.writing"}


def test_a_temporary_file_lies_beside_the_entries_without_a_name(folder: Path) -> None:
    with cache.temporary_file() as file:
        file.write(b"content")
        assert folder.is_dir() and names(folder) == set()


def test_the_list_of_data_sets_says_how_large_it_is(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    list_known(None, json=False)
    assert "decoded pictures" not in capsys.readouterr().err
    keep("a", megabytes=2)
    list_known(None, json=False)
    assert f"2 MB of decoded pictures in {folder}" in capsys.readouterr().err
