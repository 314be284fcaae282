"""One offline page that shows a run: made by `train`, or by `noonbit report RUN`."""

from pathlib import Path

from noonbit.items import Items
from noonbit.run import Run
from noonbit.store import write_text


def write_report(run: Run, items: Items) -> Path:
    """Write report.html into the run folder and return its path."""
    path = run.path / "report.html"
    write_text(path, "<p>not yet</p>")
    return path
