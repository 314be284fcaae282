"""What people give: kept under names of ours, up to a number and a size."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator

import pytest

from noonbit.errors import UsageError
from noonbit.studio.look import own
from noonbit.studio.look.own import OwnInputs, read_body


@pytest.fixture
def inputs() -> Iterator[OwnInputs]:
    made = OwnInputs()
    yield made
    made.close()


class Upload:
    """What `read_body` takes of a request."""

    def __init__(self, *chunks: bytes) -> None:
        self.chunks = chunks

    async def stream(self) -> AsyncIterator[bytes]:
        for chunk in self.chunks:
            yield chunk


def read(*chunks: bytes) -> bytes:
    return asyncio.run(read_body(Upload(*chunks)))  # type: ignore[arg-type]


def test_what_is_given_is_found_by_its_key_alone(inputs: OwnInputs) -> None:
    key = inputs.add(b"a picture")
    path = inputs.find(key)
    assert path is not None
    assert path.read_bytes() == b"a picture"
    for name in ("", "17", key[:-1], f"{key}x", f"../{path.parent.name}/{key}", "own-*", str(path)):
        assert inputs.find(name) is None, name


def test_a_game_has_the_ending_by_which_it_is_told(inputs: OwnInputs) -> None:
    path = inputs.find(inputs.add(b"(;)", ending=".sgf"))
    assert path is not None
    assert path.suffix == ".sgf"


def test_the_oldest_gives_way(inputs: OwnInputs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own, "MOST_FILES", 3)
    keys = []
    for number in range(5):
        keys.append(inputs.add(b"x"))
        path = inputs.find(keys[-1])
        assert path is not None
        os.utime(path, (number, number))
    assert [inputs.find(key) is not None for key in keys] == [False, False, True, True, True]


def test_a_body_is_read_up_to_its_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read(b"ab", b"", b"c") == b"abc"
    monkeypatch.setattr(own, "MOST_BYTES", 2**20)
    assert len(read(bytes(2**20))) == 2**20
    with pytest.raises(UsageError, match="larger than 1 MB"):
        read(bytes(2**20), b"x")
    with pytest.raises(UsageError, match="empty"):
        read()


def test_nothing_is_left_in_the_end(inputs: OwnInputs) -> None:
    key = inputs.add(b"x")
    path = inputs.find(key)
    assert path is not None
    inputs.close()
    assert not path.parent.exists()
    assert inputs.find(key) is None
