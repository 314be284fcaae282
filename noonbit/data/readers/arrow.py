"""Bytes for pyarrow's readers."""

import numpy as np
import pyarrow as pa

COPIED = 2**24
"""Bytes, at most: a process that reads more goes on for longer than pyarrow holds them."""


def reader_of(raw: bytes) -> pa.BufferReader:
    """A reader of bytes, of a copy that belongs to pyarrow alone where they are few.

    Its threads may let go of their input after they have answered. They need the interpreter to let
    go of Python's bytes, and where that was just ending, after an error, the process was aborted:
    4 of 24 times on a busy machine (https://github.com/apache/arrow/issues/34314). Copying takes
    2 ms a megabyte the first time.
    """
    if len(raw) > COPIED:
        return pa.BufferReader(raw)
    room = pa.allocate_buffer(len(raw))
    np.frombuffer(room, np.uint8)[:] = np.frombuffer(raw, np.uint8)
    return pa.BufferReader(room)
