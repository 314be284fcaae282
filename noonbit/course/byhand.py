"""A network written by hand in NumPy: each of its numbers can be printed and followed.

    784 pixels -- first --> 100 hidden units -- second --> 10 outputs
                            ReLU, dropout                  squared error

    training, test = (part.first(ITEMS) for part in open_examples("mnist"))
    network = Network(training.pixels.shape[1], len(training.class_names))
    for epoch in network.train(training, test):
        print(*epoch.printed())

No biases, float64, plain gradient descent, the first 1,000 training and 1,000 test images. With the
defaults it reproduces a documented table, `DOCUMENTED`, to the last digit.

The document's backward pass differs from the derivative of its error in two places, see
`documented_slope`; `exact_slope` is the derivative, and learns more. `noonbit gradcheck byhand`
finds the difference.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from noonbit.config.recipe import Recipe
from noonbit.data import open_data
from noonbit.data.dataset import require_pictures
from noonbit.data.mapped import require_memory
from noonbit.data.prepared import prepare
from noonbit.data.preprocess.registry import fit_preprocessor
from noonbit.data.split import Holdout
from noonbit.errors import TrainingDiverged

SEED = 884736743
ITEMS = 1000
"""Training images, and as many test images: the first of each."""
HIDDEN_UNITS = 100
LEARNING_RATE = 0.005
EPOCHS = 20
WEIGHT_COPIES = 3
"""The weights, their gradients, and the step."""
MOST_ERROR = 10.0
"""Training stops as diverged at this sum of errors; an output of zeros has the error 1."""

DOCUMENTED = tuple(
    tuple(line.split())
    for line in """
    0.898 0.397 0.680 0.582
    0.656 0.633 0.606 0.641
    0.591 0.68  0.569 0.679
    0.556 0.7   0.540 0.708
    0.534 0.732 0.525 0.729
    0.515 0.715 0.500 0.739
    0.495 0.748 0.487 0.753
    0.483 0.769 0.486 0.747
    0.473 0.776 0.472 0.752
    0.459 0.788 0.462 0.762
    0.464 0.769 0.462 0.767
    0.442 0.801 0.455 0.775
    0.448 0.795 0.454 0.772
    0.438 0.787 0.452 0.778
    0.445 0.791 0.449 0.779
    0.440 0.788 0.451 0.772
    0.437 0.786 0.452 0.772
    0.436 0.794 0.449 0.778
    0.433 0.801 0.449 0.774
    0.429 0.785 0.436 0.784
    """.strip().splitlines()
)
"""Training error and accuracy, test error and accuracy of each epoch on MNIST, as printed."""

Array: TypeAlias = NDArray[np.float64]
Mask: TypeAlias = NDArray[np.int64]
"""1 where dropout keeps a hidden unit, 0 where it drops it."""


@dataclass(frozen=True)
class Examples:
    """Grey images with their classes."""

    images: NDArray[np.uint8]
    """(N, 1, height, width)."""
    labels: NDArray[np.unsignedinteger]
    """(N,), indices into `class_names`; uint8 up to 256 classes, as in the files of MNIST."""
    class_names: tuple[str, ...]

    def first(self, count: int) -> "Examples":
        """Return the first so many, or all if there are fewer."""
        return Examples(self.images[:count], self.labels[:count], self.class_names)

    @property
    def pixels(self) -> Array:
        """(N, height x width), values from 0 to 1."""
        return self.images.reshape(len(self.images), -1) / 255

    @property
    def targets(self) -> Array:
        """One-hot: (N, classes), 1 for the image's class and 0 for the others."""
        targets = np.zeros((len(self.labels), len(self.class_names)))
        targets[np.arange(len(targets)), self.labels] = 1
        return targets


def open_examples(source: str | Path, *, data_dir: Path | None = None) -> tuple[Examples, Examples]:
    """Open the training and test images of any source, in grey.

    If a source has no test images, some of the training images are held out. Raises what
    `open_data` raises.
    """
    data = open_data(source, data_dir=data_dir)
    require_pictures(data, "The network by hand")
    preprocessor, _ = fit_preprocessor(data, Recipe(channels=1))
    items = prepare(data, preprocessor, holdout=Holdout(size=0), on_bad="fail")
    labels = items.labels.astype(np.min_scalar_type(len(data.class_names) - 1))
    training, test = (
        Examples(items.values[chosen], labels[chosen], data.class_names)
        for chosen in (items.split.train, items.split.test)
    )
    return training, test


def list_arrays(training: Examples, test: Examples, *, items: int) -> list[tuple[str, str, str]]:
    """Return name, shape and dtype of the arrays, as they are and as the network takes them."""
    arrays: dict[str, NDArray[np.generic]] = {}
    for name, part in (("training", training), ("test", test)):
        arrays[f"{name} images"] = part.images.reshape(len(part.images), -1)
        arrays[f"{name} labels"] = part.labels
    for name, part in (("training", training.first(items)), ("test", test.first(items))):
        arrays[f"{name} images / 255"] = part.pixels
        arrays[f"{name} labels, one-hot"] = part.targets
    return [(name, str(array.shape), str(array.dtype)) for name, array in arrays.items()]


@dataclass(frozen=True, slots=True)
class Signals:
    """The results of a forward pass, for one image or with a row per image."""

    summed: Array
    """(..., hidden units): their inputs, before ReLU."""
    hidden: Array
    """(..., hidden units): their outputs, after ReLU and dropout."""
    output: Array
    """(..., classes)."""


Slope: TypeAlias = Callable[[Signals, Mask], Array]
"""Signals and mask -> (..., hidden units): the derivative of a unit's output by its input."""


def documented_slope(signals: Signals, mask: Mask) -> Array:
    """Return 1 for every unit that dropout kept, as the document does.

    The document tests whether ReLU's output is at least 0, which it always is, so units that ReLU
    set to 0 learn too; and it ignores that the forward pass doubled the units that were kept.
    """
    slope: Array = (signals.hidden >= 0) * (1.0 * mask)
    return slope


def exact_slope(signals: Signals, mask: Mask) -> Array:
    """Return the derivative: 2 for a unit that dropout kept and ReLU let pass, else 0."""
    slope: Array = (signals.summed > 0) * (2.0 * mask)
    return slope


def relu(summed: Array) -> Array:
    """Return max(0, x) for each number."""
    return (summed >= 0) * summed


@dataclass(frozen=True, slots=True)
class Epoch:
    """One line of the table. Errors are the squared error, averaged over the images."""

    train_error: float
    """Measured with dropout, on each image before the network learned from it."""
    train_accuracy: float
    test_error: float
    test_accuracy: float

    def printed(self) -> tuple[str, str, str, str]:
        """Format the figures as the document does: errors cut, not rounded, to three decimals."""
        return (
            cut(self.train_error),
            str(round(self.train_accuracy, 4)),
            cut(self.test_error),
            str(round(self.test_accuracy, 4)),
        )


def cut(error: float) -> str:
    """Format an error with three decimals, without rounding."""
    return f"{error:.12f}"[:-9]


def first_difference(history: Sequence[Epoch]) -> int | None:
    """Return the first epoch, from 0, whose line is not the document's; None if all lines are."""
    lines = (epoch.printed() for epoch in history)
    pairs = enumerate(zip(lines, DOCUMENTED, strict=False))
    return next((number for number, (own, documented) in pairs if own != documented), None)


class Network:
    """Two layers of weights without biases, trained by gradient descent."""

    def __init__(
        self,
        pixels: int,
        classes: int,
        *,
        hidden_units: int = HIDDEN_UNITS,
        learning_rate: float = LEARNING_RATE,
        seed: int = SEED,
        slope: Slope = documented_slope,
    ) -> None:
        require_memory(
            WEIGHT_COPIES * 8 * (pixels + classes) * hidden_units,
            f"Weights and gradients of {hidden_units:,} hidden units",
            "Choose fewer --hidden-units.",
        )
        self.random = np.random.default_rng(seed)
        self.first = 0.2 * self.random.random((pixels, hidden_units)) - 0.1
        self.second = 0.2 * self.random.random((hidden_units, classes)) - 0.1
        self.learning_rate = learning_rate
        self.slope = slope

    @property
    def hidden_units(self) -> int:
        """How many units lie between pixels and outputs."""
        return len(self.second)

    def draw_mask(self, *shape: int) -> Mask:
        """Draw a dropout mask that keeps each hidden unit with probability one half."""
        return self.random.integers(low=0, high=2, size=shape)

    def forward(self, pixels: Array, mask: Mask | None = None) -> Signals:
        """Run one image (784,) or several (N, 784). Without a mask, every unit is kept."""
        summed = pixels @ self.first
        hidden = relu(summed)
        if mask is not None:
            hidden = hidden * mask * 2  # doubled, so that the sum stays the same on average
        return Signals(summed, hidden, hidden @ self.second)

    def backward(self, signals: Signals, targets: Array, mask: Mask) -> tuple[Array, Array]:
        """Return the negative gradients by the hidden units' inputs (..., hidden units)
        and by the outputs (..., classes).

        For the outputs that is target minus output, from half the squared error; for the hidden
        units it is that of the outputs, backpropagated through `second`, times the slope.
        """
        output = targets - signals.output
        hidden = (output @ self.second.T) * self.slope(signals, mask)
        return hidden, output

    def update(self, image: Array, signals: Signals, hidden: Array, output: Array) -> None:
        """Take a step for one image (784,), along what `backward` returned."""
        # The gradient of a weight has its input as a factor, so the weights of black pixels,
        # four of five in a digit, do not change and are skipped.
        lit = np.flatnonzero(image)
        self.first[lit] += np.outer(self.learning_rate * image[lit], hidden)
        self.second += np.outer(self.learning_rate * signals.hidden, output)

    def learn_one_by_one(self, pixels: Array, targets: Array) -> tuple[float, float]:
        """Run one epoch with a step after each image; return mean squared error and accuracy."""
        error, right = 0.0, 0
        for image, target in zip(pixels, targets, strict=True):
            mask = self.draw_mask(self.hidden_units)
            signals = self.forward(image, mask)
            hidden, output = self.backward(signals, target, mask)
            self.update(image, signals, hidden, output)
            error += np.sum(output**2)
            right += int(np.argmax(signals.output) == np.argmax(target))
        return error / len(pixels), right / len(pixels)

    def learn_in_batches(
        self, pixels: Array, targets: Array, batch_size: int
    ) -> tuple[float, float]:
        """Run one epoch with a step after each batch; return mean squared error and accuracy.

        A step sums the gradients of its images, so an epoch moves the weights about as far as
        `learn_one_by_one` does. Batches of 20 reach the same test accuracy in a quarter of the
        time.
        """
        error, right = 0.0, 0
        for start in range(0, len(pixels), batch_size):
            images, wanted = (each[start : start + batch_size] for each in (pixels, targets))
            mask = self.draw_mask(len(images), self.hidden_units)
            signals = self.forward(images, mask)
            hidden, output = self.backward(signals, wanted, mask)
            self.first += images.T @ (self.learning_rate * hidden)
            self.second += signals.hidden.T @ (self.learning_rate * output)
            error += np.sum(output**2)
            right += int(np.sum(signals.output.argmax(axis=1) == wanted.argmax(axis=1)))
        return error / len(pixels), right / len(pixels)

    def measure(self, pixels: Array, targets: Array) -> tuple[float, float]:
        """Return mean squared error and accuracy without dropout."""
        output = self.forward(pixels).output
        right = output.argmax(axis=1) == targets.argmax(axis=1)
        return float(np.sum((targets - output) ** 2)) / len(pixels), float(right.mean())

    def train(
        self,
        training: Examples,
        test: Examples,
        *,
        epochs: int = EPOCHS,
        batch_size: int | None = None,
    ) -> Iterator[Epoch]:
        """Train, and yield each epoch's line when it is done.

        Without a batch size, each image is a step. Raises `TrainingDiverged` if the steps are too
        large.
        """
        learned, unseen = ((each.pixels, each.targets) for each in (training, test))
        for number in range(epochs):
            with np.errstate(over="ignore", invalid="ignore"):
                if batch_size is None:
                    before = self.learn_one_by_one(*learned)
                else:
                    before = self.learn_in_batches(*learned, batch_size)
                epoch = Epoch(*before, *self.measure(*unseen))
            if not epoch.train_error + epoch.test_error < MOST_ERROR:
                raise TrainingDiverged(
                    f"The error became {epoch.test_error:.2g} in epoch {number}: the steps are "
                    "too large. Choose a smaller learning rate or a smaller batch, whose images a "
                    "step adds up."
                )
            yield epoch
