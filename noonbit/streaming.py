"""Images for the loop, wherever they lie: a tensor on the device, or rows of a file that is mapped.

Both can be measured, sliced, and asked for items with `index_select`, so the loop and everything
after it do not know the difference.
"""

import warnings
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from noonbit.data.mapped import SMALL, is_mapped

DEVICE_SHARE = 0.5
"""Of a GPU's free memory that images may take; the rest is for the network."""


@dataclass(frozen=True, slots=True)
class Streamed:
    """Rows of images that stay on the disk, or in the system's memory of it, until a batch."""

    images: Tensor
    """uint8 (all N, C, H, W), over the mapped file."""
    rows: Tensor
    """int64 (n,): which of them these are."""
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
        batch = self.images.index_select(0, rows)
        if self.device.type != "cuda":
            return batch.to(self.device)
        return batch.pin_memory().to(self.device, non_blocking=True)


Images: TypeAlias = Tensor | Streamed


def images_at(pixels: NDArray[np.uint8], rows: NDArray[np.int64], device: torch.device) -> Images:
    """The images (N, C, H, W) at `rows` for a device: copied to it, or streamed.

    They stream where they lie in a mapped file, unless they are few or a GPU has room for them.
    """
    if not is_mapped(pixels) or len(rows) * pixels[:1].nbytes <= SMALL:
        return torch.from_numpy(pixels[rows]).to(device)
    images, chosen = read_only_tensor(pixels), torch.from_numpy(rows)
    streamed = Streamed(images, chosen, device)
    if device.type != "cuda":
        return streamed
    free, _ = torch.cuda.mem_get_info(device)
    if len(rows) * pixels[:1].nbytes > DEVICE_SHARE * free:
        return streamed
    copy = torch.empty((len(rows), *images.shape[1:]), dtype=torch.uint8, device=device)
    step = max(1, SMALL // pixels[:1].nbytes)
    for target, part in zip(copy.split(step), chosen.split(step), strict=True):
        target.copy_(images.index_select(0, part))
    return copy


def read_only_tensor(array: NDArray[np.uint8]) -> Tensor:
    """A tensor over memory that cannot be written to; nothing here writes into images in place.

    A private mapping that can be written to would spare the warning, but Linux refuses it for more
    than the machine's memory.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The given NumPy array is not writable", UserWarning)
        return torch.from_numpy(array)
