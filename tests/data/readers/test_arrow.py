"""What pyarrow's threads hold of ours."""

import sys

import pytest

from noonbit.data.readers import arrow
from noonbit.data.readers.arrow import open_buffer


@pytest.mark.parametrize("size", [0, 1, 1000])
def test_a_reader_of_few_bytes_holds_nothing_of_pythons(size: int) -> None:
    """A thread that lets go of it must not need the interpreter, which may be ending."""
    raw = bytes([7]) * size
    before = sys.getrefcount(raw)
    reader = open_buffer(raw)
    assert sys.getrefcount(raw) == before
    assert reader.read() == raw


def test_many_bytes_are_not_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrow, "COPIED", 999)
    raw = bytes([7]) * 1000
    before = sys.getrefcount(raw)
    reader = open_buffer(raw)
    assert sys.getrefcount(raw) == before + 1
    assert reader.read() == raw
