"""Image sources from a folder with one folder per class.

Without `compat`, hidden files and folders are ignored, and classes are in natural order (`10` after
`2`).
"""

import os
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

import numpy as np

from noonbit.augment.keras.decode import DecodeSettings, refuse_unknown
from noonbit.augment.keras.files import (
    KERAS_SUFFIXES,
    make_file_source,
    not_binary_error,
    refuse_unreadable,
)
from noonbit.augment.keras.settings import Settings
from noonbit.augment.keras.source import ClassMode, ImageSource
from noonbit.data.dataset import natural_key
from noonbit.data.files import File, open_files
from noonbit.data.readers.folder import looks_like_picture
from noonbit.errors import DataError, SourceNotFound, UsageError, did_you_mean, join_first
from noonbit.system.paths import is_folder


def source_from_directory(
    settings: Settings,
    directory: str | Path,
    decoding: DecodeSettings,
    *,
    classes: Sequence[str] | None,
    class_mode: ClassMode | None,
    follow_links: bool,
) -> ImageSource:
    """Open a folder with one folder per class; raises `DataError` if it holds no pictures.

    Without `compat`, links to folders are always followed.
    """
    folder = Path(directory)
    if not is_folder(folder):
        raise SourceNotFound(f"{folder} is no folder. Give one that holds a folder a class.")
    refuse_unknown("class_mode", class_mode, ("categorical", "binary", "sparse", "input", None))
    found = (
        _find_class_folders_as_keras(folder, classes, follow_links=follow_links)
        if decoding.as_keras
        else _find_class_folders(folder, class_mode)
    )
    if classes is not None:
        for name in classes:
            if name not in found:
                raise UsageError(
                    f"{folder} has no class folder '{name}'.{did_you_mean(name, found)} "
                    f"There are: {join_first(list(found), 10)}."
                )
        found = {name: found[name] for name in classes}
    if class_mode == "binary" and len(found) != 2 and not decoding.as_keras:
        raise not_binary_error(str(folder), len(found))
    files = [file for group in found.values() for file in group]
    if not files:
        raise DataError(
            f"{folder} holds no pictures in class folders. Sort them into a folder a class "
            "(cats/1.jpg, dogs/2.jpg); class_mode=None takes pictures without classes."
        )
    if not decoding.as_keras:
        refuse_unreadable(files, str(folder))
    labels = np.repeat(np.arange(len(found)), [len(group) for group in found.values()])
    ends = np.cumsum([0, *map(len, found.values())])
    return make_file_source(
        settings,
        files,
        [file.name for file in files],
        decoding,
        class_mode=class_mode,
        labels=labels,
        class_indices={name: index for index, name in enumerate(found)},
        blocks=[np.arange(*ends[index : index + 2]) for index in range(len(found))],
    )


def _find_class_folders(folder: Path, class_mode: ClassMode | None) -> dict[str, list[File]]:
    """Find the pictures of each visible class folder, in natural order.

    Empty folders count as classes, so that the class numbers stay the same if one part of the data
    lacks a class.
    """
    classes = [path.name for path in folder.iterdir() if path.is_dir() and path.name[0] != "."]
    found: dict[str, list[File]] = {name: [] for name in sorted(classes, key=natural_key)}
    for file in open_files(folder):
        pieces = PurePosixPath(file.name).parts
        if len(pieces) > 1 and looks_like_picture(file):
            found[pieces[0]].append(file)
        elif class_mode is None and looks_like_picture(file):
            found.setdefault(".", []).append(file)
    return found


def _find_class_folders_as_keras(
    folder: Path, classes: Sequence[str] | None, *, follow_links: bool
) -> dict[str, list[File]]:
    """Do the same by Keras's rules: pictures by suffix, alphabetical order, hidden folders too."""
    found = {}
    for name in classes or sorted(path.name for path in folder.iterdir() if path.is_dir()):
        walked = sorted(
            os.walk(folder / name, followlinks=follow_links), key=lambda place: place[0]
        )
        paths = [Path(root) / file for root, _, files in walked for file in sorted(files)]
        found[name] = [
            File.from_path(path, os.path.join(name, os.path.relpath(path, folder / name)))
            for path in paths
            if path.name.lower().endswith(KERAS_SUFFIXES)
        ]
    return found
