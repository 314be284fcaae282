"""The limits of a request, over a socket: time, bytes, places, and clients that leave."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from encoded_pictures import noise_picture
from held_model import HeldModel
from raw_http import connected, head, receive
from running_server import RunningServer, running_server, wait_until

PNG = {"Content-Type": "image/png"}


@pytest.fixture(scope="module")
def model(digits_file: Path) -> HeldModel:
    return HeldModel.of(digits_file)


@pytest.fixture(scope="module")
def small(model: HeldModel) -> Iterator[RunningServer]:
    """A server with little room."""
    with running_server(
        model,
        max_batch=4,
        max_inputs=4,
        max_pending=6,
        max_body_bytes=20_000,
        max_held_bytes=30_000,
    ) as running:
        yield running


@pytest.fixture
def held(model: HeldModel, small: RunningServer) -> Iterator[RunningServer]:
    """The same while its network does not answer."""
    model.hold()
    try:
        yield small
    finally:
        model.free.set()
        wait_until(lambda: small.service.batcher.pending == 0)


def form(*pictures: bytes) -> tuple[bytes, str]:
    """A body with files, and its Content-Type."""
    request = httpx.Request(
        "POST", "http://x", files=[("f", (f"{n}.png", each)) for n, each in enumerate(pictures)]
    )
    return request.read(), request.headers["content-type"]


def post(server: RunningServer, *pictures: bytes) -> httpx.Response:
    body, content_type = form(*pictures)
    headers = {"Content-Type": content_type}
    return server.client.post("/v1/predict", content=body, headers=headers)


@pytest.fixture(scope="module")
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(8) as pool:
        yield pool


def occupy(
    held: RunningServer, model: HeldModel, threads: ThreadPoolExecutor
) -> "Future[httpx.Response]":
    first = threads.submit(post, held, noise_picture())
    assert model.asked.wait(60)
    return first


def test_inputs_of_several_requests_are_answered_at_once(
    held: RunningServer, model: HeldModel, threads: ThreadPoolExecutor
) -> None:
    first = occupy(held, model, threads)
    others = [threads.submit(post, held, noise_picture(seed=seed)) for seed in range(4)]
    wait_until(lambda: held.service.batcher.waiting == 4)
    model.free.set()
    assert {each.result().status_code for each in (first, *others)} == {200}
    assert model.sizes == [1, 4]


def test_without_room_a_request_is_told_to_come_back(
    held: RunningServer, model: HeldModel, threads: ThreadPoolExecutor
) -> None:
    first = occupy(held, model, threads)
    second = threads.submit(post, held, *[noise_picture()] * 4)
    wait_until(lambda: held.service.batcher.pending == 5)
    refused = post(held, noise_picture(), noise_picture())
    assert refused.status_code == 503
    assert int(refused.headers["Retry-After"]) >= 1
    assert "5 inputs of other requests are being answered" in refused.json()["error"]
    third = threads.submit(post, held, noise_picture())  # the sixth place
    wait_until(lambda: held.service.batcher.pending == 6)
    model.free.set()
    assert {each.result().status_code for each in (first, second, third)} == {200}


def test_a_client_that_leaves_takes_its_inputs_out_of_the_queue(
    held: RunningServer, model: HeldModel, threads: ThreadPoolExecutor
) -> None:
    first = occupy(held, model, threads)
    body, content_type = form(*[noise_picture()] * 3)
    with connected(held.port) as connection:
        headers = (f"Content-Type: {content_type}", f"Content-Length: {len(body)}")
        connection.sendall(head("POST /v1/predict", *headers) + body)
        wait_until(lambda: held.service.batcher.waiting == 3)
    wait_until(lambda: held.service.batcher.waiting == 0)
    assert held.service.batcher.pending == 1
    model.free.set()
    assert first.result().status_code == 200
    assert model.sizes == [1]
    wait_until(lambda: held.metric('noonbit_requests_total{route="/v1/predict",status="499"}') == 1)


def test_a_client_that_leaves_within_its_body_is_forgotten(small: RunningServer) -> None:
    with connected(small.port) as connection:
        connection.sendall(
            head("POST /v1/predict", "Content-Type: image/png", "Content-Length: 9000")
        )
        connection.sendall(b"x" * 4000)
        wait_until(lambda: small.service.bodies.held_bytes == 4000)
    wait_until(lambda: small.service.bodies.held_bytes == 0)
    assert post(small, noise_picture()).status_code == 200


def test_an_answer_that_takes_too_long_is_given_up(digits_file: Path) -> None:
    model = HeldModel.of(digits_file)
    with running_server(model, timeout_seconds=0.5) as server:
        model.hold()
        late = post(server, noise_picture())
        assert late.status_code == 504
        assert "no answer within 0.5 seconds" in late.json()["error"]
        assert server.service.batcher.pending == 0
        model.free.set()
        wait_until(lambda: post(server, noise_picture()).status_code == 200)


def test_a_body_that_does_not_arrive_is_given_up(digits_file: Path) -> None:
    model = HeldModel.of(digits_file)
    with running_server(model, timeout_seconds=0.5) as server, connected(server.port) as slow:
        slow.sendall(head("POST /v1/predict", "Content-Type: image/png", "Content-Length: 9"))
        status, _, answer = receive(slow)
        assert status == 408
        assert "did not arrive within 0.5 seconds" in answer["error"]


def test_the_largest_body_is_read_and_one_byte_more_is_not(small: RunningServer) -> None:
    path = "/v1/predict"
    fits = small.client.post(path, content=b"x" * 20_000, headers=PNG)
    assert fits.status_code == 422
    exceeds = small.client.post(path, content=b"x" * 20_001, headers=PNG)
    assert exceeds.status_code == 413
    assert "larger than 20,000 bytes" in exceeds.json()["error"]


def test_a_body_in_pieces_is_counted_while_it_arrives(small: RunningServer) -> None:
    def pieces() -> Iterator[bytes]:
        for _ in range(21):
            yield b"x" * 1_000

    path = "/v1/predict"
    refused = small.client.post(path, content=pieces(), headers=PNG)
    assert refused.status_code == 413
    assert small.service.bodies.held_bytes == 0


def test_bodies_that_are_held_together_have_a_limit(small: RunningServer) -> None:
    with connected(small.port) as connection:
        connection.sendall(
            head("POST /v1/predict", "Content-Type: image/png", "Content-Length: 20000")
        )
        connection.sendall(b"x" * 19_000)
        wait_until(lambda: small.service.bodies.held_bytes == 19_000)
        refused = small.client.post("/v1/predict", content=b"x" * 12_000, headers=PNG)
        assert refused.status_code == 503
        assert "hold 19,000 bytes of the 30,000" in refused.json()["error"]
        assert refused.headers["Retry-After"] == "1"
    wait_until(lambda: small.service.bodies.held_bytes == 0)


def test_a_compressed_body_is_not_read(small: RunningServer) -> None:
    headers = {**PNG, "Content-Encoding": "gzip"}
    refused = small.client.post("/v1/predict", content=b"x", headers=headers)
    assert refused.status_code == 415
    assert "compressed (gzip)" in refused.json()["error"]


@pytest.mark.parametrize(
    "lines",
    [
        ("Content-Length: -1",),
        ("Content-Length: x",),
        ("Content-Length: 1", "Content-Length: 2"),
        ("Content-Length: 99999999999999999999999999",),
        ("Transfer-Encoding: gzip",),
    ],
)
def test_a_length_that_is_none_is_refused(small: RunningServer, lines: tuple[str, ...]) -> None:
    with connected(small.port) as connection:
        connection.sendall(head("POST /v1/predict", "Content-Type: image/png", *lines))
        assert connection.recv(9) in (b"HTTP/1.1 ", b"")
        assert connection.recv(4) in (b"400 ", b"413 ", b"501 ")


def test_the_network_is_ready_only_while_it_works(digits_file: Path) -> None:
    model = HeldModel.of(digits_file)
    with running_server(model) as server:
        assert server.client.get("/health").json() == {"alive": True}
        assert server.client.get("/ready").json() == {"ready": True}
        assert model.sizes == [64, 32, 16, 8, 4, 2, 1]  # warmed up
        server.service.stop()
        assert server.client.get("/health").status_code == 200
        stopping = server.client.get("/ready")
        assert stopping.status_code == 503
        assert stopping.headers["Retry-After"] == "1"


def test_a_failure_of_the_network_is_a_bug_of_one_answer(
    digits_file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    class Failing(HeldModel):
        def answer_batch(self, values):  # type: ignore[no-untyped-def]
            if values.any():
                raise RuntimeError("broken")
            return super().answer_batch(values)

    model = Failing.of(digits_file)
    with running_server(model) as server:
        failed = post(server, noise_picture())
        assert failed.status_code == 500
        assert failed.json()["error"].startswith("This is a bug in noonbit")
        blank = server.client.post("/v1/predict", json={"arrays": [[[0] * 8] * 8]})
        assert blank.status_code == 200
        assert blank.json()["predictions"][0]["adjusted"] == ["blank"]
    assert "RuntimeError: broken" in caplog.text


def test_many_clients_at_once_get_their_own_answers(
    small: RunningServer, threads: ThreadPoolExecutor
) -> None:
    pictures = [noise_picture(seed=seed) for seed in range(12)]
    expected = [post(small, each).json()["predictions"][0]["probability"] for each in pictures]
    wrong = threading.Event()

    def ask(number: int) -> None:
        for _ in range(3):
            response = post(small, pictures[number])
            if response.status_code == 503:
                time.sleep(0.01)
                continue
            (row,) = response.json()["predictions"]
            if abs(row["probability"] - expected[number]) > 1e-5:
                wrong.set()

    for task in [threads.submit(ask, number) for number in range(12)]:
        task.result()
    assert not wrong.is_set()
