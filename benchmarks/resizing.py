"""Which filter brings pictures to a network's size: what it costs in accuracy and in time.

A network is trained on images as they are and asked about the same test images at other sizes,
enlarged or reduced in several ways, since nobody knows how a user's file came to its size.
"""

import io
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks.processes import ratios
from benchmarks.record import RESULTS, facts, keep
from benchmarks.side_by_side import Spread
from noonbit.cli.output import print_table
from noonbit.data.preprocess import resize as resize_module
from noonbit.data.preprocess.images import ImagePreprocessor
from noonbit.data.readers.pictures import decode

FILTERS = ("BILINEAR", "BOX", "HAMMING", "BICUBIC", "LANCZOS")
"""Pillow's; of each, the support grows with the factor of a reduction, so none skips pixels."""
ORIGINS = ("NEAREST", "BILINEAR", "BICUBIC", "LANCZOS")
"""How the test images came to the size in which they are asked about."""
ONE_STEP = "bilinear in one step"
FACTORS = (0.5, 0.75, 2, 4, 10)
"""The side of that size, in sides of the training images."""
SHAPES = {"JPEG, 96x96 to 64x64": ("JPEG", 96, 64), "PNG, 300x300 to 28x28": ("PNG", 300, 28)}
SHAPES |= {"JPEG, 2000x2000 to 64x64": ("JPEG", 2000, 64)}


def resizing(
    *,
    sources: str = "digits,mnist",
    model: str = "glance",
    epochs: int = 4,
    training_images: int = 7_000,
    test_images: int = 2_000,
    rounds: int = 7,
    threads: int | None = 1,
    data_dir: Path | None = None,
    out: Path = RESULTS / "resizing.json",
) -> None:
    """Accuracy on pictures of other sizes, and time, by the filter that resizes them.

    Parameters
    ----------
    sources
        Known names or paths of square images of one size, separated by commas.
    model
        The network that is trained on them.
    epochs
        Of its training.
    training_images
        At most so many train.
    test_images
        At most so many are asked about.
    rounds
        How often every filter has its turn at each kind of file.
    threads
        Of the training.
    data_dir
        Where to look for known data sets first.
    out
        The file for the result.
    """
    result = {"benchmark": "resizing"} | facts(threads=threads or 1, rounds=rounds)
    result |= {"network": model, "epochs": epochs, "accuracy": {}, "times_as_long": {}}
    for source in sources.split(","):
        train, labels, test, answers = split_of(source, data_dir, training_images, test_images)
        from noonbit.api.estimator import ImageClassifier

        classifier = ImageClassifier(model, epochs=epochs, threads=threads).fit(train, labels)
        rows = {"as they are": {"": classifier.score(test, answers)}}
        for origin, side in sizes_of(test.shape[1]):
            other = resized(test, side, origin)
            rows[f"{side}x{side} by {origin.lower()}"] = {
                name: classifier.score(brought_back(other, test.shape[1:], name), answers)
                for name in FILTERS
            }
        print(f"\n{source}: accuracy {rows['as they are']['']:.2%} as they are")
        print_table(
            ["", *map(str.lower, FILTERS)],
            [
                [name, *(f"{row[each]:.2%}" for each in FILTERS)]
                for name, row in rows.items()
                if len(row) > 1
            ],
        )
        result["accuracy"][source] = rows
    for name, (kind, side, size) in SHAPES.items():
        spreads = times_as_long(kind, side, size, rounds)
        print(f"\n{name}: decoded and resized, times as long as bilinear in one step")
        print_table([each.lower() for each in spreads], [[str(each) for each in spreads.values()]])
        result["times_as_long"][name] = {each: asdict(it) for each, it in spreads.items()}
    print(keep(result, out))


def split_of(
    source: str, data_dir: Path | None, training_images: int, test_images: int
) -> tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.uint8], NDArray[np.int64]]:
    """Training and test images, (N, H, W) or (N, H, W, 3), each with their labels, drawn by lot."""
    from noonbit.config.recipe import Recipe
    from noonbit.data.prepared import load

    items = load(source, Recipe(), data_dir=data_dir)
    generator = np.random.default_rng(0)
    each = []
    for numbers, most in ((items.split.train, training_images), (items.split.test, test_images)):
        chosen = np.sort(generator.permutation(numbers)[:most])
        pixels = np.asarray(items.values)[chosen].transpose(0, 2, 3, 1)
        each += [pixels[..., 0] if pixels.shape[3] == 1 else pixels, items.labels[chosen]]
    return tuple(each)  # type: ignore[return-value]


def sizes_of(side: int) -> Iterator[tuple[str, int]]:
    """Every way to another size, and every size."""
    for origin in ORIGINS:
        for factor in FACTORS:
            yield origin, round(side * factor)


def resized(images: NDArray[np.uint8], side: int, name: str) -> NDArray[np.uint8]:
    """Images (N, H, W) or (N, H, W, 3) at another size, by a filter of Pillow."""
    by = Image.Resampling[name]
    return np.stack([np.asarray(Image.fromarray(each).resize((side, side), by)) for each in images])


def brought_back(images: NDArray[np.uint8], shape: tuple[int, ...], name: str) -> NDArray[np.uint8]:
    """Images at the shape of the training's, as a contract brings them there, by this filter."""
    preprocessor = ImagePreprocessor(
        height=shape[0], width=shape[1], channels=3 if len(shape) == 3 else 1
    )
    with patch.object(resize_module, "RESAMPLING", Image.Resampling[name]):
        pixels = [preprocessor.transform_one(Image.fromarray(each))[0] for each in images]
    return np.stack(pixels).transpose(0, 2, 3, 1).reshape(len(images), *shape)


def times_as_long(kind: str, side: int, size: int, rounds: int) -> dict[str, Spread]:
    """Seconds of a file from bytes to pixels with each filter, in times of bilinear in one step.

    The others reduce large pictures by whole pixels first, as a contract does.
    """
    noise = np.random.default_rng(0).integers(0, 256, (side // 8, side // 8, 3), np.uint8)
    stream = io.BytesIO()
    Image.fromarray(noise).resize((side, side)).save(stream, kind)
    preprocessor = ImagePreprocessor(height=size, width=size, channels=3)
    repeats = max(3, 4_000_000 // side**2)
    contestants = {name: (name, resize_module.REDUCED_TO) for name in FILTERS}
    contestants = {ONE_STEP: ("BILINEAR", side)} | contestants
    seconds: dict[str, list[float]] = {name: [] for name in contestants}
    for number in range(rounds):
        order = deque(contestants)
        order.rotate(-number)
        for name in order:
            resampling, reduced_to = contestants[name]
            with (
                patch.object(resize_module, "RESAMPLING", Image.Resampling[resampling]),
                patch.object(resize_module, "REDUCED_TO", reduced_to),
            ):
                started = time.perf_counter()
                for _ in range(repeats):
                    preprocessor.transform_one(decode(stream.getvalue(), "a picture"))
                seconds[name].append(time.perf_counter() - started)
    return {name: ratios(each, seconds[ONE_STEP]) for name, each in seconds.items()}
