"""history.csv: a row for each epoch of a training."""

import csv
import io
from collections.abc import Sequence
from dataclasses import asdict, fields
from pathlib import Path

from pydantic import TypeAdapter

from noonbit.system.artefacts import damaged, parse_artefact, read_artefact_text, refuse
from noonbit.system.files import write_text
from noonbit.training.state import EpochMetrics, history_contradiction

NAME = "history.csv"
ROWS_ADAPTER = TypeAdapter(list[EpochMetrics])


def write_history(folder: Path, rows: Sequence[EpochMetrics]) -> None:
    """Write history.csv into a run folder."""
    text = io.StringIO()
    writer = csv.DictWriter(
        text, [column.name for column in fields(EpochMetrics)], lineterminator="\n"
    )
    writer.writeheader()
    writer.writerows(asdict(row) for row in rows)
    write_text(folder / NAME, text.getvalue())


def read_history(folder: Path) -> list[EpochMetrics]:
    """Read history.csv; raises `ArtefactError` if it is missing or damaged."""
    path = folder / NAME
    text = read_artefact_text(path)
    with damaged(path):
        stored = list(csv.DictReader(io.StringIO(text, newline="")))
    rows = parse_artefact(ROWS_ADAPTER, stored, path)
    if (reason := history_contradiction(rows)) is not None:
        refuse(path, reason)
    return rows
