"""Real clients of the Open Inference Protocol, over a socket, against `Run.predict`."""

import gzip
import io
import json
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tritonclient.http as triton
from PIL import Image
from running_server import running_server
from tritonclient.utils import InferenceServerException

from noonbit.config.recipe import Recipe
from noonbit.data import open_data
from noonbit.data.dataset import Part
from noonbit.data.preprocess.images import ImagePreprocessor
from noonbit.export.onnx_file import write_onnx
from noonbit.export.onnx_model import OnnxModel
from noonbit.jobs.train import train
from noonbit.runs.run import Run

ITEMS = 70
"""More than one batch of the server."""
LIMITS = {"max_inputs": 128, "max_pending": 128, "max_body_bytes": 200_000}


@pytest.fixture(scope="module")
def address(digits_model: OnnxModel) -> Iterator[str]:
    with running_server(digits_model, **LIMITS) as server:
        yield server.url.removeprefix("http://")


@pytest.fixture(scope="module")
def client(address: str) -> Iterator[triton.InferenceServerClient]:
    with triton.InferenceServerClient(address) as client:
        yield client


@pytest.fixture(scope="module")
def pixels(digits: np.ndarray) -> np.ndarray:
    """uint8 (ITEMS, 1, 8, 8): as many dark on light as light on dark."""
    given = digits[:ITEMS].copy()
    given[::2] = 255 - given[::2]
    return given


def encode(pixels: np.ndarray) -> list[bytes]:
    """Pictures of another size than the network's, in two formats."""
    encoded = []
    for number, planes in enumerate(pixels):
        stream = io.BytesIO()
        image = Image.fromarray(planes[0]).resize((20, 20))
        image.save(stream, "PNG" if number % 2 else "BMP")
        encoded.append(stream.getvalue())
    return encoded


def ask(
    client: triton.InferenceServerClient,
    name: str,
    datatype: str,
    tensor: np.ndarray,
    *,
    binary: bool = True,
    **more: Any,
) -> triton.InferResult:
    given = triton.InferInput(name, list(tensor.shape), datatype)
    given.set_data_from_numpy(tensor, binary_data=binary)
    (model,) = [client.model_name]
    return client.infer(model, [given], **more)


@pytest.fixture(autouse=True)
def model_name(client: triton.InferenceServerClient, digits_run: Run) -> None:
    client.model_name = digits_run.path.name


def part_of(pixels: np.ndarray) -> Part:
    """Bytes for a run whose own arrays have numbers up to 16."""
    return Part(pixels, None, [str(number) for number in range(len(pixels))])


def wanted_outputs(binary: bool) -> list[triton.InferRequestedOutput]:
    names = ("probabilities", "logits", "class")
    return [triton.InferRequestedOutput(name, binary_data=binary) for name in names]


def require_same(result: triton.InferResult, run: Run, expected: Any) -> None:
    """The answers are those of `Run.predict`, within the parity of an export."""
    np.testing.assert_allclose(
        result.as_numpy("probabilities"), expected.probabilities, atol=1e-5, rtol=0
    )
    names = [
        each.decode() if isinstance(each, bytes) else each for each in result.as_numpy("class")
    ]
    assert names == expected.labels
    logits = result.as_numpy("logits").astype(np.float64) / run.contract.temperature
    exponents = np.exp(logits - logits.max(axis=1, keepdims=True))
    softmax = exponents / exponents.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(softmax, expected.probabilities, atol=1e-5, rtol=0)


@pytest.mark.parametrize("binary", [True, False])
@pytest.mark.parametrize("count", [1, 2, 7, ITEMS])
def test_pixels_get_the_answers_of_the_run(
    client: triton.InferenceServerClient,
    digits_run: Run,
    pixels: np.ndarray,
    count: int,
    binary: bool,
) -> None:
    given = pixels[:count]
    result = ask(client, "images", "UINT8", given, binary=binary, outputs=wanted_outputs(binary))
    require_same(result, digits_run, digits_run.predict(part_of(given)))


@pytest.mark.parametrize("count", [1, 9])
def test_encoded_pictures_get_the_answers_of_the_run(
    client: triton.InferenceServerClient,
    digits_run: Run,
    pixels: np.ndarray,
    tmp_path: Path,
    count: int,
) -> None:
    encoded = encode(pixels[:count])
    for number, content in enumerate(encoded):
        (tmp_path / f"{number}.png").write_bytes(content)
    paths = [tmp_path / f"{number}.png" for number in range(count)]
    result = ask(client, "image_bytes", "BYTES", np.array(encoded, dtype=object))
    require_same(result, digits_run, digits_run.predict(paths))


@pytest.mark.parametrize("algorithm", ["gzip", "deflate"])
def test_a_compressed_request_is_answered(
    client: triton.InferenceServerClient, digits_run: Run, pixels: np.ndarray, algorithm: str
) -> None:
    result = ask(client, "images", "UINT8", pixels, request_compression_algorithm=algorithm)
    require_same(result, digits_run, digits_run.predict(part_of(pixels)))


def test_a_compressed_request_is_unpacked_up_to_the_limit_of_a_body(address: str) -> None:
    bomb = gzip.compress(bytes(50_000_000))
    status, answer = post(address, "/v2/models/digits/infer", bomb, {"Content-Encoding": "gzip"})
    assert status == 413 and "unpacks to more than 200,000 bytes" in answer["error"]


def test_the_client_finds_server_and_model(
    client: triton.InferenceServerClient, digits_run: Run
) -> None:
    name = digits_run.path.name
    assert client.is_server_live() and client.is_server_ready()
    assert client.is_model_ready(name) and client.is_model_ready(name, "1")
    assert client.get_server_metadata()["extensions"] == ["binary_tensor_data", "classification"]
    metadata = client.get_model_metadata(name, "1")
    assert metadata["inputs"][0] == {"name": "images", "datatype": "UINT8", "shape": [-1, 1, 8, 8]}
    assert not client.is_model_ready("another") and not client.is_model_ready(name, "2")


def test_another_model_is_not_found(
    client: triton.InferenceServerClient, pixels: np.ndarray, digits_run: Run
) -> None:
    client.model_name = "imagenet"
    with pytest.raises(InferenceServerException, match="no model 'imagenet'; this server has"):
        ask(client, "images", "UINT8", pixels)


def test_a_picture_that_cannot_be_decoded_refuses_its_request(
    client: triton.InferenceServerClient, pixels: np.ndarray
) -> None:
    encoded = encode(pixels[:3])
    encoded[1] = encoded[1][:60]
    with pytest.raises(
        InferenceServerException, match="input 1 is cut off after 60 bytes"
    ) as error:
        ask(client, "image_bytes", "BYTES", np.array(encoded, dtype=object))
    assert error.value.status() == "422"


def test_more_items_than_a_request_may_hold_are_refused(
    client: triton.InferenceServerClient, pixels: np.ndarray
) -> None:
    many = np.concatenate([pixels, pixels])
    with pytest.raises(
        InferenceServerException, match="holds 140 inputs; send at most 128"
    ) as error:
        ask(client, "images", "UINT8", many)
    assert error.value.status() == "413"


def test_a_request_that_does_not_fit_is_refused_in_words(
    client: triton.InferenceServerClient, pixels: np.ndarray
) -> None:
    with pytest.raises(
        InferenceServerException, match=r"this model takes \[-1, 1, 8, 8\]"
    ) as error:
        ask(client, "images", "UINT8", pixels[:, :, :4])
    assert error.value.status() == "400"


def post(address: str, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, Any]:
    connection = HTTPConnection(address)
    connection.request("POST", path, body, headers)
    response = connection.getresponse()
    answer = json.loads(response.read())
    connection.close()
    return response.status, answer


@pytest.mark.parametrize("body", [b"", b"{}", b"\xff", b"[" * 70_000, b"[1," * 40_000])
def test_what_is_no_question_is_refused(address: str, digits_run: Run, body: bytes) -> None:
    path = f"/v2/models/{digits_run.path.name}/infer"
    status, answer = post(address, path, body, {})
    assert status == 400 and answer["error"].startswith("The body is no inference request")


@pytest.mark.slow
def test_digits_that_lie_off_centre_are_framed_as_the_run_frames_them(
    shared_data: Callable[[str], Path], tmp_path: Path
) -> None:
    data = open_data("mnist", data_dir=shared_data("mnist").parent)
    raw = data.parts["test"].raw
    labels = data.parts["test"].labels
    assert isinstance(raw, np.ndarray) and labels is not None
    np.savez(tmp_path / "some.npz", images=raw[:1500, 0], labels=labels[:1500])
    run = train(
        tmp_path / "some.npz", Recipe(model="mlp", epochs=1, threads=1), out=tmp_path / "some"
    )
    preprocessor = run.contract.preprocessor
    assert isinstance(preprocessor, ImagePreprocessor) and preprocessor.strokes is not None
    write_onnx(run, tmp_path / "model.onnx")
    moved = np.roll(raw[1500:1512], (5, 4), axis=(2, 3))
    expected = run.predict(part_of(moved))
    assert len(expected.adjusted["reframed"])
    with (
        running_server(OnnxModel.open(tmp_path / "model.onnx", threads=1)) as server,
        triton.InferenceServerClient(server.url.removeprefix("http://")) as client,
    ):
        client.model_name = "some"
        require_same(ask(client, "images", "UINT8", moved), run, expected)
