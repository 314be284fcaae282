"""Diagnose a data set: open every file, and apply every rule.

check(open_data(source, on_bad="skip")) -> Diagnosis
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from noonbit.data.checks.findings import (
    Finding,
    checks_of,
    class_counts,
    findings_of_items,
    problems_first,
    readable_parts,
)
from noonbit.data.dataset import (
    PART_NAMES,
    Indices,
    PartName,
    RawDataset,
)
from noonbit.data.prepared import PreparedDataset, prepare
from noonbit.data.preprocess.registry import fit_preprocessor
from noonbit.errors import plural

if TYPE_CHECKING:
    from PIL.Image import Image

SHEET_COLUMNS = 8
"""Samples of each class on a contact sheet."""
SHEET_ROWS = 250
"""Classes on a contact sheet at most: 30,000 pixels, which is as high as viewers show."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The readable part of a data set, and what is wrong with it."""

    items: PreparedDataset
    findings: tuple[Finding, ...]
    """Problems first."""

    @property
    def problems(self) -> int:
        """How many findings are problems."""
        return sum(finding.severity == "problem" for finding in self.findings)

    @property
    def notes(self) -> list[str]:
        """The reader's notes, without those that a finding repeats with more detail."""
        titles = {finding.title for finding in self.findings}
        return [note for note in self.items.data.notes if note not in titles]

    @property
    def counts(self) -> dict[PartName, list[int]]:
        """Readable items of each class, by part of the source."""
        return {
            part: class_counts(self.items, numbers)
            for part, numbers in readable_parts(self.items).items()
        }

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        data, split = self.items.data, self.items.split
        return {
            "source": data.source,
            "format": data.format,
            "classes": list(data.class_names),
            "counts": self.counts,
            "split": {
                name: {"items": len(self.items.indices(name)), "from": split.reasons[name]}
                for name in PART_NAMES
            },
            **checks_of(self.items).facts(self.items),
            "notes": self.notes,
            "problems": self.problems,
            "findings": [finding.as_dict() for finding in self.findings],
        }


def check(data: RawDataset) -> Diagnosis:
    """Open and transform every input; a file that cannot be read is a finding.

    `data` should come from `open_data(source, on_bad="skip")`, which goes on past bad headers.
    Raises `DataError` where too little is left to make a split of.
    """
    preprocessor, _ = fit_preprocessor(data)
    items = prepare(data, preprocessor, on_bad="skip")
    findings = [
        *unreadable_files(items),
        *findings_of_items(items),
        *checks_of(items).file_findings(items),
    ]
    return Diagnosis(items, tuple(problems_first(findings)))


def contact_sheet(items: PreparedDataset) -> "Image":
    """Draw a row of training pictures for each class, as a network will see them.

    Of more classes than `SHEET_ROWS`, the first.
    """
    from noonbit.data.contact_sheet import draw_grid

    train = readable_parts(items)["train"]
    names = items.data.class_names[:SHEET_ROWS]
    rows = [train[items.labels[train] == label] for label in range(len(names))]
    columns = max(1, min(SHEET_COLUMNS, max(map(len, rows))))
    # A class with fewer pictures than columns ends in white cells without a title.
    pixels = np.full((len(rows), columns, *items.preprocessor.shape), 255, np.uint8)
    titles = []
    for line, row, name in zip(pixels, rows, names, strict=True):
        shown = spread(row, columns)
        line[: len(shown)] = items.values[shown]
        titles += [name] * len(shown) + [""] * (columns - len(shown))
    return draw_grid(pixels.reshape(-1, *items.preprocessor.shape), titles, columns=columns)


def spread(numbers: Indices, most: int) -> Indices:
    """Choose at most so many of the numbers, evenly: neighbours in a file are often alike."""
    places = np.linspace(0, len(numbers) - 1, min(most, len(numbers))).astype(np.int64)
    return numbers[places]


def unreadable_files(items: PreparedDataset) -> Iterator[Finding]:
    """Find files that could not be read, at their header or at decoding."""
    total = sum(map(len, items.data.parts.values())) + len(items.data.bad)
    item = items.preprocessor.unit
    if items.bad:
        yield Finding(
            "problem",
            "unreadable",
            f"{len(items.bad):,} of {plural(total, item)} cannot be read.",
            tuple(map(str, items.bad)),
        )
