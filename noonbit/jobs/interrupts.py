"""Let the first Ctrl-C ask a training to finish its step and save, and the second one end it."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from noonbit.errors import Interrupted


class StopRequest:
    """A handler of signals that records the first one as a request to stop.

    The second one raises `KeyboardInterrupt` in the main thread; members that train in other
    threads still finish their step and save.
    """

    def __init__(self) -> None:
        self.number: int | None = None

    def __call__(self, number: int, frame: FrameType | None) -> None:
        """Handle a signal."""
        if self.number is not None:
            raise KeyboardInterrupt
        self.number = number


@contextmanager
def stop_on_interrupt() -> Iterator[Callable[[], bool]]:
    """Handle signals inside the block; yields a function that says whether to stop.

    They are Ctrl-C, SIGTERM, which Docker and Slurm send, and SIGHUP of a terminal or a connection
    that was closed, unless nohup has it ignored. An `Interrupted` gets the exit code of the signal.
    """
    if threading.current_thread() is not threading.main_thread():
        yield lambda: False  # only the main thread may set signals
        return
    request = StopRequest()
    numbers = [signal.SIGINT, signal.SIGTERM]
    hangup = getattr(signal, "SIGHUP", None)  # Windows has none
    if hangup is not None and signal.getsignal(hangup) == signal.SIG_DFL:  # no nohup
        numbers.append(hangup)
    before = {number: signal.signal(number, request) for number in numbers}
    try:
        yield lambda: request.number is not None
    except Interrupted as error:
        if request.number is not None:
            error.exit_code = 128 + request.number
        raise
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
