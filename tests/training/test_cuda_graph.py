"""noonbit.training.cuda_graph: replayed steps give the results of eager ones.

A tape stands in for the CUDA graph: it repeats operators on the memory they were captured with.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from small_jobs import write_small
from small_training import CONTRACT, RUNTIME, context_of, images, weights, with_optimizer
from tape import TapeRecorder, tensors
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

from noonbit.augment import sample_parameters
from noonbit.config.augmentation import Augmentation
from noonbit.config.ensemble import EnsembleSettings
from noonbit.config.plan import Plan
from noonbit.config.recipe import Recipe
from noonbit.data.loader import TensorDataset
from noonbit.jobs.ensemble import load_members, train_members
from noonbit.jobs.train import train
from noonbit.models.catalogue import build
from noonbit.training import gradients
from noonbit.training.cuda_graph import (
    WARM_UP_STEPS,
    GraphedGradients,
    GraphedStep,
    Replay,
    make_optimizer_step,
)
from noonbit.training.loop import fit, init_training
from noonbit.training.optim.build import make_optimizer
from noonbit.training.optim.muon import Muon
from noonbit.training.optim.schedules import set_lr
from noonbit.training.state import TrainingState
from noonbit.training.train_step import AutogradBackward, TrainStep

BATCH = 10
AUGMENT = "shift=1,flip,brightness=0.2,erase=0.5"


def network(name: str = "glimpse") -> nn.Module:
    torch.manual_seed(0)
    return build(name, 3, 1, (8, 8)).train()


def train_step(train: TensorDataset, augment: str = AUGMENT) -> TrainStep:
    return TrainStep(train, CONTRACT, Augmentation.parse(augment), 0.1, RUNTIME)


def make_graphed(model: nn.Module, given: TrainStep) -> GraphedGradients:
    return GraphedGradients(model, AutogradBackward(model, given), TapeRecorder())


def gradient(model: nn.Module) -> Tensor:
    return torch.cat([p.grad.flatten() for p in model.parameters() if p.grad is not None])


@pytest.mark.parametrize(
    ("name", "augment"),
    [
        ("airbench", AUGMENT),
        *(
            (name, augment)
            for name in ("glimpse", "cnn")
            for augment in ("none", AUGMENT, "rotation=10,zoom=0.1,mixup=0.2")
        ),
    ],
)
def test_a_replay_gives_the_gradients_of_autograd_for_every_batch(
    name: str, augment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "noonbit.system.cpp_extension.load", lambda source: None
    )  # a tape records PyTorch operators only
    ours, theirs = network(name), network(name)
    given = train_step(images(), augment)
    fixed, eager = make_graphed(ours, given), AutogradBackward(theirs, given)
    for epoch in range(2):  # four whole batches and a smaller one
        draws = sample_parameters(
            given.transforms, seed=0, epoch=epoch, count=45, device=torch.device("cpu")
        )
        for items in torch.randperm(45, generator=torch.Generator().manual_seed(epoch)).split(
            BATCH
        ):
            loss, right = fixed(items, draws, 0)
            eager_loss, eager_right = eager(items, draws, len(items))
            assert torch.equal(gradient(ours), gradient(theirs))
            assert torch.equal(loss, eager_loss) and torch.equal(right, eager_right)
            for model in (ours, theirs):
                model.zero_grad(set_to_none=True)
    assert fixed.recorder.replayed == 8 - WARM_UP_STEPS
    for name, value in ours.state_dict().items():  # batch norm saw each batch once
        assert torch.equal(value, theirs.state_dict()[name])


def test_work_is_captured_only_after_the_warm_up() -> None:
    recorder, done = TapeRecorder(), torch.zeros(())
    replay = Replay(lambda: done.add_(1), recorder)
    for times in range(1, 7):
        replay()
        assert done == times
    assert (recorder.done, recorder.recorded, recorder.replayed) == (
        WARM_UP_STEPS,
        1,
        6 - WARM_UP_STEPS,
    )


def test_inputs_and_gradients_stay_in_the_same_memory() -> None:
    model, given = network(), train_step(images())
    fixed = make_graphed(model, given)
    seen = set()
    for epoch in range(3):
        draws = sample_parameters(
            given.transforms, seed=0, epoch=epoch, count=45, device=torch.device("cpu")
        )
        for items in torch.arange(45).split(BATCH):
            fixed(items, draws, 0)
            places = [fixed.items, fixed.draws.offset, fixed.draws.erasing]
            places += [
                parameter.grad for parameter in model.parameters() if parameter.requires_grad
            ]
            seen.add(tuple(each.data_ptr() for each in places))
            model.zero_grad(set_to_none=True)
    assert len(seen) == 1


def test_a_training_that_goes_on_with_the_last_batch_of_an_epoch_records_the_whole_ones() -> None:
    model, given = network(), train_step(images())
    fixed = make_graphed(model, given)
    draws = sample_parameters(
        given.transforms, seed=0, epoch=0, count=45, device=torch.device("cpu")
    )
    for items in (torch.arange(40, 45), *torch.arange(40).split(BATCH), torch.arange(5)):
        fixed(items, draws, 0)
        model.zero_grad(set_to_none=True)
    assert len(fixed.items) == BATCH
    assert fixed.recorder.replayed == 4 - WARM_UP_STEPS


@contextmanager
def use_graphs(patch: pytest.MonkeyPatch) -> Iterator[TapeRecorder]:
    """Make the loop use CUDA graphs, which only a GPU has, with tapes in their place."""
    recorder = TapeRecorder()

    @contextmanager
    def fixed(model: nn.Module, given: TrainStep) -> Iterator[Any]:
        yield GraphedGradients(model, AutogradBackward(model, given), recorder)

    with patch.context() as inside:
        inside.setattr("noonbit.training.loop.make_gradients", fixed)
        yield recorder


def train_state(plan: Plan) -> TrainingState:
    state = init_training(network("glimpse"), context_of(plan))
    assert fit(state, context_of(plan))
    return state


@pytest.mark.parametrize("optimizer", ["muon", "sgd", "adamw", "rmsprop"])
def test_a_whole_training_by_replays_is_the_training(
    optimizer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = replace(with_optimizer(optimizer), augment=AUGMENT, average_weights=0.9)
    runtime = replace(RUNTIME, engine="autograd")
    state = init_training(network("glimpse"), context_of(plan, runtime=runtime))
    assert fit(state, context_of(plan, runtime=runtime))
    monkeypatch.setattr(
        "noonbit.system.cpp_extension.load", lambda source: None
    )  # a tape records PyTorch operators only
    with use_graphs(monkeypatch) as recorder:
        other = train_state(plan)
    assert recorder.replayed == 12 - WARM_UP_STEPS + (
        15 - WARM_UP_STEPS if optimizer != "rmsprop" else 0
    )
    for name, value in weights(state).items():
        # A learning rate on the device is float32, in Python float64.
        assert torch.allclose(value, weights(other)[name], atol=1e-5), name
    assert [row.loss for row in other.history] == pytest.approx([row.loss for row in state.history])
    assert [row.lr for row in other.history] == [row.lr for row in state.history]


def test_members_whose_steps_are_captured_side_by_side_are_those_of_a_training_each(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(
        "noonbit.system.cpp_extension.load", lambda source: None
    )  # a tape records PyTorch operators only
    source = write_small(tmp_path / "small.npz")
    recipe = Recipe(
        model="glimpse", epochs=2, batch_size=8, threads=1, precision="float32", augment="shift=1"
    )
    with use_graphs(monkeypatch) as recorder:
        members = train_members(
            source, recipe, EnsembleSettings(members=2), out=tmp_path / "run", at_once=2
        )
        side_by_side = recorder.replayed
        for seed, member in enumerate(load_members(members)):
            alone = recipe.model_copy(update={"seed": seed})
            run = train(source, alone, out=tmp_path / f"{seed}")
            for name, value in run.model.state_dict().items():
                assert torch.equal(value, member.model.state_dict()[name]), name
    assert side_by_side > 0
    assert recorder.replayed == 2 * side_by_side


def test_a_captured_step_reads_the_learning_rate_of_each_step() -> None:
    states = []
    for fixed in (True, False):
        model = network()
        optimizer = make_optimizer(
            model, "muon", lr=0.1, momentum=0.6, weight_decay=0.1, epsilon=0.0
        )
        assert isinstance(optimizer, Muon)
        learning = [each for each in model.parameters() if each.requires_grad]
        for parameter in learning:
            parameter.grad = torch.ones_like(parameter)
        take_step = GraphedStep(optimizer, TapeRecorder()) if fixed else optimizer.step
        for number in range(6):
            set_lr(optimizer, 0.1 / (1 + number))
            take_step()
            assert all(isinstance(group["lr"], float) for group in optimizer.param_groups)
        states.append(torch.cat([each.detach().flatten() for each in learning]))
    assert torch.allclose(*states, atol=1e-6)


def test_a_step_is_captured_where_gradients_and_counts_stay_on_the_device() -> None:
    model, given = network(), train_step(images())
    muon, adam, rmsprop = (
        make_optimizer(model, name, lr=0.1, momentum=0.6, weight_decay=0.0, epsilon=1e-8)
        for name in ("muon", "adam", "rmsprop")
    )
    for optimizer in (muon, adam):
        assert isinstance(make_optimizer_step(optimizer, make_graphed(model, given)), GraphedStep)
    assert make_optimizer_step(rmsprop, make_graphed(model, given)) == rmsprop.step
    assert make_optimizer_step(muon, AutogradBackward(model, given)) == muon.step
    assert gradients.can_use_cuda_graph(model)
    assert not gradients.can_use_cuda_graph(build("deep-cnn", 3, 1, (12, 12)))


class TensorCreation(TorchFunctionMode):
    """Records calls that create a tensor from Python numbers, which dispatch no operator."""

    def __init__(self, seen: list[str]) -> None:
        super().__init__()
        self.seen = seen

    def __torch_function__(self, function, types, args=(), kwargs=None):
        if function in (torch.tensor, torch.as_tensor, Tensor.new_tensor):
            self.seen.append(function.__name__)
        return function(*args, **(kwargs or {}))


class DeviceCopies(TorchDispatchMode):
    """Records operators that copy between a device and the host."""

    def __init__(self, seen: list[str]) -> None:
        super().__init__()
        self.seen = seen

    def __torch_dispatch__(self, operator, types, args=(), kwargs=None):
        if operator.name().startswith("aten::_fused_adamw_"):
            given = None  # it does not support meta tensors; only its inputs are checked
        else:
            given = operator(*args, **(kwargs or {}))
        devices = {each.device.type for each in tensors((args, given)) if each.ndim}
        if len(devices) > 1 or operator.name() == "aten::_local_scalar_dense":
            self.seen.append(operator.name())
        return given


@contextmanager
def host_traffic() -> Iterator[list[str]]:
    """Record what would synchronise with a GPU: values read from it, and values from the host."""
    seen: list[str] = []
    with TensorCreation(seen), DeviceCopies(seen):
        yield seen


@pytest.mark.parametrize("mode", ["eager", "graph"])
@pytest.mark.parametrize(
    "augment", ["none", AUGMENT, "rotation=10,zoom=0.1,shift=0.1,flip", "rotation=5,fill=reflect"]
)
def test_no_step_waits_for_a_device(augment: str, mode: str) -> None:
    meta = torch.device("meta")  # without values, so reading one fails
    given = images()
    train = TensorDataset(given.values.to(meta), given.labels.to(meta))
    runtime = replace(RUNTIME, device=meta)
    transforms = Augmentation.parse(augment)
    given = TrainStep(train, CONTRACT, transforms, 0.1, runtime)
    model = network().to(meta)
    step: Any = gradients.WholeBatch(model, given)
    if mode == "graph":
        step = GraphedGradients(model, AutogradBackward(model, given), TapeRecorder())
    optimizer = make_optimizer(model, "muon", lr=0.1, momentum=0.6, weight_decay=0.0, epsilon=0.0)
    take_step = make_optimizer_step(optimizer, step)
    draws = sample_parameters(transforms, seed=0, epoch=0, count=45, device=meta)
    batches = torch.arange(45, device=meta).split(BATCH)[:3]
    for number, items in enumerate(batches):
        with host_traffic() as seen:
            set_lr(optimizer, 0.1)
            step(items, draws, 0)
            take_step()
            optimizer.zero_grad(set_to_none=True)
        assert number == 0 or seen == []  # constants are created once


def test_host_traffic_is_detected() -> None:
    with host_traffic() as seen:
        device = torch.tensor([1.0], device="meta")
        device.copy_(torch.ones(1))
        device.new_tensor([1.0])
    assert seen == ["tensor", "aten::copy_", "new_tensor"]


def test_muons_step_counts_go_back_to_where_its_weights_are() -> None:
    model = network()
    muon = make_optimizer(model, "muon", lr=0.1, momentum=0.6, weight_decay=0.0, epsilon=0.0)
    for parameter in model.parameters():
        parameter.grad = torch.ones_like(parameter) if parameter.requires_grad else None
    muon.step()
    elsewhere = make_optimizer(
        network().to("meta"), "muon", lr=0.1, momentum=0.6, weight_decay=0.0, epsilon=0.0
    )
    elsewhere.load_state_dict(muon.state_dict())
    devices = {value.device.type for slots in elsewhere.state.values() for value in slots.values()}
    assert devices == {"meta"}
