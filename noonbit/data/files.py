"""List the files of any source in one form: a folder, one file, a zip or a tar archive.

    folder, file, zip, tar ── open_files ──> list[File] ── content ──> bytes, uncompressed

Names are decoded and composed whatever system wrote them (names.py).
"""

import hashlib
import os
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Self

import numpy as np
from numpy.typing import NDArray

from noonbit.data.archives import Member, is_tar, is_zip, tar_members, zip_members
from noonbit.data.compression import (
    BROKEN_STREAM_ERRORS,
    decompress,
    is_compressed,
    open_uncompressed,
)
from noonbit.data.dataset import BadItem, natural_key
from noonbit.data.encodings import DOS, WINDOWS
from noonbit.data.mapped import SMALL, map_bytes
from noonbit.data.names import decode_names, relative_name
from noonbit.data.walk import is_ignored, walk
from noonbit.errors import DataError, InputRefused, SourceNotFound, refuse_as
from noonbit.system.files import refuse_special_file

_CANNOT_BE_OPENED = "cannot be opened"

LONGEST_NAME = 4_096
"""Characters of a member's name, as many as Linux allows a path."""

SURVEYED_PER_SUFFIX, SURVEYED = 16, 256
"""Maximum number of files that `survey` returns, per suffix and in all."""


@dataclass(frozen=True, slots=True)
class File:
    """One file of a source: on the disk or inside an archive."""

    name: str
    """POSIX path relative to the source: `train/cat/0041.jpg`."""
    size: int
    """Bytes as stored, before `content` decompresses them."""
    open: Callable[[], BinaryIO]
    """Opens a new stream of the stored bytes; thread-safe."""
    path: Path | None = None
    """Path on the disk; None for a member of an archive."""
    stamp: bytes = b""
    """Changes whenever the content may have changed, without reading it; empty if unknown."""
    disk_location: Callable[[], tuple[Path, int]] | None = None
    """For an uncompressed member of a zip archive: returns the archive's path and the offset of the
    member's bytes in it."""
    name_encoding: str = ""
    """The encoding that the name was decoded from, if that is not UTF-8."""

    @classmethod
    def from_path(
        cls,
        path: Path,
        name: str | None = None,
        entry: "os.DirEntry[str] | None" = None,
        name_encoding: str = "",
    ) -> Self:
        """Describe a file on the disk; `entry` is its directory entry, if a folder was scanned.

        Raises `DataError` for a named pipe, a device or whatever else is no file.
        """
        shown = decode_names([path.name])[0][0] if name is None else name
        status = path.stat() if entry is None else entry.stat()
        refuse_special_file(path, status, DataError)
        # st_mtime can be set back by a user (cp -p, touch); st_ctime cannot.
        place = os.path.abspath(path if entry is None else entry.path)
        facts = place, status.st_size, status.st_mtime_ns, status.st_ctime_ns
        return cls(
            shown,
            status.st_size,
            partial(_open, path, shown),
            path,
            stamp_of(*facts),
            name_encoding=name_encoding,
        )

    def read(self) -> bytes:
        """Read all bytes as stored. Raises `InputRefused` where that fails, as in a damaged zip."""
        with refuse_as(self.name, "cannot be read"), self.open() as stream:
            return stream.read(self.size)


def stamp_of(*facts: object) -> bytes:
    """Return a `File.stamp` for these facts; 16 bytes, as there may be a million files."""
    return hashlib.blake2b(repr(facts).encode(errors="surrogateescape"), digest_size=16).digest()


def open_files(path: Path) -> list[File]:
    """List the files of a folder (recursively) or of an archive, or `path` alone, in natural order.

    Leaves out hidden files and folders, `__MACOSX`, `Thumbs.db`, `desktop.ini`, and members of an
    archive that are links or go above its root (`..`). Raises `DataError` for an archive that is
    truncated, damaged, locked with a password or a decompression bomb, and `SourceNotFound` if
    there is nothing at `path`.
    """
    try:
        files = _folder_files(path) if path.is_dir() else _archive_files(File.from_path(path), path)
    except PermissionError as error:
        raise DataError(
            f"{error.filename} may not be read by this user. Change its permissions (chmod u+r)."
        ) from None
    except FileNotFoundError:
        raise SourceNotFound(f"{path} does not exist.") from None
    except OSError as error:
        raise DataError(
            f"{error.filename or path} cannot be read ({error.strerror}). Remove it, or point at "
            "another source."
        ) from None
    return sorted(files, key=lambda file: natural_key(file.name))


def content(file: File) -> bytes:
    """Read all bytes of a file, decompressed if it is gz, xz or bz2. Raises `DataError`."""
    return decompress(file.read(), file.name)


def content_array(file: File) -> NDArray[np.uint8]:
    """Return `content` as uint8 (N,); a large uncompressed file is memory-mapped, read-only.

    Raises what `content` raises.
    """
    place = (file.path, 0) if file.path is not None else file.disk_location and file.disk_location()
    if file.size > SMALL and place is not None:
        path, offset = place
        with path.open("rb") as stream:
            stream.seek(offset)
            if not is_compressed(stream):
                return map_bytes(stream, offset=offset, size=file.size)
    # A copy, because PyTorch warns about read-only arrays.
    return np.frombuffer(content(file), np.uint8).copy()


def head(file: File, size: int = 4096) -> bytes:
    """Read the first `size` bytes of `content` and no more of the file; b"" if it is broken."""
    try:
        with file.open() as raw, open_uncompressed(raw) as stream:
            return stream.read(size)
    except (*BROKEN_STREAM_ERRORS, InputRefused):
        return b""


def survey(files: list[File]) -> list[File]:
    """Return enough files to recognise a format by: the least deeply nested few of each suffix.

    This finds one `labels.csv` among 60,000 images without opening the images.
    """
    seen: Counter[str] = Counter()
    chosen = []
    for file in sorted(files, key=lambda file: file.name.count("/")):
        suffix = suffix_of(file.name)
        seen[suffix] += 1
        if seen[suffix] <= SURVEYED_PER_SUFFIX:
            chosen.append(file)
    return chosen[:SURVEYED]


def has_unopened(bad: Iterable[BadItem]) -> bool:
    """Whether any of these could not be opened, so that its content is unknown and may be fine."""
    return any(item.reason.startswith(_CANNOT_BE_OPENED) for item in bad)


def suffix_of(name: str) -> str:
    """Return `.jpg` for `train/cat/0041.JPG`; 20 times faster than `PurePath.suffix`."""
    base = name[name.rfind("/") + 1 :]
    dot = base.rfind(".")
    return base[dot:].lower() if dot > 0 else ""


def find_empty_folders(path: Path, files: list[File]) -> list[str]:
    """Return the visible folders below `path` that hold none of its files at any depth."""
    direct = {file.path.parent for file in files if file.path is not None}
    non_empty = direct.union(*(folder.parents for folder in direct))
    folders = [
        (Path(folder) / name).relative_to(path).as_posix()
        for folder, names, _ in os.walk(path)
        for name in names
        if Path(folder) / name not in non_empty
    ]
    return sorted(filter(_is_visible, decode_names(folders)[0]), key=natural_key)


def list_siblings(file: File) -> list[File]:
    """List the files in the same folder on the disk as `file`, including itself."""
    if file.path is None:
        return [file]
    folder = file.path.parent
    return [
        File.from_path(path)
        for path in sorted(folder.iterdir(), key=lambda path: natural_key(path.name))
        if path.is_file() and _is_visible(path.name)
    ]


def is_archive(file: File) -> bool:
    """Whether a file on the disk is a zip or tar archive, judged by its content."""
    return file.path is not None and (is_zip(file.path) or is_tar(file.open))


def _open(path: Path, name: str) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise InputRefused(name, f"{_CANNOT_BE_OPENED} ({error.strerror})") from None


def _is_visible(name: str) -> bool:
    """Whether no part of a path is hidden, system litter, absolute or `..`."""
    pieces = PurePosixPath(name).parts
    return bool(pieces) and not any(map(is_ignored, pieces))


def _folder_files(folder: Path) -> list[File]:
    found = list(walk(folder))
    names, encodings = decode_names([name for name, _ in found])
    return [
        File.from_path(Path(entry.path), name, entry, encodings.get(name, ""))
        for name, (_, entry) in zip(names, found, strict=True)
    ]


def _archive_files(archive: File, path: Path) -> list[File]:
    """List the members of an archive; the file itself if it is none. Raises `DataError`."""
    if is_zip(path):
        return _member_files(archive, zip_members(path), DOS, separator="\\")
    if head(archive, 4) == b"PK\x03\x04":
        raise DataError(
            f"{path.name} is cut off after {archive.size:,} bytes: the directory of a zip "
            "archive, which stands at its end, is missing. Download it again."
        )
    if is_tar(archive.open):
        members = tar_members(
            archive.name, archive.size, archive.open, lambda name: _is_visible(relative_name(name))
        )
        return _member_files(archive, members, (WINDOWS,))
    return [archive]


def _member_files(
    archive: File, members: list[Member], western: Sequence[str], separator: str = "/"
) -> list[File]:
    """Describe the visible members of an archive; `separator` stands for a slash as well."""
    names, encodings = decode_names([member.name for member in members], western)
    files = []
    for decoded, member in zip(names, members, strict=True):
        name = relative_name(decoded.replace(separator, "/"))
        if _is_visible(name):
            if len(name) > LONGEST_NAME:
                raise DataError(
                    f"A member's name has {len(name):,} characters and begins {name[:40]!r}; at "
                    f"most {LONGEST_NAME:,} are read. Make the archive anew with shorter names."
                )
            files.append(
                File(
                    name,
                    member.size,
                    member.open,
                    stamp=stamp_of(archive.stamp, member.offset),
                    disk_location=member.disk_location,
                    name_encoding=encodings.get(decoded, ""),
                )
            )
    return files
