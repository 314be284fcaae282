"""Positions of a game on a board: planes of zeros and ones, uint8 (planes, height, width).

A network answers with a point of the board, so the classes are the points, in their order. Nothing
is derived from the data but the size of the board, and statistics are those that leave the planes
as they are.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from noonbit.data.dataset import Data, OnDemand, Raw
from noonbit.data.preprocess.protocol import Adjustment, Prepared, Statistics, Values, prepare_each
from noonbit.errors import InputRefused

if TYPE_CHECKING:
    from torch import Tensor

STONES = 3
"""The first planes of a position: own stones, the opponent's, no stone."""


class BoardFraming(BaseModel):
    """Planes of one board size, as they come."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    noun: ClassVar[str] = "position"
    example: ClassVar[str] = "GAME.sgf --move 57"
    blank: ClassVar[str] = "without a stone"
    adjustments: ClassVar[Mapping[Adjustment, str]] = {}
    fixed: ClassVar[Mapping[str, object]] = {
        "augment": ("none", "symmetries"),
        "test_time_augmentation": ("none", "symmetries"),
        "normalise": "standard",
        "image_size": None,
        "vectors": None,
        "channels": None,
    }
    dtype: ClassVar[type[np.generic]] = np.uint8

    takes: Literal["boards"] = "boards"
    planes: int = Field(gt=0)
    height: int = Field(gt=0)
    width: int = Field(gt=0)
    legal: tuple[int, int]
    """From which plane on, and before which one, some plane is one where a move is legal."""

    @property
    def shape(self) -> tuple[int, int, int]:
        """(planes, height, width)."""
        return (self.planes, self.height, self.width)

    @property
    def channels(self) -> int:
        """The planes."""
        return self.planes

    @property
    def size(self) -> tuple[int, int]:
        """(height, width)."""
        return (self.height, self.width)

    @property
    def normalised(self) -> int:
        """All planes have a mean and a deviation: those that leave them as they are."""
        return self.planes

    @property
    def value_range(self) -> None:
        """None: no raw number stands for anything."""
        return None

    def prepare_noting(
        self, raw: Any, *, name: str = "the input"
    ) -> tuple[NDArray[np.uint8], list[Adjustment]]:
        """Planes as they are; anything else is refused, another size of board too."""
        values = np.asarray(raw)
        if values.shape != self.shape or values.dtype != np.uint8:
            raise InputRefused(
                name,
                f"has the shape {values.shape} of {values.dtype}; a position is uint8 "
                f"{self.shape}: planes, height, width",
            )
        return values, []

    def prepare_all(self, raw: Raw) -> Prepared:
        """All positions of a part, still on demand."""
        assert isinstance(raw, OnDemand)  # noqa: S101 - `takes_of` said so
        if raw.shape[1:] != self.shape:
            raise InputRefused(
                "the source",
                f"has boards of {raw.shape[2]}x{raw.shape[3]} points in {raw.shape[1]} planes; "
                f"this network takes {self.describe()}",
            )
        return Prepared(raw, {}, {})

    def prepare_given(self, inputs: NDArray[Any] | Sequence[Any]) -> Prepared:
        """Positions, or an array (planes, height, width) of one or (N, ...) of many."""
        one = isinstance(inputs, np.ndarray) and inputs.ndim < 4
        return prepare_each(self, [inputs] if one else inputs)

    def settled(self, values: Values, train: NDArray[np.int64]) -> tuple[Self, Values]:
        """As they are."""
        return self, values

    def statistics(self, values: Values, train: NDArray[np.int64] | None) -> Statistics:
        """Those that leave zeros and ones what they are, on a scale where 255 is 1."""
        return (0.0,) * self.planes, (1 / 255,) * self.planes

    def vectors(self, values: NDArray[Any]) -> NDArray[np.float32]:
        """Where own stones and the opponent's stand: (N, 2 * height * width)."""
        stones: NDArray[np.float32] = values[:, : STONES - 1].reshape(len(values), -1)
        return stones.astype(np.float32)

    def augmentation(self, *, may_mirror: bool) -> tuple[str, str]:
        """All eight symmetries."""
        return "symmetries", "the rules know no left and right, nor up and down"

    def legal_moves(self, values: "Tensor") -> "Tensor":
        """Which points may be played: bool (N, height * width), of uint8 (N, *shape)."""
        first, end = self.legal
        return values[:, first:end].amax(dim=1).flatten(1) > 0

    def describe(self) -> str:
        """`48 planes of 19x19 points`."""
        return f"{self.planes} planes of {self.height}x{self.width} points"

    def facts(self) -> dict[str, object]:
        """The size of the board."""
        return {"board": f"{self.height}x{self.width}"}


def derive_board_framing(data: Data) -> tuple[BoardFraming, dict[str, str]]:
    """The planes and the size of the boards in the data."""
    from noonbit.data.go.planes import LIBERTIES_AFTER, MOST

    raw = data.train.raw
    assert isinstance(raw, OnDemand)  # noqa: S101 - `takes_of` said so
    planes, height, width = raw.shape[1:]
    framing = BoardFraming(
        planes=planes,
        height=height,
        width=width,
        legal=(LIBERTIES_AFTER, LIBERTIES_AFTER + MOST),
    )
    return framing, {"board": "that of the games"}
