"""Prediction by a warm process: images/s of many images, and how long one image takes.

All begin with bytes and end with a row of probabilities an image, in float32. noonbit's is
`Run.predict` of a finished run, which checks and frames every input as its contract says.
"""

import functools
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.networks import TASKS
from benchmarks.record import RESULTS, facts, keep
from benchmarks.side_by_side import Contestant, Measured, described, side_by_side
from benchmarks.throughput import ALLOCATOR, TENSORFLOW
from noonbit.cli.output import print_table
from noonbit.system.hardware import usable_cpus

NETWORK = "cnn"
OURS = "noonbit"
TRAINED = 500
"""Images of the run that predicts; its speed does not depend on what it has learned."""
BATCHES = (32, 256, 1024)
"""That a peer in its best form may choose from."""


def prediction(
    *,
    images: int = 10_000,
    rounds: int = 7,
    seconds: float = 2.0,
    threads: int | None = None,
    out: Path = RESULTS / "prediction.json",
) -> None:
    """Images/s of predicting, and the latency of one image, against Keras and plain PyTorch.

    Parameters
    ----------
    images
        What is predicted in one call where it is many.
    rounds
        How often every contestant has its turn.
    seconds
        The least length of a turn.
    threads
        For every contestant; left out: the processors this process may use.
    out
        The file for the result.
    """
    threads = threads or usable_cpus()
    result: dict[str, Any] = {
        "benchmark": "prediction",
        **facts(threads=threads, rounds=rounds, seconds=seconds),
        "network": NETWORK,
        "cases": {},
    }
    with TemporaryDirectory() as folder:
        run = finished_run(Path(folder))
        for count in (images, 1):
            measured = side_by_side(
                list(contestants(run, count)), rounds=rounds, seconds=seconds, threads=threads
            )
            print_case(measured, count)
            result["cases"][f"{count:,} images"] = {
                name: {
                    "form": each.form,
                    "images_per_second": each.speed.median,
                    "noonbit_is_times": asdict(measured[OURS].times(each)),
                }
                for name, each in measured.items()
            }
    print(keep(result, out))


def contestants(run: Path, images: int) -> Iterator[Contestant]:
    """noonbit first, then its peers as their tutorials write them and at their best."""
    case = {"network": NETWORK, "images": images}
    yield Contestant(OURS, "benchmarks.prediction:noonbit_predicts", {"run": str(run), **case})
    torch, keras = (f"benchmarks.peers.{each}_prediction" for each in ("pytorch", "keras"))
    batches = [size for size in BATCHES if size <= images] or [images]
    yield Contestant("PyTorch as written", f"{torch}:predict_as_written", case)
    yield Contestant(
        "PyTorch at its best",
        f"{torch}:predict_at_best",
        case,
        forms=[
            {"batch_size": size, "channels_last": channels_last}
            for size in batches
            for channels_last in (False, True)
        ],
        environment=ALLOCATOR,
    )
    yield Contestant(
        "Keras as written", f"{keras}:predict_as_written", case, environment=TENSORFLOW
    )
    forms = [
        {"way": way, "batch_size": size, "jit_compile": jit}
        for way in (("predict",) if images > 1 else ("predict_on_batch", "call"))
        for size in batches
        for jit in (False, True)
    ]
    yield Contestant(
        "Keras at its best",
        f"{keras}:predict_at_best",
        case,
        forms=forms,
        environment=TENSORFLOW | ALLOCATOR,
    )


def finished_run(folder: Path) -> Path:
    """A run of the network that is compared, on noise."""
    import numpy as np

    from noonbit.config.recipe import Recipe
    from noonbit.jobs.train import train

    pixels, labels = TASKS[NETWORK].random(TRAINED)
    np.savez(folder / "noise.npz", images=pixels, labels=labels)
    return train(folder / "noise.npz", Recipe(model=NETWORK, epochs=1), out=folder / "run").path


def noonbit_predicts(run: str, network: str, images: int) -> Iterator[int]:
    """So many images at a time, one call after another."""
    from noonbit import load_run

    pixels, _ = TASKS[network].random(images)
    answering = load_run(run)
    given = pixels[:, 0] if images > 1 else pixels[0, 0]
    predict = functools.partial(answering.predict, given)
    while True:
        assert len(predict()) == images  # noqa: S101
        yield images


def print_case(measured: dict[str, Measured], images: int) -> None:
    """The table of one number of images."""
    what = f"{images:,} images a call" if images > 1 else "one image a call"
    print_table(
        [what, "images/s", "ms a call", "noonbit / it", "form"],
        [
            [
                name,
                round(each.speed.median),
                f"{1000 * images / each.speed.median:.3g}",
                str(measured[OURS].times(each)),
                described(each.form),
            ]
            for name, each in measured.items()
        ],
    )
    print()
