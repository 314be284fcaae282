"""Keras's own introduction to convolutional networks: MNIST, and the test accuracy epoch by epoch.

Two convolutions with their pools, dropout, one dense layer; batches of 128, Adam, a tenth of the
training images for validation, 15 epochs (keras.io, "Simple MNIST convnet").
"""

import time
from collections.abc import Iterator
from typing import Any, TypeAlias

import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray

from benchmarks.augmentation import mnist
from benchmarks.side_by_side import Settings, chosen

BATCH, VALIDATION, EPOCHS = 128, 0.1, 15
TRIED = 20 * BATCH
"""Images of the epochs by which the fastest form is found."""
CLASSES = 10
Curve: TypeAlias = list[dict[str, float]]
"""After each epoch: the seconds of training steps so far, and the accuracy on the test images."""


def train(
    seed: int, data_dir: str | None, forms: list[Settings], epochs: int = EPOCHS
) -> dict[str, Any]:
    """The curve of one training in the fastest of the forms, which is found before it is timed.

    A form holds arguments of `compiled`; an empty one is the example as it is written.
    """
    pixels, labels = mnist(data_dir)
    x, y = prepared(pixels, labels)

    def attempts(**form: Any) -> Iterator[int]:
        model = compiled(**form)
        while True:
            model.fit(x[:TRIED], y[:TRIED], batch_size=BATCH, verbose=0)
            yield TRIED

    form = chosen(attempts, forms)
    keras.utils.set_random_seed(seed)
    model = compiled(**form)
    clock = Clock(*prepared(*mnist(data_dir, "test")))
    model.fit(
        x,
        y,
        batch_size=BATCH,
        epochs=epochs,
        validation_split=VALIDATION,
        verbose=0 if form else "auto",
        callbacks=[clock],
    )
    return {"form": form, "curve": clock.curve}


class Clock(keras.callbacks.Callback):  # type: ignore[misc] # keras has no annotations
    """Counts what passes from the beginning of an epoch to that of its validation."""

    def __init__(self, x: NDArray[np.float32], y: NDArray[np.float32]) -> None:
        super().__init__()
        self.x, self.labels = x, y.argmax(axis=1)
        self.seconds = self.started = 0.0
        self.curve: Curve = []

    def on_epoch_begin(self, epoch: int, logs: object = None) -> None:
        """Start."""
        self.started = time.perf_counter()

    def on_test_begin(self, logs: object = None) -> None:
        """Stop: the validation is not counted."""
        self.seconds += time.perf_counter() - self.started

    def on_epoch_end(self, epoch: int, logs: object = None) -> None:
        """Measure the test images, which is not counted either."""
        answers = np.asarray(self.model.predict(self.x, verbose=0)).argmax(axis=1)
        accuracy = float((answers == self.labels).mean())
        self.curve.append({"seconds": self.seconds, "accuracy": accuracy})


def prepared(
    pixels: NDArray[np.uint8], labels: NDArray[np.int64]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Images (N, 28, 28, 1) from 0 to 1, and one-hot labels (N, 10)."""
    x = np.moveaxis(pixels, 1, -1).astype(np.float32) / np.float32(255)
    return x, np.asarray(keras.utils.to_categorical(labels, CLASSES), np.float32)


def compiled(precision: str = "float32", **compilation: bool | int) -> keras.Model:
    """The network, ready to be trained."""
    keras.config.set_dtype_policy("mixed_bfloat16" if precision == "bfloat16" else "float32")
    model = keras.Sequential([keras.Input((28, 28, 1))])
    for maps in (32, 64):
        model.add(layers.Conv2D(maps, (3, 3), activation="relu"))
        model.add(layers.MaxPooling2D((2, 2)))
    model.add(layers.Flatten())
    model.add(layers.Dropout(0.5))
    model.add(layers.Dense(CLASSES, activation="softmax", dtype="float32"))
    model.compile(
        optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"], **compilation
    )
    return model
