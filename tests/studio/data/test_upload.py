"""Forms become data sets, file by file, within limits."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from raw_http import connected, head
from raw_http import receive as raw_receive
from running_studio import RunningStudio

from noonbit.errors import UsageError
from noonbit.serve.refusal import RequestRefused
from noonbit.studio.data.data_sets import DataSets
from noonbit.studio.data.upload import MOST_BYTES, receive

TYPE = "multipart/form-data; boundary=cut"


def form(files: dict[str, bytes]) -> bytes:
    parts = [
        f'--cut\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'.encode()
        + content
        + b"\r\n"
        for name, content in files.items()
    ]
    return b"".join(parts) + b"--cut--\r\n"


def send(folder: Path, body: bytes, *, pieces: int = 7, **limits: int) -> Path:
    async def stream() -> AsyncIterator[bytes]:
        for first in range(0, len(body), pieces):
            yield body[first : first + pieces]

    with DataSets(folder).new("sent") as made:
        asyncio.run(receive(stream(), TYPE, made, **limits))
    return made.path


def test_files_arrive_in_their_folders_byte_by_byte(tmp_path: Path) -> None:
    content = bytes(range(256)) * 3 + b"\r\n--cu"
    path = send(tmp_path, form({"고양이/1.png": content, "dog/1.png": b""}))
    assert (path / "고양이/1.png").read_bytes() == content
    assert (path / "dog/1.png").read_bytes() == b""


def test_what_systems_leave_beside_files_is_passed_over(tmp_path: Path) -> None:
    path = send(tmp_path, form({"a/.DS_Store": b"x", "../../out.png": b"x", "a/1.png": b"1"}))
    assert [str(each.relative_to(path)) for each in path.rglob("*.*")] == ["a/1.png"]
    assert {each.name for each in tmp_path.iterdir()} == {"sent"}


@pytest.mark.parametrize(
    ("body", "limits", "sentence"),
    [
        (form({"a.png": b"x" * 500}), {"most_bytes": 400}, "An upload has at most"),
        (form({"a": b"", "b": b"", "c": b""}), {"most_files": 2}, "has at most 2 files"),
        (form({"a.png": b"x" * 500})[:-20], {}, "ends before its last boundary"),
        (form({}), {}, "No file came"),
        (form({".hidden": b"x"}), {}, "No file came"),
        (form({"": b"x"}), {}, "is no file"),
    ],
)
def test_what_is_refused_leaves_nothing(
    tmp_path: Path, body: bytes, limits: dict[str, int], sentence: str
) -> None:
    with pytest.raises(RequestRefused) as refused:
        send(tmp_path, body, **limits)
    assert sentence in refused.value.sentence
    assert list(tmp_path.iterdir()) == []


def test_a_name_twice_is_refused(tmp_path: Path) -> None:
    body = form({"a.png": b"1"}).replace(b"--cut--\r\n", b"") + form({"a.png": b"2"})
    with pytest.raises(UsageError, match=r"Two files are called 'a.png'"):
        send(tmp_path, body)


def test_the_studio_answers_with_the_source_or_a_sentence(studio: RunningStudio) -> None:
    files = [("file", ("cat/1.png", b"1")), ("file", ("dog/1.png", b"2"))]
    answer = studio.client.post("/data/upload", params={"name": "cats/../.."}, files=files)
    source = answer.json()["source"]
    assert (studio.folder / source / "dog/1.png").read_bytes() == b"2"
    assert (studio.folder / source).parent == studio.folder / "data"
    answer = studio.client.post("/data/upload", content=b"no form")
    assert (answer.status_code, answer.json()) == (
        400,
        {"error": "The Content-Type of the form states no boundary."},
    )
    with connected(studio.port) as connection:  # a client would send what it says
        length = f"Content-Length: {MOST_BYTES + 1}"
        connection.sendall(head("POST /data/upload", length, f"Content-Type: {TYPE}"))
        status, _, content = raw_receive(connection)
    assert status == 413
    assert "at most 4 GiB" in content["error"]


def test_pages_of_other_sites_send_nothing(studio: RunningStudio) -> None:
    before = list((studio.folder / "data").glob("*"))
    files = [("file", ("cat/1.png", b"1"))]
    headers = {"Origin": "http://evil.example"}
    answer = studio.client.post("/data/upload", files=files, headers=headers)
    assert answer.status_code == 403
    assert list((studio.folder / "data").glob("*")) == before
