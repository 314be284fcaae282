"""The gradient check: backpropagation against differences of the loss.

    slope of the loss along one number  =  (loss(number + h) - loss(number - h)) / 2h

The central difference needs forward passes alone, so it knows nothing of the way back and finds its
mistakes. Both sides are taken in float64: the difference cancels about ten digits, more than
float32 has. What has to be held still, and how:

- **Kinks.** At a kink of ReLU or of a maximum the slope jumps, and a difference across one is wrong
  although the gradient is right. A smaller step crosses fewer but cancels more digits. So where
  the first step disagrees, smaller ones are tried and the best agreement counts: a right gradient
  agrees at some step, a wrong one at none.
- **The point.** A gradient may be checked anywhere, and initial values are a bad place: zeros put
  units exactly on a kink or hide a gradient behind a factor of zero, tiny filters bring all kinks
  within a step. So weights are drawn anew (He's, which keep the size of signals), and biases and
  norms moved a little at random.
- **Dropout** draws the same mask at each pass.
- **Batch norm** normalises with the statistics of the batch, as in training: its way back through
  them is part of what is checked.
- **Auxiliary heads** count with the weight that they have in training.
- **Frozen parameters** have no gradient to check.

Errors are relative to the larger of both slopes, but at least to a hundredth of the largest in the
same tensor and to 1e-4 of the loss, since a slope near zero is all rounding (that of a bias before
batch norm is zero). 1e-7 is usual; see `TOLERANCE`.

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

from noonbit.course.byhand import HIDDEN, LEARNING_RATE, Network, Slope
from noonbit.data.preprocess.text import UNKNOWN
from noonbit.errors import ArtefactError
from noonbit.models.layers import seed_dropout
from noonbit.training.gradients import AUXILIARY_WEIGHT, all_logits

TOLERANCE = 1e-5
"""A larger relative error is a mistake: a forgotten factor or term gives 1e-2 to 1."""
AGREEMENT = 1e-6
"""A relative error that no smaller step need try to improve."""
STEPS = (1e-5, 1e-6, 1e-7)
"""Tried in turn until one agrees."""
IMAGES = 4
"""In the batch; batch norm over fewer would be nearly a step function."""
FEWEST_PROBES, MOST_PROBES = 32, 96
"""Numbers that are moved in all; few where each of the two passes that it takes is dear."""
WORK = 1_000_000_000
"""Probes times parameters: about ten seconds of one core."""
MOST_PROBES_OF_ONE = 8
"""Of one tensor."""
SEED = 0

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class LayerCheck:
    """What the check found in one layer."""

    name: str
    kind: str
    parameters: int
    """How many numbers the layer learns; of the images, how many pixels there are."""
    checked: int
    """How many of them were moved; 0 where the layer is frozen."""
    largest: float
    """The largest slope by backpropagation; 0 where no gradient reaches the layer."""
    worst: float
    """The largest relative error among those that were moved."""

    @property
    def passed(self) -> bool:
        """Whether the gradient is right, as far as it was checked."""
        return self.worst <= TOLERANCE


@dataclass(frozen=True, slots=True)
class GradientCheck:
    """What the check found in a network."""

    layers: tuple[LayerCheck, ...]
    layers_in_all: int
    """With those of a deep network that were passed over."""

    @property
    def worst(self) -> float:
        """The largest relative error of all."""
        return max(layer.worst for layer in self.layers)

    @property
    def passed(self) -> bool:
        """Whether every layer passed."""
        return all(layer.passed for layer in self.layers)


def random_batch(classes: int, shape: tuple[int, ...], *, words: int = 0) -> tuple[Tensor, Tensor]:
    """Normal float64 images (4, channels, height, width) and int64 labels (4,), always the same.

    Of a `shape` of (length,), sentences of so many `words`.
    """
    generator = torch.Generator().manual_seed(SEED)
    if len(shape) == 1:
        inputs = torch.randint(UNKNOWN, words, (IMAGES, *shape), generator=generator)
    else:
        inputs = torch.randn(IMAGES, *shape, dtype=torch.float64, generator=generator)
    return inputs, torch.randint(classes, (IMAGES,), generator=generator)


def check(model: nn.Module, images: Tensor, labels: Tensor) -> GradientCheck:
    """Check the gradient of the mean cross-entropy, layer by layer, and that of the images.

    `images` is float (N, C, H, W), or the numbers of words (N, length), `labels` int64 (N,). Works
    on a float64 copy of the network, on the processor. Of networks with many layers or parameters,
    some layers are checked, evenly spread. Raises `ArtefactError` where the network cannot take the
    images.
    """
    network = deepcopy(model).cpu().double().train()
    batch = images.detach().cpu().clone()
    if batch.is_floating_point():  # the numbers of words have no slope
        batch = batch.double().requires_grad_()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED)
        move_to_usual_point(network)

        def loss() -> Tensor:
            torch.manual_seed(SEED)  # for the random numbers of a user's own network
            seed_dropout(network, SEED)
            return training_loss(network, batch, labels)

        try:
            loss().backward()
        except Exception as error:  # a user's own network may raise anything
            raise ArtefactError(
                f"The network cannot be trained in float64 on {list(batch.shape)}: {error}"
            ) from error
        layers = [
            (name, module)
            for name, module in network.named_modules()
            if list(module.parameters(recurse=False))
        ]
        with torch.no_grad():
            rows = tuple(
                check_layer(name, kind, tensors, loss, probes)
                for name, kind, tensors, probes in chosen(layers, batch)
            )
    return GradientCheck(rows, batch.requires_grad + len(layers))


def chosen(
    layers: list[tuple[str, nn.Module]], images: Tensor
) -> Iterator[tuple[str, str, list[Tensor], int]]:
    """What is checked: name, kind, tensors, and how many numbers of each tensor."""
    learning = [name for name, module in layers if trainable(module)]
    tensors = sum(len(trainable(module)) for _, module in layers)
    parameters = sum(tensor.numel() for _, module in layers for tensor in trainable(module))
    probes = min(MOST_PROBES, max(FEWEST_PROBES, WORK // max(1, parameters)))
    count = min(len(learning), max(2, probes * len(learning) // max(1, tensors)))
    spread = {learning[index] for index in np.linspace(0, len(learning) - 1, count).astype(int)}
    each = min(MOST_PROBES_OF_ONE, max(1, probes // (tensors + 1)))
    if images.requires_grad:
        yield "images", "input", [images], each
    for name, module in layers:
        if name in spread or not trainable(module):
            yield name, type(module).__name__, trainable(module), each


def trainable(module: nn.Module) -> list[Tensor]:
    """What a module itself learns."""
    return [p for p in module.parameters(recurse=False) if p.requires_grad]


@torch.no_grad()
def move_to_usual_point(network: nn.Module) -> None:
    """Draw new weights that keep the size of signals, and move biases and norms off their start."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
    for parameter in network.parameters():
        if parameter.ndim <= 1:
            parameter.add_(torch.randn_like(parameter), alpha=0.1)


def training_loss(network: nn.Module, images: Tensor, labels: Tensor) -> Tensor:
    """Mean cross-entropy of the logits, and that of auxiliary heads with their weight."""
    logits, *auxiliary = all_logits(network, images)
    loss = F.cross_entropy(logits, labels)
    for each in auxiliary:
        loss = loss + AUXILIARY_WEIGHT * F.cross_entropy(each, labels)
    return loss


def check_layer(
    name: str, kind: str, tensors: list[Tensor], loss: Callable[[], Tensor], probes: int
) -> LayerCheck:
    """Check some numbers of every tensor, whose gradients are there."""
    worst, largest = 0.0, 0.0
    for tensor in tensors:
        # What no gradient reaches must not move the loss either.
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
    """The relative error of the gradient at some of the values, which are moved and put back.

    The largest slope comes first, since mistakes show best where there is signal; the others are
    drawn, since a mistake may be that a slope is missing.
    """
    slopes = gradient.ravel()
    others = np.random.default_rng(SEED).permutation(slopes.size)
    largest = int(np.abs(slopes).argmax())
    floor = max(1e-2 * abs(slopes[largest]), 1e-4 * abs(loss()))
    for index in [largest, *others[others != largest][: probes - 1]]:
        place = np.unravel_index(index, values.shape)
        best = np.inf
        for step in STEPS:
            difference = central_difference(loss, values, place, step)
            larger = max(abs(slopes[index]), abs(difference), floor)
            best = min(best, abs(slopes[index] - difference) / larger)
            if best <= AGREEMENT:
                break
        yield float(best)


def central_difference(
    loss: Callable[[], float], values: Array, place: tuple[np.intp, ...], step: float
) -> float:
    """The slope of the loss along one value, by two forward passes."""
    value = values[place]
    values[place] = value + step
    above = loss()
    values[place] = value - step
    below = loss()
    values[place] = value
    return (above - below) / (2 * step)


def check_byhand(pixels: int, classes: int, slope: Slope) -> GradientCheck:
    """The same for the network written by hand: half the squared error of one image.

    Its gradient is read off a step that it takes, which changes the weights by the learning rate
    times the slope, downhill.
    """
    random = np.random.default_rng(SEED)
    image, target = random.random((1, pixels)), np.eye(classes)[:1]
    network = Network(pixels, classes, slope=slope)
    stepped = deepcopy(network)
    stepped.learn_one_by_one(image, target)
    mask = deepcopy(network).draw_mask(HIDDEN)  # the one that the step drew

    def loss() -> float:
        return 0.5 * float(np.sum((target - network.forward(image, mask).output) ** 2))

    rows = []
    for name in ("first", "second"):
        before, after = getattr(network, name), getattr(stepped, name)
        gradient = (before - after) / LEARNING_RATE
        worst = max(relative_errors(loss, before, gradient, probes=HIDDEN))
        largest = float(np.abs(gradient).max())
        rows.append(LayerCheck(name, "dense", before.size, HIDDEN, largest, worst))
    return GradientCheck(tuple(rows), len(rows))
