"""Find the pictures that a table lists, however their paths are written.

A path may be relative to the table or to the source, begin with folders of another machine, or be
the end of the real path, with or without its suffix. All rows of a table are looked up together,
because one row alone may fit a picture of another part that has the same name.
"""

import os
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import TypeAlias

from noonbit.data.dataset import BadItem, PartName
from noonbit.data.files import File, open_files, suffix_of
from noonbit.data.names import compose
from noonbit.data.readers.folder_names import is_annotation, name_no_class, part_of_folder
from noonbit.data.readers.pictures import SUFFIXES
from noonbit.errors import DataError, join_first

LONGEST_PATH = 255
"""Maximum characters of a path; a longer value is a text."""
MISSING = "does not exist"
Found: TypeAlias = File | BadItem
"""The picture of a row, or why there is none."""


class PictureIndex:
    """The pictures of a source by the ends of their paths."""

    def __init__(self, pictures: Sequence[File]) -> None:
        self.by_name = {file.name: file for file in pictures}
        self.in_folder = Counter(file.name.rpartition("/")[0] for file in pictures)
        self._by_base: dict[str, list[File]] = defaultdict(list)
        for file in pictures:
            base = file.name.rpartition("/")[2]
            for key in {base, base.removesuffix(base[len(base) - len(suffix_of(base)) :])}:
                self._by_base[key].append(file)

    def ending_in(self, name: str) -> list[tuple[str, File]]:
        """Return the pictures whose path ends in `name`, each with the folder before that end."""
        found = []
        for file in self._by_base.get(name.rpartition("/")[2], ()):
            for whole in (file.name, file.name[: len(file.name) - len(suffix_of(file.name))]):
                if f"/{whole}".endswith(f"/{name}"):
                    found.append((whole[: len(whole) - len(name)], file))
                    break
        return found


def find_pictures(
    values: Sequence[str],
    index: PictureIndex,
    *,
    folder: str,
    part: PartName | None = None,
) -> list[Found]:
    """Return the picture of each value, or a `BadItem` that says why there is none.

    `folder` is the table's own, with its slash; `part` is the part of all rows, if that is known:
    a picture in the folder of another part is never one of theirs.
    """
    names = [clean_path(value) for value in values]
    exact = [index.by_name.get(folder + name) or index.by_name.get(name) for name in names]
    choices = [
        [] if file or not name else index.ending_in(name)
        for name, file in zip(names, exact, strict=True)
    ]
    if not any(exact) and not any(choices):
        choices = _without_foreign_folders(names, index)
    choices = _in_one_part(choices, index, part)
    return [
        file or _only(value, found)
        for value, file, found in zip(values, exact, choices, strict=True)
    ]


def clean_path(value: str) -> str:
    """Return a written path with `/`, without what leads nowhere; empty for a text."""
    if not value or len(value) > LONGEST_PATH:
        return ""
    return str(PurePosixPath(compose(value).replace("\\", "/"))).lstrip("/")


def names_pictures(values: Sequence[str], index: PictureIndex, *, folder: str) -> int:
    """Count the values of a sample that may name a picture of some part."""
    names = [clean_path(value) for value in values]
    known = [bool(name) and bool(index.by_name.get(folder + name)) for name in names]
    choices = [index.ending_in(name) if name else [] for name in names]
    if not any(known) and not any(choices):
        choices = _without_foreign_folders(names, index)
    return sum(map(any, zip(known, choices, strict=True)))


def _without_foreign_folders(
    names: Sequence[str], index: PictureIndex
) -> list[list[tuple[str, File]]]:
    """Look names up without the folders that all of them begin with, such as `../input/dogs/`."""
    folders = [name.split("/")[:-1] for name in names if name]
    common = os.path.commonprefix(folders) if folders else []
    for count in range(1, len(common) + 1):
        choices = [index.ending_in(name.split("/", count)[-1]) if name else [] for name in names]
        if any(choices):
            return choices
    return [[] for _ in names]


def _in_one_part(
    choices: list[list[tuple[str, File]]], index: PictureIndex, part: PartName | None
) -> list[list[tuple[str, File]]]:
    """Leave out pictures below folders that a table does not mean.

    Those are folders of another part, and masks beside the pictures. If the part of a table is not
    known, a test folder is meant only if the table lists most of it, and nothing of it twice.
    """
    listed = Counter(folder for found in choices for folder, _ in found)
    in_folder = Counter(file.name.rpartition("/")[0] for found in choices for _, file in found)
    several = {folder for found in choices if len(found) > 1 for folder, _ in found}
    dropped = {folder for folder in several if any(map(is_annotation, folder.split("/")))}
    for folder in listed:
        own = part_of_folder(folder)
        if part is not None:
            dropped |= {folder} if own not in (None, part) else set()
        elif own not in (None, "train"):
            inside = [name for name in in_folder if f"{name}/".startswith(folder)]
            most = sum(in_folder[name] for name in inside) * 2 >= sum(
                index.in_folder[name] for name in inside
            )
            if not most or folder in several:
                dropped.add(folder)
    return [[each for each in found if each[0] not in dropped] for found in choices]


def _only(value: str, found: list[tuple[str, File]]) -> Found:
    files = {file.name: file for _, file in found}
    if len(files) == 1:
        return next(iter(files.values()))
    if not files:
        return BadItem(value, MISSING)
    return BadItem(value, f"may be any of {len(files)} pictures ({join_first(list(files), 3)})")


def pictures_of_table(table: File, sample: Sequence[str]) -> list[File]:
    """List the files among which a table that is a source by itself finds its pictures.

    Those below its folder; if no value of the `sample` names one of them, also those below folders
    beside it whose names stand for pictures (`images/` beside `labels/table.csv`), with names that
    begin there. Returns an empty list for a table in an archive, and where the folder cannot be
    listed (/tmp, for one, holds folders of others), unless the sample names pictures; then raises
    `DataError`.
    """
    if table.path is None:
        return []
    try:
        return list_pictures_near(table.path.resolve(), sample)
    except DataError:
        if any(suffix_of(clean_path(value)) in SUFFIXES for value in sample):
            raise
        return []


def list_pictures_near(table: Path, sample: Sequence[str]) -> list[File]:
    """List the files of `pictures_of_table`; raises `DataError` for a folder that is unreadable."""
    folder = table.parent
    files = [file for file in open_files(folder) if file.path != table]
    if names_pictures(sample, PictureIndex(files), folder=""):
        return files
    beside = [
        path
        for path in sorted(folder.parent.iterdir())
        if path.is_dir() and path != folder and name_no_class([path.name])
    ]
    return files + [
        replace(file, name=f"{path.name}/{file.name}")
        for path in beside
        for file in open_files(path)
    ]
