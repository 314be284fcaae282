"""Whatever is sent, a sentence comes back, and the server goes on."""

import base64
import json
import random
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from encoded_pictures import noise_picture
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from raw_http import connected
from running_server import RunningServer, running_server

from noonbit.export.onnx_model import OnnxModel

EXAMPLES = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
ASKED_FOR = {503, 504}
PNG = noise_picture()
TEXT = base64.b64encode(PNG).decode()

numbers = st.integers() | st.floats() | st.integers(-300, 300) | st.just(10**400)
plain = st.none() | st.booleans() | numbers | st.text(max_size=20) | st.just(TEXT)
values = st.recursive(
    plain,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)
keys = st.sampled_from(["images", "arrays", "texts", "games", "planes", "images ", ""])
rows = st.lists(st.lists(numbers, min_size=1, max_size=9), min_size=1, max_size=9)
types = st.sampled_from(
    [
        "application/json",
        "application/json; charset=utf-16",
        "image/png",
        "image/x;;;",
        "multipart/form-data; boundary=x",
        'multipart/form-data; boundary="',
        "multipart/form-data; boundary=" + "x" * 100,
        "text/plain",
        "",
    ]
)


@pytest.fixture(scope="module")
def small(digits_model: OnnxModel) -> Iterator[RunningServer]:
    with running_server(digits_model, max_inputs=8, max_body_bytes=50_000) as server:
        yield server


def require_sentence(response: httpx.Response) -> None:
    """A refusal is one sentence; nothing is an error of the server but what the limits ask for."""
    assert response.status_code < 500 or response.status_code in ASKED_FOR, response.text
    if response.status_code >= 400 and "predictions" not in response.json():
        (key,) = response.json()
        assert key == "error"
        assert response.json()["error"].endswith(".")
        assert "\n" not in response.json()["error"]


def post(server: RunningServer, body: bytes, content_type: str) -> httpx.Response:
    headers = {"Content-Type": content_type} if content_type else {}
    return server.client.post("/v1/predict", content=body, headers=headers)


@EXAMPLES
@given(body=st.binary(max_size=300), content_type=types)
def test_any_bytes(small: RunningServer, body: bytes, content_type: str) -> None:
    require_sentence(post(small, body, content_type))


@EXAMPLES
@given(value=values | st.dictionaries(keys, values | st.lists(values)))
def test_any_json(small: RunningServer, value: Any) -> None:
    require_sentence(post(small, json.dumps(value).encode(), "application/json"))


@EXAMPLES
@given(items=st.lists(rows | st.lists(rows, max_size=3) | numbers, max_size=4))
def test_any_arrays(small: RunningServer, items: Any) -> None:
    require_sentence(post(small, json.dumps({"arrays": items}).encode(), "application/json"))


@EXAMPLES
@given(
    names=st.lists(st.text(max_size=20), min_size=1, max_size=4),
    contents=st.lists(st.binary(max_size=60) | st.just(PNG), min_size=4, max_size=4),
    flips=st.lists(st.tuples(st.integers(0, 10_000), st.integers(1, 255)), max_size=4),
)
def test_damaged_forms(
    small: RunningServer, names: list[str], contents: list[bytes], flips: list[tuple[int, int]]
) -> None:
    files = [("f", (name, each)) for name, each in zip(names, contents, strict=False)]
    request = small.client.build_request("POST", "/v1/predict", files=files)
    body = bytearray(request.read())
    for place, mask in flips:
        body[place % len(body)] ^= mask
    require_sentence(post(small, bytes(body), request.headers["content-type"]))


@EXAMPLES
@given(flips=st.lists(st.tuples(st.integers(0, 10_000), st.integers(1, 255)), min_size=1))
def test_damaged_pictures(small: RunningServer, flips: list[tuple[int, int]]) -> None:
    body = bytearray(PNG)
    for place, mask in flips:
        body[place % len(body)] ^= mask
    require_sentence(post(small, bytes(body), "image/png"))


@EXAMPLES
@given(query=st.text(st.characters(codec="utf-8"), max_size=30))
def test_any_query(small: RunningServer, query: str) -> None:
    response = small.client.post(
        "/v1/predict",
        params={"top": query},
        content=PNG,
        headers={"Content-Type": "image/png"},
    )
    require_sentence(response)


@pytest.mark.parametrize("seed", range(20))
def test_bytes_that_are_no_http_end_their_connection_alone(small: RunningServer, seed: int) -> None:
    source = random.Random(seed)
    request = bytearray(
        b"POST /v1/predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabc"
    )
    for _ in range(source.randrange(1, 6)):
        request[source.randrange(len(request))] = source.randrange(256)
    with connected(small.port) as connection:
        connection.sendall(bytes(request))
        connection.shutdown(1)  # nothing more comes
        answer = connection.recv(65536)
    assert not answer.startswith(b"HTTP/1.1 5")
    assert post(small, PNG, "image/png").status_code == 200


@pytest.mark.slow
def test_memory_stays_as_it_is_over_many_requests(
    digits_model: OnnxModel, pictures: list[bytes]
) -> None:
    """Good and bad requests in turns: after the first ones have filled pools and caches, resident
    memory grows by less than a fiftieth of what 2,700 of them bring, 210 MB."""
    form = httpx.Request("POST", "http://x", files=[("f", each) for each in pictures])
    many, form_type = form.read(), form.headers["content-type"]
    noise = random.Random(0).randbytes(200_000)
    bodies = [
        (PNG, "image/png"),
        (many, form_type),
        (many[:-100], form_type),
        (json.dumps({"images": [TEXT] * 20}).encode(), "application/json"),
        (json.dumps({"arrays": [[[1] * 100] * 100] * 5}).encode(), "application/json"),
        (noise, "image/png"),
        (noise, "application/json"),
        (b"[" * 100_000, "application/json"),
        (b"", "text/plain"),
    ]
    with running_server(digits_model, max_body_bytes=150_000) as server:

        def ask_all(times: int) -> float:
            for _ in range(times):
                for body, content_type in bodies:
                    response = post(server, body, content_type)
                    assert response.status_code in (200, 400, 413, 415)
            return server.metric("process_resident_memory_bytes")

        before = ask_all(20)
        times = 300
        after = ask_all(times)
        brought = times * sum(len(body) for body, _ in bodies)
        assert after - before < brought / 50
        assert server.service.bodies.held_bytes == 0
        assert server.service.batcher.pending == server.service.batcher.waiting == 0
