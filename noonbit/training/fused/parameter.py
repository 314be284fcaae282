"""A parameter as a chain works with it."""

import torch
from torch import Tensor


class Working:
    """A parameter in the type of the products, and where its gradient is put."""

    def __init__(self, parameter: Tensor, dtype: torch.dtype) -> None:
        self.parameter = parameter
        self.value = parameter.data
        if parameter.dtype != dtype:
            self.value = torch.empty_like(parameter, dtype=dtype, requires_grad=False)
        self.gradient = torch.empty_like(parameter, requires_grad=False)

    @property
    def learns(self) -> bool:
        """Whether it has a gradient."""
        return self.parameter.requires_grad

    def receive(self, gradient: Tensor) -> None:
        """Take a gradient of any type and memory order."""
        self.gradient.copy_(gradient)
        self.parameter.grad = self.gradient

    def receive_product(self, left: Tensor, right: Tensor) -> None:
        """Take a matrix product for a gradient, without a copy where the type is the same."""
        if left.dtype == self.gradient.dtype:
            torch.mm(left, right, out=self.gradient)
            self.parameter.grad = self.gradient
        else:
            self.receive(left @ right)
