"""Walk a folder, through links, and end whatever the links lead to."""

import os
from collections.abc import Iterator
from pathlib import Path

from noonbit.errors import DataError
from noonbit.system.files import is_made_up

LITTER = {"__macosx", "thumbs.db", "desktop.ini"}

MOST_FILES = 20_000_000
"""Files of one folder; ImageNet-21k has 14 million."""
DEEPEST_FOLDER = 200
"""Folders inside one another."""
MOST_REPEATED_FOLDERS = 10_000
"""How often a folder may be met again, by another path. Ten folders that link to one another have
10 million paths."""


def walk(
    root: Path,
    *,
    most_files: int = MOST_FILES,
    deepest: int = DEEPEST_FOLDER,
    most_repeated: int = MOST_REPEATED_FOLDERS,
) -> Iterator[tuple[str, "os.DirEntry[str]"]]:
    """Yield the visible files below a folder, each with its name from there: `train/cat/1.png`.

    Links are followed, except back into a folder that is being walked. Raises `DataError` for more
    than data has, and for a folder that the system makes up.
    """
    # Paths of folders, with the part of the path below the root, and those above each.
    waiting: list[tuple[Path, str, frozenset[tuple[int, int]]]] = [(root, "", frozenset())]
    walked: set[tuple[int, int]] = set()
    files = repeated = 0
    while waiting:
        folder, prefix, above = waiting.pop()
        status = folder.stat()
        identity = status.st_dev, status.st_ino
        if identity in above:
            continue
        if folder.samefile("/"):
            raise DataError(f"{folder} is the whole disk. Point at a folder of data.")
        if is_made_up(status):
            raise DataError(
                f"{folder} leads to {folder.resolve()}, which the system makes up and no disk "
                "holds. Point at a folder of data, or remove the link."
            )
        repeated += identity in walked
        walked.add(identity)
        if repeated > most_repeated:
            raise DataError(
                f"{root} holds folders that link to one another: they were met again more than "
                f"{most_repeated:,} times, the last as {folder}. Remove such links."
            )
        if len(above) >= deepest:
            raise DataError(
                f"{root} has more than {deepest:,} folders inside one another. Move the data up."
            )
        with os.scandir(folder) as entries:
            for entry in entries:
                if is_ignored(entry.name):
                    continue
                if entry.is_dir():
                    inner = f"{prefix}{entry.name}/"
                    waiting.append((folder / entry.name, inner, above | {identity}))
                elif entry.is_file():
                    files += 1
                    if files > most_files:
                        raise DataError(
                            f"{root} holds more than {most_files:,} files. Point at a part of it."
                        )
                    yield prefix + entry.name, entry


def is_ignored(name: str) -> bool:
    """Whether a file or folder is hidden, system litter, or the root."""
    return name.startswith((".", "/")) or name.casefold() in LITTER
