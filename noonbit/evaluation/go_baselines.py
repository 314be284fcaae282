"""Two baselines for a network that predicts moves in Go.

    frequency   rank the legal points by how often they were played in the training games
    linear      multinomial logistic regression over the legal points: a point's score is a weighted
                sum over the planes of the 5x5 points around it, with the same 1,200 weights
                everywhere, plus a bias per point (a conditional logit; McFadden, "Conditional
                logit analysis of qualitative choice behavior", 1974)

The linear model is the first layer of `alphago-policy` alone. Its loss is convex, and one epoch of
Adam with a learning rate that falls to zero comes close to the optimum.
"""

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from noonbit.data.dataset import Indices
from noonbit.data.go.planes import Planes, legal_moves
from noonbit.data.prepared import PreparedDataset
from noonbit.evaluation.move_accuracy import MoveAccuracy, rank_labels
from noonbit.models.policy import PointBias
from noonbit.system.runtime import Runtime
from noonbit.system.seeding import make_generator
from noonbit.training.optim.torch_fused import Adam

MAX_POSITIONS = 100_000
"""Training positions of the linear model, at most."""
BATCH_SIZE = 256
LEARNING_RATE, EPSILON = 0.1, 1e-8
RADIUS = 2
"""Points on each side of the one that is scored."""


def baseline_scores(items: PreparedDataset, runtime: Runtime) -> tuple[MoveAccuracy, ...]:
    """Fit both baselines on the training split and score them on the test split."""
    train, test = items.split.train, items.split.test
    size = items.preprocessor.size[0]
    frequencies = move_frequencies(items.labels[train], size * size)
    linear = fit_linear_model(items)
    batches = np.array_split(test, max(1, len(test) // BATCH_SIZE))

    def rank_both(indices: Indices) -> tuple[Indices, Indices]:
        planes, labels = np.asarray(items.values[indices]), items.labels[indices]
        legal = legal_moves(planes).reshape(len(planes), -1)
        return (
            rank_labels(np.where(legal, frequencies, -1), labels),
            rank_labels(linear.score_legal_moves(planes), labels),
        )

    results = runtime.map_threads(rank_both, batches)
    games = items.groups(test)
    assert games is not None, "boards come in games"  # noqa: S101
    return tuple(
        MoveAccuracy.from_ranks(name, np.concatenate(each), games)
        for name, each in zip(
            ("the usual points", "a linear look at 5x5 points"),
            zip(*results, strict=True),
            strict=True,
        )
    )


def move_frequencies(labels: NDArray[np.int64], points: int) -> NDArray[np.float64]:
    """Return the relative frequency of each point among the played moves: (points,)."""
    counts = np.bincount(labels, minlength=points)
    return np.asarray(counts / counts.sum(), np.float64)


class LinearMoveModel(nn.Module):
    """Score each point by a linear function of the planes around it."""

    def __init__(self, planes: int, size: int) -> None:
        super().__init__()
        # Plain parameters: a layer would draw initial weights from the global random stream, which
        # members trained in parallel also draw from.
        side = 2 * RADIUS + 1
        self.around = nn.Parameter(torch.zeros(1, planes, side, side))
        self.own = PointBias(size * size)

    def forward(self, planes: Tensor) -> Tensor:
        """float (N, planes, size, size) -> scores (N, points)."""
        scores: Tensor = self.own(F.conv2d(planes, self.around, padding=RADIUS).flatten(1))
        return scores

    def legal_scores(self, planes: Planes) -> Tensor:
        """uint8 (N, planes, size, size) -> scores (N, points), -inf where a move is illegal."""
        legal = torch.from_numpy(legal_moves(planes)).flatten(1)
        scores: Tensor = self(torch.from_numpy(planes).float())
        return scores.masked_fill(~legal, -torch.inf)

    @torch.inference_mode()
    def score_legal_moves(self, planes: Planes) -> NDArray[np.float32]:
        """Return `legal_scores` as a NumPy array, without gradients."""
        return np.asarray(self.legal_scores(planes).numpy(), np.float32)


def fit_linear_model(items: PreparedDataset) -> LinearMoveModel:
    """Fit the linear model to at most `MAX_POSITIONS` random training positions."""
    model = LinearMoveModel(items.preprocessor.channels, items.preprocessor.size[0])
    order = torch.randperm(len(items.split.train), generator=make_generator(0, "linear baseline"))
    batches = [items.split.train[part.numpy()] for part in order[:MAX_POSITIONS].split(BATCH_SIZE)]
    group = {"params": list(model.parameters()), "weight_decay": 0.0}
    optimizer = Adam([group], lr=LEARNING_RATE, epsilon=EPSILON, decoupled=False)
    for step, batch in enumerate(batches):
        optimizer.param_groups[0]["lr"] = LEARNING_RATE * (1 - step / len(batches))
        scores = model.legal_scores(np.asarray(items.values[batch]))
        loss = F.cross_entropy(scores, torch.from_numpy(items.labels[batch]))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model.eval()
