"""The catalogue: counts, shapes, gradients, learning; and custom networks.

The large architectures have a file of their own.
"""

from copy import deepcopy
from functools import partial
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_digits
from torch import Tensor, nn

from noonbit.config.plan import MOMENTA, RATES
from noonbit.data.preprocess.registry import INPUT_KINDS
from noonbit.errors import NoonbitError, UsageError
from noonbit.models.catalogue import MODELS, build, outline
from noonbit.models.custom import trust_named
from noonbit.models.dropout import Dropout, seed_dropout
from noonbit.models.glance import WhiteningStem
from noonbit.models.layers import ImageSize, PadTo
from noonbit.models.summary import summarise
from noonbit.training.loop import InitFromData
from noonbit.training.optim.build import make_optimizer
from noonbit.training.optim.schedules import make_schedule, set_lr

GOLDEN = {
    "mlp": (10, 335_114),
    "cnn": (10, 217_194),
    "deep-cnn": (10, 329_962),
    "sign-dnn": (24, 676_888),
    "sign-cnn": (24, 264_049),
    "slides-dnn": (10, 407_050),
    "slides-cnn": (10, 1_199_882),
    "lab-cnn": (10, 50_090),
    "lab-deep-cnn": (10, 1_770_583),
    "lab-class-cnn": (10, 1_770_583),
    "lab-layers-cnn": (10, 4_309_514),
    "lab-layers-cnn-drop70": (10, 4_309_514),
    "lenet5": (10, 61_706),
}
SMALL_SIZES: tuple[ImageSize, ...] = ((1, 1), (8, 8), (17, 9))
LARGE_SIZES: tuple[ImageSize, ...] = ((28, 28), (32, 48), (64, 64))

every_model = pytest.mark.parametrize(
    "name", [INPUT_KINDS["pictures"].default_model, "airbench", *GOLDEN]
)


def digits(count: int) -> tuple[Tensor, Tensor]:
    """Real digits, 8x8, normalised."""
    bunch = load_digits()
    images = torch.from_numpy(bunch.images[:count]).float()[:, None]
    return (images - images.mean()) / images.std(), torch.from_numpy(bunch.target[:count])


@pytest.mark.parametrize(("name", "classes", "parameters"), [(n, *GOLDEN[n]) for n in GOLDEN])
def test_the_parameters_are_those_of_the_source(name: str, classes: int, parameters: int) -> None:
    model = build(name, classes, 1, (28, 28))
    summary = summarise(model, (1, 28, 28), counts_statistics=MODELS[name].counts_statistics)
    assert summary.parameters == parameters


def test_the_default_network_is_in_the_catalogue() -> None:
    assert all(MODELS[kind.default_model].input_kind == name for name, kind in INPUT_KINDS.items())


@every_model
@pytest.mark.parametrize("size", LARGE_SIZES)
def test_a_large_image_gives_a_logit_a_class(name: str, size: ImageSize) -> None:
    for channels, classes in ((1, 24), (3, 2)):
        model = outline(name, classes, channels, size)
        images = torch.zeros(4, channels, *size, device="meta")
        assert model(images).shape == (4, classes)


@every_model
@pytest.mark.parametrize("size", SMALL_SIZES)
def test_a_small_image_gives_a_logit_a_class_and_finite_gradients(
    name: str, size: ImageSize
) -> None:
    for channels, classes in ((1, 24), (3, 2)):
        model = build(name, classes, channels, size)
        logits = model(torch.randn(4, channels, *size))
        assert logits.shape == (4, classes)
        F.cross_entropy(logits, torch.arange(4) % classes).backward()
        for parameter_name, parameter in model.named_parameters():
            if parameter.requires_grad:
                assert parameter.grad is not None, parameter_name
                assert parameter.grad.isfinite().all(), parameter_name


@every_model
@settings(max_examples=8, deadline=None)
@given(
    size=st.tuples(st.integers(1, 40), st.integers(1, 40)),
    channels=st.sampled_from([1, 3]),
    classes=st.integers(2, 30),
)
def test_any_size_gives_a_logit_a_class(name: str, size, channels: int, classes: int) -> None:
    model = outline(name, classes, channels, size).eval()
    assert model(torch.zeros(2, channels, *size, device="meta")).shape == (2, classes)


@every_model
def test_nothing_works_in_place(name: str) -> None:
    model = build(name, 10, 1, (28, 28))
    assert not any(getattr(module, "inplace", False) for module in model.modules())
    outputs: list[tuple[Tensor, int]] = []
    for module in model.modules():
        module.register_forward_hook(
            lambda _module, _inputs, output: outputs.append((output, output._version))
        )
    model(torch.randn(2, 1, 28, 28))
    assert outputs
    assert all(output._version == version for output, version in outputs)


@every_model
def test_initial_weights_are_a_function_of_the_seed(name: str) -> None:
    states = []
    for seed in (0, 0, 1):
        torch.manual_seed(seed)
        states.append(build(name, 10, 1, (8, 8)).state_dict())
    first, again, other = states
    assert all(torch.equal(first[key], again[key]) for key in first)
    assert any(not torch.equal(first[key], other[key]) for key in first)


@every_model
def test_each_network_memorises_one_batch(name: str) -> None:
    torch.manual_seed(0)
    images, labels = digits(16)
    model = build(name, 10, 1, (8, 8)).train()
    if isinstance(model, InitFromData):
        model.init_from_data(digits(500)[0])
    for module in model.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0  # it prevents memorising
    optimizer_name = MODELS[name].optimizer
    lr, _ = RATES[optimizer_name]
    momentum, _ = MOMENTA.get(optimizer_name, (0.0, ""))
    optimizer = make_optimizer(
        model, optimizer_name, lr=lr, momentum=momentum, weight_decay=0.0, epsilon=1e-8
    )
    lr_at = make_schedule("one-cycle", lr=lr, warmup=0.2, steps=100)
    for step in range(100):
        set_lr(optimizer, lr_at(step))
        logits = model(images)
        if (logits.argmax(dim=1) == labels).all():
            return
        F.cross_entropy(logits, labels).backward()
        optimizer.step()
        optimizer.zero_grad()
    pytest.fail("100 steps did not teach it 16 digits")


def test_padding_centres_a_small_image_and_leaves_a_large_one() -> None:
    padded = PadTo(10, (7, 6))(torch.ones(1, 1, 7, 6))
    assert padded.shape == (1, 1, 10, 10)
    assert padded[0, 0, 1:8, 2:8].eq(1).all() and padded.sum() == 42
    large = torch.ones(1, 1, 11, 12)
    assert PadTo(10, (11, 12))(large) is large


def stem_of(model: nn.Module) -> WhiteningStem:
    (stem,) = (module for module in model.modules() if isinstance(module, WhiteningStem))
    return stem


@pytest.mark.parametrize("name", ["glance", "airbench"])
def test_the_stem_whitens_its_training_images(name: str) -> None:
    images = digits(1500)[0]
    stem = stem_of(build(name, 10, 1, (8, 8)))
    stem.init_from_data(images)
    filters = stem.weight.detach()
    half = len(filters) // 2
    assert torch.equal(filters[:half], -filters[half:])
    assert not stem.weight.requires_grad
    patches = F.unfold(images, stem.kernel_size).transpose(1, 2).flatten(0, 1)
    answers = patches @ filters[:half].flatten(1).T
    moments = answers.T @ answers / len(answers)
    # The stem was computed from some of these overlapping patches, so values are close, not equal.
    assert (moments - moments.diag().diag()).abs().max() < 0.25
    assert (moments.diag() - 1).abs().max() < 0.25


@pytest.mark.parametrize("size", [(1, 1), (3, 9), (16, 16), (64, 64)])
def test_the_stem_survives_small_and_empty_pictures(size: ImageSize) -> None:
    model = build("glance", 10, 3, size)
    assert isinstance(model, InitFromData)
    model.init_from_data(torch.zeros(5, 3, *size))
    assert stem_of(model).weight.isfinite().all()


def test_the_stem_initialised_from_data_is_part_of_the_state_dict() -> None:
    model = build("glance", 10, 1, (8, 8))
    assert isinstance(model, InitFromData)
    copy = deepcopy(model)
    copy.init_from_data(digits(200)[0])
    fresh = build("glance", 10, 1, (8, 8))
    images = digits(20)[0]
    assert not torch.equal(copy.eval()(images), model.eval()(images))
    fresh.load_state_dict(copy.state_dict())
    assert torch.equal(fresh.eval()(images), copy(images))


def test_glimpse_has_a_small_part_of_the_arithmetic_of_glance() -> None:
    for channels, size, least in ((1, (28, 28), 12), (3, (32, 32), 9), (3, (64, 64), 5)):
        glance, glimpse = (
            summarise(build(name, 10, channels, size), (channels, *size)).multiply_adds
            for name in ("glance", "glimpse")
        )
        assert glance > least * glimpse, (size, glance / glimpse)


@pytest.mark.parametrize(
    "size",
    [
        (1, 1),
        (8, 8),
        (15, 15),
        (16, 16),
        (23, 23),
        (24, 24),
        (28, 40),
        (96, 24),
        (32, 96),
        (160, 160),
    ],
)
def test_glimpse_leaves_a_map_of_images_of_every_size(size: ImageSize) -> None:
    model = build("glimpse", 3, 1, size).eval()
    assert model(torch.zeros(2, 1, *size)).shape == (2, 3)


def test_only_networks_with_a_whitening_stem_init_from_data() -> None:
    looking = [
        name
        for name, entry in MODELS.items()
        if isinstance(outline(name, *INPUT_KINDS[entry.input_kind].usual_input), InitFromData)
    ]
    assert looking == ["glance", "glimpse", "airbench"]


def test_airbench_is_the_network_of_the_record() -> None:
    torch.manual_seed(0)
    model = build("airbench", 10, 3, (32, 32))
    learning = {name: each for name, each in model.named_parameters() if each.requires_grad}
    frozen = {name: each for name, each in model.named_parameters() if not each.requires_grad}
    assert sum(each.numel() for each in learning.values()) == 1_971_352
    assert [tuple(each.shape) for each in learning.values() if each.ndim == 4] == [
        *[(64, 24, 3, 3), (64, 64, 3, 3), (256, 64, 3, 3)],
        *[(256, 256, 3, 3)] * 3,
    ]
    assert {tuple(each.shape) for each in frozen.values()} == {(24, 3, 2, 2), (64,), (256,)}
    assert all((each == 1).all() for each in frozen.values() if each.ndim == 1)
    for conv in (each for each in model.modules() if isinstance(each, nn.Conv2d)):
        if not isinstance(conv, WhiteningStem):  # the first filters are the identity
            passed_on = F.conv2d(
                torch.eye(conv.in_channels)[:, :, None, None], conv.weight[:, :, 1:2, 1:2]
            )
            count = min(conv.in_channels, conv.out_channels)
            assert torch.equal(passed_on[:count, :count, 0, 0], torch.eye(count))
    head = model.get_submodule("head.1").get_parameter("weight")
    assert head.std().item() == pytest.approx(1, abs=0.05)
    values = torch.randn(2, 256)
    assert torch.allclose(model.get_submodule("head.1")(values), values @ head.T / 256, atol=1e-6)


def filters_and_biases(name: str) -> tuple[Tensor, Tensor]:
    """All values of the convolutions, and all biases."""
    modules = list(build(name, 200, 1, (8, 8)).modules())
    filters = [module.weight.flatten() for module in modules if isinstance(module, nn.Conv2d)]
    layers = [module for module in modules if isinstance(module, nn.Conv2d | nn.Linear)]
    biases = [module.bias for module in layers if module.bias is not None]
    return torch.cat(filters).detach(), torch.cat(biases).detach()


@pytest.mark.parametrize(
    ("name", "deviation"), [("lab-cnn", 0.01), ("lab-deep-cnn", 0.01), ("lab-class-cnn", 1.0)]
)
def test_the_labs_initial_weights_are_as_written(name: str, deviation: float) -> None:
    torch.manual_seed(0)
    filters, biases = filters_and_biases(name)
    assert filters.std().item() == pytest.approx(deviation, rel=0.02)
    assert biases.std().item() == pytest.approx(1.0, rel=0.15)
    assert abs(biases.mean().item()) < 0.2


def dropout_rates(name: str) -> list[float]:
    modules = build(name, 10, 1, (28, 28)).modules()
    return [module.p for module in modules if isinstance(module, nn.Dropout)]


def test_both_readings_of_keep_rate_seven_tenths_exist() -> None:
    assert dropout_rates("lab-deep-cnn") == [0.3] * 5
    assert dropout_rates("lab-layers-cnn") == [0.3] * 4
    assert dropout_rates("lab-layers-cnn-drop70") == [0.7] * 4


def test_an_outline_has_the_layers_but_no_values() -> None:
    whole, empty = build("cnn", 10, 3, (28, 30)), outline("cnn", 10, 3, (28, 30))
    shapes = {name: value.shape for name, value in whole.state_dict().items()}
    assert {name: value.shape for name, value in empty.state_dict().items()} == shapes
    assert all(parameter.is_meta for parameter in empty.parameters())


MINE = """
from torch import nn

def net(classes, channels, size):
    height, width = size
    return nn.Sequential(nn.Flatten(), nn.Linear(channels * height * width, classes))

def number(classes, channels, size):
    return 3

def broken(classes, channels, size):
    raise ValueError("too small")

def short(classes):
    return nn.Identity()
"""


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    path = tmp_path / "mine.py"
    path.write_text(MINE)
    return path


def build_named(name: str) -> nn.Module:
    """Build a network whose file the user has named."""
    trust_named([name])
    return build(name, 4, 3, (5, 6))


def refusal(kind: type[NoonbitError], name: str) -> str:
    with pytest.raises(kind) as error:
        build_named(name)
    return str(error.value)


def test_a_custom_network_is_built(mine: Path) -> None:
    model = build_named(f"{mine}:net")
    assert model(torch.zeros(2, 3, 5, 6)).shape == (2, 4)


def test_the_outline_of_a_custom_network_is_the_network(mine: Path) -> None:
    trust_named([f"{mine}:net"])
    model = outline(f"{mine}:net", 4, 3, (5, 6))
    assert not any(parameter.is_meta for parameter in model.parameters())


def test_two_files_of_one_name_are_kept_apart(mine: Path, tmp_path: Path) -> None:
    other = tmp_path / "other" / "mine.py"
    other.parent.mkdir()
    other.write_text(MINE.replace("nn.Flatten(), ", "nn.Flatten(), nn.ReLU(), "))
    models = [build_named(f"{path}:net") for path in (mine, other)]
    assert [len(list(model.children())) for model in models] == [2, 3]


def test_an_unknown_name_gets_a_suggestion() -> None:
    assert refusal(UsageError, "lenet") == (
        "No model is called 'lenet'. Did you mean 'lenet5'? `noonbit models` lists all "
        f"{len(MODELS)}; file.toml and path.py:function take one of your own."
    )


def test_a_missing_file_and_a_missing_function_are_reported(mine: Path) -> None:
    absent = mine.parent / "absent.py"
    assert refusal(UsageError, f"{absent}:net") == (
        f"{absent} does not exist; --model takes a name, file.toml or path.py:function."
    )
    assert refusal(UsageError, f"{mine}:nett") == (
        f"{mine} has no function 'nett'. Did you mean 'net'? It has: net, number, broken, short."
    )


def test_a_file_that_fails_when_imported_is_reported(mine: Path) -> None:
    mine.write_text("import torch\nwidth = undefined\n")
    assert refusal(UsageError, f"{mine}:net") == (
        f"{mine} fails when it is run (line 2: NameError: name 'undefined' is not defined). "
        "Correct it."
    )


def test_a_function_that_returns_no_module_is_reported(mine: Path) -> None:
    assert refusal(UsageError, f"{mine}:number") == (
        f"{mine}:number gives int; return a torch.nn.Module."
    )


@pytest.mark.parametrize(
    ("function", "error"),
    [
        ("broken", "line 12: ValueError: too small"),
        ("short", "TypeError: short() takes 1 positional argument but 3 were given"),
    ],
)
def test_a_function_that_fails_is_reported_with_its_arguments(mine: Path, function, error) -> None:
    assert refusal(UsageError, f"{mine}:{function}") == (
        f"{mine}:{function} fails when called with (4, 3, (5, 6)) ({error}). "
        "It gets the number of classes, the channels and (height, width)."
    )


@pytest.mark.parametrize("rate", [0.25, 0.3, 0.7])
@pytest.mark.parametrize("order", [torch.contiguous_format, torch.channels_last])
def test_dropout_drops_its_share_and_keeps_the_mean(
    rate: float, order: torch.memory_format
) -> None:
    layer = Dropout(rate)
    layer.seed(0)
    ones = torch.ones(50, 8, 13, 13).to(memory_format=order)
    dropped = layer(ones)
    assert (dropped == 0).float().mean().item() == pytest.approx(rate, abs=0.01)
    assert dropped.mean().item() == pytest.approx(1, abs=0.02)
    assert dropped.is_contiguous(memory_format=order)
    assert dropped.unique().tolist() == pytest.approx([0, 1 / (1 - rate)], rel=1e-4)


def test_dropout_passes_gradients_where_it_passes_values() -> None:
    layer = Dropout(0.5)
    values = torch.randn(7, 3, requires_grad=True)
    layer(values).sum().backward()
    assert set(values.grad.unique().tolist()) == {0.0, 2.0}


@pytest.mark.parametrize("rate", [0.0, 1.0])
def test_dropout_at_its_limits_keeps_everything_or_nothing(rate: float) -> None:
    assert torch.equal(Dropout(rate)(torch.ones(5)), torch.full((5,), 1 - rate))


def test_dropout_leaves_predictions_alone() -> None:
    values = torch.randn(4, 5)
    assert torch.equal(Dropout(0.9).eval()(values), values)


def test_dropout_draws_anew_each_time_and_from_its_seed_the_same_again() -> None:
    layer = Dropout(0.5)
    for start in (partial(torch.manual_seed, 3), partial(layer.seed, 3)):  # PyTorch's, then its own
        streams = []
        for _ in range(2):
            start()
            streams.append([layer.random_bits(100) for _ in range(3)])
        assert all(map(torch.equal, *streams))
        assert len({tuple(bits.tolist()) for bits in streams[0]}) == 3


def test_every_dropout_of_a_network_has_a_stream_of_its_own() -> None:
    network = nn.Sequential(Dropout(0.5), nn.Identity(), Dropout(0.5))

    def masks(seed: int) -> list[list[float]]:
        seed_dropout(network, seed)
        return [network[index](torch.ones(64)).tolist() for index in (0, 2)]

    assert masks(1) == masks(1)
    first, second = masks(1)
    assert first != second
    assert masks(2) != masks(1)


def test_weights_that_no_memory_holds_are_refused_before_they_are_made() -> None:
    sentence = (
        r"The weights of mlp for 10 classes and inputs of 1,000,000 x 1,000,000 take [\d,.]+ GB"
    )
    with pytest.raises(UsageError, match=sentence):
        build("mlp", 10, 3, (1_000_000, 1_000_000))
