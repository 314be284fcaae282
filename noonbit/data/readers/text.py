"""Sentences with their classes, from whatever file they were found in; and bytes as text."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from noonbit.data.dataset import BadItem, Data, Part, PartName, Sentences, training_first
from noonbit.data.labels import encode_labels
from noonbit.data.readers.delimited import LABEL_NAMES
from noonbit.errors import DataError, plural

MOST_BROKEN = 0.1
"""Of the characters outside ASCII: with more that are not UTF-8, the text has another encoding."""
LINE_END = re.compile(r"\r\n|\n|\r")
"""Not `str.splitlines`, which takes some letters of old encodings for ends of lines."""


@dataclass(frozen=True, slots=True)
class Row:
    """One text as a file has it."""

    name: str
    """Where it stands: `reviews.csv row 17`."""
    text: str
    label: str = ""
    part: PartName = "train"


def decoded(raw: bytes, name: str) -> tuple[str, tuple[str, ...]]:
    """Bytes as text, and a note where they are not plainly UTF-8. Raises `DataError`.

    A file that is UTF-8 but for a few broken bytes loses those; any other is read as Windows-1252,
    which holds Latin-1.
    """
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16", "replace"), (f"{name} was read as UTF-16.",)
    if b"\0" in raw:
        raise DataError(f"{name} is not text: it holds bytes of zero. Give a text file.")
    try:
        return raw.decode("utf-8-sig"), ()
    except UnicodeDecodeError:
        text = raw.decode("utf-8-sig", "replace")
    broken = text.count("\ufffd")
    if broken <= MOST_BROKEN * sum(not letter.isascii() for letter in text):
        first = 1 + len(LINE_END.findall(text[: text.index("\ufffd")]))
        return text, (
            f"{name} has {plural(broken, 'character')} that {'is' if broken == 1 else 'are'} not "
            f"UTF-8, the first in line {first:,}; {'it was' if broken == 1 else 'they were'} "
            "passed over.",
        )
    # Five bytes mean nothing in Windows-1252; Latin-1 has control characters there.
    text = raw.decode("cp1252", "replace")
    return text, (f"{name} is not UTF-8 and was read as Windows-1252.",)


def data_of_rows(
    rows: Sequence[Row],
    source: str,
    form: str,
    *,
    bad: Iterable[BadItem] = (),
    notes: Iterable[str] = (),
) -> Data:
    """Labelled sentences of all rows that hold any text, in their parts. Raises `DataError`."""
    by_part: dict[PartName, list[Row]] = defaultdict(list)
    for row in rows:
        if row.text.strip():
            by_part[row.part].append(row)
    if not by_part:
        raise DataError(f"{source} holds no text. Give a line, or a row with a label, a sentence.")
    empty = len(rows) - sum(map(len, by_part.values()))
    if empty:
        notes = (*notes, f"{plural(empty, 'empty line')} {'is' if empty == 1 else 'are'} left out.")
    ordered, more = training_first(by_part, of=source)
    codes, class_names = encode_labels(
        {part: [row.label for row in found] for part, found in ordered.items()}, source=source
    )
    parts = {
        part: Part(Sentences([row.text for row in found]), codes[part], [row.name for row in found])
        for part, found in ordered.items()
    }
    return Data(source, form, parts, class_names, bad=tuple(bad), notes=(*notes, *more))


def part_of_rows(rows: Sequence[Row]) -> tuple[Part, tuple[BadItem, ...]]:
    """The texts of all rows to be answered, and those that are empty."""
    told = [row for row in rows if row.text.strip()]
    part = Part(Sentences([row.text for row in told]), None, [row.name for row in told])
    return part, tuple(BadItem(row.name, "is empty") for row in rows if not row.text.strip())


def column_named(names: Sequence[str], wanted: Sequence[str]) -> int | None:
    """The first of `names` that is one of those wanted, asked in their order."""
    spelled = [name.strip().lower() for name in names]
    return next((spelled.index(name) for name in wanted if name in spelled), None)


def label_among(names: Sequence[str], taken: set[int | None]) -> int | None:
    """The column of labels: by its name, else the only one that is left."""
    named = column_named(names, LABEL_NAMES)
    if named is not None and named not in taken:
        return named
    others = [index for index in range(len(names)) if index not in taken]
    return others[0] if len(others) == 1 else None
