"""noonbit against PyTorch at its best, in one process, in turn.

    compare("cnn", 32, Conditions("avx2"), threads=2, rounds=7, seconds=0.4)

Every form of PyTorch has two short turns; the fastest few and noonbit then take turns for some
rounds, and what counts is the ratio within a round. All of it runs in one thread: OpenMP keeps
a pool for each thread that asks, and more threads than processors sleep while they wait. noonbit's
own loop calls back after each of its epochs, and there the others have their turn.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from tempfile import TemporaryDirectory
from typing import Any

import torch

from benchmarks.conditions import Conditions
from benchmarks.networks import TASKS
from benchmarks.ours import prepared
from benchmarks.peers.pytorch_best import Form, list_forms, train_at_best
from benchmarks.processes import alone, ratios
from benchmarks.side_by_side import Spread
from noonbit.system.runtime import set_operator_threads
from noonbit.training.fused import kernels
from noonbit.training.loop import fit
from noonbit.training.state import Callbacks, TrainingState

FINALISTS = 3
"""Forms of PyTorch that are measured in every round; the others were slower before."""
TRIAL_SECONDS = 0.25
"""A form's turn before the finalists are chosen, after one stretch to warm up."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What came of one network and batch size."""

    network: str
    batch_size: int
    ratio: Spread
    """How many times as fast as PyTorch at its best noonbit was, within a round."""
    rounds: int
    engine: str
    """noonbit's, with its precision."""
    has_kernels: bool
    capability: str
    """The instructions that PyTorch said it uses."""
    images_per_second: float
    form: str
    """PyTorch's fastest."""
    pytorch_images_per_second: float

    def __str__(self) -> str:
        """One line for people."""
        return (
            f"{self.network}, batches of {self.batch_size}: {self.ratio} times PyTorch at its "
            f"best, n = {self.rounds}; noonbit {self.images_per_second:,.0f} images/s by "
            f"{self.engine}, PyTorch {self.pytorch_images_per_second:,.0f} ({self.form})"
        )


def compare(
    network: str,
    batch_size: int,
    conditions: Conditions,
    *,
    threads: int,
    rounds: int,
    seconds: float,
) -> Comparison:
    """Compare in a process of its own, with a cache of its own: no choice of engine is an old one.

    `seconds` is the least length of a turn. The caller keeps `conditions.neighbours` running.
    """
    with TemporaryDirectory(prefix="noonbit-") as cache:
        told = alone(
            "benchmarks.against_pytorch:measure",
            {
                "network": network,
                "batch_size": batch_size,
                "precisions": conditions.precisions,
                "threads": threads,
                "rounds": rounds,
                "seconds": seconds,
            },
            threads=threads,
            environment=conditions.environment | {"NOONBIT_CACHE": cache},
        )
    return Comparison(**told | {"ratio": Spread(**told["ratio"])})


def measure(
    network: str,
    batch_size: int,
    precisions: Sequence[str],
    threads: int,
    rounds: int,
    seconds: float,
) -> dict[str, Any]:
    """What the process of `compare` does: a `Comparison` as a dictionary."""
    images = TASKS[network].stretch(batch_size)
    precision = None if len(precisions) > 1 else precisions[0]
    state, context = prepared(network, images, batch_size, precision, threads=threads)
    forms = list_forms(network, threads, precisions)
    turns = Turns(images, find_fastest(network, batch_size, images, forms), rounds, seconds)
    fit(state, context, turns)
    ours, theirs = turns.speeds[None], turns.best_form
    assert theirs is not None  # noqa: S101 - there is at least one form
    runtime = context.runtime
    return asdict(
        Comparison(
            network,
            batch_size,
            ratios(ours, turns.speeds[theirs]),
            rounds,
            f"{runtime.engine} in {runtime.precision}",
            kernels.load(torch.float32) is not None,
            torch.backends.cpu.get_cpu_capability(),
            Spread.of(ours).median,
            str(theirs),
            Spread.of(turns.speeds[theirs]).median,
        )
    )


def find_fastest(
    network: str, batch_size: int, images: int, forms: Sequence[Form]
) -> dict[Form, Iterator[int]]:
    """The fastest few forms, each with its training."""
    trainings, speeds = {}, {}
    for form in forms:
        training = train_at_best(network, images, batch_size, form)
        turn(form, training, 0.0)  # libraries choose their kernels
        trainings[form], speeds[form] = training, turn(form, training, TRIAL_SECONDS)
    fastest = sorted(forms, key=speeds.__getitem__, reverse=True)[:FINALISTS]
    return {form: trainings[form] for form in fastest}


def turn(form: Form, training: Iterator[int], seconds: float) -> float:
    """Images per second of a turn of at least so many seconds."""
    with set_operator_threads(form.operator_threads):
        started = time.perf_counter()
        amount = next(training)
        while (spent := time.perf_counter() - started) < seconds:
            amount += next(training)
        return amount / spent


class Turns(Callbacks):
    """noonbit's turns last until its epochs took so many seconds; then all others have theirs."""

    def __init__(
        self, images: int, peers: dict[Form, Iterator[int]], rounds: int, seconds: float
    ) -> None:
        self.images, self.peers, self.rounds, self.seconds = images, peers, rounds, seconds
        self.speeds: dict[Form | None, list[float]] = {None: [], **{form: [] for form in peers}}
        """noonbit's under None."""
        self.round = 0
        """The first one is to warm up."""
        self.begin()

    def begin(self) -> None:
        """Begin noonbit's turn."""
        self.amount, self.started = 0, time.perf_counter()

    def on_epoch(self, state: TrainingState) -> None:
        """End noonbit's turn, if it was long enough."""
        self.amount += self.images
        spent = time.perf_counter() - self.started
        if spent < self.seconds:
            return
        forms = list(self.peers)
        first = self.round % len(forms)
        speeds = {
            form: turn(form, self.peers[form], self.seconds)
            for form in forms[first:] + forms[:first]
        }
        if self.round:
            self.speeds[None].append(self.amount / spent)
            for form, speed in speeds.items():
                self.speeds[form].append(speed)
        self.round += 1
        self.begin()

    def should_stop(self) -> bool:
        """Whether all rounds are over; asked after each epoch."""
        return self.round > self.rounds

    @property
    def best_form(self) -> Form | None:
        """The form with the highest median."""
        medians = {form: Spread.of(self.speeds[form]).median for form in self.peers}
        return max(medians, key=medians.__getitem__)
