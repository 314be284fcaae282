"""Top-1 and top-5 accuracy of move prediction, with intervals over games.

ranks = rank_labels(scores, labels)
MoveAccuracy.from_ranks("alphago-policy", ranks, games)
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from noonbit.evaluation.intervals import ClusteredInterval

TOP_K = 5


@dataclass(frozen=True, slots=True)
class MoveAccuracy:
    """The accuracy of one predictor on some positions."""

    name: str
    positions: int
    games: int
    top_1: ClusteredInterval
    """With a 95 % interval over games."""
    top_5: ClusteredInterval

    @classmethod
    def from_ranks(
        cls, name: str, ranks: NDArray[np.integer], games: NDArray[np.integer]
    ) -> "MoveAccuracy":
        """Compute it from the ranks (N,) of the played moves and the games (N,)."""
        return cls(
            name,
            len(ranks),
            len(np.unique(games)),
            ClusteredInterval.of_hits(ranks == 1, games),
            ClusteredInterval.of_hits(ranks <= TOP_K, games),
        )


def rank_labels(scores: NDArray[np.floating], labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the rank of each label's score among all points, 1 for the highest: int64 (N,).

    `scores` (N, points) are probabilities or anything monotonic in them. Ties count against the
    predictor, so a constant one gets the last rank.
    """
    label_scores = scores[np.arange(len(labels)), labels][:, None]
    return np.asarray((scores >= label_scores).sum(axis=1), np.int64)
