"""noonbit runs [FOLDER]"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

from cyclopts import Parameter

from noonbit.cli.output import Json, convert_path, print_json, print_table, say
from noonbit.errors import plural
from noonbit.runs.find import RUNS
from noonbit.system.paths import absolute, exists
from noonbit.terminal import shell_word

if TYPE_CHECKING:
    from noonbit.runs.listing import Column, ListedRun

Order: TypeAlias = Literal["date", "accuracy", "seconds", "name"]
SORTED_BY: "Mapping[Order, tuple[Column, bool]]" = {
    "date": ("created", True),
    "accuracy": ("accuracy", True),
    "seconds": ("train_seconds", False),
    "name": ("name", False),
}
"""The figure of each order, and whether the highest comes first."""
COLUMNS = (
    "name",
    "source",
    "network",
    "status",
    "accuracy",
    "95 % interval",
    "measured on",
    "seconds",
    "parameters",
    "trained",
    "noonbit",
)


def runs(
    folder: Annotated[Path, Parameter(converter=convert_path)] = RUNS,
    /,
    *,
    sort: Order = "date",
    source: str = "",
    model: str = "",
    json: Json = False,
) -> None:
    """List the runs of a folder: what was trained on what, how well, and how long it took.

    Parameters
    ----------
    folder
        The folder that the runs lie in.
    sort
        What comes first: the latest `date`, the highest `accuracy`, the fewest `seconds` of
        training, or the first `name`.
    source
        Only runs whose source has this text in it.
    model
        Only runs whose network has this text in its name.
    """
    from noonbit.runs.listing import Listing, filter_runs, list_runs, sort_runs

    is_first_time = folder == RUNS and not exists(folder)
    listing = Listing((), ()) if is_first_time else list_runs(folder)
    column, descending = SORTED_BY[sort]
    found = sort_runs(
        filter_runs(listing.runs, source=source, model=model), column, descending=descending
    )
    for sentence in listing.others:
        say(f"note     {sentence}")
    if json:
        print_json(
            {
                "folder": str(absolute(folder)),
                "runs": [run.as_dict() for run in found],
                "not_listed": list(listing.others),
            }
        )
    elif found:
        print_table(COLUMNS, [table_row(run) for run in found])
    if len(found) < len(listing.runs):
        say(f"note     {len(found):,} of {plural(len(listing.runs), 'run')} fit what was asked for")
    elif not found:
        say(f"note     there is no run in {absolute(folder)}")
    say(f"\nnext     {next_command(found)}")


def table_row(run: "ListedRun") -> tuple[str | int, ...]:
    """Return the cells of one run; those that are not known yet are empty."""
    accuracy = interval = measured = seconds = ""
    if run.accuracy is not None:
        accuracy = f"{run.accuracy:.2%}"
        interval = f"{run.accuracy_low:.2%} to {run.accuracy_high:.2%}"
    if run.test_items is not None:
        measured = (
            f"{run.test_items:,} {'items in folds' if run.split == 'folds' else 'test items'}"
        )
    if run.train_seconds is not None:
        seconds = f"{run.train_seconds:,.1f}"
    return (
        run.name,
        run.source,
        run.model,
        run.status,
        accuracy,
        interval,
        measured,
        seconds,
        run.parameters,
        f"{run.created:%Y-%m-%d %H:%M}",
        run.version,
    )


def next_command(found: "list[ListedRun]") -> str:
    """Return what is to be typed next: to compare the first two that can be, if there are two."""
    finished = [run for run in found if run.accuracy is not None]
    if len(finished) > 1:
        # The second is the reference, so what comes first is said to be better or not.
        return f"noonbit compare {path_word(finished[1])} {path_word(finished[0])}"
    return f"noonbit report {path_word(found[0])}" if found else "noonbit train digits"


def path_word(run: "ListedRun") -> str:
    """Return a run as an argument of a command."""
    return shell_word(str(run.path))
