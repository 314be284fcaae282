"""What the network expects of one input, and the only way an input gets there.

    Framing   raw input -> uint8 (C, H, W): decode, turn, grey or colour, size, polarity
    Contract  a framing, the statistics that make it float32, and the class names

Training, evaluation, prediction, export and the server all go through the same object, so a photo
of another size, a colour picture for a grey network, an inverted drawing or a rotated phone picture
is brought to what the network learned from, or refused with a reason.
"""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache as once
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps
from pydantic import BaseModel, ConfigDict, Field

from noonbit.data import cache
from noonbit.data.dataset import BadItem, Data, Images, Picture, Pictures
from noonbit.data.files import may_pass
from noonbit.data.headers import WORTH_KEEPING, decoder
from noonbit.data.pictures import adopt, decode
from noonbit.errors import InputRefused

if TYPE_CHECKING:
    from torch import Tensor

Polarity = Literal["light on dark", "dark on light"]
Fit = Literal["crop", "pad"]
Adjustment = Literal["resized", "made grey", "made colour", "inverted", "blank"]
Raw: TypeAlias = Image.Image | Picture | NDArray[np.generic]

LARGEST_KEPT_SIZE = 96
"""Images of one common size up to this many pixels a side are trained at that size."""
DERIVED_SIZE = 64
"""Larger or mixed sizes are brought to this; what two cores train on in minutes."""
POLARITY_SHARE = 0.99
"""A polarity is part of the contract when this share of the training images agrees."""


class Framing(BaseModel):
    """How any picture becomes uint8 pixels (channels, height, width)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    height: int = Field(gt=0)
    width: int = Field(gt=0)
    channels: Literal[1, 3]
    fit: Fit = "crop"
    """Another aspect ratio is cropped to the middle (photographs) or padded (drawings)."""
    polarity: Polarity | None = None
    """Whether nearly all training images have a dark or a light border; None: they differ."""
    value_range: tuple[float, float] = (0.0, 255.0)
    """The raw numbers that stand for 0 and 255 when an input comes as an array."""

    @property
    def shape(self) -> tuple[int, int, int]:
        """(channels, height, width)."""
        return (self.channels, self.height, self.width)

    def prepare(self, raw: Raw, *, name: str = "the input") -> NDArray[np.uint8]:
        """One input as uint8 (C, H, W). Raises `InputRefused` for what cannot be brought to it."""
        return self.prepare_noting(raw, name=name)[0]

    def prepare_noting(
        self, raw: Raw, *, name: str = "the input"
    ) -> tuple[NDArray[np.uint8], list[Adjustment]]:
        """Like `prepare`, and what had to be changed on the way."""
        done: list[Adjustment] = []
        if isinstance(raw, Picture):
            image = decode(raw.read(), raw.name)
        elif isinstance(raw, Image.Image):
            image = adopt(raw, name)
        else:
            image = self._image_of_array(np.asarray(raw), name)
        mode = "L" if self.channels == 1 else "RGB"
        if image.mode != mode:
            done.append("made grey" if mode == "L" else "made colour")
            image = image.convert(mode)
        size = (self.width, self.height)
        if image.size != size:
            done.append("resized")
            image = self._resize(image, size)
        array = np.asarray(image)
        pixels = array[None] if array.ndim == 2 else np.ascontiguousarray(array.transpose(2, 0, 1))
        if self._is_opposite(border_level(pixels[None])[0]):
            done.append("inverted")
            pixels = 255 - pixels
        if pixels.min() == pixels.max():
            done.append("blank")
        return pixels, done

    def prepare_all(self, images: Images) -> "Prepared":
        """Every image of a part as one uint8 (N, C, H, W) array; what cannot be read is named.

        Arrays that already have the shape pass without a copy. Pictures are decoded by threads,
        since Pillow works outside the interpreter's lock.
        """
        if isinstance(images, np.ndarray) and images.shape[1:] == self.shape:
            return self._prepare_array(images)
        pixels = np.zeros((len(images), *self.shape), np.uint8)
        adjusted: dict[Adjustment, list[int]] = {}
        bad: dict[int, BadItem] = {}

        def fill(index: int) -> None:
            item = images[index]
            name = item.name if isinstance(item, Picture) else f"item {index}"
            # A part's arrays hold bytes already, whatever range their file's numbers had.
            raw = item if isinstance(item, Picture) else Image.fromarray(picture_axes(item))
            try:
                pixels[index], done = self.prepare_noting(raw, name=name)
            except InputRefused as error:
                bad[index] = BadItem(name, error.reason)
                return
            for adjustment in done:
                adjusted.setdefault(adjustment, []).append(index)

        with ThreadPoolExecutor(os.cpu_count()) as pool:
            for _ in pool.map(fill, range(len(images))):
                pass
        return Prepared(
            pixels,
            {index: bad[index] for index in sorted(bad)},
            {key: np.array(sorted(adjusted[key]), np.int64) for key in sorted(adjusted)},
        )

    def _prepare_array(self, images: NDArray[np.uint8]) -> "Prepared":
        flat = images.reshape(len(images), -1)
        adjusted: dict[Adjustment, NDArray[np.int64]] = {}
        if self.polarity is not None:
            opposite = np.flatnonzero(
                [self._is_opposite(level) for level in border_level(images).tolist()]
            )
            if len(opposite):
                images = images.copy()
                images[opposite] = 255 - images[opposite]
                adjusted["inverted"] = opposite
        blank = np.flatnonzero(flat.min(axis=1, initial=255) == flat.max(axis=1, initial=0))
        if len(blank):
            adjusted["blank"] = blank
        return Prepared(images, {}, adjusted)

    def _is_opposite(self, level: float) -> bool:
        """Whether a border of this brightness (0 to 255) belongs to the other polarity."""
        if self.polarity == "light on dark":
            return level > 191
        return bool(self.polarity == "dark on light" and level < 64)

    def _resize(self, image: Image.Image, size: tuple[int, int]) -> Image.Image:
        if self.fit == "crop":
            return ImageOps.fit(image, size, Image.Resampling.BILINEAR)
        # A drawing keeps its whole ink; the new margin continues the picture's own background.
        level = int(np.median(border_pixels(np.asarray(image.convert("L"))[None, None])[0]))
        color = level if image.mode == "L" else (level, level, level)
        return ImageOps.pad(image, size, Image.Resampling.BILINEAR, color=color)

    def _image_of_array(self, array: NDArray[np.generic], name: str) -> Image.Image:
        """An array (H, W), (H, W, C) or (C, H, W) as a picture, its numbers scaled to bytes."""
        if array.ndim == 3 and array.shape[0] in (1, 3) and array.shape[2] not in (1, 3):
            array = picture_axes(array)
        elif array.ndim == 3 and array.shape[2] == 1:
            array = array[:, :, 0]
        if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] != 3) or not array.size:
            raise InputRefused(
                name,
                f"has the shape {array.shape}; an image is (height, width), "
                "(height, width, 1 or 3) or (1 or 3, height, width)",
            )
        return Image.fromarray(scale_to_bytes(array, self.value_range, name))


class Contract(BaseModel):
    """The whole agreement between data and network; stored with the weights."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    framing: Framing
    mean: tuple[float, ...]
    """Of each channel over the training split, on a scale of 0 to 1."""
    std: tuple[float, ...]
    class_names: tuple[str, ...]
    """In the order of the network's outputs."""
    temperature: float = Field(default=1.0, gt=0)
    """What the logits are divided by before they become probabilities."""

    @classmethod
    def measured(
        cls,
        framing: Framing,
        pixels: NDArray[np.uint8],
        class_names: tuple[str, ...],
        *,
        train: NDArray[np.int64] | None = None,
    ) -> "Contract":
        """The contract of a network trained on uint8 (N, C, H, W), or on those at `train` alone."""
        count = len(pixels if train is None else train)
        levels = np.arange(256) / 255.0
        means, stds = [], []
        for channel in range(framing.channels):
            # A histogram gives the exact moments of bytes without a float copy of the data; block
            # by block, because bincount makes its input eight times as large.
            counts = np.zeros(256, np.int64)
            for first in range(0, count, 1000):
                block = slice(first, first + 1000)
                values = pixels[block if train is None else train[block], channel]
                counts += np.bincount(values.ravel(), minlength=256)
            mean = float(counts @ levels / counts.sum())
            means.append(mean)
            stds.append(float(np.sqrt(counts @ (levels - mean) ** 2 / counts.sum())) or 1.0)
        return cls(framing=framing, mean=tuple(means), std=tuple(stds), class_names=class_names)

    @classmethod
    def unit(cls, framing: Framing, class_names: tuple[str, ...]) -> "Contract":
        """The contract of a network that takes pixels from 0 to 1."""
        channels = framing.channels
        return cls(
            framing=framing, mean=(0.0,) * channels, std=(1.0,) * channels, class_names=class_names
        )

    def normalise(self, pixels: "Tensor") -> "Tensor":
        """uint8 or float (N, C, H, W) of 0 to 255 -> float32 as the network takes it."""
        values = pixels.float()
        std = values.new_tensor(self.std).view(-1, 1, 1)
        mean = values.new_tensor(self.mean).view(-1, 1, 1)
        return (values - 255 * mean) / (255 * std)


@dataclass(frozen=True, slots=True)
class Prepared:
    """What came of preparing many inputs."""

    pixels: NDArray[np.uint8]
    """(N, C, H, W), one row an input; zeros where `bad` has it."""
    bad: dict[int, BadItem]
    """The inputs that could not be read, by position."""
    adjusted: dict[Adjustment, NDArray[np.int64]]
    """The positions of inputs that had to be changed, by what was done."""


def derive_framing(
    data: Data, *, image_size: tuple[int, int] | None = None, channels: Literal[1, 3] | None = None
) -> tuple[Framing, dict[str, str]]:
    """The framing that suits the training part, and the reason for each choice."""
    images = data.train.images
    reasons: dict[str, str] = {}
    if channels is None:
        channels = 3 if has_colour(images) else 1
        reasons["channels"] = "the training images are " + ("colour" if channels == 3 else "grey")
    if image_size is None:
        image_size = derive_size(images, reasons)
    framing = Framing(
        height=image_size[0],
        width=image_size[1],
        channels=channels,
        value_range=data.value_range,
    )
    polarity = measure_polarity(framing, images) if channels == 1 else None
    if polarity is not None:
        framing = framing.model_copy(update={"polarity": polarity, "fit": "pad"})
        reasons["polarity"] = f"at least {POLARITY_SHARE:.0%} of the training images have it"
    return framing, reasons


def derive_size(images: Images, reasons: dict[str, str]) -> tuple[int, int]:
    """(height, width) to train at."""
    if isinstance(images, Pictures):
        sizes = [(picture.height, picture.width) for picture in images]
    else:
        sizes = [(images.shape[2], images.shape[3])]
    if len(set(sizes)) == 1 and max(sizes[0]) <= LARGEST_KEPT_SIZE:
        reasons["image size"] = "every training image has it"
        return sizes[0]
    shorter = int(np.median([min(size) for size in sizes]))
    side = min(DERIVED_SIZE, max(8, shorter))
    reasons["image size"] = (
        f"sizes differ or exceed {LARGEST_KEPT_SIZE} pixels; the median shorter side is {shorter}"
    )
    return (side, side)


def has_colour(images: Images) -> bool:
    """Whether a part is colour, as most of its images are stored."""
    if isinstance(images, Pictures):
        return sum(picture.channels == 3 for picture in images) > len(images) / 2
    return bool(images.shape[1] == 3)


def measure_polarity(framing: Framing, images: Images) -> Polarity | None:
    """What nearly all borders say; a sample of 1,000 is enough to see 99 %."""
    sample = images[:: max(1, len(images) // 1000)]
    if not isinstance(sample, Pictures) or not all(picture.stamp for picture in sample):
        return polarity_of(border_level(framing.prepare_all(sample).pixels))
    names = [(picture.name, picture.stamp) for picture in sample]
    name = cache.name_of("polarity", framing_code(), framing.model_dump_json(), names)
    known = cache.find_value(name)
    if isinstance(known, dict) and known.get("polarity", "") in (*get_args(Polarity), None):
        polarity: Polarity | None = known["polarity"]
        return polarity
    prepared = framing.prepare_all(sample)
    polarity = polarity_of(border_level(prepared.pixels))
    if len(sample) >= WORTH_KEEPING and not may_pass(prepared.bad.values()):
        cache.keep_value(name, {"polarity": polarity})
    return polarity


def polarity_of(levels: NDArray[np.float64]) -> Polarity | None:
    """What nearly all of these borders (N,) are, from 0 to 255."""
    if not len(levels):
        return None
    if np.mean(levels < 64) >= POLARITY_SHARE:
        return "light on dark"
    if np.mean(levels > 191) >= POLARITY_SHARE:
        return "dark on light"
    return None


@once
def framing_code() -> str:
    """What decodes and frames here; another version may make other pixels of the same file."""
    return decoder() + Path(__file__).read_text(encoding="utf-8")


def picture_axes(array: NDArray[np.generic]) -> NDArray[np.generic]:
    """(1, H, W) -> (H, W), and (3, H, W) -> (H, W, 3), as Pillow has them."""
    return array[0] if len(array) == 1 else array.transpose(1, 2, 0)


def border_pixels(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The outermost frame of (N, C, H, W), as (N, pixels)."""
    sides = (pixels[:, :, 0], pixels[:, :, -1], pixels[:, :, :, 0], pixels[:, :, :, -1])
    return np.concatenate([side.reshape(len(pixels), -1) for side in sides], axis=1)


def border_level(pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Mean brightness (0 to 255) of each image's frame; (N,)."""
    return np.asarray(border_pixels(pixels).mean(axis=1), np.float64)


def scale_to_bytes(
    array: NDArray[np.generic], value_range: tuple[float, float], name: str
) -> NDArray[np.uint8]:
    """Numbers of `value_range` as bytes 0 to 255; refuses what lies outside."""
    low, high = value_range
    if array.dtype == np.uint8 and (low, high) == (0.0, 255.0):
        return np.ascontiguousarray(array, np.uint8)
    if array.dtype.kind not in "buif":
        raise InputRefused(name, f"holds {array.dtype}, not numbers")
    values = array.astype(np.float64)
    if array.dtype.kind in "bf" and (low, high) == (0.0, 255.0) and values.min() >= 0:
        # Unit floats and masks are other usual forms of the same pixels.
        high = 1.0 if values.max() <= 1.0 else high
    if not np.isfinite(values).all() or values.min() < low or values.max() > high:
        raise InputRefused(
            name,
            f"has values from {values.min():g} to {values.max():g}; this network was trained on "
            f"{low:g} to {high:g}",
        )
    return np.rint((values - low) * (255.0 / (high - low))).astype(np.uint8)
