"""Downloads against a real server on 127.0.0.1: whole, resumed, cut off, wrong, refused."""

import hashlib
import os
import shutil
import threading
from collections import namedtuple
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from noonbit import __version__
from noonbit.data.known import download
from noonbit.data.known.download import fetch
from noonbit.errors import DataError, SourceNotFound

CONTENT = os.urandom(700_000)  # three pieces
SHA256 = hashlib.sha256(CONTENT).hexdigest()
SIZE = len(CONTENT)


class Handler(BaseHTTPRequestHandler):
    """The first folder of the address says how to answer."""

    def do_GET(self) -> None:
        how = self.path.split("/")[1]
        wanted = self.headers.get("Range")
        server = self.server
        assert isinstance(server, Server)
        server.requests.append((how, wanted, self.headers["User-Agent"]))
        if how == "missing":
            self.send_error(404)
        elif how.startswith("to-"):
            self.send_response(302)
            targets = {"to-file": "file:///etc/passwd", "to-range": server.url("range")}
            self.send_header("Location", targets.get(how, "http://localhost:9/images.gz"))
            self.end_headers()
        elif wanted and how == "range":
            start = int(wanted.removeprefix("bytes=").removesuffix("-"))
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{SIZE - 1}/{SIZE}")
            self.send_header("Content-Length", str(SIZE - start))
            self.end_headers()
            self.wfile.write(CONTENT[start:])
        elif wanted and how == "confused":
            self.send_response(206)
            self.send_header("Content-Range", f"bytes 0-{SIZE - 1}/{SIZE}")
            self.end_headers()
        else:
            content = CONTENT[::-1] if how == "wrong" else CONTENT
            self.send_response(200)
            self.send_header("Content-Length", str(SIZE))
            self.end_headers()
            self.wfile.write(content[:300_000] if how == "cut" else content)

    def log_message(self, format: str, *arguments: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.requests: list[tuple[str, str | None, str]] = []

    def url(self, how: str) -> str:
        return f"http://127.0.0.1:{self.server_port}/{how}/images.gz"


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def get(destination: Path, *mirrors: str) -> None:
    fetch(mirrors, destination, sha256=SHA256, size=SIZE)


def visible(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))


def test_a_file_comes_whole_into_a_folder_that_is_made_for_it(
    server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    get(tmp_path / "cache" / "images.gz", server.url("range"))
    assert (tmp_path / "cache" / "images.gz").read_bytes() == CONTENT
    assert visible(tmp_path / "cache") == ["images.gz"]
    assert server.requests == [("range", None, f"noonbit/{__version__}")]
    shown = capsys.readouterr()
    assert shown.err == "Downloading images.gz from 127.0.0.1 (700,000 bytes)\n"
    assert shown.out == ""


def test_a_terminal_gets_a_bar_on_stderr(
    server: Server,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    get(tmp_path / "images.gz", server.url("range"))
    shown = capsys.readouterr()
    assert "images.gz from 127.0.0.1" in shown.err and "700.0/700.0 kB" in shown.err
    assert shown.out == ""


def test_a_file_that_is_there_is_not_fetched_again(server: Server, tmp_path: Path) -> None:
    (tmp_path / "images.gz").write_bytes(CONTENT)
    get(tmp_path / "images.gz", server.url("range"))
    assert server.requests == []


def test_a_download_that_was_cut_off_is_kept_and_then_continued(
    server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SourceNotFound, match="it stopped after 300,000 of 700,000 bytes") as caught:
        get(tmp_path / "images.gz", server.url("cut"))
    assert "The 300,000 of 700,000 bytes that came are kept" in str(caught.value)
    assert visible(tmp_path) == ["images.gz.part"]
    get(tmp_path / "images.gz", server.url("range"))
    assert (tmp_path / "images.gz").read_bytes() == CONTENT
    assert visible(tmp_path) == ["images.gz"]
    assert server.requests[-1][1] == "bytes=300000-"
    assert "300,000 of them already here" in capsys.readouterr().err


def test_a_mirror_continues_what_another_began(server: Server, tmp_path: Path) -> None:
    get(tmp_path / "images.gz", server.url("cut"), server.url("range"))
    assert (tmp_path / "images.gz").read_bytes() == CONTENT
    assert [wanted for _, wanted, _ in server.requests] == [None, "bytes=300000-"]


def test_a_server_without_ranges_begins_anew(server: Server, tmp_path: Path) -> None:
    (tmp_path / "images.gz.part").write_bytes(CONTENT[:1000])
    get(tmp_path / "images.gz", server.url("whole"))
    assert (tmp_path / "images.gz").read_bytes() == CONTENT
    assert len(server.requests) == 1


def test_a_server_that_sends_another_range_is_not_believed(server: Server, tmp_path: Path) -> None:
    (tmp_path / "images.gz.part").write_bytes(CONTENT[:1000])
    with pytest.raises(SourceNotFound, match="it sent bytes 0-699999/700000"):
        get(tmp_path / "images.gz", server.url("confused"))


def test_an_interrupt_keeps_what_came(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", interrupt)
        with pytest.raises(KeyboardInterrupt):
            get(tmp_path / "images.gz", server.url("range"))
    assert visible(tmp_path) == ["images.gz.part"]
    get(tmp_path / "images.gz", server.url("range"))
    assert len(server.requests) == 1  # every byte was there
    assert (tmp_path / "images.gz").read_bytes() == CONTENT


def test_a_file_that_came_whole_but_was_not_yet_in_place_needs_no_mirror(tmp_path: Path) -> None:
    (tmp_path / "images.gz.part").write_bytes(CONTENT)
    get(tmp_path / "images.gz", "https://127.0.0.1:9/images.gz")
    assert (tmp_path / "images.gz").read_bytes() == CONTENT


@pytest.mark.parametrize("left", [b"x" * 1000, b"x" * SIZE, b"x" * (SIZE + 1)])
def test_wrong_bytes_of_an_earlier_try_are_thrown_away(
    server: Server, tmp_path: Path, left: bytes
) -> None:
    (tmp_path / "images.gz.part").write_bytes(left)
    get(tmp_path / "images.gz", server.url("range"))
    assert (tmp_path / "images.gz").read_bytes() == CONTENT


def test_a_mirror_that_lost_the_file_is_passed_over(server: Server, tmp_path: Path) -> None:
    get(tmp_path / "images.gz", server.url("missing"), server.url("range"))
    assert (tmp_path / "images.gz").read_bytes() == CONTENT


def test_a_wrong_checksum_is_said_and_nothing_is_left(server: Server, tmp_path: Path) -> None:
    came = hashlib.sha256(CONTENT[::-1]).hexdigest()
    with pytest.raises(SourceNotFound, match=f"has the SHA-256 {came}, expected {SHA256}"):
        get(tmp_path / "images.gz", server.url("wrong"))
    assert visible(tmp_path) == []


def test_every_mirror_and_its_reason_are_listed(server: Server, tmp_path: Path) -> None:
    with Server() as closed:
        pass
    with pytest.raises(SourceNotFound) as caught:
        get(tmp_path / "images.gz", server.url("missing"), closed.url("range"))
    assert str(caught.value) == (
        f"images.gz cannot be downloaded ({server.url('missing')}: it answered 404 Not Found; "
        f"{closed.url('range')}: Connection refused)."
    )
    assert visible(tmp_path) == []


def test_a_silent_mirror_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "TIMEOUT_SECONDS", 0.1)
    said = pytest.raises(SourceNotFound, match=r"it was silent for 0\.1 seconds")
    with Server() as silent, said:  # accepts connections, but nobody serves them
        get(tmp_path / "images.gz", silent.url("range"))


def test_a_redirect_to_a_safe_address_is_followed(server: Server, tmp_path: Path) -> None:
    get(tmp_path / "images.gz", server.url("to-range"))
    assert (tmp_path / "images.gz").read_bytes() == CONTENT


@pytest.mark.parametrize("how", ["to-file", "to-plain-http"])
def test_a_redirect_to_an_unsafe_address_is_refused(
    server: Server, tmp_path: Path, how: str
) -> None:
    with pytest.raises(SourceNotFound, match="is not an https address|is not allowed"):
        get(tmp_path / "images.gz", server.url(how))


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "ftp://127.0.0.1/images.gz", "http://example.org/images.gz"]
)
def test_only_https_addresses_are_asked(tmp_path: Path, url: str) -> None:
    with pytest.raises(SourceNotFound, match=f"{url} is not an https address"):
        get(tmp_path / "images.gz", url)


def test_too_little_room_is_said_before_anything_is_fetched(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", ["free"])
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage(5_000))
    with pytest.raises(DataError, match="it needs 700,000 bytes and 5,000 are free"):
        get(tmp_path / "images.gz", server.url("range"))
    assert server.requests == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_disk_that_fills_up_is_said_and_nothing_is_left(server: Server, tmp_path: Path) -> None:
    (tmp_path / "images.gz.part").symlink_to("/dev/full")
    with pytest.raises(DataError, match="There is no room for images.gz"):
        get(tmp_path / "images.gz", server.url("range"))
    assert visible(tmp_path) == []


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file")
    with pytest.raises(DataError, match=r"cannot be saved in .*cache.*NOONBIT_CACHE"):
        get(tmp_path / "cache" / "mnist" / "images.gz", "https://127.0.0.1:9/images.gz")


def test_two_at_once_fetch_the_file_once(server: Server, tmp_path: Path) -> None:
    threads = [
        threading.Thread(target=get, args=(tmp_path / "images.gz", server.url("range")))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (tmp_path / "images.gz").read_bytes() == CONTENT
    assert len(server.requests) == 1
