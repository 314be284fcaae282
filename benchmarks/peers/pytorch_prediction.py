"""Plain PyTorch: the networks in evaluation, as tutorials write it and at its best."""

from collections.abc import Iterator

import torch
from torch.utils.data import DataLoader, TensorDataset

from benchmarks.networks import TASKS
from benchmarks.peers.pytorch_training import NETWORKS

BATCH = 64
"""Of the loader in PyTorch's own tutorial."""


def predict_as_written(network: str, images: int) -> Iterator[int]:
    """So many images at a time: a loader, `no_grad`, and the softmax of the outputs."""
    task = TASKS[network]
    pixels = torch.from_numpy(task.random(images)[0])
    model = NETWORKS[network](task.classes).eval()
    while True:
        loader = DataLoader(TensorDataset(pixels / 255), batch_size=BATCH)
        with torch.no_grad():
            torch.cat([model(batch).softmax(dim=1) for (batch,) in loader]).numpy()
        yield images


def predict_at_best(
    network: str, images: int, batch_size: int, channels_last: bool
) -> Iterator[int]:
    """The same in slices, `inference_mode` and the faster memory order."""
    task = TASKS[network]
    memory = torch.channels_last if channels_last else torch.contiguous_format
    pixels = torch.from_numpy(task.random(images)[0])
    model = NETWORKS[network](task.classes).eval()
    model.to(memory_format=memory)  # type: ignore[call-overload] # its annotations lack it
    while True:
        with torch.inference_mode():
            answers = [
                model((batch / 255).contiguous(memory_format=memory)).softmax(dim=1)
                for batch in pixels.split(batch_size)
            ]
            torch.cat(answers).numpy()
        yield images
