"""Compare runs from Python.

comparison = noonbit.compare("runs/first", "last")
comparison.verdict
"""

from pathlib import Path

from noonbit.runs.comparison import Comparison, compare_runs
from noonbit.runs.folder import load_run
from noonbit.runs.run import Run


def compare(reference: Run | str | Path, other: Run | str | Path) -> Comparison:
    """Compare a run with a reference on the test items that both were tested on.

    Both are runs, their paths, unique beginnings of their names, or `last`. Raises `UsageError` for
    runs that share no test item or have other classes, `ArtefactError` for one without figures.
    """
    first, second = (run if isinstance(run, Run) else load_run(run) for run in (reference, other))
    return compare_runs(first, second)
