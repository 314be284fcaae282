"""Plain PyTorch at its best: the same network and arithmetic in every form that may be the fastest.

Batches by index, memory order, autocast, fused or foreach optimiser, and nothing read before the
epoch is over; the whole batch on one or all threads, or a share of it a thread. `torch.compile` is
left out: where it was tried, it never was the fastest.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from copy import deepcopy
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from benchmarks.networks import TASKS
from benchmarks.peers.pytorch_training import NETWORKS, OPTIMIZERS
from noonbit.system.runtime import use_one_operator_thread


@dataclass(frozen=True, slots=True)
class Form:
    """One way to train."""

    precision: str
    threads: int
    """Of every operator, or, with shares, that each take a share of the batch."""
    shares: bool
    channels_last: bool
    optimizer: str
    """`fused` or `foreach`, as PyTorch calls them."""

    @property
    def operator_threads(self) -> int:
        """What `torch.set_num_threads` has to be for the thread that trains."""
        return 1 if self.shares else self.threads

    def __str__(self) -> str:
        """`whole batch on 2 threads, channels_last, fused, float32`."""
        spread = f"a share on each of {self.threads}" if self.shares else f"whole on {self.threads}"
        memory = "channels_last" if self.channels_last else "contiguous"
        return f"{spread}, {memory}, {self.optimizer}, {self.precision}"


def list_forms(network: str, threads: int, precisions: Sequence[str]) -> list[Form]:
    """All forms that a network has on so many threads."""
    spreads = [(1, False), *([(threads, False), (threads, True)] if threads > 1 else [])]
    # PyTorch has no fused RMSprop.
    optimizers = ["foreach"] if TASKS[network].optimizer == "rmsprop" else ["fused", "foreach"]
    return [
        Form(precision, count, shares, channels_last, optimizer)
        for precision in precisions
        for count, shares in spreads
        for channels_last in (True, False)
        for optimizer in optimizers
    ]


def train_at_best(network: str, images: int, batch_size: int, form: Form) -> Iterator[int]:
    """The images of each epoch, after it; asked in a thread with the form's `operator_threads`."""
    task = TASKS[network]
    pixels, labels = map(torch.from_numpy, task.random(images))
    memory = torch.channels_last if form.channels_last else torch.contiguous_format
    inputs = (pixels / 255).contiguous(memory_format=memory)
    model = NETWORKS[network](task.classes)
    model.to(memory_format=memory)  # type: ignore[call-overload] # its annotations lack it
    parameters = [each for each in model.parameters() if each.requires_grad]
    optimizer = OPTIMIZERS[task.optimizer](
        parameters, lr=task.learning_rate, **{form.optimizer: True}
    )
    backward = backward_of(model, inputs, labels, form)

    model.train()
    while True:
        running_loss = torch.zeros(())
        for items in torch.randperm(len(labels)).split(batch_size):
            running_loss += backward(items)
            optimizer.step()
            optimizer.zero_grad()
        yield images


def backward_of(
    model: nn.Module, inputs: Tensor, labels: Tensor, form: Form
) -> Callable[[Tensor], Tensor]:
    """Item numbers (B,) -> the mean loss; sets the gradients of the model's parameters."""
    bfloat16 = form.precision == "bfloat16"

    def take(replica: nn.Module, items: Tensor, count: int) -> Tensor:
        with torch.autocast("cpu", torch.bfloat16) if bfloat16 else nullcontext():
            logits = replica(inputs.index_select(0, items))
        targets = labels.index_select(0, items)
        loss = F.cross_entropy(logits.float(), targets, reduction="sum") / count
        loss.backward()
        return loss.detach()

    if not form.shares:
        return lambda items: take(model, items, len(items))

    replicas = [model] + [deepcopy(model).train() for _ in range(form.threads - 1)]
    for replica in replicas[1:]:
        for own, shared in zip(replica.parameters(), model.parameters(), strict=True):
            own.data = shared.data
    trained = [[p for p in each.parameters() if p.requires_grad] for each in replicas]
    pool = ThreadPoolExecutor(form.threads - 1, initializer=use_one_operator_thread)

    def take_shares(items: Tensor) -> Tensor:
        first, *others = items.tensor_split(form.threads)
        pending = [
            pool.submit(take, replica, share, len(items))
            for replica, share in zip(replicas[1:], others, strict=True)
        ]
        loss = take(model, first, len(items))
        for each, parameters in zip(pending, trained[1:], strict=True):
            loss = loss + each.result()
            torch._foreach_add_(gradients_of(trained[0]), gradients_of(parameters))
            for parameter in parameters:
                parameter.grad = None
        return loss

    return take_shares


def gradients_of(parameters: Sequence[nn.Parameter]) -> list[Tensor]:
    """The gradients that a backward pass has set."""
    return [parameter.grad for parameter in parameters if parameter.grad is not None]
