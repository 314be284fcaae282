"""Word vectors that others trained: word2vec's binary and text files, and GloVe's, also compressed.

    vectors, found = read_vectors(Path("GoogleNews-vectors-negative300.bin.gz"), words)

A file is read once, from its beginning to its end, and only the vectors of the words that are
wanted are kept: of GoogleNews's 3 million, 3.6 GB, some 20 MB for movie reviews.
"""

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np
from numpy.typing import NDArray

from noonbit.data.compression import BROKEN, uncompressed
from noonbit.errors import DataError, SourceNotFound, plural

Vectors = NDArray[np.float32]

LONGEST_WORD = 4_096
"""Bytes of a word; more is no file of vectors."""
LARGEST_SIZE = 4_096
"""Numbers of a vector; more is none either."""
LONGEST_LINE = 2**20
BUFFER = 2**20


def read_vectors(path: Path, words: Sequence[str]) -> tuple[Vectors, NDArray[np.bool_]]:
    """The vectors (words, size) that a file has for `words`, zeros where it has none, and where.

    Raises `SourceNotFound` where there is no file, and `DataError` for one that holds no vectors,
    or fewer than it says.
    """
    numbers = {word.encode(): number for number, word in enumerate(words)}
    found = np.zeros(len(words), bool)
    vectors: Vectors | None = None
    try:
        with path.open("rb") as raw, buffered(uncompressed(raw)) as stream:
            for word, vector in vectors_of(stream, path.name, numbers):
                if vectors is None:
                    vectors = np.zeros((len(words), len(vector)), np.float32)
                number = numbers[word]
                if not found[number]:  # the first of several is the most frequent
                    vectors[number], found[number] = vector, True
    except FileNotFoundError:
        raise SourceNotFound(f"{path} does not exist; --vectors takes a file.") from None
    except BROKEN as error:
        raise DataError(
            f"{path.name} cannot be read to its end ({error}). Download it again."
        ) from None
    if vectors is None:
        raise DataError(f"{path.name} has a vector for none of the {plural(len(words), 'word')}.")
    if not np.isfinite(vectors).all():
        raise DataError(f"{path.name} holds vectors that are not finite numbers.")
    return vectors, found


def buffered(stream: BinaryIO) -> io.BufferedReader:
    """The same stream, so that what follows can be looked at."""
    return io.BufferedReader(cast(io.RawIOBase, stream), BUFFER)


def vectors_of(
    stream: io.BufferedReader, name: str, wanted: Mapping[bytes, int]
) -> Iterator[tuple[bytes, Vectors]]:
    """The vectors of the wanted words, in the order of the file."""
    first = stream.readline(LONGEST_LINE)
    header = re.fullmatch(rb"\s*(\d+)\s+(\d+)\s*", first)
    if header is None:  # GloVe's files have none
        size = len(first.split()) - 1
        if size < 2:
            raise DataError(f"{name} is no file of word vectors: it begins with {first[:40]!r}.")
        yield from from_lines(stream, name, wanted, size, first=first)
        return
    count, size = int(header[1]), int(header[2])
    if not count or not 0 < size <= LARGEST_SIZE:
        raise DataError(f"{name} says that it holds {count:,} vectors of {size:,} numbers.")
    if is_binary(stream, size):
        yield from from_binary(stream, name, wanted, count, size)
    else:
        yield from from_lines(stream, name, wanted, size, count=count)


def is_binary(stream: io.BufferedReader, size: int) -> bool:
    """Whether what follows the header is not a word and as many numbers in digits."""
    line = stream.peek(LONGEST_LINE)[:LONGEST_LINE].partition(b"\n")[0]
    return re.fullmatch(rb"[-+.0-9eE \t\r]*", line.rpartition(b" ")[2]) is None or not (
        line.count(b" ") >= size
    )


def from_binary(
    stream: BinaryIO, name: str, wanted: Mapping[bytes, int], count: int, size: int
) -> Iterator[tuple[bytes, Vectors]]:
    """word2vec's own form: a word, a space, and its numbers as float32."""
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


def from_lines(
    stream: BinaryIO,
    name: str,
    wanted: Mapping[bytes, int],
    size: int,
    *,
    first: bytes = b"",
    count: int | None = None,
) -> Iterator[tuple[bytes, Vectors]]:
    """A line a word, its numbers in digits; a word may hold spaces itself."""
    done, line = 0, first or stream.readline(LONGEST_LINE)
    while line:
        done += 1
        # Most words are not wanted, and their numbers are never looked at.
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
