"""List the files of any source in one form: a folder, one file, a zip or a tar archive.

    folder, file, zip, tar ── open_files ──> list[File] ── content ──> bytes, uncompressed

A tar is unpacked in one sequential pass into an unnamed temporary file (184 MB for CIFAR-10), so
that its members can be read in any order without holding them in memory. File names inside an
archive are never used to write to the disk.
"""

import errno
import gzip
import hashlib
import io
import lzma
import os
import posixpath
import tarfile
import tempfile
import threading
import weakref
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO, Self, cast

import numpy as np
from numpy.typing import NDArray

from noonbit.data.compression import (
    BROKEN_STREAM_ERRORS,
    decompress,
    is_compressed,
    open_uncompressed,
    refuse_bomb,
)
from noonbit.data.dataset import BadItem, natural_key
from noonbit.data.mapped import SMALL, map_bytes, offset_in_zip
from noonbit.errors import DataError, InputRefused, SourceNotFound

_CANNOT_BE_OPENED = "cannot be opened"
LITTER = {"__macosx", "thumbs.db", "desktop.ini"}
_DOWNLOAD_AGAIN = "Download it again."

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

    @classmethod
    def from_path(
        cls, path: Path, name: str | None = None, entry: "os.DirEntry[str] | None" = None
    ) -> Self:
        """Describe a file on the disk; `entry` is its directory entry, if a folder was scanned."""
        shown = name or path.name
        status = path.stat() if entry is None else entry.stat()
        # st_mtime can be set back by a user (cp -p, touch); st_ctime cannot.
        place = os.path.abspath(path if entry is None else entry.path)
        facts = place, status.st_size, status.st_mtime_ns, status.st_ctime_ns
        return cls(shown, status.st_size, partial(_open, path, shown), path, stamp_of(*facts))

    def read(self) -> bytes:
        """Read all bytes as stored. Raises `InputRefused` for a damaged member of a zip archive."""
        with self.open() as stream:
            try:
                return stream.read()
            except zipfile.BadZipFile as error:
                raise InputRefused(self.name, _zip_damage(error)) from None


def stamp_of(*facts: object) -> bytes:
    """Return a `File.stamp` for these facts; 16 bytes, as there may be a million files."""
    return hashlib.blake2b(repr(facts).encode(errors="surrogateescape"), digest_size=16).digest()


def open_files(path: Path) -> list[File]:
    """List the files of a folder (recursively) or of an archive, or `path` alone, in natural order.

    Leaves out hidden files and folders, `__MACOSX`, `Thumbs.db`, `desktop.ini`, and members of an
    archive that are links or point outside it. Raises `DataError` for an archive that is truncated,
    damaged, locked with a password or a decompression bomb, and `SourceNotFound` if there is
    nothing at `path`.
    """
    try:
        if path.is_dir():
            files = list(_folder_files(path, "", frozenset()))
        else:
            only = File.from_path(path)
            if zipfile.is_zipfile(path):
                files = _zip_members(path)
            elif head(only, 4) == b"PK\x03\x04":
                raise DataError(
                    f"{path.name} is cut off after {only.size:,} bytes: the directory of a zip "
                    f"archive, which stands at its end, is missing. {_DOWNLOAD_AGAIN}"
                )
            elif _is_tar(only):
                files = _tar_members(only)
            else:
                files = [only]
    except PermissionError as error:
        raise DataError(
            f"{error.filename} may not be read by this user. Change its permissions (chmod u+r)."
        ) from None
    except FileNotFoundError:
        raise SourceNotFound(f"{path} does not exist.") from None
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
    with file.open() as raw:
        try:
            with open_uncompressed(raw) as stream:
                return stream.read(size)
        except BROKEN_STREAM_ERRORS:
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
    direct = {posixpath.dirname(file.name) for file in files}
    non_empty = {str(above) for name in direct for above in PurePosixPath(name, "file").parents}
    folders = (
        (Path(folder) / name).relative_to(path).as_posix()
        for folder, names, _ in os.walk(path)
        for name in names
    )
    return sorted(
        (name for name in folders if _is_visible(name) and name not in non_empty), key=natural_key
    )


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
    return file.path is not None and (zipfile.is_zipfile(file.path) or _is_tar(file))


def _open(path: Path, name: str) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise InputRefused(name, f"{_CANNOT_BE_OPENED} ({error.strerror})") from None


def _is_visible(name: str) -> bool:
    """Whether no part of a path is hidden, system litter, absolute or `..`."""
    pieces = PurePosixPath(name).parts
    return bool(pieces) and not any(map(_is_ignored, pieces))


def _is_ignored(piece: str) -> bool:
    return piece.startswith((".", "/")) or piece.casefold() in LITTER


def _folder_files(
    folder: Path, prefix: str, ancestors: frozenset[tuple[int, int]]
) -> Iterator[File]:
    """Walk a folder, following links except back into a folder that is being walked.

    `prefix` is prepended to the names of its files: `train/cat/`. `ancestors` are the device and
    inode numbers of the folders above.
    """
    place = folder.stat()
    identity = (place.st_dev, place.st_ino)
    if identity in ancestors:
        return
    with os.scandir(folder) as entries:
        for entry in entries:
            if _is_ignored(entry.name):
                continue
            if entry.is_dir():
                yield from _folder_files(
                    folder / entry.name, f"{prefix}{entry.name}/", ancestors | {identity}
                )
            elif entry.is_file():
                yield File.from_path(folder / entry.name, prefix + entry.name, entry)


# Archives


def _zip_members(path: Path) -> list[File]:
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise DataError(
            f"{path.name} is a damaged zip archive ({error}). {_DOWNLOAD_AGAIN}"
        ) from None
    members = [
        member
        for member in archive.infolist()
        if not member.is_dir() and _is_visible(member.filename.replace("\\", "/"))
    ]
    refuse_bomb(path.name, path.stat().st_size, sum(member.file_size for member in members))
    files = []
    whole = File.from_path(path)
    for member in members:
        if member.flag_bits & 1:
            raise DataError(
                f"{path.name} is locked with a password. Unpack it, and give the folder."
            )
        if (member.external_attr >> 16) & 0o170000 == 0o120000:
            continue  # a symbolic link, as zip stores it on Unix
        name = member.filename.replace("\\", "/")
        is_stored = member.compress_type == zipfile.ZIP_STORED
        files.append(
            File(
                name,
                member.file_size,
                partial(_open_member, archive, member),
                stamp=stamp_of(whole.stamp, member.header_offset),
                disk_location=partial(_member_location, path, member) if is_stored else None,
            )
        )
    return files


def _open_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> BinaryIO:
    """Open a member: a small one is read at once, which finds damage early; a large one streams."""
    try:
        stream = archive.open(member)
        if member.file_size > SMALL:
            return cast(BinaryIO, stream)
        with stream:
            return io.BytesIO(stream.read())
    except (zipfile.BadZipFile, NotImplementedError, *BROKEN_STREAM_ERRORS) as error:
        raise InputRefused(member.filename, _zip_damage(error)) from None


def _member_location(path: Path, member: zipfile.ZipInfo) -> tuple[Path, int]:
    with path.open("rb") as stream:
        return path, offset_in_zip(stream, member)


def _zip_damage(error: Exception) -> str:
    return f"is damaged in its zip archive ({error})"


def _is_tar(file: File) -> bool:
    """Whether a file is a tar, perhaps compressed: its first block has a valid tar checksum."""
    try:
        with file.open() as raw, open_uncompressed(raw) as stream:
            block = stream.read(tarfile.BLOCKSIZE)
        tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except (tarfile.HeaderError, *BROKEN_STREAM_ERRORS):
        return False
    return True


def _tar_members(file: File) -> list[File]:
    """Unpack a tar's visible regular files into one temporary file."""
    store = _MemberStore()
    files = []
    try:
        with (
            file.open() as raw,
            open_uncompressed(raw) as stream,
            tarfile.open(fileobj=stream, mode="r|") as archive,
        ):
            for member in archive:
                name = PurePosixPath(member.name).as_posix()
                if not member.isreg() or not _is_visible(name):
                    continue
                refuse_bomb(file.name, file.size, store.size + member.size)
                source = archive.extractfile(member)
                assert source is not None  # noqa: S101 - it is a regular file
                offset = store.add(source, member.size)
                files.append(
                    File(
                        name,
                        member.size,
                        partial(store.open, offset, member.size),
                        stamp=stamp_of(file.stamp, offset),
                    )
                )
    except (tarfile.ReadError, EOFError) as error:
        raise DataError(
            f"{file.name} is cut off: its tar archive stops after {file.size:,} bytes, before its "
            f"end ({error}). {_DOWNLOAD_AGAIN}"
        ) from None
    except (lzma.LZMAError, zlib.error, gzip.BadGzipFile, tarfile.TarError) as error:
        raise DataError(f"{file.name} is a damaged archive ({error}). {_DOWNLOAD_AGAIN}") from None
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise DataError(
                f"{file.name} is a damaged archive ({error}). {_DOWNLOAD_AGAIN}"
            ) from None
        raise DataError(
            f"There is no room in {tempfile.gettempdir()} to unpack {file.name}. Free some, or "
            "name another folder in the variable TMPDIR."
        ) from None
    return files


class _MemberStore:
    """The contents of a tar's members, concatenated in an unnamed temporary file; thread-safe."""

    def __init__(self) -> None:
        self._file = cast(BinaryIO, tempfile.TemporaryFile())  # noqa: SIM115 - lives as long as self
        self._lock = threading.Lock()
        self.size = 0
        weakref.finalize(self, self._file.close)

    def add(self, source: IO[bytes], size: int) -> int:
        """Append a member and return its offset."""
        offset = self.size
        while piece := source.read(2**20):
            self._file.write(piece)
            self.size += len(piece)
        if self.size - offset != size:
            raise EOFError(f"a member has {self.size - offset:,} of its {size:,} bytes")
        return offset

    def open(self, offset: int, size: int) -> BinaryIO:
        """Open a stream of one member."""
        with self._lock:
            self._file.seek(offset)
            return io.BytesIO(self._file.read(size))
