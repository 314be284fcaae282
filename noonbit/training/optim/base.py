"""The base of all optimisers: PyTorch's interface and state dicts, without their overhead.

Four methods of PyTorch's optimisers import its compiler at their first call, which takes 1.5 s: a
fifth of `noonbit train mnist --fast`. PyTorch also wraps each step in a profiler record and a
search for hooks: 45 us, a tenth of a step of `mlp` at batch 32.
"""

from collections.abc import Callable
from inspect import unwrap
from typing import Any

import torch
from torch import Tensor

from noonbit.errors import UsageError


class Optimizer(torch.optim.Optimizer):
    """Updates the parameters that have a gradient, group by group."""

    add_param_group = unwrap(torch.optim.Optimizer.add_param_group)
    state_dict = unwrap(torch.optim.Optimizer.state_dict)
    load_state_dict = unwrap(torch.optim.Optimizer.load_state_dict)

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """Update every parameter that has a gradient, then call the hooks."""
        assert closure is None  # noqa: S101 - the loop never passes one
        for group in self.param_groups:
            values = [value for value in group["params"] if value.grad is not None]
            if values:
                self.update(values, [value.grad for value in values], group)
        for hook in self._optimizer_step_post_hooks.values():
            hook(self, (), {})

    step.hooked = True  # type: ignore[attr-defined] # so PyTorch does not wrap it

    def update(self, values: list[Tensor], gradients: list[Tensor], group: dict[str, Any]) -> None:
        """Take one step with these parameters, which belong to `group`."""
        raise NotImplementedError

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Set all gradients to None."""
        assert set_to_none  # noqa: S101 - zeros would count as a gradient
        for group in self.param_groups:
            for value in group["params"]:
                value.grad = None

    def init_state(self, value: Tensor) -> dict[str, Tensor]:
        """The state of a parameter before its first step."""
        raise NotImplementedError

    def require_momentum(self) -> None:
        """Raise `UsageError` if this optimiser has no momentum that a user sets."""
        raise UsageError(f"{type(self).__name__} has no momentum to change; sgd and muon have one.")

    def set_momentum(self, momentum: float) -> None:
        """Give all groups another momentum; raises as `require_momentum`."""
        self.require_momentum()
        for group in self.param_groups:
            group["momentum"] = momentum

    def require_weight_decay(self) -> None:
        """Raise `UsageError` if the weight decay cannot change after the first step."""

    def set_weight_decay(self, weight_decay: float) -> None:
        """Give matrices and filters another weight decay; biases and norms have none.

        Raises as `require_weight_decay`. A group of all parameters, as an optimiser without weight
        decay has, becomes the two groups of one with weight decay.
        """
        self.require_weight_decay()
        groups: list[dict[str, Any]] = []
        for group in self.param_groups:
            matrices = [value for value in group["params"] if value.ndim > 1]
            vectors = [value for value in group["params"] if value.ndim <= 1]
            if matrices:
                groups.append({**group, "params": matrices, "weight_decay": weight_decay})
            if vectors:
                groups.append({**group, "params": vectors})
        self.param_groups = groups

    def states_of(self, values: list[Tensor]) -> list[dict[str, Tensor]]:
        """The state of each parameter, initialised if it has none."""
        for value in values:
            if value not in self.state:
                self.state[value] = self.init_state(value)
        return [self.state[value] for value in values]
