"""ZCA whitening: every direction in which images vary gets the same spread, and they stay images.

With the singular value decomposition of n centred images of d values, X' = U S V', an image is
multiplied by U diag(sqrt(n) / (s + epsilon)) U' (Bell and Sejnowski, 1997). That matrix has d x d
entries: for 227x227x3, Keras's takes 191 GB. So `whitening` departs from Keras:

- it decomposes the smaller product of X with itself, n x n or d x d, in float64, which is more
  exact than float32 singular values of X and takes a part of their time and memory;
- with fewer images than values it keeps the n directions, and never makes the d x d matrix;
- it leaves out directions in which the images do not vary. Keras multiplies those by
  sqrt(n) / epsilon: a pixel that was black in all of them blows up in the first image that has it.
"""

from dataclasses import dataclass

import numpy as np
import scipy.linalg

from noonbit.augment.keras.settings import Floats
from noonbit.errors import UsageError, plural
from noonbit.system.hardware import available_memory_bytes

BLOCK = 1024
"""Rows or columns that are float64 at a time."""


@dataclass(frozen=True, slots=True)
class Whitening:
    """What images are multiplied by: one d x d matrix, or two thin ones that multiply to it."""

    factors: tuple[Floats, ...]

    def apply(self, flat: Floats) -> Floats:
        """Images as rows (B, d), whitened."""
        for factor in self.factors:
            flat = flat @ factor
        return flat

    def matrix(self) -> Floats:
        """The whole of it, (d, d)."""
        matrix = self.factors[0]
        for factor in self.factors[1:]:
            matrix = matrix @ factor
        return matrix


def whitening(flat: Floats, *, epsilon: float) -> Whitening:
    """The whitening of centred images as rows (n, d), in their dtype."""
    count, values = flat.shape
    thin = count < values
    products = np.zeros((min(flat.shape),) * 2)
    across = flat.T if thin else flat
    for start in range(0, len(across), BLOCK):
        block = across[start : start + BLOCK].astype(np.float64)
        products += block.T @ block
    squares, vectors = scipy.linalg.eigh(products, overwrite_a=True, check_finite=False)
    # Below this, a square of a singular value is rounding (as in numpy.linalg.matrix_rank).
    varies = squares > squares[-1] * max(flat.shape) * np.finfo(np.float64).eps
    singular, vectors = np.sqrt(squares[varies]), vectors[:, varies]
    scales = np.sqrt(count) / (singular + epsilon)
    # U diag(scales) U' is R R' with R = U diag(sqrt(scales)); X' V = U S gives U where n < d.
    vectors *= np.sqrt(scales) / (singular if thin else 1)
    if not thin:
        return Whitening(((vectors @ vectors.T).astype(flat.dtype),))
    root = np.empty((values, vectors.shape[1]), flat.dtype)
    for start in range(0, values, BLOCK):
        root[start : start + BLOCK] = flat[:, start : start + BLOCK].T.astype(np.float64) @ vectors
    return Whitening((root, root.T))


def whitening_as_keras(flat: Floats, *, epsilon: float) -> Whitening:
    """The same as Keras computes it."""
    directions, singular, _ = np.linalg.svd(flat.T, full_matrices=False)
    scales = np.sqrt(len(flat)) / (singular + epsilon)
    return Whitening((np.dot(directions * scales, directions.T),))


def forecast_bytes(count: int, values: int, *, itemsize: int, as_keras: bool) -> int:
    """The most memory that whitening takes at once beside the images as they came."""
    fewer = min(count, values)
    images = count * values * itemsize
    if as_keras:
        # Its scales are float64, so its matrix is, whatever the images are.
        decomposition = (fewer * (values + count) + 4 * fewer**2) * itemsize
        return 2 * images + decomposition + (2 * fewer * values + values**2) * 8
    # LAPACK's divide and conquer wants twice the products as room to work in, all of it float64.
    decomposition = 3 * fewer**2 * 8
    block = 2 * min(BLOCK, max(count, values)) * fewer * 8
    return images + decomposition + block + (fewer * values * itemsize if count < values else 0)


def refuse_too_large(count: int, shape: tuple[int, ...], *, itemsize: int, as_keras: bool) -> None:
    """Raise `UsageError` where whitening would take more memory than the machine has left."""
    values = int(np.prod(shape))
    needed = forecast_bytes(count, values, itemsize=itemsize, as_keras=as_keras)
    available = available_memory_bytes()
    if available is None or needed <= available:
        return
    size = "x".join(map(str, shape))
    remedy = "Use smaller images, or leave zca_whitening out."
    if as_keras and forecast_bytes(count, values, itemsize=itemsize, as_keras=False) <= available:
        remedy = "Leave compat out: noonbit's own way needs less with so few images."
    elif not as_keras:
        remedy = "Use smaller images, fit fewer of them, or leave zca_whitening out."
    raise UsageError(
        f"zca_whitening of {plural(count, 'image')} of {size} would take {needed / 1e9:,.0f} GB of "
        f"memory, and {available / 1e9:,.0f} GB are available. {remedy}"
    )
