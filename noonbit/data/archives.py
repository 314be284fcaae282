"""List the members of a zip or tar archive, and open them.

A tar is unpacked in one sequential pass into an unnamed temporary file (184 MB for CIFAR-10), so
that its members can be read in any order without holding them in memory. File names inside an
archive are never used to write to the disk.
"""

import errno
import gzip
import io
import lzma
import tarfile
import tempfile
import threading
import weakref
import zipfile
import zlib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import IO, BinaryIO, NamedTuple, Self, cast

from noonbit.data.compression import BROKEN_STREAM_ERRORS, open_uncompressed, refuse_bomb
from noonbit.data.mapped import SMALL, offset_in_zip
from noonbit.errors import DataError, raise_as, refuse_as

_DOWNLOAD_AGAIN = "Download it again."
_HAS_UTF8_NAME = 0x800
"""The flag of a zip's member whose name is UTF-8 (APPNOTE.TXT, 4.4.4, bit 11)."""
_UNIX_LINK = 0o120000
LONGEST_TAR_NAME = 2**14
"""Bytes of a header that holds a member's long name or its attributes. Python 3.11.7 takes half a
second to search so many digits, four times that for twice as many."""
_TAR_NAME_TYPES = {
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
}


class Member(NamedTuple):
    """A regular file in an archive."""

    name: str
    """As stored, its bytes read as UTF-8; what is not becomes a surrogate, as of a file's name."""
    size: int
    """Bytes, unpacked."""
    open: Callable[[], BinaryIO]
    """Opens a new stream of the bytes; thread-safe."""
    offset: int
    """Where it begins, in the zip or among all members of a tar."""
    disk_location: Callable[[], tuple[Path, int]] | None = None
    """For an uncompressed member of a zip: returns the archive's path and the offset of its bytes
    in it."""


def is_zip(path: Path) -> bool:
    """Whether a file on the disk is a whole zip archive."""
    return zipfile.is_zipfile(path)


def is_tar(open_file: Callable[[], BinaryIO]) -> bool:
    """Whether a file is a tar, perhaps compressed: its first block has a valid tar checksum."""
    try:
        with open_file() as raw, open_uncompressed(raw) as stream:
            block = stream.read(tarfile.BLOCKSIZE)
        tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except (tarfile.HeaderError, *BROKEN_STREAM_ERRORS):
        return False
    return True


def zip_members(path: Path) -> list[Member]:
    """List the files of a zip archive, without links.

    Raises `DataError` for one that is damaged, locked with a password, or a decompression bomb.
    """
    with raise_as(DataError, f"{path.name} is a damaged zip archive", _DOWNLOAD_AGAIN):
        archive = zipfile.ZipFile(path)
    members = [
        member
        for member in archive.infolist()
        if not member.is_dir()
        and not member.orig_filename.endswith("\\")
        and (member.external_attr >> 16) & 0o170000 != _UNIX_LINK
    ]
    refuse_bomb(path.name, path.stat().st_size, sum(member.file_size for member in members))
    if any(member.flag_bits & 1 for member in members):
        raise DataError(f"{path.name} is locked with a password. Unpack it, and give the folder.")
    return [
        Member(
            _zip_name(member),
            member.file_size,
            partial(_open_member, archive, member),
            member.header_offset,
            partial(_member_location, path, member)
            if member.compress_type == zipfile.ZIP_STORED
            else None,
        )
        for member in members
    ]


def _zip_name(member: zipfile.ZipInfo) -> str:
    """Return the name as `Member.name`; Python reads bytes without the UTF-8 mark as CP437."""
    name = member.orig_filename.partition("\0")[0]
    if member.flag_bits & _HAS_UTF8_NAME or name.isascii():
        return name
    return name.encode("cp437").decode("utf-8", "surrogateescape")


def _open_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> BinaryIO:
    """Open a member: a small one is read at once, which finds damage early; a large one streams."""
    with refuse_as(member.filename, "is damaged in its zip archive"):
        stream = archive.open(member)
        if member.file_size > SMALL:
            return cast(BinaryIO, stream)
        with stream:
            # Without a number, all is unpacked before what comes over the size is cut off.
            return io.BytesIO(stream.read(member.file_size))


def _member_location(path: Path, member: zipfile.ZipInfo) -> tuple[Path, int]:
    with path.open("rb") as stream:
        return path, offset_in_zip(stream, member)


def tar_members(
    name: str, size: int, open_file: Callable[[], BinaryIO], wanted: Callable[[str], bool]
) -> list[Member]:
    """Unpack those regular files of a tar whose names are `wanted` into one temporary file.

    `name` and `size` are the archive's own. Raises `DataError` for one that is cut off, damaged or
    a decompression bomb, and where the disk has no room.
    """
    store = _MemberStore()
    members = []
    try:
        with (
            open_file() as raw,
            open_uncompressed(raw) as stream,
            tarfile.open(fileobj=stream, mode="r|", tarinfo=_TarHeader) as archive,
        ):
            for member in archive:
                # It keeps all headers, to which no stream returns.
                archive.members.clear()  # type: ignore[attr-defined]
                if not member.isreg() or not wanted(member.name):
                    refuse_bomb(name, size, archive.offset)  # it is unpacked to be passed over
                    continue
                refuse_bomb(name, size, store.size + member.size)
                source = archive.extractfile(member)
                assert source is not None  # noqa: S101 - it is a regular file
                offset = store.add(source, member.size)
                members.append(
                    Member(
                        member.name, member.size, partial(store.open, offset, member.size), offset
                    )
                )
    except (tarfile.ReadError, EOFError) as error:
        raise DataError(
            f"{name} is cut off: its tar archive stops after {size:,} bytes, before its "
            f"end ({error}). {_DOWNLOAD_AGAIN}"
        ) from None
    except (lzma.LZMAError, zlib.error, gzip.BadGzipFile, tarfile.TarError) as error:
        raise DataError(f"{name} is a damaged archive ({error}). {_DOWNLOAD_AGAIN}") from None
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise DataError(f"{name} is a damaged archive ({error}). {_DOWNLOAD_AGAIN}") from None
        raise DataError(
            f"There is no room in {tempfile.gettempdir()} to unpack {name}. Free some, or "
            "name another folder in the variable TMPDIR."
        ) from None
    return members


class _TarHeader(tarfile.TarInfo):
    """A header whose long name, which is read into memory, has a bound."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        header = super().frombuf(buf, encoding, errors)
        if header.type in _TAR_NAME_TYPES and header.size > LONGEST_TAR_NAME:
            raise tarfile.TarError(
                f"a name of {header.size:,} bytes; at most {LONGEST_TAR_NAME:,} are read"
            )
        return header


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
