"""Contestants in turn: each in a process of its own, all with the same processors, one at a time.

    the benchmark's process                      a contestant's process
    starts it                                    tries its forms and keeps the fastest
    waits                     <- stdout          {"form": ...}, or {"missing": why}
    "2.0": work so long       -> stdin           works in whole stretches until the time is over
    waits                     <- stdout          {"amount": 25600, "seconds": 2.13}
    stops it with SIGSTOP                        no thread of it spins while another one is measured

A machine is never equally fast for a minute, so what counts is the ratio of two contestants within
one round, and its median over the rounds. The order rotates: nobody always follows the same one.
"""

import importlib
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from threading import Semaphore, Thread
from typing import Any, TextIO, TypeAlias

Settings: TypeAlias = dict[str, Any]
"""Keyword arguments, of values that JSON knows."""

THREAD_COUNTS = (
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "TF_NUM_INTRAOP_THREADS",
    "TF_NUM_INTEROP_THREADS",
)
TRIED = 2
"""Stretches of each form before one is chosen: the first compiles, the second is timed."""


@dataclass(frozen=True, slots=True)
class Contestant:
    """Something that works, and tells after every stretch how much it has done."""

    name: str
    function: str
    """`module:function`; called in its process, it gives an iterator of amounts (images, say)."""
    settings: Settings = field(default_factory=dict)
    forms: Sequence[Settings] = ({},)
    """More settings, of which its process keeps the fastest."""
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Spread:
    """Some figures in three."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, figures: Sequence[float]) -> "Spread":
        """The median and the range."""
        return cls(statistics.median(figures), min(figures), max(figures))

    def __str__(self) -> str:
        """`1.52 (1.49 to 1.60)`, or `31.7 (30.1 to 32.4)`."""
        digits = 2 if self.median < 10 else 1
        return f"{self.median:.{digits}f} ({self.low:.{digits}f} to {self.high:.{digits}f})"


@dataclass(frozen=True, slots=True)
class Measured:
    """What came of one contestant."""

    form: Settings
    """The fastest."""
    speeds: list[float]
    """Amounts a second, one a round."""

    @property
    def speed(self) -> Spread:
        """Over the rounds; on a machine that others use too it says less than a ratio."""
        return Spread.of(self.speeds)

    def times(self, other: "Measured") -> Spread:
        """How many times as fast as another one this was, within a round."""
        return Spread.of([a / b for a, b in zip(self.speeds, other.speeds, strict=True)])


class LeftOut(Exception):
    """A contestant that cannot be had here."""


def side_by_side(
    contestants: Sequence[Contestant], *, rounds: int, seconds: float, threads: int
) -> dict[str, Measured]:
    """Every contestant's speed in every round, by name.

    A turn is at least `seconds` long. One that is not installed is left out, and stderr says so.
    """
    speeds: dict[str, list[float]] = {}
    with ExitStack() as running:
        processes: dict[str, Process] = {}
        for contestant in contestants:
            process = Process(contestant, threads)
            running.callback(process.end)
            try:
                process.begin()
            except LeftOut as reason:
                say(f"{contestant.name} is left out: {reason}")
                continue
            process.turn(seconds)  # to warm up
            processes[contestant.name] = process
            speeds[contestant.name] = []
            say(f"{contestant.name} is ready {described(process.form)}".rstrip())
        names = list(processes)
        for number in range(rounds):
            for name in names[number % len(names) :] + names[: number % len(names)]:
                speeds[name].append(processes[name].turn(seconds))
    return {name: Measured(processes[name].form, each) for name, each in speeds.items()}


def described(form: Settings) -> str:
    """`jit_compile=True, steps_per_execution=20`."""
    return ", ".join(f"{name}={value}" for name, value in form.items())


def say(text: str) -> None:
    """A line for people, on stderr."""
    print(text, file=sys.stderr, flush=True)


def surroundings(threads: int, more: Mapping[str, str]) -> dict[str, str]:
    """The environment of a process that finds what this one finds, with so many threads."""
    search_path = os.pathsep.join(entry for entry in sys.path if entry)
    counts = {name: str(threads) for name in THREAD_COUNTS}
    return {**os.environ, "PYTHONPATH": search_path, **counts, **more}


def confine(process: int, threads: int) -> None:
    """Let a process (0: this one) use so many processors."""
    if hasattr(os, "sched_setaffinity"):
        # XLA has no other setting for how many threads it starts.
        os.sched_setaffinity(process, sorted(os.sched_getaffinity(0))[:threads])


class Process:
    """A contestant's process as the benchmark sees it."""

    def __init__(self, contestant: Contestant, threads: int) -> None:
        self.name = contestant.name
        self.form: Settings = {}
        self.noise = tempfile.TemporaryFile()  # noqa: SIM115 - closed in `end`
        task = asdict(contestant)
        environment = surroundings(threads, task.pop("environment"))
        self.process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.side_by_side", json.dumps(task)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.noise,
            text=True,
            env=environment,
        )
        assert self.process.stdin is not None and self.process.stdout is not None  # noqa: S101
        self.input, self.output = self.process.stdin, self.process.stdout
        confine(self.process.pid, threads)

    def begin(self) -> None:
        """Wait until it is ready, and stop it. Raises `LeftOut`."""
        told = self.hear()
        if "missing" in told:
            raise LeftOut(told["missing"])
        self.form = told["form"]
        self.process.send_signal(signal.SIGSTOP)

    def turn(self, seconds: float) -> float:
        """Let it work; the amount that it does in a second."""
        self.process.send_signal(signal.SIGCONT)
        self.input.write(f"{seconds}\n")
        self.input.flush()
        told = self.hear()
        self.process.send_signal(signal.SIGSTOP)
        return float(told["amount"] / told["seconds"])

    def hear(self) -> Settings:
        """What it tells next."""
        line = self.output.readline()
        if not line:
            self.noise.seek(0)
            raise RuntimeError(f"{self.name}:\n{self.noise.read().decode(errors='replace')}")
        told: Settings = json.loads(line)
        return told

    def end(self) -> None:
        """Leave nothing of it behind."""
        self.process.kill()
        self.process.wait()
        self.input.close()
        self.output.close()
        self.noise.close()


def stretches(train: Callable[[Callable[[], None]], None], amount: int) -> Iterator[int]:
    """A training that calls back after every epoch, as an iterator that does one epoch a `next`.

    What a fit does before its first epoch is then done once, as it is in a real training. It runs
    in a thread, which waits at the end of every epoch.
    """
    go_on, done = Semaphore(0), Semaphore(0)
    failures: list[Exception] = []

    def wait() -> None:
        done.release()
        go_on.acquire()

    def run() -> None:
        try:
            train(wait)
        except Exception as error:
            failures.append(error)
        done.release()

    Thread(target=run, daemon=True).start()
    while True:
        done.acquire()
        if failures:
            raise failures[0]
        yield amount
        go_on.release()


def chosen(start: Callable[..., Iterator[int]], forms: Sequence[Settings]) -> Settings:
    """The form whose stretches are the shortest; one that fails is none."""
    if len(forms) == 1:
        return forms[0]
    seconds: list[float] = []
    for form in forms:
        try:
            work = start(**form)
            for _ in range(TRIED):
                started = time.perf_counter()
                next(work)
            seconds.append(time.perf_counter() - started)
        except Exception as error:
            say(f"{described(form)}: {error!r}")
            seconds.append(float("inf"))
    return forms[seconds.index(min(seconds))]


def stdout_to_tell() -> TextIO:
    """This process's stdout, for itself; whatever else prints there goes nowhere."""
    told = os.fdopen(os.dup(1), "w", buffering=1, encoding="utf-8")
    with open(os.devnull, "w") as nothing:
        os.dup2(nothing.fileno(), 1)  # progress bars must not mix with what is told
    return told


def imported(name: str) -> Callable[..., Any]:
    """The function `module:function`; raises `LeftOut` where its module needs what is not here."""
    module, _, function = name.partition(":")
    try:
        found: Callable[..., Any] = getattr(importlib.import_module(module), function)
    except ImportError as error:
        raise LeftOut(f"{error}; the `bench` extra installs it.") from None
    return found


def main(task: Settings) -> None:
    """What a contestant's process does."""
    told = stdout_to_tell()

    def tell(**event: Any) -> None:
        told.write(json.dumps(event) + "\n")

    try:
        start = imported(task["function"])
    except LeftOut as reason:
        tell(missing=str(reason))
        return
    form = chosen(lambda **more: start(**task["settings"], **more), task["forms"])
    work = start(**task["settings"], **form)
    next(work)
    tell(form=form)
    for line in sys.stdin:
        started = time.perf_counter()
        amount = next(work)
        while (spent := time.perf_counter() - started) < float(line):
            amount += next(work)
        tell(amount=amount, seconds=spent)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
    sys.stderr.flush()
    os._exit(0)  # threads that wait at the end of an epoch are not waited for
