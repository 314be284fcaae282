"""What training a network takes in memory, counted without taking it."""

from copy import deepcopy
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from noonbit.config.recipe import OptimizerName
from noonbit.errors import ArtefactError
from noonbit.models.layers import Network, empty_batch

COUNTED_IMAGES = 4
"""More than one, because batch norm trains on no less."""


@dataclass(frozen=True, slots=True)
class TrainingMemory:
    """Bytes in float32. Gradients take as much as the parameters that learn."""

    weights: int
    """Parameters, and the buffers that lie beside them."""
    gradients: int
    optimizer_state: int
    activations: int
    """For one image: what the forward pass keeps for the way back."""

    def of_batch(self, images: int) -> int:
        """All of it, with the activations of so many images."""
        return self.weights + self.gradients + self.optimizer_state + images * self.activations


def training_memory(
    model: nn.Module, shape: tuple[int, ...], optimizer: OptimizerName
) -> TrainingMemory:
    """The memory for images of `shape` (channels, height, width), or sentences (length,).

    Exact for what PyTorch keeps between forward and backward in float32; convolutions work in some
    memory beyond, and bfloat16 halves the activations of convolutions and dense layers. An
    `outline` is enough, and costs milliseconds.
    """
    learning = [p for p in model.parameters() if p.requires_grad]
    return TrainingMemory(
        weights=sum(size_of(t) for t in (*model.parameters(), *model.buffers())),
        gradients=sum(size_of(p) for p in learning),
        optimizer_state=sum(size_of(p) * state_numbers(p, optimizer) for p in learning),
        activations=kept_for_backward(model, shape) // COUNTED_IMAGES,
    )


def size_of(tensor: Tensor) -> int:
    """Bytes of the tensor's values."""
    return tensor.numel() * tensor.element_size()


def state_numbers(parameter: Tensor, optimizer: OptimizerName) -> int:
    """How many numbers an optimiser remembers of each of a parameter's."""
    match optimizer:
        case "sgd" | "rmsprop":
            return 1
        case "adam" | "adamw" | "adadelta":
            return 2
        case "muon":
            return 1 if parameter.ndim == 4 else 2


def kept_for_backward(model: nn.Module, shape: tuple[int, ...]) -> int:
    """Bytes that the forward pass of a few images keeps for the way back, weights left out."""
    network = deepcopy(model).train()  # batch norm would change the original's statistics
    device = next((p.device for p in network.parameters()), torch.device("cpu"))
    images = empty_batch(shape, count=COUNTED_IMAGES, device=device)
    own = (images, *network.parameters(), *network.buffers())
    present = {tensor.untyped_storage()._cdata for tensor in own}
    kept: dict[int, torch.UntypedStorage] = {}  # held, or a freed one's number could come again

    def note(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage._cdata not in present:
            kept[storage._cdata] = storage
        return tensor

    try:
        with (
            torch.random.fork_rng(devices=[]),
            torch.enable_grad(),
            torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor),
        ):
            (network.all_logits if isinstance(network, Network) else network)(images)
    except Exception as error:  # a user's own network may raise anything
        raise ArtefactError(
            f"The network does not accept {COUNTED_IMAGES} images in training: {error}"
        ) from error
    return sum(storage.nbytes() for storage in kept.values())
