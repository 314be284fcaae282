"""Recognise the files that pyarrow reads, and give it their bytes safely."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from noonbit.data.files import File, head

if TYPE_CHECKING:
    import pyarrow as pa

PARQUET, ARROW_FILE, ARROW_STREAM = b"PAR1", b"ARROW1", b"\xff\xff\xff\xff"
"""How the files begin. Anything may begin as a stream does."""
COPIED = 2**24
"""Maximum bytes to copy. After reading more, a process runs long enough for pyarrow to let go."""


def is_table(file: File) -> bool:
    """Whether a file is Parquet or Arrow, by its first bytes."""
    begin = head(file, len(ARROW_FILE))
    if begin.startswith(ARROW_STREAM):
        return file.name.endswith(".arrow")
    return begin.startswith((PARQUET, ARROW_FILE))


def is_utf8_path(path: Path) -> bool:
    """Whether pyarrow can open a path itself; it opens none that is not UTF-8."""
    try:
        str(path).encode()
    except UnicodeEncodeError:
        return False
    return True


def open_buffer(raw: bytes) -> "pa.BufferReader":
    """Open bytes for reading by pyarrow; up to `COPIED` bytes are copied into pyarrow's own memory.

    pyarrow's threads may release their input after they have returned a result, and need the
    interpreter to release Python's bytes. If it is shutting down just then, the process aborts
    (https://github.com/apache/arrow/issues/34314). Copying costs up to 2 ms per megabyte.
    """
    import pyarrow as pa

    if len(raw) > COPIED:
        return pa.BufferReader(raw)
    buffer = pa.allocate_buffer(len(raw))
    np.frombuffer(buffer, np.uint8)[:] = np.frombuffer(raw, np.uint8)
    return pa.BufferReader(buffer)
