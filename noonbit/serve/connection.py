"""The client's connection to a server: what to send, when to wait, and what an answer means.

No redirect is followed, so the key goes to the address that the user named and nowhere else.
"""

import json
import ssl
import time
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Self
from urllib.parse import urlsplit

from noonbit.errors import ArtefactError, ArtefactNotFound, DataError, NoonbitError, UsageError
from noonbit.serve.settings import is_sendable
from noonbit.terminal import cut_middle

TIMEOUT_SECONDS = 120.0
"""Without a byte from the server, which gives up a request by itself after 30 seconds."""
MOST_WAIT_SECONDS = 60
"""For one request, as a busy server asks for it by Retry-After."""
MOST_ANSWER_BYTES = 256 * 2**20
LONGEST_SENTENCE = 500
"""Characters of the server's own words that are repeated."""
WRONG_QUESTION = (401, 403, 404, 405)
WRONG_DATA = (400, 413, 415, 422)


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server is."""

    url: str
    is_encrypted: bool
    host: str
    port: int | None
    prefix: str
    """Of all paths, where a proxy stands before the server."""

    @classmethod
    def parse(cls, url: str) -> Self:
        """Read `http://127.0.0.1:8000` or `https://example.org/digits`; raises `UsageError`."""
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError:
            host = None
        if (
            host is None
            or parts.scheme not in ("http", "https")
            or parts.username is not None
            or parts.query
            or parts.fragment
            or not all("!" <= letter <= "~" for letter in url)
        ):
            raise UsageError(
                f"--url {cut_middle(url, 100)} is no address of a server; give one such as "
                "http://127.0.0.1:8000, with the key in NOONBIT_API_KEY."
            )
        return cls(url, parts.scheme == "https", host, port, parts.path.rstrip("/"))


class ServerConnection:
    """One connection, kept open between requests."""

    def __init__(self, address: Address, key: str | None) -> None:
        """Raises `UsageError` for a key that no header can hold."""
        if key is not None and not is_sendable(key):
            raise UsageError(
                "NOONBIT_API_KEY is no key: it is visible ASCII characters without spaces."
            )
        self.address = address
        self._headers = {} if key is None else {"X-API-Key": key}
        kind = HTTPSConnection if address.is_encrypted else HTTPConnection
        self._http = kind(address.host, address.port, timeout=TIMEOUT_SECONDS)

    def ask(
        self, method: str, path: str, body: bytes = b"", content_type: str | None = None
    ) -> bytes:
        """Return the body of an answer, 200 or an answer to inputs of which none was right (422).

        A server that is busy is asked again after the time that it states. Raises `NoonbitError`
        with the server's own sentence, of the class whose exit code fits.
        """
        headers = self._headers | ({} if content_type is None else {"Content-Type": content_type})
        waited = 0
        while True:
            status, stated, answer = self._exchange(
                method, self.address.prefix + path, body, headers
            )
            retry_seconds = seconds_of(stated.get("retry-after", ""))
            if status != 503 or retry_seconds is None:
                break
            if waited + retry_seconds > MOST_WAIT_SECONDS:
                break
            time.sleep(retry_seconds)
            waited += max(1, retry_seconds)
        if status == 200 or (status == 422 and answer.startswith(b'{"predictions"')):
            return answer
        raise self._refusal(status, stated.get("location"), answer)

    def close(self) -> None:
        """Close the connection."""
        self._http.close()

    def _exchange(
        self, method: str, path: str, body: bytes, headers: dict[str, str]
    ) -> tuple[int, dict[str, str], bytes]:
        """Return status, headers (names in lower case) and body of an answer."""
        was_open = self._http.sock is not None
        try:
            try:
                self._http.request(method, path, body, headers)
                response = self._http.getresponse()
            except (ConnectionError, HTTPException):
                self._http.close()
                if not was_open:
                    raise
                # A server may close a connection that was idle; asking twice changes nothing there.
                self._http.request(method, path, body, headers)
                response = self._http.getresponse()
            answer = response.read(MOST_ANSWER_BYTES + 1)
        except ssl.SSLError as error:
            raise ArtefactError(
                f"{self.address.url} has no valid certificate ({error.reason}); ask who runs it."
            ) from None
        except TimeoutError:
            raise ArtefactError(
                f"{self.address.url} did not answer within {TIMEOUT_SECONDS:g} seconds."
            ) from None
        except OSError as error:
            raise ArtefactNotFound(
                f"Nothing answers at {self.address.url} ({error.strerror or error}). Start a "
                "server with noonbit serve, or give its address."
            ) from None
        except HTTPException as error:
            raise ArtefactError(
                f"What answers at {self.address.url} speaks no HTTP ({type(error).__name__})."
            ) from None
        if len(answer) > MOST_ANSWER_BYTES:
            self._http.close()
            raise ArtefactError(
                f"{self.address.url} answers with more than {MOST_ANSWER_BYTES:,} bytes."
            )
        return response.status, {name.lower(): text for name, text in response.getheaders()}, answer

    def _refusal(self, status: int, location: str | None, answer: bytes) -> NoonbitError:
        """Return the error for an answer that is a refusal."""
        url = self.address.url
        if 300 <= status < 400:
            place = cut_middle(location or "nowhere", 100)
            return UsageError(
                f"{url} redirects to {place}, and no redirect is followed, since the key would go "
                "there too. Give that address if you trust it."
            )
        sentence = f"{url} refuses: {sentence_of(answer) or f'HTTP status {status}.'}"
        if status in WRONG_QUESTION:
            return UsageError(sentence)
        return DataError(sentence) if status in WRONG_DATA else ArtefactError(sentence)


def seconds_of(retry_after: str) -> int | None:
    """Return the seconds of a Retry-After header; None without any, and for a date."""
    text = retry_after.strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None


def sentence_of(answer: bytes) -> str:
    """Return the sentence of `{"error": sentence}`, on one line; empty for any other answer."""
    try:
        value = json.loads(answer)
    except (ValueError, RecursionError):
        return ""
    sentence = value.get("error") if isinstance(value, dict) else None
    words = " ".join(sentence.split()) if isinstance(sentence, str) else ""
    return cut_middle(words, LONGEST_SENTENCE)
