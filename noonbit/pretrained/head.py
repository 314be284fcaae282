"""A logistic regression on features, which is the last layer of the network.

    head = fit_head(features, labels, classes)     Head with weights (classes, features) and biases

The loss is the mean cross-entropy plus `penalty` / 2 times the squared weights of features that are
brought to mean 0 and one common scale; it has one minimum, which L-BFGS finds. The penalty is
chosen by cross-validation on the given items alone.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from noonbit.data.stratify import assign_stratified_folds
from noonbit.system.runtime import Runtime

PENALTIES = tuple(float(f"{10 ** (-step / 2):.2g}") for step in range(9))
"""From strong to weak: 1 to a ten-thousandth, two in each power of ten."""
USUAL_PENALTY = 0.01
"""Where a class has one item, so that nothing can be cross-validated."""
MOST_FOLDS = 5
RISES = 2
"""The path of penalties ends after so many that are worse than the best."""
MOST_STEPS = 200
TOLERANCE, LEAST_CHANGE = 1e-4, 1e-9
"""L-BFGS ends where no component of the gradient is larger than the first; or where a step moves no
weight by more than the second, or changes the loss by less."""


@dataclass(frozen=True, slots=True)
class Head:
    """A dense layer on features as they come."""

    weight: Tensor
    """float32 (classes, features)."""
    bias: Tensor
    """float32 (classes,)."""
    penalty: float
    cross_validated: tuple[float, float] | None
    """Mean loss and accuracy of the folds' items; None without folds."""
    logits: Tensor | None
    """float32 (N, classes): of each item, by the head of the folds that did not train on it."""

    def apply(self, features: NDArray[np.float32]) -> Tensor:
        """Features (n, features) -> logits (n, classes)."""
        return F.linear(torch.from_numpy(features), self.weight, self.bias)

    def with_frequencies_of(self, labels: NDArray[np.int64]) -> "Head":
        """Return the head with biases by which it states the frequencies of its items' labels (N,).

        For a head that was fitted with weights. The biases are moved by what fits the folds'
        answers best, each item counting alike: at that minimum of the cross-entropy, the mean
        probability of each class is its frequency (the biases of Alexandari, Kundaje and Shrikumar,
        "Maximum likelihood with bias-corrected calibration is hard-to-beat at label shift
        adaptation", ICML 2020). Without folds, the head as it is.
        """
        if self.logits is None:
            return self
        targets = torch.from_numpy(labels)
        shift = fit_shift(self.logits, targets)
        logits = self.logits + shift
        scores = score(logits, targets, torch.ones(len(labels)))
        return replace(self, bias=self.bias + shift, cross_validated=scores, logits=logits)

    def load_into(self, layer: nn.Linear) -> None:
        """Make it the last layer of a network."""
        with torch.no_grad():
            layer.weight.copy_(self.weight)
            layer.bias.copy_(self.bias)


@dataclass(frozen=True, slots=True)
class ChosenPenalty:
    """The penalty of the lowest cross-validated loss, and what the folds found with it."""

    penalty: float
    cross_validated: tuple[float, float] | None
    """Mean loss and accuracy of the folds' items; None without folds."""
    logits: Tensor | None
    """float32 (N, classes): of each item, by the folds that did not train on it."""
    start: Tensor
    """(classes, features + 1): the mean of the folds' solutions, a good start for all items."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Scaled features and what they should answer."""

    features: Tensor
    """float32 (n, features), of mean 0 and one scale."""
    labels: Tensor
    weights: Tensor
    """float32 (n,), of mean 1: how much each item counts."""

    def rows(self, numbers: NDArray[np.int64]) -> "Problem":
        """Return the items of these numbers."""
        where = torch.from_numpy(numbers)
        return Problem(self.features[where], self.labels[where], self.weights[where])


def fit_head(
    features: NDArray[np.float32],
    labels: NDArray[np.int64],
    classes: int,
    runtime: Runtime,
    *,
    groups: NDArray[np.int64] | None = None,
    weights: NDArray[np.float32] | None = None,
    seed: int = 0,
) -> Head:
    """Fit a head to features (n, features) with labels (n,) of 0 to `classes` - 1.

    Items of one of `groups` (n,) stay in one fold. `weights` (n,) say how much each item counts,
    by default all alike. The same arguments give the same head.
    """
    centre = torch.from_numpy(features.mean(axis=0, dtype=np.float64).astype(np.float32))
    raw = torch.from_numpy(features) - centre
    scale = max(float(raw.square().mean().sqrt()), 1e-12)
    counts = np.ones(len(labels), np.float32) if weights is None else weights
    # Few items span few directions, and the minimum lies in them: it is found there, much faster.
    basis = torch.linalg.qr(raw.T)[0] if len(raw) < raw.shape[1] else None
    problem = Problem(
        (raw if basis is None else raw @ basis) / scale,
        torch.from_numpy(labels),
        torch.from_numpy((counts / counts.mean()).astype(np.float32)),
    )
    folds = draw_folds(labels, groups, seed)
    chosen = choose_penalty(problem, folds, classes, runtime)
    (solution,) = runtime.map_threads(solve_piece, [(problem, chosen.penalty, chosen.start)])
    weight = solution[:, :-1] / scale
    if basis is not None:
        weight = weight @ basis.T
    bias = solution[:, -1] - weight @ centre
    return Head(weight, bias, chosen.penalty, chosen.cross_validated, chosen.logits)


def draw_folds(
    labels: NDArray[np.int64], groups: NDArray[np.int64] | None, seed: int
) -> Sequence[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Return pairs of item numbers, to train and to test; none if a class has one item, or group.

    A group counts for the class of its first item.
    """
    firsts, group = np.arange(len(labels)), np.arange(len(labels))
    if groups is not None:
        _, firsts, group = np.unique(groups, return_index=True, return_inverse=True)
    sizes = np.bincount(labels[firsts])
    count = min(MOST_FOLDS, int(sizes[sizes > 0].min()))
    if count < 2:
        return []
    fold = assign_stratified_folds(labels[firsts], count, np.random.default_rng(seed))[group]
    return [(np.flatnonzero(fold != each), np.flatnonzero(fold == each)) for each in range(count)]


def choose_penalty(
    problem: Problem,
    folds: Sequence[tuple[NDArray[np.int64], NDArray[np.int64]]],
    classes: int,
    runtime: Runtime,
) -> ChosenPenalty:
    """Cross-validate penalties from strong to weak, and return the one of the lowest loss.

    Each begins where the one before, which is stronger, ended. Without folds it is the usual one.
    """
    nothing = torch.zeros(classes, problem.features.shape[1] + 1)
    if not folds:
        return ChosenPenalty(USUAL_PENALTY, None, None, nothing)
    starts = [nothing for _ in folds]
    parts = [problem.rows(train) for train, _ in folds]
    best: ChosenPenalty | None = None
    least, worse = math.inf, 0
    for penalty in PENALTIES:
        pieces = [(part, penalty, start) for part, start in zip(parts, starts, strict=True)]
        starts = runtime.map_threads(solve_piece, pieces)
        logits = torch.zeros(len(problem.labels), classes)
        for (_, test), solution in zip(folds, starts, strict=True):
            part = problem.rows(test)
            logits[torch.from_numpy(test)] = answer(part.features, solution)
        loss, accuracy = score(logits, problem.labels, problem.weights)
        if best is None or loss < least:
            start = torch.stack(starts).mean(dim=0)
            best = ChosenPenalty(penalty, (loss, accuracy), logits, start)
            least, worse = loss, 0
        else:
            worse += 1
        if worse == RISES:
            break
    assert best is not None  # noqa: S101 - there are penalties
    return best


def score(logits: Tensor, labels: Tensor, weights: Tensor) -> tuple[float, float]:
    """Return the mean loss, with weights (N,), and the accuracy of logits (N, classes)."""
    losses = F.cross_entropy(logits, labels, reduction="none")
    accuracy = (logits.argmax(dim=1) == labels).float().mean()
    return float((losses * weights).mean()), float(accuracy)


def fit_shift(logits: Tensor, labels: Tensor) -> Tensor:
    """Return what to add to logits (N, classes) for the least cross-entropy, float32 (classes,)."""
    double_logits = logits.double()
    shift = nn.Parameter(torch.zeros(logits.shape[1], dtype=torch.float64))
    optimizer = torch.optim.LBFGS([shift], max_iter=MOST_STEPS, line_search_fn="strong_wolfe")

    def loss_with_gradient() -> Tensor:
        optimizer.zero_grad()
        loss = F.cross_entropy(double_logits + shift, labels)
        loss.backward()
        return loss

    optimizer.step(loss_with_gradient)
    return shift.detach().float()


def solve_piece(piece: tuple[Problem, float, Tensor]) -> Tensor:
    """`solve`, for `map_threads`."""
    return solve(*piece)


def answer(features: Tensor, solution: Tensor) -> Tensor:
    """Features (n, features) and (classes, features + 1), the biases last -> logits."""
    return F.linear(features, solution[:, :-1], solution[:, -1])


def solve(problem: Problem, penalty: float, start: Tensor) -> Tensor:
    """Return the minimum, (classes, features + 1), from a start of that shape."""
    targets = F.one_hot(problem.labels, len(start)).float()
    shares = (problem.weights / len(problem.labels))[:, None]
    solution = nn.Parameter(start.clone())
    gradient = torch.empty_like(start)
    # Not SciPy's, whose BLAS has threads of its own: with ten classes they took nine tenths of the
    # time.
    optimizer = torch.optim.LBFGS(
        [solution],
        max_iter=MOST_STEPS,
        tolerance_grad=TOLERANCE,
        tolerance_change=LEAST_CHANGE,
        history_size=10,
        line_search_fn="strong_wolfe",
    )

    def loss_with_gradient() -> Tensor:
        weight = solution.detach()[:, :-1]
        log_shares = answer(problem.features, solution.detach()).log_softmax(dim=1)
        errors = (log_shares.exp() - targets) * shares
        torch.mm(errors.T, problem.features, out=gradient[:, :-1])
        gradient[:, :-1] += penalty * weight
        gradient[:, -1] = errors.sum(dim=0)
        solution.grad = gradient
        return penalty / 2 * weight.square().sum() - (shares * targets * log_shares).sum()

    optimizer.step(loss_with_gradient)
    return solution.detach()
