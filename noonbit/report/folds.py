"""The report's section on a cross-validation: the accuracy of each fold, and their spread."""

from dataclasses import dataclass

from noonbit.report import charts
from noonbit.report.members import COMBINE_WORDS
from noonbit.runs.run import Run


@dataclass(frozen=True, slots=True)
class FoldRow:
    """One fold, and the network that it tests."""

    number: int
    """From 1."""
    train: int
    """Training items of its network."""
    validation: int
    """Validation items of its network."""
    test: int
    """Items of the fold."""
    accuracy: float
    low: float
    """Wilson's 95 % interval."""
    high: float
    seconds: float
    """Of training."""


@dataclass(frozen=True, slots=True)
class FoldSection:
    """The content of the section on folds."""

    rows: list[FoldRow]
    mean_accuracy: float
    standard_deviation: float
    """Of the folds' accuracies, unbiased (n - 1)."""
    lowest: float
    highest: float
    how: str
    """How the networks' outputs are combined."""
    start: float
    """Where the scale of the accuracies begins."""
    at_once: int


def build_fold_section(run: Run) -> FoldSection | None:
    """Gather the section for a cross-validation; None for any other run."""
    if run.folds is None:
        return None
    result = run.metadata["result"]
    rows = [
        FoldRow(
            row["fold"],
            row["train_items"],
            row["validation_items"],
            row["items"],
            row["accuracy"],
            row["accuracy_low"],
            row["accuracy_high"],
            row["train_seconds"],
        )
        for row in result["folds"]
    ]
    return FoldSection(
        rows=rows,
        mean_accuracy=result["folds_mean_accuracy"],
        standard_deviation=result["folds_standard_deviation"],
        lowest=min(row.accuracy for row in rows),
        highest=max(row.accuracy for row in rows),
        how=COMBINE_WORDS[run.metadata["model"]["combine"]],
        start=charts.scale_start(min(row.low for row in rows)),
        at_once=run.metadata["training"]["at_once"],
    )
