"""Inputs for the loop, wherever they are: a tensor on the device, rows of a file that is mapped, or
computed when they are asked for.

All can be measured, sliced, and asked for items with `index_select`, so the loop and everything
after it do not know the difference.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from noonbit.data.mapped import SMALL, ReadAhead, exceeds_memory, is_mapped
from noonbit.data.prepared import PreparedDataset
from noonbit.data.preprocess.base import Values
from noonbit.system.runtime import Runtime

DEVICE_SHARE = 0.5
"""Of a GPU's free memory that images may take; the rest is for the network."""


@dataclass(frozen=True, slots=True)
class StreamedValues:
    """Inputs that stay on the disk, or in the system's memory of it, or nowhere, until a batch."""

    fetch: Callable[[Tensor], Tensor]
    """Numbers of inputs, int64 (B,) on the processor -> their values (B, *shape)."""
    rows: Tensor
    """int64 (n,): which of all inputs these are."""
    device: torch.device
    """Where batches go."""

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, chosen: slice) -> Tensor:
        return self._batch(self.rows[chosen])

    def index_select(self, dim: int, items: Tensor) -> Tensor:
        """As a tensor's, of the first axis; a copy on the device.

        On a GPU the copy leaves from pinned memory; the items come from there, which waits for it.
        """
        assert dim == 0  # noqa: S101 - an item is never cut
        return self._batch(self.rows.index_select(0, items.cpu()))

    def _batch(self, rows: Tensor) -> Tensor:
        batch = self.fetch(rows)
        if self.device.type != "cuda":
            return batch.to(self.device)
        return batch.pin_memory().to(self.device, non_blocking=True)


LoadedValues: TypeAlias = Tensor | StreamedValues
"""Values (n, *shape) as the loop asks for them."""


def values_at(values: Values, rows: NDArray[np.int64], device: torch.device) -> LoadedValues:
    """The values (N, *shape) at `rows` for a device: copied to it, or streamed.

    They stream where they are computed on demand, or lie in a mapped file, unless they are few or a
    GPU has room for them.
    """
    chosen = torch.from_numpy(rows)
    if not isinstance(values, np.ndarray):
        return StreamedValues(
            lambda numbers: torch.from_numpy(values[numbers.numpy()]), chosen, device
        )
    if not is_mapped(values) or len(rows) * values[:1].nbytes <= SMALL:
        return torch.from_numpy(values[rows]).to(device)
    mapped = read_only_tensor(values)
    read_ahead = ReadAhead(values) if exceeds_memory(values.nbytes) else None

    def fetch(numbers: Tensor) -> Tensor:
        if read_ahead is not None:
            read_ahead(numbers.numpy())
        return mapped.index_select(0, numbers)

    streamed = StreamedValues(fetch, chosen, device)
    if device.type != "cuda":
        return streamed
    free, _ = torch.cuda.mem_get_info(device)
    if len(rows) * values[:1].nbytes > DEVICE_SHARE * free:
        return streamed
    copy = torch.empty((len(rows), *mapped.shape[1:]), dtype=mapped.dtype, device=device)
    step = max(1, SMALL // values[:1].nbytes)
    for target, part in zip(copy.split(step), chosen.split(step), strict=True):
        target.copy_(mapped.index_select(0, part))
    return copy


def read_only_tensor(array: NDArray[Any]) -> Tensor:
    """A tensor over memory that cannot be written to; nothing here writes into images in place.

    A private mapping that can be written to would spare the warning, but Linux refuses it for more
    than the machine's memory.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The given NumPy array is not writable", UserWarning)
        return torch.from_numpy(array)


@dataclass(frozen=True, slots=True)
class TensorDataset:
    """A split on the device, or streaming to it: values (N, *shape) and labels, int64 (N,)."""

    values: LoadedValues
    labels: Tensor

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, items: Tensor) -> tuple[Tensor, Tensor]:
        """The values and labels of item numbers (B,).

        `index_select` copies an image at a time, where indexing goes by bytes: 23 us instead of
        460 for 512 images of 28x28.
        """
        return self.values.index_select(0, items), self.labels.index_select(0, items)


def tensor_dataset(items: PreparedDataset, part: str, runtime: Runtime) -> TensorDataset:
    """A split on the device, or streamed to it."""
    indices = items.indices(part)
    return TensorDataset(
        values_at(items.values, indices, runtime.device),
        torch.from_numpy(items.labels[indices]).to(runtime.device),
    )
