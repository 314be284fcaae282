"""Who may ask."""

import logging
from collections.abc import Iterator

import pytest
from encoded_pictures import noise_picture
from raw_http import connected, head, receive
from running_server import RunningServer, running_server, wait_until

from noonbit.export.onnx_model import OnnxModel
from noonbit.serve.request import Request
from noonbit.serve.security import host_name, is_cross_site

KEY = "correct-horse"


@pytest.fixture(scope="module")
def locked(digits_model: OnnxModel) -> Iterator[RunningServer]:
    """A server with a key, and a name."""
    with running_server(digits_model, api_key=KEY, allowed_hosts=("Classifier.example",)) as one:
        yield one


def ask(
    server: RunningServer, path: str = "/v1/model", *headers: str, host: str = "localhost"
) -> tuple[int, str]:
    with connected(server.port) as connection:
        connection.sendall(head(f"GET {path}", *headers, host=host))
        status, _, answer = receive(connection)
    return status, answer.get("error", "")


@pytest.mark.parametrize(
    "host",
    ["localhost", "LOCALHOST:8000", "127.0.0.1", "127.0.0.1:9", "[::1]:8000", "192.168.1.5"],
)
def test_localhost_and_addresses_are_names_of_the_server(server: RunningServer, host: str) -> None:
    assert ask(server, host=host) == (200, "")


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "evil.example:8000",
        "user@evil.example",
        "localhost@evil.example",
        "[::1",
        "classifier.example",
        "0x7f000001",
    ],
)
def test_a_foreign_name_is_refused(server: RunningServer, host: str) -> None:
    status, sentence = ask(server, host=host)
    assert status == 403
    assert "This server is not called" in sentence


def test_a_name_that_was_allowed_is_taken(locked: RunningServer) -> None:
    assert ask(locked, "/health", host="classifier.EXAMPLE:80") == (200, "")
    assert ask(locked, "/health", host="other.example")[0] == 403


def test_two_names_are_refused(server: RunningServer) -> None:
    with connected(server.port) as connection:
        connection.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n")
        assert connection.recv(12) == b"HTTP/1.1 400"


@pytest.mark.parametrize(
    "header",
    [
        "Origin: http://evil.example",
        "Origin: null",
        "Origin: http://localhost:1",
        "Sec-Fetch-Site: cross-site",
        "Sec-Fetch-Site: same-site",
        "Sec-Fetch-Site: CROSS-SITE",
    ],
)
def test_a_page_of_another_site_is_refused(server: RunningServer, header: str) -> None:
    status, sentence = ask(server, "/v1/model", header)
    assert status == 403
    assert "Pages of other sites" in sentence


def test_a_preflight_gets_no_permission(server: RunningServer) -> None:
    with connected(server.port) as connection:
        request = head(
            "OPTIONS /v1/predict",
            "Origin: http://evil.example",
            "Access-Control-Request-Method: POST",
        )
        connection.sendall(request)
        status, headers, _ = receive(connection)
    assert status == 403
    assert not [name for name in headers if name.startswith("access-control")]


def test_pages_of_the_server_itself_and_programs_may_ask(server: RunningServer) -> None:
    own = f"Origin: http://localhost:{server.port}"
    host = f"localhost:{server.port}"
    assert ask(server, "/v1/model", own, "Sec-Fetch-Site: same-origin", host=host)[0] == 200
    assert ask(server, "/v1/model", "Sec-Fetch-Site: none")[0] == 200


@pytest.mark.parametrize(
    "header", [f"Authorization: Bearer {KEY}", f"authorization: bearer {KEY}", f"X-API-Key: {KEY}"]
)
def test_the_key_opens(locked: RunningServer, header: str) -> None:
    assert ask(locked, "/v1/model", header) == (200, "")


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("Accept: */*", "There is no key"),
        ("Authorization: Bearer", "There is no key"),
        (f"Authorization: Basic {KEY}", "There is no key"),
        ("Authorization: Bearer correct-hors", "The key is wrong"),
        ("X-API-Key: correct-horse2", "The key is wrong"),
        ("X-API-Key: \xe4\xff", "The key is wrong"),
    ],
)
def test_another_key_does_not(locked: RunningServer, header: str, words: str) -> None:
    for path in ("/v1/model", "/v1/predict", "/metrics", "/nothing", "//health", "/health/"):
        status, sentence = ask(locked, path, header)
        assert status == 401, path
        assert words in sentence
        assert KEY not in sentence


def test_health_and_readiness_need_no_key(locked: RunningServer) -> None:
    assert ask(locked, "/health") == ask(locked, "/ready") == (200, "")


def test_every_answer_has_the_security_headers(server: RunningServer) -> None:
    for path in ("/health", "/v1/predict", "/nothing"):
        headers = server.client.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["content-security-policy"].startswith("default-src 'none'")
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cache-control"] == "no-store"
        assert "server" not in headers
        assert "access-control-allow-origin" not in headers


def test_other_paths_and_methods_are_refused_in_json(server: RunningServer) -> None:
    missing = server.client.get("/v1/predict/../../etc/passwd")
    assert missing.status_code == 404
    assert "There is nothing at" in missing.json()["error"]
    for method in ("GET", "PUT", "DELETE", "OPTIONS", "PATCH"):
        wrong = server.client.request(method, "/v1/predict")
        assert wrong.status_code == 405
        assert wrong.headers["allow"] == "POST"
        assert wrong.json()["error"] == f"/v1/predict does not take {method}; use POST."
    assert server.client.head("/v1/predict").status_code == 405
    assert server.client.head("/health").status_code == 200
    assert server.client.get("/health/").status_code == 404


def test_a_method_that_http_does_not_know_is_refused_in_json(server: RunningServer) -> None:
    wrong = server.client.request("BREW", "/v1/predict")
    assert wrong.status_code == 400
    assert wrong.json()["error"] == "Invalid HTTP request received."
    assert wrong.headers["x-content-type-options"] == "nosniff"


def lines_of(caplog: pytest.LogCaptureFixture) -> list[str]:
    records = [each for each in caplog.records if each.name == "noonbit.serve"]
    return [line for record in records for line in record.getMessage().splitlines()]


def test_the_log_has_neither_pictures_nor_what_steers_a_terminal(
    server: RunningServer, caplog: pytest.LogCaptureFixture
) -> None:
    picture = noise_picture()
    with caplog.at_level(logging.INFO, "noonbit.serve"):
        files = {"secret-field": ("secret-name.png", picture)}
        server.client.post("/v1/predict?top=1", files=files)
        server.client.get("/%1b%5b31mred%0aline")
        server.client.get("/" + "a" * 5_000)
        wait_until(lambda: len(lines_of(caplog)) == 3)
    lines = lines_of(caplog)
    assert "127.0.0.1 POST /v1/predict 200" in lines[0]
    assert "secret" not in caplog.text
    assert r"GET /\x1b[31mred\nline 404" in lines[1]
    assert len(lines[2]) < 400


@pytest.mark.parametrize(
    ("host", "name"),
    [("a:1", "a"), ("[::1]:2", "::1"), ("[::1]", "::1"), ("x@b:1", "b"), ("", ""), ("A", "a")],
)
def test_the_name_in_a_host_header(host: str, name: str) -> None:
    assert host_name(host) == name


def test_an_origin_is_compared_whole() -> None:
    async def nothing() -> None:
        """A request without a body."""

    def is_foreign(origin: bytes) -> bool:
        return is_cross_site(Request({"headers": [(b"origin", origin)]}, nothing), "a:1")

    assert not is_foreign(b"http://a:1")
    assert is_foreign(b"http://a:12")
    assert is_foreign(b"http://a")
    assert is_foreign(b"a:1")
