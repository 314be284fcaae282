"""Optimisers by name, and learning-rate schedules as functions of the step."""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.adamw import adamw

from noonbit.adadelta import Adadelta
from noonbit.descent import Adam, RMSprop, Sgd
from noonbit.optimizer import Optimizer
from noonbit.recipe import OptimizerName, ScheduleName

Schedule = Callable[[int], float]
"""Step, from 0 -> learning rate."""

MUON_SMALL_RATE = 0.2
"""Muon's biases, norms and dense layers learn at this share of its filters' learning rate."""


def make_optimizer(
    model: nn.Module,
    name: OptimizerName,
    *,
    lr: float,
    momentum: float,
    weight_decay: float,
    epsilon: float,
    dtype: torch.dtype = torch.float32,
) -> torch.optim.Optimizer:
    """The optimiser over all trainable parameters.

    Weight decay acts on matrices and filters alone: a decayed bias or batch-norm scale only loses
    accuracy (Goyal et al., 2017). `momentum` is SGD's and Muon's, in Nesterov's form; the others
    keep their papers' values. RMSprop uses Keras's rho of 0.9, since its users come from there, and
    Adadelta 0.95 as its paper does. `epsilon` is added to the root of the mean square; Keras adds
    it before Adam's correction of the first steps, which makes no difference worth a figure.
    `dtype` is of Muon's matrix products, which bear bfloat16 where it is fast.
    """
    parameters = [p for p in model.parameters() if p.requires_grad]
    if name == "muon":
        return Muon(parameters, lr=lr, momentum=momentum, weight_decay=weight_decay, dtype=dtype)
    groups: list[dict[str, Any]] = [{"params": parameters, "weight_decay": 0.0}]
    if weight_decay:  # a second group costs some 50 us a step
        groups = [
            {"params": [p for p in parameters if p.ndim > 1], "weight_decay": weight_decay},
            {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
        ]
        groups = [group for group in groups if group["params"]]
    match name:
        case "sgd":
            return Sgd(groups, lr=lr, momentum=momentum)
        case "adam":
            return Adam(groups, lr=lr, epsilon=epsilon, decoupled=False)
        case "adamw":
            return Adam(groups, lr=lr, epsilon=epsilon, decoupled=True)
        case "rmsprop":
            return RMSprop(groups, lr=lr, alpha=0.9, epsilon=epsilon)
        case "adadelta":
            tables = [] if weight_decay else tables_of(model)  # decay would change every row
            return Adadelta(groups, tables, lr=lr, epsilon=epsilon)


def tables_of(model: nn.Module) -> list[nn.Parameter]:
    """The vectors of words that a network learns: of each, few rows have a gradient."""
    tables = [module for module in model.modules() if isinstance(module, nn.Embedding)]
    weights = [table.get_parameter("weight") for table in tables]
    return [weight for weight in weights if weight.requires_grad]


class Muon(Optimizer):
    """Momentum whose step on each filter bank is made orthogonal; Adam for everything else.

    Jordan et al., "Muon: an optimizer for hidden layers in neural networks", 2024, in the form that
    the CIFAR-10 speed records use: a bank (out, in, h, w) is a matrix of `out` rows, kept at the
    norm sqrt(out), which suits filters that feed a batch norm. PyTorch's own Muon takes matrices
    only. Costs a few small matrix products a step, whatever the batch size.
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
        # "fused" is for PyTorch, which loads the count of steps to where the weights are.
        small = {"orthogonal": False, "rate": MUON_SMALL_RATE, "fused": True}
        groups: list[dict[str, Any]] = [
            {"params": filters, "orthogonal": True, "rate": 1.0},
            {"params": matrices, **small},
            {"params": vectors, **small, "weight_decay": 0.0},
        ]
        groups = [group for group in groups if group["params"]]
        super().__init__(groups, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})
        self.dtype = dtype

    def change(self, values: list[Tensor], gradients: list[Tensor], group: dict[str, Any]) -> None:
        """One step of these parameters."""
        if group["orthogonal"]:
            for filters, gradient in zip(values, gradients, strict=True):
                self.change_filters(filters, gradient, group)
        else:
            self.change_small(values, gradients, group)

    def change_filters(self, filters: Tensor, gradient: Tensor, group: dict[str, Any]) -> None:
        """One bank's step: Nesterov momentum, orthogonalised."""
        state = self.state[filters]
        if not state:
            state["momentum"] = torch.zeros_like(filters)
        momentum = state["momentum"]
        momentum.mul_(group["momentum"]).add_(gradient)
        direction = gradient.add(momentum, alpha=group["momentum"])
        # Filters of zeros, as some networks begin with, have no norm to keep.
        filters.mul_(math.sqrt(len(filters)) / filters.norm().clamp_min(1e-7))
        update = orthogonalised(direction.reshape(len(filters), -1).to(self.dtype))
        change, rate = update.view(direction.shape), group["lr"]
        if isinstance(rate, Tensor):  # in memory, for a step that is recorded
            filters.addcmul_(change.to(filters.dtype), rate, value=-1)
        else:
            filters.add_(change, alpha=-rate)

    def change_small(
        self, values: list[Tensor], gradients: list[Tensor], group: dict[str, Any]
    ) -> None:
        """AdamW (Loshchilov and Hutter, 2019) with betas 0.9 and 0.95, all tensors in one call."""
        for value in values:
            state = self.state[value]
            if not state:
                state["step"] = torch.zeros((), device=value.device)
                state["mean"] = torch.zeros_like(value)
                state["square"] = torch.zeros_like(value)
        states = [self.state[value] for value in values]
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


def orthogonalised(matrix: Tensor) -> Tensor:
    """The nearest matrix with singular values of about 1, by three Newton-Schulz steps.

    The coefficients are Jordan's: they reach [0.7, 1.2] fastest, and closer does not train better.
    Each step multiplies by a polynomial of the small Gram matrix; the polynomials are multiplied
    with each other first and with the matrix once, which takes a third of the work.
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


def make_schedule(name: ScheduleName, *, lr: float, warmup: float, steps: int) -> Schedule:
    """The learning rate at each of `steps` steps; `warmup` is the share of them that rises."""
    rising = max(1, round(warmup * steps))

    def rise(step: int) -> float:
        return min(1.0, (step + 1) / rising)

    match name:
        case "constant":
            return lambda step: lr * rise(step)
        case "cosine":
            return lambda step: lr * rise(step) * (1 + math.cos(math.pi * step / steps)) / 2
        case "one-cycle":
            # Straight up, straight down to zero (Smith and Topin, 2018, without the last phase).
            falling = max(1, steps - rising)
            return lambda step: lr * min(rise(step), (steps - step) / falling)


def set_lr(optimizer: torch.optim.Optimizer, lr: float) -> None:
    """Give every group the learning rate of this step, times the group's own rate."""
    for group in optimizer.param_groups:
        group["lr"] = lr * group.get("rate", 1.0)
