"""How commands print: tables for people on stdout, or one JSON value; progress on stderr.

The flags that most commands have, `--json` and `--data-dir`, are explained here, once.
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

from cyclopts import Parameter
from rich.console import Console
from rich.table import Table
from rich.text import Text

from noonbit.system.files import finite

if TYPE_CHECKING:
    from noonbit.runs.run import Run

Json: TypeAlias = Annotated[
    bool, Parameter(negative=(), help="Print one JSON value on stdout instead of text for people.")
]
DataDir: TypeAlias = Annotated[
    Path | None, Parameter(name="--data-dir", help="Where to look for known data sets first.")
]
UNFOLDED = 10_000
"""Columns of a table that goes to a file or a pipe: one line a row, whatever its length."""


def print_json(value: Any) -> None:
    """One JSON value on stdout."""
    json.dump(finite(value), sys.stdout, indent=2, ensure_ascii=False)
    sys.stdout.write("\n")


def print_table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """A plain table; columns whose cells are numbers are set flush right."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for index, column in enumerate(columns):
        numbers = all(isinstance(row[index], int | float) for row in rows)
        table.add_column(column, justify="right" if numbers else "left", overflow="fold")
    for row in rows:
        # Text, not markup: a class name may hold square brackets.
        table.add_row(*(Text(format_cell(cell)) for cell in row))
    Console(width=None if sys.stdout.isatty() else UNFOLDED).print(table)


def print_diagram(title: str, diagram: Text) -> None:
    """A drawing of characters, in colours where it goes to a terminal."""
    console = Console(width=None if sys.stdout.isatty() else UNFOLDED, highlight=False)
    console.print(Text(title), diagram, sep="\n")


def format_cell(cell: object) -> str:
    """A number with its thousands separated, or the text itself."""
    return f"{cell:,}" if isinstance(cell, int) and not isinstance(cell, bool) else str(cell)


def print_trained(run: "Run", *, json: bool) -> None:
    """What a training left: its figures as JSON, where its page is, and what comes next."""
    if json:
        facts = {"run": str(run.path), "model": run.record["model"]["name"]}
        print_json(facts | run.record["result"])
    say(f"\nreport   {run.path / 'report.html'}")
    say(f"next     noonbit predict {run.word} {run.contract.framing.example}")


def say(text: str = "") -> None:
    """A line for people, on stderr, where logs go."""
    print(text, file=sys.stderr)
