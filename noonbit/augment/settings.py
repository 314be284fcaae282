"""Which transforms a training uses, and how far each may go.

    Augmentation.parse("rotation=15,zoom=0.1,flip")
    Augmentation.parse({"rotation_range": 15, "zoom_range": [0.9, 1.2], "horizontal_flip": True})

Names are short ones or those of Keras's `ImageDataGenerator`; both are read into the same settings.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Self, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError

from noonbit.augment.affine import FillMode
from noonbit.config.recipe import explain
from noonbit.errors import UsageError, did_you_mean

ALIASES = {
    "width_shift_range": "width_shift",
    "height_shift_range": "height_shift",
    "rotation_range": "rotation",
    "shear_range": "shear",
    "brightness_range": "brightness",
    "channel_shift_range": "channel_shift",
    "fill_mode": "fill",
    "horizontal_flip": "flip",
}
"""Keras's names -> ours, where they differ."""

PREPARATIONS = {
    *("featurewise_center", "featurewise_std_normalization", "zca_whitening", "zca_epsilon"),
    *("samplewise_center", "samplewise_std_normalization", "rescale", "preprocessing_function"),
    *("data_format", "validation_split"),
}
"""Arguments of `ImageDataGenerator` that transform nothing at random."""

FLAGS = ("flip", "vertical_flip", "symmetries")
MOST_PIXELS = 64
EXAMPLE = "--augment shift=2,rotation=10,zoom=0.1,flip"


def read_reach(value: object) -> int | float:
    """A whole number of pixels, or a share of the side below 1."""
    reach = numbers_in([value])
    if reach and reach[0].is_integer() and 0 <= reach[0] <= MOST_PIXELS:
        return int(reach[0])
    if reach and 0 < reach[0] < 1:
        return reach[0]
    raise PydanticCustomError(
        "reach",
        f"should be whole pixels, at most {MOST_PIXELS}, or a share of the side below 1",
    )


def read_interval(value: object) -> tuple[float, float]:
    """A share z for (1 - z, 1 + z), or the lowest and the highest factor: `0.8:1.2`."""
    if isinstance(value, str):
        numbers = numbers_in(value.split(":"))
    else:
        numbers = numbers_in(value if isinstance(value, list | tuple) else [value])
    if len(numbers) == 1 and 0 <= numbers[0] < 1:
        return 1 - numbers[0], 1 + numbers[0]
    if len(numbers) == 2 and 0 < numbers[0] <= numbers[1] <= 10:
        return numbers[0], numbers[1]
    raise PydanticCustomError(
        "interval", "should be a share below 1, or two factors up to 10 such as 0.8:1.2"
    )


def numbers_in(values: Iterable[object]) -> list[float]:
    """The values as numbers, or an empty list where one is none."""
    try:
        return [float(str(value)) for value in values]
    except ValueError:
        return []


Reach: TypeAlias = Annotated[int | float, BeforeValidator(read_reach)]
Interval: TypeAlias = Annotated[tuple[float, float], BeforeValidator(read_interval)]
SAME: tuple[float, float] = (1.0, 1.0)


class Augmentation(BaseModel):
    """How far each transform may go; what is left out is not done."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    shift: Reach = 0
    """Both ways along both axes: pixels, or below 1 a share of the side. Whole pixels are moved."""
    width_shift: Reach = 0
    """Left and right; instead of `shift`."""
    height_shift: Reach = 0
    """Up and down; instead of `shift`."""
    rotation: float = Field(default=0.0, ge=0, le=180)
    """Degrees, both ways."""
    shear: float = Field(default=0.0, ge=0, lt=90)
    """Degrees, both ways: slanted like italic type."""
    zoom: float = Field(default=0.0, ge=0, lt=1)
    """A share: 0.1 is from 90 % to 110 % of the size, with its proportions."""
    zoom_range: Interval = SAME
    """As in Keras: rows and columns by a factor each, so that proportions change; a factor below 1
    enlarges. 0.1 is 0.9:1.1."""
    flip: bool = False
    """Mirror left to right. Wrong for digits, letters and signs: it changes what they mean."""
    vertical_flip: bool = False
    """Mirror top to bottom."""
    brightness: Interval = SAME
    """All values times a factor, within black and white: 0.2 is 0.8:1.2."""
    channel_shift: float = Field(default=0.0, ge=0, le=255)
    """Of 255: as much is added to all values, within the image's own darkest and lightest."""
    fill: FillMode | None = None
    """What comes in over the border. Left out: shifts mirror the image there, and all else repeats
    its edge, since a mirror would show parts of a turned object twice."""
    cval: float = Field(default=0.0, ge=0, le=255)
    """The value that `fill=constant` fills with."""
    interpolation_order: int = Field(default=1, ge=0, le=1)
    """1 interpolates between pixels, 0 takes the nearest."""
    erase: float = Field(default=0.0, ge=0, le=1)
    """The share of images of which a rectangle is painted over (Zhong et al., "Random erasing data
    augmentation", 2017)."""
    mixup: float = Field(default=0.0, ge=0, le=100)
    """Alpha: two images and their labels are blended (Zhang et al., "mixup", 2017); usual: 0.2."""
    cutmix: float = Field(default=0.0, ge=0, le=100)
    """Alpha: a rectangle comes from another image, and its share of the label (Yun et al.,
    "CutMix", 2019); usual: 1. Beside `mixup`, a coin decides for each image."""

    symmetries: bool = False
    """Of boards: one of the eight ways to turn and mirror them, the move that is the label too."""

    @classmethod
    def parse(cls, settings: str | Mapping[str, object]) -> Self:
        """`shift=2,rotation=10,flip`, or `none`, or a mapping of names to values.

        Raises `UsageError` with what is allowed.
        """
        if isinstance(settings, str):
            origin, pairs = f"--augment {settings}", pairs_in(settings)
        else:
            origin, pairs = "The augmentation", list(settings.items())
        values: dict[str, object] = {}
        for given, value in pairs:
            name = cls.field_of(given)
            if name in values:
                raise UsageError(f"{origin} sets {name} twice; state it once.")
            values[name] = value
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            raise UsageError(
                f"{origin} does not fit: {'; '.join(explain(error))}. For example {EXAMPLE}."
            ) from None

    @classmethod
    def field_of(cls, name: str) -> str:
        """Our name of a setting, from that or from Keras's."""
        if name in PREPARATIONS:
            raise UsageError(
                f"'{name}' is no transform: training normalises by itself, in one way everywhere. "
                "Leave it out, or use noonbit.ImageDataGenerator, which has it."
            )
        ours = ALIASES.get(name, name)
        if ours not in cls.model_fields:
            raise UsageError(
                f"No augmentation is called '{name}'."
                f"{did_you_mean(name, [*cls.model_fields, *ALIASES])} "
                f"There are: {', '.join(cls.model_fields)}; for example {EXAMPLE}."
            )
        return ours

    def __str__(self) -> str:
        """The form that `parse` reads."""
        pieces = []
        for name, value in self.model_dump(exclude_defaults=True).items():
            values = value if isinstance(value, tuple) else (value,)
            text = ":".join(str(each).removesuffix(".0") for each in values)
            pieces.append(name if value is True else f"{name}={text}")
        return ",".join(pieces) or "none"

    @property
    def reaches(self) -> tuple[int | float, int | float]:
        """How far rows and columns move, each in pixels or as a share below 1."""
        return self.height_shift or self.shift, self.width_shift or self.shift

    @property
    def interpolates(self) -> bool:
        """Whether pixels come to lie between pixels, or a border was asked for by name."""
        moves = any(self.reaches) and self.fill is not None
        zooms = self.zoom > 0 or self.zoom_range != SAME
        return self.rotation > 0 or self.shear > 0 or zooms or moves

    @property
    def mixes(self) -> bool:
        """Whether images and their labels are mixed with others."""
        return self.mixup > 0 or self.cutmix > 0

    @property
    def cutmix_share(self) -> float:
        """Of the images that are mixed, the share that is cut rather than blended."""
        return 0.5 if self.mixup and self.cutmix else float(self.cutmix > 0)


def pairs_in(text: str) -> list[tuple[str, object]]:
    """`shift=2,flip` -> the names and what stands behind them."""
    pairs: list[tuple[str, object]] = []
    for piece in re.split(r"[,\s]+", text.strip()):
        if piece in ("", "none"):
            continue
        name, equals, value = piece.partition("=")
        is_flag = not equals and ALIASES.get(name, name) in FLAGS
        pairs.append((name, True if is_flag else value))
    return pairs
