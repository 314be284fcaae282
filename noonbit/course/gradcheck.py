"""The gradient check: backpropagation against finite differences of the loss.

    derivative of the loss by one number  ~  (loss(number + h) - loss(number - h)) / 2h

The central difference needs forward passes only, so it finds mistakes in the backward pass. Both
sides are computed in float64: the difference cancels about ten digits, more than float32 has. What
the check has to deal with:

- **Kinks.** At a kink of ReLU or of a maximum the derivative jumps, and a difference across it is
  wrong although the gradient is right. A smaller step crosses fewer kinks but cancels more digits.
  So if the first step disagrees, smaller ones are tried and the best agreement counts: a right
  gradient agrees at some step, a wrong one at none.
- **The point.** Initial values are a bad place for a check: zeros put units exactly on a kink or
  multiply a gradient by zero, and tiny filters bring all kinks within a step. So weights are drawn
  again (He initialisation, which keeps the size of signals), and biases and norms get some noise.
- **Dropout** draws the same mask at each pass.
- **Batch norm** uses the statistics of the batch, as in training, so its gradient through them is
  checked too.
- **Auxiliary heads** have the same weight in the loss as in training.
- **Frozen parameters** have no gradient to check.

Errors are relative to the larger of both derivatives, but at least to a hundredth of the largest
in the same tensor and to 1e-4 of the loss, since a derivative near zero is only rounding (that of a
bias before batch norm is zero). 1e-7 is usual; see `TOLERANCE`.

    check(build("cnn", 3, 1, (8, 8)), *random_batch(3, (1, 8, 8))).passed
"""

from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from noonbit.course.byhand import LEARNING_RATE, Network, Slope
from noonbit.data.preprocess.text import UNKNOWN
from noonbit.models.custom import refuse_failures
from noonbit.models.dropout import seed_dropout
from noonbit.system.seeding import seed_torch
from noonbit.training.train_step import AUXILIARY_WEIGHT, all_logits

TOLERANCE = 1e-5
"""A larger relative error is a mistake: a forgotten factor or term gives 1e-2 to 1."""
AGREEMENT = 1e-6
"""At this relative error or less, no smaller step is tried."""
STEPS = (1e-5, 1e-6, 1e-7)
"""Step sizes h, tried in turn until one agrees."""
IMAGES = 4
"""Images in the batch; batch norm over fewer would be nearly a step function."""
FEWEST_PROBES, MOST_PROBES = 32, 96
"""Numbers that are checked in all, with two forward passes each; fewer in costly networks."""
PROBE_BUDGET = 1_000_000_000
"""Largest probes times parameters: about ten seconds of one core."""
MOST_PROBES_PER_TENSOR = 8
"""Largest number of checked numbers in one tensor."""
BYHAND_PROBES = 100
"""Checked weights in each layer of the NumPy network."""
SEED = 0

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class LayerCheck:
    """The result for one layer."""

    name: str
    kind: str
    parameters: int
    """How many numbers the layer learns; for the images, the number of pixels."""
    checked: int
    """How many of them were checked; 0 if the layer is frozen."""
    largest: float
    """The largest absolute gradient by backpropagation; 0 if none reaches the layer."""
    worst: float
    """The largest relative error among the checked numbers."""

    @property
    def passed(self) -> bool:
        """Whether no checked number exceeds the tolerance."""
        return self.worst <= TOLERANCE


@dataclass(frozen=True, slots=True)
class GradientCheck:
    """The result for a network."""

    layers: tuple[LayerCheck, ...]
    layers_in_all: int
    """Includes layers of a deep network that were skipped."""

    @property
    def worst(self) -> float:
        """The largest relative error in any layer."""
        return max(layer.worst for layer in self.layers)

    @property
    def passed(self) -> bool:
        """Whether every layer passed."""
        return all(layer.passed for layer in self.layers)


def random_batch(
    classes: int, shape: tuple[int, ...], *, words: int | None = None
) -> tuple[Tensor, Tensor]:
    """Return the same 4 random inputs and int64 labels (4,) each time.

    Normal float64 inputs (4, *shape); with `words`, the size of a vocabulary, int64 numbers
    (4, length) below it.
    """
    generator = torch.Generator().manual_seed(SEED)
    if words is not None:
        inputs = torch.randint(UNKNOWN, words, (IMAGES, *shape), generator=generator)
    else:
        inputs = torch.randn(IMAGES, *shape, dtype=torch.float64, generator=generator)
    return inputs, torch.randint(classes, (IMAGES,), generator=generator)


def check(model: nn.Module, images: Tensor, labels: Tensor) -> GradientCheck:
    """Check the gradient of the mean cross-entropy by each layer's parameters and by the images.

    `images` is float (N, C, H, W), or word numbers (N, length), `labels` int64 (N,). Works on a
    float64 copy of the network on the CPU. In networks with many layers or parameters, only some
    layers are checked, evenly spread. Raises `UsageError` if the network cannot be trained on
    the images.
    """
    network = deepcopy(model).cpu().double().train()
    batch = images.detach().cpu().clone()
    if batch.is_floating_point():  # word numbers have no gradient
        batch = batch.double().requires_grad_()
    with torch.random.fork_rng(devices=[]):
        seed_torch(SEED, batch.device)
        randomise_parameters(network)

        def loss() -> Tensor:
            seed_torch(SEED, batch.device)  # a user's own network may draw random numbers
            seed_dropout(network, SEED)
            return training_loss(network, batch, labels)

        shape = list(batch.shape)
        with refuse_failures(f"The network cannot be trained in float64 on {shape}"):
            loss().backward()
        layers = [
            (name, module)
            for name, module in network.named_modules()
            if list(module.parameters(recurse=False))
        ]
        with torch.no_grad():
            rows = tuple(
                check_layer(name, kind, tensors, loss, probes)
                for name, kind, tensors, probes in choose_parameters(layers, batch)
            )
    return GradientCheck(rows, batch.requires_grad + len(layers))


def choose_parameters(
    layers: list[tuple[str, nn.Module]], images: Tensor
) -> Iterator[tuple[str, str, list[Tensor], int]]:
    """Yield what to check: name, kind, tensors, and how many numbers of each tensor."""
    learning = [name for name, module in layers if trainable_parameters(module)]
    tensors = sum(len(trainable_parameters(module)) for _, module in layers)
    parameters = sum(p.numel() for _, module in layers for p in trainable_parameters(module))
    probes = min(MOST_PROBES, max(FEWEST_PROBES, PROBE_BUDGET // max(1, parameters)))
    count = min(len(learning), max(2, probes * len(learning) // max(1, tensors)))
    spread = {learning[index] for index in np.linspace(0, len(learning) - 1, count).astype(int)}
    each = min(MOST_PROBES_PER_TENSOR, max(1, probes // (tensors + 1)))
    if images.requires_grad:
        yield "images", "input", [images], each
    for name, module in layers:
        if name in spread or not trainable_parameters(module):
            yield name, type(module).__name__, trainable_parameters(module), each


def trainable_parameters(module: nn.Module) -> list[Tensor]:
    """Return the module's own parameters that are not frozen."""
    return [p for p in module.parameters(recurse=False) if p.requires_grad]


@torch.no_grad()
def randomise_parameters(network: nn.Module) -> None:
    """Draw He weights, which keep the size of signals, and add noise to biases and norms."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
    for parameter in network.parameters():
        if parameter.ndim <= 1:
            parameter.add_(torch.randn_like(parameter), alpha=0.1)


def training_loss(network: nn.Module, images: Tensor, labels: Tensor) -> Tensor:
    """Return the mean cross-entropy, plus that of auxiliary heads times their weight."""
    logits, *auxiliary = all_logits(network, images)
    loss = F.cross_entropy(logits, labels)
    for each in auxiliary:
        loss = loss + AUXILIARY_WEIGHT * F.cross_entropy(each, labels)
    return loss


def check_layer(
    name: str, kind: str, tensors: list[Tensor], loss: Callable[[], Tensor], probes: int
) -> LayerCheck:
    """Check `probes` numbers of every tensor against its `grad`."""
    worst, largest = 0.0, 0.0
    for tensor in tensors:
        # If no gradient reaches a tensor, moving it must not change the loss.
        gradient = torch.zeros_like(tensor) if tensor.grad is None else tensor.grad
        errors = relative_errors(
            lambda: loss().item(), tensor.detach().numpy(), gradient.numpy(), probes
        )
        worst = max(worst, *errors)
        largest = max(largest, gradient.abs().max().item())
    checked = sum(min(probes, tensor.numel()) for tensor in tensors)
    return LayerCheck(
        name, kind, sum(tensor.numel() for tensor in tensors), checked, largest, worst
    )


def relative_errors(
    loss: Callable[[], float], values: Array, gradient: Array, probes: int
) -> Iterator[float]:
    """Yield the relative error of the gradient at `probes` of the values.

    `values` is changed in place and restored. The largest gradient comes first, since mistakes show
    best there; the others are drawn at random, since a gradient may also be missing.
    """
    flat_gradient = gradient.ravel()
    others = np.random.default_rng(SEED).permutation(flat_gradient.size)
    largest = int(np.abs(flat_gradient).argmax())
    floor = max(1e-2 * abs(flat_gradient[largest]), 1e-4 * abs(loss()))
    for index in [largest, *others[others != largest][: probes - 1]]:
        place = np.unravel_index(index, values.shape)
        best = np.inf
        for step in STEPS:
            difference = central_difference(loss, values, place, step)
            larger = max(abs(flat_gradient[index]), abs(difference), floor)
            best = min(best, abs(flat_gradient[index] - difference) / larger)
            if best <= AGREEMENT:
                break
        yield float(best)


def central_difference(
    loss: Callable[[], float], values: Array, place: tuple[np.intp, ...], step: float
) -> float:
    """Return the derivative of the loss by one value, from two forward passes."""
    value = values[place]
    values[place] = value + step
    above = loss()
    values[place] = value - step
    below = loss()
    values[place] = value
    return (above - below) / (2 * step)


def check_byhand(pixels: int, classes: int, slope: Slope) -> GradientCheck:
    """Check the NumPy network of `byhand`, whose loss is half the squared error of one image.

    It has no gradient to read, so the gradient is computed from a training step, which changes the
    weights by minus the learning rate times the gradient.
    """
    random = np.random.default_rng(SEED)
    image, target = random.random((1, pixels)), np.eye(classes)[:1]
    network = Network(pixels, classes, slope=slope)
    stepped = deepcopy(network)
    stepped.learn_one_by_one(image, target)
    mask = deepcopy(network).draw_mask(network.hidden_units)  # the same mask as in the step

    def loss() -> float:
        return 0.5 * float(np.sum((target - network.forward(image, mask).output) ** 2))

    rows = []
    for name in ("first", "second"):
        before, after = getattr(network, name), getattr(stepped, name)
        gradient = (before - after) / LEARNING_RATE
        worst = max(relative_errors(loss, before, gradient, probes=BYHAND_PROBES))
        largest = float(np.abs(gradient).max())
        rows.append(LayerCheck(name, "dense", before.size, BYHAND_PROBES, largest, worst))
    return GradientCheck(tuple(rows), len(rows))
