"""What a CUDA graph does, on a processor: operators are recorded with the very memory they read and
wrote, and repeated there. Whatever Python decided is repeated too, as it was."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

UNSAID = ("running_mean", "running_var")
"""What batch norm writes over without its schema saying so."""


def tensors(values: Any) -> list[Tensor]:
    return [each for each in tree_leaves(values) if isinstance(each, Tensor)]


class Tape(TorchDispatchMode):
    """Notes every operator, and what it was about to write over."""

    def __init__(self) -> None:
        super().__init__()
        self.operators: list[tuple[Any, tuple[Any, ...], dict[str, Any], list[Tensor]]] = []
        self.before: list[tuple[Tensor, Tensor]] = []

    def __torch_dispatch__(self, operator, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        for number, argument in enumerate(operator._schema.arguments):
            writes = argument.alias_info is not None and argument.alias_info.is_write
            if writes or argument.name in UNSAID:
                given = args[number] if number < len(args) else kwargs.get(argument.name)
                self.before += [(each, each.detach().clone()) for each in tensors(given)]
        given = operator(*args, **kwargs)
        self.operators.append((operator, args, kwargs, tensors(given)))
        return given

    def undo(self) -> None:
        """Recording does nothing."""
        with torch.no_grad():
            for tensor, value in reversed(self.before):
                tensor.copy_(value)

    @torch.no_grad()
    def replay(self) -> None:
        """Every operator again, its results where they were."""
        for operator, args, kwargs, results in self.operators:
            again = tensors(operator(*args, **kwargs))
            for result, value in zip(results, again, strict=True):
                if result.data_ptr() != value.data_ptr():
                    result.copy_(value)


class TapeRecorder:
    """A `cuda_graph.Recorder` for tests."""

    def __init__(self) -> None:
        self.done, self.recorded, self.replayed = 0, 0, 0

    def warm_up(self, work: Callable[[], None]) -> None:
        self.done += 1
        work()

    def capture(self, work: Callable[[], None]) -> Callable[[], None]:
        self.recorded += 1
        tape = Tape()
        with tape:
            work()
        tape.undo()

        def replay() -> None:
            self.replayed += 1
            tape.replay()

        return replay
