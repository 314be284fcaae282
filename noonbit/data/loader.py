"""Load the inputs of a split: as a tensor on the device, or streamed batch by batch.

Both have `len`, slicing and `index_select`, so training and evaluation do not distinguish them.
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
"""The share of a GPU's free memory that inputs may take; the rest is for the network."""


@dataclass(frozen=True, slots=True)
class StreamedValues:
    """Inputs that are read from a mapped file, or computed, batch by batch."""

    fetch: Callable[[Tensor], Tensor]
    """Item numbers, int64 (B,) on the CPU -> their values (B, *shape)."""
    rows: Tensor
    """The item numbers of these inputs, int64 (n,) on the CPU."""
    device: torch.device
    """Where batches are copied to."""

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, where: slice) -> Tensor:
        return self._batch(self.rows[where])

    def index_select(self, dim: int, items: Tensor) -> Tensor:
        """As `Tensor.index_select` on the first axis; returns a copy on the device.

        For a GPU the batch is copied from pinned memory; copying `items` to the CPU synchronises.
        """
        assert dim == 0  # noqa: S101 - only items are selected
        return self._batch(self.rows.index_select(0, items.cpu()))

    def _batch(self, rows: Tensor) -> Tensor:
        batch = self.fetch(rows)
        if self.device.type != "cuda":
            return batch.to(self.device)
        return batch.pin_memory().to(self.device, non_blocking=True)


LoadedValues: TypeAlias = Tensor | StreamedValues
"""Values (n, *shape), with `len`, slicing and `index_select`."""


def values_at(values: Values, rows: NDArray[np.int64], device: torch.device) -> LoadedValues:
    """Return the values (N, *shape) at `rows` for a device: copied to it, or streamed.

    They are streamed if they are computed on demand, or lie in a mapped file, unless they are few
    or fit into a GPU's memory.
    """
    if not isinstance(values, np.ndarray):
        return StreamedValues(
            lambda batch: torch.from_numpy(values[batch.numpy()]), torch.from_numpy(rows), device
        )
    if not is_mapped(values) or len(rows) * values[:1].nbytes <= SMALL:
        return torch.from_numpy(values[rows]).to(device)
    numbers = torch.from_numpy(rows)
    mapped = read_only_tensor(values)
    read_ahead = ReadAhead(values) if exceeds_memory(values.nbytes) else None

    def fetch(batch: Tensor) -> Tensor:
        if read_ahead is not None:
            read_ahead(batch.numpy())
        return mapped.index_select(0, batch)

    streamed = StreamedValues(fetch, numbers, device)
    if device.type != "cuda":
        return streamed
    free, _ = torch.cuda.mem_get_info(device)
    if len(rows) * values[:1].nbytes > DEVICE_SHARE * free:
        return streamed
    copy = torch.empty((len(rows), *mapped.shape[1:]), dtype=mapped.dtype, device=device)
    step = max(1, SMALL // values[:1].nbytes)
    for target, part in zip(copy.split(step), numbers.split(step), strict=True):
        target.copy_(mapped.index_select(0, part))
    return copy


def read_only_tensor(array: NDArray[Any]) -> Tensor:
    """Return a tensor over read-only memory; nothing here writes into it.

    A writable private mapping would avoid the warning, but Linux refuses one larger than the
    machine's memory.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The given NumPy array is not writable", UserWarning)
        return torch.from_numpy(array)


@dataclass(frozen=True, slots=True)
class TensorDataset:
    """A split: values (N, *shape), on the device or streamed to it, and labels, int64 (N,)."""

    values: LoadedValues
    labels: Tensor

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, items: Tensor) -> tuple[Tensor, Tensor]:
        """Return the values and labels of item numbers (B,).

        `index_select` copies whole images, indexing single bytes: 23 us instead of 460 us for 512
        images of 28x28.
        """
        return self.values.index_select(0, items), self.labels.index_select(0, items)


def tensor_dataset(items: PreparedDataset, part: str, runtime: Runtime) -> TensorDataset:
    """Load a part of the split for the runtime's device."""
    indices = items.indices(part)
    return TensorDataset(
        values_at(items.values, indices, runtime.device),
        torch.from_numpy(items.labels[indices]).to(runtime.device),
    )
