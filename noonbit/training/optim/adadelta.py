"""Adadelta with sparse updates of embedding tables.

Zeiler, "ADADELTA: an adaptive learning rate method", 2012. A batch has few of the words, so hardly
one row of an embedding table in thirty has a gradient. For the other rows, Adadelta only decays two
moving averages; here that decay is applied when a row next has a gradient. The results are the
same, in a tenth of the time for 16,000 words of 300 numbers.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.adadelta import adadelta

from noonbit.errors import UsageError
from noonbit.training.optim.base import Optimizer


class Adadelta(Optimizer):
    """Adadelta over a network's parameters, with sparse updates of `tables`."""

    def __init__(
        self,
        groups: list[dict[str, Any]],
        tables: Sequence[nn.Parameter],
        *,
        lr: float,
        epsilon: float,
        rho: float = 0.95,
    ) -> None:
        """`tables` are parameters of `groups`; they get no weight decay."""
        table_ids = {id(table) for table in tables}
        others = [
            group | {"params": [each for each in group["params"] if id(each) not in table_ids]}
            for group in groups
        ]
        defaults = {"lr": lr, "eps": epsilon, "rho": rho, "by_rows": False}
        table_group = {"params": list(tables), "by_rows": True, "weight_decay": 0.0}
        super().__init__([each for each in (*others, table_group) if each["params"]], defaults)
        self.table_ids = table_ids

    def require_weight_decay(self) -> None:
        """See `Optimizer`: a decay would change every row of a table at every step."""
        if self.table_ids:
            raise UsageError(
                "This network's words are changed row by row, which leaves no weight decay to "
                "change; begin the training with --weight-decay."
            )

    def init_state(self, value: Tensor) -> dict[str, Tensor]:
        """Two averages of zero; for a table also the step of each row's last update."""
        averages = {
            "step": torch.zeros((), device=value.device),
            "square_avg": torch.zeros_like(value),
            "acc_delta": torch.zeros_like(value),
        }
        if id(value) in self.table_ids:
            averages["changed_at"] = torch.zeros(len(value), device=value.device)
        return averages

    def update(self, values: list[Tensor], gradients: list[Tensor], group: dict[str, Any]) -> None:
        """See `Optimizer`; of tables, only the rows with a gradient change."""
        states = self.states_of(values)
        if group["by_rows"]:
            for table, gradient, state in zip(values, gradients, states, strict=True):
                update_rows(table, gradient, state, group)
            return
        adadelta(
            values,
            gradients,
            [state["square_avg"] for state in states],
            [state["acc_delta"] for state in states],
            [state["step"] for state in states],
            foreach=False,
            lr=group["lr"],
            rho=group["rho"],
            eps=group["eps"],
            weight_decay=group["weight_decay"],
            maximize=False,
        )


def update_rows(
    table: Tensor, gradient: Tensor, state: dict[str, Tensor], group: dict[str, Any]
) -> None:
    """One step of the rows that have a gradient, after the decay of the steps they missed."""
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
