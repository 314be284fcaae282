"""Questions of the Open Inference Protocol, read without a server."""

import base64
import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from infer_signatures import PICTURES, SENTENCES
from tritonclient.http import InferenceServerClient, InferInput

from noonbit.serve.open_inference.infer_request import RawInputs, Values, read_request
from noonbit.serve.refusal import RequestRefused

PIXELS = np.arange(12, dtype=np.uint8).reshape(2, 1, 2, 3)


def encode(**changes: Any) -> bytes:
    """A question about `PIXELS` in JSON, with changes to its one input."""
    tensor = {"name": "images", "datatype": "UINT8", "shape": [2, 1, 2, 3]}
    tensor |= {"data": PIXELS.ravel().tolist()} | changes
    return json.dumps({"inputs": [tensor]}).encode()


def read_values(body: bytes, header_length: str | None = None) -> np.ndarray:
    _, values = read_request(body, header_length, PICTURES)
    assert isinstance(values, Values)
    return values.array


def tritonclient_body(
    tensor: np.ndarray, name: str, datatype: str, *, binary: bool
) -> tuple[bytes, str | None]:
    given = InferInput(name, list(tensor.shape), datatype)
    given.set_data_from_numpy(tensor, binary_data=binary)
    body, length = InferenceServerClient.generate_request_body([given])
    return body, None if length is None else str(length)


@pytest.mark.parametrize("binary", [True, False])
def test_tritonclient_sends_pixels_in_binary_or_in_json(binary: bool) -> None:
    values = read_values(*tritonclient_body(PIXELS, "images", "UINT8", binary=binary))
    np.testing.assert_array_equal(values, PIXELS)
    assert values.dtype == np.uint8


def test_pixels_in_binary_are_not_copied() -> None:
    body, length = tritonclient_body(PIXELS, "images", "UINT8", binary=True)
    values = read_values(body, length)
    assert np.shares_memory(values, np.frombuffer(body, np.uint8))


def test_nested_lists_are_read_in_row_major_order() -> None:
    np.testing.assert_array_equal(read_values(encode(data=PIXELS.tolist())), PIXELS)


@pytest.mark.parametrize("binary", [True, False])
def test_word_numbers_are_read(binary: bool) -> None:
    tokens = np.array([[2, 3, 0, 0]])
    body, length = tritonclient_body(tokens, "tokens", "INT64", binary=binary)
    _, values = read_request(body, length, SENTENCES)
    assert isinstance(values, Values) and values.array.tolist() == [[2, 3, 0, 0]]


@pytest.mark.parametrize("number", [-1, 4])
def test_a_number_that_no_word_has_is_refused(number: int) -> None:
    tokens = np.array([[2, 3, 0, number]])
    body, length = tritonclient_body(tokens, "tokens", "INT64", binary=True)
    with pytest.raises(
        RequestRefused, match=f"holds the number {number}; words have .* from 0 to 3"
    ):
        read_request(body, length, SENTENCES)


def test_encoded_pictures_are_elements_in_binary() -> None:
    pictures = np.array([b"\x89PNG\x00", b"\xff\xd8"], dtype=object)
    body, length = tritonclient_body(pictures, "image_bytes", "BYTES", binary=True)
    _, raw = read_request(body, length, PICTURES)
    assert raw == RawInputs([b"\x89PNG\x00", b"\xff\xd8"])


def test_encoded_pictures_are_base64_in_json() -> None:
    data = [base64.b64encode(b"\x89PNG\x00").decode()]
    body = encode(name="image_bytes", datatype="BYTES", shape=[1], data=data)
    assert read_request(body, None, PICTURES)[1] == RawInputs([b"\x89PNG\x00"])


def test_sentences_are_text_in_json_and_in_binary() -> None:
    texts = np.array(["good film", "좋은 영화"], dtype=object)
    for binary in (True, False):
        body, length = tritonclient_body(texts, "text", "BYTES", binary=binary)
        expected = RawInputs([b"good film", "좋은 영화".encode()])
        assert read_request(body, length, SENTENCES)[1] == expected


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"name": "image"}, "There is no input 'image'; .* Did you mean 'images'"),
        ({"datatype": "FP32"}, "is of the type FP32; send UINT8"),
        (
            {"shape": [2, 1, 3, 2]},
            r"has the shape \[2, 1, 3, 2\]; this model takes \[-1, 1, 2, 3\]",
        ),
        ({"shape": [12]}, "has the shape"),
        ({"shape": [0, 1, 2, 3], "data": []}, "has the shape"),
        ({"shape": [-1, 1, 2, 3]}, "has the shape"),
        ({"shape": [3, 1, 2, 3]}, "holds 12 numbers, and its shape .* needs 18"),
        ({"shape": [2**70, 1, 2, 3]}, "has the shape"),
        ({"data": [0] * 11 + [256]}, "numbers from 0 to 256; UINT8 has 0 to 255"),
        ({"data": [0] * 11 + [-1]}, "numbers from -1 to 0; UINT8 has 0 to 255"),
        ({"data": [0.5] * 12}, "other than integers"),
        ({"data": ["0"] * 12}, "other than integers"),
        ({"data": [None] * 12}, "other than integers"),
        ({"data": [True] * 12}, "other than integers"),
        ({"data": [2**80] * 12}, "other than integers"),
        ({"data": [[1, 2], [3]]}, "other than integers, or lists of different lengths"),
        ({"data": []}, "other than integers"),
        ({"data": None}, "has no data; .* Shared memory is not read"),
        ({"data": "abc"}, "inputs.0.data: Input should be a valid array"),
        ({"parameters": {"binary_data_size": 12}}, "binary_data_size 12, and 0 bytes follow"),
        ({"parameters": {"binary_data_size": -1}}, "binary_data_size: .* greater than or equal"),
        ({"name": "image_bytes", "datatype": "BYTES", "shape": [1], "data": ["*"]}, "not base64"),
        ({"name": "image_bytes", "datatype": "BYTES", "shape": [1], "data": ["é"]}, "not base64"),
        (
            {"name": "image_bytes", "datatype": "BYTES", "shape": [1], "data": [7]},
            "so many strings",
        ),
        (
            {"name": "image_bytes", "datatype": "BYTES", "shape": [2], "data": [""]},
            "so many strings",
        ),
    ],
)
def test_an_input_that_does_not_fit_is_refused_with_what_does(
    changes: dict[str, Any], reason: str
) -> None:
    with pytest.raises(RequestRefused, match=reason):
        read_request(encode(**changes), None, PICTURES)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "no inference request"),
        (b"[]", "no inference request"),
        (b"{", "no inference request"),
        (b"\xff\xfe", "no inference request"),
        (b"{}", "inputs: Field required"),
        (b'{"inputs": []}', "has 0 inputs; this model takes one: 'images' or 'image_bytes'"),
        (b'{"inputs": [], "outputs": [{"name": "label"}]}', "There is no output 'label'"),
        (
            b'{"inputs": [], "outputs": [{"name": "class"}, {"name": "class"}]}',
            "is asked for twice",
        ),
        (
            b'{"inputs": [], "outputs": [{"name": "class", "parameters": {"classification": 1}}]}',
            "holds names already",
        ),
        (b'{"inputs": ' + b"[" * 100_000, "no inference request"),
    ],
)
def test_what_is_no_question_is_refused(body: bytes, reason: str) -> None:
    with pytest.raises(RequestRefused, match=reason):
        read_request(body, None, PICTURES)


def test_bytes_without_an_input_that_owns_them_are_refused() -> None:
    body = encode()
    with pytest.raises(RequestRefused, match="binary_data_size 0, and 3 bytes follow"):
        read_request(body + b"abc", str(len(body)), PICTURES)


def test_deep_lists_are_refused() -> None:
    deep: list[Any] = [1]
    for _ in range(80):
        deep = [deep]
    with pytest.raises(RequestRefused):
        read_values(encode(data=deep))


@given(st.binary(max_size=80), st.none() | st.integers(0, 90).map(str))
def test_any_bytes_are_read_or_refused(body: bytes, header_length: str | None) -> None:
    with pytest.raises(RequestRefused):
        read_request(body, header_length, PICTURES)
