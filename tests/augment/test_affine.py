"""The affine interpolation gives the numbers of scipy, and its matrices are those of Keras."""

from typing import get_args

import numpy as np
import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import ndimage
from torch import Tensor

from noonbit.augment.affine import (
    SOURCE,
    FillMode,
    transform_matrices,
    warp,
    warp_bilinear,
    warp_by_operators,
)
from noonbit.system import cpp_extension

FILL_MODES = get_args(FillMode)
CVAL = 17.0

sizes = st.integers(1, 9)
eighths = st.integers(-80, 80).map(lambda number: number / 8)
"""Sums and products of these are exact in float32, so positions on a border stay on it."""


def noise(*shape: int, seed: int = 1) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return 255 * torch.rand(shape, generator=generator, dtype=torch.float64)


def by_scipy(images: Tensor, matrices: Tensor, fill_mode: str, order: int) -> NDArray[np.float64]:
    return np.stack(
        [
            np.stack(
                [
                    ndimage.affine_transform(
                        channel, matrix[:, :2], matrix[:, 2], order=order, mode=fill_mode, cval=CVAL
                    )
                    for channel in image
                ]
            )
            for image, matrix in zip(images.double().numpy(), matrices.numpy(), strict=True)
        ]
    )


@given(
    sizes, sizes, st.lists(st.tuples(*[eighths] * 6), min_size=1, max_size=3),
    st.sampled_from(FILL_MODES), st.sampled_from([0, 1]),
)  # fmt: skip
def test_every_fill_mode_and_order_is_scipys_also_on_the_border(
    height: int, width: int, entries: list[tuple[float, ...]], fill_mode: FillMode, order: int
) -> None:
    matrices = torch.tensor(entries, dtype=torch.float64).view(-1, 2, 3)
    images = noise(len(entries), 2, height, width)
    expected = by_scipy(images, matrices, fill_mode, order)
    warped = warp(images, matrices, fill_mode=fill_mode, cval=CVAL, order=order)
    assert warped.dtype == torch.float64
    assert np.abs(warped.numpy() - expected).max() < 1e-9


@given(st.tuples(*[st.floats(-3, 3)] * 6), st.sampled_from(FILL_MODES), st.sampled_from([0, 1]))
def test_any_matrix_gives_scipys_numbers(
    entries: tuple[float, ...], fill_mode: FillMode, order: int
) -> None:
    matrices = torch.tensor(entries, dtype=torch.float64).view(1, 2, 3)
    images = noise(1, 1, 6, 9)
    assume(not on_an_edge(matrices[0].numpy(), 6, 9))
    expected = by_scipy(images, matrices, fill_mode, order)
    warped = warp(images, matrices, fill_mode=fill_mode, cval=CVAL, order=order)
    assert np.abs(warped.numpy() - expected).max() < 1e-9


def on_an_edge(matrix: NDArray[np.float64], height: int, width: int) -> bool:
    """Tell whether a position is so near a jump that rounding decides its side."""
    places = np.einsum("ij,jrc->irc", matrix[:, :2], np.indices((height, width)))
    doubled = 2 * (places + matrix[:, 2, None, None])
    return bool((np.abs(doubled - doubled.round()) < 1e-9).any())


@pytest.mark.parametrize("order", [0, 1])
@pytest.mark.parametrize("fill_mode", FILL_MODES)
@pytest.mark.parametrize("dtype", [torch.uint8, torch.float32])
def test_bytes_and_32_bits_come_within_a_thousandth(
    dtype: torch.dtype, fill_mode: FillMode, order: int
) -> None:
    images = noise(20, 3, 32, 28).to(dtype)
    matrices = transform_matrices(**drawn(20), height=32, width=28)
    warped = warp(images, matrices, fill_mode=fill_mode, cval=CVAL, order=order)
    assert warped.dtype == torch.float32
    expected = by_scipy(images, matrices, fill_mode, order)
    far = np.abs(warped.numpy() - expected) > 0.255
    # Near a jump from one pixel to the next, float32 may round to the other side.
    assert far.mean() < 1e-4


def drawn(count: int) -> dict[str, Tensor]:
    """Sample transform parameters."""
    generator = torch.Generator().manual_seed(3)
    unit = torch.rand(6, count, generator=generator, dtype=torch.float64) * 2 - 1
    names = ("theta", "tx", "ty", "shear", "zx", "zy")
    reach = (40, 5, 5, 30, 0.3, 0.3)
    around = (0, 0, 0, 0, 1, 1)
    return {
        name: centre + far * row
        for name, centre, far, row in zip(names, around, reach, unit, strict=True)
    }


def kerass(
    *, theta: float, tx: float, ty: float, shear: float, zx: float, zy: float, h: int, w: int
) -> NDArray[np.float64]:
    """Compute the matrix step by step as in keras/src/legacy/preprocessing/image.py."""
    turn, slant = np.deg2rad(theta), np.deg2rad(shear)
    rotation = np.array(
        [[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1]]
    )
    shift = np.array([[1, 0, tx], [0, 1, ty], [0, 0, 1]])
    sheared = np.array([[1, -np.sin(slant), 0], [0, np.cos(slant), 0], [0, 0, 1]])
    zoom = np.array([[zx, 0, 0], [0, zy, 0], [0, 0, 1]])
    x, y = h / 2 - 0.5, w / 2 - 0.5
    offset = np.array([[1, 0, x], [0, 1, y], [0, 0, 1]])
    back = np.array([[1, 0, -x], [0, 1, -y], [0, 0, 1]])
    matrix = offset @ (rotation @ shift @ sheared @ zoom) @ back
    matrix[:, [0, 1]] = matrix[:, [1, 0]]
    matrix[[0, 1]] = matrix[[1, 0]]
    return matrix[:2]


@pytest.mark.parametrize(("height", "width"), [(28, 28), (6, 11)])
def test_matrices_are_those_of_keras(height: int, width: int) -> None:
    transforms = drawn(30)
    matrices = transform_matrices(**transforms, height=height, width=width)
    assert matrices.dtype == torch.float64
    for index, matrix in enumerate(matrices.numpy()):
        each = {name: float(values[index]) for name, values in transforms.items()}
        assert matrix == pytest.approx(kerass(**each, h=height, w=width), abs=1e-12)


def neutral(**parameters: float) -> dict[str, Tensor]:
    """Return the parameters of one transform that does nothing, but for those given."""
    values = {"theta": 0.0, "tx": 0.0, "ty": 0.0, "shear": 0.0, "zx": 1.0, "zy": 1.0} | parameters
    return {name: torch.tensor([value], dtype=torch.float64) for name, value in values.items()}


def moved(picture: Tensor, *, as_keras: bool, **parameters: float) -> Tensor:
    height, width = picture.shape[2:]
    matrices = transform_matrices(
        **neutral(**parameters), height=height, width=width, as_keras=as_keras
    )
    return warp(picture, matrices, fill_mode="nearest", cval=0, order=1)


def test_keras_moves_columns_by_tx_and_the_repair_moves_rows() -> None:
    picture = noise(1, 1, 4, 6)
    assert torch.allclose(moved(picture, as_keras=True, tx=1)[..., :-1], picture[..., 1:])
    assert torch.allclose(moved(picture, as_keras=False, tx=1)[..., :-1, :], picture[..., 1:, :])


def test_an_oblong_picture_turns_about_its_own_centre_unless_as_keras() -> None:
    picture = noise(1, 1, 4, 7)
    assert torch.allclose(moved(picture, as_keras=False, theta=180.0), picture.rot90(2, (2, 3)))
    assert not torch.allclose(moved(picture, as_keras=True, theta=180.0), picture.rot90(2, (2, 3)))


def test_a_quarter_turn_goes_anticlockwise() -> None:
    picture = noise(1, 1, 5, 5)
    turned = moved(picture, as_keras=True, theta=90.0, zx=1 - 1e-12, zy=1 - 1e-12)
    assert torch.allclose(turned, picture.rot90(1, (2, 3)), atol=1e-6)


def test_a_zoom_below_1_enlarges_each_axis_on_its_own() -> None:
    rows = torch.arange(9.0, dtype=torch.float64)[:, None].expand(1, 1, 9, 9)
    assert moved(rows, as_keras=True, zy=0.5)[0, 0, :, 0].tolist() == list(np.arange(2, 6.5, 0.5))
    assert torch.equal(moved(rows, as_keras=True, zx=0.5), rows)


def test_a_batch_is_what_its_images_are_one_by_one() -> None:
    images = noise(8, 3, 7, 7)
    matrices = transform_matrices(**drawn(8), height=7, width=7)
    whole = warp(images, matrices, fill_mode="reflect", cval=0, order=1)
    for index in range(8):
        one = slice(index, index + 1)
        alone = warp(images[one], matrices[one], fill_mode="reflect", cval=0, order=1)
        assert torch.equal(alone, whole[one])


@given(
    sizes, sizes, st.integers(1, 3), st.integers(1, 3),
    st.sampled_from([torch.uint8, torch.float32]),
)  # fmt: skip
def test_the_compiled_loop_gives_what_operators_give(
    height: int, width: int, count: int, channels: int, dtype: torch.dtype
) -> None:
    if cpp_extension.load(SOURCE) is None:
        pytest.skip("no C++ compiler is here")
    images = noise(count, channels, height, width).to(dtype)
    matrices = transform_matrices(**drawn(count), height=height, width=width).float()
    compiled = warp_bilinear(images, matrices)
    assert compiled.dtype == torch.float32
    assert (compiled - warp_by_operators(images, matrices)).abs().max() < 0.01


def test_places_that_are_not_finite_stay_inside_the_image() -> None:
    images = noise(3, 1, 5, 4).float()
    matrices = torch.full((3, 2, 3), torch.tensor([torch.nan, torch.inf, -torch.inf])[0])
    matrices[1], matrices[2] = 1e30, -1e30
    warped = warp(images, matrices, fill_mode="nearest", cval=0.0, order=1)
    assert warped.isfinite().all()
    assert (warped[2] == images[2, 0, 0, 0]).all()


def test_images_that_are_not_contiguous_are_read_in_their_own_order() -> None:
    images = noise(4, 3, 6, 7).float().contiguous(memory_format=torch.channels_last)
    matrices = transform_matrices(**drawn(4), height=6, width=7)
    warped = warp(images, matrices, fill_mode="nearest", cval=0.0, order=1)
    again = warp(images.contiguous(), matrices, fill_mode="nearest", cval=0.0, order=1)
    assert torch.equal(warped, again)
