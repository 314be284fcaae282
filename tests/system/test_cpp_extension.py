"""C++ files are compiled once and loaded; without a compiler, nothing is loaded."""

from collections.abc import Iterator
from ctypes import c_int
from pathlib import Path

import pytest

from noonbit.system import cpp_extension

HALF = 'extern "C" int half(int number) { return number / 2; }\n'


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Create a C++ file and an empty cache folder."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    path = tmp_path / "half.cpp"
    path.write_text(HALF)
    if cpp_extension.load(path) is None:
        pytest.skip("no C++ compiler is here")
    cpp_extension.load.cache_clear()
    yield path
    cpp_extension.load.cache_clear()


def test_a_file_is_compiled_and_called(source: Path) -> None:
    library = cpp_extension.load(source)
    assert library is not None
    library.half.argtypes, library.half.restype = (c_int,), c_int
    assert library.half(10) == 5


def test_another_text_is_another_library(source: Path) -> None:
    first = cpp_extension.compile_library(source)
    source.write_text(HALF.replace("2", "3"))
    assert cpp_extension.compile_library(source) != first


def test_what_is_there_is_not_compiled_again(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object) -> bool:
        raise AssertionError("compiled again")

    first = cpp_extension.compile_library(source)
    monkeypatch.setattr(cpp_extension, "compile_into", refuse)
    assert cpp_extension.compile_library(source) == first


def test_a_library_that_cannot_be_loaded_is_compiled_again(source: Path) -> None:
    library = cpp_extension.compile_library(source)
    assert library is not None
    library.unlink()
    library.write_bytes(b"not a library")
    assert cpp_extension.load(source) is not None


def test_switched_off_nothing_is_loaded(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(cpp_extension.SWITCH, "off")
    assert cpp_extension.load(source) is None


def test_without_a_compiler_nothing_is_loaded(
    source: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert cpp_extension.load(source) is None


def test_a_file_that_does_not_compile_is_done_without(source: Path) -> None:
    source.write_text("int half(")
    assert cpp_extension.load(source) is None


def test_where_the_cache_cannot_be_written_a_library_lives_for_the_process(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(in_the_way))
    library = cpp_extension.compile_library(source)
    assert library is not None and str(in_the_way) not in str(library)
    assert cpp_extension.load(source) is not None
