"""Paths as a user, a table or the environment words them, whatever text that is.

A text may be no path at all: longer than names may be, with a zero byte, with half a letter, of a
user who does not exist, or relative to a folder that was deleted. `pathlib` raises another
exception for each of these; the questions here have an answer, and `describe_place` says why.
"""

import os
import tempfile
from pathlib import Path

from noonbit.errors import ArtefactError, UsageError
from noonbit.system.files import explain_write_error

NO_PATH = "can be no path: it holds a zero byte, or half a letter"


def user_path(text: str | Path) -> Path:
    """Return the path that a user wrote, with `~` as the home folder.

    The `~name` of a user who does not exist stays, so nothing is found there. Raises `UsageError`
    for an empty text, which is most often a variable of the shell that was never set.
    """
    if not str(text):
        raise UsageError("A path is empty. Give one, or `.` for the working directory.")
    return Path(os.path.expanduser(text))


def output_path(text: str | Path) -> Path:
    """As `user_path`, for what is to be made: also refuses the home of a user who does not exist.

    Else a folder called `~name` would be made here; `./~name` asks for that.
    """
    path = user_path(text)
    if str(text).startswith("~") and str(path).startswith("~"):
        raise UsageError(
            f"{path} is in the home of a user who does not exist here. Choose another --out."
        )
    return path


def exists(path: Path) -> bool:
    """Whether anything is at a path that this user may look at; False for what can be no path."""
    return os.path.exists(path)


def is_file(path: Path) -> bool:
    """Whether a file is at a path; False as for `exists`."""
    return os.path.isfile(path)


def is_folder(path: Path) -> bool:
    """Whether a folder is at a path; False as for `exists`."""
    return os.path.isdir(path)


def absolute(path: Path) -> Path:
    """Return a path without links and valid in any folder; as it is if nothing can be there."""
    try:
        return path.resolve()
    except (OSError, RuntimeError, ValueError):  # RuntimeError: links in a circle
        return path


def list_names(folder: Path) -> list[str]:
    """Return the names in a folder; empty if there is none, or this user may not look into it."""
    try:
        return os.listdir(folder)
    except (OSError, ValueError):
        return []


def describe_place(path: Path) -> str:
    """Say what is at a path instead of what was looked for: `does not exist`, `is a folder`."""
    try:
        os.stat(path)
    except PermissionError:
        return "may not be looked at by this user"
    except (FileNotFoundError, NotADirectoryError):
        return "does not exist"
    except OSError as error:
        return f"is not there ({error.strerror})"
    except ValueError:
        return NO_PATH
    if is_folder(path):
        return "is a folder"
    return "is a file" if is_file(path) else "is neither a file nor a folder"


def require_working_directory() -> None:
    """Raise `UsageError` if the working directory was deleted; PyTorch cannot be loaded there."""
    try:
        os.getcwd()
    except OSError:
        raise UsageError(
            "The working directory was deleted. Go to another one, or make it again and enter it."
        ) from None


def require_place_for_file(path: Path) -> None:
    """Raise unless a file can be written at a path, before its content is computed.

    Only the system knows (permissions, disks that are read-only, the longest name), so it is asked
    by making a folder there, which is removed at once (0.1 ms). Raises `ArtefactError`, or
    `UsageError` for a folder and for what can be no path.
    """
    if is_folder(path):
        raise UsageError(f"{path} is a folder. Give the name of a file.")
    try:
        _is_there(path)
        _make_and_remove_folder(path.parent)
    except OSError as error:
        raise ArtefactError(explain_write_error(path, error)) from None
    except ValueError:
        raise UsageError(f"{path} {NO_PATH}. Choose another --out.") from None


def require_place_for_folder(path: Path) -> None:
    """Raise unless a folder can be filled or made at a path, with the folders above it.

    As `require_place_for_file`.
    """
    try:
        place = path
        while not _is_there(place):
            place = place.parent
        for name in path.relative_to(place).parts:
            _is_there(place / name)  # raises for a name that is too long
        _make_and_remove_folder(place)
    except OSError as error:
        raise ArtefactError(
            f"{path} cannot be made: {error.strerror}. Choose another folder with --out."
        ) from None
    except ValueError:
        raise UsageError(f"{path} {NO_PATH}. Choose another --out.") from None


def _is_there(path: Path) -> bool:
    """Whether anything is at a path, also a link to nothing; raises if the system cannot tell."""
    try:
        os.lstat(path)
    except FileNotFoundError:
        return False
    return True


def _make_and_remove_folder(place: Path) -> None:
    with tempfile.TemporaryDirectory(prefix=".", dir=place):
        pass
