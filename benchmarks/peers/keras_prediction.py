"""Keras: the networks' `predict` as its tutorials write it, and what is fastest."""

from collections.abc import Iterator

import keras
import numpy as np

from benchmarks.networks import TASKS
from benchmarks.peers.keras_training import NETWORKS


def predict_as_written(network: str, images: int) -> Iterator[int]:
    """So many images at a time: `predict` with nothing else."""
    model = built(network)
    pixels = np.moveaxis(TASKS[network].random(images)[0], 1, -1)
    while True:
        model.predict(pixels.astype("float32") / 255)
        yield images


def predict_at_best(
    network: str, images: int, way: str, batch_size: int, jit_compile: bool
) -> Iterator[int]:
    """The same without a bar, in larger batches, or by what Keras advises for few images."""
    model = built(network)
    model.compile(jit_compile=jit_compile)
    pixels = np.moveaxis(TASKS[network].random(images)[0], 1, -1)
    while True:
        x = pixels.astype("float32") / 255
        if way == "predict":
            model.predict(x, batch_size=batch_size, verbose=0)
        elif way == "predict_on_batch":
            model.predict_on_batch(x)
        else:
            np.asarray(model(x, training=False))
        yield images


def built(network: str) -> keras.Model:
    """The network for its task's images."""
    task = TASKS[network]
    channels, height, width = task.shape
    return NETWORKS[network]((height, width, channels), task.classes)
