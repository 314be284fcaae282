"""A text file a class, a sentence a line: `pos.txt`, `neg.txt`, also compressed.

The class is what sets a file's name apart from the others' (`rt-polarity.pos.gz`: `pos`); parts are
folders or words of the names (`train/pos.txt`, `neg_test.txt`).
"""

import re
from collections.abc import Sequence
from itertools import takewhile
from pathlib import PurePosixPath

from noonbit.data.dataset import PART_WORDS, Data, Inputs, PartName, part_of
from noonbit.data.files import File, content, head, survey
from noonbit.data.readers.text import LINE_END, Row, data_of_rows, decoded, part_of_rows
from noonbit.errors import DataError

FORMAT = "a text file a class"
MOST_FILES = 200
"""More text files in one place are hardly a class each."""
DOCUMENTS = re.compile(r"(?i)^(read.?me|licen[cs]e|copying|authors|changes|changelog|.*sums)\b")
"""Files about the data, by name."""
OTHER_SUFFIXES = (".md", ".rst", ".html", ".htm", ".xml", ".json", ".py", ".pdf", ".toml", ".yaml")
SAMPLE_BYTES = 4096


def recognise(files: list[File]) -> bool:
    """Whether a listing holds text files; asked when nothing else was recognised."""
    return any(map(is_text, survey(files)))


def is_text(file: File) -> bool:
    """Whether a file holds lines of text, and is not about the others."""
    name = bare(PurePosixPath(file.name).name)
    if DOCUMENTS.match(name) or name.lower().endswith(OTHER_SUFFIXES):
        return False
    begin = head(file, SAMPLE_BYTES)
    if begin.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    control = sum(byte == 127 or (byte < 32 and byte not in b"\t\n\r\f") for byte in begin)
    return bool(begin.strip()) and b"\0" not in begin and control < 0.01 * len(begin)


def read(files: list[File], source: str) -> Data:
    """Read all lines of the text files of a listing. Raises `DataError`."""
    texts = [file for file in files if is_text(file)]
    if len(texts) > MOST_FILES:
        raise DataError(
            f"{source} holds {len(texts):,} text files. noonbit takes one text file a class with a "
            "sentence a line, or a table with the columns text and label."
        )
    classes, parts = class_names_of(texts), [part_of_file(file) for file in texts]
    if len(set(classes)) < 2:
        raise DataError(
            f"{source} holds only {texts[0].name}; a classifier needs a text file a class "
            "(pos.txt, neg.txt), or a table with the columns text and label."
        )
    rows: list[Row] = []
    notes: list[str] = []
    for file, label, part in zip(texts, classes, parts, strict=True):
        found, more = rows_of(file, label=label, part=part)
        rows += found
        notes += more
    left = [file.name for file in files if file not in texts]
    if left:
        shown = ", ".join(left[:3]) + (", ..." if len(left) > 3 else "")
        notes.append(f"Left out, because they hold no lines of text: {shown}.")
    return data_of_rows(rows, source, FORMAT, notes=notes)


def read_inputs(files: list[File], source: str, value_range: tuple[float, float] | None) -> Inputs:
    """Every line of every text file of a listing; empty ones are named."""
    del value_range  # text has none
    rows: list[Row] = []
    notes: list[str] = []
    for file in filter(is_text, files):
        found, more = rows_of(file)
        rows += found
        notes += more
    part, bad = part_of_rows(rows)
    return Inputs(source, "lines of text", part, bad=bad, notes=tuple(notes))


def rows_of(
    file: File, *, label: str = "", part: PartName = "train"
) -> tuple[list[Row], tuple[str, ...]]:
    """The lines of a file, and how it had to be read."""
    text, notes = decoded(content(file), file.name)
    lines = LINE_END.split(text)
    if not lines[-1]:
        lines.pop()  # what follows the end of the last line
    return [
        Row(f"{file.name} line {number}", line, label, part)
        for number, line in enumerate(lines, start=1)
    ], notes


def bare(name: str) -> str:
    """A name without the endings that say how it is stored."""
    return re.sub(r"(?i)(\.txt)?(\.(gz|xz|bz2))?$", "", name)


def words_in(file: File) -> list[str]:
    """The pieces of a file's name: `train/rt-polarity.pos.gz` has `train rt polarity pos`."""
    return [piece for piece in re.split(r"[/._\-\s]+", bare(file.name)) if piece]


def part_of_file(file: File) -> PartName:
    """The part that a file's folders or name speak of."""
    return next((part for word in words_in(file) if (part := part_of(word))), "train")


def class_names_of(files: Sequence[File]) -> list[str]:
    """What sets each name apart from the others, apart from its part."""
    names = [[word for word in words_in(file) if word.lower() not in PART_WORDS] for file in files]
    if len(set(map(tuple, names))) < 2:
        return ["-".join(name) for name in names]
    begin = len(common(names))
    end = len(common([name[begin:][::-1] for name in names]))
    return ["-".join(name[begin : len(name) - end]) or "-".join(name) for name in names]


def common(lists: Sequence[list[str]]) -> list[str]:
    """The pieces that all lists begin with."""
    columns = zip(*lists, strict=False)
    return [column[0] for column in takewhile(lambda column: len(set(column)) == 1, columns)]
