"""What may lie in the place of a file of a cache."""

import os
from collections.abc import Callable
from pathlib import Path


def flip_byte(path: Path) -> None:
    """Change one byte in the middle of a file, as a failing disk does."""
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.write_bytes(raw)


def halve(path: Path) -> None:
    """Cut off the second half of a file."""
    os.truncate(path, path.stat().st_size // 2)


def empty(path: Path) -> None:
    """Leave a file of 0 bytes."""
    os.truncate(path, 0)


def make_pipe(path: Path) -> None:
    """Put a pipe, whose reader waits, in the file's place."""
    path.unlink()
    os.mkfifo(path)


def make_folder(path: Path) -> None:
    """Put a folder in the file's place."""
    path.unlink()
    path.mkdir()


def make_link(path: Path) -> None:
    """Put a link to the file, moved elsewhere, in its place."""
    target = path.rename(path.parent.parent / f"{path.name}.elsewhere")
    path.symlink_to(target)


def let_others_write(path: Path) -> None:
    """Allow everybody to write the file."""
    path.chmod(0o666)


def let_others_write_folder(path: Path) -> None:
    """Allow everybody to write to the file's folder."""
    path.parent.chmod(0o777)


DAMAGES: tuple[Callable[[Path], None], ...] = (flip_byte, halve, empty)
REPLACEMENTS: tuple[Callable[[Path], None], ...] = (make_pipe, make_folder, make_link)
OPENINGS: tuple[Callable[[Path], None], ...] = (let_others_write, let_others_write_folder)
HOSTILITIES = (*DAMAGES, *REPLACEMENTS, *OPENINGS)
