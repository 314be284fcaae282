"""POST /v1/predict and GET /v1/model, over a socket, against the run's own predictions."""

import base64
import io
from typing import Any

import httpx
import numpy as np
import pytest
from encoded_pictures import empty_png, encode, noise_picture
from numpy.typing import NDArray
from PIL import Image
from running_server import RunningServer, running_server

from noonbit.export.onnx_model import OnnxModel
from noonbit.runs.run import Run


def predict(server: RunningServer, pictures: list[bytes], **query: Any) -> httpx.Response:
    files = [("file", (f"{number}.png", each)) for number, each in enumerate(pictures)]
    return server.client.post("/v1/predict", files=files, params=query)


def rows(response: httpx.Response, status: int = 200) -> list[dict[str, Any]]:
    assert response.status_code == status, response.text
    found = response.json()["predictions"]
    assert isinstance(found, list)
    return found


def error(response: httpx.Response, status: int) -> str:
    assert response.status_code == status, response.text
    (key,) = response.json()
    assert key == "error"
    return str(response.json()["error"])


def test_files_get_the_answers_of_the_run_in_order(
    server: RunningServer, digits_run: Run, pictures: list[bytes]
) -> None:
    expected = digits_run.predict([Image.open(io.BytesIO(each)) for each in pictures])
    answered = rows(predict(server, pictures, top=3))
    assert [row["name"] for row in answered] == [f"{number}.png" for number in range(40)]
    assert [row["prediction"] for row in answered] == expected.labels
    for row, best in zip(answered, expected.top(3), strict=True):
        assert [each["class"] for each in row["top"]] == [name for name, _ in best]
        assert [each["probability"] for each in row["top"]] == pytest.approx(
            [probability for _, probability in best], abs=1e-5
        )
        assert row["top"][0]["probability"] == row["probability"]
        assert row["adjusted"] == []


def test_one_picture_base64_and_arrays_get_the_same_answer(
    server: RunningServer, pictures: list[bytes]
) -> None:
    (by_file,) = rows(predict(server, pictures[:1]))
    body = server.client.post(
        "/v1/predict", content=pictures[0], headers={"Content-Type": "image/png"}
    )
    text = base64.b64encode(pictures[0]).decode()
    (by_body,) = rows(body)
    (by_text,) = rows(server.client.post("/v1/predict", json={"images": [text]}))
    levels = np.asarray(Image.open(io.BytesIO(pictures[0])))
    low, high = server.service.model.contract.preprocessor.array_range or (0, 255)
    numbers = (low + levels / 255.0 * (high - low)).tolist()
    (by_array,) = rows(server.client.post("/v1/predict", json={"arrays": [numbers]}))
    for row in (by_file, by_body, by_text, by_array):
        del row["name"]
    assert by_file == by_body == by_text == by_array


def test_what_was_adjusted_is_said(server: RunningServer, pictures: list[bytes]) -> None:
    large = Image.open(io.BytesIO(pictures[3])).resize((30, 40)).convert("RGB")
    (row,) = rows(predict(server, [encode(large, "BMP")]))
    assert row["adjusted"] == ["made grey", "resized"]


def test_what_is_unlike_the_training_images_is_flagged_by_the_rule_of_the_file(
    digits_model: OnnxModel, digits: NDArray[np.uint8]
) -> None:
    rule = digits_model.card.unfamiliar
    assert rule is not None
    mixed = digits[:100] // 2 + digits[100:200] // 2  # two digits on top of each other
    shown = [encode(Image.fromarray(each[0])) for each in (*digits[:50], *mixed)]
    blank = encode(Image.new("L", (8, 8)))
    with running_server(digits_model) as server:
        answered = rows(predict(server, [*shown, blank]))
        expected = [row["probability"] < rule.threshold for row in answered[:150]]
        assert 0 < sum(expected) < 150
        assert [row["unfamiliar"] for row in answered] == [*expected, True]
        assert server.metric("noonbit_inputs_unfamiliar_total") == sum(expected) + 1


def test_one_bad_picture_fails_alone(server: RunningServer, pictures: list[bytes]) -> None:
    answered = rows(predict(server, [pictures[0], pictures[1][:60], pictures[2], b""]))
    alone = [rows(predict(server, [pictures[number]]))[0] for number in (0, 2)]
    assert [answered[number]["prediction"] for number in (0, 2)] == [
        row["prediction"] for row in alone
    ]
    assert answered[1] == {"name": "1.png", "error": "1.png is cut off after 60 bytes."}
    assert answered[3] == {"name": "3.png", "error": "3.png is empty (0 bytes)."}


def test_if_no_input_can_be_used_the_status_says_so(server: RunningServer) -> None:
    answered = rows(predict(server, [b"x", empty_png(50_000, 3_000)]), 422)
    assert "is not an image" in answered[0]["error"]
    assert "50,000 x 3,000 pixels; at most 64,000,000" in answered[1]["error"]


def test_all_classes_are_the_most_that_can_be_named(
    server: RunningServer, pictures: list[bytes]
) -> None:
    (row,) = rows(predict(server, pictures[:1], top=1000))
    assert len(row["top"]) == 10
    assert sum(each["probability"] for each in row["top"]) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize(
    "query", ["top=0", "top=-1", "top=x", "top=", "top=1&top=2", "top=1.5", "top=" + "9" * 5000]
)
def test_top_is_one_whole_number(server: RunningServer, query: str) -> None:
    response = server.client.post(f"/v1/predict?{query}", content=noise_picture())
    assert "?top is one whole number" in error(response, 400)


def test_another_query_is_refused(server: RunningServer) -> None:
    response = server.client.post("/v1/predict?topp=3", content=noise_picture())
    assert "There is no use for ?topp" in error(response, 400)


def test_the_last_input_that_is_allowed_is_answered_and_not_one_more(
    server: RunningServer, pictures: list[bytes]
) -> None:
    assert len(rows(predict(server, pictures[:1] * 256))) == 256
    assert "more than 256 parts" in error(predict(server, pictures[:1] * 257), 413)


def test_the_model_describes_itself(server: RunningServer, digits_run: Run) -> None:
    told = server.client.get("/v1/model").json()
    assert told["name"] == digits_run.path.name
    assert told["classes"] == list(digits_run.class_names)
    assert told["input"]["kind"] == "pictures"
    assert told["input"]["shape"] == [1, 8, 8]
    assert told["card"]["network"] == "mlp"
    assert told["limits"]["inputs"] == 256


def test_what_was_counted_is_shown(digits_model: OnnxModel, pictures: list[bytes]) -> None:
    with running_server(digits_model) as server:
        large = encode(Image.open(io.BytesIO(pictures[0])).resize((30, 30)))
        predict(server, [large, b"x", *pictures[:8]])
        assert server.metric("noonbit_inputs_total") == 9
        assert server.metric("noonbit_inputs_refused_total") == 1
        assert server.metric('noonbit_inputs_adjusted_total{adjustment="resized"}') == 1
        route = 'route="/v1/predict"'
        assert server.metric(f'noonbit_requests_total{{{route},status="200"}}') == 1
        assert server.metric(f"noonbit_request_seconds_count{{{route}}}") == 1
        assert server.metric("noonbit_batch_inputs_count") == 2  # of 8 and of 1
        assert server.metric("noonbit_batch_inputs_sum") == 9
        assert server.metric("noonbit_pending_inputs") == 0
        server.client.get("/no/such/path")
        assert server.metric('noonbit_requests_total{route="other",status="404"}') == 1
