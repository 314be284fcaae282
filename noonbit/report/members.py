"""The report's section on an ensemble: the accuracy of each member, and the ensemble's gain."""

from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from noonbit.config.ensemble import Combine, short_name
from noonbit.report import charts
from noonbit.report.translation import ENGLISH, Translator
from noonbit.runs.run import Run

COMBINE_WORDS: dict[Combine, str] = {
    "sum": "the sum of its members’ outputs",
    "probabilities": "the mean of its members’ probabilities",
    "vote": "a vote of its members, ties decided by the mean of their probabilities",
}


@dataclass(frozen=True, slots=True)
class MemberRow:
    """One member, measured on the common test items."""

    number: int
    """From 1."""
    name: str
    """The name of its network."""
    differs: str
    """The settings that set it apart: `seed 2, fold 3/7`."""
    accuracy: float
    low: float
    """Wilson's 95 % interval."""
    high: float
    seconds: float
    """Of training."""


@dataclass(frozen=True, slots=True)
class MemberSection:
    """The content of the section on members."""

    rows: list[MemberRow]
    best: MemberRow
    mean_accuracy: float
    how: str
    """How the members' outputs are combined."""
    start: float
    """Where the scale of the accuracies begins."""
    gain_over_mean: dict[str, float]
    """A difference of accuracies with its interval: gain, low, high."""
    gain_over_best: dict[str, float]
    gain_chart: Markup
    not_unanimous: float
    """The share of test items on which not all members agree."""
    pairwise_disagreement: float
    at_once: int
    folds: bool
    """Whether each member has its own validation items."""


def build_member_section(run: Run, translate: Translator = ENGLISH) -> MemberSection | None:
    """Gather the section for an ensemble; None for single networks and for cross-validations."""
    if not run.is_ensemble or run.folds is not None:
        return None
    result = run.metadata["result"]
    rows = [member_row(number, row) for number, row in enumerate(result["members"], start=1)]
    lowest = min(result["accuracy_low"], *(row.low for row in rows))
    gains = result["gain_over_mean"], result["gain_over_best"]
    return MemberSection(
        rows=rows,
        best=rows[result["best_member"] - 1],
        mean_accuracy=result["members_mean_accuracy"],
        how=COMBINE_WORDS[run.metadata["model"]["combine"]],
        start=charts.scale_start(lowest),
        gain_over_mean=gains[0],
        gain_over_best=gains[1],
        gain_chart=charts.gain_chart(
            [
                (translate("over the mean of the members"), gains[0]),
                (translate("over the best member"), gains[1]),
            ],
            translate,
        ),
        not_unanimous=result["not_unanimous"],
        pairwise_disagreement=result["pairwise_disagreement"],
        at_once=run.metadata.get("training", {"at_once": 1})["at_once"],
        folds=any("fold" in row["differs"] for row in result["members"]),
    )


def member_row(number: int, row: dict[str, Any]) -> MemberRow:
    """Return a member's row from its entry in run.json."""
    differs = {name: value for name, value in row["differs"].items() if name != "model"}
    return MemberRow(
        number,
        short_name(row["name"]),
        ", ".join(f"{name} {value}" for name, value in differs.items()),
        row["accuracy"],
        row["accuracy_low"],
        row["accuracy_high"],
        row["train_seconds"],
    )
