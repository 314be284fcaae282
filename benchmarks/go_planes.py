"""Positions/s whose 48 planes are computed, and where the time goes.

Of the games in the folder `go-sgf`, in batches of 256 positions drawn at random, each replayed from
its first move, on one thread and on all; and batches that are only turned, as augmentation does.
"""

import itertools
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.record import RESULTS, facts, keep
from benchmarks.side_by_side import Contestant, side_by_side
from noonbit.cli.output import print_table
from noonbit.data.go.games import read_games
from noonbit.data.go.positions import Positions
from noonbit.errors import SourceNotFound
from noonbit.system.hardware import usable_cpus

BATCH = 256


def go_planes(
    *,
    data_dir: Path | None = None,
    rounds: int = 7,
    seconds: float = 2.0,
    out: Path = RESULTS / "go_planes.json",
) -> None:
    """Positions/s of Go whose 48 planes are computed.

    Parameters
    ----------
    data_dir
        Where the folder go-sgf lies.
    rounds
        How often every contestant has its turn.
    seconds
        The length of a turn.
    out
        The file for the result.
    """
    source = (data_dir or Path()) / "go-sgf"
    if not source.exists():
        raise SourceNotFound(f"{source} does not exist; --data-dir is the folder that has go-sgf.")
    threads = usable_cpus()
    module, data = "benchmarks.go_planes", {"source": str(source)}
    contestants = [
        Contestant("1 thread", f"{module}:batches", data | {"threads": 1}),
        Contestant("turned by a symmetry, 1 thread", f"{module}:turned", data),
    ]
    if threads > 1:
        several = Contestant(f"{threads} threads", f"{module}:batches", data | {"threads": threads})
        contestants.insert(1, several)
    measured = side_by_side(contestants, rounds=rounds, seconds=seconds, threads=threads)
    print_table(
        ["", "positions/s", "lowest", "highest"],
        [
            [name, round(each.speed.median), round(each.speed.low), round(each.speed.high)]
            for name, each in measured.items()
        ],
    )
    figures = {name: each.speed.median for name, each in measured.items()}
    result = {"benchmark": "go_planes"} | facts(threads=threads, rounds=rounds, seconds=seconds)
    print(keep(result | {"positions_per_second": figures}, out))


def drawn(positions: Positions) -> Iterator[np.ndarray[tuple[int], np.dtype[np.int64]]]:
    """Batches of position numbers, at random as in a training."""
    random = np.random.default_rng(0)
    while True:
        yield random.integers(0, len(positions), BATCH)


def batches(source: str, threads: int) -> Iterator[int]:
    """Sizes of the batches whose planes are computed, a share of each on every thread."""
    import torch

    from noonbit.system.runtime import Runtime

    runtime = Runtime.start(device="cpu", threads=threads)
    torch.set_num_threads(1)
    positions = Positions(read_games(Path(source))[0])
    for indices in drawn(positions):
        runtime.map_threads(positions.planes, np.array_split(indices, threads))
        yield len(indices)


def turned(source: str) -> Iterator[int]:
    """Sizes of the batches of ready planes that are turned, on one thread."""
    import torch

    from noonbit.augment.boards import turn_boards

    torch.set_num_threads(1)
    positions = Positions(read_games(Path(source))[0])
    planes = torch.from_numpy(positions.planes(next(drawn(positions))))
    for number in itertools.count():
        turn_boards(planes, (torch.arange(BATCH) + number) % 8)
        yield BATCH
