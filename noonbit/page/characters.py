"""What Python knows of characters, for the page: which belong to words, and their lower case.

A browser knows another version of Unicode than the Python that collected a vocabulary: Chromium 150
has 14,049 letters and digits that Python 3.11 lacks, and 55 other lower cases, so a text may fall
into other words. So the page of a run whose words are not ASCII alone brings these tables along
(33 KB), computed by the functions that Python itself uses. ASCII words differ in nothing, and need
no table.
"""

import sys
from collections.abc import Iterable
from itertools import groupby
from typing import TypedDict

from noonbit.data.preprocess.text import SEPARATORS, TextPreprocessor


class CharacterTables(TypedDict):
    """Tables over all code points, for `Characters` of characters.js.

    A list of runs holds how many code points from U+0000 on are not meant, then how many are, then
    how many are not, and so on.
    """

    kept: list[int]
    """Runs of the characters that do not separate words."""
    lower: dict[str, str]
    """The lower case of every kept character that changes, but capital sigma."""
    cased: list[int]
    """Runs of the kept characters after which a capital sigma may be final."""
    ignorable: list[int]
    """Runs of those that are passed over in the search for a cased one."""


def character_tables(preprocessor: TextPreprocessor) -> CharacterTables | None:
    """Return the tables that sentences need, in 1 s; None if their words are ASCII."""
    if preprocessor.letters == "ascii":
        return None
    characters = [chr(code) for code in range(sys.maxunicode + 1)]
    kept = [SEPARATORS["all"].match(character) is None for character in characters]
    # Capital sigma has two lower cases, by what stands around it (Unicode, section 3.13). Python
    # does not say which characters count there, but its answers do.
    after = [
        keep and (character + "Σ").lower().endswith("ς")
        for character, keep in zip(characters, kept, strict=True)
    ]
    passed_over = [
        keep and not cased and ("A" + character + "Σ").lower().endswith("ς")
        for character, keep, cased in zip(characters, kept, after, strict=True)
    ]
    return {
        "kept": runs(kept),
        "lower": {
            character: character.lower()
            for character, keep in zip(characters, kept, strict=True)
            if keep and character not in (character.lower(), "Σ")
        },
        "cased": runs(after),
        "ignorable": runs(passed_over),
    }


def runs(marked: Iterable[bool]) -> list[int]:
    """Return the lengths of alternating runs, of unmarked ones first: [0, 0, 1] -> [2, 1]."""
    groups = [(mark, len(list(group))) for mark, group in groupby(marked)]
    lengths = [length for _, length in groups]
    return [0, *lengths] if groups and groups[0][0] else lengths
