"""The binary extension of the Open Inference Protocol: tensors as bytes behind the JSON.

    Inference-Header-Content-Length: 112          the JSON's length; without it all is JSON
    {"inputs": [{..., "parameters": {"binary_data_size": 784}}]}<784 bytes>

Numbers are little-endian, in row-major order. An element of the type BYTES follows its length, four
bytes. NVIDIA Triton, docs/protocol/extension_binary_data.md. No tensor of numbers is copied here.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from noonbit.errors import plural
from noonbit.serve.refusal import RequestRefused

LENGTH_BYTES = 4
"""Of the length before each element of the type BYTES."""
NUMBER_TYPES: dict[str, np.dtype[Any]] = {
    "UINT8": np.dtype("<u1"),
    "INT64": np.dtype("<i8"),
    "FP32": np.dtype("<f4"),
}
"""The types of tensors of numbers, by the protocol's names."""


def split_body(body: bytes, header_length: str | None) -> tuple[memoryview, memoryview]:
    """Split a request into its JSON and the tensors behind it; raises `RequestRefused`.

    `header_length` is what Inference-Header-Content-Length says.
    """
    whole = memoryview(body)
    if header_length is None:
        return whole, whole[:0]
    is_number = header_length.isascii() and header_length.isdecimal() and len(header_length) < 20
    if not is_number or int(header_length) > len(body):
        raise RequestRefused(
            400,
            f"Inference-Header-Content-Length is '{header_length[:20]}', and the body has "
            f"{plural(len(body), 'byte')}; give the length of its JSON in bytes.",
        )
    length = int(header_length)
    return whole[:length], whole[length:]


def read_numbers(name: str, content: memoryview, datatype: str, count: int) -> NDArray[Any]:
    """Return the numbers (count,) in `content`, without a copy; raises `RequestRefused`."""
    dtype = NUMBER_TYPES[datatype]
    if len(content) != count * dtype.itemsize:
        raise RequestRefused(
            400,
            f"The input '{name}' has {plural(len(content), 'byte')}, and its shape needs "
            f"{count * dtype.itemsize:,}.",
        )
    return np.frombuffer(content, dtype)


def read_elements(name: str, content: memoryview, count: int) -> list[bytes]:
    """Return the elements of a BYTES tensor; raises `RequestRefused` unless there are `count`."""
    elements: list[bytes] = []
    start, end = 0, len(content)
    while start < end and len(elements) <= count:
        first = start + LENGTH_BYTES
        start = first + int.from_bytes(content[start:first], "little")
        if first > end or start > end:
            raise RequestRefused(
                400,
                f"The input '{name}' ends within its element {len(elements)}; each of them is its "
                "length, four bytes little-endian, and so many bytes.",
            )
        elements.append(bytes(content[first:start]))
    if len(elements) != count:
        found = f"more than {count:,}" if len(elements) > count else f"{len(elements):,}"
        raise RequestRefused(
            400, f"The input '{name}' holds {found} elements, and its shape says {count:,}."
        )
    return elements


def write_elements(elements: Iterable[bytes]) -> bytes:
    """Return elements as a BYTES tensor."""
    return b"".join(
        piece for each in elements for piece in (len(each).to_bytes(LENGTH_BYTES, "little"), each)
    )
