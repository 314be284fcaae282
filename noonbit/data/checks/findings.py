"""What is wrong with labelled data, as far as transformed inputs, labels and the split show it.

    findings_of_items(items) -> findings, problems first

A `problem` makes figures wrong or items useless; a `note` is worth knowing, and noonbit copes with
it. This takes 0.1 s for the 70,000 images of MNIST, so every training begins with it; `noonbit
check` adds what only the files can tell (check.py).
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from importlib import import_module
from typing import Any, Literal

import numpy as np

from noonbit.data.dataset import PART_NAMES, Indices, PartName
from noonbit.data.prepared import PreparedDataset
from noonbit.errors import plural

Severity = Literal["problem", "note"]
Kind = Literal[
    "unreadable",
    "conflict",
    "leak",
    "duplicates",
    "blank",
    "stretched",
    "gaps",
    "spelling",
    "several labels",
    "imbalance",
    "few",
    "untested",
    "misnamed",
    "mixed sizes",
    "mixed channels",
    "bit depth",
    "left out",
    "odd games",
    "near duplicates",
    "stands out",
    "giveaway",
]

IMBALANCE_NOTE, IMBALANCE_PROBLEM = 3, 10
"""Largest class over smallest. Of two classes at 3 to 1, always answering the larger one is right
in 75 % of cases, and at 10 to 1 in 91 %: from there an accuracy says nothing by itself."""
FEW_ITEMS = 10
"""Validation takes a tenth, so a class with fewer training items has less than one for it."""
"""Largest median share of a picture's pixels at 0 or 255 that still looks like stretching, which
leaves a few pixels at either end (0.4 % in the stretched sign-language images). Drawings and
overexposed photographs have whole areas there (82 % in MNIST)."""
LONGEST_NUMBER = 18
"""Digits of class names that count; longer ones are no numbers of classes."""
LISTED_CLASSES = 5
"""Classes that a sentence names before it counts the others."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem of the data, or a fact worth knowing."""

    severity: Severity
    kind: Kind
    title: str
    """A sentence."""
    detail: tuple[str, ...] = ()
    """The items concerned, one entry each: names, equal names, or classes with counts."""
    items: tuple[tuple[int, ...], ...] = ()
    """The numbers of the readable items of each entry of `detail`, counted through train,
    validation and test of the source; empty where the entries are no items."""

    def as_dict(self, *, most: int | None = None) -> dict[str, Any]:
        """Plain values for JSON, with at most `most` entries of detail."""
        numbers = [list(entry) for entry in self.items[:most]]
        return {**asdict(self), "detail": list(self.detail[:most]), "items": numbers}


def findings_of_items(items: PreparedDataset) -> list[Finding]:
    """Return what is wrong with the readable items, problems first.

    Pictures are identical when all their transformed pixels are, sentences when their words are.
    """
    parts = readable_parts(items)
    return problems_first(
        [
            *conflicts(items),
            *leaks(items),
            *duplicates(items, parts),
            *blanks(items),
            *checks_of(items).findings(items),
            *gaps(items.data.class_names),
            *spellings(items),
            *several_labels(items),
            *(() if items.has_given_classes else class_sizes(items, parts["train"])),
            *(() if items.has_given_classes else find_untested_classes(items)),
        ]
    )


def checks_of(items: PreparedDataset) -> Any:
    """The module with the facts and findings of the kind of input; see checks/plain.py."""
    return import_module(items.preprocessor.checks)


def problems_first(findings: Iterable[Finding]) -> list[Finding]:
    """Sort problems before notes, and keep the order otherwise."""
    return sorted(findings, key=lambda finding: finding.severity != "problem")


def readable_parts(items: PreparedDataset) -> dict[PartName, Indices]:
    """The item numbers of each part of the source (not of the split) that could be read."""
    readable = np.zeros(len(items.labels), bool)
    for name in PART_NAMES:
        readable[items.indices(name)] = True
    numbers: dict[PartName, Indices] = {}
    first = 0
    for part in PART_NAMES:
        if part in items.data.parts:
            last = first + len(items.data.parts[part])
            numbers[part] = first + np.flatnonzero(readable[first:last])
            first = last
    return numbers


def class_counts(items: PreparedDataset, numbers: Indices) -> list[int]:
    """Count the items of each class at `numbers`."""
    counts = np.bincount(items.labels[numbers], minlength=len(items.data.class_names))
    return [int(count) for count in counts]


# The rules


def conflicts(items: PreparedDataset) -> Iterator[Finding]:
    """Find equal inputs with different labels: no network can be right on both."""
    torn = [group for group in items.copies if len(np.unique(items.labels[group])) > 1]
    if torn:
        yield Finding(
            "problem",
            "conflict",
            f"{plural(len(torn), items.preprocessor.noun)} "
            f"{'stands' if len(torn) == 1 else 'stand'} under more than one label.",
            tuple(" = ".join(labelled_name(items, item) for item in group) for group in torn),
            tuple(tuple(group.tolist()) for group in torn),
        )


def leaks(items: PreparedDataset) -> Iterator[Finding]:
    """Find equal inputs in train and in test, or in the source's own validation part.

    A test split that noonbit drew counts as well, since its accuracy would be as wrong. A drawn
    validation split does not: its copies are duplicates within the source's train part.
    """
    role = np.full(len(items.labels), -1)
    for number, part in enumerate(PART_NAMES):
        role[items.indices(part)] = number
    own_validation = "validation" in items.data.parts
    noun = items.preprocessor.noun
    for number, part in enumerate(PART_NAMES):
        if part == "train" or (part == "validation" and not own_validation):
            continue
        pairs = [
            (item, group[role[group] < number][0])
            for group in items.copies
            if (role[group] < number).any()
            for item in group[role[group] == number]
        ]
        if pairs:
            earlier = "train or validation" if part == "test" and own_validation else "train"
            yield Finding(
                "problem",
                "leak",
                f"{len(pairs):,} of {plural(len(items.indices(part)), f'{part} {noun}')} "
                f"{'has' if len(pairs) == 1 else 'have'} an exact copy in {earlier}, so the {part} "
                "accuracy measures memory there.",
                named_pairs(items, pairs),
                tuple((int(item), int(first)) for item, first in pairs),
            )


def duplicates(items: PreparedDataset, parts: dict[PartName, Indices]) -> Iterator[Finding]:
    """Find copies within one part. They weigh more than others, which seldom does harm."""
    noun = items.preprocessor.noun
    for part, numbers in parts.items():
        inside = np.zeros(len(items.labels), bool)
        inside[numbers] = True
        pairs = [
            (item, group[inside[group]][0])
            for group in items.copies
            for item in group[inside[group]][1:]
        ]
        if pairs:
            yield Finding(
                "note",
                "duplicates",
                f"{len(pairs):,} of {plural(len(numbers), f'{part} {noun}')} "
                f"{'is a copy of another' if len(pairs) == 1 else 'are copies of others'}.",
                named_pairs(items, pairs),
                tuple((int(item), int(first)) for item, first in pairs),
            )


def blanks(items: PreparedDataset) -> Iterator[Finding]:
    """Find labelled inputs without content: a failed scan, an empty line."""
    blank = items.blank
    if len(blank):
        yield Finding(
            "problem",
            "blank",
            f"{plural(len(blank), items.preprocessor.noun)} {'is' if len(blank) == 1 else 'are'} "
            f"{items.preprocessor.blank}.",
            tuple(labelled_name(items, item) for item in blank),
            tuple((item,) for item in blank.tolist()),
        )


def gaps(class_names: Sequence[str]) -> Iterator[Finding]:
    """Find class names that are whole numbers or letters with some left out.

    Silent where more are left out than there: such names were never meant to be consecutive.
    """
    spell: Callable[[int], str] = str
    if all(
        name.isascii() and name.isdecimal() and len(name) <= LONGEST_NUMBER for name in class_names
    ):
        present = {int(name): name for name in class_names}
    elif all(len(name) == 1 and name.isascii() and name.isalpha() for name in class_names):
        present, spell = {ord(name): name for name in class_names}, chr
    else:
        return
    first, last = min(present), max(present)
    if 0 < last - first + 1 - len(present) <= len(present):
        missing = [spell(n) for n in range(first, last) if n not in present]
        yield Finding(
            "note",
            "gaps",
            f"Labels {present[first]}-{present[last]} without {listed(missing)}.",
            tuple(missing),
        )


def spellings(items: PreparedDataset) -> Iterator[Finding]:
    """Find classes whose names differ only in case, in spaces or in how letters are composed."""
    by_spelling: dict[str, list[str]] = defaultdict(list)
    for name in items.data.class_names:
        composed = unicodedata.normalize("NFKC", name).casefold()
        by_spelling[re.sub(r"[\s_-]", "", composed) or name].append(name)
    alike = [names for names in by_spelling.values() if len(names) > 1]
    if alike:
        yield Finding(
            "problem",
            "spelling",
            f"{plural(len(alike), 'class', 'classes')} may be spelled in several ways: "
            f"{listed([' = '.join(map(repr, names)) for names in alike])}.",
            tuple(" = ".join(map(repr, names)) for names in alike),
        )


def several_labels(items: PreparedDataset) -> Iterator[Finding]:
    """Find classes that are several others in one field: `cat|dog` beside `cat`."""
    known = set(items.data.class_names)
    several = [
        name
        for name in items.data.class_names
        if len(pieces := [piece.strip() for piece in re.split(r"[|;,]", name)]) > 1
        and known & {*pieces}
    ]
    if several:
        yield Finding(
            "problem",
            "several labels",
            f"{plural(len(several), 'class', 'classes')} may be several labels in one field: "
            f"{listed(several)}. noonbit learns one label for each {items.preprocessor.noun}.",
            tuple(several),
        )


def class_sizes(items: PreparedDataset, train: Indices) -> Iterator[Finding]:
    """Find classes with no items, with few, or with far fewer than others."""
    noun = items.preprocessor.noun
    counts = dict(zip(items.data.class_names, class_counts(items, train), strict=True))
    nothing = [name for name, count in counts.items() if not count]
    ascending = sorted((name for name in counts if counts[name]), key=lambda name: counts[name])
    few = [name for name in ascending if counts[name] < FEW_ITEMS]
    if nothing:
        yield Finding(
            "problem",
            "few",
            f"No training {noun} of {classes(nothing)} can be read.",
            tuple(nothing),
        )
    if ascending:
        smallest, largest = ascending[0], ascending[-1]
        times = counts[largest] / counts[smallest]
        if times > IMBALANCE_NOTE:
            yield Finding(
                "problem" if times > IMBALANCE_PROBLEM else "note",
                "imbalance",
                f"Class '{largest}' has {times:,.1f} times as many training {noun}s as "
                f"'{smallest}' ({counts[largest]:,} and {counts[smallest]:,}), so look at the "
                "accuracy of each class.",
                tuple(f"{name}: {counts[name]:,}" for name in ascending),
            )
    if few:
        yield Finding(
            "note",
            "few",
            f"There are fewer than {FEW_ITEMS} training {noun}s of {classes(few)}.",
            tuple(f"{name}: {counts[name]:,}" for name in few),
        )


def find_untested_classes(items: PreparedDataset) -> Iterator[Finding]:
    """Find classes without test items: no figure covers them."""
    counts = class_counts(items, items.split.test)
    missing = [
        name for name, count in zip(items.data.class_names, counts, strict=True) if not count
    ]
    if missing:
        yield Finding(
            "note",
            "untested",
            f"There is no test {items.preprocessor.noun} of {classes(missing)}.",
            tuple(missing),
        )


# How findings speak


def labelled_name(items: PreparedDataset, number: int) -> str:
    """`cats/7.jpg (cats)`."""
    return f"{items.names[number]} ({items.data.class_names[items.labels[number]]})"


def named_pairs(items: PreparedDataset, pairs: Sequence[tuple[int, int]]) -> tuple[str, ...]:
    """`test/cats/9.jpg = train/cats/7.jpg`."""
    return tuple(f"{items.names[item]} = {items.names[first]}" for item, first in pairs)


def classes(names: Sequence[str]) -> str:
    """`class 'a'`, `the classes 'a', 'b' and 3 more`."""
    quoted = listed([f"'{name}'" for name in names])
    return f"class {quoted}" if len(names) == 1 else f"the classes {quoted}"


def listed(words: Sequence[str]) -> str:
    """Join the first words with commas, and count the rest."""
    shown = ", ".join(words[:LISTED_CLASSES])
    more = len(words) - LISTED_CLASSES
    return f"{shown} and {more:,} more" if more > 0 else shown
