"""The arguments of `ImageDataGenerator`: what editors show, and which errors wrong ones raise."""

import inspect
import re
from typing import Any

import pytest

from noonbit import ImageDataGenerator
from noonbit.augment.keras.settings import Settings
from noonbit.errors import UsageError

KERAS_ARGUMENTS = re.split(
    r"\s+",
    """featurewise_center samplewise_center featurewise_std_normalization
samplewise_std_normalization zca_whitening zca_epsilon rotation_range width_shift_range
height_shift_range brightness_range shear_range zoom_range channel_shift_range fill_mode cval
horizontal_flip vertical_flip rescale preprocessing_function data_format validation_split
interpolation_order dtype""",
)


def test_the_signature_has_kerass_arguments_in_kerass_order_and_two_more() -> None:
    parameters = inspect.signature(ImageDataGenerator).parameters
    assert list(parameters) == [*KERAS_ARGUMENTS, "compat", "seed"]
    assert [name for name, each in parameters.items() if each.kind is each.KEYWORD_ONLY] == [
        "compat",
        "seed",
    ]
    assert all(each.annotation is not each.empty for each in parameters.values())
    assert parameters["rotation_range"].annotation is float
    assert set(parameters) == set(Settings.model_fields)


def test_left_out_an_argument_has_the_default_of_its_setting() -> None:
    generator = ImageDataGenerator()
    for name, field in Settings.model_fields.items():
        assert getattr(generator, name) == field.default, name


def test_the_docstring_explains_every_argument() -> None:
    doc = inspect.getdoc(ImageDataGenerator) or ""
    explained = re.findall(r"^    (\w+): ", doc, re.MULTILINE)
    assert explained == list(inspect.signature(ImageDataGenerator).parameters)


@pytest.mark.parametrize("name", ["flow", "flow_from_directory", "flow_from_dataframe"])
def test_a_flow_explains_its_arguments_or_says_where_they_are_explained(name: str) -> None:
    def explained(method: str) -> set[str]:
        doc = inspect.getdoc(getattr(ImageDataGenerator, method)) or ""
        return set(re.findall(r"^    (\w+): ", doc, re.MULTILINE))

    parameters = set(inspect.signature(getattr(ImageDataGenerator, name)).parameters) - {"self"}
    others = explained("flow") | explained("flow_from_directory")
    assert parameters <= explained(name) | others


def test_arguments_can_be_given_by_place_as_in_keras() -> None:
    assert ImageDataGenerator(False, True).samplewise_center


@pytest.mark.parametrize(
    "arguments",
    [
        {"rotation_range": -1},
        {"zoom_range": 2},
        {"fill_mode": "reflekt"},
        {"brightness_range": 0.1},
        {"width_shift_range": float("nan")},
        {"validation_split": 5},
        {"data_format": "unknown"},
        {"seed": -1},
    ],
)
def test_a_wrong_value_is_a_value_error(arguments: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(arguments))) as caught:
        ImageDataGenerator(**arguments)
    assert isinstance(caught.value, UsageError) and not isinstance(caught.value, TypeError)


@pytest.mark.parametrize(
    "arguments",
    [
        {"rotation_range": [1]},
        {"rotation_range": "fifteen"},
        {"zoom_range": "wide"},
        {"width_shift_range": {"a": 1}},
        {"brightness_range": ("dark", "bright")},
        {"preprocessing_function": 3},
        {"horizontal_flip": []},
        {"rotation": 15},
    ],
)
def test_a_wrong_type_and_an_unknown_name_are_type_errors(arguments: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match=next(iter(arguments))) as caught:
        ImageDataGenerator(**arguments)
    assert isinstance(caught.value, UsageError)
