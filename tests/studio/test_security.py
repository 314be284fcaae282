"""Who may ask the studio, and what its pages may load."""

import re

import pytest
from raw_http import connected, head, receive
from running_studio import RunningStudio

SOCKETS = ("/_nicegui_ws/socket.io/?EIO=4&transport=websocket", "/live/run/frames")


def opening(studio: RunningStudio, path: str, *, host: str, origin: str | None) -> str:
    """The status line with which a WebSocket is answered."""
    headers = [
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        *([] if origin is None else [f"Origin: {origin}"]),
    ]
    with connected(studio.port) as connection:
        connection.sendall(head(f"GET {path}", *headers, host=host))
        return connection.recv(65536).decode("latin-1").partition("\r\n")[0]


@pytest.mark.parametrize("host", ["localhost:8080", "127.0.0.1", "[::1]:1", "LOCALHOST"])
def test_this_machine_may_ask(studio: RunningStudio, host: str) -> None:
    assert studio.client.get("/train", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "192.168.1.5", "127.0.0.1@evil.example"]
)
def test_a_foreign_name_is_refused(studio: RunningStudio, host: str) -> None:
    for path in ("/train", "/static/studio.css", "/_nicegui_ws/socket.io/?EIO=4&transport=polling"):
        with connected(studio.port) as connection:
            connection.sendall(head(f"GET {path}", host=host))
            status, _, answer = receive(connection)
        assert status == 403
        assert "The studio is not called" in answer["error"]
    for path in SOCKETS:
        assert "403" in opening(studio, path, host=host, origin=f"http://{host}")


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_a_page_of_another_site_is_refused(studio: RunningStudio, headers: dict[str, str]) -> None:
    answer = studio.client.get("/train", headers=headers)
    assert answer.status_code == 403
    assert answer.json()["error"] == "Pages of other sites may not ask the studio."


@pytest.mark.parametrize("path", SOCKETS)
@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1"])
def test_a_foreign_page_opens_no_websocket(studio: RunningStudio, path: str, origin: str) -> None:
    assert "403" in opening(studio, path, host=f"127.0.0.1:{studio.port}", origin=origin)


def test_a_page_of_its_own_opens_a_websocket(studio: RunningStudio) -> None:
    host = f"127.0.0.1:{studio.port}"
    assert "101" in opening(studio, SOCKETS[0], host=host, origin=f"http://{host}")


def test_every_script_of_a_page_has_the_nonce_of_its_policy(studio: RunningStudio) -> None:
    first, second = studio.client.get("/train"), studio.client.get("/train")
    policy = first.headers["content-security-policy"]
    nonce = re.findall(r"'nonce-([\w-]+)'", policy)[0]
    assert "'unsafe-inline'" not in policy.partition("script-src")[2].partition(";")[0]
    scripts = re.findall(r"<script[^>]*>", first.text)
    assert scripts
    assert all(f'nonce="{nonce}"' in script for script in scripts)
    assert nonce not in second.text


@pytest.mark.parametrize("path", ["/train", "/static/studio.css", "/nothing", "/live/run/frames"])
def test_every_answer_has_the_security_headers(studio: RunningStudio, path: str) -> None:
    headers = studio.client.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert "frame-ancestors 'self'" in headers["content-security-policy"]


@pytest.mark.parametrize("path", ["/static/../app.py", "/static/%2e%2e/app.py", "/openapi.json"])
def test_nothing_else_of_the_package_is_served(studio: RunningStudio, path: str) -> None:
    with connected(studio.port) as connection:
        connection.sendall(head(f"GET {path}"))
        assert b" 404 " in connection.recv(65536).partition(b"\r\n")[0]
