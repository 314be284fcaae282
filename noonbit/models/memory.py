"""The memory that training a network needs, counted without allocating it."""

from copy import deepcopy
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from noonbit.config.recipe import OptimizerName
from noonbit.models.custom import refuse_failures
from noonbit.models.layers import FeedforwardNetwork, empty_batch

COUNTED_IMAGES = 4
"""Images in the counted forward pass; batch norm cannot train on one."""


@dataclass(frozen=True, slots=True)
class TrainingMemory:
    """Bytes in float32, by purpose."""

    weights: int
    """Parameters and buffers."""
    gradients: int
    """As much as the trainable parameters."""
    optimizer_state: int
    activations: int
    """For one image: what the forward pass saves for backward."""

    def of_batch(self, images: int) -> int:
        """The total, with the activations of so many images."""
        return self.weights + self.gradients + self.optimizer_state + images * self.activations


def training_memory(
    model: nn.Module,
    shape: tuple[int, ...],
    optimizer: OptimizerName,
    *,
    of_words: bool | None = None,
) -> TrainingMemory:
    """Count the memory for images of `shape` (channels, height, width), or sentences (length,).

    Exact for what PyTorch saves between forward and backward in float32. Not counted: the workspace
    of convolutions, and that bfloat16 halves the activations of convolutions and dense layers. An
    `outline` of the model suffices, and costs milliseconds. Raises `UsageError` if the network
    does not accept that shape.
    """
    trainable = [p for p in model.parameters() if p.requires_grad]
    return TrainingMemory(
        weights=sum(t.nbytes for t in (*model.parameters(), *model.buffers())),
        gradients=sum(p.nbytes for p in trainable),
        optimizer_state=sum(p.nbytes * count_state_tensors(p, optimizer) for p in trainable),
        activations=count_saved_bytes(model, shape, of_words=of_words) // COUNTED_IMAGES,
    )


def count_state_tensors(parameter: Tensor, optimizer: OptimizerName) -> int:
    """Count the tensors of the parameter's shape in the optimiser's state."""
    match optimizer:
        case "sgd" | "rmsprop":
            return 1
        case "adam" | "adamw" | "adadelta":
            return 2
        case "muon":
            return 1 if parameter.ndim == 4 else 2


def count_saved_bytes(model: nn.Module, shape: tuple[int, ...], *, of_words: bool | None) -> int:
    """Count the bytes that a forward pass of `COUNTED_IMAGES` saves for backward; no weights."""
    network = deepcopy(model).train()  # batch norm would change the original's statistics
    device = next((p.device for p in network.parameters()), torch.device("cpu"))
    images = empty_batch(shape, of_words=of_words, count=COUNTED_IMAGES, device=device)
    existing = (images, *network.parameters(), *network.buffers())
    existing_ids = {tensor.untyped_storage()._cdata for tensor in existing}
    # The storages are held, since the id of a freed one could be reused.
    saved: dict[int, torch.UntypedStorage] = {}

    def note_saved(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage._cdata not in existing_ids:
            saved[storage._cdata] = storage
        return tensor

    with (
        refuse_failures(f"The network does not accept {COUNTED_IMAGES} images in training"),
        torch.random.fork_rng(devices=[]),
        torch.enable_grad(),
        torch.autograd.graph.saved_tensors_hooks(note_saved, lambda tensor: tensor),
    ):
        (network.all_logits if isinstance(network, FeedforwardNetwork) else network)(images)
    return sum(storage.nbytes() for storage in saved.values())
