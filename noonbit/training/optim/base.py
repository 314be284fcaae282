"""What all optimisers have in common: PyTorch's interface and files, without what they cost.

At their first call, four methods of PyTorch's optimisers import its compiler, which takes 1.5 s: a
fifth of `noonbit train mnist --fast`. And each step is wrapped by a note for profilers and by a
search for hooks: 45 us, a tenth of a step of `mlp` at batch 32.
"""

from collections.abc import Callable
from inspect import unwrap
from typing import Any

import torch
from torch import Tensor


class Optimizer(torch.optim.Optimizer):
    """Changes the parameters that have a gradient, group by group."""

    add_param_group = unwrap(torch.optim.Optimizer.add_param_group)
    state_dict = unwrap(torch.optim.Optimizer.state_dict)
    load_state_dict = unwrap(torch.optim.Optimizer.load_state_dict)

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """Change every parameter that has a gradient."""
        assert closure is None  # noqa: S101 - the loop never passes one
        for group in self.param_groups:
            changing = [value for value in group["params"] if value.grad is not None]
            if changing:
                self.change(changing, [value.grad for value in changing], group)
        for hook in self._optimizer_step_post_hooks.values():
            hook(self, (), {})

    step.hooked = True  # type: ignore[attr-defined] # so PyTorch does not wrap it

    def change(self, values: list[Tensor], gradients: list[Tensor], group: dict[str, Any]) -> None:
        """One step of these parameters of a group."""
        raise NotImplementedError

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients."""
        assert set_to_none  # noqa: S101 - zeros would count as a gradient
        for group in self.param_groups:
            for value in group["params"]:
                value.grad = None

    def begin(self, value: Tensor) -> dict[str, Tensor]:
        """What is remembered of a parameter before its first step."""
        raise NotImplementedError

    def remembered(self, values: list[Tensor]) -> list[dict[str, Tensor]]:
        """What is remembered of each parameter."""
        for value in values:
            if value not in self.state:
                self.state[value] = self.begin(value)
        return [self.state[value] for value in values]
