"""Custom networks, named `path.py:function`.

The function is called as `function(classes, channels, (height, width))`, for sentences as
`function(classes, words, (length,))`, and returns an untrained module. Its file is code, which can
do whatever the user can, so it runs only if the user named or trusted it (`noonbit.system.trust`).
"""

import hashlib
import importlib.util
import linecache
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from traceback import walk_tb
from types import ModuleType
from typing import Any, Self

from torch import nn

from noonbit.errors import (
    ArtefactError,
    NoonbitError,
    UsageError,
    describe_cause,
    did_you_mean,
    join_first,
    raise_as,
)
from noonbit.system.paths import describe_place, is_file, user_path
from noonbit.system.signals import Terminated, note_interrupts
from noonbit.system.trust import TrustedCode, is_trusted, trust

MOST_BYTES = 2**24
"""Bytes of a network's file; long ones that people write have some hundred thousand."""
SHOWN_DIGITS = 12
"""Digits of a file's SHA-256 that a message and the name of a copy have."""


def is_custom(name: str) -> bool:
    """Whether a name is `path.py:function` and not one of the catalogue."""
    return ".py:" in name


@dataclass(frozen=True, slots=True)
class CustomNetwork:
    """A function that builds a network, and its file's bytes: those that are hashed are run."""

    path: Path
    function: str
    content: bytes

    @classmethod
    def read(cls, name: str) -> Self:
        """Read the file that `path.py:function` names; runs nothing. Raises `UsageError`."""
        path_text, _, function = name.rpartition(":")
        path = user_path(path_text)
        return cls(path, function, read_network_file(path, MOST_BYTES, "Name a Python file."))

    @property
    def name(self) -> str:
        """As `read` takes it."""
        return f"{self.path}:{self.function}"

    @property
    def sha256(self) -> str:
        """The SHA-256 of the file, in hexadecimal digits."""
        return hashlib.sha256(self.content).hexdigest()

    def trust(self) -> str | None:
        """Let the code run from now on; see `noonbit.system.trust.trust`."""
        if not self.function.isidentifier():
            raise UsageError(f"'{self.function}' is no name of a function; write path.py:function.")
        return trust(TrustedCode(self.sha256, self.function), self.path.absolute())

    def require_trusted(self) -> None:
        """Raise `ArtefactError` unless the user named or trusted exactly this code."""
        if not is_trusted(TrustedCode(self.sha256, self.function)):
            raise ArtefactError(
                f"{self.name} is Python code that was neither named with --model nor trusted on "
                f"this machine (its SHA-256 begins with {self.sha256[:SHOWN_DIGITS]}), so it was "
                "not run: code can do whatever you can. Read the file, then add --trust (in "
                "Python, noonbit.load_run(path, trust=True))."
            )

    def load(self) -> Callable[..., Any]:
        """Run the file, and return the function.

        Not an import, which would look for the file again and might take compiled bytes that lie
        beside it. The module has no `__file__`: nothing beside the file is kept with a run. Raises
        `UsageError` for code that fails, and as `require_trusted`.
        """
        self.require_trusted()
        module = ModuleType(f"noonbit_model_{self.sha256[:SHOWN_DIGITS]}")
        sys.modules[module.__name__] = module  # dataclasses and pickle look up their module here
        file = str(self.path)
        with refuse_failures(f"{file} fails when it is run", code=file):
            # Where inspect and tracebacks look first; the file may be another one by then.
            lines = importlib.util.decode_source(self.content).splitlines(keepends=True)
            linecache.cache[file] = len(self.content), None, lines, file
            exec(compile(self.content, file, "exec", dont_inherit=True), vars(module))
        builder = vars(module).get(self.function)
        if not callable(builder):
            functions = [key for key, value in vars(module).items() if callable(value)]
            raise UsageError(
                f"{self.path} has no function '{self.function}'."
                f"{did_you_mean(self.function, functions)} "
                f"It has: {join_first(functions, 10) or 'none'}."
            )
        result: Callable[..., Any] = builder
        return result

    def build(self, classes: int, channels: int, size: tuple[int, ...]) -> nn.Module:
        """Build the network that the function returns; raises as `load`, and if it fails."""
        builder = self.load()
        arguments = (
            "the words and (length,)" if len(size) == 1 else "the channels and (height, width)"
        )
        with refuse_failures(
            f"{self.name} fails when called with ({classes}, {channels}, {size})",
            f"It gets the number of classes, {arguments}.",
            code=str(self.path),
        ):
            model = builder(classes, channels, size)
        if not isinstance(model, nn.Module):
            raise UsageError(f"{self.name} gives {type(model).__name__}; return a torch.nn.Module.")
        return model


def read_network_file(path: Path, most_bytes: int, advice: str) -> bytes:
    """Read a file that `--model` names; `advice` says which to name. Raises `UsageError`."""
    with raise_as(UsageError, f"{path} cannot be read", advice):
        if not is_file(path):
            raise UsageError(
                f"{path} {describe_place(path)}; --model takes a name, file.toml or "
                "path.py:function."
            )
        with path.open("rb") as file:
            content = file.read(most_bytes + 1)
    if len(content) > most_bytes:
        raise UsageError(
            f"{path} has more than {most_bytes:,} bytes, which is no network that somebody "
            f"wrote. {advice}"
        )
    return content


def trust_named(names: Iterable[str | None]) -> None:
    """Trust the custom networks among the names that the user gave in this very command."""
    for name in names:
        if name is not None and is_custom(name):
            CustomNetwork.read(name.strip()).trust()


@contextmanager
def refuse_failures(
    sentence: str, advice: str = "Correct it.", *, code: str | None = None
) -> Iterator[None]:
    """Raise `UsageError` for whatever the user's own code raises in the block, also SystemExit.

    The message names the last line of the file `code` that was reached. Ctrl-C passes.
    """
    with note_interrupts() as is_interrupted:
        try:
            yield
        except (NoonbitError, Terminated):
            raise
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt) and is_interrupted():
                raise
            lines = lines_reached(error, code)
            where = f"line {lines[-1]}: " if lines else ""
            cause = describe_cause(error)
            raise UsageError(f"{sentence} ({where}{cause}). {advice}") from error


@contextmanager
def refuse_failures_in_training(network: object) -> Iterator[None]:
    """Raise `UsageError` for what the code of a `CustomNetwork` raises, and for SystemExit.

    Anything else passes, since it is not the network's fault.
    """
    custom = network if isinstance(network, CustomNetwork) else None
    try:
        yield
    except (NoonbitError, KeyboardInterrupt, Terminated):
        raise
    except BaseException as error:
        lines = [] if custom is None else lines_reached(error, str(custom.path))
        if not lines and not isinstance(error, SystemExit):
            raise
        name = "The network" if custom is None else custom.name
        where = f"line {lines[-1]}: " if lines else ""
        raise UsageError(
            f"{name} fails in training ({where}{describe_cause(error)}). Correct it, and train "
            "again."
        ) from error


def lines_reached(error: BaseException, code: str | None) -> list[int]:
    """Return the lines of the file `code` that an exception went through."""
    frames = walk_tb(error.__traceback__)
    return [line for frame, line in frames if frame.f_code.co_filename == code]
