"""Image sources from files: what those of a folder and of a table share.

Without `compat`, files that are missing or unreadable raise an error before the first batch.
"""

from collections.abc import Sequence
from typing import Any

from numpy.typing import NDArray

from noonbit.augment.keras.decode import DecodedImages, DecodeSettings
from noonbit.augment.keras.settings import Settings
from noonbit.augment.keras.source import ClassMode, ImageSource
from noonbit.data.dataset import Indices
from noonbit.data.files import File
from noonbit.data.readers.pictures import scan
from noonbit.errors import DataError, UsageError, plural

KERAS_SUFFIXES = ("png", "jpg", "jpeg", "bmp", "ppm", "tif", "tiff")


def make_file_source(
    settings: Settings,
    files: Sequence[File],
    names: Sequence[str],
    decoding: DecodeSettings,
    *,
    class_mode: ClassMode | None,
    labels: Any,
    class_indices: dict[Any, int],
    blocks: Sequence[Indices],
    weights: NDArray[Any] | None = None,
) -> ImageSource:
    """Make a source of files, named as in their folder or table, with their class numbers."""
    channels_first = settings.data_format == "channels_first"
    height, width, channels = decoding.shape
    return ImageSource(
        len(files),
        (channels, height, width) if channels_first else decoding.shape,
        DecodedImages(files, decoding, channels_first=channels_first),
        255.0,
        class_mode,
        labels,
        class_indices,
        weights,
        names,
        [str(file.path) for file in files],
        blocks,
    )


def refuse_unreadable(files: Sequence[File], where: str) -> None:
    """Raise `DataError` for files that are no pictures, by their headers."""
    _, bad = scan(files)
    if bad:
        raise DataError(
            f"{where}: {plural(len(bad), 'file')} of {len(files):,} cannot be read, first "
            f"{bad[0]}. Remove or replace {'it' if len(bad) == 1 else 'them'}."
        )


def not_binary_error(where: str, count: int) -> UsageError:
    """Return the error for `class_mode="binary"` with another number of classes than two."""
    return UsageError(
        f"{where} has {plural(count, 'class', 'classes')}, but class_mode='binary' is for two. "
        "Use 'categorical' or 'sparse'."
    )
