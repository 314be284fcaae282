"""noonbit.training.fused: a network's gradient layer by layer, against PyTorch's autograd."""

from copy import deepcopy

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from noonbit.data.preprocess.contract import Contract
from noonbit.data.preprocess.images import ImagePreprocessor
from noonbit.models.catalogue import build
from noonbit.models.dropout import Dropout, seed_dropout
from noonbit.models.layers import FeedforwardNetwork
from noonbit.models.resnet import ConvNorm, Residual
from noonbit.system import cpp_extension
from noonbit.training.fused import FusedNetwork, build_fused, kernels
from noonbit.training.fused.batch_norm import FusedBatchNorm
from noonbit.training.fused.compile import FusedBuilder, UnsupportedLayer
from noonbit.training.fused.first_layer import FusedFirstActivation
from noonbit.training.fused.kernels import Kernels
from noonbit.training.fused.layers import FusedMaxPool, FusedReLU
from noonbit.training.fused.program import Program
from tests.helpers.fused_layers import given, run_both, run_forward, taken

CLASSES = 5
COUNT = 24

KNOWN = (
    *("mlp", "cnn", "deep-cnn", "sign-dnn", "sign-cnn", "slides-dnn", "slides-cnn", "lab-cnn"),
    *(
        "lab-deep-cnn",
        "lab-class-cnn",
        "lab-layers-cnn",
        "lenet5",
        "convnetjs",
        "glance",
        "glimpse",
    ),
    *("resnet20", "vgg-a"),
)


@pytest.fixture(scope="module")
def loaded() -> dict[torch.dtype, Kernels]:
    found = {dtype: kernels.load(dtype) for dtype in (torch.float32, torch.bfloat16)}
    if None in found.values():
        pytest.skip("no C++ compiler is here")
    return {dtype: each for dtype, each in found.items() if each is not None}


def images_and_labels(channels: int, side: int) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(
        0, 256, (COUNT, channels, side, side), generator=generator, dtype=torch.uint8
    )
    return images, torch.randint(0, CLASSES, (COUNT,), generator=generator)


def contract_of(channels: int, side: int) -> Contract:
    return Contract(
        preprocessor=ImagePreprocessor(height=side, width=side, channels=1 if channels == 1 else 3),
        mean=(0.45, 0.5, 0.55)[:channels],
        std=(0.25, 0.3, 0.2)[:channels],
        class_names=tuple("abcde"),
    )


def network(name: str, channels: int, side: int) -> nn.Module:
    torch.manual_seed(1)
    model = build(name, CLASSES, channels, (side, side)).to(memory_format=torch.channels_last)
    if hasattr(model, "init_from_data"):
        model.init_from_data(
            contract_of(channels, side).normalise(images_and_labels(channels, side)[0])
        )
    seed_dropout(model, 7)
    return model.train()


def by_autograd(model: nn.Module, channels: int, side: int, dtype: torch.dtype) -> float:
    """The reference: everything in `dtype`, usually float64."""
    images, labels = images_and_labels(channels, side)
    contract = contract_of(channels, side)
    mean, std = (
        255 * torch.tensor(column).to(dtype).view(-1, 1, 1)
        for column in (contract.mean, contract.std)
    )
    logits = model.to(dtype)((images.to(dtype) - mean) / std)
    loss = F.cross_entropy(logits, labels, label_smoothing=0.1, reduction="sum")
    (loss / COUNT).backward()
    return loss.item()


def by_fused(fused: FusedNetwork, channels: int, side: int) -> tuple[float, int]:
    images, labels = images_and_labels(channels, side)
    fused.set_normalization(contract_of(channels, side))
    loss, correct = fused.backward(images, labels, smoothing=0.1, count=COUNT)
    return loss.item(), int(correct.item())


def disagreement(ours: Tensor, exact: Tensor) -> float:
    """The norm of the difference, relative to the exact one's."""
    return float((ours.double() - exact.double()).norm() / (exact.double().norm() + 1e-30))


@pytest.mark.parametrize(
    ("name", "channels", "side"),
    [
        *((name, 1, 20) for name in KNOWN),  # halved to 10, 5 and 3
        # Colours change the first layer only; one of each kind of it.
        *((name, 3, 24) for name in ("mlp", "cnn", "glance", "lenet5", "resnet20")),
        *(
            pytest.param(name, channels, side, marks=pytest.mark.slow)
            for channels, side in ((1, 28), (3, 32))
            for name in KNOWN
            if channels == 1 or name != "vgg-a"
        ),
    ],
)
def test_the_gradient_is_autograds(
    loaded: dict[torch.dtype, Kernels], name: str, channels: int, side: int
) -> None:
    model, exact = network(name, channels, side), network(name, channels, side)
    fused = build_fused(model, torch.float32)
    assert fused is not None
    loss, correct = by_fused(fused, channels, side)
    assert loss == pytest.approx(by_autograd(exact, channels, side, torch.float64), rel=1e-5)
    assert 0 <= correct <= COUNT
    for (parameter_name, ours), theirs in zip(
        model.named_parameters(), exact.parameters(), strict=True
    ):
        assert (ours.grad is None) == (theirs.grad is None), parameter_name
        if ours.grad is not None and theirs.grad is not None and theirs.grad.norm() > 1e-6:
            # In deep networks, rounding puts one unit in millions on the other side of ReLU's kink.
            assert disagreement(ours.grad, theirs.grad) < 1e-2, parameter_name
    for ours_buffer, exact_buffer in zip(model.buffers(), exact.buffers(), strict=True):
        assert torch.allclose(ours_buffer.double(), exact_buffer.double(), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("name", ["mlp", "deep-cnn", "sign-cnn", "glimpse", "resnet20"])
def test_bfloat16_points_the_same_way(loaded: dict[torch.dtype, Kernels], name: str) -> None:
    model, exact = network(name, 3, 32), network(name, 3, 32)
    fused = build_fused(model, torch.bfloat16)
    assert fused is not None
    by_fused(fused, 3, 32)
    by_autograd(exact, 3, 32, torch.float64)
    ours, theirs = (
        torch.cat([p.grad.double().flatten() for p in each.parameters() if p.grad is not None])
        for each in (model, exact)
    )
    assert F.cosine_similarity(ours, theirs, dim=0) > 0.98


def test_a_fused_network_reads_the_current_weights(loaded: dict[torch.dtype, Kernels]) -> None:
    model = network("cnn", 1, 28)
    fused = build_fused(model, torch.bfloat16)
    assert fused is not None
    before, _ = by_fused(fused, 1, 28)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()
    after, _ = by_fused(fused, 1, 28)
    assert after != before
    assert after == pytest.approx(COUNT * np.log(CLASSES), rel=1e-3)


def test_a_narrow_convolution_inside_a_block_is_not_mistaken_for_the_first(
    loaded: dict[torch.dtype, Kernels],
) -> None:
    path = nn.Sequential(ConvNorm(2, 2, 3), nn.ReLU(), ConvNorm(2, 2, 3))
    features = nn.Sequential(nn.Conv2d(1, 2, 3), Residual(path, nn.Identity()))
    model = FeedforwardNetwork(
        features, nn.Sequential(nn.Flatten(), nn.Linear(2 * 26 * 26, CLASSES))
    )
    model = model.to(memory_format=torch.channels_last).train()
    exact = deepcopy(model)
    fused = build_fused(model, torch.float32)
    assert fused is not None
    by_fused(fused, 1, 28)
    by_autograd(exact, 1, 28, torch.float64)
    for ours, theirs in zip(model.parameters(), exact.parameters(), strict=True):
        assert ours.grad is not None and theirs.grad is not None
        assert theirs.grad.norm() < 1e-6 or disagreement(ours.grad, theirs.grad) < 1e-2


def test_a_network_with_an_unsupported_layer_has_no_fused_form(
    loaded: dict[torch.dtype, Kernels],
) -> None:
    def of(*layers: nn.Module) -> FusedNetwork | None:
        head = nn.Sequential(nn.Flatten(), nn.Linear(4, 2))
        return build_fused(FeedforwardNetwork(nn.Sequential(*layers), head), torch.float32)

    assert of(nn.Conv2d(1, 4, 3), nn.AdaptiveMaxPool2d(1)) is not None
    unknown: list[list[nn.Module]] = [
        [nn.Conv2d(1, 4, 3), nn.Tanh()],
        [nn.Conv2d(1, 4, 3), nn.SiLU()],  # supported only behind a frozen stem
        [nn.Conv2d(1, 4, 3), nn.MaxPool2d(3, stride=2)],  # overlapping windows
        [nn.Conv2d(1, 4, 3), nn.MaxPool2d(2, padding=1)],
        [nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), Dropout(0.5)],  # the output is no mask without ReLU
        [nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4, momentum=None)],
        [nn.Conv2d(1, 4, 3, padding="same")],
        [nn.Conv2d(1, 4, 3, padding=1, padding_mode="reflect")],
        [nn.AdaptiveMaxPool2d(2)],
    ]
    for layers in unknown:
        assert of(*layers) is None, layers
    assert build_fused(nn.Sequential(nn.Flatten(), nn.Linear(4, 2)), torch.float32) is None


def test_a_weight_that_is_a_part_of_another_tensor_has_no_fused_form(
    loaded: dict[torch.dtype, Kernels],
) -> None:
    """Kernels read and write whole weights in the order of memory."""

    def of(weight: Tensor) -> FusedNetwork | None:
        layer = nn.Linear(4, 2)
        layer.weight = nn.Parameter(weight)
        head = nn.Sequential(nn.Flatten(), layer)
        return build_fused(FeedforwardNetwork(nn.Sequential(nn.Identity()), head), torch.float32)

    whole = torch.randn(8, 8)
    assert of(whole[:2, :4].contiguous()) is not None
    assert of(whole[:4, :2].t().contiguous().t().t()) is not None
    assert of(whole[:2, :4]) is None
    assert of(torch.randn(2, 1).expand(2, 4)) is None


def test_a_dense_layer_on_maps_has_no_fused_form() -> None:
    convolution, dense = nn.Conv2d(1, 2, 3), nn.Linear(6, 6)
    head = nn.Sequential(nn.Flatten(), nn.Linear(2 * 6 * 6, 3))
    assert build_fused(FeedforwardNetwork(nn.Sequential(convolution), head), torch.float32)
    model = FeedforwardNetwork(nn.Sequential(convolution, dense), head)
    assert model(torch.zeros(5, 1, 8, 8)).shape == (5, 3)
    assert build_fused(model, torch.float32) is None


def test_a_network_whose_first_layer_is_dense_has_no_fused_form(
    loaded: dict[torch.dtype, Kernels],
) -> None:
    layers = (nn.Identity(), nn.Linear(4, 3), nn.ReLU())
    model = FeedforwardNetwork(nn.Sequential(*layers), nn.Sequential(nn.Linear(3, 2)))
    builder = FusedBuilder(torch.float32, has_amx=False)
    with pytest.raises(UnsupportedLayer, match="before they are flattened"):
        builder.build_network(model)
    assert build_fused(model, torch.float32) is None
    assert model(torch.zeros(5, 4)).shape == (5, 2)
    images = FeedforwardNetwork(nn.Sequential(nn.Flatten(), *layers), model.head)
    assert build_fused(images, torch.float32) is not None


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("channels", [1, 6, 16, 75, 130])
@pytest.mark.parametrize(
    ("side", "stride", "ceil_mode"), [(2, 2, True), (2, 2, False), (2, 3, True)]
)
def test_pooling_is_pytorchs(
    loaded: dict[torch.dtype, Kernels],
    dtype: torch.dtype,
    channels: int,
    side: int,
    stride: int,
    ceil_mode: bool,
) -> None:
    torch.manual_seed(0)
    values = torch.randn(3, channels, 7, 9).to(dtype).contiguous(memory_format=torch.channels_last)
    fused = FusedMaxPool(
        side=side, stride=stride, ceil_mode=ceil_mode, rectified=True, dropout=None
    )
    theirs = values.clone().requires_grad_()
    expected = F.relu(F.max_pool2d(theirs, side, stride, ceil_mode=ceil_mode))
    gradient = torch.randn(expected.shape).to(dtype)
    expected.backward(gradient)
    ours, back = run_both(loaded[dtype], fused, values, gradient)
    assert torch.equal(ours, expected)
    assert theirs.grad is not None
    assert torch.equal(back, theirs.grad)


def test_nan_is_propagated(loaded: dict[torch.dtype, Kernels]) -> None:
    values = torch.ones(1, 20, 2, 2).contiguous(memory_format=torch.channels_last)
    values[0, 3, 1, 0] = torch.nan
    pool = FusedMaxPool(side=2, stride=2, ceil_mode=False, rectified=True, dropout=None)
    pooled = run_forward(loaded[torch.float32], pool, values)
    assert pooled.flatten().isnan().nonzero().tolist() == [[3]]
    for dtype, kernels_of_dtype in loaded.items():
        rectified = run_forward(kernels_of_dtype, FusedReLU(None), values.to(dtype))
        assert rectified.isnan().sum() == 1


@pytest.mark.parametrize("rate", [0.25, 0.5, 1.0])
def test_dropout_keeps_what_the_layer_would_keep(
    loaded: dict[torch.dtype, Kernels], rate: float
) -> None:
    layer = Dropout(rate).train()
    values = torch.randn(4, 6, 5, 5).contiguous(memory_format=torch.channels_last)
    layer.seed(3)
    expected = layer(F.relu(values))
    layer.seed(3)
    scale = 0.0 if rate == 1 else 1 / (1 - rate)
    pool = FusedMaxPool(side=1, stride=1, ceil_mode=False, rectified=True, dropout=layer)
    for fused in (FusedReLU(layer), pool):
        layer.seed(3)
        ours, back = run_both(loaded[torch.float32], fused, values, torch.ones_like(values))
        assert torch.allclose(ours, expected)
        assert torch.allclose(back, (expected > 0) * scale)


@pytest.mark.parametrize("activation", ["none", "relu", "silu"])
def test_norm_with_a_residual_is_pytorchs(
    loaded: dict[torch.dtype, Kernels], activation: str
) -> None:
    torch.manual_seed(0)
    layer = nn.BatchNorm2d(10)
    nn.init.normal_(layer.weight)
    nn.init.normal_(layer.bias)
    exact = deepcopy(layer).double()
    values, residual = (
        (torch.randn(40, 10, 13, 13) + 5).contiguous(memory_format=torch.channels_last)
        for _ in range(2)
    )
    theirs = [each.double().requires_grad_() for each in (values, residual)]
    act = {"none": nn.Identity(), "relu": nn.ReLU(), "silu": nn.SiLU()}[activation]
    expected = act(exact(theirs[0]) + theirs[1])
    gradient = torch.randn(expected.shape)
    expected.backward(gradient.double())
    fused = FusedBatchNorm(layer, activation)  # type: ignore[arg-type]
    program = Program(loaded[torch.float32])
    normed = fused.forward(program, given(program, values), given(program, residual))
    result = taken(program, normed)
    gradients = fused.backward_both(program, given(program, gradient))
    back, beside = (taken(program, each) for each in gradients)
    program.finish()
    program.run()
    assert torch.allclose(result.double(), expected, atol=1e-5)
    for ours, their in zip((back, beside), theirs, strict=True):
        assert their.grad is not None
        assert disagreement(ours, their.grad) < 1e-5
    assert exact.weight.grad is not None
    assert disagreement(fused.weight.gradient, exact.weight.grad) < 1e-5
    assert torch.allclose(layer.running_var.double(), exact.running_var)  # type: ignore[union-attr]


def test_the_exponential_is_exact_to_seven_digits(loaded: dict[torch.dtype, Kernels]) -> None:
    values = torch.linspace(-90, 90, 100_001)
    expected = F.silu(values.double())
    rows = values.view(1, -1)
    ours = run_forward(loaded[torch.float32], FusedFirstActivation(), rows).view(-1).double()
    # Below -60 the sigmoid stays at 9e-27.
    assert torch.allclose(ours, expected, rtol=1e-6, atol=1e-24)


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_the_loss_is_pytorchs(loaded: dict[torch.dtype, Kernels], smoothing: float) -> None:
    torch.manual_seed(0)
    logits, labels = torch.randn(9, CLASSES) * 30, torch.randint(0, CLASSES, (9,))
    theirs = logits.clone().requires_grad_()
    expected = F.cross_entropy(theirs, labels, label_smoothing=smoothing, reduction="sum")
    (expected / 4).backward()
    back = torch.empty_like(logits)
    loss, correct = torch.empty((), dtype=torch.float64), torch.empty((), dtype=torch.int64)
    program = Program(loaded[torch.float32])
    program.call(
        "cross_entropy", logits, labels, back, *logits.shape, smoothing, 1 / 4, loss, correct
    )
    program.finish()
    program.run()
    assert loss.item() == pytest.approx(expected.item(), rel=1e-6)
    assert correct.item() == (logits.argmax(dim=1) == labels).sum()
    assert theirs.grad is not None
    assert torch.allclose(back, theirs.grad, atol=1e-7)


@pytest.mark.parametrize("dtype", [torch.uint8, torch.float32])
def test_images_are_normalised_as_the_contract_says(
    loaded: dict[torch.dtype, Kernels], dtype: torch.dtype
) -> None:
    fused = build_fused(network("cnn", 3, 32), torch.float32)
    assert fused is not None
    images = images_and_labels(3, 32)[0].to(dtype)
    contract = contract_of(3, 32)
    fused.set_normalization(contract)
    program = Program(fused.kernels)
    source = program.input()
    source.point_to(images)
    result = taken(program, fused.normalise(program, source, images.shape, dtype))
    program.finish()
    program.run()
    assert torch.equal(result, contract.normalise(images))


def test_without_kernels_there_is_no_fused_form(monkeypatch: pytest.MonkeyPatch) -> None:
    kernels.load.cache_clear()
    cpp_extension.load.cache_clear()
    with monkeypatch.context() as changed:
        changed.setenv(cpp_extension.SWITCH, "off")
        assert build_fused(network("cnn", 1, 28), torch.float32) is None
    kernels.load.cache_clear()
    cpp_extension.load.cache_clear()


def test_windows_are_counted_as_pytorch_counts_them() -> None:
    for ceil_mode in (False, True):
        for length in range(2, 12):
            for side, stride in ((2, 2), (2, 3), (3, 3), (3, 5)):
                if length < side:
                    continue
                fused = FusedMaxPool(
                    side=side,
                    stride=stride,
                    ceil_mode=ceil_mode,
                    rectified=False,
                    dropout=None,
                )
                theirs = F.max_pool2d(
                    torch.zeros(1, 1, length, length), side, stride, ceil_mode=ceil_mode
                )
                assert fused.count_windows(length, side, stride) == theirs.shape[2]
