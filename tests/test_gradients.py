"""noonbit.gradients: a step's gradients, in one piece or in shares."""

from copy import deepcopy

import numpy as np
import pytest
import torch
from torch import nn

from noonbit.augment import Augmentation, augment, draw
from noonbit.contract import Contract, Framing
from noonbit.gradients import LEAST_SHARE, Labelled, Lesson, Shares, can_be_shared, gradients_of
from noonbit.models import MODELS, Network, build, outline
from noonbit.models.layers import Dropout
from noonbit.runtime import Runtime

CPU = torch.device("cpu")
COUNT = 50


def runtime(threads: int) -> Runtime:
    return Runtime(CPU, threads, "float32", {})


def lesson(threads: int) -> Lesson:
    generator = np.random.default_rng(0)
    pixels = generator.integers(0, 256, (COUNT, 1, 12, 12)).astype(np.uint8)
    train = Labelled(
        torch.from_numpy(pixels), torch.from_numpy(generator.integers(0, 3, COUNT).astype(np.int64))
    )
    contract = Contract.measured(Framing(height=12, width=12, channels=1), pixels, ("a", "b", "c"))
    return Lesson(train, contract, Augmentation(shift=1), 0.1, runtime(threads))


def network(name: str) -> nn.Module:
    torch.manual_seed(0)
    return build(name, 3, 1, (12, 12))


def step(
    model: nn.Module, threads: int, items: torch.Tensor, *, step_seed: int = 0
) -> tuple[torch.Tensor, torch.Tensor]:
    draws = draw(Augmentation(shift=1), seed=0, epoch=0, count=COUNT, device=CPU)
    model.train()
    with gradients_of(model, lesson(threads)) as gradients:
        return gradients(items, draws, step_seed)


def gradient(model: nn.Module) -> torch.Tensor:
    return torch.cat([p.grad.flatten() for p in model.parameters() if p.grad is not None])


@pytest.mark.parametrize("threads", [2, 3])
def test_shares_have_the_gradient_of_the_whole_batch(threads: int) -> None:
    whole, shared = network("cnn"), network("cnn")
    items = torch.arange(COUNT).flip(0)
    loss, right = step(whole, 1, items)
    shared_loss, shared_right = step(shared, threads, items)
    assert torch.allclose(gradient(whole), gradient(shared), atol=1e-6)
    assert shared_loss.item() == pytest.approx(loss.item(), rel=1e-5)
    assert shared_right == right


def test_the_gradient_is_pytorchs_of_the_mean_loss() -> None:
    model, items = network("mlp"), torch.arange(COUNT).flip(0)
    loss, right = step(model, 1, items)
    ours = gradient(model)
    model.zero_grad()
    given = lesson(1)
    draws = draw(given.transforms, seed=0, epoch=0, count=COUNT, device=CPU)
    moved = augment(given.transforms, given.train.images[items], draws.take(items))
    logits = model(given.contract.normalise(moved))
    labels = given.train.labels[items]
    mean = nn.CrossEntropyLoss(label_smoothing=0.1)(logits, labels)
    mean.backward()
    assert torch.allclose(ours, gradient(model), atol=1e-6)
    assert loss.item() == pytest.approx(COUNT * mean.item(), rel=1e-5)
    assert right == (logits.argmax(dim=1) == labels).sum()


def test_shares_give_the_same_bits_each_time() -> None:
    steps = []
    for _ in range(3):
        model = network("glance")
        step(model, 2, torch.arange(COUNT))
        steps.append((gradient(model), deepcopy(model.state_dict())))
    for bits, state in steps[1:]:
        assert torch.equal(bits, steps[0][0])
        assert all(torch.equal(state[name], value) for name, value in steps[0][1].items())


def test_all_copies_end_a_step_with_the_same_statistics_and_weights() -> None:
    model = network("glance")
    model.train()
    shares = Shares(model, lesson(3))
    draws = draw(Augmentation(), seed=0, epoch=0, count=COUNT, device=CPU)
    shares(torch.arange(COUNT), draws, 0)
    first = shares.replicas[0]
    for replica in shares.replicas[1:]:
        for own, other in zip(first.buffers(), replica.buffers(), strict=True):
            assert torch.equal(own, other) or not own.is_floating_point()
        for own, other in zip(first.parameters(), replica.parameters(), strict=True):
            assert own.data_ptr() == other.data_ptr()
        assert all(parameter.grad is None for parameter in replica.parameters())


def test_running_statistics_are_the_mean_of_what_the_shares_saw() -> None:
    model = network("glance")
    model.train()
    shares = Shares(model, lesson(2))
    draws = draw(Augmentation(), seed=0, epoch=0, count=COUNT, device=CPU)
    alone = []
    for items in torch.arange(COUNT).tensor_split(2):
        one = network("glance")
        one.train()
        lesson(1).backward(one, items, draws, COUNT)
        alone.append(one.get_buffer("features.2.norm1.running_var"))
    shares(torch.arange(COUNT), draws, 0)
    found = model.get_buffer("features.2.norm1.running_var")
    assert torch.allclose(found, (alone[0] + alone[1]) / 2, rtol=1e-5)


def test_a_small_batch_is_not_cut_into_crumbs() -> None:
    model = network("glance")
    model.train()
    shares = Shares(model, lesson(2))
    draws = draw(Augmentation(), seed=0, epoch=0, count=COUNT, device=CPU)
    shares(torch.arange(2 * LEAST_SHARE - 1), draws, 0)
    assert shares.replicas[0].get_buffer("features.2.norm1.num_batches_tracked") == 1
    assert shares.replicas[1].get_buffer("features.2.norm1.num_batches_tracked") == 0


def test_networks_that_shares_would_change_are_taken_whole() -> None:
    whole = {name for name in MODELS if not can_be_shared(outline(name, 3, 1, (12, 12)))}
    assert whole == {"sign-cnn", *(name for name in MODELS if name.startswith("resnet"))}
    assert not can_be_shared(nn.Sequential(nn.Flatten(), nn.Linear(144, 3)))


@pytest.mark.parametrize("threads", [1, 3])
def test_dropout_is_a_function_of_the_steps_seed(threads: int) -> None:
    model = network("deep-cnn")
    seen = []
    for step_seed in (1, 1, 2):
        model.zero_grad()
        step(model, threads, torch.arange(COUNT), step_seed=step_seed)
        seen.append(gradient(model))
    assert torch.equal(seen[0], seen[1])
    assert not torch.equal(seen[0], seen[2])


def test_every_share_drops_other_units() -> None:
    model = network("slides-cnn")
    shares = Shares(model, lesson(2))
    draws = draw(Augmentation(), seed=0, epoch=0, count=COUNT, device=CPU)
    shares(torch.arange(COUNT), draws, 0)
    ones = torch.ones(1000)
    masks = [
        module(ones)
        for replica in shares.replicas
        for module in replica.modules()
        if isinstance(module, Dropout)
    ]
    assert len({tuple(mask.tolist()) for mask in masks}) == len(masks) == 4


def test_operators_use_one_thread_in_shares_and_all_of_them_afterwards() -> None:
    before = torch.get_num_threads()
    with gradients_of(network("cnn"), lesson(2)):
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == before


def test_auxiliary_heads_learn_beside_the_main_one_and_stay_out_of_the_loss_that_is_told() -> None:
    class Heads(Network):
        def __init__(self) -> None:
            torch.manual_seed(0)
            features = nn.Sequential(nn.Flatten(), nn.Linear(144, 6))
            super().__init__(
                features, nn.Sequential(nn.Linear(6, 3)), {"1": nn.Sequential(nn.Linear(6, 3))}
            )

    model = Heads()
    loss, _ = step(model, 1, torch.arange(COUNT))
    given = lesson(1)
    draws = draw(given.transforms, seed=0, epoch=0, count=COUNT, device=CPU)
    images = given.contract.normalise(augment(given.transforms, given.train.images, draws))
    criterion = nn.CrossEntropyLoss(label_smoothing=0.1)
    main, side = (criterion(each, given.train.labels) for each in model.all_logits(images))
    ours = gradient(model)
    model.zero_grad()
    (main + 0.3 * side).backward()
    assert torch.allclose(ours, gradient(model), atol=1e-6)
    assert loss.item() == pytest.approx(COUNT * main.item(), rel=1e-5)
