"""A parameter in the dtype of the matrix products, with the memory of its gradient."""

import torch
from torch import Tensor, nn


class ComputeParameter:
    """A parameter in the dtype of the matrix products, and where its gradient is stored.

    `value` is a copy if the dtypes differ, which `FusedNetwork` refreshes each step; otherwise it
    shares the parameter's memory. `gradient` has the parameter's own dtype.
    """

    def __init__(self, parameter: Tensor, dtype: torch.dtype) -> None:
        self.parameter = parameter
        self.value = parameter.data
        if parameter.dtype != dtype:
            self.value = torch.empty_like(parameter, dtype=dtype, requires_grad=False)
        self.gradient = torch.empty_like(parameter, requires_grad=False)

    @property
    def requires_grad(self) -> bool:
        """Whether the parameter is trained."""
        return self.parameter.requires_grad

    def publish_gradient(self) -> None:
        """Make `gradient` the parameter's `grad`, where the optimiser reads it."""
        self.parameter.grad = self.gradient


class WeightAndBias:
    """The weight and the optional bias of a convolution or a dense layer."""

    def __init__(self, layer: nn.Conv2d | nn.Linear, dtype: torch.dtype) -> None:
        self.weight = ComputeParameter(layer.weight, dtype)
        self.bias = None if layer.bias is None else ComputeParameter(layer.bias, dtype)
        self.compute_parameters = [each for each in (self.weight, self.bias) if each is not None]

    @property
    def bias_value(self) -> Tensor | None:
        """The bias in the dtype of the products; None without one."""
        return None if self.bias is None else self.bias.value

    @property
    def bias_gradient(self) -> Tensor | None:
        """Where the bias's gradient is stored; None without one."""
        return None if self.bias is None else self.bias.gradient

    @property
    def trains_bias(self) -> bool:
        """Whether there is a bias that is trained."""
        return self.bias is not None and self.bias.requires_grad
