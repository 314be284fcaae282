"""The gradients of a step, of whole batches or of shares."""

from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from ctypes import CFUNCTYPE, c_int32, c_void_p, cast
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from noonbit.augment import augment, sample_parameters
from noonbit.config.augmentation import Augmentation
from noonbit.config.recipe import Engine, Precision
from noonbit.data.loader import StreamedValues, TensorDataset
from noonbit.data.preprocess.contract import Contract
from noonbit.data.preprocess.images import ImagePreprocessor
from noonbit.data.preprocess.registry import INPUT_KINDS
from noonbit.errors import UsageError
from noonbit.models.catalogue import MODELS, FeedforwardNetwork, build, outline
from noonbit.models.dropout import Dropout, dropout_layers
from noonbit.system.runtime import Runtime
from noonbit.training import data_parallel
from noonbit.training.data_parallel import (
    MIN_AUTOGRAD_SHARE,
    MIN_FUSED_SHARE,
    MIN_SHARE,
    MIN_SHARE_VALUES,
    MIN_USES_OF_A_WEIGHT,
    AutogradShares,
    DataParallel,
    FusedShares,
    needs_synchronised_norms,
)
from noonbit.training.fused.program import Status
from noonbit.training.gradients import (
    WholeBatch,
    engines_for,
    make_gradients,
    may_use_global_rng,
    require_loaded,
)
from noonbit.training.train_step import AutogradBackward, TrainStep

CPU = torch.device("cpu")
COUNT = 50
FUNCTION = CFUNCTYPE(c_int32, c_void_p)
"""A kernel's."""
SHARED: tuple[Engine, ...] = ("autograd-shares", "chain-shares")


@pytest.fixture(autouse=True)
def every_batch_is_worth_sharing(monkeypatch: pytest.MonkeyPatch) -> None:
    """These networks and batches are small, so that the tests are fast."""
    monkeypatch.setattr(data_parallel, "MIN_AUTOGRAD_SHARE", {"float32": 1, "bfloat16": 1})
    monkeypatch.setattr(data_parallel, "MIN_FUSED_SHARE", 1)
    monkeypatch.setattr(data_parallel, "MIN_USES_OF_A_WEIGHT", {"float32": 0, "bfloat16": 0})


def runtime(threads: int, engine: Engine | None = None) -> Runtime:
    return Runtime(CPU, threads, "float32", {}, engine)


def train_step(threads: int, engine: Engine | None = None) -> TrainStep:
    generator = np.random.default_rng(0)
    pixels = generator.integers(0, 256, (COUNT, 1, 12, 12)).astype(np.uint8)
    train = TensorDataset(
        torch.from_numpy(pixels), torch.from_numpy(generator.integers(0, 3, COUNT).astype(np.int64))
    )
    contract = Contract.fit(
        ImagePreprocessor(height=12, width=12, channels=1), pixels, ("a", "b", "c")
    )
    return TrainStep(train, contract, Augmentation(shift=1), 0.1, runtime(threads, engine))


def test_a_step_on_a_gpu_makes_its_dropout_a_function_of_the_seed() -> None:
    """There noonbit's dropout is PyTorch's, which draws from the device's global random stream."""
    given = train_step(1)
    for name, device, seeds in (("deep-cnn", "meta", True), ("deep-cnn", "cpu", False)):
        elsewhere = replace(given, runtime=replace(given.runtime, device=torch.device(device)))
        assert WholeBatch(network(name), elsewhere).seeds_global_rng == seeds
    elsewhere = replace(given, runtime=replace(given.runtime, device=torch.device("meta")))
    assert not WholeBatch(network("mlp"), elsewhere).seeds_global_rng  # which has none


def network(name: str) -> nn.Module:
    torch.manual_seed(0)
    return build(name, 3, 1, (12, 12))


def step(
    model: nn.Module,
    threads: int,
    items: torch.Tensor,
    *,
    step_seed: int = 0,
    engine: Engine | None = None,
) -> tuple[torch.Tensor, torch.Tensor]:
    transform_parameters = sample_parameters(
        Augmentation(shift=1), seed=0, epoch=0, count=COUNT, device=CPU
    )
    model.train()
    with make_gradients(model, train_step(threads, engine)) as gradients:
        return gradients(items, transform_parameters, step_seed)


@contextmanager
def make_shares(
    model: nn.Module, given: TrainStep, engine: Engine = "chain-shares"
) -> Iterator[DataParallel]:
    named = replace(given, runtime=replace(given.runtime, engine=engine))
    with make_gradients(model, named) as shares:
        assert isinstance(shares, DataParallel)
        yield shares


def gradient(model: nn.Module) -> torch.Tensor:
    return torch.cat([p.grad.flatten() for p in model.parameters() if p.grad is not None])


@pytest.mark.parametrize(
    ("engine", "threads"), [("autograd-shares", 2), ("chain-shares", 2), ("chain", 2), ("chain", 1)]
)
def test_every_engine_has_the_gradient_of_autograd(engine: Engine, threads: int) -> None:
    whole, shared = network("cnn"), network("cnn")
    items = torch.arange(COUNT).flip(0)
    loss, right = step(whole, 1, items, engine="autograd")
    shared_loss, shared_right = step(shared, threads, items, engine=engine)
    assert torch.allclose(gradient(whole), gradient(shared), atol=1e-6)
    assert shared_loss.item() == pytest.approx(loss.item(), rel=1e-5)
    assert shared_right == right


def test_the_gradient_is_pytorchs_of_the_mean_loss() -> None:
    model, items = network("mlp"), torch.arange(COUNT).flip(0)
    loss, right = step(model, 1, items)
    ours = gradient(model)
    model.zero_grad()
    given = train_step(1)
    transform_parameters = sample_parameters(
        given.transforms, seed=0, epoch=0, count=COUNT, device=CPU
    )
    moved = augment(given.transforms, given.train.values[items], transform_parameters.take(items))
    logits = model(given.contract.normalise(moved))
    labels = given.train.labels[items]
    mean = nn.CrossEntropyLoss(label_smoothing=0.1)(logits, labels)
    mean.backward()
    assert torch.allclose(ours, gradient(model), atol=1e-6)
    assert loss.item() == pytest.approx(COUNT * mean.item(), rel=1e-5)
    assert right == (logits.argmax(dim=1) == labels).sum()


@pytest.mark.parametrize("engine", [*SHARED, "chain"])
def test_every_engine_gives_the_same_bits_each_time(engine: Engine) -> None:
    steps = []
    for _ in range(3):
        model = network("glance")
        step(model, 2, torch.arange(COUNT), engine=engine)
        steps.append((gradient(model), deepcopy(model.state_dict())))
    for bits, state in steps[1:]:
        assert torch.equal(bits, steps[0][0])
        assert all(torch.equal(state[name], value) for name, value in steps[0][1].items())


@pytest.mark.parametrize("engine", SHARED)
def test_all_copies_end_a_step_with_the_same_statistics_and_weights(engine: Engine) -> None:
    model = network("glance")
    model.train()
    transform_parameters = sample_parameters(
        Augmentation(), seed=0, epoch=0, count=COUNT, device=CPU
    )
    with make_shares(model, train_step(3), engine) as shares:
        shares(torch.arange(COUNT), transform_parameters, 0)
    first = shares.replicas[0]
    for replica in shares.replicas[1:]:
        for own, other in zip(first.buffers(), replica.buffers(), strict=True):
            assert torch.equal(own, other) or not own.is_floating_point()
        for own, other in zip(first.parameters(), replica.parameters(), strict=True):
            assert own.data_ptr() == other.data_ptr()
        assert all(parameter.grad is None for parameter in replica.parameters())


@pytest.mark.parametrize("engine", SHARED)
def test_running_statistics_are_the_mean_of_what_the_shares_saw(engine: Engine) -> None:
    model = network("glance")
    model.train()
    transform_parameters = sample_parameters(
        Augmentation(), seed=0, epoch=0, count=COUNT, device=CPU
    )
    alone = []
    for items in torch.arange(COUNT).tensor_split(2):
        one = network("glance")
        one.train()
        AutogradBackward(one, train_step(1))(items, transform_parameters, COUNT)
        alone.append(one.get_buffer("features.2.norm1.running_var"))
    with make_shares(model, train_step(2), engine) as shares:
        shares(torch.arange(COUNT), transform_parameters, 0)
    found = model.get_buffer("features.2.norm1.running_var")
    assert torch.allclose(found, (alone[0] + alone[1]) / 2, rtol=1e-5)


@pytest.mark.parametrize("engine", SHARED)
def test_a_small_batch_is_not_cut_into_crumbs(engine: Engine) -> None:
    model = network("glance")
    model.train()
    transform_parameters = sample_parameters(
        Augmentation(), seed=0, epoch=0, count=COUNT, device=CPU
    )
    with make_shares(model, train_step(2), engine) as shares:
        shares(torch.arange(2 * MIN_SHARE - 1), transform_parameters, 0)
    assert shares.replicas[0].get_buffer("features.2.norm1.num_batches_tracked") == 1
    assert shares.replicas[1].get_buffer("features.2.norm1.num_batches_tracked") == 0


def test_a_batch_of_little_work_is_not_shared_by_autograd(monkeypatch: pytest.MonkeyPatch) -> None:
    """One thread is done before two have met: `mlp` on 12x12 pixels takes 170,000 multiply-adds."""
    monkeypatch.setattr(data_parallel, "MIN_AUTOGRAD_SHARE", MIN_AUTOGRAD_SHARE)
    shares = AutogradShares(network("mlp"), train_step(2), 2)
    assert shares.work.multiply_adds == 144 * 256 + 2 * 256 * 256 + 256 * 3
    assert shares.count_shares(32) == 1
    assert shares.count_shares(1024) == 2
    in_bfloat16 = replace(runtime(2), precision="bfloat16")
    faster = AutogradShares(network("mlp"), replace(train_step(2), runtime=in_bfloat16), 2)
    assert (faster.count_shares(1024), faster.count_shares(2400)) == (1, 2)


def test_a_batch_of_many_values_is_shared_by_autograd_though_its_products_are_few(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """`sign-cnn` on 12x12 pixels: what stands between its products takes longer than they do."""
    monkeypatch.setattr(data_parallel, "MIN_AUTOGRAD_SHARE", MIN_AUTOGRAD_SHARE)
    in_bfloat16 = replace(train_step(2), runtime=replace(runtime(2), precision="bfloat16"))
    shares = AutogradShares(network("sign-cnn"), in_bfloat16, 2)
    count = 2 * MIN_SHARE_VALUES // shares.work.values + 1
    assert (shares.count_shares(count - 2), shares.count_shares(count)) == (1, 2)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_a_fused_batch_that_uses_its_weights_too_little_is_not_shared(
    monkeypatch: pytest.MonkeyPatch, precision: Precision
) -> None:
    """The threads would read each other's weights and gradients for longer than they compute."""
    monkeypatch.setattr(data_parallel, "MIN_USES_OF_A_WEIGHT", MIN_USES_OF_A_WEIGHT)
    given = replace(train_step(2), runtime=replace(runtime(2), precision=precision))
    uses = MIN_USES_OF_A_WEIGHT[precision]
    with make_shares(network("mlp"), given) as shares:  # each weight once for each image
        assert (shares.count_shares(2 * uses - 1), shares.count_shares(2 * uses + 3)) == (1, 2)


def test_a_fused_batch_of_less_work_than_a_threads_waking_is_not_shared(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(data_parallel, "MIN_FUSED_SHARE", MIN_FUSED_SHARE)
    with make_shares(network("mlp"), train_step(2)) as shares:
        most = 2 * MIN_FUSED_SHARE // shares.work.multiply_adds
        assert (shares.count_shares(most), shares.count_shares(most + 1)) == (1, 2)


def test_networks_that_shares_would_change_have_their_norms_synchronised() -> None:
    changed = {
        name
        for name, entry in MODELS.items()
        if needs_synchronised_norms(outline(name, *INPUT_KINDS[entry.input_kind].usual_input))
    }
    residual = {name for name in MODELS if name.startswith("resnet")}
    assert changed == {"sign-cnn", "efficientnet-lite0", *residual}
    assert may_use_global_rng(nn.Sequential(nn.Flatten(), nn.Linear(144, 3)))


@pytest.mark.parametrize("threads", [2, 3])
@pytest.mark.parametrize("name", ["sign-cnn", "resnet20"])
def test_shares_normalise_by_the_statistics_of_the_whole_batch(name: str, threads: int) -> None:
    whole, shared = network(name), network(name)
    for model in (whole, shared):
        for layer in dropout_layers(model):
            layer.p = 0.0  # each share draws its own
    items = torch.arange(COUNT).flip(0)
    loss, right = step(whole, 1, items, engine="chain")
    shared_loss, shared_right = step(shared, threads, items, engine="chain-shares")
    expected = gradient(whole)
    assert torch.allclose(expected, gradient(shared), atol=1e-4 * float(expected.abs().max()))
    assert shared_loss.item() == pytest.approx(loss.item(), rel=1e-5)
    assert shared_right == right
    for own, other in zip(whole.buffers(), shared.buffers(), strict=True):
        assert torch.allclose(own, other, rtol=1e-5)


def test_a_small_batch_of_a_synchronised_network_runs_to_its_end_on_one_thread() -> None:
    whole, shared = network("resnet20"), network("resnet20")
    items = torch.arange(MIN_SHARE)
    step(whole, 1, items, engine="chain")
    step(shared, 2, items, engine="chain-shares")
    assert torch.equal(gradient(whole), gradient(shared))


@pytest.mark.parametrize("share", [0, 1])
@pytest.mark.parametrize("kernel_name", ["norm_statistics", "norm", "norm_back"])
def test_a_thread_that_fails_does_not_leave_the_others_waiting_at_a_norm(
    kernel_name: str, share: int
) -> None:
    model = network("sign-cnn")
    model.train()
    transform_parameters = sample_parameters(
        Augmentation(), seed=0, epoch=0, count=COUNT, device=CPU
    )
    with make_shares(model, train_step(2)) as shares:
        assert isinstance(shares, FusedShares)
        images = torch.zeros(COUNT // 2, 1, 12, 12, dtype=torch.uint8)
        program = shares.networks[share].step_for(images).program
        names = [kernel.name.decode() for kernel, _ in program.calls]
        failing = names.index(kernel_name)
        fail = FUNCTION(lambda _: Status.NO_MEMORY)
        working = program.finished[failing].kernel
        program.finished[failing].kernel = cast(fail, c_void_p)
        with pytest.raises(MemoryError, match=f"{kernel_name} needs more memory than there is"):
            shares(torch.arange(COUNT), transform_parameters, 0)
        waiting = next(iter(shares.networks[1 - share].steps.values())).program
        waits_at = names.index("wait_for_shares", failing)
        assert (waiting.execution.status, waiting.execution.done) == (Status.WAITING, waits_at + 1)
        assert not any(owner.pointer for each in (program, waiting) for _, owner in each.returned)
        if kernel_name == "norm_statistics":  # nobody had those of the whole batch
            before = network("sign-cnn").state_dict()
            assert all(
                torch.equal(before[name], buffer)
                for name, buffer in model.named_buffers()
                if "running" in name
            )
        program.finished[failing].kernel = working
        shares(torch.arange(COUNT), transform_parameters, 0)  # nothing is left of it


def test_the_engine_that_a_runtime_names_is_taken_where_it_can_be() -> None:
    model = network("sign-cnn")
    engines = ("chain-shares", "chain", "autograd")
    assert engines_for(model, Augmentation(), runtime(2)) == engines
    with make_gradients(model, train_step(2, "autograd")) as gradients:
        assert type(gradients).__name__ == "WholeBatch"
    with make_gradients(model, train_step(2, "autograd-shares")) as gradients:
        assert type(gradients).__name__ == "FusedShares"


def test_mixed_labels_are_left_to_autograd_and_a_gpu_can_replay_what_draws_no_numbers() -> None:
    model = network("mlp")
    assert engines_for(model, Augmentation(mixup=0.2), runtime(2)) == (
        "autograd-shares",
        "autograd",
    )
    gpu = Runtime(torch.device("cuda"), 2, "float32", {})
    assert engines_for(model, Augmentation(), gpu) == ("autograd", "graph")
    assert engines_for(network("deep-cnn"), Augmentation(), gpu) == ("autograd",)
    assert engines_for(nn.Linear(144, 3), Augmentation(), gpu) == ("autograd",)


def test_items_that_stream_to_a_gpu_are_refused_by_the_engine_that_replays() -> None:
    streamed = StreamedValues(lambda items: items, torch.arange(COUNT), CPU)
    with pytest.raises(UsageError, match="graph needs all training items in the GPU's memory"):
        require_loaded(TensorDataset(streamed, torch.arange(COUNT)))
    require_loaded(train_step(1).train)


@pytest.mark.parametrize("engine", ["autograd", *SHARED, "chain"])
def test_dropout_is_a_function_of_the_steps_seed(engine: Engine) -> None:
    model = network("deep-cnn")
    seen = []
    for step_seed in (1, 1, 2):
        model.zero_grad()
        step(model, 3, torch.arange(COUNT), step_seed=step_seed, engine=engine)
        seen.append(gradient(model))
    assert torch.equal(seen[0], seen[1])
    assert not torch.equal(seen[0], seen[2])


@pytest.mark.parametrize("engine", SHARED)
def test_every_share_drops_other_units(engine: Engine) -> None:
    model = network("slides-cnn")
    transform_parameters = sample_parameters(
        Augmentation(), seed=0, epoch=0, count=COUNT, device=CPU
    )
    with make_shares(model, train_step(2), engine) as shares:
        shares(torch.arange(COUNT), transform_parameters, 0)
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
    with make_gradients(network("cnn"), train_step(2)):
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == before


def test_auxiliary_heads_learn_beside_the_main_one_and_stay_out_of_the_loss_that_is_told() -> None:
    class Heads(FeedforwardNetwork):
        def __init__(self) -> None:
            torch.manual_seed(0)
            features = nn.Sequential(nn.Flatten(), nn.Linear(144, 6))
            super().__init__(
                features, nn.Sequential(nn.Linear(6, 3)), {"1": nn.Sequential(nn.Linear(6, 3))}
            )

    model = Heads()
    loss, _ = step(model, 1, torch.arange(COUNT))
    given = train_step(1)
    transform_parameters = sample_parameters(
        given.transforms, seed=0, epoch=0, count=COUNT, device=CPU
    )
    images = given.contract.normalise(
        augment(given.transforms, given.train.values, transform_parameters)
    )
    criterion = nn.CrossEntropyLoss(label_smoothing=0.1)
    main, side = (criterion(each, given.train.labels) for each in model.all_logits(images))
    ours = gradient(model)
    model.zero_grad()
    (main + 0.3 * side).backward()
    assert torch.allclose(ours, gradient(model), atol=1e-6)
    assert loss.item() == pytest.approx(COUNT * main.item(), rel=1e-5)
