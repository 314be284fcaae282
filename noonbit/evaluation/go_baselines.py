"""What a network for Go has to beat: the usual point, and a linear look at the surroundings.

    usual    the points in the order of how often they were played, the legal ones of them
    linear   multinomial logistic regression over the legal points: a point's score is a weighted
             sum over the planes of the 5x5 points around it, with the same 1,200 weights
             everywhere, and a number of its own (a conditional logit; McFadden, "Conditional
             logit analysis of qualitative choice behavior", 1974)

The linear one sees what the first layer of `alphago-policy` sees, and nothing follows. Its loss is
convex, and one pass of Adam with a rate that falls to zero comes close to the best weights.
"""

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from noonbit.data.dataset import Indices
from noonbit.data.go.planes import Planes, legal_moves
from noonbit.data.prepared import PreparedDataset
from noonbit.evaluation.move_accuracy import Score, ranks
from noonbit.models.policy import PointBias
from noonbit.system.runtime import Runtime
from noonbit.system.seeding import make_generator
from noonbit.training.optim.fused import Adam

SEEN = 100_000
"""Positions that the linear model learns from, at most."""
BATCH_SIZE = 256
LEARNING_RATE, EPSILON = 0.1, 1e-8
REACH = 2
"""Points on each side of the one that is scored."""


def baseline_scores(items: PreparedDataset, runtime: Runtime) -> tuple[Score, ...]:
    """What both reach on the test split, from what they find in the training split."""
    train, test = items.split.train, items.split.test
    size = items.preprocessor.size[0]
    often = usual_points(items.labels[train], size * size)
    linear = fit_linear(items)
    batches = np.array_split(test, max(1, len(test) // BATCH_SIZE))

    def found(indices: Indices) -> tuple[Indices, Indices]:
        planes, labels = np.asarray(items.values[indices]), items.labels[indices]
        allowed = legal_moves(planes).reshape(len(planes), -1)
        return ranks(np.where(allowed, often, -1), labels), ranks(linear.answers(planes), labels)

    results = runtime.map_threads(found, batches)
    games = items.groups(test)
    assert games is not None, "boards come in games"  # noqa: S101
    return tuple(
        Score.from_ranks(name, np.concatenate(each), games)
        for name, each in zip(
            ("the usual points", "a linear look at 5x5 points"),
            zip(*results, strict=True),
            strict=True,
        )
    )


def usual_points(labels: NDArray[np.int64], points: int) -> NDArray[np.float64]:
    """How often each point was played, as a share: (points,). The same in every position."""
    counts = np.bincount(labels, minlength=points)
    return np.asarray(counts / counts.sum(), np.float64)


class Linear(nn.Module):
    """Scores of all points from the planes around each."""

    def __init__(self, planes: int, size: int) -> None:
        super().__init__()
        # Not a layer, which would draw weights: networks beside it may be drawing theirs.
        side = 2 * REACH + 1
        self.around = nn.Parameter(torch.zeros(1, planes, side, side))
        self.own = PointBias(size * size)

    def forward(self, planes: Tensor) -> Tensor:
        """float (N, planes, size, size) -> scores (N, points)."""
        scores: Tensor = self.own(F.conv2d(planes, self.around, padding=REACH).flatten(1))
        return scores

    def legal_scores(self, planes: Planes) -> Tensor:
        """uint8 (N, planes, size, size) -> scores (N, points), -inf where a move is illegal."""
        legal = torch.from_numpy(legal_moves(planes)).flatten(1)
        scores: Tensor = self(torch.from_numpy(planes).float())
        return scores.masked_fill(~legal, -torch.inf)

    @torch.inference_mode()
    def answers(self, planes: Planes) -> NDArray[np.float32]:
        """The same for NumPy."""
        return np.asarray(self.legal_scores(planes).numpy(), np.float32)


def fit_linear(items: PreparedDataset) -> Linear:
    """The linear model of some of the positions that train, as many as `SEEN`."""
    model = Linear(items.preprocessor.channels, items.preprocessor.size[0])
    order = torch.randperm(len(items.split.train), generator=make_generator(0, "linear baseline"))
    batches = [items.split.train[part.numpy()] for part in order[:SEEN].split(BATCH_SIZE)]
    group = {"params": list(model.parameters()), "weight_decay": 0.0}
    optimizer = Adam([group], lr=LEARNING_RATE, epsilon=EPSILON, decoupled=False)
    for step, chosen in enumerate(batches):
        optimizer.param_groups[0]["lr"] = LEARNING_RATE * (1 - step / len(batches))
        scores = model.legal_scores(np.asarray(items.values[chosen]))
        loss = F.cross_entropy(scores, torch.from_numpy(items.labels[chosen]))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model.eval()
