"""What is kept in the user's cache folder to be faster the next time; every entry can be deleted.

    find(name) -> path or None        and the entry counts as just used
    keep(name, size, fill) -> a sentence where it could not be kept

An entry is one file whose name is a digest of all that it depends on, so what has changed is not
found. It is put in place in one step: two processes that keep the same entry do no harm. When there
is too much, what was used longest ago goes.
"""

import contextlib
import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import IO, Any

from noonbit.errors import ArtefactError, UsageError
from noonbit.system.files import user_cache, write

LIMIT_VARIABLE = "NOONBIT_DECODED_GB"
MOST = 10 * 10**9
"""Bytes, and at most a tenth of the disk's free space."""
ABANDONED_SECONDS = 24 * 3600
"""A temporary file that is older belongs to a process that was killed."""


def folder() -> Path:
    """Where entries lie: `decoded` in $NOONBIT_CACHE, else in the user's cache folder."""
    own = os.environ.get("NOONBIT_CACHE")
    return (Path(own).expanduser() if own else user_cache()) / "decoded"


def is_on() -> bool:
    """Whether entries are kept and looked for: not where $NOONBIT_DECODED_GB is 0."""
    return _stated_limit() != 0


def limit() -> int:
    """Bytes that all entries may take."""
    stated = _stated_limit()
    if stated is not None:
        return stated
    place = next((place for place in (folder(), *folder().parents) if place.exists()), Path("/"))
    return min(MOST, (shutil.disk_usage(place).free + used()) // 10)


def used() -> int:
    """Bytes that all entries take."""
    return sum(status.st_size for _, status in _entries())


def name_of(kind: str, *facts: object) -> str:
    """The name of the entry that depends on these facts, by their `repr`."""
    digest = hashlib.sha256(kind.encode())
    for fact in facts:
        digest.update(repr(fact).encode(errors="surrogateescape") + b"\0")
    return f"{kind}-{digest.hexdigest()[:40]}"


def find(name: str) -> Path | None:
    """The entry of that name, if there is one; it then counts as just used."""
    path = folder() / name
    if not is_on() or not path.is_file():
        return None
    with contextlib.suppress(OSError):  # it may not be ours
        os.utime(path)
    return path


def keep(name: str, size: int, fill: Callable[[Path], object]) -> str | None:
    """Put an entry of about `size` bytes in place; `fill` writes it to the path that it is given.

    Returns None, or why it was not kept, as the end of a sentence.
    """
    if not is_on():
        return None
    most = limit()
    if size > most:
        return (
            f"they take {size / 1e9:,.1f} GB and the cache may take {most / 1e9:,.1f}; "
            f"the variable {LIMIT_VARIABLE} sets that"
        )
    place = folder()
    try:
        place.mkdir(parents=True, exist_ok=True)
        _trim(most - size)
        if shutil.disk_usage(place).free < size:
            return f"{place} has no room for {size / 1e9:,.1f} GB"
        write(place / name, fill)
    except OSError as error:
        return f"{place} cannot be written to ({error.strerror})"
    except ArtefactError as error:
        cause = getattr(error.__context__, "strerror", None)  # the sentence speaks of --out
        return f"{place} cannot be written to ({cause or error})"
    return None


def keep_value(name: str, value: Any) -> None:
    """Keep a plain value as JSON, where that is possible."""
    text = json.dumps(value)
    keep(name, len(text), lambda path: path.write_text(text, encoding="utf-8"))


def find_value(name: str) -> Any:
    """What `keep_value` kept; None where nothing is, or what is there is damaged."""
    path = find(name)
    try:
        return None if path is None else json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None


def temporary_file() -> IO[bytes]:
    """An unnamed file, gone when it is closed; beside the entries, since /tmp may be memory."""
    with contextlib.suppress(OSError, UsageError):
        if is_on():
            folder().mkdir(parents=True, exist_ok=True)
            return tempfile.TemporaryFile(dir=folder())
    return tempfile.TemporaryFile()


def _stated_limit() -> int | None:
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
    """Remove what was used longest ago until the entries take at most so many bytes."""
    entries = sorted(_entries(), key=lambda entry: entry[1].st_mtime, reverse=True)
    total = 0
    for path, status in entries:
        abandoned = path.name.startswith(".")
        if abandoned and time.time() - status.st_mtime < ABANDONED_SECONDS:
            continue  # another process is writing it
        total += status.st_size
        if abandoned or total > most:
            with contextlib.suppress(OSError):  # another process was faster, or uses it (Windows)
                path.unlink()


def _entries() -> Iterable[tuple[Path, os.stat_result]]:
    with contextlib.suppress(OSError), os.scandir(folder()) as found:
        for entry in found:
            with contextlib.suppress(OSError):
                if entry.is_file(follow_symlinks=False):
                    yield Path(entry.path), entry.stat(follow_symlinks=False)
