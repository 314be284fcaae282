"""Members of an ensemble trained at the same time, each by a thread of this process.

Operators and compiled kernels let other threads of Python go on, so members hardly wait for each
other; they share the source, the libraries and what those prepare at their first step. On a GPU
each has a stream of its own, where its recorded steps do not wait for another's. The thread that
calls waits, shows what it is told, and passes a wish to stop on.
"""

import queue
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import suppress
from threading import Event

from noonbit.errors import Interrupted
from noonbit.jobs.member import Log, Source, Task
from noonbit.jobs.observer import Observer
from noonbit.runs.run import Run
from noonbit.system.runtime import Runtime

WAIT_SECONDS = 0.1
"""Between two looks at what members have told."""


def train_side_by_side(
    tasks: Sequence[Task],
    at_once: int,
    source: Source,
    observer: Observer,
    stopping: Callable[[], bool],
) -> None:
    """Carry out all tasks, `at_once` of them at a time.

    Raises the first error of a member, after the others have saved, or `Interrupted`.
    """
    told: queue.SimpleQueue[tuple[int, int, int]] = queue.SimpleQueue()
    failures: list[BaseException] = []
    """As they came; those that follow the first are members that stopped for it."""
    halted = Event()

    def must_stop() -> bool:
        return halted.is_set() or stopping()

    def carry_out(task: Task) -> Run:
        log = Log(lambda epoch, epochs: told.put((task.number, epoch, epochs)))
        try:
            if must_stop():
                raise Interrupted("Stopped before this member began.")
            with Runtime.wanted(task.recipe).own_stream():
                return task.carry_out(source, log, must_stop)
        except BaseException as error:
            failures.append(error)
            halted.set()
            raise

    with ThreadPoolExecutor(at_once, "member") as pool:
        running = {pool.submit(carry_out, task): task for task in tasks}
        try:
            while running:
                done, _ = wait(running, WAIT_SECONDS, FIRST_COMPLETED)
                with suppress(queue.Empty):
                    while True:
                        observer.member_epoch(*told.get_nowait())
                for future in [each for each in running if each in done]:
                    task = running.pop(future)
                    if future.exception() is None:
                        observer.finished_member(task.number, task.count, future.result())
        finally:
            halted.set()  # whatever happened here, members save before the pool is left
    if failures:
        raise failures[0]
