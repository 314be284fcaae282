"""The list of trusted code: what counts, and what is written."""

import os
from pathlib import Path

import pytest

from noonbit.system.trust import TrustedCode, is_trusted, read_trusted, trust, trusted_file

CODE = TrustedCode("0" * 64, "build")


@pytest.fixture
def list_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The path of a list that is not there yet."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    return trusted_file()


def write_list(path: Path) -> None:
    """Write a list of one code, as `trust` does."""
    path.parent.mkdir(mode=0o700)
    path.write_text(f"{CODE.sha256} {CODE.function} 'x.py'\n")
    path.chmod(0o600)


def test_what_is_trusted_once_stays_trusted(list_file: Path) -> None:
    codes = [TrustedCode(digit * 64, "build") for digit in "123"]
    for code in codes:
        assert not is_trusted(code)
        assert trust(code, Path("a\nb.py")) is None
    assert read_trusted(list_file) == set(codes)
    assert list_file.read_text().splitlines()[0] == f"{'1' * 64} build 'a\\nb.py'"
    assert list_file.stat().st_mode & 0o777 == 0o600
    assert list_file.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("mode", [0o620, 0o602])
def test_a_list_that_others_may_write_does_not_count(list_file: Path, mode: int) -> None:
    write_list(list_file)
    assert read_trusted(list_file) == {CODE}
    list_file.chmod(mode)
    assert read_trusted(list_file) == set()
    reason = trust(TrustedCode("4" * 64, f"build_{mode}"), Path("x.py"))
    assert reason == f"others may write {list_file}, so it does not count"


def test_a_list_in_a_folder_that_others_may_write_does_not_count(list_file: Path) -> None:
    write_list(list_file)
    list_file.parent.chmod(0o703)
    assert read_trusted(list_file) == set()
    reason = str(trust(TrustedCode("6" * 64, "build"), Path("x.py")))
    assert reason.endswith(f"cannot be written (others can write to {list_file.parent})")


def test_a_link_and_a_pipe_are_no_list(list_file: Path, tmp_path: Path) -> None:
    list_file.parent.mkdir(mode=0o700)
    real = tmp_path / "real"
    real.write_text(f"{CODE.sha256} {CODE.function} 'x.py'\n")
    list_file.symlink_to(real)
    assert read_trusted(list_file) == set()
    list_file.unlink()
    os.mkfifo(list_file, 0o600)
    assert read_trusted(list_file) == set()


def test_without_a_place_for_the_list_code_is_trusted_in_this_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "file"))
    code = TrustedCode("5" * 64, "build")
    assert "cannot be written (File exists)" in str(trust(code, Path("x.py")))
    assert is_trusted(code)


def test_damaged_lines_of_the_list_are_passed_over(list_file: Path) -> None:
    list_file.parent.mkdir(mode=0o700)
    list_file.write_bytes(b"\xff\xfe\n\n" + CODE.sha256.encode() + b" build 'x.py'\nabc\n")
    assert read_trusted(list_file) == {CODE}
