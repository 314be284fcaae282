"""Whether noonbit trains at least about as fast as PyTorch at its best, whatever the conditions.

Both in one process, in turn (`benchmarks.against_pytorch`): what a machine does besides slows both
alike. No absolute time decides anything.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict

from benchmarks.against_pytorch import Comparison, compare
from benchmarks.conditions import ConditionFlags, Conditions
from benchmarks.networks import TASKS
from benchmarks.record import rounded
from noonbit.errors import CheckFailed
from noonbit.system.hardware import usable_cpus

NETWORKS = ("mlp", "cnn", "glance")
LEAST = 0.9
"""Of PyTorch's best; the fastest of a dozen forms is ahead by chance alone now and then."""
TRIES = 2
"""Of a network that seems slower: what else a machine does can fall on one side alone."""


def guard(
    *,
    conditions: ConditionFlags = Conditions(),  # noqa: B008 - frozen
    rounds: int = 7,
    seconds: float = 0.4,
    threads: int | None = None,
) -> None:
    """Fail where noonbit trains slower than PyTorch at its best; needs no peers.

    Exits with 5 where a ratio is below 0.9.

    Parameters
    ----------
    rounds
        How often every contestant has its turn.
    seconds
        The least length of a turn.
    threads
        For every contestant; left out: the processors this process may use.
    """
    threads = threads or usable_cpus()
    comparisons: list[Comparison] = []
    print(f"{conditions}, {threads} thread{'s' if threads > 1 else ''}:", flush=True)
    with conditions.neighbours(threads):
        for network in NETWORKS:
            batch_size = TASKS[network].batch_sizes[0]
            for _ in range(TRIES):
                found = compare(
                    *(network, batch_size, conditions),
                    threads=threads,
                    rounds=rounds,
                    seconds=seconds,
                )
                if found.ratio.median >= LEAST:
                    break
            comparisons.append(found)
            print(comparisons[-1], flush=True)
    result = {"benchmark": "guard", "conditions": asdict(conditions), "threads": threads}
    print(json.dumps(rounded(result | {"cases": [asdict(each) for each in comparisons]})))
    require(comparisons, conditions)


def require(comparisons: Sequence[Comparison], conditions: Conditions) -> None:
    """Raise `CheckFailed` where a ratio is less than it may be."""
    slow = [each for each in comparisons if each.ratio.median < LEAST]
    if slow:
        named = " and ".join(f"{each.network} ({each.ratio.median:.2f})" for each in slow)
        raise CheckFailed(
            f"{named}: slower than {LEAST} of PyTorch at its best ({conditions}). "
            "Find what slows a step: the lines above name the engine and PyTorch's form."
        )
