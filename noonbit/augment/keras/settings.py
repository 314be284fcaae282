"""The arguments of an `ImageDataGenerator`, by Keras's names, validated when it is created."""

import math
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Literal, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    ValidationError,
    model_validator,
)
from pydantic_core import PydanticCustomError

from noonbit.config.recipe import validation_reasons
from noonbit.errors import UsageError, did_you_mean

Floats: TypeAlias = NDArray[np.floating[Any]]
Preprocessing: TypeAlias = Callable[[Floats], Any]

EXAMPLE = "ImageDataGenerator(rotation_range=15, width_shift_range=0.1, zoom_range=0.1)"


def _parse_numbers(value: Any) -> list[float] | None:
    """Return a sequence of finite numbers as a list; None for anything else."""
    if isinstance(value, str) or not isinstance(value, Sequence | np.ndarray):
        return None
    plain = [item.item() if isinstance(item, np.generic) else item for item in value]
    fits = all(isinstance(item, int | float) and math.isfinite(item) for item in plain)
    return plain if plain and fits else None


def _parse_shift(value: Any) -> int | float | tuple[float, ...]:
    several = _parse_numbers(value)
    if several is not None:
        return tuple(several)
    one = _parse_numbers([value])
    if one is None or isinstance(value, bool) or one[0] < 0:
        raise PydanticCustomError(
            "shift",
            "should be a share of the size below 1, a number of pixels from 1, "
            "or a list of such numbers to choose from",
        )
    return one[0]


def _parse_zoom(value: Any) -> tuple[float, float]:
    ends = _parse_numbers(value) or _parse_numbers([value]) or []
    low, high = (1 - ends[0], 1 + ends[0]) if len(ends) == 1 else (*ends, 0.0, 0.0)[:2]
    if len(ends) > 2 or not 0 < low <= high:
        raise PydanticCustomError(
            "zoom",
            "should be a share below 1, such as 0.1 for 90 to 110 %, "
            "or a pair of factors above 0, the smaller one first, such as (0.5, 1)",
        )
    return low, high


def _parse_brightness(value: Any) -> tuple[float, float]:
    ends = _parse_numbers(value) or []
    if len(ends) != 2 or not 0 <= ends[0] <= ends[1]:
        raise PydanticCustomError(
            "brightness",
            "should be a pair of factors from 0, the smaller one first, such as (0.5, 1.5)",
        )
    return ends[0], ends[1]


def _replace_none(default: str) -> BeforeValidator:
    """Replace None by `default`, as Keras does."""
    return BeforeValidator(lambda value: default if value is None else value)


def _parse_dtype(value: Any) -> Any:
    try:
        return np.dtype(value).name
    except TypeError:
        return value


Reach = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Settings(BaseModel):
    """The arguments of an `ImageDataGenerator`; values out of range raise `UsageError`."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    featurewise_center: bool = False
    """Subtract each channel's mean over the images of `fit`."""
    samplewise_center: bool = False
    """Subtract each image's own mean over all its pixels and channels."""
    featurewise_std_normalization: bool = False
    """Divide by each channel's standard deviation over the images of `fit`; implies centring."""
    samplewise_std_normalization: bool = False
    """Divide by each image's own standard deviation; implies centring."""
    zca_whitening: bool = False
    """Decorrelate the pixels over the images of `fit`; implies featurewise centring."""
    zca_epsilon: float = Field(default=1e-6, gt=0)
    """Added to the singular values before dividing by them."""
    rotation_range: Reach = 0.0
    """Degrees, both ways."""
    width_shift_range: Annotated[int | float | tuple[float, ...], BeforeValidator(_parse_shift)] = (
        0.0
    )
    """Sideways, both ways: a share of the width if below 1, else pixels. An int n shifts by at most
    n - 1 whole pixels; a list holds the shifts to choose from."""
    height_shift_range: Annotated[
        int | float | tuple[float, ...], BeforeValidator(_parse_shift)
    ] = 0.0
    """Up and down, in the same way."""
    brightness_range: Annotated[tuple[float, float], BeforeValidator(_parse_brightness)] | None = (
        None
    )
    """The lowest and the highest factor of the pixel values."""
    shear_range: Reach = 0.0
    """Degrees, both ways."""
    zoom_range: Annotated[tuple[float, float], BeforeValidator(_parse_zoom)] = (1.0, 1.0)
    """A share z for factors from 1 - z to 1 + z, or the smallest and largest factor; below 1
    enlarges. Each axis has its own factor."""
    channel_shift_range: Reach = 0.0
    """The largest amount to add to all channels, clipped to the image's own range."""
    fill_mode: Literal["constant", "nearest", "reflect", "wrap"] = "nearest"
    """What lies outside the image."""
    cval: float = Field(default=0.0, allow_inf_nan=False)
    """The value outside for `fill_mode="constant"`."""
    horizontal_flip: bool = False
    """Mirror half of the images left to right. Changes what digits, letters and signs mean."""
    vertical_flip: bool = False
    """Mirror half of the images top to bottom."""
    rescale: float | None = Field(default=None, allow_inf_nan=False)
    """Multiply all values, after the transforms; 1/255 is usual."""
    preprocessing_function: Preprocessing | None = None
    """Called with each transformed image (rank 3), before `rescale`; must keep the shape."""
    data_format: Annotated[
        Literal["channels_last", "channels_first"], _replace_none("channels_last")
    ] = "channels_last"
    """(height, width, channels) or (channels, height, width)."""
    validation_split: float = Field(default=0.0, ge=0, lt=1)
    """The share of the images in `subset="validation"`."""
    interpolation_order: Literal[0, 1] = 1
    """0 for the nearest pixel, 1 for bilinear interpolation."""
    dtype: Annotated[
        Literal["float32", "float64"], BeforeValidator(_parse_dtype), _replace_none("float32")
    ] = "float32"
    """The dtype of the batches."""
    compat: Literal["keras"] | None = None
    """`"keras"` repeats Keras 3's generator exactly, with the traps that None avoids."""
    seed: int = Field(default=0, ge=0, lt=2**32)
    """The seed of all random numbers; for `compat="keras"`, what `numpy.random.seed` would get."""

    @model_validator(mode="wrap")
    @classmethod
    def _validate(cls, given: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        for name in given:
            if name not in cls.model_fields:
                raise UsageError(
                    f"ImageDataGenerator has no setting '{name}'."
                    f"{did_you_mean(name, cls.model_fields)} For example {EXAMPLE}."
                )
        try:
            return handler(add_implied_settings(given))
        except ValidationError as error:
            raise UsageError(
                f"ImageDataGenerator: {'; '.join(validation_reasons(error))}."
            ) from None

    @property
    def channel_axis(self) -> int:
        """The channel axis of an image, as a negative index."""
        return -1 if self.data_format == "channels_last" else -3

    @property
    def needs_fit(self) -> list[str]:
        """The settings in use that need `fit`."""
        names = ("featurewise_center", "featurewise_std_normalization", "zca_whitening")
        return [name for name in names if getattr(self, name)]

    def size(self, shape: Sequence[int]) -> tuple[int, int]:
        """Return (height, width) of an image or batch of `shape`."""
        height, width = shape[-3:-1] if self.data_format == "channels_last" else shape[-2:]
        return height, width

    def channels_first(self, images: Floats) -> Floats:
        """Return a view of a batch in `data_format` as (B, C, H, W)."""
        return images.transpose(0, 3, 1, 2) if self.data_format == "channels_last" else images

    def restored(self, images: Floats) -> Floats:
        """Return a (B, C, H, W) batch in `data_format`, contiguous."""
        if self.data_format == "channels_last":
            images = images.transpose(0, 2, 3, 1)
        return np.ascontiguousarray(images)


def add_implied_settings(given: Mapping[str, Any]) -> dict[str, Any]:
    """Add the settings that others imply, as Keras does."""
    settings = dict(given)
    if settings.get("zca_whitening"):
        settings["featurewise_center"] = True
        if settings.get("featurewise_std_normalization"):
            settings["featurewise_std_normalization"] = False
            warnings.warn(
                "zca_whitening already gives every direction the same spread: "
                "featurewise_std_normalization is left out.",
                UserWarning,
                stacklevel=4,
            )
    if settings.get("featurewise_std_normalization"):
        settings["featurewise_center"] = True
    if settings.get("samplewise_std_normalization"):
        settings["samplewise_center"] = True
    return settings
