"""noonbit compare RUN RUN [RUN ...]"""

from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from noonbit.cli.output import Json, print_json, print_line, print_table, say
from noonbit.errors import CheckFailed
from noonbit.terminal import cut_middle

if TYPE_CHECKING:
    from noonbit.runs.comparison import RunFigures
    from noonbit.runs.differences import Difference

LONGEST_VALUE = 40
"""Characters of a setting's value in the table; --json has all."""


def compare(
    reference: str,
    run: str,
    /,
    *more: str,
    fail_if_worse: Annotated[bool, Parameter(negative=())] = False,
    json: Json = False,
) -> None:
    """Compare runs with the first one, on the test items that each shares with it.

    A run is better or worse than the first if the 95 % interval of the difference of their
    accuracies on the same items does not hold zero; else the two cannot be told apart.

    Parameters
    ----------
    reference
        The run that the others are compared with: a folder, a unique beginning of its name, or
        `last`.
    run
        The run that is compared with it.
    more
        More runs; each is compared with the first.
    fail_if_worse
        Exit with 5 when a later run is worse than the first: when the 95 % interval of its accuracy
        minus the first one's, on the same test items, lies below zero.
    """
    from noonbit.runs.comparison import compare_runs
    from noonbit.runs.differences import find_differences
    from noonbit.runs.folder import load_run

    first, *others = map(load_run, (reference, run, *more))
    comparisons = [compare_runs(first, each) for each in others]
    figures = [comparisons[0].reference, *(each.other for each in comparisons)]
    differences = find_differences([first, *others])
    if json:
        print_json(
            {
                "runs": [each.as_dict() for each in figures],
                "comparisons": [each.as_dict() for each in comparisons],
                "differences": [each.as_dict() for each in differences],
            }
        )
    else:
        print_figures(figures)
        print_line()
        for comparison in comparisons:
            print_line(f"verdict  {comparison.sentence}.")
            for note in comparison.notes:
                say(f"note     {note}")
        print_differences(differences)
    say(f"\nnext     noonbit errors {others[0].word}")
    for comparison in comparisons:
        if fail_if_worse and comparison.verdict == "worse":
            raise CheckFailed(f"{comparison.sentence}.")


def print_figures(figures: "list[RunFigures]") -> None:
    """Print a row a run, numbered."""
    print_table(
        (
            "",
            "run",
            "source",
            "network",
            "accuracy",
            "95 % interval",
            "loss",
            "seconds",
            "items/s",
            "parameters",
            "MB",
        ),
        [
            (
                number,
                run.name,
                run.source,
                run.model,
                f"{run.accuracy:.2%} of {run.items:,}",
                f"{run.accuracy_low:.2%} to {run.accuracy_high:.2%}",
                f"{run.loss:.4f}",
                f"{run.train_seconds:,.1f}",
                "" if run.items_per_second is None else f"{run.items_per_second:,.0f}",
                run.parameters,
                "" if run.weights_bytes is None else f"{run.weights_bytes / 1e6:.2f}",
            )
            for number, run in enumerate(figures, start=1)
        ],
    )


def print_differences(differences: "tuple[Difference, ...]") -> None:
    """Print a row a setting in which the runs differ, with a column a run."""
    from noonbit.runs.value_text import format_value

    if not differences:
        print_line("\nno setting differs")
        return
    print_line("\nsettings that differ")
    count = len(differences[0].values)
    print_table(
        ("setting", "of", *map(str, range(1, count + 1))),
        [
            (
                each.name,
                each.topic,
                *(cut_middle(format_value(value), LONGEST_VALUE) for value in each.values),
            )
            for each in differences
        ],
    )
