"""What becomes of valid files: bytes, structure, names and containers, changed at random.

    files, done = mutate(sample_files, other_samples, random.Random(7))

What is done depends on the random generator alone, so a seed is all that is needed to do it again.
"""

import contextlib
import random
import struct
from collections.abc import Callable, Sequence
from pathlib import PurePosixPath

from benchmarks.fuzzing import structure
from benchmarks.fuzzing.containers import (
    Files,
    compress,
    compression_of,
    decompress,
    pack_tar,
    pack_zip,
    unpack_tar,
    unpack_zip,
)

ODD_NAMES = (
    *("..", "../a.png", "/etc/a.png", "a\0b.png", "a\nb.png", "a\x1b[31mb.png", "\udcff\udcfe.png"),
    *("\ud800.png", "가" * 85, "a" * 255, "a" * 300, "-rf", "~nouser", "=1+1.png", ".hidden"),
    *("  ", "a\\b.png", "C:\\a.png", "con", "train", "test", "labels.csv", "metadata.jsonl"),
    *("dataset_info.json", "a.zip", "a.npy", "a.xlsx", "a.pkl", "%s%n", "$(id)", "`id`", "'\"; id"),
)
BOUNDARIES = (0, 1, -1, 127, 128, 255, 256, 2**15, 2**16 - 1, 2**31 - 1, 2**31, 2**32 - 1, 2**63)
HEAD = 256
"""Bytes in which most formats keep their sizes; half of all changes are made here."""
MOST_CHANGES = 3
LONGEST = 2**22
"""Bytes of a file that is not made longer."""

Change = Callable[[bytes, Sequence[bytes], random.Random], bytes]


def mutate(files: Files, others: Sequence[bytes], rng: random.Random) -> tuple[Files, list[str]]:
    """Return changed files, and the names of the changes; `others` is what may be spliced in."""
    done = []
    for _ in range(rng.randint(1, MOST_CHANGES)):
        if rng.random() < 0.15:
            files, change = change_listing(files, rng)
        else:
            name = rng.choice([*files])
            raw, change = change_content(files[name], others, rng)
            files, change = files | {name: raw}, f"{change} in {name!a}"
        done.append(change)
    return files, done


def change_listing(files: Files, rng: random.Random) -> tuple[Files, str]:
    """Rename, leave out, copy or exchange files."""
    names = [*files]
    name, other = rng.choice(names), rng.choice(names)
    kind = rng.choice(("rename", "rename", "leave out", "copy", "exchange"))
    if kind == "leave out" and len(files) > 1:
        return {each: raw for each, raw in files.items() if each != name}, f"leave out {name!a}"
    if kind == "exchange":
        return files | {name: files[other], other: files[name]}, f"exchange {name!a}, {other!a}"
    piece = rng.choice(ODD_NAMES)
    new = str(PurePosixPath(name).parent / piece) if rng.random() < 0.7 else f"{piece}/{name}"
    if kind == "copy":
        return files | {new: files[name]}, f"copy {name!a} to {new!a}"
    renamed = {(new if each == name else each): raw for each, raw in files.items()}
    return renamed, f"rename {name!a} to {new!a}"


def change_content(raw: bytes, others: Sequence[bytes], rng: random.Random) -> tuple[bytes, str]:
    """Change bytes, mostly those inside if they are compressed or an archive."""
    if rng.random() < 0.7:
        kind = compression_of(raw)
        # What was changed before may not unpack any more.
        with contextlib.suppress(Exception):
            if kind:
                inner, change = change_content(decompress(kind, raw), others, rng)
                return compress(kind, inner), f"{change} inside {kind}"
            if raw.startswith(b"PK\x03\x04"):
                members, (change, *_) = mutate(unpack_zip(raw), others, rng)
                return pack_zip(members, compress=rng.random() < 0.5), f"{change} inside zip"
            if raw[257:262] == b"ustar":
                members, (change, *_) = mutate(unpack_tar(raw), others, rng)
                return pack_tar(members), f"{change} inside tar"
    structural = [change for fits, change in structure.CHANGES if fits(raw)]
    if structural and rng.random() < 0.6:
        change = rng.choice(structural)
        # A structure that an earlier change broke is changed byte by byte.
        with contextlib.suppress(Exception):
            return change(raw, rng)
    name, change_bytes = rng.choice([*BYTE_CHANGES.items()])
    return change_bytes(raw, others, rng), name


def place_in(raw: bytes, rng: random.Random) -> int:
    """A place in some bytes, in half of the cases near their beginning."""
    end = min(len(raw), HEAD) if rng.random() < 0.5 else len(raw)
    return rng.randrange(end + 1)


def flip(raw: bytes, others: Sequence[bytes], rng: random.Random) -> bytes:
    """Change a few bits."""
    changed = bytearray(raw)
    for _ in range(rng.choice((1, 1, 2, 8, 64))):
        if changed:
            changed[min(place_in(raw, rng), len(raw) - 1)] ^= 1 << rng.randrange(8)
    return bytes(changed)


def overwrite(raw: bytes, others: Sequence[bytes], rng: random.Random) -> bytes:
    """Replace a few bytes by random ones."""
    place, new = place_in(raw, rng), rng.randbytes(rng.choice((1, 4, 16, 256)))
    return raw[:place] + new + raw[place + len(new) :]


def truncate(raw: bytes, others: Sequence[bytes], rng: random.Random) -> bytes:
    """Cut off the end."""
    return raw[: place_in(raw, rng)]


def insert(raw: bytes, others: Sequence[bytes], rng: random.Random) -> bytes:
    """Put random bytes in between."""
    place = place_in(raw, rng)
    return raw[:place] + rng.randbytes(rng.choice((1, 2, 16, 1024))) + raw[place:]


def remove(raw: bytes, others: Sequence[bytes], rng: random.Random) -> bytes:
    """Leave out a block."""
    place = place_in(raw, rng)
    return raw[:place] + raw[place + rng.choice((1, 2, 16, 1024)) :]


def repeat(raw: bytes, others: Sequence[bytes], rng: random.Random) -> bytes:
    """Repeat a block, some thousand times at most."""
    place = place_in(raw, rng)
    block = raw[place : place + rng.choice((1, 16, 256, 4096))]
    times = min(rng.choice((1, 10, 1000)), LONGEST // max(len(block), 1))
    return raw[:place] + block * times + raw[place:]


def splice(raw: bytes, others: Sequence[bytes], rng: random.Random) -> bytes:
    """Go on with the bytes of another file."""
    other = rng.choice(others)
    return raw[: place_in(raw, rng)] + other[place_in(other, rng) :]


def replace_whole(raw: bytes, others: Sequence[bytes], rng: random.Random) -> bytes:
    """Put another file in the place of this one."""
    return rng.choice(others)


def empty(raw: bytes, others: Sequence[bytes], rng: random.Random) -> bytes:
    """Leave nothing."""
    return b""


def set_integer(raw: bytes, others: Sequence[bytes], rng: random.Random) -> bytes:
    """Put a boundary value where an integer may stand."""
    size, order = rng.choice("bhiq"), rng.choice("<>")
    width = struct.calcsize(f"{order}{size}")
    value = rng.choice(BOUNDARIES) % 2 ** (8 * width)
    place = place_in(raw, rng)
    new = struct.pack(f"{order}{size.upper()}", value)
    return raw[:place] + new + raw[place + width :]


BYTE_CHANGES: dict[str, Change] = {
    "flip": flip,
    "overwrite": overwrite,
    "truncate": truncate,
    "insert": insert,
    "remove": remove,
    "repeat": repeat,
    "splice": splice,
    "replace": replace_whole,
    "empty": empty,
    "integer": set_integer,
}
