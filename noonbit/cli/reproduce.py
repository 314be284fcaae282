"""noonbit reproduce [NAME | all]"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from noonbit.cli.output import DataDir, Json, convert_path, print_json, print_table, say
from noonbit.cli.reproduce_lists import list_experiments, list_programs
from noonbit.cli.reproduce_words import Words
from noonbit.course.experiments.results import REPRODUCED
from noonbit.errors import CheckFailed, Interrupted, NoonbitError, UsageError, join_first
from noonbit.language import Language

if TYPE_CHECKING:
    from noonbit.course.experiments.experiment import Experiment
    from noonbit.course.experiments.results import Result
    from noonbit.course.path.program import Place


def reproduce(
    name: str | None = None,
    /,
    *,
    of: str | None = None,
    source: str | None = None,
    quick: Annotated[bool, Parameter(negative=())] = False,
    out: Annotated[Path, Parameter(converter=convert_path)] = REPRODUCED,
    data_dir: DataDir = None,
    language: Language | None = None,
    json: Json = False,
) -> None:
    """Follow five course documents: find their programs, run them, and judge what they claim.

    Without a name: list them with their claims and last verdicts; with --of, list every program of
    a document with the command that does it. With --json, `all` gives a list.

    Parameters
    ----------
    name
        An experiment, or `all`: hours on two cores; started again, it continues where it stopped.
    of
        A document by its letter in the list, D0 to D4, or records; or a heading or term of theirs
        in English or Korean, such as "max pooling" or 드롭아웃.
    source
        A path, an archive, or a name of `noonbit data`: one documented recipe on your own files,
        without a verdict on the document's claim.
    quick
        A shortened form, to see that it works; it gives no verdict.
    out
        The folder of runs, verdicts and the page.
    language
        Of headings, claims and verdicts: en, or ko for Korean; by default that of
        $NOONBIT_LANGUAGE.
    """
    from noonbit.course.experiments.experiment import load_experiments
    from noonbit.course.path.program import find_programs

    words = Words(language)
    places = [] if of is None else find_programs(of, words.language)
    among = load_experiments() if of is None else experiments_among(places)
    if source is not None and name in (None, "all"):
        raise UsageError(
            "--source takes the recipe of one experiment: noonbit reproduce NAME --source PATH"
        )
    if name is None and of is not None:
        list_programs(places, out, words, word=of, json=json)
        return
    if name is None:
        list_experiments(among.values(), out, words, json=json)
        return
    chosen = choose_experiments(name, among, of)
    results, failure = run_each(chosen, out, words, source=source, quick=quick, data_dir=data_dir)
    if json:
        objects = [result_to_dict(result, words) for result in results]
        print_json(objects if name == "all" else objects[0])
    elif results:
        print_table(
            (words("experiment"), words("outcome"), words("figures")),
            [(each.name, words.outcome(each), words.of(each.verdict.sentence)) for each in results],
        )
    if failure is not None:
        raise failure
    missed = [each.name for each in results if each.verdict.outcome == "not met"]
    if missed:
        raise CheckFailed(
            f"Not met: {join_first(missed, 10)}. {out / 'index.html'} has the figures."
        )


def choose_experiments(
    name: str, among: "Mapping[str, Experiment]", of: str | None
) -> "list[Experiment]":
    """Return the experiment of that name, or all of `among`, which are those of `of`.

    Raises `UsageError` for one that is not among them, and if there are none.
    """
    from noonbit.course.experiments.experiment import load_experiment

    chosen = list(among.values()) if name == "all" else [load_experiment(name)]
    for one in chosen:
        if one.name not in among:
            raise UsageError(f"{one.name} is not of {of}, but of {', '.join(one.headings)}.")
    if not chosen:
        raise UsageError(f"No program of {of} is an experiment: noonbit reproduce --of lists them.")
    return chosen


def experiments_among(places: "Sequence[Place]") -> "dict[str, Experiment]":
    """Return the experiments of some programs by name, each once; of a document all of its own."""
    from noonbit.course.experiments.experiment import experiments_of, load_experiment
    from noonbit.course.path.program import all_places

    found: dict[str, Experiment] = {}
    for letter in dict.fromkeys(place.letter for place in places):
        of_letter = [place for place in places if place.letter == letter]
        if of_letter == [place for place in all_places() if place.letter == letter]:
            found |= experiments_of(letter)
    names = (place.program.experiment for place in places)
    return found | {name: load_experiment(name) for name in names if name}


def run_each(
    chosen: "Sequence[Experiment]",
    out: Path,
    words: Words,
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
        title = words("title", title=words.of(one.title), says=words.of(one.says))
        say(f"\n== {one.name}: {title}")
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
        sentence = words.of(result.verdict.sentence)
        say(words("verdict", outcome=words.outcome(result), sentence=sentence))
        if not quick and source in (None, one.source):
            say(f"page     {write_page(out, words.language)}")
    return results, failure


def result_to_dict(result: "Result", words: Words) -> dict[str, Any]:
    """Return a result as plain values for JSON, the verdict first."""
    whole = asdict(result)
    verdict = whole.pop("verdict")
    return {
        "name": whole.pop("name"),
        "verdict": verdict["outcome"],
        "figures": words.of(verdict["sentence"]),
        "difference": verdict["difference"],
        "low": verdict["low"],
        "high": verdict["high"],
    } | whole
