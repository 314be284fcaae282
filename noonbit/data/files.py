"""One listing for everything a user can point at: a folder, one file, a zip or a tar archive.

    folder, file, zip, tar ── open_files ──> list[File] ── content ──> bytes, uncompressed

A compressed tar is unpacked in one sequential pass into an unnamed temporary file (184 MB for
CIFAR-10), so that its members can then be read in any order without being held in memory. Nothing
is ever written under a name that an archive chose.
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

from noonbit.data.compression import BROKEN, decompress, is_compressed, refuse_bomb, uncompressed
from noonbit.data.dataset import BadItem, natural_key
from noonbit.data.mapped import SMALL, map_bytes, offset_in_zip
from noonbit.errors import DataError, InputRefused, SourceNotFound

_UNOPENED = "cannot be opened"
LITTER = {"__macosx", "thumbs.db", "desktop.ini"}
_AGAIN = "Download it again."

SURVEYED_A_SUFFIX, SURVEYED = 16, 256
"""How many files `survey` takes of each suffix and in all."""


@dataclass(frozen=True, slots=True)
class File:
    """One file of a source, wherever it lies."""

    name: str
    """Its posix path relative to the source: `train/cat/0041.jpg`."""
    size: int
    """Bytes as stored, before `content` undoes a compression."""
    open: Callable[[], BinaryIO]
    """Gives a new stream of its bytes; may be called from several threads."""
    path: Path | None = None
    """Where it lies on the disk, unless it is a member of an archive."""
    stamp: bytes = b""
    """Another one where the content has changed, found without reading it; empty where that cannot
    be known."""
    stored: Callable[[], tuple[Path, int]] | None = None
    """For a member of an archive that lies there uncompressed: which file of the disk that is, and
    where in it the bytes begin."""

    @classmethod
    def at(
        cls, path: Path, name: str | None = None, entry: "os.DirEntry[str] | None" = None
    ) -> Self:
        """A file on the disk; `entry` is the same, where a folder is read."""
        shown = name or path.name
        status = path.stat() if entry is None else entry.stat()
        # The last is when the file itself was changed, which nobody can set back as they can the
        # time before it.
        place = os.path.abspath(path if entry is None else entry.path)
        facts = place, status.st_size, status.st_mtime_ns, status.st_ctime_ns
        return cls(shown, status.st_size, partial(_open, path, shown), path, stamp_of(*facts))

    def read(self) -> bytes:
        """All bytes as stored."""
        with self.open() as stream:
            try:
                return stream.read()
            except zipfile.BadZipFile as error:
                raise InputRefused(self.name, _damaged(error)) from None


def stamp_of(*facts: object) -> bytes:
    """A `File.stamp` that stands for all of these; short, since there may be a million."""
    return hashlib.blake2b(repr(facts).encode(errors="surrogateescape"), digest_size=16).digest()


def open_files(path: Path) -> list[File]:
    """The files of a folder (recursive), of an archive, or `path` alone, in natural order.

    Hidden files and folders, `__MACOSX`, `Thumbs.db` and `desktop.ini` are left out, and so are
    members of an archive that are links or point outside it. Raises `DataError` for an archive
    that is cut off, damaged, locked with a password, or that grows like a bomb.
    """
    try:
        if path.is_dir():
            files = list(_folder_files(path, "", frozenset()))
        else:
            only = File.at(path)
            if zipfile.is_zipfile(path):
                files = _zip_members(path)
            elif head(only, 4) == b"PK\x03\x04":
                raise DataError(
                    f"{path.name} is cut off after {only.size:,} bytes: the directory of a zip "
                    f"archive, which stands at its end, is missing. {_AGAIN}"
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
    """All bytes of a file, with gz, xz or bz2 undone. Raises `DataError` where that fails."""
    return decompress(file.read(), file.name)


def content_array(file: File) -> NDArray[np.uint8]:
    """`content` as bytes (N,), mapped where they are many and lie on the disk as they are.

    The same errors. What is mapped cannot be written to.
    """
    place = (file.path, 0) if file.path is not None else file.stored and file.stored()
    if file.size > SMALL and place is not None:
        path, offset = place
        with path.open("rb") as stream:
            stream.seek(offset)
            if not is_compressed(stream):
                return map_bytes(stream, offset=offset, size=file.size)
    # A copy, because PyTorch warns about arrays that cannot be written to.
    return np.frombuffer(content(file), np.uint8).copy()


def head(file: File, size: int = 4096) -> bytes:
    """The first bytes of `content`, without reading more than needed; fewer where it is broken."""
    with file.open() as raw:
        try:
            with uncompressed(raw) as stream:
                return stream.read(size)
        except BROKEN:
            return b""


def survey(files: list[File]) -> list[File]:
    """Enough files to recognise a listing by: of each suffix the few that lie least deep.

    So one `labels.csv` is seen beside 60,000 pictures, without opening those.
    """
    seen: Counter[str] = Counter()
    chosen = []
    for file in sorted(files, key=lambda file: file.name.count("/")):
        suffix = suffix_of(file.name)
        seen[suffix] += 1
        if seen[suffix] <= SURVEYED_A_SUFFIX:
            chosen.append(file)
    return chosen[:SURVEYED]


def may_pass(bad: Iterable[BadItem]) -> bool:
    """Whether any of these could not even be opened, which says nothing of what is in it."""
    return any(item.reason.startswith(_UNOPENED) for item in bad)


def suffix_of(name: str) -> str:
    """`.jpg` of `train/cat/0041.JPG`; twenty times faster than a path's own."""
    base = name[name.rfind("/") + 1 :]
    dot = base.rfind(".")
    return base[dot:].lower() if dot > 0 else ""


def empty_folders(path: Path, files: list[File]) -> list[str]:
    """The visible folders below `path` that hold none of its files, not even deeper down."""
    direct = {posixpath.dirname(file.name) for file in files}
    holding = {str(above) for name in direct for above in PurePosixPath(name, "file").parents}
    below = (
        (Path(folder) / name).relative_to(path).as_posix()
        for folder, names, _ in os.walk(path)
        for name in names
    )
    return sorted(
        (name for name in below if _is_kept(name) and name not in holding), key=natural_key
    )


def siblings(file: File) -> list[File]:
    """The files in the same folder of the disk as `file`, itself among them."""
    if file.path is None:
        return [file]
    folder = file.path.parent
    return [
        File.at(path)
        for path in sorted(folder.iterdir(), key=lambda path: natural_key(path.name))
        if path.is_file() and _is_kept(path.name)
    ]


def is_archive(file: File) -> bool:
    """Whether a file on the disk holds other files; told by content."""
    return file.path is not None and (zipfile.is_zipfile(file.path) or _is_tar(file))


def _open(path: Path, name: str) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise InputRefused(name, f"{_UNOPENED} ({error.strerror})") from None


def _is_kept(name: str) -> bool:
    """Whether no piece of a path is hidden, system litter, or a step outside."""
    pieces = PurePosixPath(name).parts
    return bool(pieces) and not any(map(_is_passed_over, pieces))


def _is_passed_over(piece: str) -> bool:
    return piece.startswith((".", "/")) or piece.casefold() in LITTER


def _folder_files(folder: Path, below: str, above: frozenset[tuple[int, int]]) -> Iterator[File]:
    """Walk a folder, following links except back into a folder that is being walked.

    `below` is the folder's name for files in it: `train/cat/`.
    """
    place = folder.stat()
    identity = (place.st_dev, place.st_ino)
    if identity in above:
        return
    with os.scandir(folder) as entries:
        for entry in entries:
            if _is_passed_over(entry.name):
                continue
            if entry.is_dir():
                yield from _folder_files(
                    folder / entry.name, f"{below}{entry.name}/", above | {identity}
                )
            elif entry.is_file():
                yield File.at(folder / entry.name, below + entry.name, entry)


# Archives


def _zip_members(path: Path) -> list[File]:
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise DataError(f"{path.name} is a damaged zip archive ({error}). {_AGAIN}") from None
    members = [
        member
        for member in archive.infolist()
        if not member.is_dir() and _is_kept(member.filename.replace("\\", "/"))
    ]
    refuse_bomb(path.name, path.stat().st_size, sum(member.file_size for member in members))
    files = []
    whole = File.at(path)
    for member in members:
        if member.flag_bits & 1:
            raise DataError(
                f"{path.name} is locked with a password. Unpack it, and give the folder."
            )
        if (member.external_attr >> 16) & 0o170000 == 0o120000:
            continue  # a symbolic link, as unix zip stores it
        name = member.filename.replace("\\", "/")
        is_stored = member.compress_type == zipfile.ZIP_STORED
        files.append(
            File(
                name,
                member.file_size,
                partial(_open_member, archive, member),
                stamp=stamp_of(whole.stamp, member.header_offset),
                stored=partial(_stored_member, path, member) if is_stored else None,
            )
        )
    return files


def _open_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> BinaryIO:
    """A small member whole, which finds what is wrong with it at once; a large one as a stream."""
    try:
        stream = archive.open(member)
        if member.file_size > SMALL:
            return cast(BinaryIO, stream)
        with stream:
            return io.BytesIO(stream.read())
    except (zipfile.BadZipFile, NotImplementedError, *BROKEN) as error:
        raise InputRefused(member.filename, _damaged(error)) from None


def _stored_member(path: Path, member: zipfile.ZipInfo) -> tuple[Path, int]:
    with path.open("rb") as stream:
        return path, offset_in_zip(stream, member)


def _damaged(error: Exception) -> str:
    return f"is damaged in its zip archive ({error})"


def _is_tar(file: File) -> bool:
    """Whether a file is a tar, perhaps compressed: its first block has a tar's checksum."""
    try:
        with file.open() as raw, uncompressed(raw) as stream:
            block = stream.read(tarfile.BLOCKSIZE)
        tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except (tarfile.HeaderError, *BROKEN):
        return False
    return True


def _tar_members(file: File) -> list[File]:
    """Unpack a tar's visible regular files into one temporary file."""
    store = _Store()
    files = []
    try:
        with (
            file.open() as raw,
            uncompressed(raw) as stream,
            tarfile.open(fileobj=stream, mode="r|") as archive,
        ):
            for member in archive:
                name = PurePosixPath(member.name).as_posix()
                if not member.isreg() or not _is_kept(name):
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
            f"end ({error}). {_AGAIN}"
        ) from None
    except (lzma.LZMAError, zlib.error, gzip.BadGzipFile, tarfile.TarError) as error:
        raise DataError(f"{file.name} is a damaged archive ({error}). {_AGAIN}") from None
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise DataError(f"{file.name} is a damaged archive ({error}). {_AGAIN}") from None
        raise DataError(
            f"There is no room in {tempfile.gettempdir()} to unpack {file.name}. Free some, or "
            "name another folder in the variable TMPDIR."
        ) from None
    return files


class _Store:
    """The contents of an archive's members, one after another in an unnamed temporary file."""

    def __init__(self) -> None:
        self._file = cast(BinaryIO, tempfile.TemporaryFile())  # noqa: SIM115 - lives as long as self
        self._lock = threading.Lock()
        self.size = 0
        weakref.finalize(self, self._file.close)

    def add(self, source: IO[bytes], size: int) -> int:
        """Append a member; gives its offset."""
        offset = self.size
        while piece := source.read(2**20):
            self._file.write(piece)
            self.size += len(piece)
        if self.size - offset != size:
            raise EOFError(f"a member has {self.size - offset:,} of its {size:,} bytes")
        return offset

    def open(self, offset: int, size: int) -> BinaryIO:
        """A stream of one member."""
        with self._lock:
            self._file.seek(offset)
            return io.BytesIO(self._file.read(size))
