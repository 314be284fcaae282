"""Errors for the user. Each message is one sentence: what is wrong, what is allowed, what to do.

    NoonbitError            exit code, in Python also
    ├── UsageError              2  ValueError         a flag, setting or name that does not fit
    │   └── UsageTypeError      2  TypeError          ... or is of a type that no value of fits
    ├── DataError               3  ValueError         data that cannot be read or used
    │   ├── SourceNotFound      3  FileNotFoundError  nothing is where the user pointed
    │   └── InputRefused        3                     an input that cannot be preprocessed
    ├── ArtefactError           4                     a run folder or model that cannot be used
    │   └── ArtefactNotFound    4  FileNotFoundError  ... or that is not there
    ├── CheckFailed             5                     a check, threshold or claim not met
    ├── TrainingDiverged        6                     the loss became infinite or not a number
    ├── MissingExtra            7  ImportError        an optional dependency is not installed
    └── Interrupted           130                     Ctrl-C, after everything was saved

The command line prints the sentence without a traceback and exits with the code. Any other
exception is a bug and exits with 1. The third column is what Python's own functions raise for the
same mistake, so that callers need not know these classes. Its price: `except ValueError` and
`except OSError` around code that may raise one of these catch it too, and hide its sentence.
"""

import difflib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from itertools import islice


class NoonbitError(Exception):
    """An error with a sentence for the user."""

    exit_code = 1


class UsageError(NoonbitError, ValueError):
    """A flag, setting or name that does not exist or does not fit."""

    exit_code = 2


class UsageTypeError(UsageError, TypeError):
    """An argument of a type that is not taken, or one that does not exist."""


class DataError(NoonbitError, ValueError):
    """Data that cannot be read or used."""

    exit_code = 3


class SourceNotFound(DataError, FileNotFoundError):
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


class ArtefactNotFound(ArtefactError, FileNotFoundError):
    """A run folder, or a file of one, that is not there."""


class CheckFailed(NoonbitError):
    """A check, threshold or claim that was not met."""

    exit_code = 5


class TrainingDiverged(NoonbitError):
    """The loss became infinite or not a number."""

    exit_code = 6


class MissingExtra(NoonbitError, ImportError):
    """An optional dependency that is not installed."""

    exit_code = 7


class Interrupted(NoonbitError):
    """Ctrl-C, after everything was saved; after SIGTERM, the exit code of the instance is 143."""

    exit_code = 130


class UnfinishedRunWarning(UserWarning):
    """A run that is not finished answers with its best weights so far."""


class MissingGlyphsWarning(UserWarning):
    """No installed font has all letters of what is written into a picture."""


def raise_as(kind: type[NoonbitError], sentence: str, advice: str) -> AbstractContextManager[None]:
    """Raise `kind` for any exception in the block that is not a `NoonbitError` already.

    For blocks in which a library reads bytes that anybody may have written: damaged ones can make
    it raise anything. The message is `sentence (what was raised). advice`, and the exception is
    its cause, so a bug of our own can still be found. Interrupts pass.
    """
    return _translate_failures(lambda cause: kind(f"{sentence} ({cause}). {advice}"))


def refuse_as(name: str, reason: str) -> AbstractContextManager[None]:
    """Raise `InputRefused` for one input where `raise_as` would raise for a whole source.

    The reason is `reason (what was raised)`: one bad picture among many can be left out.
    """
    return _translate_failures(lambda cause: InputRefused(name, f"{reason} ({cause})"))


@contextmanager
def _translate_failures(error_for: Callable[[str], NoonbitError]) -> Iterator[None]:
    """Raise what `error_for` makes of an exception's description."""
    try:
        yield
    except NoonbitError:
        raise
    except BaseException as error:
        # Libraries in Rust raise a subclass of BaseException of this name when they panic.
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        raise error_for(describe_cause(error)) from error


def describe_cause(error: BaseException, most: int = 200) -> str:
    """Return what a library raised, on one line: `ValueError: negative dimension`."""
    if isinstance(error, MemoryError):
        return "it needs more memory than there is"
    words = " ".join(str(error).split())
    if len(words) > most:
        words = f"{words[:most]} ..."
    return f"{type(error).__name__}: {words}" if words else type(error).__name__


LONGEST_COMPARED, MOST_COMPARED = 100, 10_000
"""Characters of a name, and names, that `did_you_mean` compares; all of that takes two seconds."""


def did_you_mean(given: str, known: Iterable[str]) -> str:
    """Return ` Did you mean 'lenet5'?` for the nearest known name, or an empty string."""
    if len(given) > LONGEST_COMPARED:
        return ""
    names = (name for name in known if len(name) <= LONGEST_COMPARED)
    near = difflib.get_close_matches(given, list(islice(names, MOST_COMPARED)), n=1)
    return f" Did you mean '{near[0]}'?" if near else ""


def join_first(words: Sequence[str], most: int, separator: str = ", ") -> str:
    """Join the first `most` words, with an ellipsis for the others: `a, b, ...`."""
    return separator.join([*words[:most], *(["..."] if len(words) > most else [])])


def plural(count: int, noun: str, plural_noun: str | None = None) -> str:
    """Return a count with its noun: `1 file`, `2,000 files`."""
    return f"{count:,} {noun if count == 1 else plural_noun or noun + 's'}"
