"""`python -m benchmarks` in the process of the tests, which has imported PyTorch already."""

import signal
import sys

import pytest

from benchmarks.__main__ import main


def call(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """Run a benchmark by its arguments; return its exit code."""
    monkeypatch.setattr(sys, "argv", ["benchmarks", *arguments])
    before = signal.getsignal(signal.SIGTERM)
    try:
        return main()
    finally:
        signal.signal(signal.SIGTERM, before)
