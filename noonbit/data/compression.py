"""gzip, xz and bzip2, told by their first bytes, undone within bounds."""

import bz2
import gzip
import lzma
import zlib
from collections.abc import Callable
from typing import IO, Any, BinaryIO, NamedTuple, Protocol, cast

from noonbit.errors import DataError, plural

FREE_SIZE = 256 * 2**20
"""Bytes that anything may unpack to."""
GROWTH_LIMIT = 200
"""How many times its packed size a thing may grow beyond that: deflate can reach 1,032 times, real
images and tables stay below 50."""
BROKEN = (OSError, EOFError, zlib.error, lzma.LZMAError)
"""What reading a broken stream raises."""


class _Decompressor(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


class _Compression(NamedTuple):
    name: str
    magic: bytes
    new: Callable[[], _Decompressor]
    open: Callable[[BinaryIO], Any]


_COMPRESSIONS = (
    _Compression("gzip", b"\x1f\x8b", lambda: zlib.decompressobj(wbits=31), gzip.open),
    _Compression("xz", b"\xfd7zXZ\0", lzma.LZMADecompressor, lzma.open),
    _Compression("bzip2", b"BZh", bz2.BZ2Decompressor, bz2.open),
)


def decompress(packed: bytes, name: str) -> bytes:
    """The bytes of a file with its compression, if any, undone. Raises `DataError`."""
    compression = _compression_of(packed)
    if compression is None:
        return packed
    limit = max(FREE_SIZE, GROWTH_LIMIT * len(packed))
    pieces: list[bytes] = []
    rest = packed
    while rest.startswith(compression.magic):  # streams may follow one another
        stream = compression.new()
        try:
            pieces.append(stream.decompress(rest, limit + 1))
        except (zlib.error, lzma.LZMAError, OSError) as error:
            raise DataError(
                f"{name} is damaged: its {compression.name} stream does not decode "
                f"({error}). Download it again."
            ) from None
        refuse_bomb(name, len(packed), sum(map(len, pieces)))
        if not stream.eof:
            raise DataError(
                f"{name} is cut off: its {compression.name} stream stops after "
                f"{plural(len(packed), 'byte')}, before its end. Download it again."
            )
        rest = stream.unused_data
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def uncompressed(raw: BinaryIO) -> BinaryIO:
    """The stream that a stream holds; itself where it is not compressed. May raise `BROKEN`."""
    begin = raw.read(8)
    raw.seek(0)
    compression = _compression_of(begin)
    return raw if compression is None else cast(BinaryIO, compression.open(raw))


def is_compressed(raw: IO[bytes]) -> bool:
    """Whether a stream holds a compressed one, by its next bytes."""
    return _compression_of(raw.read(8)) is not None


def refuse_bomb(name: str, packed: int, unpacked: int) -> None:
    """Stop what grows as no real data does. Raises `DataError`."""
    if unpacked > max(FREE_SIZE, GROWTH_LIMIT * packed):
        raise DataError(
            f"{name} unpacks to {unpacked:,} bytes or more, over {GROWTH_LIMIT} times its own "
            f"{packed:,}, as only a decompression bomb does. Unpack it yourself if you trust it."
        )


def _compression_of(begin: bytes) -> _Compression | None:
    return next((each for each in _COMPRESSIONS if begin.startswith(each.magic)), None)
