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


def answering(word: str) -> dict[str, str]:
    """What `benchmarks.processes.alone` is to bring back, whatever is printed besides."""
    print("working")
    return {"word": word}


def learning(seed: int, data_dir: str | None, forms: list[dict[str, object]]) -> dict[str, object]:
    """A peer's training of two epochs in the last of its forms."""
    points = [(1.0, 0.9), (2.0, 0.95)]
    return {
        "form": forms[-1],
        "curve": [{"seconds": seconds, "accuracy": accuracy} for seconds, accuracy in points],
    }
