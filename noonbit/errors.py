"""Errors for the user. Each message is one sentence: what is wrong, what is allowed, what to do.

    NoonbitError            exit code
    ├── UsageError              2    a flag, setting or name that does not exist or does not fit
    ├── DataError               3    data that cannot be read or used
    │   ├── SourceNotFound      3    nothing is where the user pointed
    │   └── InputRefused        3    an input that the contract cannot preprocess
    ├── ArtefactError           4    a run folder, model or weights file that cannot be used
    ├── CheckFailed             5    a check, threshold or claim that was not met
    ├── TrainingDiverged        6    the loss became infinite or not a number
    ├── MissingExtra            7    an optional dependency that is not installed
    └── Interrupted           130    Ctrl-C, after everything was saved

The command line prints the sentence without a traceback and exits with the code. Any other
exception is a bug and exits with 1.
"""

import difflib
from collections.abc import Iterable, Sequence


class NoonbitError(Exception):
    """An error with a sentence for the user."""

    exit_code = 1


class UsageError(NoonbitError):
    """A flag, setting or name that does not exist or does not fit."""

    exit_code = 2


class DataError(NoonbitError):
    """Data that cannot be read or used."""

    exit_code = 3


class SourceNotFound(DataError):
    """Nothing is where the user pointed."""


class InputRefused(DataError):
    """An input that cannot be preprocessed: `photo.png is cut off after 3,112 bytes.`"""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name} {reason}.")
        self.name = name
        self.reason = reason


class ArtefactError(NoonbitError):
    """A run folder, model or weights file that cannot be used."""

    exit_code = 4


class CheckFailed(NoonbitError):
    """A check, threshold or claim that was not met."""

    exit_code = 5


class TrainingDiverged(NoonbitError):
    """The loss became infinite or not a number."""

    exit_code = 6


class MissingExtra(NoonbitError):
    """An optional dependency that is not installed."""

    exit_code = 7


class Interrupted(NoonbitError):
    """Ctrl-C, after everything was saved."""

    exit_code = 130


class UnfinishedRunWarning(UserWarning):
    """A run that is not finished answers with its best weights so far."""


def did_you_mean(given: str, known: Iterable[str]) -> str:
    """Return ` Did you mean 'lenet5'?` for the nearest known name, or an empty string."""
    near = difflib.get_close_matches(given, list(known), n=1)
    return f" Did you mean '{near[0]}'?" if near else ""


def join_first(words: Sequence[str], most: int, separator: str = ", ") -> str:
    """Join the first `most` words, with an ellipsis for the others: `a, b, ...`."""
    return separator.join([*words[:most], *(["..."] if len(words) > most else [])])


def plural(count: int, noun: str, plural_noun: str | None = None) -> str:
    """Return a count with its noun: `1 file`, `2,000 files`."""
    return f"{count:,} {noun if count == 1 else plural_noun or noun + 's'}"
