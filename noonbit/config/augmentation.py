"""Which transforms a training uses, and their ranges.

    Augmentation.parse("rotation=15,zoom=0.1,flip")
    Augmentation.parse({"rotation_range": 15, "zoom_range": [0.9, 1.2], "horizontal_flip": True})

Both noonbit's short names and those of Keras's `ImageDataGenerator` are accepted.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Literal, Self, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError
from pydantic_core import PydanticCustomError

from noonbit.config.ranges import shown_text, within
from noonbit.config.settings_error import settings_error
from noonbit.errors import UsageError, did_you_mean

FillMode: TypeAlias = Literal["constant", "nearest", "reflect", "wrap"]
"""What lies outside the image: a constant, its edge pixels, its mirror image, or its repetition."""

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
"""Keras's names -> noonbit's, where they differ."""

KERAS_PREPROCESSING = {
    *("featurewise_center", "featurewise_std_normalization", "zca_whitening", "zca_epsilon"),
    *("samplewise_center", "samplewise_std_normalization", "rescale", "preprocessing_function"),
    *("data_format", "validation_split"),
}
"""Arguments of `ImageDataGenerator` that are no random transforms."""

FLAGS = ("flip", "vertical_flip", "symmetries")
MOST_PIXELS = 64
EXAMPLE = "--augment shift=2,rotation=10,zoom=0.1,flip"


def read_reach(value: object) -> int | float:
    """Parse a whole number of pixels, or a share of the side below 1."""
    reach = parse_numbers([value])
    if reach and reach[0].is_integer() and 0 <= reach[0] <= MOST_PIXELS:
        return int(reach[0])
    if reach and 0 < reach[0] < 1:
        return reach[0]
    raise PydanticCustomError(
        "reach",
        f"should be whole pixels, at most {MOST_PIXELS}, or a share of the side below 1",
    )


def read_interval(value: object) -> tuple[float, float]:
    """Parse a share z, which means (1 - z, 1 + z), or the lowest and highest factor: `0.8:1.2`."""
    if isinstance(value, str):
        numbers = parse_numbers(value.split(":"))
    else:
        numbers = parse_numbers(value if isinstance(value, list | tuple) else [value])
    if len(numbers) == 1 and 0 <= numbers[0] < 1:
        return 1 - numbers[0], 1 + numbers[0]
    if len(numbers) == 2 and 0 < numbers[0] <= numbers[1] <= 10:
        return numbers[0], numbers[1]
    raise PydanticCustomError(
        "interval", "should be a share below 1, or two factors up to 10 such as 0.8:1.2"
    )


def parse_numbers(values: Iterable[object]) -> list[float]:
    """Convert the values to numbers; an empty list if one is no number."""
    try:
        return [float(str(value)) for value in values]
    except ValueError:
        return []


Reach: TypeAlias = Annotated[int | float, BeforeValidator(read_reach)]
Interval: TypeAlias = Annotated[tuple[float, float], BeforeValidator(read_interval)]
UNCHANGED: tuple[float, float] = (1.0, 1.0)


class Augmentation(BaseModel):
    """The range of each transform; those left out are not done."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    shift: Reach = 0
    """Along both axes, both ways: pixels, or a share of the side if below 1; by whole pixels."""
    width_shift: Reach = 0
    """Left and right; instead of `shift`."""
    height_shift: Reach = 0
    """Up and down; instead of `shift`."""
    rotation: Annotated[float, within(0, 180)] = 0.0
    """Degrees, both ways."""
    shear: Annotated[float, within(0, 90, below_most=True)] = 0.0
    """Degrees, both ways: slants like italic type."""
    zoom: Annotated[float, within(0, 1, below_most=True)] = 0.0
    """A share: 0.1 is from 90 % to 110 % of the size, keeping proportions."""
    zoom_range: Interval = UNCHANGED
    """As in Keras: an independent factor for rows and for columns, so proportions change; a factor
    below 1 enlarges. 0.1 is 0.9:1.1."""
    flip: bool = False
    """Mirror left to right. Wrong for digits, letters and signs: it changes what they mean."""
    vertical_flip: bool = False
    """Mirror top to bottom."""
    brightness: Interval = UNCHANGED
    """Multiply all values by a factor, clipped to 0 to 255: 0.2 is 0.8:1.2."""
    channel_shift: Annotated[float, within(0, 255)] = 0.0
    """Add up to this, on the scale of 255, to all values, clipped to the image's own range."""
    fill: FillMode | None = None
    """What lies outside the image. Left out: shifts mirror the image, all else repeats its edge
    pixels, since a mirror would show parts of a rotated object twice."""
    cval: Annotated[float, within(0, 255)] = 0.0
    """The value outside for `fill=constant`."""
    interpolation_order: Annotated[int, within(0, 1)] = 1
    """1 for bilinear interpolation, 0 for the nearest pixel."""
    erase: Annotated[float, within(0, 1)] = 0.0
    """The share of images in which a rectangle is erased (Zhong et al., "Random erasing data
    augmentation", 2017)."""
    mixup: Annotated[float, within(0, 100)] = 0.0
    """Alpha: blend two images and their labels (Zhang et al., "mixup", 2017); usual: 0.2."""
    cutmix: Annotated[float, within(0, 100)] = 0.0
    """Alpha: take a rectangle from another image, and that share of its label (Yun et al.,
    "CutMix", 2019); usual: 1. With `mixup` too, each image gets one of both at random."""

    symmetries: bool = False
    """Turn and mirror Go boards, and the move that is the label, in one of the eight ways."""

    @classmethod
    def parse(cls, settings: str | Mapping[str, object]) -> Self:
        """Parse `shift=2,rotation=10,flip`, or `none`, or a mapping of names to values.

        Raises `UsageError` that says what is allowed.
        """
        if isinstance(settings, str):
            origin, pairs = f"--augment {shown_text(settings)}", parse_pairs(settings)
        else:
            origin, pairs = "The augmentation", list(settings.items())
        values: dict[str, object] = {}
        for given, value in pairs:
            name = cls.resolve_name(given)
            if name in values:
                raise UsageError(f"{origin} sets {name} twice; state it once.")
            values[name] = value
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            advice = f" For example {EXAMPLE}."
            raise settings_error(f"{origin} does not fit", error, advice=advice) from None

    @classmethod
    def resolve_name(cls, name: str) -> str:
        """Return noonbit's name of a setting, from that or Keras's; raises `UsageError`."""
        if name in KERAS_PREPROCESSING:
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
        """Return the text that `parse` reads."""
        pieces = []
        for name, value in self.model_dump(exclude_defaults=True).items():
            values = value if isinstance(value, tuple) else (value,)
            text = ":".join(str(each).removesuffix(".0") for each in values)
            pieces.append(name if value is True else f"{name}={text}")
        return ",".join(pieces) or "none"

    @property
    def reaches(self) -> tuple[int | float, int | float]:
        """The largest shift of rows and of columns, each in pixels or as a share below 1."""
        return self.height_shift or self.shift, self.width_shift or self.shift

    @property
    def interpolates(self) -> bool:
        """Whether any transform needs interpolation, or a shift a named fill mode."""
        moves = any(self.reaches) and self.fill is not None
        zooms = self.zoom > 0 or self.zoom_range != UNCHANGED
        return self.rotation > 0 or self.shear > 0 or zooms or moves

    @property
    def mixes(self) -> bool:
        """Whether mixup or CutMix is on."""
        return self.mixup > 0 or self.cutmix > 0

    @property
    def cutmix_share(self) -> float:
        """The share of images that get CutMix rather than mixup."""
        return 0.5 if self.mixup and self.cutmix else float(self.cutmix > 0)


def parse_pairs(text: str) -> list[tuple[str, object]]:
    """Split `shift=2,flip` into pairs of name and value; a flag alone is True."""
    pairs: list[tuple[str, object]] = []
    for piece in re.split(r"[,\s]+", text.strip()):
        if piece in ("", "none"):
            continue
        name, equals, value = piece.partition("=")
        is_flag = not equals and ALIASES.get(name, name) in FLAGS
        pairs.append((name, True if is_flag else value))
    return pairs
