"""noonbit reproduce [NAME | all]"""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from noonbit.commands.output import DataDir, Json, print_json, print_table, say
from noonbit.errors import CheckFailed, NoonbitError
from noonbit.experiments.results import REPRODUCED

if TYPE_CHECKING:
    from noonbit.experiments.results import Result


def reproduce(
    name: str | None = None,
    /,
    *,
    quick: Annotated[bool, Parameter(negative=())] = False,
    out: Path = REPRODUCED,
    data_dir: DataDir = None,
    json: Json = False,
) -> None:
    """Run the documented experiments again, and judge what the documents claim.

    Without a name: list them with their claims and last verdicts.

    Parameters
    ----------
    name
        An experiment, or `all`: hours on two cores; started again, it continues where it stopped.
    quick
        A shortened form, to see that it works; it gives no verdict.
    out
        The folder of runs, verdicts and the page.
    data_dir
        Where to look for known data sets first.
    json
        Print one JSON value on stdout: a list of objects, or one for a single experiment.
    """
    from noonbit.experiments import experiment, experiments

    if name is None:
        listing(out, json=json)
        return
    chosen = list(experiments().values()) if name == "all" else [experiment(name)]
    from noonbit.experiments.page import write_page
    from noonbit.experiments.reproduce import reproduce as run_again
    from noonbit.progress import display

    results: list[Result] = []
    failures: dict[str, NoonbitError] = {}
    for one in chosen:
        say(f"\n== {one.name}: {one.title}; the document says: {one.says}")
        try:
            result = run_again(one, out=out, quick=quick, data_dir=data_dir, display=display)
        except NoonbitError as error:
            # A set that is not at hand, say, must not keep the others from running.
            if name != "all" or error.exit_code == 130:
                raise
            failures[one.name] = error
            say(f"error: {error}")
            continue
        results.append(result)
        say(f"verdict  {result.verdict.outcome}: {result.verdict.sentence}")
        if not quick:
            say(f"page     {write_page(out)}")
    if json:
        objects = [as_object(result) for result in results]
        print_json(objects if name == "all" else objects[0])
    elif results:
        print_table(
            ("experiment", "verdict", "figures"),
            [(each.name, each.verdict.outcome, each.verdict.sentence) for each in results],
        )
    missed = [each.name for each in results if each.verdict.outcome == "not met"]
    if failures:
        raise next(iter(failures.values()))
    if missed:
        raise CheckFailed(f"Not met: {', '.join(missed)}. {out / 'index.html'} has the figures.")


def listing(out: Path, *, json: bool) -> None:
    """Every experiment with its claim and last verdict."""
    from noonbit.experiments import experiments
    from noonbit.experiments.results import last_result

    rows = []
    for one in experiments().values():
        last = last_result(one.name, out)
        rows.append(
            {
                "name": one.name,
                "claim": one.says,
                "verdict": None if last is None else last.verdict.outcome,
                "figures": None if last is None else last.verdict.sentence,
                "document": one.document,
            }
        )
    if json:
        print_json(rows)
        return
    print_table(
        ("name", "the document says", "last verdict"),
        [(row["name"], row["claim"], row["verdict"] or "not run yet") for row in rows],
    )
    say("\nnext     noonbit reproduce byhand")


def as_object(result: "Result") -> dict[str, Any]:
    """A result as JSON, with the verdict in front."""
    whole = asdict(result)
    verdict = whole.pop("verdict")
    return {
        "name": whole.pop("name"),
        "verdict": verdict["outcome"],
        "figures": verdict["sentence"],
        "difference": verdict["difference"],
        "low": verdict["low"],
        "high": verdict["high"],
    } | whole
