"""The pictures of the network by hand: its document's curves and five random images."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from noonbit.course.byhand import Epoch, Examples
from noonbit.data.contact_sheet import draw_grid, write_png
from noonbit.errors import ArtefactError
from noonbit.system.files import explain_write_error, write

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PICTURE_SEED = 147197952744
"""Draws the five training images that the document shows."""


def draw_curves(history: Sequence[Epoch]) -> "Figure":
    """Draw the document's two plots: error and accuracy of the training set and the test set."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    figure = Figure(figsize=(10, 4), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    for axes, title, errors, accuracies in (
        (
            left,
            "Training set (with dropout)",
            [epoch.train_error for epoch in history],
            [epoch.train_accuracy for epoch in history],
        ),
        (
            right,
            "Test set",
            [epoch.test_error for epoch in history],
            [epoch.test_accuracy for epoch in history],
        ),
    ):
        axes.plot(errors, marker=".", label="squared error")
        axes.plot(accuracies, marker=".", label="accuracy")
        axes.set(title=title, xlabel="epoch")
        axes.set_ylim(bottom=0)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.grid(alpha=0.3)
        axes.legend()
    return figure


def draw_random_items(items: int, *, count: int = 5) -> NDArray[np.int64]:
    """Draw item numbers below `items`, each time the same ones: the document's of 60,000."""
    random = np.random.default_rng(PICTURE_SEED)
    return random.choice(items, size=min(count, items), replace=False)


def draw_random_images(examples: Examples) -> Image.Image:
    """Draw five images of a set, those of `draw_random_items`, with their classes as titles."""
    chosen = draw_random_items(len(examples.images))
    titles = [examples.class_names[label] for label in examples.labels[chosen]]
    return draw_grid(examples.images[chosen], titles, columns=len(chosen))


def write_pictures(folder: Path, history: Sequence[Epoch], training: Examples) -> list[Path]:
    """Write the curves and five images into `folder`, and return the paths.

    Raises `ArtefactError` if the folder cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ArtefactError(explain_write_error(folder, error)) from None
    curves, images = folder / "byhand-curves.png", folder / "byhand-images.png"
    figure, sheet = draw_curves(history), draw_random_images(training)
    write(curves, lambda temporary: figure.savefig(temporary, format="png", dpi=120))
    write_png(images, sheet)
    return [curves, images]
