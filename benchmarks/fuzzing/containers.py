"""Files in archives, packed without times, and with names that no careful program would write."""

import bz2
import gzip
import io
import lzma
import struct
import tarfile
import zipfile
import zlib
from typing import TypeAlias

Files: TypeAlias = dict[str, bytes]
"""Name below the source -> content. Names are bytes as Python shows them (surrogateescape)."""
GZ_LEVEL = 6


def pack_zip(members: Files, *, compress: bool) -> bytes:
    """Pack a zip; a name may hold anything, also what `zipfile` would not write."""
    names = [name.encode("utf-8", "surrogatepass") for name in members]
    local, central = bytearray(), bytearray()
    for name, raw in zip(names, members.values(), strict=True):
        packed = zlib.compressobj(GZ_LEVEL, zlib.DEFLATED, -15) if compress else None
        content = packed.compress(raw) + packed.flush() if packed else raw
        # Version 2.0, UTF-8 names, 1 January 1980 (PKWARE's APPNOTE.TXT has the fields).
        common = struct.pack(
            "<HHHHHIIIHH",
            *(20, 0x800, 8 if compress else 0, 0, 33),
            *(zlib.crc32(raw), len(content), len(raw), len(name), 0),
        )
        central += b"PK\x01\x02" + struct.pack("<H", 20) + common
        central += struct.pack("<HHHII", 0, 0, 0, 0, len(local)) + name
        local += b"PK\x03\x04" + common + name + content
    end = struct.pack(
        "<4sHHHHIIH", b"PK\x05\x06", 0, 0, len(names), len(names), len(central), len(local), 0
    )
    return bytes(local + central + end)


def pack_tar(members: Files) -> bytes:
    """Pack a tar without owners and times."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", errors="surrogateescape") as archive:
        for name, raw in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(raw)
            archive.addfile(member, io.BytesIO(raw))
    return stream.getvalue()


def unpack_zip(raw: bytes) -> Files:
    """The members of a zip."""
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        return {member.filename: archive.read(member) for member in archive.infolist()}


def unpack_tar(raw: bytes) -> Files:
    """The regular members of a tar that is not compressed."""
    with tarfile.open(fileobj=io.BytesIO(raw), mode="r:", errors="surrogateescape") as archive:
        opened = {member.name: archive.extractfile(member) for member in archive}
        return {name: stream.read() for name, stream in opened.items() if stream is not None}


def compression_of(raw: bytes) -> str | None:
    """`gz`, `bz2` or `xz`, by the first bytes."""
    signatures = {b"\x1f\x8b": "gz", b"BZh": "bz2", b"\xfd7zXZ": "xz"}
    return next((kind for begin, kind in signatures.items() if raw.startswith(begin)), None)


def decompress(kind: str, raw: bytes) -> bytes:
    """Undo `compress`."""
    return {"gz": gzip.decompress, "bz2": bz2.decompress, "xz": lzma.decompress}[kind](raw)


def compress(kind: str, raw: bytes) -> bytes:
    """Compress in a kind that `compression_of` names."""
    if kind == "gz":
        return gzip.compress(raw, GZ_LEVEL, mtime=0)
    return {"bz2": bz2.compress, "xz": lzma.compress}[kind](raw)
