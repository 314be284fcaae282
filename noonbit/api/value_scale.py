"""The scale of the numbers that an estimator was trained on.

    scale = ValueScale.of(training_rows)
    rows = scale.convert(rows)        rescaled where that is certain, or ValueError

A network that was trained on 0 to 255 answers at chance when it is asked in 0 to 1. Rows of another
usual form of the same pictures are rescaled; any others of another scale are refused.
"""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from noonbit.data.preprocess.pixels import BYTES, ValueRange
from noonbit.data.readers.bit_depth import white_level_of

UNIT: ValueRange = (0.0, 1.0)
FOUR_BITS = 16
"""White of scikit-learn's digits. Whole numbers up to it may be those, or nearly black bytes."""
MOST_FAR_OUT = 0.05
"""The share of values further outside the training range than half its width; with more of them, X
is of another scale. What is black, in training or in its own row, counts in the share only where it
lies outside. A scaler makes a few such values of features that hardly vary in training."""
RARE = 0.01
"""The share of training rows that may be darker or lighter than those X is compared with."""
LEAST_CONTRAST = 1 / 3
"""The share of the usual distance from black, or from white, that most rows of X have to reach."""
FEWEST_FEATURES = 16
"""In a row of fewer numbers, the largest says nothing about the scale."""


@dataclass(frozen=True)
class ValueScale:
    """What the values of the training rows have in common."""

    value_range: ValueRange
    """The numbers that become 0 and 255."""
    brightest: float
    """A level that nearly every training row reaches at its brightest."""
    darkest: float
    """A level that nearly every training row is below at its darkest."""
    every_row_is_negative_somewhere: bool

    @classmethod
    def of(cls, rows: NDArray[Any]) -> Self:
        """Measure training rows (n, features)."""
        low, high = learn_range(rows)
        least, most = (each.astype(np.float64) for each in (rows.min(axis=1), rows.max(axis=1)))
        varies = least < most
        if not varies.any():
            return cls((low, high), low, high, False)
        return cls(
            (low, high),
            brightest=float(np.quantile(most[varies], RARE)),
            darkest=float(np.quantile(least[varies], 1 - RARE)),
            every_row_is_negative_somewhere=bool(least.max() < 0),
        )

    def convert(self, rows: NDArray[Any]) -> NDArray[Any]:
        """Bring rows (n, features) to the scale of the training rows.

        To a classifier of bytes, unit floats are another form of them, and to one of unit floats
        bytes are, as in `Run.predict`. Constant rows look alike in every scale. Raises `ValueError`
        for rows of another scale.
        """
        rescaled = self._rescale(rows)
        if self._is_of_another_scale(rescaled):
            low, high = self.value_range
            raise ValueError(
                f"X holds values from {float(rows.min()):g} to {float(rows.max()):g}, but this "
                f"classifier was trained on {low:g} to {high:g}. Bring X to the scale of the "
                "training data."
            )
        return rescaled

    def _rescale(self, rows: NDArray[Any]) -> NDArray[Any]:
        if self.value_range == BYTES and rows.dtype.kind == "f":
            is_unit = (rows.min(axis=1) >= 0) & (rows.max(axis=1) <= 1)
            return np.where(is_unit[:, None], rows * 255, rows)
        is_whole = rows.dtype.kind in "iu"
        if self.value_range == UNIT and is_whole and rows.min() >= 0 and is_bytes(rows.max()):
            return rows / 255
        return rows

    def _is_of_another_scale(self, rows: NDArray[Any]) -> bool:
        low, high = self.value_range
        slack = (high - low) / 2
        least, most = rows.min(axis=1), rows.max(axis=1)
        is_outside = (rows < low - slack) | (rows > high + slack)
        is_image = rows.shape[1] >= FEWEST_FEATURES
        counted = ((rows != low) & (rows != least[:, None])).sum() if is_image else rows.size
        if is_outside.sum() > MOST_FAR_OUT * counted:
            return True
        varies = least < most
        if not is_image or not varies.any():
            return False
        if rows.dtype == np.uint8 and self.value_range == BYTES and most.max() > FOUR_BITS:
            return False  # the type says what the numbers mean, however dark the pictures are
        is_dark = most[varies] - low < LEAST_CONTRAST * (self.brightest - low)
        is_light = high - least[varies] < LEAST_CONTRAST * (high - self.darkest)
        lacks_negatives = self.every_row_is_negative_somewhere and bool(least.min() >= 0)
        return lacks_negatives or is_dark.mean() > 0.5 or is_light.mean() > 0.5


def is_bytes(highest: float) -> bool:
    """Whether whole numbers with this maximum are bytes, and nothing that stops before them."""
    return FOUR_BITS < highest <= 255


def learn_range(rows: NDArray[Any]) -> ValueRange:
    """Return the numbers that become 0 and 255, from the training rows."""
    low, high = float(rows.min()), float(rows.max())
    if rows.dtype == np.uint8:
        return 0.0, white_level_of(high)
    if low >= 0 and high <= 1:
        return UNIT
    # Constant images are grey without contrast; a range needs two ends all the same.
    return (low, high) if low < high else (low, low + max(1.0, abs(low)))
