"""Files that nobody but this user can have written; a cache trusts no others.

make_private_folder(folder)     create it for this user alone; refuses one that others can change
open_private(path)              a file to read; None for one that others can have written
store_value(path, value)        plain values as JSON under a checksum
read_value(path)                the same values; None if anything is wrong with the file
"""

import errno
import hashlib
import json
import os
import stat
from pathlib import Path
from typing import Any, BinaryIO

from noonbit.system.files import write

try:
    import grp
    import pwd
except ImportError:  # Windows, where a user's folders are closed to others by default
    HAS_OWNERS = False
else:
    HAS_OWNERS = True

NO_LINK = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
"""Flags that follow no link and wait for no pipe; Windows has neither."""
OPEN_FLAGS = os.O_RDONLY | getattr(os, "O_BINARY", 0) | NO_LINK


def make_private_folder(folder: Path) -> None:
    """Create a folder and its missing parents for this user alone, whatever the umask.

    Raises `OSError` if that is impossible, and `PermissionError` for a folder that is not safe.
    """
    for place in reversed((folder, *folder.parents)):
        if not place.is_dir():
            place.mkdir(mode=0o700, exist_ok=True)
    if (reason := why_unsafe(folder)) is not None:
        raise PermissionError(errno.EACCES, reason, str(folder))


def why_unsafe(folder: Path) -> str | None:
    """Return which other user can change what lies in a folder, as the end of a sentence.

    None if nobody but the administrator can. As SSH does for its keys, this looks at the folder and
    at those around it, up to the user's home. Takes 0.1 ms; raises `OSError` for a missing folder.
    """
    if not HAS_OWNERS:
        return None
    home = Path(os.path.realpath(os.path.expanduser("~")))
    real = Path(os.path.realpath(folder, strict=True))
    for place in (real, *real.parents):
        status = place.stat()
        if status.st_uid not in (0, os.geteuid()):
            return f"{place} belongs to another user"
        if is_open_to_others(status):
            return f"others can write to {place}"
        if place == home:
            break
    return None


def is_open_to_others(status: os.stat_result) -> bool:
    """Whether others can replace what lies in a folder; not where it is sticky, as /tmp is."""
    if status.st_mode & stat.S_ISVTX:
        return False
    if status.st_mode & stat.S_IWOTH:
        return True
    return bool(status.st_mode & stat.S_IWGRP) and not is_group_of_one(status.st_gid)


def is_group_of_one(number: int) -> bool:
    """Whether a group is this user's own: Debian and Fedora make one that may write."""
    try:
        group, user = grp.getgrgid(number), pwd.getpwuid(os.geteuid())
    except KeyError:
        return False
    return group.gr_name == user.pw_name and set(group.gr_mem) <= {user.pw_name}


def open_private(path: Path) -> BinaryIO | None:
    """Open a file; None if there is none, or if it is no regular file, a link, or not private."""
    try:
        if why_unsafe(path.parent) is not None:
            return None
        file = open(path, "rb", opener=lambda name, _: os.open(name, OPEN_FLAGS))  # noqa: SIM115
    except OSError:
        return None
    status = os.fstat(file.fileno())
    is_own = not HAS_OWNERS or (status.st_uid == os.geteuid() and not status.st_mode & 0o022)
    if is_own and stat.S_ISREG(status.st_mode):
        return file
    file.close()
    return None


def read_private(path: Path) -> bytes | None:
    """Read a file; None as for `open_private`, or if it cannot be read."""
    file = open_private(path)
    if file is None:
        return None
    try:
        with file:
            return file.read()
    except OSError:
        return None


def encode_value(value: Any) -> bytes:
    """Return plain values as JSON, after a line with its SHA-256."""
    text = json.dumps(value).encode()
    return hashlib.sha256(text).hexdigest().encode() + b"\n" + text


def decode_value(raw: bytes) -> Any:
    """Return what `encode_value` was given; None for bytes that are damaged."""
    checksum, _, text = raw.partition(b"\n")
    if hashlib.sha256(text).hexdigest().encode() != checksum:
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):  # written by another program
        return None


def store_value(path: Path, value: Any) -> None:
    """Write plain values to a file of a private folder; raises as `files.write`."""
    raw = encode_value(value)
    write(path, lambda temporary: temporary.write_bytes(raw), cached=True)


def read_value(path: Path) -> Any:
    """Return what `store_value` wrote; None for a file that is missing, damaged or not private."""
    raw = read_private(path)
    return None if raw is None else decode_value(raw)
