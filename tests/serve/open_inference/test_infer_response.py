"""Answers of the Open Inference Protocol, written without a server and read by tritonclient."""

import json
from typing import Any

import numpy as np
import pytest
from infer_signatures import PICTURES
from tritonclient.http import InferenceServerClient, InferInput, InferRequestedOutput

from noonbit.data.preprocess.contract import Contract
from noonbit.data.preprocess.images import ImagePreprocessor
from noonbit.serve.open_inference.infer_response import write_response
from noonbit.serve.open_inference.messages import InferRequest
from noonbit.serve.open_inference.signature import Signature

LOGITS = np.array([[0.5, 2.0, -1.0], [1.0, 0.25, 3.0]], np.float32)
PROBABILITIES = np.array([[0.1, 0.7, 0.2], [0.3, 0.1, 0.6]], np.float32)


def ask(outputs: list[InferRequestedOutput] | None, request_id: str = "") -> tuple[bytes, Any]:
    """The body and length of the JSON that answer a question by tritonclient."""
    given = InferInput("images", [2, 1, 2, 3], "UINT8")
    given.set_data_from_numpy(np.zeros((2, 1, 2, 3), np.uint8))
    body, length = InferenceServerClient.generate_request_body(
        [given], outputs=outputs, request_id=request_id
    )
    request = InferRequest.model_validate_json(body[:length])
    response = write_response(request, PROBABILITIES, LOGITS, PICTURES)
    return response.body, response.header_length


def test_tritonclient_reads_all_outputs_in_binary() -> None:
    body, length = ask(None)
    result = InferenceServerClient.parse_response_body(body, header_length=length)
    np.testing.assert_array_equal(result.as_numpy("probabilities"), PROBABILITIES)
    np.testing.assert_array_equal(result.as_numpy("logits"), LOGITS)
    assert result.as_numpy("class").tolist() == ["개".encode(), b"horse"]


@pytest.mark.parametrize("binary", [True, False])
def test_tritonclient_reads_the_outputs_that_it_asked_for(binary: bool) -> None:
    names = ["class", "logits"]
    body, length = ask([InferRequestedOutput(name, binary_data=binary) for name in names])
    assert (length is not None) == binary
    result = InferenceServerClient.parse_response_body(body, header_length=length)
    assert [output["name"] for output in result.get_response()["outputs"]] == names
    np.testing.assert_array_equal(result.as_numpy("logits"), LOGITS)
    classes = [
        each if isinstance(each, str) else each.decode() for each in result.as_numpy("class")
    ]
    assert classes == ["개", "horse"]


def test_numbers_in_json_are_those_of_float32() -> None:
    body, _ = ask([InferRequestedOutput("probabilities", binary_data=False)])
    (output,) = json.loads(body)["outputs"]
    assert np.float32(output["data"]).tobytes() == PROBABILITIES.tobytes()


def test_a_classification_has_score_index_and_class() -> None:
    body, length = ask([InferRequestedOutput("probabilities", class_count=2)])
    result = InferenceServerClient.parse_response_body(body, header_length=length)
    assert result.as_numpy("probabilities").tolist() == [
        ["0.700000:1:개".encode(), b"0.200000:2:horse"],
        [b"0.600000:2:horse", b"0.300000:0:cat"],
    ]


def test_a_classification_has_at_most_all_classes() -> None:
    body, length = ask([InferRequestedOutput("logits", class_count=99)])
    result = InferenceServerClient.parse_response_body(body, header_length=length)
    assert result.as_numpy("logits").shape == (2, 3)


def test_the_identifier_of_a_request_comes_back() -> None:
    body, length = ask(None, request_id='a"b')
    assert json.loads(body[:length])["id"] == 'a"b'
    body, length = ask(None)
    assert "id" not in json.loads(body[:length])


def test_a_class_name_of_broken_bytes_is_written_as_an_escape() -> None:
    broken = Contract.unit(
        ImagePreprocessor(height=2, width=3, channels=1), ("caf\udce9", "b", "c")
    )
    request, signature = InferRequest(inputs=[]), Signature.of("x", broken)
    response = write_response(request, -PROBABILITIES, LOGITS, signature)
    assert json.loads(response.body)["outputs"][2]["data"][0] == "caf\\udce9"
