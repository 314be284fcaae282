"""Bring any picture to uint8 pixels (channels, height, width).

Decode, turn, grey or colour, size, polarity: a photo of another size, a colour picture for a grey
network, an inverted drawing or a rotated phone picture is brought to what the network learned from,
or refused with a reason.
"""

import os
import re
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from math import prod
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydantic import Field, model_validator

from noonbit.data.dataset import BadItem, NumberedNames, Picture, Raw, RawDataset
from noonbit.data.preprocess.base import (
    Adjustment,
    Preprocessor,
    ReportWords,
    Statistics,
    Transformed,
    Values,
    transform_each,
)
from noonbit.data.preprocess.channel_statistics import channel_statistics
from noonbit.data.preprocess.common_traits import (
    Images,
    derive_size,
    has_colour,
    images_of,
    measure_drawing,
)
from noonbit.data.preprocess.pixels import channels_first, picture_axes, scale_to_bytes
from noonbit.data.preprocess.polarity import (
    POLARITY_SHARE,
    Polarity,
    are_opposite,
    light_on_dark,
)
from noonbit.data.preprocess.resize import FitMode, resize
from noonbit.data.preprocess.strokes import StrokeForm
from noonbit.data.preprocess.white_level import measure_white_level
from noonbit.data.readers.bit_depth import FULL_WHITE, HIGHEST_LEVEL
from noonbit.data.readers.pictures import convert_image, decode
from noonbit.errors import InputRefused, UsageError

if TYPE_CHECKING:
    from noonbit.config.recipe import Recipe

RawPicture: TypeAlias = Image.Image | Picture | NDArray[np.generic]

LARGEST_SIDE = 1_024
"""Pixels a side that a network takes at most, as in the recipe."""
MOST_VALUES = 1_024
"""Pixels that `vectors` keeps of an image. More would hardly move the nearest neighbour's error."""


class ImagePreprocessor(Preprocessor):
    """Brings any picture to uint8 pixels (channels, height, width)."""

    noun: ClassVar[str] = "image"
    one_of_them: ClassVar[str] = "a picture"
    unit: ClassVar[str] = "file"
    example: ClassVar[str] = "PICTURE"
    blank: ClassVar[str] = "blank, with one level everywhere"
    adjustments: ClassVar[Mapping[Adjustment, str]] = {
        "resized": "resized to fit the network",
        "made grey": "made grey to fit the network",
        "made colour": "made colour to fit the network",
        "inverted": "inverted, since the network learned from the other polarity",
        "reframed": "cut to the strokes, scaled and centred as the training images are",
        "unlike": "unlike the training images, so the prediction means little",
        "blank": "blank: one level everywhere, so the prediction means nothing",
    }
    report_words: ClassVar[ReportWords] = ReportWords(
        other_sources="another camera, other hands, other light",
        related="frames of one film, several by one person",
        no_class="a picture of none of them",
        output_axes="channels × height × width, or units",
        content="pixels",
    )
    dtype: ClassVar[type[np.generic]] = np.uint8
    fixed_settings: ClassVar[Mapping[str, object]] = {"vectors": None}
    shown_as: ClassVar[Literal["picture", "text", "name"]] = "picture"
    doubt_tells_foreign: ClassVar[bool] = True
    default_model: ClassVar[str] = "glance"
    usual_input: ClassVar[tuple[int, int, tuple[int, ...]]] = (10, 1, (28, 28))
    """MNIST's."""
    small_input: ClassVar[str] = "8x8x1"
    checks: ClassVar[str] = "noonbit.data.checks.pictures"
    explanation: ClassVar[str | None] = "noonbit.explain.picture:explain_picture"

    input_kind: Literal["pictures"] = "pictures"

    height: int = Field(gt=0, le=LARGEST_SIDE)
    width: int = Field(gt=0, le=LARGEST_SIDE)
    channels: Literal[1, 3]
    fit_mode: FitMode = "crop"
    """What happens to another aspect ratio: photographs are cropped, drawings padded."""
    polarity: Polarity | None = None
    """Whether nearly all training images have a dark or a light border; None: they differ."""
    strokes: StrokeForm | None = None
    """How the training images are framed where they are strokes, all framed alike."""
    value_range: tuple[float, float] = (0.0, 255.0)
    """The raw numbers that stand for 0 and 255 when an input comes as an array."""
    white_level: int = Field(default=FULL_WHITE, gt=0, le=HIGHEST_LEVEL)
    """The level that becomes 255 in pictures of 16 bits: the highest of the data set's."""

    @model_validator(mode="after")
    def check_ranges(self) -> Self:
        """White is above black, and strokes are those of pictures of this size."""
        if not self.value_range[0] < self.value_range[1]:
            raise ValueError(f"has the value_range {self.value_range}, which is empty")
        if self.strokes and (self.strokes.height, self.strokes.width) != self.size:
            raise ValueError("has strokes of another size")
        return self

    @property
    def size(self) -> tuple[int, int]:
        """(height, width)."""
        return (self.height, self.width)

    @property
    def normalised_channels(self) -> int:
        """Every channel has a mean and a deviation."""
        return self.channels

    @property
    def array_range(self) -> tuple[float, float]:
        """The value range of the training images."""
        return self.value_range

    @classmethod
    def fit(cls, data: RawDataset, recipe: "Recipe") -> tuple[Self, dict[str, str]]:
        """Derive size, channels and polarity, unless the recipe fixes size or channels."""
        images = images_of(data.train.raw)
        reasons: dict[str, str] = {}
        channels = recipe.channels
        if channels is None:
            channels = 3 if has_colour(images) else 1
            reasons["channels"] = "the training images are " + (
                "colour" if channels == 3 else "grey"
            )
        if recipe.image_size is None:
            height, width = derive_size(images, reasons)
        else:
            height = width = recipe.image_size
        preprocessor = cls(
            height=height,
            width=width,
            channels=channels,
            value_range=data.value_range,
            white_level=measure_white_level(data),
        )
        if channels == 1:
            drawing = measure_drawing(preprocessor, images)
            if drawing.polarity is not None:
                update = {"polarity": drawing.polarity, "strokes": drawing.strokes}
                preprocessor = preprocessor.model_copy(update={**update, "fit_mode": "pad"})
                reasons["polarity"] = (
                    f"at least {POLARITY_SHARE:.0%} of the training images have it"
                )
            if drawing.strokes is not None:
                reasons["strokes"] = (
                    "they fill one box and are centred alike in the training images"
                )
        return preprocessor, reasons

    def transform_one(
        self, raw: RawPicture, *, name: str = "the input"
    ) -> tuple[NDArray[np.uint8], list[Adjustment]]:
        """Return one input as uint8 (C, H, W), and the adjustments that it needed.

        Raises `InputRefused` where that cannot be.
        """
        done: list[Adjustment] = []
        if isinstance(raw, Picture):
            image = decode(raw.read(), raw.name, white_level=self.white_level)
        elif isinstance(raw, Image.Image):
            image = convert_image(raw, name, white_level=self.white_level)
        else:
            image = self._image_of_array(np.asarray(raw), name)
        mode = "L" if self.channels == 1 else "RGB"
        if image.mode != mode:
            done.append("made grey" if mode == "L" else "made colour")
            image = image.convert(mode)
        size, whole = (self.width, self.height), image
        if image.size != size:
            done.append("resized")
            image = resize(image, size, self.fit_mode)
        array = np.asarray(image)
        pixels = array[None] if array.ndim == 2 else np.ascontiguousarray(array.transpose(2, 0, 1))
        if are_opposite(pixels[None], self.polarity)[0]:
            done.append("inverted")
            pixels = 255 - pixels
        if pixels.min() == pixels.max():
            done.append("blank")
        elif not self._have_training_form(pixels[None], were_resized="resized" in done)[0]:
            return self._reframe(whole, pixels, done)
        return pixels, done

    def transform(self, raw: Raw) -> Transformed:
        """Return a part as one uint8 (N, C, H, W) array, and the images that cannot be read.

        Arrays that already have the shape pass without a copy. Pictures are decoded by threads,
        since Pillow works outside the interpreter's lock.
        """
        images = images_of(raw)
        if isinstance(images, np.ndarray) and images.shape[1:] == self.shape:
            return self._transform_array(images)
        return self._transform_each(images)

    def _transform_each(self, images: Images) -> Transformed:
        pixels = np.zeros((len(images), *self.shape), np.uint8)
        adjusted: dict[Adjustment, list[int]] = {}
        bad: dict[int, BadItem] = {}

        def fill(index: int) -> None:
            item = images[index]
            name = item.name if isinstance(item, Picture) else f"item {index}"
            # A part's arrays hold bytes already, whatever range their file's numbers had.
            raw = item if isinstance(item, Picture) else Image.fromarray(picture_axes(item))
            try:
                pixels[index], done = self.transform_one(raw, name=name)
            except InputRefused as error:
                bad[index] = BadItem(name, error.reason)
                return
            for adjustment in done:
                adjusted.setdefault(adjustment, []).append(index)

        if len(images) == 1:  # starting a thread takes 0.2 ms
            fill(0)
        else:
            with ThreadPoolExecutor(os.cpu_count()) as pool:
                for _ in pool.map(fill, range(len(images))):
                    pass
        return Transformed(
            pixels,
            {index: bad[index] for index in sorted(bad)},
            {key: np.array(sorted(adjusted[key]), np.int64) for key in sorted(adjusted)},
        )

    def transform_given(self, inputs: NDArray[Any] | Sequence[Any]) -> Transformed:
        """Transform pictures, arrays of one image each, or one array of one image or many.

        An array of many is brought to bytes as a whole; where its images have the contract's shape
        too, none of them is touched by itself.
        """
        if not isinstance(inputs, np.ndarray):
            return transform_each(self, inputs)
        if not len(inputs):
            return Transformed(np.zeros((0, *self.shape), np.uint8), {}, {})
        images = inputs[None] if self._is_one(inputs.shape) else inputs
        names = NumberedNames("input", len(images))
        planes = channels_first(images, names[0])
        prepared = self.transform(scale_to_bytes(planes, self.value_range, names))
        if prepared.bad:
            index, item = next(iter(prepared.bad.items()))
            raise InputRefused(names[index], item.reason)
        return prepared

    def random_values(self, count: int, random: "np.random.Generator") -> NDArray[np.uint8]:
        """Noise, prepared as any other picture."""
        return np.asarray(self.transform(super().random_values(count, random)).values, np.uint8)

    def statistics(self, values: Values, train: NDArray[np.int64] | None) -> Statistics:
        """Mean and deviation of the pixels of all images, or of those at `train`."""
        assert isinstance(values, np.ndarray)  # noqa: S101 - pictures are
        return channel_statistics(values, train)

    def vectors(self, values: NDArray[Any]) -> NDArray[np.float32]:
        """Return the pixels, thinned to at most 1,024 an image: float32 (N, pixels)."""
        flat = values.reshape(len(values), -1)
        return flat[:, :: -(-flat.shape[1] // MOST_VALUES)].astype(np.float32)

    def augmentation(self, *, may_mirror: bool) -> tuple[str, str]:
        """Shift by 8 % of the shorter side, and mirror photographs."""
        shift = round(0.08 * min(self.size))
        if self.channels == 1:
            return f"shift={shift}", "8 % of the shorter side"
        if may_mirror:
            reason = "8 % of the shorter side; a mirrored photograph means the same"
            return f"shift={shift},flip", reason
        return f"shift={shift}", "8 % of the shorter side; a mirrored sign may mean another class"

    def describe(self) -> str:
        """`28x28x1, light on dark`."""
        shape = f"{self.height}x{self.width}x{self.channels}"
        return shape + (f", {self.polarity}" if self.polarity else "")

    def describe_in_full(self) -> str:
        """`28 × 28 pixels, grey, light on dark`, and how strokes are framed."""
        words = [
            f"{self.width} × {self.height} pixels",
            "grey" if self.channels == 1 else "colour",
        ]
        words += [self.polarity] if self.polarity else []
        words += [self.strokes.describe()] if self.strokes else []
        return ", ".join(words)

    def describe_conversion(self) -> str:
        """Say how another shape, colour or polarity is converted."""
        return (
            ("cropped to the middle" if self.fit_mode == "crop" else "padded to the shape")
            + " and resized"
            + (", made grey" if self.channels == 1 else ", grey ones made colour")
            + (", inverted where the border has the other brightness" if self.polarity else "")
            + (", cut to their strokes where these lie otherwise" if self.strokes else "")
        )

    @classmethod
    def parse_size(cls, text: str) -> tuple[int, tuple[int, ...]]:
        """(channels, (height, width)) from `28x28x1`; `28x28` is grey. Raises `UsageError`."""
        height, width, channels = parse_image_size(text)
        return channels, (height, width)

    def facts(self) -> dict[str, object]:
        """Size, channels and polarity."""
        return {
            "image size": f"{self.height} x {self.width}",
            "channels": self.channels,
            "polarity": self.polarity,
            "strokes": self.strokes.describe() if self.strokes else None,
        }

    def _transform_array(self, given: NDArray[np.uint8]) -> Transformed:
        """Transform images of the contract's shape at once, without a copy where none changes."""
        images, opposite = given, are_opposite(given, self.polarity)
        if opposite.any():
            images = given.copy()
            images[opposite] = 255 - images[opposite]
        flat = given.reshape(len(given), prod(self.shape))
        blank = flat.min(axis=1, initial=255) == flat.max(axis=1, initial=0)
        adjusted = {"blank": blank, "inverted": opposite}
        if self.strokes is not None:
            have_form = self._have_training_form(images, were_resized=False)
            others = np.flatnonzero(~blank & ~have_form)
            if len(others):
                each = self._transform_each(given[others])
                images = images.copy() if images is given else images
                images[others] = np.asarray(each.values)
                opposite[others] = False
                for key, rows in each.adjusted.items():
                    adjusted.setdefault(key, np.zeros(len(given), np.bool_))[others[rows]] = True
        rows_of = {key: adjusted[key].nonzero()[0] for key in sorted(adjusted)}
        return Transformed(images, {}, {key: rows for key, rows in rows_of.items() if len(rows)})

    def _reframe(
        self, picture: Image.Image, pixels: NDArray[np.uint8], done: list[Adjustment]
    ) -> tuple[NDArray[np.uint8], list[Adjustment]]:
        """Replace pixels (1, H, W) by the strokes of the whole picture (mode L), framed.

        Where no stroke is found, the pixels stay as they are.
        """
        assert self.strokes is not None  # noqa: S101 - what lacks a form has one to lack
        reading = self.strokes.read(picture)
        if reading is None:
            return pixels, [*done, "unlike"]
        done = [each for each in done if each not in ("resized", "inverted")]
        if reading.is_dark == (self.polarity == "light on dark"):
            done.append("inverted")
        done.append("reframed")
        if not reading.resembles:
            done.append("unlike")
        return light_on_dark(reading.pixels[None], self.polarity), done

    def _have_training_form(
        self, images: NDArray[np.uint8], *, were_resized: bool
    ) -> NDArray[np.bool_]:
        """Whether images (N, C, H, W) are framed as the training images; (N,)."""
        if self.strokes is None:
            return np.ones(len(images), np.bool_)
        pixels = light_on_dark(images[:, 0], self.polarity)
        return self.strokes.matches(pixels, were_resized=were_resized)

    def _is_one(self, shape: tuple[int, ...]) -> bool:
        """Whether an array of this shape is one image; otherwise it is many.

        Three axes may be (N, H, W) or those of one colour picture. A network of grey images takes
        them as many where the last two are its own size.
        """
        if len(shape) != 3:
            return len(shape) < 3
        has_channels = shape[2] in (1, 3) or shape[0] in (1, 3)
        return has_channels and not (self.channels == 1 and shape[1:] == self.size)

    def _image_of_array(self, array: NDArray[np.generic], name: str) -> Image.Image:
        """An array (H, W), (H, W, C) or (C, H, W) as a picture, its numbers scaled to bytes."""
        planes = channels_first(array[None], name)
        return Image.fromarray(picture_axes(scale_to_bytes(planes, self.value_range, [name])[0]))


def parse_image_size(text: str, *, flag: str = "--input ") -> tuple[int, int, int]:
    """`28x28x1` -> (height, width, channels); `28x28` is grey. Raises `UsageError`."""
    match = re.fullmatch(r"(\d{1,12})x(\d{1,12})(?:x(\d{1,12}))?", text.lower())
    if match is None or not all(int(group or 1) for group in match.groups()):
        raise UsageError(
            f"{flag}{text} is not a size; write height x width x channels, such as 28x28x1, in up "
            "to 12 digits each."
        )
    return int(match[1]), int(match[2]), int(match[3] or 1)
