"""The entry point of the command line.

Each command is a module of `noonbit.cli`, imported when it is called, so that `--help` does not
wait for PyTorch. Most commands end with the next one to type.
"""

import os
import signal
import sys
import sysconfig
import traceback
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from cyclopts import App, CycloptsError, MissingArgumentError, UnusedCliTokensError

from noonbit import __version__
from noonbit.cli.output import say, stdout_for_json
from noonbit.cli.streams import guard_streams, lost_output
from noonbit.errors import MissingGlyphsWarning, NoonbitError, UnfinishedRunWarning
from noonbit.system.paths import require_working_directory
from noonbit.system.signals import Terminated
from noonbit.terminal import shorten_sentence

COMMANDS = {
    "check": "Say what a source is, and what is wrong with it.",
    "train": "Train a classifier and leave a run folder with a report.",
    "watch": "Follow a training that runs elsewhere, and steer it.",
    "ensemble": "Let runs on the same data answer as one.",
    "runs": "List the runs of a folder with their figures.",
    "compare": "Compare runs on the test items that they share.",
    "evaluate": "Measure a run on its test images, or on another source.",
    "predict": "Name the classes of new images.",
    "explain": "Say why a run answers as it does: what it looked at, and what is like it.",
    "errors": "Draw the test images that a run got wrong.",
    "serve": "Answer over HTTP with a run or an exported file.",
    "studio": "Open the pages that train, watch and draw, in the browser.",
    "report": "Write a run's offline page again.",
    "show": "Draw one image of a source, and print it as numbers.",
    "export": "Write a run as a file that runs without noonbit.",
    "models": "List the networks.",
    "summary": "Print a network's layer table.",
    "arithmetic": "Work out and draw where a filter lands, and what comes out.",
    "gradcheck": "Compare backpropagation with differences of the loss.",
    "byhand": "Train a network written by hand in NumPy, and follow its document.",
    "reproduce": "Follow five course documents: find their programs, run them, judge claims.",
    "data": "List the known data sets, or write one as a folder of pictures.",
}

app = App(
    name="noonbit",
    version=__version__,
    help="Turns labelled small images into a classifier that can be trusted.",
    help_epilogue="Begin with `noonbit train digits`: it needs no files and no network.",
    suppress_keyboard_interrupt=False,
)
for name, help_text in COMMANDS.items():
    app.command(f"noonbit.cli.{name}:{name}", name=name, help=help_text)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and exit with its code; errors.py lists the codes."""
    # Else pydantic reads the metadata of every installed package at its first class, 15 ms.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    guard_streams()
    signal.signal(signal.SIGTERM, raise_terminated)
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def raise_terminated(number: int, frame: object) -> None:
    """Handle SIGTERM outside trainings, which save first: see `jobs.interrupts`.

    By default the system ends the process at once, or in a container ignores the signal.
    """
    raise Terminated(128 + number)


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code."""
    code = run_command(arguments)
    if code == 0 and (reason := lost_output(sys.stdout)) is not None:
        return fail(f"The output could not be written to stdout: {reason}. All else was done.", 4)
    return code


def run_command(arguments: Sequence[str]) -> int:
    """Run one command and return the exit code of its work, whatever became of its output."""
    for_json = "--json" in arguments and not {"--help", "-h"} & set(arguments)
    try:
        require_working_directory()
        with warnings_as_notes(), stdout_for_json() if for_json else nullcontext():
            app(
                name_default_pretrained(arguments),
                exit_on_error=False,
                print_error=False,
                result_action="return_value",
            )
    except CycloptsError as error:
        return fail(format_usage_error(error), 2)
    except NoonbitError as error:
        return fail(str(error), error.exit_code)
    except KeyboardInterrupt:
        return fail("Interrupted.", 130)
    except Terminated as request:
        return fail("Terminated.", request.code)
    except Exception:
        for line in traceback.format_exc().splitlines():
            say(line)
        return fail("This is a bug in noonbit; please report it with the lines above.", 1)
    return 0


def name_default_pretrained(arguments: Sequence[str]) -> list[str]:
    """Return the arguments with the usual network after a `--pretrained` without one."""
    if "--pretrained" not in arguments:
        return list(arguments)
    from noonbit.config.recipe import DEFAULT_PRETRAINED

    named = []
    for number, argument in enumerate(arguments):
        named.append(argument)
        following = arguments[number + 1 : number + 2]
        if argument == "--pretrained" and (not following or following[0].startswith("--")):
            named.append(DEFAULT_PRETRAINED)
    return named


@contextmanager
def warnings_as_notes() -> Iterator[None]:
    """Print our warnings, and those of the user's own code, as the notes of a command.

    What a library warns of is a matter of our code, or is said by a sentence of ours as well; it is
    shown where `python -W` or PYTHONWARNINGS asks for warnings.
    """
    with warnings.catch_warnings():

        def show(message: Warning | str, category: type[Warning], filename: str, *_: Any) -> None:
            is_ours = issubclass(category, UnfinishedRunWarning | MissingGlyphsWarning)
            if is_ours or sys.warnoptions or not is_installed(Path(filename)):
                say(f"note     {message}")

        warnings.showwarning = show  # type: ignore[assignment]
        warnings.simplefilter("always", UnfinishedRunWarning)
        warnings.simplefilter("always", MissingGlyphsWarning)
        yield


def is_installed(file: Path) -> bool:
    """Whether a file of code is of noonbit, of Python or of a library: not the user's own."""
    own = Path(__file__).parents[1]
    libraries = "site-packages" in file.parts or "dist-packages" in file.parts
    return libraries or any(
        file.is_relative_to(folder) for folder in (own, sysconfig.get_path("stdlib"))
    )


def fail(sentence: str, exit_code: int) -> int:
    """Print an error message on stderr and return the exit code."""
    say(f"error: {shorten_sentence(sentence)}")
    return exit_code


def format_usage_error(error: CycloptsError) -> str:
    """Turn a parsing error into one sentence that ends with what to do."""
    from pydantic import ValidationError

    from noonbit.config.settings_error import validation_reasons

    if isinstance(error.__cause__, ValidationError):
        return f"--{'; --'.join(validation_reasons(error.__cause__)).replace('_', '-')}."
    command = " ".join(["noonbit", *(error.command_chain or ())])
    if isinstance(error, MissingArgumentError) and error.argument is not None:
        name = error.argument.name
        text = f"{name} needs a value." if name.startswith("-") else f"{command} needs a {name}."
    elif isinstance(error, UnusedCliTokensError):
        text = f"{command} has no use for '{(error.unused_tokens or [''])[0]}'."
    else:
        text = " ".join(str(error).split())
    return text if "Did you mean" in text else f"{text} See {command} --help."
