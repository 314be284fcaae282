"""Errors for the user: their class tree, exit codes and wording."""

import inspect
import re
from collections.abc import Iterator

import pytest

from noonbit import errors
from noonbit.errors import (
    MOST_COMPARED,
    DataError,
    InputRefused,
    NoonbitError,
    SourceNotFound,
    UsageError,
    did_you_mean,
    raise_as,
)

CLASSES = {
    name: value
    for name, value in vars(errors).items()
    if inspect.isclass(value) and issubclass(value, NoonbitError)
}


def test_the_drawn_tree_names_every_error_and_its_exit_code() -> None:
    drawn = re.findall(r"[├└]── (\w+) +(\d+)", errors.__doc__ or "")
    assert {name: int(code) for name, code in drawn} == {
        name: value.exit_code for name, value in CLASSES.items() if value is not NoonbitError
    }


def test_each_error_is_what_python_raises_for_the_same_mistake() -> None:
    kinds = {"ValueError": ValueError, "TypeError": TypeError}
    kinds |= {"FileNotFoundError": FileNotFoundError, "ImportError": ImportError}
    drawn = dict(re.findall(r"[├└]── (\w+) +\d+  (\w+) ", errors.__doc__ or ""))
    assert {*drawn.values()} == set(kinds)
    for name, value in CLASSES.items():
        own = {kind for kind, python in kinds.items() if issubclass(value, python)}
        inherited = {
            kind
            for base in value.__mro__[1:]
            if base in CLASSES.values()
            for kind, python in kinds.items()
            if issubclass(base, python)
        }
        assert own - inherited == ({drawn[name]} if name in drawn else set()), name


def test_an_error_is_its_sentence_whatever_else_it_is() -> None:
    for name in ("UsageTypeError", "SourceNotFound", "ArtefactNotFound", "MissingExtra"):
        error = CLASSES[name]("nowhere does not exist.")
        assert str(error) == "nowhere does not exist." and error.args == (str(error),)


def test_what_is_no_users_mistake_exits_with_1() -> None:
    assert NoonbitError.exit_code == 1


def test_a_missing_source_and_a_refused_input_are_data_errors() -> None:
    assert issubclass(SourceNotFound, DataError) and issubclass(InputRefused, DataError)


def test_a_refused_input_is_a_sentence_and_keeps_its_parts() -> None:
    error = InputRefused("photo.png", "is cut off after 3,112 bytes")
    assert str(error) == "photo.png is cut off after 3,112 bytes."
    assert (error.name, error.reason) == ("photo.png", "is cut off after 3,112 bytes")


@pytest.mark.parametrize(
    ("given", "hint"),
    [("lenet", " Did you mean 'lenet5'?"), ("sing-cnn", " Did you mean 'sign-cnn'?"), ("xyz", "")],
)
def test_a_near_name_is_proposed_and_a_far_one_is_not(given: str, hint: str) -> None:
    assert errors.did_you_mean(given, ["lenet5", "sign-cnn", "mlp"]) == hint


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 files"), (1, "1 file"), (2, "2 files"), (2000, "2,000 files")]
)
def test_counts_agree_with_their_noun(count: int, text: str) -> None:
    assert errors.plural(count, "file") == text


def test_an_irregular_plural_is_given() -> None:
    assert errors.plural(1, "class", "classes") == "1 class"
    assert errors.plural(3, "class", "classes") == "3 classes"


def test_any_exception_of_a_library_becomes_a_sentence_that_keeps_its_cause() -> None:
    with (
        pytest.raises(DataError, match=r"^x\.npy could not be read \(KeyError: 'y'\)\. Replace it"),
        raise_as(DataError, "x.npy could not be read", "Replace it."),
    ):
        {}["y"]


def test_a_panic_of_a_library_in_rust_becomes_a_sentence_and_an_interrupt_does_not() -> None:
    panic = type("PanicException", (BaseException,), {})
    with (
        pytest.raises(DataError, match="PanicException: slice"),
        raise_as(DataError, "x could not be read", "Replace it."),
    ):
        raise panic("slice\nindex")
    with pytest.raises(KeyboardInterrupt), raise_as(DataError, "x", "Replace it."):
        raise KeyboardInterrupt


def test_an_error_that_has_its_sentence_passes_unchanged() -> None:
    with pytest.raises(UsageError, match="^mine$"), raise_as(DataError, "x", "Replace it."):
        raise UsageError("mine")


def test_a_name_is_compared_with_so_many_and_only_where_it_is_short() -> None:
    looked_at: list[str] = []

    def names() -> Iterator[str]:
        for number in range(10**9):
            looked_at.append(name := f"{number} of them")
            yield name

    assert did_you_mean("lenet", ["lenet5", "lenet" * 10**5]) == " Did you mean 'lenet5'?"
    assert did_you_mean("x" * 10**6, ["x" * 10**6]) == ""
    assert did_you_mean("lenet", names()) == ""
    assert len(looked_at) == MOST_COMPARED
