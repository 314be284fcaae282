"""Preprocess positions of a board game: planes of zeros and ones, uint8 (planes, height, width).

The classes are the points of the board, in order. Only the board size is derived from the data, and
normalisation leaves the planes unchanged.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from noonbit.data.dataset import OnDemand, Raw, RawDataset
from noonbit.data.preprocess.base import (
    Adjustment,
    Preprocessor,
    ReportWords,
    Statistics,
    Transformed,
    Values,
    transform_each,
)
from noonbit.errors import InputRefused

if TYPE_CHECKING:
    from torch import Tensor

    from noonbit.config.recipe import Recipe

MOST_PLANES, LARGEST_BOARD = 1_000, 52
"""Of a position: planes, and points a side, as many as game records can name."""
STONES = 3
"""The number of first planes: own stones, the opponent's, empty points."""
IMPOSSIBLE = -1e4
"""The logit of an illegal move: its probability is 0 in float32 at any fitted temperature. Not
minus infinity, since 0 times infinity is NaN."""


class BoardPreprocessor(Preprocessor):
    """Accepts the planes of one board size, unchanged."""

    noun: ClassVar[str] = "position"
    one_of_them: ClassVar[str] = "a position of Go"
    example: ClassVar[str] = "GAME.sgf --move 57"
    blank: ClassVar[str] = "without a stone"
    report_words: ClassVar[ReportWords] = ReportWords(
        other_sources="weaker players, another time, handicap",
        related="of one game; here games are never divided, but a player's games are alike",
        no_class="a position in which a pass is best",
        output_axes="channels × height × width, or points",
        content="moves",
    )
    dtype: ClassVar[type[np.generic]] = np.uint8
    fixed_settings: ClassVar[Mapping[str, object]] = {
        "augment": ("none", "symmetries"),
        "test_time_augmentation": ("none", "symmetries"),
        "normalise": "standard",
        "image_size": None,
        "vectors": None,
        "channels": None,
    }
    classes_are_given: ClassVar[bool] = True
    has_symmetries: ClassVar[bool] = True
    default_model: ClassVar[str] = "alphago-policy-small"
    usual_input: ClassVar[tuple[int, int, tuple[int, ...]]] = (361, 48, (19, 19))
    small_input: ClassVar[str] = "5x5x4"
    checks: ClassVar[str] = "noonbit.data.checks.boards"
    baselines: ClassVar[str | None] = "noonbit.evaluation.go_baselines:baseline_scores"
    report_section: ClassVar[str | None] = "noonbit.report.boards:build_move_section"
    explanation: ClassVar[str | None] = "noonbit.explain.position:explain_position"

    input_kind: Literal["boards"] = "boards"
    planes: int = Field(gt=0, le=MOST_PLANES)
    height: int = Field(gt=0, le=LARGEST_BOARD)
    width: int = Field(gt=0, le=LARGEST_BOARD)
    legal: tuple[int, int]
    """The range [first, end) of planes one of which is 1 where a move is legal."""

    @model_validator(mode="after")
    def check_legal(self) -> Self:
        """The planes of legal moves are some of the planes."""
        if not 0 <= self.legal[0] < self.legal[1] <= self.planes:
            raise ValueError(f"has legal moves in the planes {self.legal} of {self.planes}")
        return self

    @property
    def channels(self) -> int:
        """The number of planes."""
        return self.planes

    @property
    def size(self) -> tuple[int, int]:
        """(height, width)."""
        return (self.height, self.width)

    @property
    def normalised_channels(self) -> int:
        """All planes; their statistics leave them unchanged."""
        return self.planes

    @classmethod
    def fit(cls, data: RawDataset, recipe: "Recipe") -> tuple["BoardPreprocessor", dict[str, str]]:
        """Take the planes and the board size from the data."""
        from noonbit.data.go.planes import LIBERTIES_AFTER, MOST

        raw = data.train.raw
        assert isinstance(raw, OnDemand)  # noqa: S101 - boards are
        planes, height, width = raw.shape[1:]
        legal = (LIBERTIES_AFTER, LIBERTIES_AFTER + MOST)
        preprocessor = cls(planes=planes, height=height, width=width, legal=legal)
        return preprocessor, {"board": "that of the games"}

    def transform_one(
        self, raw: Any, *, name: str = "the input"
    ) -> tuple[NDArray[np.uint8], list[Adjustment]]:
        """Return planes unchanged; raises `InputRefused` for other shapes and dtypes."""
        values = np.asarray(raw)
        if values.shape != self.shape or values.dtype != np.uint8:
            raise InputRefused(
                name,
                f"has the shape {values.shape} of {values.dtype}; a position is uint8 "
                f"{self.shape}: planes, height, width",
            )
        return values, []

    def transform(self, raw: Raw) -> Transformed:
        """Return the positions of a part, on demand; raises `InputRefused` for other boards."""
        assert isinstance(raw, OnDemand)  # noqa: S101 - boards are
        if raw.shape[1:] != self.shape:
            raise InputRefused(
                "the source",
                f"has boards of {raw.shape[2]}x{raw.shape[3]} points in {raw.shape[1]} planes; "
                f"this network takes {self.describe()}",
            )
        return Transformed(raw, {}, {})

    def transform_given(self, inputs: NDArray[Any] | Sequence[Any]) -> Transformed:
        """Transform positions, or an array (planes, height, width) of one or (N, ...) of many."""
        one = isinstance(inputs, np.ndarray) and inputs.ndim < 4
        return transform_each(self, [inputs] if one else inputs)

    def statistics(self, values: Values, train: NDArray[np.int64] | None) -> Statistics:
        """Return mean 0 and std 1/255, which leave zeros and ones unchanged."""
        return (0.0,) * self.planes, (1 / 255,) * self.planes

    def vectors(self, values: NDArray[Any]) -> NDArray[np.float32]:
        """Return the planes of own and opponent's stones: (N, 2 * height * width)."""
        stones: NDArray[np.float32] = values[:, : STONES - 1].reshape(len(values), -1)
        return stones.astype(np.float32)

    def augmentation(self, *, may_mirror: bool) -> tuple[str, str]:
        """Return all eight symmetries."""
        return "symmetries", "the rules know no left and right, nor up and down"

    def mask_logits(self, logits: "Tensor", values: "Tensor") -> "Tensor":
        """Set logits (N, points) of illegal moves very low; `values` are uint8 (N, *shape)."""
        return logits.masked_fill(~self.legal_moves(values), IMPOSSIBLE)

    def legal_moves(self, values: "Tensor") -> "Tensor":
        """Return which points may be played, bool (N, height * width), from uint8 (N, *shape)."""
        first, end = self.legal
        return values[:, first:end].amax(dim=1).flatten(1) > 0

    def describe(self) -> str:
        """Return `48 planes of 19x19 points`."""
        return f"{self.planes} planes of {self.height}x{self.width} points"

    def describe_in_full(self) -> str:
        """Return `48 planes of 19 × 19 points`."""
        return f"{self.planes} planes of {self.height} × {self.width} points"

    def describe_conversion(self) -> str:
        """Return that other sizes are refused."""
        return "boards of another size are refused"

    def facts(self) -> dict[str, object]:
        """Return the board size."""
        return {"board": f"{self.height}x{self.width}"}
