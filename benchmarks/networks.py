"""The networks that contestants train, with what their documents train them on and how."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

STEPS = 20
"""An epoch has a multiple of these, since Keras is best with so many steps an execution."""


@dataclass(frozen=True, slots=True)
class Task:
    """One network with its images and its optimiser."""

    shape: tuple[int, int, int]
    """(channels, height, width) of an image."""
    classes: int
    images: int
    """Of an epoch, about: some seconds of the slowest contestant on two cores."""
    batch_sizes: tuple[int, int]
    """As documented, and a larger one."""
    optimizer: str
    learning_rate: float

    def epoch(self, batch_size: int) -> int:
        """Images of an epoch of whole batches."""
        return max(1, round(self.images / batch_size / STEPS)) * STEPS * batch_size

    def stretch(self, batch_size: int) -> int:
        """Images of some whole batches, a twentieth of a second or some."""
        return max(2, round(self.images / batch_size / 10)) * batch_size

    def random(self, images: int) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
        """So many images (N, C, H, W) and labels (N,) of noise, whose arithmetic is no other."""
        generator = np.random.default_rng(0)
        pixels = generator.integers(0, 256, (images, *self.shape), np.uint8)
        return pixels, generator.integers(0, self.classes, images)


GREY, COLOUR = (1, 28, 28), (3, 32, 32)

TASKS = {
    "mlp": Task(GREY, 10, 25_600, (32, 512), "sgd", 0.01),
    "cnn": Task(GREY, 10, 12_800, (32, 512), "sgd", 0.01),
    "deep-cnn": Task(GREY, 10, 6_400, (32, 512), "sgd", 0.01),
    "sign-cnn": Task(GREY, 24, 6_400, (32, 512), "rmsprop", 0.001),
    "lab-deep-cnn": Task(GREY, 10, 6_000, (100, 512), "adam", 0.001),
    "lenet5": Task(GREY, 10, 12_000, (100, 512), "adam", 0.001),
    # Keras's example for CIFAR-10 takes 32 and Adam, the paper 128.
    "resnet20": Task(COLOUR, 10, 2_560, (32, 128), "adam", 0.001),
    # noonbit trains it by Muon, which PyTorch has for matrices alone, so both take SGD here.
    "glance": Task(GREY, 10, 5_120, (512, 128), "sgd", 0.01),
}

NOT_IN_KERAS = frozenset({"glance"})
"""noonbit's own network, which PyTorch has here and Keras has not."""
