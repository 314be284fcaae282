"""Read one text file per class, one sentence per line: `pos.txt`, `neg.txt`, also compressed.

The class is what distinguishes a file's name from the others (`rt-polarity.pos.gz`: `pos`). Parts
come from folders or words in the names (`train/pos.txt`, `neg_test.txt`).
"""

import re
from collections.abc import Sequence
from itertools import takewhile
from pathlib import PurePosixPath

from noonbit.data.compression import strip_compression_suffix
from noonbit.data.dataset import PART_WORDS, Inputs, PartName, RawDataset, detect_part
from noonbit.data.files import File, content, head, survey
from noonbit.data.readers.listing import Listing
from noonbit.data.readers.text import (
    LINE_END,
    TextRow,
    dataset_from_rows,
    decode_text,
    part_from_rows,
)
from noonbit.errors import DataError, join_first

FORMAT = "a text file a class"
MOST_FILES = 200
"""More text files than this are hardly one class each."""
DOCUMENTS = re.compile(r"(?i)^(read.?me|licen[cs]e|copying|authors|changes|changelog|.*sums)\b")
"""Names of files that describe the data, such as a README."""
OTHER_SUFFIXES = (".md", ".rst", ".html", ".htm", ".xml", ".json", ".py", ".pdf", ".toml", ".yaml")
SAMPLE_BYTES = 4096


def recognise(listing: Listing) -> bool:
    """Whether a listing holds text files; the registry asks after all other formats."""
    files = listing.files
    return any(map(is_text, survey(files)))


def is_text(file: File) -> bool:
    """Whether a file holds lines of text and is not documentation."""
    name = strip_storage_suffixes(PurePosixPath(file.name).name)
    if DOCUMENTS.match(name) or name.lower().endswith(OTHER_SUFFIXES):
        return False
    begin = head(file, SAMPLE_BYTES)
    if begin.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    control = sum(byte == 127 or (byte < 32 and byte not in b"\t\n\r\f") for byte in begin)
    return bool(begin.strip()) and b"\0" not in begin and control < 0.01 * len(begin)


def read(listing: Listing) -> RawDataset:
    """Read all lines of the text files of a listing. Raises `DataError`."""
    files, source = listing.files, listing.source
    texts = [file for file in files if is_text(file)]
    if len(texts) > MOST_FILES:
        raise DataError(
            f"{source} holds {len(texts):,} text files. noonbit takes one text file a class with a "
            "sentence a line, or a table with the columns text and label."
        )
    classes, parts = derive_class_names(texts), [part_of_file(file) for file in texts]
    if len(set(classes)) < 2:
        raise DataError(
            f"{source} holds only {texts[0].name}; a classifier needs a text file a class "
            "(pos.txt, neg.txt), or a table with the columns text and label."
        )
    rows: list[TextRow] = []
    notes: list[str] = []
    for file, label, part in zip(texts, classes, parts, strict=True):
        found, more = read_lines(file, label=label, part=part)
        rows += found
        notes += more
    left = [file.name for file in files if file not in texts]
    if left:
        notes.append(f"Left out, because they hold no lines of text: {join_first(left, 3)}.")
    return dataset_from_rows(rows, source, FORMAT, notes=notes)


def read_inputs(listing: Listing, value_range: tuple[float, float] | None) -> Inputs:
    """Read every line of every text file; empty lines become bad items."""
    files, source = listing.files, listing.source
    del value_range  # text has none
    rows: list[TextRow] = []
    notes: list[str] = []
    for file in filter(is_text, files):
        found, more = read_lines(file)
        rows += found
        notes += more
    part, bad = part_from_rows(rows)
    return Inputs(source, "lines of text", part, bad=bad, notes=tuple(notes))


def read_lines(
    file: File, *, label: str = "", part: PartName = "train"
) -> tuple[list[TextRow], tuple[str, ...]]:
    """Read the lines of a file, and notes on its decoding."""
    text, notes = decode_text(content(file), file.name)
    lines = LINE_END.split(text)
    if not lines[-1]:
        lines.pop()  # what follows the end of the last line
    return [
        TextRow(f"{file.name} line {number}", line, label, part)
        for number, line in enumerate(lines, start=1)
    ], notes


def strip_storage_suffixes(name: str) -> str:
    """Remove `.txt`, `.txt.gz` and the like from the end of a name."""
    return re.sub(r"(?i)\.txt$", "", strip_compression_suffix(name))


def split_name(file: File) -> list[str]:
    """Split a file's name: `train/rt-polarity.pos.gz` into `train`, `rt`, `polarity`, `pos`."""
    return [piece for piece in re.split(r"[/._\-\s]+", strip_storage_suffixes(file.name)) if piece]


def part_of_file(file: File) -> PartName:
    """Return the part that a file's folders or name mention; train by default."""
    return next((part for word in split_name(file) if (part := detect_part(word))), "train")


def derive_class_names(files: Sequence[File]) -> list[str]:
    """Derive each file's class from its name without what all names share, ignoring part words."""
    names = [
        [word for word in split_name(file) if word.lower() not in PART_WORDS] for file in files
    ]
    if len(set(map(tuple, names))) < 2:
        return ["-".join(name) for name in names]
    begin = len(common_prefix(names))
    end = len(common_prefix([name[begin:][::-1] for name in names]))
    return ["-".join(name[begin : len(name) - end]) or "-".join(name) for name in names]


def common_prefix(lists: Sequence[list[str]]) -> list[str]:
    """Return the items that all lists begin with."""
    columns = zip(*lists, strict=False)
    return [column[0] for column in takewhile(lambda column: len(set(column)) == 1, columns)]
