"""Build data sets of labelled texts, and decode bytes as text; shared by the text formats."""

import io
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from noonbit.data.dataset import BadItem, Part, PartName, RawDataset, Sentences, order_parts
from noonbit.data.encodings import describe_encoding, detect_encoding
from noonbit.data.files import File, content
from noonbit.data.labels import encode_labels
from noonbit.errors import DataError, plural

MOST_BROKEN = 0.1
"""Maximum share of undecodable bytes among non-ASCII characters for a text to count as UTF-8."""
LINE_END = re.compile(r"\r\n|\n|\r")
"""Not `str.splitlines`, which also splits at some letters of older encodings (0x85)."""


@dataclass(frozen=True, slots=True)
class TextRow:
    """One text with its label and part, as read from a file."""

    name: str
    """Where it comes from: `reviews.csv row 17`."""
    text: str
    label: str = ""
    part: PartName = "train"


def decode_text(raw: bytes, name: str) -> tuple[str, tuple[str, ...]]:
    """Decode bytes as text; returns it with a note unless it is valid UTF-8.

    Of UTF-8 with a few broken bytes, those are replaced. Anything else is read as UTF-16 if it has
    a byte order mark, else in the encoding of East Asia that its letters are usual in, else as
    Windows-1252, a superset of Latin-1. Raises `DataError` for binary data.
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
    encoding = detect_encoding(raw)
    # Five bytes are undefined in Windows-1252, and become U+FFFD as all that does not decode.
    note = f"{name} is not UTF-8 and was read as {describe_encoding(encoding)}."
    return raw.decode(encoding, "replace"), (note,)


def decode_file(file: File) -> tuple[File, tuple[str, ...]]:
    """Return a file whose content is UTF-8 without a mark, and the notes of `decode_text`.

    The content is read whole and held in memory. Raises as `content` and `decode_text`.
    """
    raw = content(file)
    notes: tuple[str, ...] = ()
    if not raw.isascii() or b"\0" in raw:
        text, notes = decode_text(raw, file.name)
        raw = text.encode("utf-8", "replace")
    return replace(file, size=len(raw), open=partial(io.BytesIO, raw), disk_location=None), notes


def dataset_from_rows(
    rows: Sequence[TextRow],
    source: str,
    form: str,
    *,
    bad: Iterable[BadItem] = (),
    notes: Iterable[str] = (),
) -> RawDataset:
    """Build a data set of all rows with a text. Raises `DataError` if there are none."""
    by_part: dict[PartName, list[TextRow]] = defaultdict(list)
    for row in rows:
        if row.text.strip():
            by_part[row.part].append(row)
    if not by_part:
        raise DataError(f"{source} holds no text. Give a line, or a row with a label, a sentence.")
    empty = len(rows) - sum(map(len, by_part.values()))
    if empty:
        notes = (*notes, f"{plural(empty, 'empty line')} {'is' if empty == 1 else 'are'} left out.")
    ordered, more = order_parts(by_part, of=source)
    codes, class_names = encode_labels(
        {part: [row.label for row in found] for part, found in ordered.items()}, source=source
    )
    parts = {
        part: Part(Sentences([row.text for row in found]), codes[part], [row.name for row in found])
        for part, found in ordered.items()
    }
    return RawDataset(source, form, parts, class_names, bad=tuple(bad), notes=(*notes, *more))


def part_from_rows(rows: Sequence[TextRow]) -> tuple[Part, tuple[BadItem, ...]]:
    """Build an unlabelled part of all rows, and list those whose text is empty as bad items."""
    filled = [row for row in rows if row.text.strip()]
    part = Part(Sentences([row.text for row in filled]), None, [row.name for row in filled])
    return part, tuple(BadItem(row.name, "is empty") for row in rows if not row.text.strip())
