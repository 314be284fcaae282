"""stdout and stderr that end no command: closed, full, or read by nobody, at any moment.

A training goes on when nobody reads its lines any more, and its exit code is that of its work. Only
what a command prints on stdout is its result: `lost_output` says whether that arrived.
"""

import errno
import io
import os
import select
import sys
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


class OutputFile(io.FileIO):
    """A file descriptor whose writes never fail: after the first error it swallows everything.

    As the lowest layer, it serves `print`, rich and its threads, libraries, and the flush at exit.
    """

    def __init__(self, descriptor: int) -> None:
        super().__init__(descriptor, "w", closefd=False)
        self.failure: OSError | None = None
        self._is_terminal = self.isatty()

    def write(self, data: "ReadableBuffer", /) -> int:
        """Write some of the bytes and return how many."""
        while self.failure is None:
            try:
                if (written := super().write(data)) is not None:
                    return written
                # A pipe that a parent process made non-blocking is full.
                select.select([], [self], [])
            except OSError as error:
                self.failure = error
        return memoryview(data).nbytes

    @property
    def lost_its_reader(self) -> bool:
        """Whether the reader left: `| head` had enough, or the terminal was closed."""
        hung_up = self._is_terminal and self.failure is not None and self.failure.errno == errno.EIO
        return hung_up or isinstance(self.failure, ConnectionError)


def guard_streams() -> None:
    """Replace sys.stdout and sys.stderr by streams that never raise.

    A stream that was closed at the start (`2>&-`) gets /dev/null, also for the system: else the
    next file that is opened, the weights for instance, would have the number 2, and what a library
    prints would go there.
    """
    if sys.stdin is None:
        os.open(os.devnull, os.O_RDONLY)  # the lowest free number, which is that of stdin
    sys.stdout = _guard(sys.stdout)
    sys.stderr = _guard(sys.stderr)


def _guard(stream: TextIO | None) -> TextIO:
    """Return a stream to the same place that replaces what its encoding does not have."""
    if stream is None:
        return open_output(os.open(os.devnull, os.O_WRONLY), "utf-8")
    if not isinstance(stream, io.TextIOWrapper):
        return stream
    if not isinstance(getattr(stream.buffer, "raw", stream.buffer), io.FileIO):
        stream.reconfigure(errors="replace")  # a console of Windows, or a stream in memory
        return stream
    return open_output(stream.fileno(), stream.encoding, line_buffering=stream.line_buffering)


def open_output(descriptor: int, encoding: str, *, line_buffering: bool = False) -> TextIO:
    """Open a file descriptor as a text stream that never raises.

    A Korean class name cannot be shown on an English console; it becomes question marks.
    """
    buffer = io.BufferedWriter(OutputFile(descriptor))
    return io.TextIOWrapper(buffer, encoding, "replace", line_buffering=line_buffering)


def lost_output(stream: TextIO) -> str | None:
    """Return why what was printed did not arrive; None if it did, or if its reader had enough."""
    stream.flush()
    raw = getattr(getattr(stream, "buffer", None), "raw", None)
    if not isinstance(raw, OutputFile) or raw.failure is None or raw.lost_its_reader:
        return None
    return raw.failure.strerror
