"""The path through the documents: what each of their programs is called, and how noonbit runs it.

    D2.toml ──> Document ──> its programs, in the document's order

    find_programs("D2")            all of a document
    find_programs("드롭아웃")       those of a heading or a term, in either language

The headings are facts about the documents; what a program teaches and what to try next are our own
words, in English and in Korean.
"""

import re
import shlex
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from noonbit.course.experiments.documents import DOCUMENTS, FrozenModel, Letter, Text
from noonbit.errors import UsageError
from noonbit.language import Language, choose_particles

FOLDER = Path(__file__).parent
QUICK_DATA: Mapping[str, Text] = {
    "digits": (
        "the digits that are installed: 1,797 pictures of 8x8 pixels, or 64 numbers, in 10 classes",
        "함께 설치된 손글씨 숫자: 8x8 픽셀(숫자 64개) 그림 1,797장, 클래스 10개",
    ),
    "shapes": (
        "the figures that noonbit draws: circles, rectangles and triangles of 24x24 pixels",
        "noonbit이 그린 도형: 24x24 픽셀의 원, 사각형, 삼각형",
    ),
}
"""Data that need no files, which quick forms take."""
LONGEST_WORD = 100
"""Characters of what is looked for; the longest heading has fewer."""
MOST_NEAR = 3
LEAST_LETTERS = 4
"""Of what is looked for in whole sentences and titles, where shorter words stand by chance."""


class Program(FrozenModel):
    """One program of a document."""

    heading: Text
    """Where it stands, by the document's own heading."""
    teaches: Text
    """In one sentence."""
    command: Annotated[str, Field(pattern="^noonbit ")]
    """Does it as documented."""
    quick: Annotated[str, Field(pattern="^noonbit ")] = ""
    """Shows the same within a minute on two cores; empty where the command itself does."""
    next: Text
    """What to try next; commands stand in backticks."""
    words: str = ""
    """Other words by which it is found."""
    experiment: str = ""
    """The experiment that judges what the document claims of it; empty without one."""
    drawing: str = ""
    """What the page Learn draws beside it, such as `convolution` or `architecture vgg-d`."""
    page: str = ""
    """The page of the studio on which it can be done too, with its query."""

    @property
    def quick_command(self) -> str:
        """The command that ends soon."""
        return self.quick or self.command

    @property
    def other_data(self) -> str:
        """The data of the quick form, where the full form has others; else empty.

        What the program teaches is said of the data of the full form.
        """
        quick, full = shlex.split(self.quick_command), shlex.split(self.command)
        return next((name for name in QUICK_DATA if name in quick and name not in full), "")

    @property
    def needs_run(self) -> bool:
        """Whether it is about a run, and so comes after a training."""
        return "last" in shlex.split(self.command)


class Document(FrozenModel):
    """One document."""

    letter: Letter
    title: Text
    programs: tuple[Program, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """A program, and where it stands."""

    letter: Letter
    number: int
    """From 1 in its document."""
    program: Program

    @property
    def name(self) -> str:
        """`D2-4`: what tells it from all others."""
        return f"{self.letter}-{self.number}"

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON, each text by its language."""
        program = self.program
        return {
            "document": self.letter,
            "number": self.number,
            **{
                name: dict(zip(("en", "ko"), getattr(program, name), strict=True))
                for name in ("heading", "teaches", "next")
            },
            "command": program.command,
            "quick": program.quick_command,
            "experiment": program.experiment or None,
            "page": program.page or None,
        }


@cache
def load_documents() -> dict[Letter, Document]:
    """Load the documents by letter, in the order of `DOCUMENTS`."""
    return {
        letter: Document.model_validate(
            {"letter": letter, **tomllib.loads((FOLDER / f"{letter}.toml").read_text("utf-8"))}
        )
        for letter in DOCUMENTS
    }


@cache
def all_places() -> tuple[Place, ...]:
    """Return every program of every document, in order."""
    return tuple(
        Place(document.letter, number, program)
        for document in load_documents().values()
        for number, program in enumerate(document.programs, 1)
    )


def find_letter(word: str) -> Letter | None:
    """Return a document's letter as `DOCUMENTS` has it, however it is written; None if none is."""
    return next((letter for letter in DOCUMENTS if letter.casefold() == word.casefold()), None)


def find_programs(word: str, language: Language = "en") -> list[Place]:
    """Return the programs of a document, a heading, a term or an experiment, in order.

    Case, blanks, hyphens and commas of numbers make no difference. What no heading or term holds is
    looked for in the documents' titles, then in what the programs teach, then word by word. Raises
    `UsageError` in a language, with what is near, if nothing is found.
    """
    wanted, places = squeeze(word), all_places()
    letter = find_letter(word.strip())
    named = [place for place in places if wanted and wanted in names(place)]
    if letter is None and not named and len(wanted) >= LEAST_LETTERS:
        letter = letter_of_title(wanted)
    if letter is not None:
        return [place for place in places if place.letter == letter]
    if named or len(wanted) < LEAST_LETTERS:
        found = named
    else:
        pieces = [squeeze(piece) for piece in word.split()]
        found = [
            place for place in places if wanted in squeeze("\n".join(place.program.teaches))
        ] or [place for place in places if all(piece in names(place) for piece in pieces)]
    if found:
        return found
    raise UsageError(say_not_found(word, language))


def say_not_found(word: str, language: Language) -> str:
    """Return that nothing is called so, what is near, and what there is."""
    near, shown = ", ".join(words_near(word)), word[:LONGEST_WORD]
    titles = "; ".join(
        f"{letter} ({title if language == 'en' else load_documents()[letter].title[1]})"
        for letter, title in DOCUMENTS.items()
    )
    if language == "ko":
        return choose_particles(
            f"‘{shown}’(이)라는 문서나 프로그램이 없습니다."
            f"{f' 비슷한 말: {near}.' if near else ''} 제목의 한 낱말이나 문서의 기호를 써 "
            f"주세요: {titles}."
        )
    return (
        f"No document and no program of one is called '{shown}'."
        f"{f' Near it: {near}.' if near else ''} Take one word of a heading, or a letter: {titles}."
    )


def letter_of_title(wanted: str) -> Letter | None:
    """Return the document in whose title squeezed words stand; None if it is not one alone."""
    letters = [
        letter
        for letter, document in load_documents().items()
        if wanted in squeeze("\n".join((*document.title, DOCUMENTS[letter])))
    ]
    return letters[0] if len(letters) == 1 else None


@cache
def names(place: Place) -> str:
    """Return all words by which a program is found, squeezed."""
    return squeeze(searched(place))


def searched(place: Place) -> str:
    """Return all words by which a program is found."""
    program = place.program
    # A line break between them, so that no two words are found as one.
    return "\n".join((*program.heading, *program.words.split(), program.words, program.experiment))


def squeeze(text: str) -> str:
    """Return a text in lower case without blanks, hyphens and the commas of numbers; lines stay."""
    return re.sub(r"[^\S\n]|[-_‐–]|(?<=\d),(?=\d)", "", text.casefold())


def words_near(word: str) -> list[str]:
    """Return words by which programs are found that look like one, or like a piece of it."""
    pieces = [squeeze(piece) for piece in (word, *word.split())]
    if len(word) > LONGEST_WORD:
        return []
    words: dict[str, str] = {}
    for place in all_places():
        for text in (*place.program.heading, *place.program.words.split()):
            for name in (text, *re.findall(r"[^\W\d_]{2,}", text)):
                words.setdefault(squeeze(name), name)
    near = (each for piece in pieces for each in get_close_matches(piece, words, n=3, cutoff=0.7))
    return list(dict.fromkeys(words[each] for each in near))[:MOST_NEAR]
