"""Sample the random parameters of each image's transforms, in two ways.

sample_keras_parameters   all items of an epoch at once, each from its own row of random numbers
sample_as_keras           one image at a time from one stream, in Keras's order
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from noonbit.augment.affine import transform_matrices
from noonbit.augment.keras.settings import Settings
from noonbit.data.dataset import Indices
from noonbit.system.runtime import set_operator_threads

Parameters: TypeAlias = dict[str, Any]
"""Transform parameters of one image, by Keras's keys: `theta`, `tx`, `flip_horizontal`, ..."""
Column: TypeAlias = NDArray[np.float64]

IDENTITY: Parameters = {
    "theta": 0.0,
    "tx": 0.0,
    "ty": 0.0,
    "shear": 0.0,
    "zx": 1.0,
    "zy": 1.0,
    "flip_horizontal": False,
    "flip_vertical": False,
    "channel_shift_intensity": None,
    "brightness": None,
}


@dataclass(frozen=True, slots=True)
class KerasParameters:
    """Transform parameters of a batch, each (B,)."""

    affine: dict[str, Column]
    """Arguments of `noonbit.augment.affine.transform_matrices`: `theta` and `shear` in degrees,
    `tx` and `ty` in pixels, `zx` and `zy` as factors."""
    flip_horizontal: NDArray[np.bool_]
    flip_vertical: NDArray[np.bool_]
    channel_shift: Column | None
    """Amounts, on the scale of the images; None if not in use."""
    brightness: Column | None
    """Factors; None if not in use."""
    matrices: Tensor | None = None
    """The matrices (B, 2, 3) of `affine`, if they were computed in advance."""

    @classmethod
    def from_dictionaries(cls, parameters: Sequence[Mapping[str, Any]]) -> "KerasParameters":
        """Collect Keras's dictionaries, one an image; keys left out do nothing."""

        def column(key: str, dtype: type) -> NDArray[Any]:
            return np.array([each.get(key, IDENTITY[key]) for each in parameters], dtype)

        def optional(key: str) -> Column | None:
            is_used = any(each.get(key) is not None for each in parameters)
            return column(key, np.float64) if is_used else None

        return cls(
            {key: column(key, np.float64) for key in list(IDENTITY)[:6]},
            column("flip_horizontal", np.bool_),
            column("flip_vertical", np.bool_),
            optional("channel_shift_intensity"),
            optional("brightness"),
        )

    def take(self, items: Indices | slice) -> "KerasParameters":
        """Select the rows of a batch's items."""
        return KerasParameters(
            {key: column[items] for key, column in self.affine.items()},
            self.flip_horizontal[items],
            self.flip_vertical[items],
            None if self.channel_shift is None else self.channel_shift[items],
            None if self.brightness is None else self.brightness[items],
            None if self.matrices is None else self.matrices[items],
        )

    def with_matrices(self, settings: Settings, *, height: int, width: int) -> "KerasParameters":
        """Return a copy with `matrices` computed, or self if no image is moved."""
        if all(bool((column == IDENTITY[key]).all()) for key, column in self.affine.items()):
            return self
        affine = {key: torch.from_numpy(column) for key, column in self.affine.items()}
        as_keras = settings.compat is not None
        with set_operator_threads(1):
            matrices = transform_matrices(**affine, height=height, width=width, as_keras=as_keras)
        return replace(self, matrices=matrices)

    def to_dictionary(self, item: int) -> Parameters:
        """Return Keras's dictionary for one image."""
        one = self.take(np.array([item]))
        return {
            **{key: column.item() for key, column in one.affine.items()},
            "flip_horizontal": one.flip_horizontal.item(),
            "flip_vertical": one.flip_vertical.item(),
            "channel_shift_intensity": one.channel_shift and one.channel_shift.item(),
            "brightness": one.brightness and one.brightness.item(),
        }


def sample_keras_parameters(
    settings: Settings, *, count: int, height: int, width: int, generator: np.random.Generator
) -> KerasParameters:
    """Sample the transforms of `count` items, item i from the i-th row of random numbers.

    Every setting has its own column, so turning one on leaves the others unchanged.
    """
    rows = generator.random((count, 12))
    both_ways = 2 * rows - 1
    low, high = settings.zoom_range
    shifts, brightness = settings.channel_shift_range, settings.brightness_range
    return KerasParameters(
        {
            "theta": both_ways[:, 0] * settings.rotation_range,
            "tx": _sample_shifts(settings.height_shift_range, height, rows[:, 1:3]),
            "ty": _sample_shifts(settings.width_shift_range, width, rows[:, 3:5]),
            "shear": both_ways[:, 5] * settings.shear_range,
            "zx": low + rows[:, 6] * (high - low),
            "zy": low + rows[:, 7] * (high - low),
        },
        (rows[:, 8] < 0.5) & settings.horizontal_flip,
        (rows[:, 9] < 0.5) & settings.vertical_flip,
        both_ways[:, 10] * shifts if shifts else None,
        brightness[0] + rows[:, 11] * (brightness[1] - brightness[0]) if brightness else None,
    )


def _sample_shifts(
    reach: float | tuple[float, ...], size: int, rows: NDArray[np.float64]
) -> Column:
    """Sample shifts in pixels, from two random numbers (items, 2) each."""
    if isinstance(reach, tuple):
        chosen = np.array(reach)[(rows[:, 0] * len(reach)).astype(np.int64)]
        moved = np.where(rows[:, 1] < 0.5, -chosen, chosen)
    elif isinstance(reach, int) and reach:
        moved = np.floor(rows[:, 0] * (2 * reach - 1)) - (reach - 1)
    else:
        moved = (2 * rows[:, 0] - 1) * reach
    return moved * size if np.max(reach) < 1 else moved


def sample_as_keras(
    settings: Settings, *, height: int, width: int, state: np.random.RandomState
) -> Parameters:
    """Sample one image's transform with the numbers that Keras would take from `state`."""
    drawn = dict(IDENTITY)
    if settings.rotation_range:
        drawn["theta"] = state.uniform(-settings.rotation_range, settings.rotation_range)
    for key, reach, size in (
        ("tx", settings.height_shift_range, height),
        ("ty", settings.width_shift_range, width),
    ):
        if reach:
            drawn[key] = _sample_shift_as_keras(reach, state) * (size if np.max(reach) < 1 else 1)
    if settings.shear_range:
        drawn["shear"] = state.uniform(-settings.shear_range, settings.shear_range)
    if settings.zoom_range != (1, 1):
        drawn["zx"], drawn["zy"] = state.uniform(*settings.zoom_range, 2)
    drawn["flip_horizontal"] = bool(state.random_sample() < 0.5) and settings.horizontal_flip
    drawn["flip_vertical"] = bool(state.random_sample() < 0.5) and settings.vertical_flip
    shifts = settings.channel_shift_range
    if shifts:
        drawn["channel_shift_intensity"] = state.uniform(-shifts, shifts)
    if settings.brightness_range is not None:
        drawn["brightness"] = state.uniform(*settings.brightness_range)
    return drawn


def _sample_shift_as_keras(reach: float | tuple[float, ...], state: np.random.RandomState) -> float:
    if isinstance(reach, float):
        return state.uniform(-reach, reach)
    return float(state.choice(reach) * state.choice([-1, 1]))
