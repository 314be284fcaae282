"""The first Ctrl-C asks a training to finish its step and save; the second one ends it."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


class StopRequest:
    """To stop: made by the first Ctrl-C (or polite kill). The second one is immediate in the thread
    that waits for a training; members beside others end their step and save all the same."""

    def __init__(self) -> None:
        self.is_made = False

    def __call__(self, number: int, frame: FrameType | None) -> None:
        """What a signal does."""
        if self.is_made:
            raise KeyboardInterrupt
        self.is_made = True


@contextmanager
def stop_on_interrupt() -> Iterator[Callable[[], bool]]:
    """Turn signals into a wish to stop."""
    if threading.current_thread() is not threading.main_thread():
        yield lambda: False  # only the main thread may set signals
        return
    wish = StopRequest()
    before = {number: signal.signal(number, wish) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: wish.is_made
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
