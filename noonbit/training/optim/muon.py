"""Muon: momentum whose step is orthogonalised, for convolution filters."""

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.adamw import adamw

from noonbit.training.optim.base import Optimizer

MUON_SMALL_RATE = 0.2
"""The learning rate of biases, norms and dense layers, as a fraction of the filters'."""


class Muon(Optimizer):
    """Momentum with an orthogonalised step for each filter bank; AdamW for all other parameters.

    Jordan et al., "Muon: an optimizer for hidden layers in neural networks", 2024, in the form that
    the CIFAR-10 speed records use: a filter bank (out, in, h, w) is a matrix of `out` rows, kept at
    the norm sqrt(out), which suits filters that feed a batch norm. PyTorch's own Muon supports
    matrices only. Costs a few small matrix products a step, whatever the batch size.
    """

    def __init__(
        self,
        parameters: list[nn.Parameter],
        *,
        lr: float,
        momentum: float,
        weight_decay: float,
        dtype: torch.dtype,
    ) -> None:
        filters = [p for p in parameters if p.ndim == 4]
        matrices = [p for p in parameters if p.ndim != 4 and p.ndim > 1]
        vectors = [p for p in parameters if p.ndim <= 1]
        # "fused" tells PyTorch's `load_state_dict` to put the step count on the weights' device.
        small = {"orthogonal": False, "rate": MUON_SMALL_RATE, "fused": True}
        groups: list[dict[str, Any]] = [
            {"params": filters, "orthogonal": True, "rate": 1.0},
            {"params": matrices, **small},
            {"params": vectors, **small, "weight_decay": 0.0},
        ]
        groups = [group for group in groups if group["params"]]
        super().__init__(groups, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})
        self.dtype = dtype

    def require_momentum(self) -> None:
        """See `Optimizer`: it is that of the filters."""

    def init_state(self, value: Tensor) -> dict[str, Tensor]:
        """A momentum of zero for a filter bank; else two moving averages and a step count of 0."""
        if value.ndim == 4:
            return {"momentum": torch.zeros_like(value)}
        return {
            "step": torch.zeros((), device=value.device),
            "mean": torch.zeros_like(value),
            "square": torch.zeros_like(value),
        }

    def update(self, values: list[Tensor], gradients: list[Tensor], group: dict[str, Any]) -> None:
        """See `Optimizer`."""
        if group["orthogonal"]:
            for filters, gradient in zip(values, gradients, strict=True):
                self.update_filters(filters, gradient, group)
        else:
            self.update_small(values, gradients, group)

    def update_filters(self, filters: Tensor, gradient: Tensor, group: dict[str, Any]) -> None:
        """Take one bank's step: Nesterov momentum, orthogonalised."""
        momentum = self.states_of([filters])[0]["momentum"]
        momentum.mul_(group["momentum"]).add_(gradient)
        direction = gradient.add(momentum, alpha=group["momentum"])
        # The clamp is for filters initialised to zero, which have no norm to keep.
        filters.mul_(math.sqrt(len(filters)) / filters.norm().clamp_min(1e-7))
        matrix = orthogonalise(direction.reshape(len(filters), -1).to(self.dtype))
        step, rate = matrix.view(direction.shape), group["lr"]
        if isinstance(rate, Tensor):  # on the device, for a captured CUDA graph
            filters.addcmul_(step.to(filters.dtype), rate, value=-1)
        else:
            filters.add_(step, alpha=-rate)

    def update_small(
        self, values: list[Tensor], gradients: list[Tensor], group: dict[str, Any]
    ) -> None:
        """Take a step of AdamW (Loshchilov and Hutter, 2019), with betas 0.9 and 0.95."""
        states = self.states_of(values)
        adamw(
            values,
            gradients,
            [state["mean"] for state in states],
            [state["square"] for state in states],
            [],
            [state["step"] for state in states],
            fused=True,
            amsgrad=False,
            maximize=False,
            beta1=0.9,
            beta2=0.95,
            lr=group["lr"],
            weight_decay=group["weight_decay"],
            eps=1e-8,
        )


def orthogonalise(matrix: Tensor) -> Tensor:
    """Bring all singular values near 1, by three Newton-Schulz steps.

    The coefficients are Jordan's: they reach [0.7, 1.2] fastest, and closer does not train better.
    Each step multiplies by a polynomial of the small Gram matrix. Multiplying the polynomials with
    each other first, and with the matrix once, is a third of the work.
    """
    a, b, c = 3.4445, -4.7750, 2.0315
    wide = matrix if matrix.shape[0] <= matrix.shape[1] else matrix.T
    wide = wide / (wide.norm() + 1e-7)
    gram = (wide @ wide.T).float()
    identity = torch.eye(len(gram), device=gram.device)
    product = identity
    for _ in range(3):
        polynomial = torch.addmm(torch.add(a * identity, gram, alpha=b), gram, gram, alpha=c)
        product = polynomial @ product
        gram = polynomial @ gram @ polynomial
    result: Tensor = product.to(matrix.dtype) @ wide
    return result if matrix.shape[0] <= matrix.shape[1] else result.T
