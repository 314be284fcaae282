"""A data set as files that other programs read: a folder a part, in it a folder a class.

    write_folder(open_data("shapes"), Path("shapes"))      shapes/train/circle/circle001.png ...

`open_data` reads such a folder back as the same parts, classes and pixels. Pictures that are files
already are copied as they are; pixels become PNG. MNIST's 70,000 take 20 s.
"""

import io
import re
import shutil
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from noonbit.data.dataset import Data, Part, Picture, require_pictures
from noonbit.errors import ArtefactError, DataError, UsageError
from noonbit.system.files import current_umask, unwritable

FORBIDDEN = r'[<>:"/\\|?*\x00-\x1f]'
"""What no folder may be called on one system or another; `T-shirt/top` is a class."""


def write_folder(data: Data, folder: Path) -> None:
    """Write every image of labelled data under `folder`, which is made.

    The folder is there whole or not at all. Raises `UsageError` where something is there already,
    `DataError` where two class names would become one folder, and `ArtefactError` where it cannot
    be written.
    """
    require_pictures(data, "A folder of PNG files")
    if folder.exists():
        raise UsageError(f"{folder} exists already; choose a new folder with --out.")
    class_folders = [folder_name(name) for name in data.class_names]
    if len({name.casefold() for name in class_folders}) < len(class_folders):
        raise DataError(
            f"{data.source} has classes whose names differ only in letters that a folder cannot "
            "have or in upper and lower case. Rename one of them."
        )
    whole: Path | None = None
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        whole = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
        for name, part in data.parts.items():
            write_part(part, whole / name, class_folders)
        whole.chmod(0o777 & ~current_umask())
        whole.rename(folder)
    except OSError as error:
        raise ArtefactError(unwritable(folder, error)) from None
    finally:
        if whole is not None:
            shutil.rmtree(whole, ignore_errors=True)


def write_part(part: Part, folder: Path, class_folders: list[str]) -> None:
    """Write a part as folder/class/class007.png, counted from 1 within each class."""
    assert part.labels is not None  # noqa: S101 - labelled data
    counts = np.bincount(part.labels, minlength=len(class_folders))
    digits = max(3, len(str(counts.max())))
    for name in class_folders:
        (folder / name).mkdir(parents=True)
    written = [0] * len(class_folders)
    for image, label in zip(np.asarray(part.raw), part.labels.tolist(), strict=True):
        written[label] += 1
        name = class_folders[label]
        content, ending = encoded(image)
        path = folder / name / f"{name}{written[label]:0{digits}d}.{ending}"
        path.write_bytes(content)


def encoded(image: Picture | NDArray[np.uint8]) -> tuple[bytes, str]:
    """The bytes of an image file and its ending."""
    if isinstance(image, Picture):
        return image.read(), image.format.lower()
    pixels = image[0] if len(image) == 1 else image.transpose(1, 2, 0)
    file = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(file, "PNG")
    return file.getvalue(), "png"


def folder_name(class_name: str) -> str:
    """A class name without what folders cannot have: `T-shirt-top`."""
    return re.sub(FORBIDDEN, "-", class_name).strip(" .") or "-"
