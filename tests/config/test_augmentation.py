"""Augmentation settings: names, bounds, and the text form that is parsed back."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noonbit.config.augmentation import ALIASES, Augmentation
from noonbit.errors import UsageError

shares = st.floats(0, 1, exclude_max=True)
reaches = st.integers(0, 64) | shares
intervals = shares | st.tuples(st.floats(0.1, 1), st.floats(1, 10))
augmentations = st.builds(
    Augmentation,
    shift=reaches,
    width_shift=reaches,
    height_shift=reaches,
    rotation=st.floats(0, 180),
    shear=st.floats(0, 89),
    zoom=shares,
    zoom_range=intervals,
    flip=st.booleans(),
    vertical_flip=st.booleans(),
    brightness=intervals,
    channel_shift=st.floats(0, 255),
    fill=st.none() | st.sampled_from(["constant", "nearest", "reflect", "wrap"]),
    cval=st.floats(0, 255),
    interpolation_order=st.integers(0, 1),
    erase=st.floats(0, 1),
    mixup=st.floats(0, 100),
    cutmix=st.floats(0, 100),
)


def refusal(settings: str | dict[str, object]) -> str:
    with pytest.raises(UsageError) as error:
        Augmentation.parse(settings)
    return str(error.value)


@given(augmentations)
def test_what_is_printed_is_read_back(settings: Augmentation) -> None:
    assert Augmentation.parse(str(settings)) == settings


@given(augmentations)
def test_a_table_of_settings_is_read_as_the_text_is(settings: Augmentation) -> None:
    assert Augmentation.parse(settings.model_dump()) == settings


def test_settings_are_read_in_any_order_and_spacing() -> None:
    expected = Augmentation(shift=2, rotation=10, flip=True)
    assert Augmentation.parse("shift=2,rotation=10,flip") == expected
    assert Augmentation.parse(" flip, rotation=10.0  shift=2 ") == expected
    assert str(expected) == "shift=2,rotation=10,flip"


@pytest.mark.parametrize("nothing", ["none", "", "shift=0", "zoom_range=0,brightness=1:1", {}])
def test_none_is_no_augmentation(nothing: str | dict[str, object]) -> None:
    settings = Augmentation.parse(nothing)
    assert settings == Augmentation() and str(settings) == "none"
    assert not settings.interpolates and not settings.mixes


def test_the_arguments_of_keras_are_read() -> None:
    by_keras = {
        "rotation_range": 90,
        "width_shift_range": 0.1,
        "height_shift_range": 3,
        "shear_range": 20,
        "zoom_range": [0.7, 1.2],
        "brightness_range": (0.5, 1.5),
        "channel_shift_range": 30,
        "fill_mode": "reflect",
        "cval": 7,
        "horizontal_flip": True,
        "vertical_flip": True,
        "interpolation_order": 0,
    }
    assert str(Augmentation.parse(by_keras)) == (
        "width_shift=0.1,height_shift=3,rotation=90,shear=20,zoom_range=0.7:1.2,flip,"
        "vertical_flip,brightness=0.5:1.5,channel_shift=30,fill=reflect,cval=7,"
        "interpolation_order=0"
    )
    assert set(ALIASES.values()) < set(Augmentation.model_fields)


def test_a_flip_of_keras_needs_no_value() -> None:
    assert Augmentation.parse("horizontal_flip,vertical_flip") == Augmentation(
        flip=True, vertical_flip=True
    )


def test_a_zoom_range_is_a_share_or_two_factors() -> None:
    assert Augmentation.parse("zoom_range=0.25").zoom_range == (0.75, 1.25)
    assert Augmentation.parse("zoom_range=0.9:2").zoom_range == (0.9, 2.0)


def test_one_axis_goes_its_own_way() -> None:
    assert Augmentation.parse("shift=2,width_shift=0.1").reaches == (2, 0.1)
    assert Augmentation.parse("height_shift=5").reaches == (5, 0)


def test_only_what_puts_pixels_between_pixels_interpolates() -> None:
    for text in ("shift=2", "shift=0.1,flip", "fill=wrap", "brightness=0.2", "erase=1,mixup=1"):
        assert not Augmentation.parse(text).interpolates
    for text in ("rotation=1", "shear=1", "zoom=0.1", "zoom_range=0.1", "shift=1,fill=wrap"):
        assert Augmentation.parse(text).interpolates


def test_a_misspelt_transform_is_proposed() -> None:
    assert refusal("shift=2,rotate=10") == (
        "No augmentation is called 'rotate'. Did you mean 'rotation'? There are: shift, "
        "width_shift, height_shift, rotation, shear, zoom, zoom_range, flip, vertical_flip, "
        "brightness, channel_shift, fill, cval, interpolation_order, erase, mixup, cutmix, "
        "symmetries; for example --augment shift=2,rotation=10,zoom=0.1,flip."
    )
    assert "Did you mean 'rotation_range'?" in refusal({"rotation_rang": 3})


def test_a_setting_stated_under_two_names_is_refused() -> None:
    assert refusal("rotation=3,rotation_range=5") == (
        "--augment rotation=3,rotation_range=5 sets rotation twice; state it once."
    )
    assert refusal({"flip": True, "horizontal_flip": False}).startswith("The augmentation sets")


def test_what_keras_does_to_every_image_is_no_transform() -> None:
    assert refusal({"rescale": 1 / 255}) == (
        "'rescale' is no transform: training normalises by itself, in one way everywhere. Leave "
        "it out, or use noonbit.ImageDataGenerator, which has it."
    )


REACH = "should be whole pixels, at most 64, or a share of the side below 1"
INTERVAL = "should be a share below 1, or two factors up to 10 such as 0.8:1.2"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("shift=-1", f"shift {REACH} (got '-1')"),
        ("shift=2.5", f"shift {REACH} (got '2.5')"),
        ("shift=65", f"shift {REACH} (got '65')"),
        ("shift=two", f"shift {REACH} (got 'two')"),
        ("shift=inf", f"shift {REACH} (got 'inf')"),
        ("shift", f"shift {REACH} (got '')"),
        ("zoom=2", "zoom should be from 0 to below 1 (got '2')"),
        ("zoom_range=2", f"zoom_range {INTERVAL} (got '2')"),
        ("zoom_range=1.2:0.8", f"zoom_range {INTERVAL} (got '1.2:0.8')"),
        ("brightness=nan", f"brightness {INTERVAL} (got 'nan')"),
        ("brightness=1:2:3", f"brightness {INTERVAL} (got '1:2:3')"),
        ("rotation=500", "rotation should be from 0 to 180 (got '500')"),
        ("rotation=inf", "rotation should be from 0 to 180 (got 'inf')"),
        ("zoom=nan", "zoom should be from 0 to below 1 (got 'nan')"),
        ("rotation=nan", "rotation should be from 0 to 180 (got 'nan')"),
        ("shear=90", "shear should be from 0 to below 90 (got '90')"),
        ("flip=maybe", "flip should be a valid boolean"),
        (
            "fill=nearst",
            "fill should be 'constant', 'nearest', 'reflect' or 'wrap' (got 'nearst'; did you "
            "mean 'nearest'?)",
        ),
        ("erase=2", "erase should be from 0 to 1 (got '2')"),
        ("mixup=-1", "mixup should be from 0 to 100 (got '-1')"),
    ],
)
def test_values_that_do_not_fit_are_refused_with_their_bounds(text: str, reason: str) -> None:
    sentence = refusal(text)
    assert sentence.startswith(f"--augment {text} does not fit: {reason}")
    example = re.search(r"For example --augment (.*)\.$", sentence)
    assert example and Augmentation.parse(example[1]).flip


@pytest.mark.parametrize("value", [None, [], [1, 2, 3], "", {}])
def test_a_table_with_a_wrong_kind_of_value_is_refused(value: object) -> None:
    assert "zoom_range should be a share" in refusal({"zoom_range": value})
    assert "shift should be whole pixels" in refusal({"shift": value})
