"""What the client makes of addresses, refusals, redirects and servers that are busy."""

import json
import time

import pytest
from answering_server import Answer, answering

from noonbit.errors import ArtefactError, ArtefactNotFound, DataError, NoonbitError, UsageError
from noonbit.serve import connection
from noonbit.serve.connection import Address, ServerConnection


def ask(url: str, key: str | None = None) -> bytes:
    asked = ServerConnection(Address.parse(url), key)
    try:
        return asked.ask("GET", "/v1/model")
    finally:
        asked.close()


def refusal(sentence: str) -> bytes:
    return json.dumps({"error": sentence}).encode()


@pytest.mark.parametrize(
    "url",
    [
        "127.0.0.1:8000",
        "ftp://127.0.0.1",
        "file:///etc/passwd",
        "http://",
        "http://me:secret@127.0.0.1",
        "http://127.0.0.1:99999",
        "http://127.0.0.1/?a=1",
        "http://127.0.0.1/#a",
        "http://[::1",
        "http://127.0.0.1/a b",
        "http://127.0.0.1/\r\nX: y",
        "http://bücher.example",
    ],
)
def test_what_is_no_address_of_a_server_is_refused(url: str) -> None:
    with pytest.raises(UsageError, match="is no address of a server"):
        Address.parse(url)


def test_an_address_may_have_a_path_before_all_others() -> None:
    with answering(lambda number: (200, {}, b"yes")) as (url, seen):
        assert ask(f"{url}/digits/") == b"yes"
    assert seen[0]["path"] == "/digits/v1/model"


def test_the_key_is_sent_as_a_header() -> None:
    with answering(lambda number: (200, {}, b"yes")) as (url, seen):
        ask(url, "secret")
        ask(url)
    assert seen[0]["X-API-Key"] == "secret" and "X-API-Key" not in seen[1]


@pytest.mark.parametrize("key", ["", "two words", "a\r\nb", "schlüssel"])
def test_a_key_that_no_header_can_hold_is_refused(key: str) -> None:
    with pytest.raises(UsageError, match="NOONBIT_API_KEY is no key"):
        ServerConnection(Address.parse("http://127.0.0.1"), key)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed_with_the_key(status: int) -> None:
    with (
        answering(lambda number: (200, {}, b"stolen")) as (other, stolen),
        answering(lambda number: (status, {"Location": other}, b"")) as (url, _),
        pytest.raises(UsageError, match=f"redirects to {other}, and no redirect is followed"),
    ):
        ask(url, "secret")
    assert not stolen


@pytest.mark.parametrize(
    ("status", "kind", "exit_code"),
    [
        (400, DataError, 3),
        (401, UsageError, 2),
        (403, UsageError, 2),
        (404, UsageError, 2),
        (413, DataError, 3),
        (415, DataError, 3),
        (422, DataError, 3),
        (500, ArtefactError, 4),
        (503, ArtefactError, 4),
        (504, ArtefactError, 4),
    ],
)
def test_a_refusal_is_the_servers_sentence_with_the_code_that_fits(
    status: int, kind: type[NoonbitError], exit_code: int
) -> None:
    with (
        answering(lambda number: (status, {}, refusal("There is\nno key."))) as (url, _),
        pytest.raises(kind, match=f"{url} refuses: There is no key.") as error,
    ):
        ask(url)
    assert error.value.exit_code == exit_code


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"error": 7}', b"[" * 100_000])
def test_a_refusal_without_a_sentence_is_its_status(body: bytes) -> None:
    with (
        answering(lambda number: (502, {}, body)) as (url, _),
        pytest.raises(ArtefactError, match=r"refuses: HTTP status 502\.$"),
    ):
        ask(url)


def test_a_busy_server_is_asked_again_after_its_time() -> None:
    def answer(number: int) -> Answer:
        return (503, {"Retry-After": "1"}, b"") if number < 3 else (200, {}, b"yes")

    with answering(answer) as (url, seen):
        began = time.monotonic()
        assert ask(url) == b"yes"
    assert len(seen) == 3 and time.monotonic() - began >= 2


def test_a_server_that_wants_an_hour_is_given_up_at_once() -> None:
    busy = 503, {"Retry-After": "3600"}, refusal("Come back later.")
    with (
        answering(lambda number: busy) as (url, seen),
        pytest.raises(ArtefactError, match="Come back later"),
    ):
        ask(url)
    assert len(seen) == 1


def test_a_server_that_stays_busy_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr(connection.time, "sleep", slept.append)
    with (
        answering(lambda number: (503, {"Retry-After": "25"}, b"")) as (url, _),
        pytest.raises(ArtefactError),
    ):
        ask(url)
    assert slept == [25, 25]


def test_a_connection_that_the_server_closed_in_between_is_opened_again() -> None:
    with answering(lambda number: (200, {"Connection": "close"}, b"yes")) as (url, seen):
        asked = ServerConnection(Address.parse(url), None)
        assert [asked.ask("GET", "/") for _ in range(3)] == [b"yes"] * 3
        asked.close()
    assert len(seen) == 3


def test_nobody_at_an_address_is_said_so() -> None:
    with pytest.raises(ArtefactNotFound, match=r"Nothing answers at http://127\.0\.0\.1:1 "):
        ask("http://127.0.0.1:1")
