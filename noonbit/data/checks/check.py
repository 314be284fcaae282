"""What data is, and what is wrong with it: every file opened, every rule asked.

check(open_data(source, on_bad="skip")) -> Diagnosis
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from noonbit.data.checks.findings import (
    Finding,
    class_counts,
    findings_of_items,
    problems_first,
    readable_parts,
)
from noonbit.data.checks.summary import (
    CHANNEL_WORDS,
    FACTS,
    picture_channels,
    picture_sizes,
    size_range,
)
from noonbit.data.dataset import PART_NAMES, Data, Part, PartName, Picture, Pictures, Takes
from noonbit.data.prepared import Items, gather
from noonbit.data.preprocess import PictureFraming
from noonbit.data.preprocess.contract import derive_framing
from noonbit.data.readers.pictures import misnamed
from noonbit.errors import plural

if TYPE_CHECKING:
    from PIL.Image import Image

SHEET_COLUMNS = 8
"""Samples of each class on a contact sheet."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What data is, as far as it could be read, and what was found."""

    items: Items
    findings: tuple[Finding, ...]
    """Problems first."""

    @property
    def problems(self) -> int:
        """How many findings are problems."""
        return sum(finding.severity == "problem" for finding in self.findings)

    @property
    def notes(self) -> list[str]:
        """What the reader noted, less what a finding says with more detail."""
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
            **FACTS[self.items.framing.takes](self.items),
            "notes": self.notes,
            "problems": self.problems,
            "findings": [finding.as_dict() for finding in self.findings],
        }


def check(data: Data) -> Diagnosis:
    """Open and frame every input and say what is wrong; a file that cannot be read is a finding.

    `data` should come from `open_data(source, on_bad="skip")`, which goes on past bad headers.
    Raises `DataError` where too little is left to make a split of.
    """
    framing, _ = derive_framing(data)
    items = gather(data, framing, on_bad="skip")
    findings = [
        *unreadable_files(items),
        *findings_of_items(items),
        *(finding for rule in RULES[framing.takes] for finding in rule(items)),
    ]
    return Diagnosis(items, tuple(problems_first(findings)))


def contact_sheet(items: Items) -> "Image":
    """A row of training pictures for each class, as a network will see them."""
    from noonbit.data.contact_sheet import grid

    train = readable_parts(items)["train"]
    rows = [train[items.labels[train] == label] for label in range(len(items.data.class_names))]
    columns = max(1, min(SHEET_COLUMNS, max(map(len, rows))))
    # A class with fewer pictures than columns ends in white cells without a title.
    pixels = np.full((len(rows), columns, *items.framing.shape), 255, np.uint8)
    titles = []
    for line, row, name in zip(pixels, rows, items.data.class_names, strict=True):
        # Spread over the class, since neighbours in a file are often alike.
        places = np.linspace(0, len(row) - 1, min(columns, len(row))).astype(np.int64)
        line[: len(places)] = items.values[row[places]]
        titles += [name] * len(places) + [""] * (columns - len(places))
    return grid(pixels.reshape(-1, *items.framing.shape), titles, columns=columns)


# The rules for files


def pictures_of(part: Part) -> Pictures:
    """The encoded pictures of a part; none where it holds arrays."""
    return part.raw if isinstance(part.raw, Pictures) else Pictures([])


def unreadable_files(items: Items) -> Iterator[Finding]:
    """Files that are not what they seem, at their header or at decoding."""
    total = sum(map(len, items.data.parts.values())) + len(items.data.bad)
    item = "file" if items.framing.takes == "pictures" else "item"
    if items.bad:
        yield Finding(
            "problem",
            "unreadable",
            f"{len(items.bad):,} of {plural(total, item)} cannot be read.",
            tuple(map(str, items.bad)),
        )


def misnamed_files(items: Items) -> Iterator[Finding]:
    """Files whose name says another format than their content; the content counts."""
    alike: dict[tuple[str, ...], list[Picture]] = defaultdict(list)
    for part in items.data.parts.values():
        for picture in pictures_of(part):
            alike[misnamed([picture])].append(picture)
    alike.pop((), None)
    for pictures in alike.values():
        names = tuple(picture.name for picture in pictures)
        yield Finding("note", "misnamed", misnamed(pictures)[0], names)


def mixed_sizes(items: Items) -> Iterator[Finding]:
    """More than one size; a note, because framing brings all to one."""
    sizes = picture_sizes(items.data)
    if len(sizes) > 1:
        framing = items.framing
        assert isinstance(framing, PictureFraming)  # noqa: S101 - a rule of pictures
        yield Finding(
            "note",
            "mixed sizes",
            f"The pictures have {size_range(sizes)}; all are brought to "
            f"{framing.width}x{framing.height}.",
            tuple(f"{width}x{height}: {count:,}" for (width, height), count in sizes.most_common()),
        )


def mixed_channels(items: Items) -> Iterator[Finding]:
    """Grey and colour pictures together; a note, because framing makes all alike."""
    channels = picture_channels(items.data)
    if len(channels) > 1:
        made = CHANNEL_WORDS[items.framing.channels]
        yield Finding(
            "note",
            "mixed channels",
            f"{plural(channels['grey'], 'picture')} {'is' if channels['grey'] == 1 else 'are'} "
            f"grey and {channels['colour']:,} colour; all are made {made}.",
            tuple(
                name
                for part in items.data.parts.values()
                for name, picture in zip(part.names, pictures_of(part), strict=False)
                if CHANNEL_WORDS[picture.channels] != made
            ),
        )


def odd_games(items: Items) -> Iterator[Finding]:
    """Files that hold no whole, legal game."""
    from noonbit.data.checks import go

    return go.odd_games(items)


RULES: dict[Takes, tuple[Callable[[Items], Iterator[Finding]], ...]] = {
    "pictures": (misnamed_files, mixed_sizes, mixed_channels),
    "sentences": (),
    "boards": (odd_games,),
}
"""What is asked of the files of each kind of input, beside what is asked of all."""
