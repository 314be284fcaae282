"""Read files of a run folder, which may come from anybody, or from a disk that lost some of them.

Only regular files are read, since a pipe would wait for a writer and a device has no end, and only
up to a size. Whatever is wrong with one is one sentence, an `ArtefactError` that names it.
"""

import json
import stat
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from pydantic import TypeAdapter, ValidationError

from noonbit.config.settings_error import validation_reasons
from noonbit.errors import ArtefactError, ArtefactNotFound, UsageError, raise_as

Value = TypeVar("Value")

MOST_TEXT_BYTES = 2**26
"""Of a JSON, TOML or CSV file: the history of half a million epochs."""
LONGEST_REASON = 300
"""Characters of what is wrong in a file, which repeats what stands in it."""
RESTORE = "Restore it, or train again."


def read_artefact(path: Path, *, most_bytes: int = MOST_TEXT_BYTES) -> bytes:
    """Return the bytes of a file; raises `ArtefactNotFound` if it is missing."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise ArtefactError(f"{path} is no regular file. {RESTORE}")
        if status.st_size > most_bytes:
            raise ArtefactError(
                f"{path} has {status.st_size:,} bytes; at most {most_bytes:,} are read. {RESTORE}"
            )
        with path.open("rb") as file:
            return file.read(status.st_size)
    except FileNotFoundError:
        raise ArtefactNotFound(f"{path} is missing; the run folder is not complete.") from None
    except OSError as error:
        reason = error.strerror or error
        raise ArtefactError(f"{path} cannot be read: {reason}. Allow it, or restore it.") from None


def read_artefact_text(path: Path, *, most_bytes: int = MOST_TEXT_BYTES) -> str:
    """Return the text of a UTF-8 file; raises as `read_artefact`."""
    content = read_artefact(path, most_bytes=most_bytes)
    with damaged(path):
        return content.decode("utf-8")


def read_artefact_json(path: Path, *, most_bytes: int = MOST_TEXT_BYTES) -> Any:
    """Return the value of a JSON file; raises as `read_artefact`."""
    text = read_artefact_text(path, most_bytes=most_bytes)
    with damaged(path):
        return json.loads(text)


def parse_artefact(adapter: TypeAdapter[Value], value: Any, path: Path) -> Value:
    """Validate a file's plain values as a type; raises `ArtefactError` if they do not fit."""
    with damaged(path):
        try:
            return adapter.validate_python(value)
        except ValidationError as error:
            refuse(path, describe_first(error))


def describe_first(error: ValidationError) -> str:
    """Describe the first wrong value: `model.name is missing`, `mean.0 should be ... (got inf)`."""
    first = error.errors()[0]
    place = ".".join(map(str, first["loc"])) or "it"
    if first["type"] == "missing":
        return f"{place} is missing"
    if first["type"] == "value_error":  # of a check of our own, which says what it found
        return f"{place} {first['ctx']['error']}"
    return validation_reasons(error)[0]


def damaged(path: Path) -> AbstractContextManager[None]:
    """Call a file damaged for whatever a library raises in the block."""
    return raise_as(ArtefactError, f"{path} is damaged", RESTORE)


def refuse(path: Path, reason: str) -> NoReturn:
    """Raise `ArtefactError` for a file that is damaged for this reason."""
    reason = reason if len(reason) <= LONGEST_REASON else f"{reason[:LONGEST_REASON]} ..."
    raise ArtefactError(f"{path} is damaged: {reason}. {RESTORE}")


@contextmanager
def settings_of(path: Path) -> Iterator[None]:
    """Say of a wrong setting in the block that it stands in a file of the run."""
    try:
        yield
    except UsageError as error:
        raise ArtefactError(f"{path} cannot be used: {error} {RESTORE}") from None
