"""Arrays whose bytes stay on the disk: memory holds what is in use, and gives it back when short.

map_bytes(stream, offset, size) -> uint8 array that cannot be written to
Rows(count, shape).append(rows) ... .finish() -> an array that is filled from its first row on
ReadAhead(array)(rows)                            the system begins to fetch rows of a mapped one
"""

import errno
import io
import mmap
import struct
import tempfile
import zipfile
from math import prod
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from noonbit.data import cache
from noonbit.errors import DataError
from noonbit.system.hardware import available_memory_bytes

SMALL = 2**26
"""Bytes that are rather read into memory; MNIST has 55 MB."""
LEAST_LARGE = 2**28
"""Bytes that any machine has; for less nobody asks how much memory there is."""
LONGEST_HEADER = 2**16
"""Bytes before a .npy file's values; usually 128."""
USUAL_MEMORY = 8 * 2**30
"""Bytes, where the system does not say what is available."""


def room() -> int:
    """Bytes of memory that may still be taken."""
    available = available_memory_bytes()
    return USUAL_MEMORY if available is None else available


def is_large(size: int) -> bool:
    """Whether so many bytes would take more than a quarter of the memory that is available."""
    if size <= LEAST_LARGE:
        return False
    return size > room() // 4


def map_bytes(stream: IO[bytes], *, offset: int, size: int) -> NDArray[np.uint8]:
    """`size` bytes of a file from `offset` on, which lie there; read-only, and shared by all.

    The stream may be closed. A file that somebody shortens while it is mapped ends the process, as
    the system has it, so only large files and those that nobody else writes are mapped.
    """
    if not size:
        return np.zeros(0, np.uint8)
    pages = mmap.mmap(stream.fileno(), offset + size, access=mmap.ACCESS_READ)
    return np.frombuffer(pages, np.uint8, size, offset)


def is_mapped(array: NDArray[np.generic]) -> bool:
    """Whether an array is a view of a mapped file."""
    return pages_of(array) is not None


def pages_of(array: NDArray[np.generic]) -> mmap.mmap | None:
    """The mapped file that an array is a view of, where it is one."""
    base: object = array
    while isinstance(base, np.ndarray):
        base = base.base
    owner = base.obj if isinstance(base, memoryview) else base
    return owner if isinstance(owner, mmap.mmap) else None


def offset_in_zip(stream: IO[bytes], member: zipfile.ZipInfo) -> int:
    """Where the bytes of a member begin in its archive (PKWARE's APPNOTE.TXT, 4.3.7)."""
    stream.seek(member.header_offset)
    name_bytes, extra_bytes = struct.unpack("<26xHH", stream.read(30))
    return int(member.header_offset + 30 + name_bytes + extra_bytes)


def array_of_npy(raw: NDArray[np.uint8]) -> NDArray[np.generic]:
    """View all bytes of a .npy file as the array that they are. Raises `ValueError`."""
    begin = io.BytesIO(raw[:LONGEST_HEADER].tobytes())
    if np.lib.format.read_magic(begin) == (1, 0):
        shape, columns_first, dtype = np.lib.format.read_array_header_1_0(begin)
    else:
        shape, columns_first, dtype = np.lib.format.read_array_header_2_0(begin)
    if dtype.hasobject:
        raise ValueError("Object arrays are pickles")
    values, size = raw[begin.tell() :], prod(shape) * dtype.itemsize
    if len(values) < size:
        raise ValueError(f"{size - len(values):,} of its {size:,} bytes are missing")
    return values[:size].view(dtype).reshape(shape, order="F" if columns_first else "C")


def outgrows_memory(size: int) -> bool:
    """Whether the system may drop some of so many bytes of a file while they are still in use."""
    return size > room() // 2


class ReadAhead:
    """Tells the system which rows of a mapped array are wanted, and it fetches all of them at once.

    Otherwise it fetches a page when that is touched, with what lies around it, and only then the
    next one: in a file of 1.2 GB on a virtual disk, with 0.4 GB of memory to hold it, 180 to 210
    rows of 12 kB a second, in random order, against 30,000 to 45,000 that were asked for. Rows that
    are in memory take 2 us longer each.
    """

    def __init__(self, array: NDArray[Any]) -> None:
        pages = pages_of(array)
        assert pages is not None  # noqa: S101 - it is for those that are mapped
        self.pages, self.row_bytes = pages, array.strides[0]
        # Not where columns come first: a row then lies all over the file.
        self.helps = array.flags.c_contiguous and hasattr(mmap, "MADV_WILLNEED")
        self.begin = array.ctypes.data - np.frombuffer(pages, np.uint8).ctypes.data

    def __call__(self, rows: NDArray[np.int64]) -> None:
        """Returns at once; the rows (B,) are on their way."""
        if not self.helps:
            return
        first = self.begin + rows * self.row_bytes
        page = first - first % mmap.PAGESIZE
        lengths = first + self.row_bytes - page
        for begin, length in zip(page.tolist(), lengths.tolist(), strict=True):
            self.pages.madvise(mmap.MADV_WILLNEED, begin, length)


class Rows:
    """An array (count, *shape) that is filled from its first row to its last.

    It lies in memory, or in an unnamed file where it is large or `on_disk` says so. The file is
    written to and not mapped meanwhile: a full disk is then an error and not the process's end.
    """

    def __init__(
        self,
        count: int,
        shape: tuple[int, ...],
        dtype: type[np.generic] = np.uint8,
        *,
        on_disk: bool = False,
    ) -> None:
        self.shape, self.dtype = (count, *shape), np.dtype(dtype)
        self._file: IO[bytes] | None = None
        self._array: NDArray[Any] = np.zeros(0, dtype)
        self._filled = 0
        if on_disk or is_large(self.size):
            self._file = cache.temporary_file()
        else:
            self._array = np.empty(self.shape, dtype)

    @property
    def size(self) -> int:
        """Bytes of the whole."""
        return prod(self.shape) * self.dtype.itemsize

    def append(self, rows: NDArray[Any]) -> None:
        """The next rows. Raises `DataError` where the disk is full."""
        first, self._filled = self._filled, self._filled + len(rows)
        if self._file is None:
            self._array[first : self._filled] = rows
            return
        try:
            self._file.write(np.ascontiguousarray(rows).data)
        except OSError as error:
            self._refuse(error)

    def finish(self) -> NDArray[Any]:
        """The whole array; one that lies on the disk is mapped and cannot be written to."""
        assert self._filled == self.shape[0]  # noqa: S101 - who fills it knows how many
        if self._file is None:
            return self._array
        try:
            self._file.flush()
        except OSError as error:
            self._refuse(error)
        with self._file as file:
            raw = map_bytes(file, offset=0, size=self.size)
        return raw.view(self.dtype).reshape(self.shape)

    def _refuse(self, error: OSError) -> None:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise error
        raise DataError(
            f"The framed images take {self.size / 1e9:,.1f} GB, too many for this memory, "
            f"and neither {cache.folder()} nor {tempfile.gettempdir()} has room for them. Free "
            "some, or name other folders in the variables NOONBIT_CACHE and TMPDIR."
        ) from None
