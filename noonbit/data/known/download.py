"""Download one file: resume what was interrupted, check the SHA-256, put it in place atomically.

    mirrors ── in turn ──> NAME.part ── size, SHA-256 ──> NAME

An interrupted download keeps `NAME.part`, and the next one requests only the missing bytes. `NAME`
itself is either absent or complete. A file lock makes a second process wait for the first, so that
several processes on one machine download a file once.
"""

import errno
import hashlib
import http.client
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import IO
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import (
    HTTPDefaultErrorHandler,
    HTTPErrorProcessor,
    HTTPHandler,
    HTTPRedirectHandler,
    HTTPSHandler,
    OpenerDirector,
    ProxyHandler,
    Request,
)

from filelock import FileLock

from noonbit.errors import DataError, SourceNotFound

TIMEOUT_SECONDS = 30
"""Timeout for connecting to a mirror and for each read."""
_PIECE_SIZE = 256 * 1024
_DISK_IS_FULL = {errno.ENOSPC, errno.EDQUOT}


def fetch(mirrors: Sequence[str], destination: Path, *, sha256: str, size: int) -> None:
    """Download a file of `size` bytes with this SHA-256 to `destination`, unless a file is there.

    `mirrors` are https URLs (plain http only on 127.0.0.1), tried in turn; if one fails midway, the
    next continues. Progress goes to stderr: a bar on a terminal, else one line. Raises
    `SourceNotFound` with the reason of every mirror if all fail, and `DataError` if the disk is
    full or the folder cannot be written.
    """
    if destination.exists():
        return
    folder, name = destination.parent, destination.name
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / f".{name}.lock"):
            if not destination.exists():  # else another process has just downloaded it
                _fetch_alone(mirrors, destination, sha256=sha256, size=size)
    except SourceNotFound:  # an OSError too, whose reason stands
        raise
    except OSError as error:
        if error.errno in _DISK_IS_FULL:
            _partial_path(destination).unlink(missing_ok=True)
            raise _no_space_error(destination, size) from None
        raise DataError(
            f"{name} cannot be saved in {folder} ({error.strerror or error}). Change the folder's "
            "permissions, or name another one in the variable NOONBIT_CACHE."
        ) from None


def _fetch_alone(mirrors: Sequence[str], destination: Path, *, sha256: str, size: int) -> None:
    part = _partial_path(destination)
    if _size_of(part) > size:
        part.unlink()
    if shutil.disk_usage(part.parent).free < size - _size_of(part):
        raise _no_space_error(destination, size)
    reasons = []
    for url in mirrors:
        try:
            _fetch_from(url, part, sha256=sha256, size=size)
        except _MirrorFailed as failure:
            reasons.append(f"{url}: {failure}")
        else:
            os.replace(part, destination)
            return
    again = ""
    if received := _size_of(part):
        again = f" The {received:,} of {size:,} bytes that came are kept; the next try continues."
    raise SourceNotFound(f"{destination.name} cannot be downloaded ({'; '.join(reasons)}).{again}")


def _fetch_from(url: str, part: Path, *, sha256: str, size: int) -> None:
    resumed = part.exists()
    if _size_of(part) < size:
        _resume(url, part, size=size)
    with part.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest == sha256:
        return
    part.unlink()
    if not resumed:
        raise _MirrorFailed(f"its file has the SHA-256 {digest}, expected {sha256}")
    # the bytes of an earlier attempt may be wrong: start over
    _fetch_from(url, part, sha256=sha256, size=size)


def _resume(url: str, part: Path, *, size: int) -> None:
    """Append the missing bytes to `part`; start over if the mirror does not support ranges."""
    size_before = _size_of(part)
    headers = {"User-Agent": f"noonbit/{version('noonbit')}"}
    if size_before:
        headers["Range"] = f"bytes={size_before}-"
    with _open_response(url, headers) as response:
        continued = response.status == http.client.PARTIAL_CONTENT and size_before > 0
        if continued:
            content_range = response.headers.get("Content-Range", "")
            if not content_range.startswith(f"bytes {size_before}-"):
                raise _MirrorFailed(f"it sent {content_range or 'an unnamed range'}")
        start = size_before if continued else 0
        with (
            part.open("ab" if continued else "wb") as file,
            _show_progress(url, start=start, size=size) as advance,
        ):
            received = start
            while received < size:
                with _translate_errors():
                    piece = response.read(min(_PIECE_SIZE, size - received))
                if not piece:
                    raise _MirrorFailed(f"it stopped after {received:,} of {size:,} bytes")
                file.write(piece)
                received += len(piece)
                advance(len(piece))
            file.flush()
            os.fsync(file.fileno())


def _partial_path(destination: Path) -> Path:
    return destination.with_name(f"{destination.name}.part")


def _size_of(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _no_space_error(destination: Path, size: int) -> DataError:
    free = shutil.disk_usage(destination.parent).free
    return DataError(
        f"There is no room for {destination.name} in {destination.parent}: it needs {size:,} bytes "
        f"and {free:,} are free. Free some, or name another folder in the variable NOONBIT_CACHE."
    )


# The network


class _MirrorFailed(Exception):
    """One mirror did not deliver the file; the message says why."""


@contextmanager
def _translate_errors() -> Iterator[None]:
    """Turn network errors, and no others, into `_MirrorFailed`."""
    try:
        yield
    except HTTPError as error:
        error.close()
        raise _MirrorFailed(f"it answered {error.code} {error.reason}") from None
    except URLError as error:
        reason = error.reason
        detail = reason.strerror or reason if isinstance(reason, OSError) else reason
        raise _MirrorFailed(str(detail)) from None
    except TimeoutError:
        raise _MirrorFailed(f"it was silent for {TIMEOUT_SECONDS} seconds") from None
    except (OSError, http.client.HTTPException) as error:
        raise _MirrorFailed(f"the connection broke ({error})") from None


def _open_response(url: str, headers: dict[str, str]) -> http.client.HTTPResponse:
    with _translate_errors():
        _refuse_unsafe(url)
        # urllib's default opener would also open file: and ftp: URLs
        opener = OpenerDirector()
        for handler in (
            ProxyHandler(),
            HTTPHandler(),
            HTTPSHandler(),
            HTTPDefaultErrorHandler(),
            HTTPErrorProcessor(),
            _SafeRedirects(),
        ):
            opener.add_handler(handler)
        response = opener.open(Request(url, headers=headers), timeout=TIMEOUT_SECONDS)
        assert isinstance(response, http.client.HTTPResponse)  # noqa: S101 - HTTP handlers only
        return response


class _SafeRedirects(HTTPRedirectHandler):
    def redirect_request(
        self,
        req: Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> Request | None:
        _refuse_unsafe(newurl)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _refuse_unsafe(url: str) -> None:
    address = urlsplit(url)
    if address.scheme == "https" or (address.scheme, address.hostname) == ("http", "127.0.0.1"):
        return
    raise _MirrorFailed(f"{url} is not an https address")


@contextmanager
def _show_progress(url: str, *, start: int, size: int) -> Iterator[Callable[[int], None]]:
    """Show progress on stderr; yields a function to call with the number of bytes received."""
    address = urlsplit(url)
    name, host = Path(address.path).name, address.hostname
    if not sys.stderr.isatty():
        resumed = f", {start:,} of them already here" if start else ""
        print(f"Downloading {name} from {host} ({size:,} bytes{resumed})", file=sys.stderr)  # noqa: T201
        yield lambda count: None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task(f"{name} from {host}", total=size, completed=start)
        yield lambda count: progress.advance(task, count)
