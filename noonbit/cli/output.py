"""Output: tables for people or one JSON value on stdout, hints on stderr, rows in a file.

Also defines the flags that most commands share, `--json` and `--data-dir`.
"""

import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TextIO, TypeAlias

from cyclopts import Parameter, Token

from noonbit.errors import plural
from noonbit.system.files import escape_surrogates, replace_non_finite
from noonbit.system.paths import (
    output_path,
    require_place_for_file,
    require_place_for_folder,
    user_path,
)
from noonbit.terminal import escape_controls, escape_controls_in_json

if TYPE_CHECKING:
    from rich.text import Text

    from noonbit.data.preprocess.base import Preprocessor
    from noonbit.runs.run import Run

Json: TypeAlias = Annotated[
    bool, Parameter(negative=(), help="Print one JSON value on stdout instead of text for people.")
]


def convert_path(kind: object, tokens: Sequence[Token]) -> Path:
    """Return the path of a flag; raises `UsageError`."""
    del kind
    return user_path(tokens[0].value)


def convert_out_folder(kind: object, tokens: Sequence[Token]) -> Path:
    """Return the path of a folder to make, or raise before anything is computed for it."""
    del kind
    path = output_path(tokens[0].value)
    require_place_for_folder(path)
    return path


def convert_out_file(kind: object, tokens: Sequence[Token]) -> Path:
    """Return the path of a file to write, or raise before anything is computed for it."""
    del kind
    path = output_path(tokens[0].value)
    require_place_for_file(path)
    return path


DataDir: TypeAlias = Annotated[
    Path | None,
    Parameter(
        name="--data-dir",
        help="Where to look for known data sets first.",
        converter=convert_path,
    ),
]
OutFile: TypeAlias = Annotated[Path | None, Parameter(converter=convert_out_file)]
OutFolder: TypeAlias = Annotated[Path | None, Parameter(converter=convert_out_folder)]
PIPE_WIDTH = 10_000
"""Width of a drawing that goes to a file or a pipe, so that no row is wrapped."""
MOST_CLASS_ROWS = 100
"""Rows of a table of classes; --json has them all."""
PLAIN_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
JSON_STREAM: ContextVar[TextIO | None] = ContextVar("JSON_STREAM", default=None)
"""Where `print_json` prints, if that is not sys.stdout; see `stdout_for_json`."""


@contextmanager
def stdout_for_json() -> Iterator[None]:
    """Keep stdout for the one value of `print_json`.

    What anything else prints there, a user's own network for instance, goes to stderr.
    """
    token = JSON_STREAM.set(sys.stdout)
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        JSON_STREAM.reset(token)


def print_json(value: Any) -> None:
    """Print one JSON value on stdout; NaN and infinity become null.

    Where stdout is not UTF-8, letters beyond ASCII are written as JSON's escapes, so none is lost.
    So are control characters, which a terminal would obey.
    """
    stream = JSON_STREAM.get() or sys.stdout
    is_utf8 = (stream.encoding or "utf-8").lower().replace("_", "-") in ("utf-8", "utf8")
    text = json.dumps(replace_non_finite(value), indent=2, ensure_ascii=not is_utf8)
    print(escape_controls_in_json(text), file=stream)


def print_line(line: str = "", file: TextIO | None = None) -> None:
    """Print a line for people, on stdout or `file`, at once.

    A newline at its beginning is an empty line before it; any other is of a name, and escaped.
    """
    words = line.removeprefix("\n")
    print(line[: len(line) - len(words)] + escape_controls(words), file=file, flush=True)


def print_table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a table without borders; columns of numbers are aligned right."""
    numbers = [all(isinstance(row[i], int | float) for row in rows) for i in range(len(columns))]
    header = [escape_controls(column) for column in columns]
    body = [[escape_controls(format_cell(cell)) for cell in row] for row in rows]
    if sys.stdout.isatty():
        print_folded_table(header, body, numbers)
    else:
        for line in align_table([header, *body], numbers):
            print_line(line)


def align_table(table: Sequence[Sequence[str]], numbers: Sequence[bool]) -> list[str]:
    """Return the lines of a table, every column as wide as its widest cell.

    Columns of `numbers` are aligned right. For files and pipes, where nothing is folded.
    """
    from rich.cells import cell_len  # of letters such as the Korean, which are two columns wide

    widths = [max(map(cell_len, column)) for column in zip(*table, strict=True)]
    lines = []
    for row in table:
        cells = []
        for cell, width, is_number in zip(row, widths, numbers, strict=True):
            padding = " " * (width - cell_len(cell))
            cells.append(padding + cell if is_number else cell + padding)
        lines.append("  ".join(cells))
    return lines


def print_folded_table(
    header: Sequence[str], body: Sequence[Sequence[str]], numbers: Sequence[bool]
) -> None:
    """Print a table on a terminal: the header bold, long cells folded.

    By rich, which takes 40 ms to import: a command whose output goes to a pipe does without.
    """
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    # Text, not markup: a class name may hold square brackets.
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column, is_number in zip(header, numbers, strict=True):
        table.add_column(Text(column), justify="right" if is_number else "left", overflow="fold")
    for row in body:
        table.add_row(*map(Text, row))
    Console().print(table)


def print_diagram(title: str, diagram: "Text") -> None:
    """Print a title and a drawing of characters, in colour on a terminal."""
    from rich.console import Console
    from rich.text import Text

    console = Console(width=None if sys.stdout.isatty() else PIPE_WIDTH, highlight=False)
    console.print(Text(escape_controls(title)), diagram, sep="\n")


def format_cell(cell: object) -> str:
    """Format an integer with thousands separators, anything else with `str`."""
    return f"{cell:,}" if isinstance(cell, int) and not isinstance(cell, bool) else str(cell)


def print_trained(run: "Run", *, json: bool) -> None:
    """Print a new run's figures (with `json`), its report's path, and the next command."""
    if json:
        from noonbit.runs.learning_curve import read_learning_curve

        facts = {"run": str(run.path), "model": run.metadata["model"]["name"]}
        curve = read_learning_curve(run)
        more = {} if curve is None else {"learning_curve": curve.model_dump()}
        print_json(facts | run.metadata["result"] | more)
    say_learning_curve(run)
    say_unknown(run)
    say(f"\nreport   {run.path / 'report.html'}")
    say(f"next     noonbit predict {run.word} {run.contract.preprocessor.example}")


def say_learning_curve(run: "Run") -> None:
    """Print the accuracy for each number of training items, if that was measured."""
    from noonbit.runs.learning_curve import read_learning_curve

    curve = read_learning_curve(run)
    if curve is None:
        return
    noun = run.contract.preprocessor.noun
    for point in curve.points:
        say(
            f"curve    {plural(point.train_items, noun)}: {point.accuracy:.2%} (95 % interval "
            f"{point.low:.2%} to {point.high:.2%})"
        )
    say(f"         {curve.sentence(noun)}")


def say_unknown(run: "Run") -> None:
    """Print how many test items are answered with `unknown`, if the run may answer so."""
    if not run.recipe.unknown:
        return
    threshold, noun = run.contract.unknown_below, run.contract.preprocessor.noun
    if threshold is None:
        say(
            "unknown  is never answered: there are too few items that the network did not learn "
            "from, or it is unsure of them"
        )
        return
    from noonbit.runs.predictions import read_predictions

    predictions = read_predictions(run)
    share, low, high = predictions.unknown_share(threshold)
    say(
        f"unknown  is answered below {threshold:.1%}: of "
        f"{plural(len(predictions), f'test {noun}')} that are known, {share:.1%} (95 % interval "
        f"{low:.1%} to {high:.1%})"
    )


def say_adjustments(
    preprocessor: "Preprocessor | type[Preprocessor]", counts: Mapping[str, int]
) -> None:
    """Print what was changed in how many inputs to fit the network, a line each."""
    for adjustment, count in counts.items():
        subject = f"{plural(count, preprocessor.noun)} {'is' if count == 1 else 'are'}"
        say(f"note     {subject} {preprocessor.adjustments[adjustment]}")


def say(line: str = "") -> None:
    """Print a line for people on stderr, as `print_line` does."""
    print_line(line, sys.stderr)


def write_rows(path: Path, rows: list[dict[str, Any]], *, escape_formulas: bool = True) -> None:
    """Write the rows as CSV, JSON or Parquet, by the ending, atomically.

    A CSV is opened in a spreadsheet; see `escape_formula`.
    """
    import pyarrow as pa
    import pyarrow.csv
    import pyarrow.parquet

    from noonbit.system.files import write_binary, write_json

    if path.suffix == ".csv" and escape_formulas:
        rows = [{escape_formula(k): escape_formula(v) for k, v in row.items()} for row in rows]
    table = pa.Table.from_pylist(
        [
            {
                name: escape_surrogates(value) if isinstance(value, str) else value
                for name, value in row.items()
            }
            for row in rows
        ]
    )
    if path.suffix == ".json":
        write_json(path, rows)
    elif path.suffix == ".csv":
        write_binary(path, lambda file: pyarrow.csv.write_csv(table, file))
    else:
        write_binary(path, lambda file: pyarrow.parquet.write_table(table, file))


def escape_formula(cell: Any) -> Any:
    """Return a cell that a spreadsheet takes for text where it would run it: `=1+1` as `'=1+1`.

    The characters are those of OWASP's page on CSV injection; a number such as -1.5 stays one.
    """
    if not isinstance(cell, str) or not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n")):
        return cell
    return cell if PLAIN_NUMBER.fullmatch(cell) else f"'{cell}"
