"""A cache of files in the user's cache folder. Every entry can be deleted at any time.

    find(name) -> an open file, or None; marks the entry as just used
    keep(name, size, fill) -> None, or the reason why the entry was not stored

An entry is one file, named by a digest of everything it depends on, so outdated entries are never
found. It is written atomically, so two processes may store the same entry. When the cache is full,
the least recently used entries are removed. An entry that others can have written is not found (see
`system.private`), and holds a checksum of its content: whoever reads it finds a damaged one. Read
entries from the open file, since another process may remove or replace the path at any time.
"""

import contextlib
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import IO, Any, BinaryIO

from noonbit.errors import ArtefactError, UsageError
from noonbit.system.files import user_cache, write
from noonbit.system.paths import exists
from noonbit.system.private import (
    decode_value,
    encode_value,
    make_private_folder,
    open_private,
)

LIMIT_VARIABLE = "NOONBIT_DECODED_GB"
DEFAULT_LIMIT = 10 * 10**9
"""Bytes, unless that is more than a tenth of the disk's free space."""
ABANDONED_SECONDS = 24 * 3600
"""An older temporary file was left behind by a process that was killed."""


def folder() -> Path:
    """Return the entries' folder."""
    return user_cache() / "decoded"


def is_enabled() -> bool:
    """Whether the cache is used; $NOONBIT_DECODED_GB=0 turns it off."""
    return _limit_from_environment() != 0


def limit_bytes() -> int:
    """Return the number of bytes that all entries together may take."""
    stated = _limit_from_environment()
    if stated is not None:
        return stated
    place = next((place for place in (folder(), *folder().parents) if exists(place)), Path("/"))
    return min(DEFAULT_LIMIT, (shutil.disk_usage(place).free + used_bytes()) // 10)


def used_bytes() -> int:
    """Return the number of bytes that all entries together take."""
    return sum(status.st_size for _, status in _entries())


def entry_name(kind: str, *facts: object) -> str:
    """Return the name of the entry that depends on these facts; compares them by their `repr`."""
    digest = hashlib.sha256(kind.encode())
    for fact in facts:
        digest.update(repr(fact).encode(errors="surrogateescape") + b"\0")
    return f"{kind}-{digest.hexdigest()[:40]}"


def find(name: str) -> BinaryIO | None:
    """Open an entry and mark it as just used; None if there is none that can be trusted."""
    file = open_private(folder() / name) if is_enabled() else None
    if file is not None:
        with contextlib.suppress(OSError):  # of a cache that is read-only
            os.utime(file.fileno() if os.utime in os.supports_fd else file.name)
    return file


def keep(name: str, size: int, fill: Callable[[Path], object]) -> str | None:
    """Store an entry of about `size` bytes; `fill` writes it to the path it is called with.

    Returns None, or the reason why the entry was not stored, as the end of a sentence.
    """
    if not is_enabled():
        return None
    most = limit_bytes()
    if size > most:
        return (
            f"they take {size / 1e9:,.1f} GB and the cache may take {most / 1e9:,.1f}; "
            f"the variable {LIMIT_VARIABLE} sets that"
        )
    place = folder()
    try:
        make_private_folder(place)
        _trim(most - size)
        if shutil.disk_usage(place).free < size:
            return f"{place} has no room for {size / 1e9:,.1f} GB"
        write(place / name, fill, cached=True)
    except OSError as error:
        return f"{place} cannot be used ({error.strerror})"
    except ArtefactError as error:
        cause = getattr(error.__context__, "strerror", None)  # `write` words its error for --out
        return f"{place} cannot be used ({cause or error})"
    return None


def keep_value(name: str, value: Any) -> None:
    """Store a value as JSON; does nothing if the cache cannot be written."""
    raw = encode_value(value)
    keep(name, len(raw), lambda path: path.write_bytes(raw))


def find_value(name: str) -> Any:
    """Return what `keep_value` stored; None if there is no such entry or it is damaged."""
    file = find(name)
    if file is None:
        return None
    with file, contextlib.suppress(OSError):
        return decode_value(file.read())
    return None


def temporary_file() -> IO[bytes]:
    """Open an unnamed file that is deleted when closed; in the cache folder, as /tmp may be RAM."""
    with contextlib.suppress(OSError, UsageError):
        if is_enabled():
            make_private_folder(folder())
            return tempfile.TemporaryFile(dir=folder())
    return tempfile.TemporaryFile()


def _limit_from_environment() -> int | None:
    stated = os.environ.get(LIMIT_VARIABLE)
    if stated is None:
        return None
    try:
        gigabytes = float(stated)
    except ValueError:
        gigabytes = -1.0
    if not 0 <= gigabytes < 10**9:
        raise UsageError(
            f"{LIMIT_VARIABLE}={stated} is no size; it is the gigabytes that decoded pictures may "
            "take on the disk, 0 for none."
        )
    return int(gigabytes * 10**9)


def _trim(most: int) -> None:
    """Remove the least recently used entries until the rest takes at most `most` bytes."""
    entries = sorted(_entries(), key=lambda entry: entry[1].st_mtime, reverse=True)
    total = 0
    for path, status in entries:
        abandoned = path.name.startswith(".")
        if abandoned and time.time() - status.st_mtime < ABANDONED_SECONDS:
            continue  # another process is writing it
        total += status.st_size
        if abandoned or total > most:
            with contextlib.suppress(OSError):  # already removed, or in use (Windows)
                path.unlink()


def _entries() -> Iterable[tuple[Path, os.stat_result]]:
    with contextlib.suppress(OSError), os.scandir(folder()) as entries:
        for entry in entries:
            with contextlib.suppress(OSError):
                if entry.is_file(follow_symlinks=False):
                    yield Path(entry.path), entry.stat(follow_symlinks=False)
