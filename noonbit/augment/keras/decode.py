"""Decode image files to arrays of one size and number of channels, and cache them.

Without `compat`, noonbit's own decoder reads them (format by content, upright, opaque, 8 bit), and
images that fit into a quarter of the free memory are decoded only once.
"""

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from noonbit.augment.keras.settings import Settings
from noonbit.data.dataset import Indices
from noonbit.data.files import File
from noonbit.data.readers.pictures import FORMATS, decode
from noonbit.errors import InputRefused, UsageError, UsageTypeError, did_you_mean
from noonbit.system.hardware import available_memory_bytes

ColorMode: TypeAlias = Literal["rgb", "grayscale", "rgba"]
Interpolation: TypeAlias = Literal["nearest", "bilinear", "bicubic", "lanczos", "box", "hamming"]

MODES: dict[str, tuple[str, int]] = {"grayscale": ("L", 1), "rgb": ("RGB", 3), "rgba": ("RGBA", 4)}
"""Pillow's name of a colour mode, and its number of channels."""


@dataclass(frozen=True, slots=True)
class DecodeSettings:
    """Size, channels and resizing of decoded images."""

    target_size: tuple[int, int]
    color_mode: ColorMode
    interpolation: Interpolation
    keep_aspect_ratio: bool
    as_keras: bool

    @classmethod
    def from_settings(
        cls,
        settings: Settings,
        target_size: Any,
        color_mode: Any,
        interpolation: Any,
        *,
        keep_aspect_ratio: bool = False,
    ) -> "DecodeSettings":
        """Validate the arguments; raises `UsageError`."""
        as_keras = settings.compat is not None
        refuse_unknown("color_mode", color_mode, get_args(ColorMode))
        refuse_unknown("interpolation", interpolation, get_args(Interpolation))
        size = tuple(target_size) if isinstance(target_size, Iterable) else (target_size,)
        are_whole = all(isinstance(side, int | np.integer) for side in size)
        if len(size) != 2 or not are_whole or min(size) < 1:
            refusal = UsageError if are_whole and len(size) == 2 else UsageTypeError
            raise refusal(
                f"target_size is {target_size!r}; it should be (height, width) in pixels, "
                "such as (64, 64)."
            )
        if color_mode == "rgba" and not as_keras:
            raise UsageError(
                "color_mode='rgba' is there with compat='keras' only: noonbit shows transparent "
                "pictures on white paper. Use 'rgb'."
            )
        return cls(
            (int(size[0]), int(size[1])), color_mode, interpolation, keep_aspect_ratio, as_keras
        )

    @property
    def shape(self) -> tuple[int, int, int]:
        """(height, width, channels)."""
        return *self.target_size, MODES[self.color_mode][1]

    def read(self, file: File) -> NDArray[Any]:
        """Decode a file to an array (height, width, channels); raises `InputRefused`."""
        image = self._open_as_keras(file) if self.as_keras else decode(file.read(), file.name)
        mode = MODES[self.color_mode][0]
        deep = self.as_keras and mode == "L" and image.mode in ("I", "I;16")
        if image.mode != mode and not deep:
            image = image.convert(mode)
        size = self.target_size[::-1]
        if image.size != size:
            box = centre_box(image.size, size) if self.keep_aspect_ratio else None
            image = image.resize(size, Image.Resampling[self.interpolation.upper()], box)
        return np.asarray(image).reshape(self.shape)

    @staticmethod
    def _open_as_keras(file: File) -> Image.Image:
        try:
            image = Image.open(io.BytesIO(file.read()), formats=FORMATS)
            image.load()
        except InputRefused:
            raise
        except Exception as error:  # whatever a codec raises, the file is at fault
            raise InputRefused(file.name, f"cannot be decoded ({error})") from None
        return image


class DecodedImages:
    """Images by number, cached after decoding if there is memory for all of them."""

    def __init__(
        self, files: Sequence[File], decoding: DecodeSettings, *, channels_first: bool
    ) -> None:
        self._files, self._decoding, self._channels_first = files, decoding, channels_first
        size = len(files) * int(np.prod(decoding.shape))
        # With `compat`, arrays can be deeper than 8 bit, and are decoded again in each epoch.
        room = 0 if decoding.as_keras else (available_memory_bytes() or 0) // 4
        self._cached = np.empty((len(files), *decoding.shape), np.uint8) if size <= room else None
        self._is_cached = np.zeros(len(files), bool)

    def __call__(self, items: Indices) -> NDArray[Any]:
        """Return the images of these numbers, (B, ...)."""
        images = self._read(items)
        return np.moveaxis(images, -1, 1) if self._channels_first else images

    def _read(self, items: Indices) -> NDArray[Any]:
        if self._cached is None:
            return np.stack([self._decoding.read(self._files[item]) for item in items])
        for item in items[~self._is_cached[items]]:
            self._cached[item] = self._decoding.read(self._files[item])
            self._is_cached[item] = True
        return self._cached[items]


def centre_box(size: tuple[int, int], target: tuple[int, int]) -> tuple[int, int, int, int]:
    """Return the largest box of the target's shape in the centre of an image.

    Sizes are (width, height), the box (left, upper, right, lower), rounded as Keras does.
    """
    (width, height), (target_width, target_height) = size, target
    box_width = min(width, height * target_width // target_height)
    box_height = min(height, width * target_height // target_width)
    left, upper = (width - box_width) // 2, (height - box_height) // 2
    return left, upper, left + box_width, upper + box_height


def refuse_unknown(argument: str, value: Any, known: Sequence[Any]) -> None:
    """Raise `UsageError` for a value that is not among the known ones."""
    if value not in known:
        names = [name for name in known if name is not None]
        raise UsageError(
            f"{argument} is {value!r}.{did_you_mean(str(value), names)} "
            f"It can be {', '.join(map(repr, known))}."
        )
