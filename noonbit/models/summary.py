"""The layer table: output shapes, parameters, multiply-adds, receptive fields.

Measured in one forward pass of a placeholder input, so it works for any module. Costs the inference
of one image.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import torch
from torch import Tensor, nn

from noonbit.models.custom import refuse_failures
from noonbit.models.layers import FeedforwardNetwork, empty_batch
from noonbit.models.receptive_field import FieldTracker, Pair


@dataclass(frozen=True, slots=True)
class LayerSummary:
    """One row of the table."""

    name: str
    kind: str
    output: tuple[int, ...]
    """Without the batch: (channels, height, width) or (units,)."""
    parameters: int
    multiply_adds: int
    """For one image; counted for convolutions and dense layers, 0 for most others."""
    receptive_field: Pair | None
    """(height, width) in pixels; None if the output is no feature map."""


@dataclass(frozen=True, slots=True)
class Summary:
    """The layer table and its totals."""

    layers: tuple[LayerSummary, ...]
    parameters: int
    """As the network's source counts them: some include batch-norm statistics."""
    trainable_parameters: int
    auxiliary_parameters: int
    """Parameters of heads used in training only, which have no row in the table."""
    batch_norm_statistics: int
    """Running means and variances, which are estimated rather than trained."""
    multiply_adds: int

    @property
    def receptive_field(self) -> Pair | None:
        """The last feature map's; None for networks of dense layers only."""
        fields = [layer.receptive_field for layer in self.layers if layer.receptive_field]
        return fields[-1] if fields else None


def summarise(
    model: nn.Module,
    shape: tuple[int, ...],
    *,
    of_words: bool | None = None,
    counts_statistics: bool = False,
) -> Summary:
    """Summarise `model` for one input of `shape` (channels, height, width), or (length,).

    `of_words` says whether inputs are numbers of words; by default where the shape has one axis.

    Raises `UsageError` if the network does not accept that shape.
    """
    layers = summarise_layers(model, shape, of_words=of_words)
    auxiliary = model.auxiliary.parameters() if isinstance(model, FeedforwardNetwork) else ()
    statistics = sum(
        buffer.numel()
        for name, buffer in model.named_buffers()
        if name.endswith(("running_mean", "running_var"))
    )
    return Summary(
        tuple(layers),
        parameters=count_values(model.parameters()) + (statistics if counts_statistics else 0),
        trainable_parameters=count_values(p for p in model.parameters() if p.requires_grad),
        auxiliary_parameters=count_values(auxiliary),
        batch_norm_statistics=statistics,
        multiply_adds=sum(layer.multiply_adds for layer in layers),
    )


def summarise_layers(
    model: nn.Module, shape: tuple[int, ...], *, of_words: bool | None = None
) -> list[LayerSummary]:
    """Summarise the layers in call order; raises as `summarise`."""
    parameter = next(model.parameters(), None)
    device = torch.device("cpu") if parameter is None else parameter.device
    image = empty_batch(shape, of_words=of_words, device=device)
    tracker = FieldTracker(image)
    layers: list[LayerSummary] = []
    names = {module: name for name, module in model.named_modules()}

    def add_row(module: nn.Module, inputs: tuple[Any, ...], output: Any) -> None:
        if isinstance(output, Tensor):
            layers.append(
                LayerSummary(
                    names[module],
                    type(module).__name__,
                    tuple(output.shape[1:]),
                    count_values(module.parameters(recurse=False)),
                    count_multiply_adds(module, inputs, output),
                    tracker.size_of(output) if len(shape) > 1 else None,
                )
            )

    leaves = [
        module
        for module in model.modules()
        if isinstance(module, HasMultiplyAdds) or not list(module.children())
    ]
    hooks = [module.register_forward_hook(add_row) for module in leaves]
    training = model.training
    channels, *size = shape if len(shape) > 1 else ("words", *shape)
    dimensions = "x".join(map(str, (*size, channels)))
    try:
        with (
            refuse_failures(f"The network does not accept an input of {dimensions}"),
            torch.no_grad(),
            tracker,
        ):
            model.eval()(image)
    finally:
        model.train(training)
        for hook in hooks:
            hook.remove()
    return layers


def count_values(tensors: Iterable[Tensor]) -> int:
    """The total number of elements."""
    return sum(tensor.numel() for tensor in tensors)


@runtime_checkable
class HasMultiplyAdds(Protocol):
    """A layer that counts its own multiply-adds."""

    def multiply_adds(self, *inputs: Tensor) -> int:
        """Count them for one item of the batch."""


def count_multiply_adds(module: nn.Module, inputs: tuple[Any, ...], output: Tensor) -> int:
    """Count the multiply-adds of this layer for one image."""
    if isinstance(module, HasMultiplyAdds):
        return module.multiply_adds(*inputs)
    if isinstance(module, nn.Conv2d):
        per_value = module.weight[0].numel()
    elif isinstance(module, nn.Linear):
        per_value = module.in_features
    else:
        return 0
    return output.numel() * per_value
