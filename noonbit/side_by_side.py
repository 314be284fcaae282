"""Members of an ensemble trained at the same time, by processes that take one after the other.

    the ensemble's process                        a worker's process
    writes a task, then the next    -> stdin      trains a member, as `noonbit train` does
    shows what it is told           <- stdout     a line of JSON after every epoch, and when done
    closes its end                                stops politely, after saving, and leaves

A worker also stops when the ensemble's process was killed, since that closes its input too: nothing
is left behind that would go on writing into a folder which a resumed ensemble works on.
"""

import json
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, TypeAlias

from noonbit.errors import Interrupted, NoonbitError
from noonbit.job import Observer
from noonbit.member import Log, Task, error_of
from noonbit.runs import load_run

WAIT_SECONDS = 0.1
"""Between two looks at whether a stop is wished for, while workers are silent."""

BUSY = 1.0
"""Programs that want a core, on average over the last minute."""

Event: TypeAlias = dict[str, Any] | None
"""What a worker tells; None at its end."""
Told: TypeAlias = "queue.SimpleQueue[tuple[Worker, Event]]"


class Worker:
    """A worker's process as the ensemble sees it."""

    def __init__(self, cores: set[int], told: Told) -> None:
        self.task: Task | None = None
        """What it works on."""
        self.noise = tempfile.TemporaryFile()  # noqa: SIM115 - closed in `end`
        # The same search path as here, whether or not the package is installed.
        search_path = os.pathsep.join(entry for entry in sys.path if entry)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "noonbit.side_by_side"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.noise,
            text=True,
            env=os.environ | {"PYTHONPATH": search_path},
            # Ctrl-C is for the ensemble, which tells its workers; twice would not be polite.
            start_new_session=True,
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )
        assert self.process.stdin is not None and self.process.stdout is not None  # noqa: S101
        self.input, self.output = self.process.stdin, self.process.stdout
        if cores:
            os.sched_setaffinity(self.process.pid, cores)
        self.listener = threading.Thread(target=self.listen, args=(told,), daemon=True)
        self.listener.start()

    def listen(self, told: Told) -> None:
        """Pass on every line that it tells, and its end."""
        for line in self.output:
            told.put((self, json.loads(line)))
        self.process.wait()
        told.put((self, None))

    def begin(self, task: Task) -> None:
        """Give it the next task."""
        self.task = task
        with suppress(BrokenPipeError):  # its end is told of in any case
            self.input.write(json.dumps(task.as_dict()) + "\n")
            self.input.flush()

    def stop(self) -> None:
        """Wish that it saves and leaves; may be said more than once."""
        with suppress(BrokenPipeError):
            self.input.close()

    def end(self) -> None:
        """Leave nothing of it behind."""
        self.process.kill()
        self.listener.join()
        self.stop()
        self.output.close()
        self.noise.close()

    def death(self) -> Exception | None:
        """Why its process ended, where that was not in order."""
        code, task = self.process.returncode, self.task
        if task is None:
            return None
        if code < 0:
            return NoonbitError(
                f"Member {task.number} of {task.count}: its process was killed by signal {-code}, "
                "perhaps for want of memory. What is finished is kept; continue with --resume."
            )
        self.noise.seek(0)
        return RuntimeError(self.noise.read().decode(errors="replace"))


def train_side_by_side(
    tasks: Sequence[Task], at_once: int, observer: Observer, stopping: Callable[[], bool]
) -> None:
    """Carry out all tasks, `at_once` of them at a time.

    Raises the first error of a member, after the others have saved, or `Interrupted`.
    """
    waiting = deque(tasks)
    told: Told = queue.SimpleQueue()
    failure: Exception | None = None
    workers: set[Worker] = set()
    try:
        for cores in places(min(at_once, len(tasks)), tasks[0].recipe.threads or 1):
            workers.add(Worker(cores, told))
        while workers:
            if failure is None and stopping():
                failure = Interrupted("Stopped by the ensemble.")
            for worker in workers:
                if failure is not None or (worker.task is None and not waiting):
                    worker.stop()
                elif worker.task is None:
                    worker.begin(waiting.popleft())
            with suppress(queue.Empty):
                worker, event = told.get(timeout=WAIT_SECONDS)
                if event is None:
                    failure = failure or worker.death()
                    worker.end()
                    workers.remove(worker)
                else:
                    failure = failure or take(event, worker, observer)
    finally:
        for worker in workers:
            worker.end()
    if failure is not None:
        raise failure


def take(event: dict[str, Any], worker: Worker, observer: Observer) -> Exception | None:
    """Pass on what a worker told; the error, if that is what it was."""
    task = worker.task
    assert task is not None  # noqa: S101 - it tells of a task
    if "epoch" in event:
        observer.member_epoch(task.number, event["epoch"], event["epochs"])
        return None
    worker.task = None
    if "error" in event:
        return error_of(event["exit_code"], event["error"])
    observer.finished_member(task.number, task.count, load_run(task.folder))
    return None


def places(at_once: int, threads: int) -> list[set[int]]:
    """The cores for each of `at_once` workers; none where they are not this program's to share out.

    A worker that is pinned to a core which another program wants waits for it: on a busy machine,
    two of `lab-deep-cnn` took 138 s pinned and 122 s free to move.
    """
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    if len(cores) < at_once * threads or os.getloadavg()[0] > BUSY:
        return [set() for _ in range(at_once)]
    return [set(cores[i * threads : (i + 1) * threads]) for i in range(at_once)]


class Desk:
    """Where a worker finds its tasks, and stops when no more can come."""

    def __init__(self) -> None:
        self.tasks: queue.SimpleQueue[Task | None] = queue.SimpleQueue()
        self.busy = threading.Event()
        threading.Thread(target=self.read, daemon=True).start()

    def read(self) -> None:
        """Take in tasks until the input ends, which is a polite kill for a worker that is busy."""
        with os.fdopen(os.dup(0), encoding="utf-8") as lines:
            for line in lines:
                self.busy.set()
                self.tasks.put(Task.of_dict(json.loads(line)))
        self.tasks.put(None)
        if self.busy.is_set():
            os.kill(os.getpid(), signal.SIGTERM)


def main() -> None:
    """What a worker's process does."""
    told = os.fdopen(os.dup(1), "w", buffering=1, encoding="utf-8")
    os.dup2(2, 1)  # what a user's network prints must not mix with what is told
    desk = Desk()

    def tell(**event: Any) -> None:
        with suppress(BrokenPipeError):  # nobody is left to hear it, but the member is to be saved
            told.write(json.dumps(event) + "\n")

    while (task := desk.tasks.get()) is not None:
        try:
            task.carry_out(Log(lambda epoch, epochs: tell(epoch=epoch, epochs=epochs)))
        except NoonbitError as error:
            desk.busy.clear()
            tell(error=str(error), exit_code=error.exit_code)
        else:
            desk.busy.clear()
            tell(done=True)


if __name__ == "__main__":
    main()
