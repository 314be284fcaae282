"""The report of a run: one offline HTML page, written by `train` and by `noonbit report RUN`.

    sections.py      the content of most sections
    confusion_matrix.py  the confusion matrix
    members.py       the section on an ensemble's members
    folds.py         the section on a cross-validation's folds
    boards.py        the section on moves in Go
    suspects.py      the section on what `noonbit check RUN` found
    attribution.py   the section on the words that decided
    commands.py      the commands that it prints
    charts.py        inline SVG, of the shapes in shapes.py
    history_picture.py  the chart of the history as history.png
    inputs.py        how an input is shown; thumbnails.py makes inline PNG
    templates/       page.html.j2, which includes a template a section, and style.css
    translation.py   the languages; korean/ has every text in Korean

The page needs no network, no script and no font. The figures of the test split are read from the
run folder; only the dozen sentences of the section on words are predicted again. Writing the page
takes about 0.3 s for ten classes.
"""

import re
from collections.abc import Callable
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
from noonbit.language import Language, preferred_language
from noonbit.report import charts, commands, confusion_matrix, sections
from noonbit.report.attribution import explain_most_confident
from noonbit.report.folds import build_fold_section
from noonbit.report.history_picture import write_history_picture
from noonbit.report.members import build_member_section
from noonbit.report.suspects import build_check_section
from noonbit.report.translation import ENGLISH, Translator, install_translator
from noonbit.runs.changes import read_changes
from noonbit.runs.learning_curve import read_learning_curve
from noonbit.runs.predictions import StoredPredictions, read_predictions
from noonbit.runs.run import Run
from noonbit.runs.training_notes import training_notes
from noonbit.system.artefacts import refuse
from noonbit.system.files import write_text
from noonbit.terminal import escape_controls

LONGEST_NAME, LONGEST_SENTENCE = 60, 400
"""Characters of a class or file name, and of a note or finding; longer ones are shortened."""


TEMPLATES = Path(__file__).parent / "templates"


def write_report(run: Run, items: PreparedDataset, *, language: Language | None = None) -> Path:
    """Write report.html and history.png into the folder of a finished run; return the page's path.

    `language` is `preferred_language()` unless it is given. Raises `ArtefactError` if the test
    split was not evaluated yet.
    """
    evaluation = run.evaluation
    if evaluation is None:
        raise ArtefactError(
            f"{run.path.name} has no test figures yet, since its training did not end. "
            f"Continue it with: noonbit train --resume {run.word}"
        )
    translate = Translator(language or preferred_language())
    page = (
        make_environment(translate)
        .get_template("page.html.j2")
        .render(template_context(run, items, evaluation, translate))
    )
    path = run.path / "report.html"
    write_text(path, page)
    write_history_picture(run, translate)
    return path


def template_context(
    run: Run, items: PreparedDataset, evaluation: Evaluation, translate: Translator
) -> dict[str, Any]:
    """Return the variables of the template."""
    predictions = read_predictions(run)
    require_alike(run, items, evaluation, predictions)
    pairs = confusion_matrix.Pairs.of(
        predictions.labels, predictions.predictions, len(run.class_names)
    )
    explicit_settings, derived_settings = sections.list_settings(run)
    metadata, noun = run.metadata, run.contract.preprocessor.noun
    curve = read_learning_curve(run)
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
            evaluation.accuracy, evaluation.accuracy_low, evaluation.accuracy_high, translate
        ),
        "data": sections.data_card(run, items, translate),
        "findings": metadata["data"]["findings"],
        "preprocessor": run.contract.preprocessor,
        "words": run.contract.preprocessor.report_words,
        **noun_forms(noun, translate),
        "summary_commands": commands.summary_commands(run),
        "layers": sections.layer_table(run),
        "most_layers": sections.MOST_LAYERS,
        "most_changes": sections.MOST_CHANGES,
        "explicit_settings": explicit_settings,
        "derived_settings": derived_settings,
        "training_notes": training_notes(run),
        "changes": read_changes(run.path),
        "history": run.history,
        "members": build_member_section(run, translate),
        "folds": build_fold_section(run),
        "history_chart": charts.history_chart(
            run.history, metadata["result"]["best_epoch"], translate
        )
        if run.history
        else None,
        "moves": build_input_kind_section(evaluation, predictions, items, translate),
        "classes": sections.worst_classes(evaluation),
        "matrix": confusion_matrix.build_confusion_matrix(list(run.class_names), pairs, translate),
        "confusions": confusion_matrix.find_top_confusions(
            evaluation, predictions, items, pairs, translate
        ),
        "mistakes": sections.find_worst_mistakes(run, predictions, items, translate),
        "curve": curve,
        "curve_sentence": None if curve is None else curve.sentence(noun),
        "curve_chart": None
        if curve is None
        else charts.learning_curve_chart(curve, translate.plural(noun), translate),
        "curve_start": None
        if curve is None
        else charts.scale_start(min(point.low for point in curve.points)),
        "unknown_share": None
        if run.contract.unknown_below is None
        else predictions.unknown_share(run.contract.unknown_below),
        "check": build_check_section(run, items, translate),
        "decisions": explain_most_confident(run, items, predictions),
        "as_text": run.contract.preprocessor.shown_as != "picture",
        "mean_confidence": sections.mean_confidence(evaluation),
        "reliability_chart": charts.reliability_chart(evaluation.reliability, translate),
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


def noun_forms(noun: str, translate: Translator) -> dict[str, str]:
    """Return the forms of the word for one input, such as `image`, that the templates use."""
    nouns, article = translate.plural(noun), "an" if noun[0] in "aeiou" else "a"
    return {
        "noun": translate.look_up(noun),
        "nouns": nouns,
        "capital_nouns": nouns.capitalize(),
        "one_noun": f"{article} {noun}" if translate.language == "en" else translate.look_up(noun),
        "test_noun": f"test {noun}",
        "test_nouns": translate.plural(f"test {noun}"),
    }


def build_input_kind_section(
    evaluation: Evaluation,
    predictions: StoredPredictions,
    items: PreparedDataset,
    translate: Translator,
) -> object | None:
    """Return the section of the kind of input that replaces the tables of classes, if any."""
    if items.preprocessor.report_section is None:
        return None
    section: object = resolve_name(items.preprocessor.report_section)(
        evaluation, predictions, items, translate
    )
    return section


@cache
def make_environment(translate: Translator = ENGLISH, *folders: Path) -> Environment:
    """Return a Jinja environment that escapes everything and raises for undefined variables.

    Templates are looked for in `folders`, then in `TEMPLATES`. The environment is made once and
    keeps its compiled templates: compiling them takes longer than a small training.
    """
    templates = Environment(
        loader=FileSystemLoader([*folders, TEMPLATES]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters: dict[str, Callable[..., object]] = {
        "percent": percent,
        "points": points,
        "comma": lambda value: f"{value:,}",
        "name": lambda text: escape_controls(shorten(text, LONGEST_NAME)),
        "sentence": lambda text: shorten(text, LONGEST_SENTENCE),
        "with_code": with_code,
    }
    templates.filters |= filters
    install_translator(templates, translate)
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


def shorten(text: str, length: int) -> str:
    """Return the text, or its beginning and end with an ellipsis between them."""
    if len(text) <= length:
        return text
    tail = length // 3
    return f"{text[: length - tail - 1]}…{text[-tail:]}"
