"""ZCA whitening: images vary equally in all directions afterwards, and still look like images.

With the singular value decomposition of n centred images of d values, X' = U S V', an image is
multiplied by U diag(sqrt(n) / (s + epsilon)) U' (Bell and Sejnowski, 1997). That matrix has d x d
entries: for 227x227x3, Keras takes 191 GB. So `compute_whitening` departs from Keras:

- it decomposes the smaller of the products X X' and X' X, n x n or d x d, in float64: more exact
  than a float32 singular value decomposition of X, and cheaper in time and memory;
- with fewer images than values, it keeps only the n directions and never forms the d x d matrix;
- it drops directions in which the images do not vary. Keras multiplies those by sqrt(n) / epsilon,
  so a pixel that was black in all fitted images blows up in the first image where it is not.
"""

from dataclasses import dataclass

import numpy as np
import scipy.linalg

from noonbit.augment.keras.settings import Floats
from noonbit.errors import UsageError, plural
from noonbit.system.hardware import available_memory_bytes

BLOCK = 1024
"""Rows or columns that are converted to float64 at a time."""


@dataclass(frozen=True, slots=True)
class Whitening:
    """The whitening matrix: one d x d factor, or two thin factors whose product it is."""

    factors: tuple[Floats, ...]

    def apply(self, flat: Floats) -> Floats:
        """Whiten images given as rows (B, d)."""
        for factor in self.factors:
            flat = flat @ factor
        return flat

    def matrix(self) -> Floats:
        """Return the full matrix (d, d)."""
        matrix = self.factors[0]
        for factor in self.factors[1:]:
            matrix = matrix @ factor
        return matrix


def compute_whitening(flat: Floats, *, epsilon: float, block: int = BLOCK) -> Whitening:
    """Compute the whitening of centred images, given as rows (n, d), in their dtype.

    `block` rows or columns are converted to float64 at a time.
    """
    count, values = flat.shape
    thin = count < values
    products = np.zeros((min(flat.shape),) * 2)
    across = flat.T if thin else flat
    for start in range(0, len(across), block):
        part = across[start : start + block].astype(np.float64)
        products += part.T @ part
    squares, vectors = scipy.linalg.eigh(products, overwrite_a=True, check_finite=False)
    # Smaller squares of singular values are rounding errors (as in numpy.linalg.matrix_rank).
    varies = squares > squares[-1] * max(flat.shape) * np.finfo(np.float64).eps
    singular, vectors = np.sqrt(squares[varies]), vectors[:, varies]
    scales = np.sqrt(count) / (singular + epsilon)
    # U diag(scales) U' is R R' with R = U diag(sqrt(scales)); X' V = U S gives U where n < d.
    vectors *= np.sqrt(scales) / (singular if thin else 1)
    if not thin:
        return Whitening(((vectors @ vectors.T).astype(flat.dtype),))
    root = np.empty((values, vectors.shape[1]), flat.dtype)
    for start in range(0, values, block):
        root[start : start + block] = flat[:, start : start + block].T.astype(np.float64) @ vectors
    return Whitening((root, root.T))


def compute_whitening_as_keras(flat: Floats, *, epsilon: float) -> Whitening:
    """Compute the whitening as Keras does."""
    directions, singular, _ = np.linalg.svd(flat.T, full_matrices=False)
    scales = np.sqrt(len(flat)) / (singular + epsilon)
    return Whitening((np.dot(directions * scales, directions.T),))


def forecast_bytes(count: int, values: int, *, itemsize: int, as_keras: bool) -> int:
    """Estimate the peak memory of whitening, in bytes, beside the given images."""
    fewer = min(count, values)
    images = count * values * itemsize
    if as_keras:
        # Keras's scales are float64, and so is its matrix, for any dtype of the images.
        decomposition = (fewer * (values + count) + 4 * fewer**2) * itemsize
        return 2 * images + decomposition + (2 * fewer * values + values**2) * 8
    # LAPACK's divide and conquer needs a float64 workspace of twice the products.
    decomposition = 3 * fewer**2 * 8
    block = 2 * min(BLOCK, max(count, values)) * fewer * 8
    return images + decomposition + block + (fewer * values * itemsize if count < values else 0)


def refuse_too_large(count: int, shape: tuple[int, ...], *, itemsize: int, as_keras: bool) -> None:
    """Raise `UsageError` if whitening would take more memory than is available."""
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
