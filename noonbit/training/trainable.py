"""Refuse a network of the user's own that cannot be trained, before anything long begins."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from noonbit.data.preprocess.base import Preprocessor
from noonbit.errors import UsageError
from noonbit.models.custom import refuse_failures
from noonbit.system.runtime import Runtime
from noonbit.system.seeding import keep_random_state
from noonbit.training.train_step import all_logits

MUST_GIVE = (
    "A network takes float32 inputs (N, channels, height, width), of sentences word numbers "
    "(N, length), and gives one tensor (N, classes) of float logits, in training too."
)
ITEMS = 2
"""Inputs of the trial: the fewest that batch norm can train on."""


def require_trainable(
    network: nn.Module, name: str, preprocessor: Preprocessor, classes: int, runtime: Runtime
) -> None:
    """Raise `UsageError` unless `network` can be trained on such inputs, and say what is wrong.

    It predicts two random inputs and takes their gradient, without a step; its buffers and the
    random streams are afterwards as before. Costs what a step of two inputs costs.
    """
    with (
        keep_random_state(runtime.device),
        refuse_failures(f"{name} fails with {ITEMS} inputs", MUST_GIVE),
    ):
        inputs, labels = random_inputs(preprocessor), torch.arange(ITEMS) % classes
        first = next(network.parameters(), inputs)
        with torch.no_grad():  # where it is, since lazy layers have nothing to move before
            logits = network.eval()(inputs.to(first.device))
            require_logits(logits, labels.to(first.device), classes, name)
        if not any(parameter.requires_grad for parameter in network.parameters()):
            raise UsageError(f"{name} has no parameters that could be trained. {MUST_GIVE}")
        runtime.to_device(network)
        inputs, labels = inputs.to(runtime.device), labels.to(runtime.device)
        with keep_buffers(network), torch.enable_grad():
            losses = [
                require_logits(logits, labels, classes, name, when=" in training")
                for logits in all_logits(network.train(), inputs)
            ]
            require_gradient(network, torch.stack(losses).sum(), name)


def require_gradient(network: nn.Module, loss: Tensor, name: str) -> None:
    """Raise `UsageError` if the loss has no gradient by any parameter; leaves none behind."""
    advice = f"so nothing would be learned: leave out detach(), .data and no_grad(). {MUST_GIVE}"
    if not loss.requires_grad:
        raise UsageError(f"{name} gives logits without a gradient, {advice}")
    parameters = [each for each in network.parameters() if each.requires_grad]
    gradients = torch.autograd.grad(loss, parameters, allow_unused=True)
    if all(gradient is None for gradient in gradients):
        raise UsageError(f"No gradient reaches the parameters of {name}, {advice}")


@contextmanager
def keep_buffers(network: nn.Module) -> Iterator[None]:
    """Put a network's buffers back after the block, such as the statistics of batch norm."""
    before = {name: buffer.clone() for name, buffer in network.named_buffers()}
    try:
        yield
    finally:
        with torch.no_grad():
            for name, buffer in network.named_buffers():
                if name in before and before[name].shape == buffer.shape:
                    buffer.copy_(before[name])


def require_logits(
    logits: object, labels: Tensor, classes: int, name: str, *, when: str = ""
) -> Tensor:
    """Return the loss of a network's output; raises `UsageError` if that is not logits."""
    if not isinstance(logits, Tensor):
        raise UsageError(f"{name} gives {type(logits).__name__}{when}. {MUST_GIVE}")
    wanted = (len(labels), classes)
    if tuple(logits.shape) != wanted:
        raise UsageError(
            f"{name} gives {tuple(logits.shape)} for {len(labels)} inputs{when}, where {classes:,} "
            f"classes need {wanted}. {MUST_GIVE}"
        )
    if not logits.is_floating_point():
        kind = str(logits.dtype).removeprefix("torch.")
        raise UsageError(f"{name} gives numbers of type {kind}{when}. {MUST_GIVE}")
    loss = F.cross_entropy(logits.float(), labels)
    if loss.isnan():
        raise UsageError(
            f"{name} gives NaN or infinity{when}, before it has learned anything. {MUST_GIVE}"
        )
    return loss


def random_inputs(preprocessor: Preprocessor) -> Tensor:
    """Return inputs as a training has them: float32 in channels-last order, or word numbers."""
    generator, shape = torch.Generator().manual_seed(0), (ITEMS, *preprocessor.shape)
    if preprocessor.of_words:
        return torch.randint(preprocessor.channels, shape, generator=generator, dtype=torch.int32)
    inputs = torch.randn(shape, generator=generator)
    return inputs.contiguous(memory_format=torch.channels_last)
