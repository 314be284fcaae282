"""The offline page of all documented experiments: claims, curves, figures, verdicts."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from markupsafe import Markup

from noonbit.course.byhand import DOCUMENTED
from noonbit.course.experiments.documents import DOCUMENTS, Text
from noonbit.course.experiments.experiment import Experiment, load_experiments
from noonbit.course.experiments.results import Result, experiment_folder, read_last_result
from noonbit.course.path.program import load_documents
from noonbit.errors import plural
from noonbit.language import LANGUAGES, Language
from noonbit.report.charts import history_chart
from noonbit.report.page import make_environment
from noonbit.report.translation import Translator
from noonbit.runs.folder import load_run
from noonbit.system.files import write_text

NOT_RUN = "not run"
OUTCOMES: Mapping[str, Text] = {
    "met": ("Met", "도달함"),
    "not met": ("Not met", "못 미침"),
    "not comparable": ("Not comparable", "비교할 수 없음"),
    "no claim": ("No figure given", "문서에 수치 없음"),
    "quick": ("Shortened", "짧은 실행"),
    NOT_RUN: ("Not run yet", "아직 실행하지 않음"),
}
"""Outcome -> words on the page, in the order of the page's counts."""


@dataclass(frozen=True, slots=True)
class Curves:
    """A chart of one run's history."""

    title: str
    chart: Markup


@dataclass(frozen=True, slots=True)
class ExperimentRow:
    """An experiment and its result."""

    experiment: Experiment
    result: Result | None
    """None if it was not run yet."""
    curves: list[Curves]

    @property
    def outcome(self) -> str:
        """A key of `OUTCOMES`."""
        return NOT_RUN if self.result is None else self.result.verdict.outcome

    @property
    def settings(self) -> list[tuple[str, Any]]:
        """The settings that all arms share, with readable names."""
        return [(name.replace("_", " "), value) for name, value in self.experiment.recipe.items()]

    @property
    def table(self) -> list[list[tuple[str, str]]]:
        """The NumPy network's printed figures, each paired with the documented one."""
        lines = [] if self.result is None else self.result.table
        return [
            list(zip(line, documented, strict=True))
            for line, documented in zip(lines, DOCUMENTED, strict=False)
        ]

    @property
    def finished(self) -> datetime | None:
        """The time at which it was run."""
        return None if self.result is None else datetime.fromisoformat(self.result.finished)


def write_page(out: Path, language: Language = "en") -> Path:
    """Write index.html into the folder `out` of results, in a language; return its path."""
    translate = Translator(language)
    index = list(LANGUAGES).index(language)
    rows = [build_row(one, out, translate) for one in load_experiments().values()]
    counted = Counter(row.outcome for row in rows)
    machines = {
        (m["processor"], m["threads"], m["precision"], m["python"], m["versions"]["torch"]): m
        for row in rows
        if row.result is not None
        for m in [row.result.machine]
    }
    environment = make_environment(translate, Path(__file__).parent)
    environment.globals["say"] = lambda *text: text[index]
    environment.filters["spoken"] = lambda text: text[index]
    # English begins a sentence with a capital.
    environment.filters["spoken_first"] = lambda text: (
        text[1] if index else text[0][0].upper() + text[0][1:]
    )
    page = environment.get_template("experiments.html.j2").render(
        rows=rows,
        documents={
            letter: (DOCUMENTS[letter], document.title[1])
            for letter, document in load_documents().items()
        },
        counts=[(counted[key], words) for key, words in OUTCOMES.items() if counted[key]],
        machines=list(machines.values()),
        OUTCOMES=OUTCOMES,
    )
    path = out / "index.html"
    write_text(path, page)
    return path


def build_row(experiment: Experiment, out: Path, translate: Translator) -> ExperimentRow:
    """Collect an experiment's last full result and the curves of each arm's first run."""
    result = read_last_result(experiment.name, out)
    if result is None:
        return ExperimentRow(experiment, None, [])
    curves = []
    shown: set[str] = set()
    for run in result.runs:
        if run["arm"] in shown:
            continue
        shown.add(run["arm"])
        folder = experiment_folder(experiment.name, out) / run["folder"]
        if (folder / "history.csv").exists() and (history := load_run(folder).history):
            title = f"{run['arm']}, seed {run['seed']}: {plural(len(history), 'epoch')}"
            if translate.language == "ko":
                title = f"{run['arm']}, 시드 {run['seed']}: {len(history)} 에포크"
            curves.append(Curves(title, history_chart(history, run["best_epoch"], translate)))
    return ExperimentRow(experiment, result, curves)
