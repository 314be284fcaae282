"""Let the first Ctrl-C ask a training to finish its step and save, and the second one end it."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


class StopRequest:
    """A handler of SIGINT and SIGTERM that records the first signal as a request to stop.

    The second one raises `KeyboardInterrupt` in the main thread; members that train in other
    threads still finish their step and save.
    """

    def __init__(self) -> None:
        self.is_made = False

    def __call__(self, number: int, frame: FrameType | None) -> None:
        """Handle a signal."""
        if self.is_made:
            raise KeyboardInterrupt
        self.is_made = True


@contextmanager
def stop_on_interrupt() -> Iterator[Callable[[], bool]]:
    """Handle SIGINT and SIGTERM inside the block; yields a function that says whether to stop."""
    if threading.current_thread() is not threading.main_thread():
        yield lambda: False  # only the main thread may set signals
        return
    request = StopRequest()
    before = {number: signal.signal(number, request) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: request.is_made
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
