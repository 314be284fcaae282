"""What the report says of a cross-validation: how good each fold's network is, and their spread."""

from dataclasses import dataclass

from noonbit.report import charts
from noonbit.report.members import HOW
from noonbit.runs.run import Run


@dataclass(frozen=True, slots=True)
class FoldRow:
    """One fold, as the network that the others trained named it."""

    number: int
    """From 1."""
    train: int
    """Items that its network learned from."""
    validation: int
    """Items of the other folds that chose its weights."""
    test: int
    """Items of the fold."""
    accuracy: float
    low: float
    """Wilson's 95 % interval."""
    high: float
    seconds: float
    """Of training."""


@dataclass(frozen=True, slots=True)
class Folds:
    """Everything about the folds of one cross-validation."""

    rows: list[FoldRow]
    mean_accuracy: float
    standard_deviation: float
    """Of the folds' accuracies, with one less than their number below the line."""
    lowest: float
    highest: float
    how: str
    """How the networks' answers become one."""
    start: float
    """Where the scale of the accuracies begins."""
    at_once: int


def folds(run: Run) -> Folds | None:
    """The folds of a cross-validation; None for any other run."""
    if run.folds is None:
        return None
    result = run.metadata["result"]
    rows = [
        FoldRow(
            plain["fold"],
            plain["train_items"],
            plain["validation_items"],
            plain["items"],
            plain["accuracy"],
            plain["accuracy_low"],
            plain["accuracy_high"],
            plain["train_seconds"],
        )
        for plain in result["folds"]
    ]
    return Folds(
        rows=rows,
        mean_accuracy=result["folds_mean_accuracy"],
        standard_deviation=result["folds_standard_deviation"],
        lowest=min(row.accuracy for row in rows),
        highest=max(row.accuracy for row in rows),
        how=HOW[run.metadata["model"]["combine"]],
        start=charts.scale_start(min(row.low for row in rows)),
        at_once=run.metadata["training"]["at_once"],
    )
