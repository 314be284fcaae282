"""The report of a run: one offline HTML page, written by `train` and by `noonbit report RUN`.

    sections.py      the content of most sections
    confusion_matrix.py  the confusion matrix, drawn by confusion_matrix.html.j2
    members.py       the section on an ensemble's members
    folds.py         the section on a cross-validation's folds
    boards.py        the section on moves in Go, with moves.html.j2
    attribution.py   the section on the words that decided
    commands.py      the commands that it prints
    charts.py        inline SVG, of the shapes in shapes.py
    history_picture.py  the chart of the history as history.png
    inputs.py        how an input is shown; thumbnails.py makes inline PNG
    page.html.j2     the template, with style.css

The page needs no network, no script and no font. The figures of the test split are read from the
run folder; only the dozen sentences of the section on words are predicted again. Writing the page
takes about 0.3 s for ten classes.
"""

import re
from datetime import datetime
from functools import cache
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from noonbit.data.prepared import PreparedDataset
from noonbit.data.split import OWN
from noonbit.errors import ArtefactError
from noonbit.evaluation.metrics import Evaluation
from noonbit.report import charts, commands, confusion_matrix, sections
from noonbit.report.attribution import explain_most_confident
from noonbit.report.folds import build_fold_section
from noonbit.report.history_picture import write_history_picture
from noonbit.report.members import build_member_section
from noonbit.runs.changes import read_changes
from noonbit.runs.predictions import StoredPredictions, read_predictions
from noonbit.runs.run import Run
from noonbit.runs.training_notes import training_notes
from noonbit.system.artefacts import refuse
from noonbit.system.files import write_text
from noonbit.terminal import escape_controls

LONGEST_NAME, LONGEST_SENTENCE = 60, 400
"""Characters of a class or file name, and of a note or finding; longer ones are shortened."""


def write_report(run: Run, items: PreparedDataset) -> Path:
    """Write report.html and history.png into the folder of a finished run; return the page's path.

    Raises `ArtefactError` if the test split was not evaluated yet.
    """
    evaluation = run.evaluation
    if evaluation is None:
        raise ArtefactError(
            f"{run.path.name} has no test figures yet, since its training did not end. "
            f"Continue it with: noonbit train --resume {run.word}"
        )
    page = (
        make_environment()
        .get_template("page.html.j2")
        .render(template_context(run, items, evaluation))
    )
    path = run.path / "report.html"
    write_text(path, page)
    write_history_picture(run)
    return path


def template_context(run: Run, items: PreparedDataset, evaluation: Evaluation) -> dict[str, Any]:
    """Return the variables of the template."""
    predictions = read_predictions(run)
    require_alike(run, items, evaluation, predictions)
    pairs = confusion_matrix.Pairs.of(
        predictions.labels, predictions.predictions, len(run.class_names)
    )
    explicit_settings, derived_settings = sections.list_settings(run)
    metadata = run.metadata
    return {
        "run": run,
        "metadata": metadata,
        "result": metadata["result"],
        "created": datetime.fromisoformat(metadata["created"]),
        "source": sections.short_source(run),
        "evaluation": evaluation,
        "official_test": metadata["data"]["split"]["test"] == OWN,
        "test_command": commands.test_command(run, items),
        "interval_chart": charts.interval_chart(
            evaluation.accuracy, evaluation.accuracy_low, evaluation.accuracy_high
        ),
        "data": sections.data_card(run, items),
        "findings": metadata["data"]["findings"],
        "preprocessor": run.contract.preprocessor,
        "words": run.contract.preprocessor.report_words,
        "noun": run.contract.preprocessor.noun,
        "summary_commands": commands.summary_commands(run),
        "layers": sections.layer_table(run),
        "most_layers": sections.MOST_LAYERS,
        "most_changes": sections.MOST_CHANGES,
        "explicit_settings": explicit_settings,
        "derived_settings": derived_settings,
        "training_notes": training_notes(run),
        "changes": read_changes(run.path),
        "history": run.history,
        "members": build_member_section(run),
        "folds": build_fold_section(run),
        "history_chart": charts.history_chart(run.history, metadata["result"]["best_epoch"])
        if run.history
        else None,
        "moves": build_input_kind_section(evaluation, predictions, items),
        "classes": sections.worst_classes(evaluation),
        "matrix": confusion_matrix.build_confusion_matrix(list(run.class_names), pairs),
        "confusions": confusion_matrix.find_top_confusions(evaluation, predictions, items, pairs),
        "mistakes": sections.find_worst_mistakes(run, predictions, items),
        "decisions": explain_most_confident(run, items, predictions),
        "as_text": run.contract.preprocessor.shown_as != "picture",
        "mean_confidence": sections.mean_confidence(evaluation),
        "reliability_chart": charts.reliability_chart(evaluation.reliability),
        "rarest": sections.rarest_class(evaluation),
        "items_per_second": sections.training_speed(run),
        "repeat_command": commands.repeat_command(run),
    }


def require_alike(
    run: Run, items: PreparedDataset, evaluation: Evaluation, predictions: StoredPredictions
) -> None:
    """Raise `ArtefactError` unless the stored predictions are of these items and metrics."""
    right = int((predictions.predictions == predictions.labels).sum())
    if right != evaluation.correct or not np.array_equal(
        items.labels[predictions.items], predictions.labels
    ):
        refuse(
            run.path / "predictions.parquet",
            "its labels are not those of the data and of evaluation.json",
        )


def build_input_kind_section(
    evaluation: Evaluation, predictions: StoredPredictions, items: PreparedDataset
) -> object | None:
    """Return the section of the kind of input that replaces the tables of classes, if any."""
    if items.preprocessor.report_section is None:
        return None
    section: object = resolve_name(items.preprocessor.report_section)(
        evaluation, predictions, items
    )
    return section


@cache
def make_environment(*folders: Path) -> Environment:
    """Return a Jinja environment that escapes everything and raises for undefined variables.

    Templates are looked for in `folders`, then next to this file. The environment is made once and
    keeps its compiled templates: compiling them takes longer than a small training.
    """
    templates = Environment(
        loader=FileSystemLoader([*folders, Path(__file__).parent]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters |= {
        "percent": percent,
        "seconds": seconds,
        "points": points,
        "comma": lambda value: f"{value:,}",
        "name": lambda text: escape_controls(shorten(text, LONGEST_NAME)),
        "sentence": lambda text: shorten(text, LONGEST_SENTENCE),
        "with_code": with_code,
    }
    return templates


def with_code(text: str) -> Markup:
    """Escape a text, with what stands in backticks set as code."""
    return Markup(re.sub("`([^`]+)`", r"<code>\1</code>", str(escape(text))))


def percent(share: float, digits: int = 2) -> str:
    """Format a share as `99.16 %`, with a non-breaking space."""
    return f"{share:.{digits}%}".replace("%", "\u202f%")


def points(share: float) -> str:
    """Format a difference of two shares in percentage points: `+0.12`."""
    return f"{100 * share:+.2f}".replace("-", "−")


def seconds(value: float) -> str:
    """Format a duration in seconds: `8.6 s`, `2 min 5 s`."""
    if value < 60:
        return f"{value:.1f}\u202fs" if value >= 0.1 else f"{1000 * value:.0f}\u202fms"
    return f"{value // 60:.0f}\u202fmin {value % 60:.0f}\u202fs"


def shorten(text: str, length: int) -> str:
    """Return the text, or its beginning and end with an ellipsis between them."""
    if len(text) <= length:
        return text
    tail = length // 3
    return f"{text[: length - tail - 1]}…{text[-tail:]}"
