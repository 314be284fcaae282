"""Memory-mapped arrays: the bytes stay on the disk, and the system caches the pages in use.

map_bytes(stream, offset, size)                        a read-only uint8 array
RowWriter(count, shape).append(rows) ... .finish()     an array written row by row
ReadAhead(array)(rows)                                 prefetch rows of a mapped array
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
from noonbit.errors import DataError, UsageError
from noonbit.system.hardware import available_memory_bytes

SMALL = 2**26
"""Files up to this many bytes are read into memory instead of mapped; MNIST has 55 MB."""
LEAST_LARGE = 2**28
"""Arrays up to this many bytes never count as large; any machine has this much memory."""
LONGEST_HEADER = 2**16
"""Maximum bytes of a .npy file's header; usually 128."""
ASSUMED_MEMORY = 8 * 2**30
"""Bytes of free memory to assume if the system does not say."""


def free_memory_bytes() -> int:
    """Return the bytes of memory that are still available."""
    available = available_memory_bytes()
    return ASSUMED_MEMORY if available is None else available


def is_large(size: int) -> bool:
    """Whether `size` bytes would take more than a quarter of the available memory."""
    if size <= LEAST_LARGE:
        return False
    return size > free_memory_bytes() // 4


def map_bytes(stream: IO[bytes], *, offset: int, size: int) -> NDArray[np.uint8]:
    """Memory-map `size` bytes of a file from `offset` on, as uint8 (size,), read-only and shared.

    The stream may be closed afterwards. If another process truncates a mapped file, the system
    kills this process with SIGBUS. So map only large files and files that nobody else writes.
    """
    if not size:
        return np.zeros(0, np.uint8)
    pages = mmap.mmap(stream.fileno(), offset + size, access=mmap.ACCESS_READ)
    return np.frombuffer(pages, np.uint8, size, offset)


def is_mapped(array: NDArray[np.generic]) -> bool:
    """Whether an array is a view of a memory-mapped file."""
    return mapping_of(array) is not None


def mapping_of(array: NDArray[np.generic]) -> mmap.mmap | None:
    """Return the memory map that an array is a view of; None for any other array."""
    base: object = array
    while isinstance(base, np.ndarray):
        base = base.base
    owner = base.obj if isinstance(base, memoryview) else base
    return owner if isinstance(owner, mmap.mmap) else None


def offset_in_zip(stream: IO[bytes], member: zipfile.ZipInfo) -> int:
    """Return the offset of a member's bytes in its zip archive (PKWARE's APPNOTE.TXT, 4.3.7)."""
    stream.seek(member.header_offset)
    name_bytes, extra_bytes = struct.unpack("<26xHH", stream.read(30))
    return int(member.header_offset + 30 + name_bytes + extra_bytes)


def array_of_npy(raw: NDArray[np.uint8]) -> NDArray[np.generic]:
    """View the bytes of a .npy file as its array, without a copy.

    Raises `ValueError` for arrays of Python objects and for damaged files.
    """
    begin = io.BytesIO(raw[:LONGEST_HEADER].tobytes())
    if np.lib.format.read_magic(begin) == (1, 0):
        shape, columns_first, dtype = np.lib.format.read_array_header_1_0(begin)
    else:
        shape, columns_first, dtype = np.lib.format.read_array_header_2_0(begin)
    if dtype.hasobject:
        raise ValueError("Object arrays are pickles")
    if not all(type(length) is int and length >= 0 for length in shape):
        raise ValueError(f"its header states the shape {shape}")
    values, size = raw[begin.tell() :], prod(shape) * dtype.itemsize
    if len(values) < size:
        raise ValueError(f"{size - len(values):,} of its {size:,} bytes are missing")
    return values[:size].view(dtype).reshape(shape, order="F" if columns_first else "C")


def exceeds_memory(size: int) -> bool:
    """Whether `size` bytes of a mapped file take more than half of the available memory."""
    return size > free_memory_bytes() // 2


def require_memory(size: int, what: str, advice: str) -> None:
    """Raise `UsageError` if what is to be made takes more than the memory that is free."""
    free = free_memory_bytes()
    if size > free:
        raise UsageError(
            f"{what} take {size / 1e9:,.1f} GB, and {free / 1e9:,.1f} GB of memory are free. "
            f"{advice}"
        )


class ReadAhead:
    """Prefetch rows of a mapped array: the system reads all of them at once (`MADV_WILLNEED`).

    Without it, pages are read one by one as they are touched: in random order from a file larger
    than memory, 200 rows of 12 kB per second instead of 30,000. Costs 2 us per row that is in
    memory already.
    """

    def __init__(self, array: NDArray[Any]) -> None:
        pages = mapping_of(array)
        assert pages is not None  # noqa: S101 - the caller checked `is_mapped`
        self.pages, self.row_bytes = pages, array.strides[0]
        # A row of an array in Fortran order is spread over the whole file.
        self.helps = array.flags.c_contiguous and hasattr(mmap, "MADV_WILLNEED")
        self.begin = array.ctypes.data - np.frombuffer(pages, np.uint8).ctypes.data

    def __call__(self, rows: NDArray[np.int64]) -> None:
        """Start to read the rows (B,) and return at once."""
        if not self.helps:
            return
        first = self.begin + rows * self.row_bytes
        page = first - first % mmap.PAGESIZE
        lengths = first + self.row_bytes - page
        for begin, length in zip(page.tolist(), lengths.tolist(), strict=True):
            self.pages.madvise(mmap.MADV_WILLNEED, begin, length)


class RowWriter:
    """Write an array (count, *shape) from its first row to its last.

    The array lies in memory, or in an unnamed file if it is large or `on_disk` is set. The file is
    written with `write` and mapped only at the end: on a full disk, `write` raises an error, but
    writing to a map would kill the process.
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
        """Bytes of the whole array."""
        return prod(self.shape) * self.dtype.itemsize

    def append(self, rows: NDArray[Any]) -> None:
        """Write the next rows. Raises `DataError` if the disk is full."""
        first, self._filled = self._filled, self._filled + len(rows)
        if self._file is None:
            self._array[first : self._filled] = rows
            return
        try:
            self._file.write(np.ascontiguousarray(rows).data)
        except OSError as error:
            self._refuse(error)

    def finish(self) -> NDArray[Any]:
        """Return the whole array; one on the disk is memory-mapped, read-only."""
        assert self._filled == self.shape[0]  # noqa: S101 - a caller's bug
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
            f"The transformed images take {self.size / 1e9:,.1f} GB, too many for this memory, "
            f"and neither {cache.folder()} nor {tempfile.gettempdir()} has room for them. Free "
            "some, or name other folders in the variables NOONBIT_CACHE and TMPDIR."
        ) from None
