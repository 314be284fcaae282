"""Train members of an ensemble in parallel threads of this process.

PyTorch's operators and the compiled kernels release the GIL, so members hardly wait for each other.
Threads share the loaded data, the libraries and their initialisation. On a GPU each member has its
own CUDA stream. The calling thread waits, reports progress, and forwards a request to stop.
"""

import queue
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import suppress
from threading import Event

from noonbit.errors import Interrupted
from noonbit.jobs.member import MemberLog, MemberTraining, SharedSource
from noonbit.jobs.observer import Observer
from noonbit.runs.run import Run
from noonbit.system.runtime import Runtime

WAIT_SECONDS = 0.1
"""Between two reads of the queue of finished epochs."""


def train_in_parallel(
    trainings: Sequence[MemberTraining],
    at_once: int,
    source: SharedSource,
    observer: Observer,
    should_stop: Callable[[], bool],
) -> None:
    """Run all trainings, `at_once` of them at a time.

    Raises the first error of a member, after the others have saved, or `Interrupted`.
    """
    epochs_done: queue.SimpleQueue[tuple[int, int, float]] = queue.SimpleQueue()
    failures: list[BaseException] = []
    """In order of time; after the first one come members that stopped because of it."""
    is_halted = Event()

    def must_stop() -> bool:
        return is_halted.is_set() or should_stop()

    def run(training: MemberTraining) -> Run:
        log = MemberLog(lambda epoch, epochs: epochs_done.put((training.number, epoch, epochs)))
        try:
            if must_stop():
                raise Interrupted("Stopped before this member began.")
            with Runtime.from_recipe(training.recipe).own_stream():
                return training.run(source, log, must_stop)
        except BaseException as error:
            failures.append(error)
            is_halted.set()
            raise

    with ThreadPoolExecutor(at_once, "member") as pool:
        running = {pool.submit(run, training): training for training in trainings}
        try:
            while running:
                done, _ = wait(running, WAIT_SECONDS, FIRST_COMPLETED)
                with suppress(queue.Empty):
                    while True:
                        observer.on_member_epoch(*epochs_done.get_nowait())
                for future in [each for each in running if each in done]:
                    training = running.pop(future)
                    if future.exception() is None:
                        observer.on_member_end(training.number, training.count, future.result())
        finally:
            is_halted.set()  # on any error, members save before the pool is closed
    if failures:
        raise failures[0]
