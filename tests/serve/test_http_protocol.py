"""Heads of requests that are too large, or never end."""

import time
from collections.abc import Iterator

import pytest
from raw_http import connected, head, receive
from running_server import RunningServer, running_server, wait_until

from noonbit.export.onnx_model import OnnxModel
from noonbit.serve import http_protocol


@pytest.fixture(scope="module")
def impatient(digits_model: OnnxModel) -> Iterator[RunningServer]:
    """A server that waits half a second for a head."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(http_protocol, "HEAD_SECONDS", 0.5)
        with running_server(digits_model) as running:
            yield running


def test_a_connection_that_sends_nothing_is_closed(impatient: RunningServer) -> None:
    with connected(impatient.port) as silent:
        assert silent.recv(1) == b""


@pytest.mark.parametrize("requests", [0, 1])
def test_a_head_that_does_not_end_is_closed_however_it_drips(
    impatient: RunningServer, requests: int
) -> None:
    with connected(impatient.port) as slow:
        for _ in range(requests):
            slow.sendall(head("GET /health"))
            assert receive(slow)[0] == 200
        slow.sendall(b"GET /health HTTP/1.1\r\n")
        slow.settimeout(0.1)

        def is_closed() -> bool:
            try:
                slow.sendall(b"X: y\r\n")
                return slow.recv(1) == b""
            except TimeoutError:
                return False
            except ConnectionError:
                return True

        wait_until(is_closed)


def test_a_head_that_is_whole_is_given_its_time(impatient: RunningServer) -> None:
    with connected(impatient.port) as slow:
        line = "Content-Length: 9"
        slow.sendall(head("POST /v1/predict", "Content-Type: image/png", line))
        slow.settimeout(1.5)
        with pytest.raises(TimeoutError):
            slow.recv(1)
        slow.settimeout(60)
        slow.sendall(b"x" * 9)
        assert receive(slow)[0] == 422


def test_heads_that_come_in_pieces_are_measured_one_by_one(server: RunningServer) -> None:
    request = head("GET /health", "X: " + "x" * 20_000)
    with connected(server.port) as connection:
        for _ in range(5):
            connection.sendall(request[:-4])
            time.sleep(0.02)  # so that the end comes as a piece of its own
            connection.sendall(request[-4:])
            assert receive(connection)[0] == 200


@pytest.mark.parametrize("start", [b"GET /", b"GET / HTTP/1.1\r\nX: ", b"GET / HTTP/1.1\r\nX"])
def test_a_head_that_is_too_large_is_refused(server: RunningServer, start: bytes) -> None:
    with connected(server.port) as connection:
        connection.sendall(start)
        received = b""
        try:
            for _ in range(20):
                connection.sendall(b"x" * 10_000)
        except ConnectionError:
            pass
        try:
            received = connection.recv(1000)
        except ConnectionError:  # what came after the refusal was read by nobody
            return
        assert received.startswith(b"HTTP/1.1 400 ")
    assert server.client.get("/health").status_code == 200
