"""How often the move that was played is found: first of all points, and among the first five.

found = ranks(answers, labels)
Score.from_ranks("alphago-policy", found, games)
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from noonbit.evaluation.intervals import ClusteredInterval

NEAR = 5
"""Top-5: the move is among so many of the most probable ones."""


@dataclass(frozen=True, slots=True)
class Score:
    """What one way to answer reaches on some positions."""

    name: str
    positions: int
    games: int
    top_1: ClusteredInterval
    """With intervals over games."""
    top_5: ClusteredInterval

    @classmethod
    def from_ranks(
        cls, name: str, found: NDArray[np.integer], games: NDArray[np.integer]
    ) -> "Score":
        """From the ranks (N,) of the moves that were played, and the game of each position."""
        return cls(
            name,
            len(found),
            len(np.unique(games)),
            ClusteredInterval.of_hits(found == 1, games),
            ClusteredInterval.of_hits(found <= NEAR, games),
        )


def ranks(answers: NDArray[np.floating], labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """The place of each label among the points, 1 for the most probable: int64 (N,).

    `answers` (N, points) are probabilities or anything that grows with them. Ties count against
    the answer, so that one that says the same of all points finds nothing.
    """
    given = answers[np.arange(len(labels)), labels][:, None]
    return np.asarray((answers >= given).sum(axis=1), np.int64)
