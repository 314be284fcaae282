"""The arguments of an `ImageDataGenerator`, by Keras's names, validated when it is created."""

import math
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Literal, Never, TypeAlias

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError

from noonbit.config.settings_error import settings_error
from noonbit.errors import UsageTypeError, did_you_mean

Floats: TypeAlias = NDArray[np.floating[Any]]
Preprocessing: TypeAlias = Callable[[Floats], Any]
DataFormat: TypeAlias = Literal["channels_last", "channels_first"]
FillMode: TypeAlias = Literal["constant", "nearest", "reflect", "wrap"]

EXAMPLE = "ImageDataGenerator(rotation_range=15, width_shift_range=0.1, zoom_range=0.1)"


def _parse_numbers(value: Any) -> list[float] | None:
    """Return a sequence of finite numbers as a list; None for anything else."""
    if isinstance(value, str) or not isinstance(value, Sequence | np.ndarray):
        return None
    plain = [item.item() if isinstance(item, np.generic) else item for item in value]
    fits = all(isinstance(item, int | float) and math.isfinite(item) for item in plain)
    return plain if plain and fits else None


def _refusal(name: str, value: Any, reason: str) -> PydanticCustomError:
    """Return pydantic's error for a value; its type ends in `_type` for anything but numbers."""
    several = value if isinstance(value, list | tuple | np.ndarray) else [value]
    are_numbers = all(isinstance(each, int | float | np.number) for each in several)
    return PydanticCustomError(name if are_numbers else f"{name}_type", reason)


def _parse_shift(value: Any) -> int | float | tuple[float, ...]:
    several = _parse_numbers(value)
    if several is not None:
        return tuple(several)
    one = _parse_numbers([value])
    if one is None or isinstance(value, bool) or one[0] < 0:
        raise _refusal(
            "shift",
            value,
            "should be a share of the size below 1, a number of pixels from 1, "
            "or a list of such numbers to choose from",
        )
    return one[0]


def _parse_zoom(value: Any) -> tuple[float, float]:
    ends = _parse_numbers(value) or _parse_numbers([value]) or []
    low, high = (1 - ends[0], 1 + ends[0]) if len(ends) == 1 else (*ends, 0.0, 0.0)[:2]
    if len(ends) > 2 or not 0 < low <= high:
        raise _refusal(
            "zoom",
            value,
            "should be a share below 1, such as 0.1 for 90 to 110 %, "
            "or a pair of factors above 0, the smaller one first, such as (0.5, 1)",
        )
    return low, high


def _parse_brightness(value: Any) -> tuple[float, float]:
    ends = _parse_numbers(value) or []
    if len(ends) != 2 or not 0 <= ends[0] <= ends[1]:
        raise _refusal(
            "brightness",
            value,
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


Reach: TypeAlias = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Shift: TypeAlias = Annotated[int | float | tuple[float, ...], BeforeValidator(_parse_shift)]


class Settings(BaseModel):
    """The arguments of an `ImageDataGenerator`, whose docstring explains them, in one form each.

    Values that do not fit raise `UsageError`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    featurewise_center: bool = False
    samplewise_center: bool = False
    featurewise_std_normalization: bool = False
    samplewise_std_normalization: bool = False
    zca_whitening: bool = False
    zca_epsilon: float = Field(default=1e-6, gt=0)
    rotation_range: Reach = 0.0
    width_shift_range: Shift = 0.0
    height_shift_range: Shift = 0.0
    brightness_range: Annotated[tuple[float, float], BeforeValidator(_parse_brightness)] | None = (
        None
    )
    shear_range: Reach = 0.0
    zoom_range: Annotated[tuple[float, float], BeforeValidator(_parse_zoom)] = (1.0, 1.0)
    channel_shift_range: Reach = 0.0
    fill_mode: FillMode = "nearest"
    cval: float = Field(default=0.0, allow_inf_nan=False)
    horizontal_flip: bool = False
    vertical_flip: bool = False
    rescale: float | None = Field(default=None, allow_inf_nan=False)
    preprocessing_function: Preprocessing | None = None
    data_format: Annotated[DataFormat, _replace_none("channels_last")] = "channels_last"
    validation_split: float = Field(default=0.0, ge=0, lt=1)
    interpolation_order: Literal[0, 1] = 1
    dtype: Annotated[
        Literal["float32", "float64"], BeforeValidator(_parse_dtype), _replace_none("float32")
    ] = "float32"
    compat: Literal["keras"] | None = None
    seed: int = Field(default=0, ge=0, lt=2**32)

    # Keras's order, and the types that are taken, which editors show. The fields above hold what
    # became of them.
    def __init__(
        self,
        featurewise_center: bool = False,
        samplewise_center: bool = False,
        featurewise_std_normalization: bool = False,
        samplewise_std_normalization: bool = False,
        zca_whitening: bool = False,
        zca_epsilon: float = 1e-6,
        rotation_range: float = 0.0,
        width_shift_range: float | Sequence[float] = 0.0,
        height_shift_range: float | Sequence[float] = 0.0,
        brightness_range: Sequence[float] | None = None,
        shear_range: float = 0.0,
        zoom_range: float | Sequence[float] = 0.0,
        channel_shift_range: float = 0.0,
        fill_mode: FillMode = "nearest",
        cval: float = 0.0,
        horizontal_flip: bool = False,
        vertical_flip: bool = False,
        rescale: float | None = None,
        preprocessing_function: Preprocessing | None = None,
        data_format: DataFormat | None = None,
        validation_split: float = 0.0,
        interpolation_order: Literal[0, 1] = 1,
        dtype: str | type | None = None,
        *,
        compat: Literal["keras"] | None = None,
        seed: int = 0,
        **unknown: Never,
    ) -> None:
        fields = type(self).model_fields
        given = {name: value for name, value in locals().items() if name in fields}
        for name in unknown:
            raise UsageTypeError(
                f"ImageDataGenerator has no setting '{name}'.{did_you_mean(name, fields)} "
                f"For example {EXAMPLE}."
            )
        try:
            super().__init__(**add_implied_settings(given))
        except ValidationError as error:
            raise settings_error("ImageDataGenerator", error) from None

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
                stacklevel=3,
            )
    if settings.get("featurewise_std_normalization"):
        settings["featurewise_center"] = True
    if settings.get("samplewise_std_normalization"):
        settings["samplewise_center"] = True
    return settings
