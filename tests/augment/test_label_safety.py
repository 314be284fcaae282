"""Warnings of flips and turns that would change what a class means."""

import string

import pytest

from noonbit.augment.label_safety import meaning_warnings
from noonbit.config.augmentation import Augmentation

DIGITS = list(string.digits)


def warnings(text: str, class_names: list[str]) -> list[str]:
    return meaning_warnings(Augmentation.parse(text), class_names)


def test_a_mirrored_digit_is_another_or_none() -> None:
    assert warnings("flip", DIGITS) == [
        "flip changes what classes mean: 2 would pass for 5; 3, 4, 6, 7 and 9 would be mirror "
        "writing; leave it out if they are what their names say."
    ]


def test_each_transform_has_a_sentence_of_its_own() -> None:
    assert warnings("flip,vertical_flip,rotation=90", ["6", "9"]) == [
        "flip changes what classes mean: 6 and 9 would be mirror writing; leave it out if they "
        "are what their names say.",
        "vertical_flip changes what classes mean: 6 would pass for 9; leave it out if they are "
        "what their names say.",
        "rotation=90 changes what classes mean: 6 would pass for 9; leave it out if they are "
        "what their names say.",
    ]


@pytest.mark.parametrize(
    ("text", "names", "consequence"),
    [
        ("flip", ["b", "d"], "b would pass for d"),
        ("flip", ["q", "p"], "p would pass for q"),
        ("vertical_flip", ["b", "p", "o"], "b would pass for p"),
        ("rotation=120", ["M", "W"], "M would pass for W"),
        ("rotation=180", ["n", "u"], "n would pass for u"),
        ("flip", ["keep left", "keep right", "stop"], "keep left would pass for keep right"),
        ("flip", ["Turn_Right", "Turn_Left"], "Turn_Left would pass for Turn_Right"),
        ("vertical_flip", ["up", "down"], "up would pass for down"),
        ("rotation=180", ["arrow-left", "arrow-right"], "arrow-left would pass for arrow-right"),
    ],
)
def test_what_passes_for_another_class_is_named(
    text: str, names: list[str], consequence: str
) -> None:
    (sentence,) = warnings(text, names)
    assert f": {consequence}; " in sentence


def test_many_letters_are_counted() -> None:
    (sentence,) = warnings("flip", list(string.ascii_uppercase))
    assert ": B, C, D, E, F, G, J, K and 7 more would be mirror writing; " in sentence


@pytest.mark.parametrize("text", ["none", "rotation=45", "shift=2,zoom=0.1", "mixup=1"])
def test_what_neither_flips_nor_turns_far_keeps_the_meaning(text: str) -> None:
    assert warnings(text, DIGITS) == []


@pytest.mark.parametrize(
    "names",
    [
        ["cat", "dog"],
        ["circle", "rectangle", "triangle"],
        ["0", "1", "8"],
        ["left", "copyright"],
        ["A", "H", "M"],
    ],
)
def test_classes_that_look_the_same_mirrored_are_no_reason_to_warn(names: list[str]) -> None:
    assert warnings("flip", names) == []
