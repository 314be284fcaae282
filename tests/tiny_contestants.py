"""What `benchmarks.side_by_side` runs in a test, in a process that starts in no time."""

import time
from collections.abc import Iterator


def counting(step: int, pause: float = 0.0) -> Iterator[int]:
    """A contestant that counts, and prints as progress bars do."""
    while True:
        print("working")
        time.sleep(pause)
        yield step


def failing() -> Iterator[int]:
    """A contestant that breaks in its second stretch."""
    yield 1
    raise ValueError("no second stretch")
