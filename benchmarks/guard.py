"""Whether noonbit still trains as much faster than plain PyTorch as it did.

Both in one process, on one thread, in turn, an epoch of `EPOCH` images each: what a machine does
besides slows both alike, and threads that wait for each other do not blur it. So what is guarded is
the step itself, not how it is spread over threads. No absolute time decides anything.
"""

import json
import statistics
import time
from collections.abc import Iterator
from typing import TypeAlias

from benchmarks.record import RESULTS, precisions, rounded
from noonbit.errors import CheckFailed

Ratios: TypeAlias = dict[str, float]
"""Precision -> how many times as fast as plain PyTorch in float32."""

STORED = RESULTS / "guard.json"
"""Processor -> its ratios."""
NETWORK, BATCH, EPOCH = "cnn", 32, 1024
SECONDS, LEAST_ROUNDS = 10.0, 5
"""Of each precision; on a slow machine the rounds decide."""
MAY_FALL = 1 / 3
FLOOR = 1.0
"""For a processor that is not stored. The same arithmetic with a quarter of ReLU's work, without a
loader and without a wait in every step cannot be slower than a tutorial's loop anywhere."""


def guard(*, store: bool = False) -> None:
    """Fail where noonbit has lost speed against plain PyTorch; needs no peers.

    Exits with 5 where a ratio has fallen by more than a third.

    Parameters
    ----------
    store
        Make this machine's ratios those to compare with.
    """
    from noonbit.system.hardware import processor_name

    stored: dict[str, Ratios] = json.loads(STORED.read_text(encoding="utf-8"))
    processor = processor_name()
    measured: Ratios = {}
    for precision in precisions():
        rounds = measure(precision)
        measured[precision] = statistics.median(rounds)
        print(
            f"{NETWORK}, batches of {BATCH}, one thread, {precision}: {measured[precision]:.2f} "
            f"times plain PyTorch ({min(rounds):.2f} to {max(rounds):.2f}, n = {len(rounds)})"
        )
    print(json.dumps(rounded({"benchmark": "guard", "processor": processor, "ratios": measured})))
    if store:
        text = json.dumps(rounded(stored | {processor: measured}), indent=2)
        STORED.write_text(text + "\n", encoding="utf-8")
    else:
        require(measured, stored.get(processor, {}))


def measure(precision: str) -> list[float]:
    """How many times as fast noonbit's epoch was, in every round."""
    from benchmarks.ours import train
    from benchmarks.peers.pytorch_training import train_as_written
    from noonbit.system.runtime import set_operator_threads

    with set_operator_threads(1):
        theirs = train_as_written(NETWORK, EPOCH, BATCH)
        ours = train(NETWORK, EPOCH, BATCH, precision, threads=1)
        timed(ours), timed(theirs)  # to warm up
        rounds: list[float] = []
        started = time.perf_counter()
        while time.perf_counter() - started < SECONDS or len(rounds) < LEAST_ROUNDS:
            mine = timed(ours)
            rounds.append(timed(theirs) / mine)
    return rounds


def timed(epochs: Iterator[int]) -> float:
    """The seconds that the next epoch takes."""
    started = time.perf_counter()
    next(epochs)
    return time.perf_counter() - started


def require(measured: Ratios, stored: Ratios) -> None:
    """Raise `CheckFailed` where a ratio is less than it may be."""
    for precision, ratio in measured.items():
        least, why = FLOOR, "which this processor, not measured before, should reach"
        if precision in stored:
            least = stored[precision] * (1 - MAY_FALL)
            why = f"two thirds of the {stored[precision]:.2f} that it was on this processor"
        if ratio < least:
            raise CheckFailed(
                f"Training {NETWORK} in {precision} is {ratio:.2f} times as fast as plain PyTorch, "
                f"less than {least:.2f}, {why}. Find what slows a step, or store the new ratio "
                "with: python -m benchmarks guard --store"
            )
