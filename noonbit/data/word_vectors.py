"""Read pretrained word vectors: word2vec's binary and text formats and GloVe's, also compressed.

    vectors, found = read_vectors(Path("GoogleNews-vectors-negative300.bin.gz"), words)

A file is read once and sequentially, and only the vectors of the requested words are kept: for
movie reviews, about 20 MB of the 3.6 GB of GoogleNews (3 million words).
"""

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np
from numpy.typing import NDArray

from noonbit.data.compression import open_uncompressed
from noonbit.errors import DataError, SourceNotFound, plural, raise_as
from noonbit.system.files import refuse_special_file
from noonbit.system.paths import describe_place, exists

Vectors = NDArray[np.float32]

LONGEST_WORD = 4_096
"""Maximum bytes of a word; a file with longer ones is not a file of word vectors."""
LARGEST_DIMENSION = 4_096
"""Maximum numbers per vector; likewise."""
LONGEST_LINE = 2**20
BUFFER = 2**20


def read_vectors(path: Path, words: Sequence[str]) -> tuple[Vectors, NDArray[np.bool_]]:
    """Read the vectors of `words`: float32 (words, size), and bool (words,): which were found.

    The vector of a missing word is zero. Raises `SourceNotFound` if there is no file, and
    `DataError` for a file that is damaged or holds a vector for none of the words.
    """
    require_vectors(path)
    # A word of a text that anybody may have written can hold what is no letter in UTF-8.
    numbers = {word.encode(errors="surrogatepass"): number for number, word in enumerate(words)}
    found = np.zeros(len(words), bool)
    vectors: Vectors | None = None
    with (
        raise_as(DataError, f"{path.name} cannot be read to its end", "Download it again."),
        path.open("rb") as raw,
        open_buffered(open_uncompressed(raw)) as stream,
    ):
        for word, vector in iterate_vectors(stream, path.name, numbers):
            if vectors is None:
                vectors = np.zeros((len(words), len(vector)), np.float32)
            number = numbers[word]
            if not found[number]:  # files list the most frequent spelling first
                vectors[number], found[number] = vector, True
    if vectors is None:
        raise DataError(f"{path.name} has a vector for none of the {plural(len(words), 'word')}.")
    if not np.isfinite(vectors).all():
        raise DataError(f"{path.name} holds vectors that are not finite numbers.")
    return vectors, found


def require_vectors(path: Path) -> None:
    """Raise `SourceNotFound` if nothing is at a path, and `DataError` if that is no file."""
    if not exists(path):
        raise SourceNotFound(f"{path} {describe_place(path)}; --vectors takes a file.")
    refuse_special_file(path, path.stat(), DataError)


def open_buffered(stream: BinaryIO) -> io.BufferedReader:
    """Wrap a stream so that it can be peeked into."""
    return io.BufferedReader(cast(io.RawIOBase, stream), BUFFER)


def iterate_vectors(
    stream: io.BufferedReader, name: str, wanted: Mapping[bytes, int]
) -> Iterator[tuple[bytes, Vectors]]:
    """Yield each wanted word with its vector, in the order of the file."""
    first = stream.readline(LONGEST_LINE)
    header = re.fullmatch(rb"\s*(\d{1,18})\s+(\d{1,18})\s*", first)
    if header is None:  # GloVe files have no header
        size = len(first.split()) - 1
        if not 2 <= size <= LARGEST_DIMENSION:
            raise DataError(f"{name} is no file of word vectors: it begins with {first[:40]!r}.")
        yield from read_lines(stream, name, wanted, size, first=first)
        return
    count, size = int(header[1]), int(header[2])
    if not count or not 0 < size <= LARGEST_DIMENSION:
        raise DataError(f"{name} says that it holds {count:,} vectors of {size:,} numbers.")
    if is_binary(stream, size):
        yield from read_binary(stream, name, wanted, count, size)
    else:
        yield from read_lines(stream, name, wanted, size, count=count)


def is_binary(stream: io.BufferedReader, size: int) -> bool:
    """Whether the line after the header is anything but a word and `size` decimal numbers."""
    line = stream.peek(LONGEST_LINE)[:LONGEST_LINE].partition(b"\n")[0]
    return re.fullmatch(rb"[-+.0-9eE \t\r]*", line.rpartition(b" ")[2]) is None or not (
        line.count(b" ") >= size
    )


def read_binary(
    stream: BinaryIO, name: str, wanted: Mapping[bytes, int], count: int, size: int
) -> Iterator[tuple[bytes, Vectors]]:
    """Read word2vec's binary format: a word, a space, and its numbers as float32."""
    width = 4 * size
    rest, at = b"", 0
    for done in range(count):
        while (end := rest.find(b" ", at)) < 0 or len(rest) < end + 1 + width:
            more = stream.read(BUFFER)
            if not more or (end < 0 and len(rest) - at > LONGEST_WORD):
                raise DataError(
                    f"{name} is cut off: it holds {done:,} of its {count:,} vectors. "
                    "Download it again."
                )
            rest, at = rest[at:] + more, 0
        word = rest[at:end].lstrip(b"\n")
        if word in wanted:
            yield word, np.frombuffer(rest, "<f4", size, end + 1).astype(np.float32)
        at = end + 1 + width


def read_lines(
    stream: BinaryIO,
    name: str,
    wanted: Mapping[bytes, int],
    size: int,
    *,
    first: bytes = b"",
    count: int | None = None,
) -> Iterator[tuple[bytes, Vectors]]:
    """Read the text format: one line per word, with decimal numbers; a word may hold spaces."""
    done, line = 0, first or stream.readline(LONGEST_LINE)
    while line:
        done += 1
        # Skip unwanted words before parsing their numbers.
        if line.partition(b" ")[0] in wanted:
            word, *numbers = line.rstrip().rsplit(b" ", size)
            try:
                vector = np.array(numbers, np.float32)
            except ValueError:
                vector = np.zeros(0, np.float32)
            if len(vector) != size:
                raise DataError(
                    f"{name} line {done + (count is not None):,} has not {size} numbers after its "
                    "word. Is the file cut off? Download it again."
                )
            if word in wanted:
                yield word, vector
        line = stream.readline(LONGEST_LINE)
    if count is not None and done < count:
        raise DataError(
            f"{name} is cut off: it holds {done:,} of its {count:,} vectors. Download it again."
        )
