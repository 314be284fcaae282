"""Augmented images a second: Keras's generator against noonbit's, and against its training.

    KERAS_BACKEND=torch python -m benchmarks.augmentation [--data-dir FOLDER]

MNIST with rotation, shifts, shear and zoom, batches of 128, as Keras's own tutorials write it:
`flow` draws, transforms and hands out one batch after another, on one thread; its cost an image
does not depend on the batch. noonbit's `ImageDataGenerator` does the same; `training` is what
`noonbit train --augment` does to a batch before the network sees it, on the threads that a training
has, for batches of its default on MNIST and of the size at which it is fastest.
"""

import argparse
import json
import platform
import statistics
import time
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import torch

from noonbit import ImageDataGenerator, open_data
from noonbit.augment import Augmentation, augment, draw
from noonbit.record import processor_name
from noonbit.runtime import Runtime

ROUNDS, BATCH = 7, 128
TRAINING_BATCHES = (512, 2048)
REACHES = {
    "rotation_range": 15,
    "width_shift_range": 0.1,
    "height_shift_range": 0.1,
    "shear_range": 10,
    "zoom_range": 0.1,
}
SECONDS = 2.0
"""Of each contestant in each round."""


def keras_flow(x: np.ndarray, y: np.ndarray) -> Iterator[int]:
    """Sizes of the batches of Keras's generator."""
    from keras.src.legacy.preprocessing.image import ImageDataGenerator as KerasGenerator

    for images, _ in KerasGenerator(**REACHES).flow(x, y, batch_size=BATCH, seed=0):
        yield len(images)


def noonbit_flow(x: np.ndarray, y: np.ndarray) -> Iterator[int]:
    """Sizes of the batches of noonbit's generator."""
    for images, _ in ImageDataGenerator(**REACHES).flow(x, y, batch_size=BATCH, seed=0):
        yield len(images)


def training(pixels: torch.Tensor, runtime: Runtime, batch_size: int) -> Iterator[int]:
    """Sizes of the batches that a training transforms, a share of each on every thread."""
    settings = Augmentation.parse(REACHES)
    epoch = 0
    while True:
        count = len(pixels)
        draws = draw(settings, seed=0, epoch=epoch, count=count, device=runtime.device)
        for items in torch.randperm(count).split(batch_size):
            shares = [
                (pixels.index_select(0, one), draws.take(one))
                for one in items.tensor_split(runtime.threads)
            ]
            runtime.spread(lambda share: augment(settings, *share), shares)
            yield len(items)
        epoch += 1


def speed(batches: Iterator[int]) -> float:
    """Images a second over `SECONDS`."""
    images, started = 0, time.perf_counter()
    while time.perf_counter() - started < SECONDS:
        images += next(batches)
    return images / (time.perf_counter() - started)


def main() -> None:
    """Measure, print a table, then one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data-dir", type=Path)
    warnings.simplefilter("ignore")
    import keras

    part = open_data("mnist", data_dir=parser.parse_args().data_dir).train
    pixels = torch.from_numpy(part.images)
    x, y = np.moveaxis(part.images, 1, -1), np.asarray(part.labels)
    runtime = Runtime.start(device="cpu")
    torch.set_num_threads(1)
    contestants: dict[str, Callable[[], Iterator[int]]] = {
        "keras": lambda: keras_flow(x, y),
        "noonbit generator": lambda: noonbit_flow(x, y),
    }
    for size in TRAINING_BATCHES:
        name = f"noonbit training, batches of {size:,}"
        contestants[name] = partial(training, pixels, runtime, size)
    running = {name: start() for name, start in contestants.items()}
    for batches in running.values():
        next(batches)
    speeds = {name: [0.0] * ROUNDS for name in running}  # images a second, a column a round
    for number in range(ROUNDS):
        for name, batches in running.items():
            speeds[name][number] = speed(batches)
    ratios = {
        name: [ours / theirs for ours, theirs in zip(each, speeds["keras"], strict=True)]
        for name, each in speeds.items()
    }
    for name, each in speeds.items():
        spread = f"{min(ratios[name]):.1f} to {max(ratios[name]):.1f}"
        print(
            f"{name:36} {statistics.median(each):10,.0f} images/s  "
            f"{statistics.median(ratios[name]):6.1f} times Keras ({spread}, n = {ROUNDS})"
        )
    print(
        json.dumps(
            {
                "benchmark": "augmentation",
                "images_per_second": {n: statistics.median(s) for n, s in speeds.items()},
                "times_keras": {n: statistics.median(r) for n, r in ratios.items()},
                "rounds": ROUNDS,
                "processor": processor_name(),
                "threads": runtime.threads,
                "versions": {
                    "python": platform.python_version(),
                    "torch": torch.__version__,
                    "keras": keras.__version__,
                },
            }
        )
    )


if __name__ == "__main__":
    main()
