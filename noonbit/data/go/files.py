"""Find the files that hold games of Go."""

import re
from collections.abc import Iterable, Iterator

from noonbit.data.files import File, head, is_archive, open_files

SUFFIX = re.compile(r"\.sgf(\.\w+)?$", re.IGNORECASE)


def find_sgf_files(files: Iterable[File]) -> Iterator[File]:
    """Yield the SGF files among these, and those inside archives among them."""
    for file in files:
        if is_sgf(file):
            yield file
        elif file.path is not None and is_archive(file):
            yield from find_sgf_files(open_files(file.path))


def is_sgf(file: File) -> bool:
    """Whether a file is SGF, judged by its name or its first bytes."""
    if SUFFIX.search(file.name):
        return True
    return re.match(rb"(\xef\xbb\xbf)?\s*\(\s*;", head(file, 256)) is not None
