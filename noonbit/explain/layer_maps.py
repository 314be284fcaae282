"""What each layer of a network computes from one item, with the gradients of the item's loss.

A pass of its own, beside those that train: in evaluation mode and without touching the gradients,
the statistics or the random streams of the training, so its bits do not depend on who watches.
Costs the forward and backward of one item.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from noonbit.models.dropout import Dropout
from noonbit.models.layers import FeedforwardNetwork, PadTo

FEW_LAYERS = 12
"""Networks of so many layers or fewer are shown whole."""
MANY_LAYERS = 24
"""Of networks with more, norms are left out: between a convolution and its ReLU they only scale."""
FOLDED_MAPS = 8
"""Maps of a layer that is not shown whole."""
MOST_MAPS = 256
MOST_INPUTS = 8
"""Inputs of a filter that are shown, of a convolution behind the first."""
LONGEST_SIDE = 64
"""Larger maps are thinned by taking every second, third, ... value."""
UNSEEN = (Dropout, nn.Dropout, nn.Dropout2d, nn.Flatten, nn.Identity, PadTo)
"""Layers that change no value here."""
NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.GroupNorm, nn.LayerNorm, nn.LocalResponseNorm)


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer in the order of the computation."""

    name: str
    """Of the module; with ` (2)` where it is used a second time."""
    module: nn.Module
    output: Tensor
    """For one item, with the batch's axis."""

    @property
    def maps(self) -> Tensor:
        """The output as maps (count, h, w), (count, 1, 1) of a dense layer."""
        return as_maps(self.output)

    @property
    def weight(self) -> Tensor | None:
        """Filters or a matrix; None for layers without any that is worth a picture."""
        weight = getattr(self.module, "weight", None)
        return weight if isinstance(weight, Tensor) and weight.ndim in (2, 4) else None


@dataclass(frozen=True, slots=True)
class Pass:
    """One item's way through a network."""

    inputs: Tensor
    """What the network took, normalised (1, *shape)."""
    logits: Tensor
    layers: list[Layer]
    gradients: dict[int, Tensor] = field(default_factory=dict)
    """By the `id` of a tensor: an output, a weight, or the inputs."""

    def gradient(self, tensor: Tensor | None) -> Tensor | None:
        """Return the gradient of the loss by a tensor of this pass, if there is one."""
        return None if tensor is None else self.gradients.get(id(tensor))


@contextmanager
def evaluation_mode(model: nn.Module) -> Iterator[None]:
    """Put every module into evaluation mode inside the block, and back as it was afterwards."""
    training = [module for module in model.modules() if module.training]
    for module in training:
        module.training = False
    try:
        yield
    finally:
        for module in training:
            module.training = True


@dataclass(frozen=True, slots=True, eq=False)
class LayerMaps:
    """What a layer computes from one item, to be shown."""

    name: str
    kind: str
    """The class of the layer: `Conv2d`."""
    detail: str
    """The size of its window, such as `5x5, stride 1, padding 2`, or nothing."""
    count: int
    """Maps that it computes, of which the first are here."""
    maps: NDArray[np.float32]
    """(shown, h, w), thinned to at most `LONGEST_SIDE` a side; (units, 1, 1) of a dense layer."""

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON, without the maps."""
        return {"name": self.name, "kind": self.kind, "detail": self.detail, "maps": self.count}


def watch_layers(network: nn.Module, inputs: Tensor, label: int) -> list[LayerMaps]:
    """Return what each layer computes from one normalised item (1, *shape) of class `label`."""
    seen = LayerProbe(network).run(inputs, label)
    return [
        LayerMaps(
            layer.name,
            type(layer.module).__name__,
            detail_of(layer.module),
            len(layer.maps),
            to_pictures(layer.maps, MOST_MAPS),
        )
        for layer in seen.layers
    ]


class LayerProbe:
    """Watches the layers of a network; they are found at the first pass."""

    def __init__(self, model: nn.Module) -> None:
        self.model = model
        leaves = {
            module: name
            for name, module in model.named_modules()
            if not any(True for _ in module.children()) and not is_auxiliary(model, name)
        }
        self.names = {m: name for m, name in leaves.items() if not isinstance(m, UNSEEN)}
        if len(self.names) > MANY_LAYERS:
            self.names = {m: n for m, n in self.names.items() if not isinstance(m, NORMS)}
        # Modules of FeedforwardNetwork never work in place; those of others may.
        self.copies = not isinstance(model, FeedforwardNetwork)

    def run(self, inputs: Tensor, label: int, whole: frozenset[str] = frozenset()) -> Pass:
        """Pass one normalised item (1, *shape) of class `label` through the network and back.

        Gradients are those of its cross-entropy, by the inputs and by what is shown of layers: all
        of them in a network of a few layers, else those that `whole` names.
        """
        layers: list[Layer] = []
        counts: dict[str, int] = {}

        def note(module: nn.Module, given: tuple[Any, ...], output: Any) -> None:
            if isinstance(output, Tensor) and output.ndim >= 2 and output.is_floating_point():
                name = self.names[module]
                counts[name] = counts.get(name, 0) + 1
                if counts[name] > 1:
                    name = f"{name} ({counts[name]})"
                layers.append(Layer(name, module, output.clone() if self.copies else output))

        hooks = [module.register_forward_hook(note) for module in self.names]
        try:
            with evaluation_mode(self.model), torch.enable_grad():
                if inputs.is_floating_point():
                    inputs = inputs.detach().requires_grad_()
                logits = self.model(inputs)
        finally:
            for hook in hooks:
                hook.remove()
        seen = Pass(inputs, logits, layers)
        loss = F.cross_entropy(logits.float(), torch.tensor([label], device=logits.device))
        shown = [each for each in layers if len(layers) <= FEW_LAYERS or each.name in whole]
        weights = [layer.weight for layer in shown if layer.weight is not None]
        wanted = {
            id(each): each
            for each in (inputs, *(layer.output for layer in shown), *weights)
            if each.requires_grad
        }
        found = torch.autograd.grad(loss, list(wanted.values()), allow_unused=True)
        for key, gradient in zip(wanted, found, strict=True):
            if gradient is not None:
                seen.gradients[key] = gradient
        return seen


def is_auxiliary(model: nn.Module, name: str) -> bool:
    """Whether a module belongs to a head that is used in training only."""
    return isinstance(model, FeedforwardNetwork) and name.startswith("auxiliary.")


def as_maps(values: Tensor) -> Tensor:
    """Turn what a layer gives for one item (1, ...) into maps (count, h, w)."""
    values = values.detach()[0]
    if values.ndim == 1:
        return values[:, None, None]
    if values.ndim == 2:  # channels x words: one map
        return values[None]
    return values.flatten(0, -3)


def to_pictures(maps: Tensor, most: int) -> NDArray[np.float32]:
    """Return the first maps as float32 (count, h, w), thinned to at most `LONGEST_SIDE` a side."""
    maps = maps[:most]
    rows, columns = (-(-side // LONGEST_SIDE) for side in maps.shape[1:])
    return thinned(maps, rows, columns).float().cpu().numpy()


def thinned(maps: Tensor, rows: int, columns: int) -> Tensor:
    """Take every so-manieth row and column."""
    return maps[:, ::rows, ::columns] if rows > 1 or columns > 1 else maps


def filters_of(weight: Tensor, most: int) -> tuple[NDArray[np.float32], int]:
    """Return the weights of the first outputs as maps, and how many stand in a row; 0 for any.

    Filters of three inputs are colour pictures (count, 3, h, w); of deeper ones the first
    `MOST_INPUTS` inputs are shown, a row for each output. Of a dense layer each output is a row.
    """
    weight = weight.detach()[:most]
    if weight.ndim == 2:
        rows = weight[:, :: -(-weight.shape[1] // (4 * LONGEST_SIDE))]
        return rows[None].float().cpu().numpy(), 0
    if weight.shape[1] == 3:
        return weight.float().cpu().numpy(), 0
    shown = weight[:, :MOST_INPUTS]
    columns = shown.shape[1] if shown.shape[1] > 1 else 0
    return shown.flatten(0, 1).float().cpu().numpy(), columns


def detail_of(module: nn.Module) -> str:
    """Return the size of a layer's window, such as `5x5, stride 1, padding 2`."""
    if not isinstance(module, nn.Conv2d | nn.MaxPool2d | nn.AvgPool2d):
        return ""
    window = "x".join(map(str, pair(module.kernel_size)))
    stride = "x".join(map(str, dict.fromkeys(pair(module.stride))))
    padding = module.padding
    text = padding if isinstance(padding, str) else "x".join(map(str, dict.fromkeys(pair(padding))))
    return f"{window}, stride {stride}, padding {text}"


def pair(value: int | tuple[int, ...]) -> tuple[int, ...]:
    """Return height and width of what PyTorch takes as one number or two."""
    return (value, value) if isinstance(value, int) else tuple(value)
