"""Tensors behind the JSON of a request, and back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from noonbit.serve.open_inference.binary_tensors import (
    read_elements,
    read_numbers,
    split_body,
    write_elements,
)
from noonbit.serve.refusal import RequestRefused


def test_a_body_without_the_header_is_json_as_a_whole() -> None:
    header, tensors = split_body(b'{"inputs": []}', None)
    assert bytes(header) == b'{"inputs": []}' and len(tensors) == 0


def test_the_header_says_where_the_tensors_begin() -> None:
    header, tensors = split_body(b"{}\x01\x02\x03", "2")
    assert bytes(header) == b"{}" and bytes(tensors) == b"\x01\x02\x03"


@pytest.mark.parametrize("length", ["6", "-1", "+2", "1e1", "", "2.0", "٢", "9" * 40])
def test_a_header_length_that_the_body_does_not_have_is_refused(length: str) -> None:
    with pytest.raises(RequestRefused, match="Inference-Header-Content-Length is"):
        split_body(b"{}abc", length)


def test_numbers_are_read_in_place() -> None:
    body = bytearray(range(16))
    numbers = read_numbers("images", memoryview(body)[4:], "UINT8", 12)
    body[4] = 99
    assert numbers[0] == 99 and numbers.shape == (12,)


def test_word_numbers_are_little_endian_wherever_they_begin() -> None:
    body = b"{}x" + np.array([1, -2, 2**40], "<i8").tobytes()
    assert read_numbers("tokens", memoryview(body)[3:], "INT64", 3).tolist() == [1, -2, 2**40]


@pytest.mark.parametrize("length", [0, 11, 13])
def test_bytes_that_do_not_fill_the_shape_are_refused(length: int) -> None:
    with pytest.raises(RequestRefused, match=r"and its shape needs 12\."):
        read_numbers("images", memoryview(bytes(length)), "UINT8", 12)


@given(st.lists(st.binary(max_size=40), max_size=9))
def test_elements_are_read_as_they_were_written(elements: list[bytes]) -> None:
    content = memoryview(write_elements(elements))
    assert read_elements("image_bytes", content, len(elements)) == elements


@given(st.binary(max_size=60), st.integers(1, 5))
def test_any_bytes_are_elements_or_refused(content: bytes, count: int) -> None:
    try:
        elements = read_elements("image_bytes", memoryview(content), count)
    except RequestRefused:
        return
    assert write_elements(elements) == content


def test_tritonclient_writes_the_same_elements() -> None:
    from tritonclient.utils import serialize_byte_tensor

    elements = [b"", b"\x00\xff", "글자".encode()]
    theirs = serialize_byte_tensor(np.array(elements, dtype=object))
    assert theirs.item() == write_elements(elements)


@pytest.mark.parametrize("cut", [1, 3, 4, 6])
def test_an_element_that_is_cut_off_is_refused(cut: int) -> None:
    content = write_elements([b"abc"])[:cut]
    with pytest.raises(RequestRefused, match="ends within its element 0"):
        read_elements("image_bytes", memoryview(content), 1)


@pytest.mark.parametrize(("count", "found"), [(1, "more than 1"), (3, "2")])
def test_another_number_of_elements_than_the_shape_says_is_refused(count: int, found: str) -> None:
    content = write_elements([b"a", b"b"])
    with pytest.raises(RequestRefused, match=f"holds {found} elements, and its shape says {count}"):
        read_elements("image_bytes", memoryview(content), count)
