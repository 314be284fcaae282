"""What ends a process from outside, told from what a user's own code raises."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

STOPPING_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Terminated(SystemExit):
    """SIGTERM; what is open is closed, and temporary files are removed, on the way out."""

    code: int


@contextmanager
def note_interrupts() -> Iterator[Callable[[], bool]]:
    """Yield a function that says whether Ctrl-C was pressed in the block, which it still ends.

    Where Ctrl-C has another handler than Python's, or goes to another thread, it says True: then
    nothing is known.
    """
    default = signal.default_int_handler
    if threading.current_thread() is not threading.main_thread():
        yield lambda: False  # signals go to the main thread
        return
    if signal.getsignal(signal.SIGINT) is not default:
        yield lambda: True
        return
    pressed = False

    def note(number: int, frame: FrameType | None) -> None:
        nonlocal pressed
        pressed = True
        default(number, frame)

    signal.signal(signal.SIGINT, note)
    try:
        yield lambda: pressed
    finally:
        signal.signal(signal.SIGINT, default)


@contextmanager
def handle_stopping_signals(handler: Callable[[int, FrameType | None], object]) -> Iterator[None]:
    """Call `handler` at Ctrl-C and SIGTERM as long as the block lasts.

    Signals go to the main thread alone; in others the block is left as it is.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, handler) for number in STOPPING_SIGNALS}
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)
