"""Write the images of each batch into a folder, to look at what the network gets."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from noonbit.augment.keras.decode import MODES, refuse_unknown
from noonbit.augment.keras.settings import Floats, Settings
from noonbit.data.dataset import Indices
from noonbit.errors import ArtefactError, UsageError, plural
from noonbit.system.files import explain_write_error

SaveFormat: TypeAlias = Literal["png", "jpeg", "jpg", "bmp", "pdf", "ppm", "gif", "tif"]
WITHOUT_TRANSPARENCY = ("jpeg", "jpg", "ppm", "pdf")

NameEnding: TypeAlias = Callable[[Image.Image], str]
"""Returns the last piece of a picture's file name, which tells it from others of the same image."""


@dataclass(frozen=True, slots=True)
class SavedPictures:
    """A folder, and how its files are named: `prefix_index_ending.format`."""

    folder: Path
    prefix: str
    format: SaveFormat
    channels_first: bool
    name_ending: NameEnding

    @classmethod
    def from_arguments(
        cls,
        settings: Settings,
        save_to_dir: str | Path,
        save_prefix: str,
        save_format: SaveFormat,
        *,
        image_shape: tuple[int, ...],
        name_ending: NameEnding,
    ) -> "SavedPictures":
        """Validate the arguments, and make the folder where there is none.

        Raises `UsageError`, and `ArtefactError` if the folder cannot be made.
        """
        refuse_unknown("save_format", save_format, get_args(SaveFormat))
        channels = image_shape[settings.channel_axis]
        counts = [count for _, count in MODES.values()]
        if channels not in counts or (channels == 4 and save_format in WITHOUT_TRANSPARENCY):
            raise UsageError(
                f"save_to_dir cannot write {plural(channels, 'channel')} as {save_format}: "
                "a picture has 1 or 3, and 4 as png, bmp, gif or tif. Leave it out."
            )
        folder = Path(save_to_dir)
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ArtefactError(explain_write_error(folder, error)) from None
        channels_first = settings.data_format == "channels_first"
        return cls(folder, save_prefix, save_format, channels_first, name_ending)

    def write(self, indices: Indices, images: Floats) -> None:
        """Write each image of a batch, (B, ...), its own darkest value as 0 and brightest as 255.

        `indices` are the images' places in the flow. Raises `ArtefactError`.
        """
        pixels = np.moveaxis(images, 1, -1) if self.channels_first else images
        for index, image in zip(indices.tolist(), pixels, strict=True):
            picture = stretch_to_picture(image)
            ending = self.name_ending(picture)
            path = self.folder / f"{self.prefix}_{index}_{ending}.{self.format}"
            try:
                picture.save(path)
            except OSError as error:
                raise ArtefactError(explain_write_error(path, error)) from None


def stretch_to_picture(image: NDArray[Any]) -> Image.Image:
    """Convert numbers (height, width, channels) of any range to 8 bit, as Keras does."""
    levels = image.astype(np.float32) - image.min()
    highest = levels.max()
    levels = levels * (255 / highest) if highest else levels
    pixels = levels.astype(np.uint8)
    return Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels)


def content_digest(picture: Image.Image) -> str:
    """Name a picture after its pixels, so that each is there once and no run removes another's."""
    return hashlib.sha256(picture.tobytes()).hexdigest()[:8]
