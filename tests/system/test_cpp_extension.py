"""C++ files are compiled once and loaded; without a compiler, nothing is loaded."""

import shutil
from collections.abc import Iterator
from ctypes import c_int
from itertools import product
from pathlib import Path

import pytest
from hostile_files import HOSTILITIES

from noonbit.errors import UsageError
from noonbit.system import cpp_extension
from noonbit.system.cpp_compiler import (
    compile_source,
    find_compiler,
    installed_library,
    tunings,
)
from noonbit.system.cpp_extension import cache_folder, checksum_path, find_or_compile
from noonbit.system.hardware import x86_64_levels

HALF = 'extern "C" int half(int number) { return number / 2; }\n'


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Create a C++ file and a cache folder with its library."""
    monkeypatch.setenv("NOONBIT_CACHE", str(tmp_path / "cache"))
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
    first = next(find_or_compile(source))
    source.write_text(HALF.replace("2", "3"))
    assert next(find_or_compile(source)) != first


def test_another_header_beside_it_is_another_library(source: Path) -> None:
    header = source.with_name("part.h")
    header.write_text("#define PART 2\n")
    source.write_text('#include "part.h"\n' + HALF.replace("2", "PART"))
    first = next(find_or_compile(source))
    header.write_text("#define PART 3\n")
    assert next(find_or_compile(source)) != first


def test_what_is_there_is_not_compiled_again(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object) -> bool:
        raise AssertionError("compiled again")

    first = next(find_or_compile(source))
    monkeypatch.setattr(cpp_extension, "compile_source", refuse)
    assert next(find_or_compile(source)) == first


def test_a_library_that_is_not_as_it_was_compiled_is_not_loaded(
    source: Path, tmp_path: Path
) -> None:
    whole = next(find_or_compile(source))
    assert cpp_extension.is_whole(whole)
    for number, (harm, path_of) in enumerate(product(HOSTILITIES, (Path, checksum_path))):
        folder = tmp_path / f"{number}" / "libraries"
        shutil.copytree(cache_folder(), folder)
        assert cpp_extension.is_whole(folder / whole.name)
        harm(path_of(folder / whole.name))
        assert not cpp_extension.is_whole(folder / whole.name), harm


def test_half_of_a_library_is_compiled_again(source: Path) -> None:
    library = next(find_or_compile(source))
    whole = library.read_bytes()
    library.unlink()  # this process has it mapped
    library.write_bytes(whole[: len(whole) // 2])
    assert cpp_extension.load(source) is not None
    assert cpp_extension.is_whole(library)


def test_in_an_unsafe_cache_a_library_lives_for_the_process(source: Path, tmp_path: Path) -> None:
    (tmp_path / "cache").chmod(0o777)
    before = {path.name: path.stat().st_mtime_ns for path in cache_folder().iterdir()}
    assert cpp_extension.load(source) is not None
    assert before == {path.name: path.stat().st_mtime_ns for path in cache_folder().iterdir()}


def test_switched_off_nothing_is_loaded(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(cpp_extension.SWITCH, "off")
    assert cpp_extension.load(source) is None


def test_a_level_of_processors_makes_another_library(
    source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    levels = x86_64_levels()
    if not levels:
        pytest.skip("needs a processor of x86-64-v3")
    native = next(find_or_compile(source))
    monkeypatch.setenv(cpp_extension.SWITCH, levels[0])
    assert next(find_or_compile(source)) != native
    assert cpp_extension.load(source) is not None


@pytest.mark.parametrize(
    ("level", "sentence"),
    [("avx9", "'avx9'; it may be off"), ("x86-64-v4", "this processor does not have")],
)
def test_a_level_that_cannot_run_is_answered_with_a_sentence(
    source: Path, monkeypatch: pytest.MonkeyPatch, level: str, sentence: str
) -> None:
    monkeypatch.setattr(cpp_extension, "x86_64_levels", lambda: ("x86-64-v3",))
    monkeypatch.setenv(cpp_extension.SWITCH, level)
    with pytest.raises(UsageError, match=sentence):
        cpp_extension.load(source)


def test_without_a_compiler_nothing_is_loaded(
    source: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert cpp_extension.load(source) is None


def test_without_a_compiler_a_note_says_what_it_costs_and_with_a_library_none(
    source: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert cpp_extension.describe_missing() is None  # a compiler is here
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(cpp_extension, "list_sources", lambda package: [source])
    note = cpp_extension.describe_missing()
    assert note is not None and "no C++ compiler" in note and "Everything works" in note
    monkeypatch.setattr(cpp_extension, "x86_64_levels", lambda: ("x86-64-v3",))
    installed_library(source, "x86-64-v3").write_bytes(b"")
    assert cpp_extension.describe_missing() is None
    monkeypatch.setenv(cpp_extension.SWITCH, "off")  # somebody's wish needs no note
    assert cpp_extension.describe_missing() is None


def test_an_installed_library_of_the_newest_level_is_loaded_without_a_compiler(
    source: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    levels = x86_64_levels()
    if not levels:
        pytest.skip("needs a processor of x86-64-v3")
    compiler = find_compiler()
    assert compiler is not None
    for level, divisor in (("x86-64-v2", "4"), (levels[-1], "5")):
        other = tmp_path / "other.cpp"
        other.write_text(HALF.replace("/ 2", f"/ {divisor}"))
        content = compile_source(other, compiler, tunings(level))
        assert content is not None
        installed_library(source, level).write_bytes(content)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("NOONBIT_CACHE", str(tmp_path / "empty"))
    library = cpp_extension.load(source)
    assert library is not None and library.half(10) == 2
    assert not (tmp_path / "empty").exists()


def test_an_installed_library_that_cannot_be_loaded_is_compiled_anew(source: Path) -> None:
    levels = x86_64_levels()
    if not levels:
        pytest.skip("needs a processor of x86-64-v3")
    installed_library(source, levels[-1]).write_bytes(b"no library")
    library = cpp_extension.load(source)
    assert library is not None and library.half(10) == 5


def test_a_file_that_does_not_compile_is_done_without(source: Path) -> None:
    source.write_text("int half(")
    assert cpp_extension.load(source) is None


def test_where_the_cache_cannot_be_written_a_library_lives_for_the_process(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")
    monkeypatch.setenv("NOONBIT_CACHE", str(in_the_way))
    assert in_the_way not in next(find_or_compile(source)).parents
    assert cpp_extension.load(source) is not None
