"""Atomic writes of files, what is no regular file, and JSON without nan and infinity."""

import contextlib
import errno
import json
import math
import os
import stat
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any, BinaryIO

from noonbit.errors import ArtefactError, NoonbitError, UsageError

PROCESS_STATUS = Path("/proc/self/status")
MADE_UP_FOLDERS = (Path("/proc"), Path("/sys"))
"""What the system makes up while it is read; some of it waits, and some has no end."""
SPECIAL_FILES = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}
UMASK_LOCK = Lock()


def write(path: Path, fill: Callable[[Path], object], *, cached: bool = False) -> None:
    """Let `fill` write a temporary file beside `path`, then rename it to `path` atomically.

    A `cached` file stays closed to others whatever the umask, or `system.private` would not trust
    it; and nobody waits for the disk, since its checksum shows what a power cut has damaged. It
    takes the place of whatever is there. Raises
    `ArtefactError` if the disk is full or the folder cannot be written, and for a device, whose
    place the file would take (/dev/null); `path` is then unchanged.
    """
    temporary: Path | None = None
    try:
        if path.exists() and not cached:
            refuse_special_file(path, path.stat(), ArtefactError)
        handle, name = tempfile.mkstemp(prefix=temporary_prefix(path), dir=path.parent)
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


def sync_folder(folder: Path) -> None:
    """Wait until the disk has the names of the files written to a folder, if the system can say so.

    After a power cut, `write` alone may leave the old file under a name. Takes some ms.
    """
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def temporary_prefix(path: Path) -> str:
    """Return how the name of a temporary file beside `path` begins; longer ones may not fit."""
    return f".{cut_name(path.name, most_bytes=100)}."


def cut_name(name: str, *, most_bytes: int) -> str:
    """Return the beginning of a name, in whole letters; most disks take 255 bytes."""
    return os.fsencode(name)[:most_bytes].decode("utf-8", "ignore")


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
    reason = getattr(error, "strerror", None) or error
    return f"{path} could not be written: {reason}."


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


def refuse_special_file(path: Path, status: os.stat_result, kind: type[NoonbitError]) -> None:
    """Raise `kind` for what is no file on a disk: opening a pipe may wait, a device has no end.

    `status` is that of `path`, which is not opened.
    """
    if is_made_up(status):
        raise kind(f"{path} is made up by the system, and no file on a disk. Name such a file.")
    if not stat.S_ISREG(status.st_mode):
        what = SPECIAL_FILES.get(stat.S_IFMT(status.st_mode), "something else")
        raise kind(f"{path} is {what}, and no regular file. Name such a file.")


def is_made_up(status: os.stat_result) -> bool:
    """Whether a file or folder is in one of `MADE_UP_FOLDERS`."""
    return status.st_dev in made_up_devices()


@cache
def made_up_devices() -> frozenset[int]:
    """Return the device numbers of `MADE_UP_FOLDERS`, as far as this system has them."""
    root = Path("/").stat().st_dev
    found = {folder.stat().st_dev for folder in MADE_UP_FOLDERS if folder.is_dir()}
    return frozenset(found - {root})


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
