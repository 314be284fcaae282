"""A figure of a run as text or a cell, and an interval as a bar; the same on every page."""

from collections.abc import Sequence
from dataclasses import dataclass

from nicegui import ui

from noonbit.runs.listing import ListedRun
from noonbit.runs.value_text import NOTHING
from noonbit.studio.elements import words
from noonbit.studio.language import Speech


def accuracy_text(run: ListedRun) -> str:
    """`98.61 %`; a dash before the test."""
    return NOTHING if run.accuracy is None else f"{run.accuracy:.2%}"


def interval_text(run: ListedRun) -> str:
    """`97.2 % – 99.3 %`; nothing before the test."""
    if run.accuracy is None:
        return ""
    return f"{run.accuracy_low:.2%} – {run.accuracy_high:.2%}"


def tested_text(run: ListedRun, speech: Speech) -> str:
    """On how many items the accuracy is measured, and whether in folds."""
    if run.test_items is None:
        return ""
    key = "runs.tested_folds" if run.split == "folds" else "runs.tested_on"
    return speech(key, items=run.test_items)


def seconds_text(seconds: float | None, speech: Speech) -> str:
    """`0.4 s`, `12 min`; a dash before the end."""
    if seconds is None:
        return NOTHING
    if seconds < 100:
        return speech("time.seconds", count=f"{seconds:.1f}")
    if seconds < 6000:
        return speech("time.minutes", count=f"{seconds / 60:.0f}")
    return speech("time.hours", count=f"{seconds / 3600:.1f}")


def bytes_text(count: int) -> str:
    """`0.61 MB`."""
    return f"{count / 1e6:,.2f} MB"


def table_cell(text: str, column: str, title: str) -> ui.element:
    """Add a cell to a row of a table whose rows are cards on narrow screens, with a title each."""
    cell = words("td", text).props('role="cell"').classes(f"number of-{column}")
    cell.props["data-column"] = title
    return cell


@dataclass(frozen=True, slots=True)
class Scale:
    """Where accuracies stand on the bars of a table, from 0 to 1."""

    low: float
    high: float

    @classmethod
    def around(cls, runs: Sequence[ListedRun]) -> "Scale":
        """Return the scale that holds the intervals of all runs, with a little room."""
        ends = [
            end
            for run in runs
            for end in (run.accuracy_low, run.accuracy_high)
            if run.accuracy is not None and end is not None
        ] or [0.0, 1.0]
        room = max(0.02, (max(ends) - min(ends)) / 20)
        return cls(min(ends) - room, max(ends) + room)

    def place(self, share: float) -> float:
        """Return where a share stands, in percent of the bar."""
        return 100 * (share - self.low) / (self.high - self.low)


def show_interval(run: ListedRun, scale: Scale, colour: str) -> None:
    """Add the bar of a run's interval, with a mark at its accuracy; for the eye alone."""
    if run.accuracy is None or run.accuracy_low is None or run.accuracy_high is None:
        return
    low, high = scale.place(run.accuracy_low), scale.place(run.accuracy_high)
    with ui.element("div").classes("interval").props('aria-hidden="true"'):
        bar = words("i").style(f"left: {low:.2f}%; width: {high - low:.2f}%")
        bar.style(f"background: {colour}")
        words("b").style(f"left: {scale.place(run.accuracy):.2f}%; background: {colour}")
