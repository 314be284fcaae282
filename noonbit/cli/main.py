"""The entry point of the command line.

Each command is a module of `noonbit.cli`, imported when it is called, so that `--help` does not
wait for PyTorch. Most commands end with the next one to type.
"""

import io
import sys
import traceback
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from typing import Any

from cyclopts import App, CycloptsError, MissingArgumentError, UnusedCliTokensError

from noonbit.errors import NoonbitError, UnfinishedRunWarning

COMMANDS = {
    "check": "Say what a source is, and what is wrong with it.",
    "train": "Train a classifier and leave a run folder with a report.",
    "ensemble": "Let runs on the same data answer as one.",
    "evaluate": "Measure a run on its test images, or on another source.",
    "predict": "Name the classes of new images.",
    "errors": "Draw the test images that a run got wrong.",
    "report": "Write a run's offline page again.",
    "show": "Draw one image of a source, and print it as numbers.",
    "models": "List the networks.",
    "summary": "Print a network's layer table.",
    "arithmetic": "Work out and draw where a filter lands, and what comes out.",
    "gradcheck": "Compare backpropagation with differences of the loss.",
    "byhand": "Train a network written by hand in NumPy, and follow its document.",
    "reproduce": "Run the documented experiments again, and judge their claims.",
    "data": "List the known data sets, or write one as a folder of pictures.",
}

app = App(
    name="noonbit",
    version=version("noonbit"),
    help="Turns labelled small images into a classifier that can be trusted.",
    help_epilogue="Begin with `noonbit train digits`: it needs no files and no network.",
    suppress_keyboard_interrupt=False,
)
for name, help_text in COMMANDS.items():
    app.command(f"noonbit.cli.{name}:{name}", name=name, help=help_text)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and exit with its code; errors.py lists the codes."""
    let_streams_replace()
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def let_streams_replace() -> None:
    """Have stdout and stderr replace what their encoding does not have, instead of failing.

    A Korean class name cannot be shown on an English console, or a path that is not UTF-8 at all.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code."""
    try:
        with warnings_as_notes():
            app(
                list(arguments),
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
    except BrokenPipeError:
        # The reader of our output closed the pipe (`| head`), so nothing can be printed.
        sys.stdout = None
        return 0
    except Exception:
        traceback.print_exc()
        return fail("This is a bug in noonbit; please report it with the lines above.", 1)
    return 0


@contextmanager
def warnings_as_notes() -> Iterator[None]:
    """Print noonbit's own warnings as the notes of a command; others as Python does."""
    with warnings.catch_warnings():
        print_warning = warnings.showwarning

        def show(message: Warning | str, category: type[Warning], *args: Any, **named: Any) -> None:
            if issubclass(category, UnfinishedRunWarning):
                print(f"note     {message}", file=sys.stderr)
            else:
                print_warning(message, category, *args, **named)

        warnings.showwarning = show
        warnings.simplefilter("always", UnfinishedRunWarning)
        yield


def fail(sentence: str, exit_code: int) -> int:
    """Print an error message on stderr and return the exit code."""
    print(f"error: {sentence}", file=sys.stderr)
    return exit_code


def format_usage_error(error: CycloptsError) -> str:
    """Turn a parsing error into one sentence that ends with what to do."""
    from pydantic import ValidationError

    from noonbit.config.recipe import validation_reasons

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
