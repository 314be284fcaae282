"""One offline page that shows a run: made by `train`, or by `noonbit report RUN`.

    sections.py    what each part of the page says
    commands.py    what it tells people to type
    members.py     what it says of an ensemble's members
    folds.py       what it says of a cross-validation's folds
    charts.py      inline SVG
    boards.py      what it says of moves in Go, with moves.html.j2
    attribution.py the words of sentences that decided
    inputs.py      how an input is shown; thumbnails.py makes inline PNG
    page.html.j2   the words and their order, with style.css

The page needs no network, no script and no font. Every figure of the test split is read from the
run folder: nothing is predicted again, but that the words of a dozen sentences are weighed. Writing
it takes about 0.3 s for ten classes.
"""

import re
from datetime import datetime
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from noonbit.data.prepared import PreparedDataset
from noonbit.data.split import OWN
from noonbit.errors import ArtefactError
from noonbit.evaluation.metrics import Evaluation
from noonbit.report import charts, commands, sections
from noonbit.report.attribution import decisions
from noonbit.report.folds import folds
from noonbit.report.members import members
from noonbit.runs.predictions import StoredPredictions, read_predictions
from noonbit.runs.run import Run
from noonbit.system.files import write_text

LONGEST_NAME, LONGEST_SENTENCE = 60, 400
"""Characters of a class or file name, and of a note or finding, before they are cut."""


def write_report(run: Run, items: PreparedDataset) -> Path:
    """Write report.html into the folder of a finished run and return its path.

    Raises `ArtefactError` where the test split was not measured yet.
    """
    evaluation = run.evaluation
    if evaluation is None:
        raise ArtefactError(
            f"{run.path.name} has no test figures yet, since its training did not end. "
            f"Continue it with: noonbit train --resume {run.path}"
        )
    page = environment().get_template("page.html.j2").render(facts(run, items, evaluation))
    path = run.path / "report.html"
    write_text(path, page)
    return path


def facts(run: Run, items: PreparedDataset, evaluation: Evaluation) -> dict[str, Any]:
    """What the template is filled with."""
    answers = read_predictions(run)
    stated, derived = sections.settings(run)
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
        "stated": stated,
        "derived": derived,
        "history": run.history,
        "members": members(run),
        "folds": folds(run),
        "history_chart": charts.history_chart(run.history, metadata["result"]["best_epoch"])
        if run.history
        else None,
        "moves": own_section(evaluation, answers, items),
        "classes": sections.worst_classes(evaluation),
        "matrix": sections.matrix(evaluation),
        "confusions": sections.confusions(evaluation, answers, items),
        "mistakes": sections.mistakes(run, answers, items),
        "decisions": decisions(run, items, answers),
        "as_text": run.contract.preprocessor.shown_as != "picture",
        "mean_stated": sections.mean_stated(evaluation),
        "reliability_chart": charts.reliability_chart(evaluation.reliability),
        "rarest": sections.rarest_class(evaluation),
        "items_per_second": sections.training_speed(run),
        "repeat_command": commands.repeat_command(run),
    }


def own_section(
    evaluation: Evaluation, answers: StoredPredictions, items: PreparedDataset
) -> object | None:
    """The section that the kind of input has of its own, in place of the tables of classes."""
    if items.preprocessor.report_section is None:
        return None
    section: object = resolve_name(items.preprocessor.report_section)(evaluation, answers, items)
    return section


def environment(*folders: Path) -> Environment:
    """The templates' language: everything is escaped, and a name that is not there is an error.

    Templates are looked for in `folders`, then beside this file.
    """
    loaded = Environment(
        loader=FileSystemLoader([*folders, Path(__file__).parent]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    loaded.filters |= {
        "percent": percent,
        "seconds": seconds,
        "points": points,
        "comma": lambda value: f"{value:,}",
        "name": lambda text: shorten(text, LONGEST_NAME),
        "sentence": lambda text: shorten(text, LONGEST_SENTENCE),
        "with_code": with_code,
    }
    return loaded


def with_code(text: str) -> Markup:
    """Our own sentence, in which a command stands in backticks, with the command set as code."""
    return Markup(re.sub("`([^`]+)`", r"<code>\1</code>", str(escape(text))))


def percent(share: float, digits: int = 2) -> str:
    """`99.16 %`, with a space that does not break."""
    return f"{share:.{digits}%}".replace("%", "\u202f%")


def points(share: float) -> str:
    """`+0.12` points of a hundred, for a difference of two shares."""
    return f"{100 * share:+.2f}".replace("-", "−")


def seconds(value: float) -> str:
    """`8.6 s`, `2 min 5 s`."""
    if value < 60:
        return f"{value:.1f}\u202fs" if value >= 0.1 else f"{1000 * value:.0f}\u202fms"
    return f"{value // 60:.0f}\u202fmin {value % 60:.0f}\u202fs"


def shorten(text: str, length: int) -> str:
    """The text, or its beginning and end with an ellipsis between them."""
    if len(text) <= length:
        return text
    tail = length // 3
    return f"{text[: length - tail - 1]}…{text[-tail:]}"
