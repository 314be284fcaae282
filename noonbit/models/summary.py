"""The layer table: output shapes, parameters, multiply-adds, receptive fields.

Read off one forward pass of an empty image, so it holds for any module, a user's own too. Costs one
inference of one image.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import torch
from torch import Tensor, nn

from noonbit.errors import ArtefactError
from noonbit.models.layers import Network, empty_batch
from noonbit.models.receptive_field import FieldTracker, Pair


@dataclass(frozen=True, slots=True)
class Layer:
    """One row of the table."""

    name: str
    kind: str
    output: tuple[int, ...]
    """Without the batch: (channels, height, width) or (units,)."""
    parameters: int
    multiply_adds: int
    """For one image; of convolutions and dense layers, where the work is."""
    receptive_field: Pair | None
    """Pixels (down, across) that one unit looks at; None where the output is no map."""


@dataclass(frozen=True, slots=True)
class Summary:
    """A network in figures."""

    layers: tuple[Layer, ...]
    parameters: int
    """As the network's source counts them."""
    trainable_parameters: int
    auxiliary_parameters: int
    """Of heads that work in training alone, and so have no row in the table."""
    batch_norm_statistics: int
    """Running means and variances: learned from the data, but not by gradients."""
    multiply_adds: int

    @property
    def receptive_field(self) -> Pair | None:
        """Of the last map; None for networks of dense layers alone."""
        fields = [layer.receptive_field for layer in self.layers if layer.receptive_field]
        return fields[-1] if fields else None


def summarise(
    model: nn.Module, shape: tuple[int, ...], *, counts_statistics: bool = False
) -> Summary:
    """The table of `model` for one input of `shape` (channels, height, width), or (words,).

    Raises `ArtefactError` where the network does not accept that shape.
    """
    layers = layers_of(model, shape)
    auxiliary = model.auxiliary.parameters() if isinstance(model, Network) else ()
    statistics = sum(
        buffer.numel()
        for name, buffer in model.named_buffers()
        if name.endswith(("running_mean", "running_var"))
    )
    return Summary(
        tuple(layers),
        parameters=count(model.parameters()) + (statistics if counts_statistics else 0),
        trainable_parameters=count(p for p in model.parameters() if p.requires_grad),
        auxiliary_parameters=count(auxiliary),
        batch_norm_statistics=statistics,
        multiply_adds=sum(layer.multiply_adds for layer in layers),
    )


def layers_of(model: nn.Module, shape: tuple[int, ...]) -> list[Layer]:
    """The layers in the order in which an empty image passes them; raises as `summarise`."""
    parameter = next(model.parameters(), None)
    device = torch.device("cpu") if parameter is None else parameter.device
    image = empty_batch(shape, device=device)
    tracker = FieldTracker(image)
    layers: list[Layer] = []
    names = {module: name for name, module in model.named_modules()}

    def record(module: nn.Module, inputs: tuple[Any, ...], output: Any) -> None:
        if isinstance(output, Tensor):
            layers.append(
                Layer(
                    names[module],
                    type(module).__name__,
                    tuple(output.shape[1:]),
                    count(module.parameters(recurse=False)),
                    multiply_adds(module, inputs, output),
                    tracker.size_of(output) if len(shape) > 1 else None,
                )
            )

    leaves = [
        module
        for module in model.modules()
        if isinstance(module, Counts) or not list(module.children())
    ]
    hooks = [module.register_forward_hook(record) for module in leaves]
    training = model.training
    try:
        with torch.no_grad(), tracker:
            model.eval()(image)
    except Exception as error:  # a user's own network may raise anything
        channels, *size = shape if len(shape) > 1 else ("words", *shape)
        shown = "x".join(map(str, (*size, channels)))
        raise ArtefactError(f"The network does not accept an input of {shown}: {error}") from error
    finally:
        model.train(training)
        for hook in hooks:
            hook.remove()
    return layers


def count(parameters: Iterable[Tensor]) -> int:
    """How many numbers they hold together."""
    return sum(parameter.numel() for parameter in parameters)


@runtime_checkable
class Counts(Protocol):
    """A layer that knows its own arithmetic."""

    def multiply_adds(self, *inputs: Tensor) -> int:
        """For one input."""


def multiply_adds(module: nn.Module, inputs: tuple[Any, ...], output: Tensor) -> int:
    """The multiplications (each with its addition) that one image costs in this layer."""
    if isinstance(module, Counts):
        return module.multiply_adds(*inputs)
    if isinstance(module, nn.Conv2d):
        per_value = module.weight[0].numel()
    elif isinstance(module, nn.Linear):
        per_value = module.in_features
    else:
        return 0
    return output.numel() * per_value
