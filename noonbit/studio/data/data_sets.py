"""The data sets that were made or uploaded on the pages: `data/NAME/` beside `runs/`.

A data set is written into a hidden folder and renamed when it is whole, so there is never half of
one. Names come from a browser: each piece of one is made a name that is no way to anywhere.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from noonbit.errors import ArtefactError, UsageError
from noonbit.system.files import current_umask, explain_write_error

DATA = Path("data")
UNFINISHED = ".unfinished-"
"""Begins the name of a folder that is being filled."""
DEEPEST = 6
"""Folders of an upload in one another: name, part, class, and some more."""


@dataclass(frozen=True, slots=True)
class OwnData:
    """A data set in the studio's folder."""

    name: str
    source: str
    """The path that `noonbit train` takes."""


class DataSets:
    """The folder of the studio's own data sets."""

    def __init__(self, folder: Path = DATA) -> None:
        self.folder = folder

    def list(self) -> list[OwnData]:
        """Return all data sets, the latest first."""
        try:
            with os.scandir(self.folder) as found:
                entries = [each for each in found if not each.name.startswith(".")]
            entries.sort(key=lambda each: each.stat().st_mtime, reverse=True)
        except OSError:
            return []
        return [OwnData(each.name, str(source_in(self.folder / each.name))) for each in entries]

    @contextmanager
    def new(self, name: str) -> Iterator["NewDataSet"]:
        """Give a data set to fill; it is there when the block ends, or not at all.

        Raises `ArtefactError` if the disk does not take it.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            filling = Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=self.folder))
        except OSError as error:
            raise ArtefactError(explain_write_error(self.folder / "new", error)) from None
        made = NewDataSet(filling)
        try:
            yield made
            filling.chmod(0o777 & ~current_umask())
            made.path = self._rename(filling, file_name(name))
        except OSError as error:
            raise ArtefactError(explain_write_error(self.folder / "new", error)) from None
        finally:
            shutil.rmtree(filling, ignore_errors=True)

    def _rename(self, filling: Path, name: str) -> Path:
        """Rename to the first name that is free: `cats`, `cats-2`, ..."""
        path, number = self.folder / name, 1
        while os.path.lexists(path):
            number += 1
            path = self.folder / f"{name}-{number}"
        return filling.rename(path)


class NewDataSet:
    """A data set that is being filled."""

    def __init__(self, filling: Path) -> None:
        self._filling = filling
        self.path = filling
        """Where it lies; under its name when it is whole."""

    @property
    def source(self) -> str:
        """The path that `noonbit train` takes."""
        return str(source_in(self.path))

    def place(self, name: str) -> Path:
        """Return where the file of a name such as `cats/1.png` goes, with the folders above it.

        Raises `UsageError` for a name that is too deep, or is taken.
        """
        pieces = [file_name(piece) for piece in name.replace("\\", "/").split("/") if piece]
        if not 0 < len(pieces) <= DEEPEST:
            raise UsageError(
                f"A file lies in 0 to {DEEPEST - 1} folders; {name[:200]!r} does not. Upload a "
                "folder with a folder for each class."
            )
        path = self._filling.joinpath(*pieces)
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists():
            raise UsageError(
                f"Two files are called {'/'.join(pieces)[:200]!r}; rename one of them."
            )
        return path


def file_name(text: str) -> str:
    """Return a text as the name of a file: without slashes, and no hidden one."""
    from noonbit.data.export import folder_name  # imports NumPy

    return folder_name(text)


def source_in(path: Path) -> Path:
    """Return what a data set's folder holds: its only file, such as an archive, or the folder."""
    try:
        with os.scandir(path) as entries:
            first = list(islice(entries, 2))
    except OSError:  # no folder
        return path
    is_file = len(first) == 1 and first[0].is_file(follow_symlinks=False)
    return path / first[0].name if is_file else path
