"""Decompress gzip, xz and bzip2, recognised by their first bytes; refuse decompression bombs."""

import bz2
import gzip
import lzma
import re
import zlib
from collections.abc import Callable
from typing import IO, Any, BinaryIO, NamedTuple, Protocol, cast

from noonbit.errors import DataError, plural

ALWAYS_ALLOWED_SIZE = 256 * 2**20
"""Bytes that any file may unpack to, whatever its own size."""
GROWTH_LIMIT = 200
"""Larger files may unpack to this many times their size. Real images and tables stay below 50
times; deflate can reach 1,032."""
BROKEN_STREAM_ERRORS = (OSError, EOFError, zlib.error, lzma.LZMAError)
"""The exceptions that reading a broken stream raises."""


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
_SUFFIX = re.compile(r"(?i)\.(gz|xz|bz2)$")


def decompress(packed: bytes, name: str) -> bytes:
    """Return a file's bytes, decompressed if needed. Raises `DataError` for a damaged stream."""
    compression = _detect_compression(packed)
    if compression is None:
        return packed
    limit = max(ALWAYS_ALLOWED_SIZE, GROWTH_LIMIT * len(packed))
    pieces: list[bytes] = []
    rest = packed
    while rest.startswith(compression.magic):  # a file may hold several streams
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


def open_uncompressed(raw: BinaryIO) -> BinaryIO:
    """Open the decompressed content of a stream; the stream itself if it is not compressed.

    Reading it may raise `BROKEN_STREAM_ERRORS`.
    """
    begin = raw.read(8)
    raw.seek(0)
    compression = _detect_compression(begin)
    return raw if compression is None else cast(BinaryIO, compression.open(raw))


def is_compressed(raw: IO[bytes]) -> bool:
    """Whether a stream is compressed, judged by its next 8 bytes, which are consumed."""
    return _detect_compression(raw.read(8)) is not None


def refuse_bomb(name: str, packed: int, unpacked: int) -> None:
    """Raise `DataError` if `packed` bytes unpack to more than any real data does."""
    if unpacked > max(ALWAYS_ALLOWED_SIZE, GROWTH_LIMIT * packed):
        raise DataError(
            f"{name} unpacks to {unpacked:,} bytes or more, over {GROWTH_LIMIT} times its own "
            f"{packed:,}, as only a decompression bomb does. Unpack it yourself if you trust it."
        )


def strip_compression_suffix(name: str) -> str:
    """Remove `.gz`, `.xz` or `.bz2` from the end of a file name."""
    return _SUFFIX.sub("", name)


def _detect_compression(begin: bytes) -> _Compression | None:
    return next((each for each in _COMPRESSIONS if begin.startswith(each.magic)), None)
