"""One offline page of every documented experiment: claim, curves, figures, verdict."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from markupsafe import Markup

from noonbit.course.byhand import DOCUMENTED
from noonbit.course.experiments.experiment import Experiment, experiments
from noonbit.course.experiments.results import Result, folder_of, last_result
from noonbit.errors import plural
from noonbit.report.charts import history_chart
from noonbit.report.page import environment
from noonbit.runs.store import load_run
from noonbit.system.files import write_text

OUTCOMES = {
    "met": "Met",
    "not met": "Not met",
    "not comparable": "Not comparable",
    "no claim": "No figure given",
    "quick": "Shortened",
}
"""In the order in which the page counts them."""


@dataclass(frozen=True, slots=True)
class Curves:
    """The history of one run, drawn."""

    title: str
    chart: Markup


@dataclass(frozen=True, slots=True)
class Row:
    """An experiment and what came of it."""

    experiment: Experiment
    result: Result | None
    """None where it was not run yet."""
    curves: list[Curves]

    @property
    def outcome(self) -> str:
        """In words."""
        return "Not run yet" if self.result is None else OUTCOMES[self.result.verdict.outcome]

    @property
    def settings(self) -> list[tuple[str, Any]]:
        """What the recipe states, of all arms together."""
        return [(name.replace("_", " "), value) for name, value in self.experiment.recipe.items()]

    @property
    def table(self) -> list[list[tuple[str, str]]]:
        """The printed figures of the network by hand, each with the documented one."""
        lines = [] if self.result is None else self.result.table
        return [
            list(zip(line, documented, strict=True))
            for line, documented in zip(lines, DOCUMENTED, strict=False)
        ]

    @property
    def finished(self) -> datetime | None:
        """When it was run."""
        return None if self.result is None else datetime.fromisoformat(self.result.finished)


def write_page(out: Path) -> Path:
    """Write index.html into the folder of reproductions and return its path."""
    rows = [row_of(one, out) for one in experiments().values()]
    counted = Counter(row.outcome for row in rows)
    machines = {
        (m["processor"], m["threads"], m["precision"], m["python"], m["versions"]["torch"]): m
        for row in rows
        if row.result is not None
        for m in [row.result.machine]
    }
    page = (
        environment(Path(__file__).parent)
        .get_template("experiments.html.j2")
        .render(
            rows=rows,
            documents=list(dict.fromkeys(row.experiment.document for row in rows)),
            counts=[
                (counted[word], word)
                for word in (*OUTCOMES.values(), "Not run yet")
                if counted[word]
            ],
            machines=list(machines.values()),
        )
    )
    path = out / "index.html"
    write_text(path, page)
    return path


def row_of(experiment: Experiment, out: Path) -> Row:
    """An experiment with its last full result, and the curves of each arm's first run."""
    result = last_result(experiment.name, out)
    if result is None:
        return Row(experiment, None, [])
    curves = []
    shown: set[str] = set()
    for run in result.runs:
        if run["arm"] in shown:
            continue
        shown.add(run["arm"])
        folder = folder_of(experiment.name, out) / run["folder"]
        if (folder / "history.csv").exists() and (history := load_run(folder).history):
            title = f"{run['arm']}, seed {run['seed']}: {plural(len(history), 'epoch')}"
            curves.append(Curves(title, history_chart(history, run["best_epoch"])))
    return Row(experiment, result, curves)
