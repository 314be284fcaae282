"""Files that are either whole or not there: atomic writes, and JSON that is really JSON."""

import contextlib
import errno
import json
import math
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import Any

from noonbit.errors import ArtefactError

STATUS = Path("/proc/self/status")
READING_UMASK = Lock()


def write(path: Path, fill: Callable[[Path], object]) -> None:
    """Let `fill` write a temporary file beside `path`, then put it in place in one step.

    Raises `ArtefactError` where the disk is full or the folder cannot be written; `path` is then
    as it was before.
    """
    temporary: Path | None = None
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        os.close(handle)
        temporary = Path(name)
        fill(temporary)
        with temporary.open("rb") as file:
            os.fsync(file.fileno())  # or a power cut could leave the new name on an empty file
        temporary.chmod(0o666 & ~current_umask())
        os.replace(temporary, path)
    except OSError as error:
        raise ArtefactError(unwritable(path, error)) from None
    finally:
        if temporary is not None:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)


def current_umask() -> int:
    """The process's mask; mkstemp's files are private, a run's files follow the user's habit.

    Linux tells it (proc_pid_status(5)). Elsewhere it is read by setting it, which threads must not
    do at the same time: one would put back what the other had set.
    """
    if STATUS.exists():
        for line in STATUS.read_text().splitlines():
            if line.startswith("Umask:"):
                return int(line.split()[1], 8)
    with READING_UMASK:
        mask = os.umask(0)
        os.umask(mask)
    return mask


def unwritable(path: Path, error: Exception) -> str:
    """Why a file could not be written, and what to do."""
    number = getattr(error, "errno", None)
    if number == errno.ENOSPC or "No space left" in str(error):
        return f"The disk is full: {path} could not be written. Free some space, or choose --out."
    if number in (errno.EACCES, errno.EROFS, errno.EPERM):
        return f"{path.parent} cannot be written to: {error}. Choose another folder with --out."
    return f"{path} could not be written: {error}."


def write_text(path: Path, text: str) -> None:
    """Put text in place, UTF-8."""
    write(path, lambda temporary: temporary.write_text(text, encoding="utf-8"))


def write_json(path: Path, value: Any) -> None:
    """Put plain values in place; see `finite`."""
    write_text(path, json.dumps(finite(value), indent=2, ensure_ascii=False) + "\n")


def finite(value: Any) -> Any:
    """The same plain value with null for nan and infinities, which JSON does not have."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {key: finite(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [finite(inner) for inner in value]
    return value


def read_json(path: Path) -> Any:
    """What `write_json` wrote; raises `ArtefactError` for anything else."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ArtefactError(f"{path} is missing; the run folder is not complete.") from None
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ArtefactError(f"{path} is damaged: {error}. Restore it, or train again.") from None
    except OSError as error:
        raise ArtefactError(f"{path} cannot be read: {error}.") from None


def user_cache() -> Path:
    """The user's cache folder for noonbit."""
    caches = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(caches).expanduser() / "noonbit"
