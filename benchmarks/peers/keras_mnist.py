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
from benchmarks.record import precisions
from benchmarks.side_by_side import Settings, chosen

BATCH, VALIDATION, EPOCHS = 128, 0.1, 15
STEPS = 20
"""Of an execution, at its best."""
TRIED = 20 * BATCH
"""Images of the epochs by which the best form is found."""
CLASSES = 10
Curve: TypeAlias = list[dict[str, float]]
"""After each epoch: the seconds of training steps so far, and the accuracy on the test images."""


def train_as_written(seed: int, data_dir: str | None, epochs: int = EPOCHS) -> dict[str, Any]:
    """The curve of one training."""
    return {"form": {}, "curve": trained(seed, data_dir, epochs, "float32", {}, verbose="auto")}


def train_at_best(seed: int, data_dir: str | None, epochs: int = EPOCHS) -> dict[str, Any]:
    """The curve of one training with what makes the steps fastest here; finding that is free."""
    pixels, labels = mnist(data_dir)
    x, y = prepared(pixels[:TRIED], labels[:TRIED])

    def attempts(precision: str, **compilation: Any) -> Iterator[int]:
        model = compiled(precision, compilation)
        while True:
            model.fit(x, y, batch_size=BATCH, verbose=0)
            yield len(x)

    form = chosen(
        attempts,
        [
            {"precision": precision, "jit_compile": jit, "steps_per_execution": STEPS}
            for precision in precisions()
            for jit in (False, True)
        ],
    )
    compilation = {name: value for name, value in form.items() if name != "precision"}
    curve = trained(seed, data_dir, epochs, form["precision"], compilation, verbose=0)
    return {"form": form, "curve": curve}


def trained(
    seed: int,
    data_dir: str | None,
    epochs: int,
    precision: str,
    compilation: Settings,
    verbose: str | int,
) -> Curve:
    """Train once; neither validation nor the test after every epoch is counted."""
    keras.utils.set_random_seed(seed)
    x, y = prepared(*mnist(data_dir))
    test_x, test_y = prepared(*mnist(data_dir, "test"))
    model = compiled(precision, compilation)
    curve: Curve = []

    class Clock(keras.callbacks.Callback):  # type: ignore[misc] # keras has no annotations
        """Counts what passes from the beginning of an epoch to that of its validation."""

        def __init__(self) -> None:
            super().__init__()
            self.seconds = self.started = 0.0

        def on_epoch_begin(self, epoch: int, logs: object = None) -> None:
            self.started = time.perf_counter()

        def on_test_begin(self, logs: object = None) -> None:
            self.seconds += time.perf_counter() - self.started

        def on_epoch_end(self, epoch: int, logs: object = None) -> None:
            answers = np.asarray(self.model.predict(test_x, verbose=0)).argmax(axis=1)
            accuracy = float((answers == test_y.argmax(axis=1)).mean())
            curve.append({"seconds": self.seconds, "accuracy": accuracy})

    model.fit(
        x,
        y,
        batch_size=BATCH,
        epochs=epochs,
        validation_split=VALIDATION,
        verbose=verbose,
        callbacks=[Clock()],
    )
    return curve


def prepared(
    pixels: NDArray[np.uint8], labels: NDArray[np.int64]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Images (N, 28, 28, 1) from 0 to 1, and one-hot labels (N, 10)."""
    x = np.moveaxis(pixels, 1, -1).astype(np.float32) / np.float32(255)
    return x, np.asarray(keras.utils.to_categorical(labels, CLASSES), np.float32)


def compiled(precision: str, compilation: Settings) -> keras.Model:
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
