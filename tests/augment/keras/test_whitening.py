"""ZCA whitening against a direct singular value decomposition, and its memory."""

import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from noonbit import ImageDataGenerator
from noonbit.augment.keras import whitening as module
from noonbit.augment.keras.whitening import (
    compute_whitening,
    compute_whitening_as_keras,
    forecast_bytes,
    refuse_too_large,
)
from noonbit.errors import UsageError
from noonbit.system import hardware

FEW, MANY = (20, 48), (300, 48)
"""Fewer images than values, and more: (n, d)."""


def rows(shape: tuple[int, int]) -> np.ndarray:
    """Correlated values, centred; float64."""
    generator = np.random.default_rng(0)
    mixed = generator.normal(size=shape) @ generator.normal(size=(shape[1], shape[1]))
    return mixed - mixed.mean()


def directly(flat: np.ndarray, epsilon: float) -> np.ndarray:
    directions, singular, _ = np.linalg.svd(flat.T, full_matrices=False)
    return (directions * (np.sqrt(len(flat)) / (singular + epsilon))) @ directions.T


@pytest.mark.parametrize("shape", [FEW, MANY])
@pytest.mark.parametrize("epsilon", [1e-6, 0.5])
def test_both_ways_equal_a_direct_decomposition(shape: tuple[int, int], epsilon: float) -> None:
    flat = rows(shape)
    expected = directly(flat, epsilon)
    for way in (compute_whitening, compute_whitening_as_keras):
        white = way(flat, epsilon=epsilon)
        assert np.allclose(white.matrix(), expected, rtol=1e-9, atol=1e-9 * np.abs(expected).max())
        assert np.allclose(white.apply(flat), flat @ expected, atol=1e-9)


@pytest.mark.parametrize("shape", [FEW, MANY])
def test_float32_images_lose_no_more_than_float32_can_hold(shape: tuple[int, int]) -> None:
    flat = rows(shape)
    white = compute_whitening(flat.astype(np.float32), epsilon=1e-6)
    assert all(factor.dtype == np.float32 for factor in white.factors)
    assert np.allclose(white.apply(flat.astype(np.float32)), flat @ directly(flat, 1e-6), atol=1e-3)


@pytest.mark.parametrize("block", [7, 1024])
def test_the_size_of_blocks_does_not_change_the_result(block: int) -> None:
    for shape in (FEW, MANY):
        flat = rows(shape)
        assert np.allclose(
            compute_whitening(flat, epsilon=1e-6, block=block).matrix(),
            directly(flat, 1e-6),
            atol=1e-9,
        )


def test_whitened_images_have_the_same_spread_in_every_direction() -> None:
    flat = rows(MANY)
    white = compute_whitening(flat, epsilon=1e-9).apply(flat)
    assert np.allclose(white.T @ white / len(white), np.eye(48), atol=1e-6)


@pytest.mark.parametrize("shape", [FEW, MANY])
def test_a_pixel_that_never_varied_is_left_out_where_keras_blows_it_up(
    shape: tuple[int, int],
) -> None:
    flat = rows(shape)
    flat[:, 5] = 0
    stained = np.zeros((1, shape[1]))
    stained[0, 5] = 1
    assert np.abs(compute_whitening(flat, epsilon=1e-6).apply(stained)).max() < 1e-6
    if shape == MANY:
        assert np.abs(compute_whitening_as_keras(flat, epsilon=1e-6).apply(stained)).max() > 1e6


def test_few_images_never_make_the_square_matrix() -> None:
    white = compute_whitening(rows(FEW), epsilon=1e-6)
    assert [factor.shape for factor in white.factors] == [(48, 20), (20, 48)]
    assert np.shares_memory(*white.factors)


@pytest.mark.parametrize(
    ("count", "shape"), [(1500, (12, 12, 3)), (500, (40, 40, 1)), (60, (80, 80, 1))]
)
def test_the_forecast_is_what_it_takes(count: int, shape: tuple[int, int, int]) -> None:
    images = np.random.default_rng(0).integers(0, 256, (count, *shape), dtype=np.uint8)
    values = int(np.prod(shape))
    for compat in (None, "keras"):
        generator = ImageDataGenerator(zca_whitening=True, compat=compat)  # type: ignore[arg-type]
        tracemalloc.start()
        generator.fit(images)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        forecast = forecast_bytes(count, values, itemsize=4, as_keras=compat is not None)
        assert 0.9 * peak < forecast < 1.6 * peak, (compat, peak, forecast)


def test_kerass_way_of_227x227x3_is_refused_with_the_memory_it_would_take(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "available_memory_bytes", lambda: 16 * 10**9)
    images = np.zeros((40, 227, 227, 3), np.uint8)
    with pytest.raises(UsageError) as caught:
        ImageDataGenerator(zca_whitening=True, compat="keras").fit(images)
    assert str(caught.value) == (
        "zca_whitening of 40 images of 227x227x3 would take 191 GB of memory, and 16 GB are "
        "available. Leave compat out: noonbit's own way needs less with so few images."
    )
    with pytest.raises(UsageError, match="of 30,000 images of 227x227x3 would take 59 GB"):
        refuse_too_large(30_000, (227, 227, 3), itemsize=4, as_keras=False)
    refuse_too_large(2_000, (227, 227, 3), itemsize=4, as_keras=False)
    with pytest.raises(UsageError, match="Use smaller images, or leave zca_whitening out"):
        refuse_too_large(200_000, (227, 227, 3), itemsize=4, as_keras=True)


def test_nothing_is_refused_where_the_system_does_not_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hardware, "MEMORY_INFO", tmp_path / "nothing")
    refuse_too_large(10**6, (227, 227, 3), itemsize=4, as_keras=True)


def test_generators_whiten_what_they_feed() -> None:
    images = np.random.default_rng(0).integers(0, 256, (200, 5, 4, 1), dtype=np.uint8)
    generator = ImageDataGenerator(zca_whitening=True, rescale=1 / 255)
    assert generator.zca_whitening_matrix is None
    generator.fit(images)
    flat = next(generator.flow(images, batch_size=200)).reshape(200, 20)
    assert np.allclose(flat.T @ flat / 200, np.eye(20), atol=1e-3)
    matrix = generator.zca_whitening_matrix
    assert matrix is not None and matrix.shape == (20, 20)
