"""SGD, Adam and RMSprop: PyTorch's steps, without what it does around them.

At every step its optimisers sort their tensors by device and type: 35 us of the 590 us of a step of
`mlp` at batch 32. The tensors of a network are of one device and one type, so here the kernel is
called at once; a fused one, where there is one, makes a single pass over each tensor instead of
four. Results and state are PyTorch's, bit by bit.
"""

from typing import Any

import torch
from torch import Tensor
from torch.optim.rmsprop import rmsprop

from noonbit.training.optim.base import Optimizer


class Sgd(Optimizer):
    """Gradient descent; with momentum, in Nesterov's form."""

    def __init__(self, groups: list[dict[str, Any]], *, lr: float, momentum: float) -> None:
        super().__init__(groups, {"lr": lr, "momentum": momentum})

    def begin(self, value: Tensor) -> dict[str, Tensor]:
        """Zeros, so that momentum after the first step is the first gradient, as in PyTorch."""
        return {"momentum_buffer": torch.zeros_like(value)}

    def change(self, values: list[Tensor], gradients: list[Tensor], group: dict[str, Any]) -> None:
        """One step of these parameters."""
        momentum = group["momentum"]
        torch._fused_sgd_(
            values,
            gradients,
            [one["momentum_buffer"] for one in self.remembered(values)] if momentum else [],
            weight_decay=group["weight_decay"],
            momentum=momentum,
            lr=group["lr"],
            dampening=0.0,
            nesterov=momentum > 0,
            maximize=False,
            is_first_step=False,
        )


class Adam(Optimizer):
    """Adam (Kingma and Ba, 2015), or with `decoupled` weight decay AdamW (Loshchilov, 2019)."""

    def __init__(
        self, groups: list[dict[str, Any]], *, lr: float, epsilon: float, decoupled: bool
    ) -> None:
        # "fused" is for PyTorch, which loads the count of steps to where the weights are.
        defaults = {"lr": lr, "betas": (0.9, 0.999), "eps": epsilon, "fused": True}
        super().__init__(groups, defaults)
        self.kernel = torch._fused_adamw_ if decoupled else torch._fused_adam_

    def begin(self, value: Tensor) -> dict[str, Tensor]:
        """Two averages of zeros, before the first step."""
        return {
            "step": torch.zeros((), device=value.device),
            "exp_avg": torch.zeros_like(value),
            "exp_avg_sq": torch.zeros_like(value),
        }

    def change(self, values: list[Tensor], gradients: list[Tensor], group: dict[str, Any]) -> None:
        """One step of these parameters."""
        remembered = self.remembered(values)
        steps = [one["step"] for one in remembered]
        torch._foreach_add_(steps, 1)
        beta1, beta2 = group["betas"]
        self.kernel(
            values,
            gradients,
            [one["exp_avg"] for one in remembered],
            [one["exp_avg_sq"] for one in remembered],
            [],
            steps,
            lr=group["lr"],
            beta1=beta1,
            beta2=beta2,
            weight_decay=group["weight_decay"],
            eps=group["eps"],
            amsgrad=False,
            maximize=False,
        )


class RMSprop(Optimizer):
    """The root mean square of the gradients (Hinton's lecture, 2012); there is no fused kernel."""

    def __init__(
        self, groups: list[dict[str, Any]], *, lr: float, alpha: float, epsilon: float
    ) -> None:
        super().__init__(groups, {"lr": lr, "alpha": alpha, "eps": epsilon})

    def begin(self, value: Tensor) -> dict[str, Tensor]:
        """A mean of zeros, before the first step."""
        return {"step": torch.zeros(()), "square_avg": torch.zeros_like(value)}

    def change(self, values: list[Tensor], gradients: list[Tensor], group: dict[str, Any]) -> None:
        """One step of these parameters."""
        remembered = self.remembered(values)
        rmsprop(
            values,
            gradients,
            [one["square_avg"] for one in remembered],
            [],
            [],
            [one["step"] for one in remembered],
            foreach=False,
            lr=group["lr"],
            alpha=group["alpha"],
            eps=group["eps"],
            weight_decay=group["weight_decay"],
            momentum=0.0,
            centered=False,
        )
