"""Write a data set as image files: one folder per part, and in it one folder per class.

    write_folder(open_data("shapes"), Path("shapes"))      shapes/train/circle/circle001.png ...

`open_data` reads such a folder back as the same parts, classes and pixels. Images that are files
already are copied unchanged; arrays of pixels become PNG. MNIST's 70,000 images take 20 s.
"""

import io
import re
import shutil
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from noonbit.data.contact_sheet import to_pillow
from noonbit.data.dataset import Part, Picture, RawDataset, require_pictures
from noonbit.errors import ArtefactError, DataError, UsageError
from noonbit.system.files import (
    current_umask,
    cut_name,
    explain_write_error,
    temporary_prefix,
)
from noonbit.system.paths import exists

FORBIDDEN_CHARACTERS = r'[<>:"/\\|?*\x00-\x1f]'
"""Characters that some system does not allow in folder names; `T-shirt/top` is a class."""
RESERVED_NAMES = re.compile(r"(?i)^(con|prn|aux|nul|com\d|lpt\d)(?=\.|$)")
"""Names of devices on Windows, with any ending."""
LONGEST_FOLDER_NAME = 200
"""Bytes; its pictures are named after it, with a number and an ending, and 255 is the most."""


def write_folder(data: RawDataset, folder: Path) -> None:
    """Write every image of labelled data into a new folder, atomically.

    Raises `UsageError` if `folder` exists, `DataError` if two class names would become the same
    folder name, and `ArtefactError` if the folder cannot be written.
    """
    require_pictures(data, "A folder of PNG files")
    require_new(folder)
    class_folders = [folder_name(name) for name in data.class_names]
    if len({name.casefold() for name in class_folders}) < len(class_folders):
        raise DataError(
            f"{data.source} has classes whose names differ only after {LONGEST_FOLDER_NAME} bytes, "
            "in letters that a folder cannot have, or in upper and lower case. Rename one of them."
        )
    temporary: Path | None = None
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=temporary_prefix(folder), dir=folder.parent))
        for name, part in data.parts.items():
            write_part(part, temporary / name, class_folders)
        temporary.chmod(0o777 & ~current_umask())
        temporary.rename(folder)
    except OSError as error:
        raise ArtefactError(explain_write_error(folder, error)) from None
    finally:
        if temporary is not None:
            shutil.rmtree(temporary, ignore_errors=True)


def require_new(folder: Path) -> None:
    """Raise `UsageError` if anything is at the place of a folder that is to be written."""
    if exists(folder):
        raise UsageError(f"{folder} exists already; choose a new folder with --out.")


def write_part(part: Part, folder: Path, class_folders: list[str]) -> None:
    """Write a part as folder/class/class007.png, numbered from 1 within each class."""
    assert part.labels is not None  # noqa: S101 - labelled data
    counts = np.bincount(part.labels, minlength=len(class_folders))
    digits = max(3, len(str(counts.max())))
    for name in class_folders:
        (folder / name).mkdir(parents=True)
    written = [0] * len(class_folders)
    for image, label in zip(np.asarray(part.raw), part.labels.tolist(), strict=True):
        written[label] += 1
        name = class_folders[label]
        content, ending = encode_image(image)
        path = folder / name / f"{name}{written[label]:0{digits}d}.{ending}"
        path.write_bytes(content)


def encode_image(image: Picture | NDArray[np.uint8]) -> tuple[bytes, str]:
    """Return the bytes of an image file and its file name extension."""
    if isinstance(image, Picture):
        return image.read(), image.format.lower()
    file = io.BytesIO()
    to_pillow(image).save(file, "PNG")
    return file.getvalue(), "png"


def folder_name(class_name: str) -> str:
    """Turn a class name into a valid folder name: `T-shirt/top` becomes `T-shirt-top`."""
    allowed = re.sub(FORBIDDEN_CHARACTERS, "-", class_name).strip(" .")
    name = cut_name(allowed, most_bytes=LONGEST_FOLDER_NAME).rstrip(" .") or "-"
    return RESERVED_NAMES.sub(r"\1-", name)
