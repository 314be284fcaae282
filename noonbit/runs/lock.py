"""One process at a time writes into a run folder; any number may read it."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from noonbit.errors import ArtefactError, UsageError
from noonbit.system.files import explain_write_error

LOCK = ".lock"
"""The file that is locked. A process that is killed leaves it behind, but not its lock."""


@contextmanager
def hold(folder: Path, refusal: str) -> Iterator[None]:
    """Hold a run folder for the block; raises `UsageError(refusal)` if another process holds it."""
    path = folder / LOCK
    lock = FileLock(path)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise UsageError(refusal) from None
    except OSError as error:
        raise ArtefactError(explain_write_error(path, error)) from None
    try:
        for half_written in folder.glob(".*.safetensors.*"):  # by a process that was killed
            with suppress(OSError):
                half_written.unlink(missing_ok=True)
        yield
    finally:
        with suppress(OSError):  # Windows removes no open file
            path.unlink(missing_ok=True)
        lock.release()


@contextmanager
def hold_to_resume(folder: Path) -> Iterator[None]:
    """Hold the folder of a run that is resumed; see `hold`."""
    refusal = (
        f"{folder.name} is being trained by another process. Wait until that one ends, or stop it."
    )
    with hold(folder, refusal):
        yield


def is_held(folder: Path) -> bool:
    """Whether a process holds a run folder, so that it is being trained."""
    path = folder / LOCK
    if not path.exists():
        return False
    lock = FileLock(path)  # a killed process left the file, but not its lock
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return True
    except OSError:
        return False
    lock.release()
    return False
