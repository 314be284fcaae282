"""noonbit reproduce [NAME | all]"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from noonbit.cli.output import DataDir, Json, convert_path, print_json, print_line, print_table, say
from noonbit.course.experiments.results import REPRODUCED
from noonbit.errors import CheckFailed, Interrupted, NoonbitError, UsageError, join_first

if TYPE_CHECKING:
    from noonbit.course.experiments.experiment import Experiment, Letter
    from noonbit.course.experiments.results import Result


def reproduce(
    name: str | None = None,
    /,
    *,
    of: str | None = None,
    source: str | None = None,
    quick: Annotated[bool, Parameter(negative=())] = False,
    out: Annotated[Path, Parameter(converter=convert_path)] = REPRODUCED,
    data_dir: DataDir = None,
    json: Json = False,
) -> None:
    """Run the documented experiments again, and judge what the documents claim.

    Without a name: list them with their claims and last verdicts. With --json, `all` gives a list.

    Parameters
    ----------
    name
        An experiment, or `all`: hours on two cores; started again, it continues where it stopped.
    of
        Only those of one document, by its letter in the list: D0 to D4, or records.
    source
        A path, an archive, or a name of `noonbit data`: one documented recipe on your own files,
        without a verdict on the document's claim.
    quick
        A shortened form, to see that it works; it gives no verdict.
    out
        The folder of runs, verdicts and the page.
    """
    from noonbit.course.experiments.experiment import (
        experiments_of,
        find_document,
        load_experiment,
        load_experiments,
    )

    document = None if of is None else find_document(of)
    among = load_experiments() if document is None else experiments_of(document)
    if source is not None and name in (None, "all"):
        raise UsageError(
            "--source takes the recipe of one experiment: noonbit reproduce NAME --source PATH"
        )
    if name is None:
        list_experiments(among.values(), out, document=document, json=json)
        return
    chosen = list(among.values()) if name == "all" else [load_experiment(name)]
    for one in chosen:
        if one.name not in among:
            raise UsageError(f"{one.name} is not of {document}, but of {', '.join(one.headings)}.")
    results, failure = run_each(chosen, out, source=source, quick=quick, data_dir=data_dir)
    if json:
        objects = [result_to_dict(result) for result in results]
        print_json(objects if name == "all" else objects[0])
    elif results:
        print_table(
            ("experiment", "verdict", "figures"),
            [(each.name, each.verdict.outcome, each.verdict.sentence) for each in results],
        )
    if failure is not None:
        raise failure
    missed = [each.name for each in results if each.verdict.outcome == "not met"]
    if missed:
        raise CheckFailed(
            f"Not met: {join_first(missed, 10)}. {out / 'index.html'} has the figures."
        )


def run_each(
    chosen: "Sequence[Experiment]",
    out: Path,
    *,
    source: str | None,
    quick: bool,
    data_dir: Path | None,
) -> "tuple[list[Result], NoonbitError | None]":
    """Run the experiments; return the results and the first error.

    With several experiments, an error such as a missing data set does not stop the others. With
    one, and for Ctrl-C, the error is raised.
    """
    from noonbit.course.experiments.page import write_page
    from noonbit.course.experiments.reproduce import reproduce as run_again
    from noonbit.jobs.progress import display

    results: list[Result] = []
    failure: NoonbitError | None = None
    for one in chosen:
        say(f"\n== {one.name}: {one.title}; the document says: {one.says}")
        try:
            result = run_again(
                one, out=out, source=source, quick=quick, data_dir=data_dir, display=display
            )
        except NoonbitError as error:
            if len(chosen) == 1 or isinstance(error, Interrupted):
                raise
            failure = failure or error
            say(f"error: {error}")
            continue
        results.append(result)
        say(f"verdict  {result.verdict.outcome}: {result.verdict.sentence}")
        if not quick and source in (None, one.source):
            say(f"page     {write_page(out)}")
    return results, failure


def list_experiments(
    experiments: "Iterable[Experiment]", out: Path, *, document: "Letter | None", json: bool
) -> None:
    """Print experiments with their claims and last verdicts, a table for each document."""
    from noonbit.course.experiments.experiment import DOCUMENTS
    from noonbit.course.experiments.results import read_last_result

    rows = []
    by_document: dict[Letter, list[tuple[str, str, str, str]]] = {}
    for one in experiments:
        last = read_last_result(one.name, out)
        rows.append(
            {
                "name": one.name,
                "claim": one.says,
                "verdict": None if last is None else last.verdict.outcome,
                "figures": None if last is None else last.verdict.sentence,
                "headings": one.headings,
            }
        )
        letter = document or one.document
        cells = one.name, one.headings[letter], one.says
        verdict = "not run yet" if last is None else last.verdict.outcome
        by_document.setdefault(letter, []).append((*cells, verdict))
    if json:
        print_json(rows)
        return
    for letter, lines in by_document.items():
        print_line(f"{letter}  {DOCUMENTS[letter]}")
        print_table(("name", "where", "the document says", "last verdict"), lines)
        print_line()
    if document is None:
        say("next     noonbit reproduce byhand")
    else:
        whole = f"all --of {document}" if len(rows) > 1 else rows[0]["name"]
        say(f"next     noonbit reproduce {whole}")


def result_to_dict(result: "Result") -> dict[str, Any]:
    """Return a result as plain values for JSON, the verdict first."""
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
