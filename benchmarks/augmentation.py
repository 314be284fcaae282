"""Augmented images/s: Keras's generator against noonbit's, and against its training.

MNIST with rotation, shifts, shear and zoom, batches of 128, as Keras's own tutorials write it:
`flow` draws, transforms and hands out one batch after another, on one thread; its cost an image
does not depend on the batch. noonbit's `ImageDataGenerator` does the same; `training` is what
`noonbit train --augment` does to a batch before the network sees it, on the threads that a training
has, for batches of its default on MNIST and of the size at which it is fastest.
"""

import itertools
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.record import RESULTS, facts, keep
from benchmarks.side_by_side import Contestant, side_by_side
from noonbit.cli.output import print_table
from noonbit.data import open_data
from noonbit.data.dataset import PartName
from noonbit.errors import MissingExtra
from noonbit.system.hardware import usable_cpus

BATCH = 128
TRAINING_BATCHES = (512, 2048)
REACHES: dict[str, Any] = {
    "rotation_range": 15,
    "width_shift_range": 0.1,
    "height_shift_range": 0.1,
    "shear_range": 10,
    "zoom_range": 0.1,
}
PEER = "Keras's generator"


def augmentation(
    *,
    data_dir: Path | None = None,
    rounds: int = 7,
    seconds: float = 2.0,
    out: Path = RESULTS / "augmentation.json",
) -> None:
    """Augmented images/s, against Keras's generator.

    Parameters
    ----------
    data_dir
        Where MNIST lies.
    rounds
        How often every contestant has its turn.
    seconds
        The length of a turn.
    out
        The file for the result.
    """
    data = {"data_dir": None if data_dir is None else str(data_dir)}
    module, threads = "benchmarks.augmentation", usable_cpus()
    contestants = [
        Contestant(PEER, f"{module}:keras_flow", data, environment={"KERAS_BACKEND": "torch"}),
        Contestant("noonbit's generator", f"{module}:noonbit_flow", data),
    ]
    for size in TRAINING_BATCHES:
        name = f"noonbit's training, batches of {size:,}"
        contestants.append(Contestant(name, f"{module}:training", data | {"batch_size": size}))
    measured = side_by_side(contestants, rounds=rounds, seconds=seconds, threads=threads)
    if PEER not in measured:
        raise MissingExtra("There is nothing to compare with: pip install '.[bench]'.")
    figures = {
        name: {
            "images_per_second": each.speed.median,
            "times_keras": asdict(each.times(measured[PEER])),
        }
        for name, each in measured.items()
    }
    print_table(
        ["", "images/s", "times Keras"],
        [
            [name, round(each.speed.median), str(each.times(measured[PEER]))]
            for name, each in measured.items()
        ],
    )
    result = {"benchmark": "augmentation"} | facts(threads=threads, rounds=rounds, seconds=seconds)
    print(keep(result | {"contestants": figures}, out))


def mnist(
    data_dir: str | None, part_name: PartName = "train"
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """The images, (N, 1, 28, 28), and labels of one of its parts."""
    data = open_data("mnist", data_dir=None if data_dir is None else Path(data_dir))
    part = data.parts[part_name]
    return np.asarray(part.raw), np.asarray(part.labels)


def keras_flow(data_dir: str | None) -> Iterator[int]:
    """Sizes of the batches of Keras's generator."""
    from keras.src.legacy.preprocessing.image import ImageDataGenerator as KerasGenerator

    images, labels = mnist(data_dir)
    x = np.moveaxis(images, 1, -1)
    for batch, _ in KerasGenerator(**REACHES).flow(x, labels, batch_size=BATCH, seed=0):
        yield len(batch)


def noonbit_flow(data_dir: str | None) -> Iterator[int]:
    """Sizes of the batches of noonbit's generator."""
    import torch

    from noonbit import ImageDataGenerator

    torch.set_num_threads(1)
    images, labels = mnist(data_dir)
    x = np.moveaxis(images, 1, -1)
    for batch, _ in ImageDataGenerator(**REACHES).flow(x, labels, batch_size=BATCH, seed=0):
        yield len(batch)


def training(data_dir: str | None, batch_size: int) -> Iterator[int]:
    """Sizes of the batches that a training transforms, a share of each on every thread."""
    import torch

    from noonbit.augment import augment, sample_parameters
    from noonbit.config.augmentation import Augmentation
    from noonbit.system.runtime import Runtime

    runtime = Runtime.start(device="cpu")
    torch.set_num_threads(1)
    pixels = torch.from_numpy(mnist(data_dir)[0])
    count, settings = len(pixels), Augmentation.parse(REACHES)
    for epoch in itertools.count():
        draws = sample_parameters(settings, seed=0, epoch=epoch, count=count, device=runtime.device)
        for items in torch.randperm(count).split(batch_size):
            shares = [
                (pixels.index_select(0, one), draws.take(one))
                for one in items.tensor_split(runtime.threads)
            ]
            runtime.map_threads(lambda share: augment(settings, *share), shares)
            yield len(items)
