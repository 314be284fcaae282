"""What the report says of an ensemble's members: how good each is, and what they gain together."""

from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from noonbit.config.ensemble import Combine, short_name
from noonbit.report import charts
from noonbit.runs.run import Run

HOW: dict[Combine, str] = {
    "sum": "the sum of its members’ outputs",
    "probabilities": "the mean of its members’ probabilities",
    "vote": "a vote of its members, ties decided by the mean of their probabilities",
}


@dataclass(frozen=True, slots=True)
class MemberRow:
    """One member, as measured on the test items of all."""

    number: int
    """From 1."""
    name: str
    """Of its network."""
    differs: str
    """The settings that set it apart: `seed 2, fold 3/7`."""
    accuracy: float
    low: float
    """Wilson's 95 % interval."""
    high: float
    seconds: float
    """Of training."""


@dataclass(frozen=True, slots=True)
class Members:
    """Everything about the members of one ensemble."""

    rows: list[MemberRow]
    best: MemberRow
    mean_accuracy: float
    how: str
    """How their answers become one."""
    start: float
    """Where the scale of the accuracies begins."""
    gain_over_mean: dict[str, float]
    """A difference of accuracies: gain, low, high."""
    gain_over_best: dict[str, float]
    gain_chart: Markup
    not_unanimous: float
    """The share of test items that not all members call the same."""
    pairwise_disagreement: float
    at_once: int
    folds: bool
    """Whether each member validated on other items."""


def members(run: Run) -> Members | None:
    """The members of an ensemble; None for a single network, and for the folds' networks."""
    if not run.is_ensemble or run.folds is not None:
        return None
    result = run.metadata["result"]
    rows = [member_row(number, plain) for number, plain in enumerate(result["members"], start=1)]
    lowest = min(result["accuracy_low"], *(row.low for row in rows))
    gains = result["gain_over_mean"], result["gain_over_best"]
    return Members(
        rows=rows,
        best=rows[result["best_member"] - 1],
        mean_accuracy=result["members_mean_accuracy"],
        how=HOW[run.metadata["model"]["combine"]],
        start=charts.scale_start(lowest),
        gain_over_mean=gains[0],
        gain_over_best=gains[1],
        gain_chart=charts.gain_chart(
            [("over the mean of the members", gains[0]), ("over the best member", gains[1])]
        ),
        not_unanimous=result["not_unanimous"],
        pairwise_disagreement=result["pairwise_disagreement"],
        at_once=run.metadata.get("training", {"at_once": 1})["at_once"],
        folds=any("fold" in row["differs"] for row in result["members"]),
    )


def member_row(number: int, plain: dict[str, Any]) -> MemberRow:
    """A member as run.json has it."""
    differs = {name: value for name, value in plain["differs"].items() if name != "model"}
    return MemberRow(
        number,
        short_name(plain["name"]),
        ", ".join(f"{name} {value}" for name, value in differs.items()),
        plain["accuracy"],
        plain["accuracy_low"],
        plain["accuracy_high"],
        plain["train_seconds"],
    )
