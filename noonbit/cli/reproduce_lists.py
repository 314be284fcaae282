"""noonbit reproduce without a name: experiments and programs, with claims and last verdicts."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from noonbit.cli.output import print_json, print_line, print_table, say
from noonbit.cli.reproduce_words import Words

if TYPE_CHECKING:
    from noonbit.course.experiments.documents import Letter
    from noonbit.course.experiments.experiment import Experiment
    from noonbit.course.path.program import Place


def list_experiments(
    experiments: "Iterable[Experiment]", out: Path, words: Words, *, json: bool
) -> None:
    """Print experiments with their claims and last verdicts, a table for each document."""
    from noonbit.course.experiments.documents import DOCUMENTS
    from noonbit.course.experiments.results import read_last_result
    from noonbit.course.path.program import load_documents

    rows = []
    by_document: dict[Letter, list[tuple[str, str, str, str]]] = {}
    for one in experiments:
        last = read_last_result(one.name, out)
        says = words.of(one.says)
        rows.append(
            {
                "name": one.name,
                "claim": says,
                "verdict": None if last is None else last.verdict.outcome,
                "figures": None if last is None else words.of(last.verdict.sentence),
                "headings": one.headings,
            }
        )
        cells = one.name, one.headings[one.document], says, words.outcome(last)
        by_document.setdefault(one.document, []).append(cells)
    if json:
        print_json(rows)
        return
    for letter, lines in by_document.items():
        print_line(f"{letter}  {words.of((DOCUMENTS[letter], load_documents()[letter].title[1]))}")
        print_table(
            (words("name"), words("where"), words("document_says"), words("last_verdict")), lines
        )
        print_line()
    say("next     noonbit reproduce --of D4")


def list_programs(
    places: "Sequence[Place]", out: Path, words: Words, *, word: str, json: bool
) -> None:
    """Print programs in order, each with its command, what it teaches, claim and last verdict."""
    from noonbit.course.experiments.documents import DOCUMENTS
    from noonbit.course.path.program import find_letter, load_documents

    if json:
        print_json([place.as_dict() | claim_and_verdict(place, out, words) for place in places])
        return
    letter = None
    for place in places:
        if place.letter != letter:
            title = DOCUMENTS[place.letter], load_documents()[place.letter].title[1]
            print_line(f"\n{place.letter}  {words.of(title)}")
            letter = place.letter
        print_program(place, out, words)
    document = find_letter(word.strip())
    first = places[0].program.quick_command
    say(f"\nnext     {first if document is None else f'noonbit reproduce all --of {document}'}")


def claim_and_verdict(place: "Place", out: Path, words: Words) -> dict[str, Any]:
    """Return what a document claims of a program, and the last verdict; None without any."""
    from noonbit.course.experiments.experiment import load_experiment
    from noonbit.course.experiments.results import read_last_result

    name = place.program.experiment
    last = read_last_result(name, out) if name else None
    return {
        "claim": words.of(load_experiment(name).says) if name else None,
        "verdict": None if last is None else last.verdict.outcome,
        "figures": None if last is None else words.of(last.verdict.sentence),
    }


def print_program(place: "Place", out: Path, words: Words) -> None:
    """Print a program as a paragraph."""
    from noonbit.course.experiments.experiment import load_experiment
    from noonbit.course.experiments.results import read_last_result
    from noonbit.course.path.program import QUICK_DATA

    program = place.program
    english, korean = program.heading
    lines = [words.of(program.teaches), program.command]
    if program.quick and program.other_data:
        data = words.of(QUICK_DATA[program.other_data])
        lines.append(words("quick_on", command=program.quick, data=data))
    elif program.quick:
        lines.append(words("quick", command=program.quick))
    if program.experiment:
        says = words.of(load_experiment(program.experiment).says)
        verdict = words.outcome(read_last_result(program.experiment, out))
        lines.append(words("says", says=says, verdict=verdict))
    both = f"{korean} ({english})"
    print_line(f"\n{place.number:3}  {english if english == korean else both}")
    for line in lines:
        print_line(f"     {line}")
