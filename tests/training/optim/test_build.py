"""Schedules and optimisers: steps equal PyTorch's, and every optimiser lowers a loss."""

import math
from typing import get_args

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from noonbit.config.plan import RATES
from noonbit.config.recipe import OptimizerName, ScheduleName
from noonbit.training.optim.build import make_optimizer
from noonbit.training.optim.muon import MUON_SMALL_RATE, Muon, orthogonalise
from noonbit.training.optim.schedules import Schedule, make_schedule, set_lr

shapes = st.tuples(st.integers(1, 40), st.integers(1, 40))


def rates(name: ScheduleName, *, warmup: float = 0.2, steps: int = 100) -> list[float]:
    schedule: Schedule = make_schedule(name, lr=0.5, warmup=warmup, steps=steps)
    return [schedule(step) for step in range(steps)]


def muon(*parameters: nn.Parameter, lr: float = 0.1, weight_decay: float = 0.0) -> Muon:
    return Muon(
        list(parameters), lr=lr, momentum=0.6, weight_decay=weight_decay, dtype=torch.float32
    )


def random_parameter(*shape: int) -> nn.Parameter:
    return nn.Parameter(torch.randn(*shape, generator=torch.Generator().manual_seed(2)))


def gradients(like: Tensor, count: int) -> list[Tensor]:
    generator = torch.Generator().manual_seed(1)
    return [torch.randn(like.shape, generator=generator) for _ in range(count)]


def test_a_constant_rate_is_constant_after_its_warmup() -> None:
    assert set(rates("constant")[20:]) == {0.5}
    assert rates("constant")[:2] == pytest.approx([0.025, 0.05])


def test_one_cycle_goes_straight_up_and_straight_down_to_zero() -> None:
    values = rates("one-cycle")
    assert values[:20] == pytest.approx([0.5 * step / 20 for step in range(1, 21)])
    assert values[20:] == pytest.approx([0.5 * step / 80 for step in range(80, 0, -1)])
    assert make_schedule("one-cycle", lr=0.5, warmup=0.2, steps=100)(100) == 0


def test_cosine_rises_and_then_falls_like_a_cosine_to_zero() -> None:
    values = rates("cosine")
    cosine = [0.5 * (1 + math.cos(math.pi * step / 100)) / 2 for step in range(100)]
    assert values[19:] == pytest.approx(cosine[19:])
    assert all(low < high for low, high in zip(values[:15], values[1:16], strict=True))
    assert values[-1] < 0.001


@given(
    st.sampled_from(get_args(ScheduleName)), st.floats(0, 1, exclude_max=True), st.integers(1, 300)
)
def test_a_rate_is_positive_and_never_above_the_stated_one(name, warmup: float, steps: int) -> None:
    values = rates(name, warmup=warmup, steps=steps)
    assert min(values) > 0 and max(values) <= 0.5
    highest = values.index(max(values))
    assert values[: highest + 1] == sorted(values[: highest + 1])
    assert values[highest:] == sorted(values[highest:], reverse=True)


@settings(deadline=None)
@given(shapes, st.integers(0, 2**31))
def test_an_orthogonalised_matrix_has_singular_values_near_1(shape, seed: int) -> None:
    rows, columns = shape
    generator = torch.Generator().manual_seed(seed)
    # Well conditioned, as three steps cannot bring up tiny singular values.
    left = torch.linalg.qr(torch.randn(rows, rows, generator=generator)).Q
    right = torch.linalg.qr(torch.randn(columns, columns, generator=generator)).Q
    rank = min(shape)
    spread = torch.rand(rank, generator=generator) + 0.5
    matrix = left[:, :rank] * spread @ right[:rank]
    values = torch.linalg.svdvals(orthogonalise(matrix))
    assert values.min() >= 0.5 and values.max() <= 1.5


def test_orthogonalising_keeps_the_singular_vectors_and_ignores_the_scale() -> None:
    matrix = random_parameter(6, 9).detach()
    result = orthogonalise(matrix)
    aligned = torch.linalg.svd(matrix)
    inner = aligned.U.T @ result @ aligned.Vh.T
    assert (inner[:, :6] - inner[:, :6].diag().diag()).abs().max() < 1e-4
    assert torch.allclose(orthogonalise(1000 * matrix), result, atol=1e-4)
    assert torch.allclose(orthogonalise(matrix.T), result.T, atol=1e-5)
    assert orthogonalise(torch.zeros(3, 4)).eq(0).all()


@pytest.mark.parametrize("shape", [(16, 3, 3, 3), (8, 32, 3, 3), (64, 16, 1, 1)])
def test_muon_keeps_filters_at_the_root_of_their_number(shape: tuple[int, ...]) -> None:
    filters = random_parameter(*shape)
    optimizer = muon(filters, lr=0.01)
    for gradient in gradients(filters, 20):
        filters.grad = gradient
        optimizer.step()
    assert float(filters.detach().norm()) == pytest.approx(math.sqrt(shape[0]), rel=0.05)


def test_muon_moves_filters_of_zeros() -> None:
    filters = nn.Parameter(torch.zeros(4, 2, 3, 3))
    (filters.grad,) = gradients(filters, 1)
    muon(filters).step()
    assert filters.isfinite().all() and filters.any()


def test_muons_first_step_is_an_orthogonal_one_against_the_gradient() -> None:
    filters = random_parameter(8, 2, 3, 3)
    (gradient,) = gradients(filters, 1)
    filters.grad = gradient
    before = filters.detach() * math.sqrt(8) / filters.detach().norm()
    muon(filters, lr=0.1).step()
    step = (before - filters.detach()).view(8, 18) / 0.1
    assert torch.allclose(step, orthogonalise(gradient.view(8, 18)), atol=1e-4)


def test_muons_momentum_is_nesterovs() -> None:
    filters = random_parameter(8, 2, 3, 3)
    optimizer = muon(filters, lr=0.1)
    first, second = gradients(filters, 2)
    filters.grad = first
    optimizer.step()
    before = filters.detach() * math.sqrt(8) / filters.detach().norm()
    filters.grad = second
    optimizer.step()
    direction = second + 0.6 * (0.6 * first + second)
    step = (before - filters.detach()).view(8, 18) / 0.1
    assert torch.allclose(step, orthogonalise(direction.view(8, 18)), atol=1e-4)


@pytest.mark.parametrize(("shape", "decay"), [((7,), 0.0), ((4, 3), 0.3)])
def test_parameters_other_than_filters_are_updated_by_adamw(
    shape: tuple[int, ...], decay: float
) -> None:
    ours, reference = random_parameter(*shape), random_parameter(*shape)
    optimizer = muon(ours, lr=0.02, weight_decay=decay)
    adamw = torch.optim.AdamW([reference], lr=0.02, betas=(0.9, 0.95), weight_decay=decay)
    for gradient in gradients(ours, 15):
        ours.grad, reference.grad = gradient.clone(), gradient.clone()
        optimizer.step()
        adamw.step()
    assert torch.allclose(ours, reference, atol=1e-6)


def test_muon_does_not_decay_vectors() -> None:
    vector = random_parameter(5)
    before = vector.detach().clone()
    vector.grad = torch.zeros(5)
    muon(vector, weight_decay=0.5).step()
    assert torch.equal(vector, before)


def test_muon_skips_parameters_without_a_gradient() -> None:
    used, unused = random_parameter(4, 1, 3, 3), random_parameter(4, 1, 3, 3)
    before = unused.detach().clone()
    (used.grad,) = gradients(used, 1)
    muon(used, unused).step()
    assert torch.equal(unused, before)


TORCHS = {
    "sgd": lambda groups, momentum: torch.optim.SGD(
        groups, lr=0.1, momentum=momentum, nesterov=momentum > 0, fused=True
    ),
    "adam": lambda groups, momentum: torch.optim.Adam(groups, lr=0.1, fused=True),
    "adamw": lambda groups, momentum: torch.optim.AdamW(groups, lr=0.1, fused=True),
    "rmsprop": lambda groups, momentum: torch.optim.RMSprop(groups, lr=0.1, alpha=0.9),
    "adadelta": lambda groups, momentum: torch.optim.Adadelta(groups, lr=0.1, rho=0.95, eps=1e-8),
}


@pytest.mark.parametrize("decay", [0.0, 0.2])
@pytest.mark.parametrize(("name", "momentum"), [*((name, 0.0) for name in TORCHS), ("sgd", 0.9)])
def test_a_step_equals_pytorchs_bit_by_bit(
    name: OptimizerName, momentum: float, decay: float
) -> None:
    ours, theirs = (
        [random_parameter(3, 5), random_parameter(2, 3, 3, 3), random_parameter(4)]
        for _ in range(2)
    )
    optimizer = make_optimizer(
        nn.ParameterList(ours),
        name,
        lr=0.1,
        momentum=momentum,
        weight_decay=decay,
        epsilon=1e-8,
    )
    reference = TORCHS[name](
        [
            {"params": theirs[:2], "weight_decay": decay},
            {"params": theirs[2:], "weight_decay": 0.0},
        ],
        momentum,
    )
    drawn = [gradients(value, 6) for value in ours]
    for step in range(6):
        for mine, other, of_steps in zip(ours, theirs, drawn, strict=True):
            skipped = step == 2 and mine.ndim == 4  # as for an unused layer
            mine.grad = None if skipped else of_steps[step].clone()
            other.grad = None if skipped else of_steps[step].clone()
        optimizer.step()
        reference.step()
        optimizer.zero_grad(set_to_none=True)
        assert all(value.grad is None for value in ours)
    assert all(map(torch.equal, ours, theirs))


def test_biases_and_norms_are_not_decayed() -> None:
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Flatten(), nn.Linear(2, 2))
    optimizer = make_optimizer(model, "sgd", lr=0.1, momentum=0.9, weight_decay=0.01, epsilon=1e-8)
    decays = {
        id(parameter): group["weight_decay"]
        for group in optimizer.param_groups
        for parameter in group["params"]
    }
    for parameter in model.parameters():
        assert decays[id(parameter)] == (0.01 if parameter.ndim > 1 else 0.0)


@pytest.mark.parametrize("name", get_args(OptimizerName))
def test_step_post_hooks_are_called(name: OptimizerName) -> None:
    model = nn.Linear(2, 3)
    optimizer = make_optimizer(model, name, lr=0.1, momentum=0.9, weight_decay=0.0, epsilon=1e-8)
    seen = []
    optimizer.register_step_post_hook(lambda *_: seen.append(model.weight.detach().clone()))
    before = model.weight.detach().clone()
    for parameter in model.parameters():
        parameter.grad = torch.ones_like(parameter)
    optimizer.step()
    assert len(seen) == 1 and not torch.equal(seen[0], before)


@pytest.mark.parametrize("name", get_args(OptimizerName))
def test_frozen_parameters_are_left_out(name: OptimizerName) -> None:
    model = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 2))
    model[0].requires_grad_(False)
    optimizer = make_optimizer(model, name, lr=0.1, momentum=0.9, weight_decay=0.01, epsilon=1e-8)
    held = {id(p) for group in optimizer.param_groups for p in group["params"]}
    assert held == {id(parameter) for parameter in model[1].parameters()}


def test_a_groups_own_rate_multiplies_the_learning_rate() -> None:
    optimizer = muon(random_parameter(4, 1, 3, 3), random_parameter(4))
    set_lr(optimizer, 0.5)
    assert [group["lr"] for group in optimizer.param_groups] == [0.5, 0.5 * MUON_SMALL_RATE]


@pytest.mark.parametrize("name", get_args(OptimizerName))
@pytest.mark.parametrize("bias", [True, False])
def test_every_optimiser_lowers_a_small_loss(name: OptimizerName, bias: bool) -> None:
    torch.manual_seed(0)
    images, labels = torch.randn(32, 1, 6, 6), torch.arange(32) % 3
    images[:, 0, 0] += labels[:, None]
    model = nn.Sequential(
        nn.Conv2d(1, 8, 3, bias=bias),
        nn.BatchNorm2d(8),
        nn.SiLU(),
        nn.Flatten(),
        nn.Linear(128, 3, bias=bias),
    )
    lr, _ = RATES[name]
    optimizer = make_optimizer(model, name, lr=lr, momentum=0.6, weight_decay=0.0, epsilon=1e-8)
    losses = []
    for _ in range(80):  # adadelta begins slowly
        set_lr(optimizer, lr)
        loss = F.cross_entropy(model(images), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.75 * losses[0]
