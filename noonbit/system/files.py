"""Atomic file writes, and JSON without the nan and infinity that the standard lacks."""

import contextlib
import errno
import json
import math
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import Any, BinaryIO

from noonbit.errors import ArtefactError, ArtefactNotFound, UsageError

PROCESS_STATUS = Path("/proc/self/status")
UMASK_LOCK = Lock()


def write(path: Path, fill: Callable[[Path], object], *, cached: bool = False) -> None:
    """Let `fill` write a temporary file beside `path`, then rename it to `path` atomically.

    A `cached` file stays closed to others whatever the umask, or `system.private` would not trust
    it; and nobody waits for the disk, since its checksum shows what a power cut has damaged. Raises
    `ArtefactError` if the disk is full or the folder cannot be written; `path` is then unchanged.
    """
    temporary: Path | None = None
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        os.close(handle)
        temporary = Path(name)
        fill(temporary)
        if not cached:
            with temporary.open("rb") as file:
                os.fsync(file.fileno())  # else a power cut could leave an empty file of this name
            temporary.chmod(0o666 & ~current_umask())
        os.replace(temporary, path)
    except OSError as error:
        raise ArtefactError(explain_write_error(path, error)) from None
    finally:
        if temporary is not None:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)


def current_umask() -> int:
    """Return the process's umask: mkstemp's files are private, but a run's files should follow it.

    Linux reports it in /proc (proc_pid_status(5)). Elsewhere the only way to read it is to set it
    and set it back, so a lock keeps threads from restoring each other's temporary value.
    """
    if PROCESS_STATUS.exists():
        for line in PROCESS_STATUS.read_text().splitlines():
            if line.startswith("Umask:"):
                return int(line.split()[1], 8)
    with UMASK_LOCK:
        mask = os.umask(0)
        os.umask(mask)
    return mask


def explain_write_error(path: Path, error: Exception) -> str:
    """Return a sentence: why a file could not be written, and what to do."""
    number = getattr(error, "errno", None)
    if number == errno.ENOSPC or "No space left" in str(error):
        return f"The disk is full: {path} could not be written. Free some space, or choose --out."
    if number in (errno.EACCES, errno.EROFS, errno.EPERM):
        return f"{path.parent} cannot be written to: {error}. Choose another folder with --out."
    return f"{path} could not be written: {error}."


def write_binary(path: Path, fill: Callable[[BinaryIO], object]) -> None:
    """As `write`, with an open file, for libraries that open no path that is not UTF-8."""

    def fill_file(temporary: Path) -> None:
        with temporary.open("wb") as file:
            fill(file)

    write(path, fill_file)


def write_text(path: Path, text: str) -> None:
    """Write text atomically, as UTF-8; see `escape_surrogates`."""
    text = escape_surrogates(text)
    write(path, lambda temporary: temporary.write_text(text, encoding="utf-8"))


def escape_surrogates(text: str) -> str:
    """Return text that UTF-8 can hold: a byte of a path that is not UTF-8 becomes `\\udcb0`.

    That is how JSON writes it too, so the path comes back when the JSON is read.
    """
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def write_json(path: Path, value: Any) -> None:
    """Write plain values atomically, as JSON; see `replace_non_finite`."""
    write_text(path, json.dumps(replace_non_finite(value), indent=2, ensure_ascii=False) + "\n")


def replace_non_finite(value: Any) -> Any:
    """Return a copy with None for nan and infinities, which JSON does not have."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {key: replace_non_finite(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [replace_non_finite(inner) for inner in value]
    return value


def read_json(path: Path) -> Any:
    """Read a JSON file; raises `ArtefactError` if it is missing, unreadable or damaged."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ArtefactNotFound(f"{path} is missing; the run folder is not complete.") from None
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ArtefactError(f"{path} is damaged: {error}. Restore it, or train again.") from None
    except OSError as error:
        raise ArtefactError(f"{path} cannot be read: {error}.") from None


def user_cache() -> Path:
    """Return the folder of all that can be made anew: `$NOONBIT_CACHE`, or noonbit's in the user's
    cache, which is `$XDG_CACHE_HOME` or ~/.cache.

    For a user without a home it is one in the system's folder for temporary files. Raises
    `UsageError` if $NOONBIT_CACHE names the home of a user who does not exist.
    """
    if own := os.environ.get("NOONBIT_CACHE"):
        try:
            return Path(own).expanduser()
        except RuntimeError:
            raise UsageError(
                f"NOONBIT_CACHE={own} is no folder: there is no home of that user. Give a path, or "
                "unset it for the user's own cache."
            ) from None
    try:
        return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "noonbit"
    except RuntimeError:
        return Path(tempfile.gettempdir()) / f"noonbit-{os.geteuid()}"
