"""The catalogue: a name, a builder, and what it is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from math import prod
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from noonbit.config.plan import LARGEST_BATCH
from noonbit.config.recipe import OptimizerName, Recipe
from noonbit.data.dataset import InputKind
from noonbit.data.mapped import require_memory
from noonbit.data.preprocess.base import Preprocessor
from noonbit.errors import UsageError, did_you_mean, join_first
from noonbit.models import alexnet, googlenet, resnet, vgg
from noonbit.models.airbench import airbench
from noonbit.models.convnetjs import convnetjs
from noonbit.models.custom import CustomNetwork
from noonbit.models.efficientnet_lite import efficientnet_lite0
from noonbit.models.glance import glance, glimpse
from noonbit.models.keras import cnn, deep_cnn, mlp, sign_cnn, sign_dnn
from noonbit.models.lab import (
    lab_class_cnn,
    lab_cnn,
    lab_deep_cnn,
    lab_layers_cnn,
    lab_layers_cnn_drop70,
)
from noonbit.models.layers import Builder, FeedforwardNetwork, is_small
from noonbit.models.lenet import lenet5
from noonbit.models.network_file import absolute_name, read_if_file
from noonbit.models.policy import alphago_policy, alphago_policy_small
from noonbit.models.sentence import (
    DOCUMENTED,
    sentence_cnn,
    sentence_cnn_multichannel,
    sentence_cnn_static,
)
from noonbit.models.slides import slides_cnn, slides_dnn

__all__ = [
    "MODELS",
    "Entry",
    "FeedforwardNetwork",
    "build",
    "build_for",
    "model_of",
    "outline",
    "outline_for",
    "absolute_name",
]

LARGE_INPUT, LARGE_OUTPUT = 2**18, 2**14
"""Pixels (512 x 512) and classes; for more, weights are counted before they are made."""

FOR_BOARDS: Mapping[str, Any] = {
    "batch_size": 128,
    "label_smoothing": 0.0,
    "test_time_augmentation": "symmetries",
}
"""Few passes over many positions want many small steps; the right move is never all the others."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One network of the catalogue."""

    build: Builder
    title: str
    source: str
    input_kind: InputKind = "pictures"
    """The kind of input."""
    optimizer: OptimizerName = "adamw"
    """What trains it best when the recipe leaves the choice open."""
    learning_rate: float | None = None
    """Of that optimiser, where its usual one is too high: deep and without batch norm."""
    effort: float = 1.0
    """The share of a default training's arithmetic that it gets."""
    largest_batch: int = LARGEST_BATCH
    """The most items a batch that a training chooses by itself."""
    documented: Mapping[str, Any] = field(default_factory=dict)
    """Settings that its source fixes; they stand where a recipe leaves them open."""
    because: str = ""
    """Why those, where it is not its source that has them."""
    counts_statistics: bool = False
    """Whether its documented parameter count includes batch-norm statistics, as Keras counts."""
    small_form: str = ""
    """What is different below 100 pixels a side, for networks made for photographs."""

    def changes(self, size: tuple[int, ...]) -> str:
        """What is different at this size from the documented network; empty where nothing is."""
        return self.small_form if self.small_form and is_small(size) else ""


MODELS: dict[str, Entry] = {
    "glance": Entry(
        glance, "noonbit's default: much for a minute of two cores", "noonbit", optimizer="muon"
    ),
    "glimpse": Entry(
        glimpse,
        "a tenth of glance: much for a few seconds",
        "noonbit",
        optimizer="muon",
        learning_rate=0.1,
        effort=0.05,
        largest_batch=256,
    ),
    "airbench": Entry(
        airbench, "three blocks behind a whitening stem", "Jordan, 2024", optimizer="muon"
    ),
    "mlp": Entry(mlp, "three dense layers of 256", "Keras course, MNIST"),
    "cnn": Entry(cnn, "two convolutions", "Keras course, MNIST"),
    "deep-cnn": Entry(deep_cnn, "four convolutions with dropout", "Keras course, MNIST"),
    "sign-dnn": Entry(sign_dnn, "two dense layers of 512", "sign-language course"),
    "sign-cnn": Entry(
        sign_cnn,
        "three convolutions with batch norm",
        "sign-language course",
        counts_statistics=True,
    ),
    "slides-dnn": Entry(slides_dnn, "one dense layer of 512", "slides on Keras"),
    "slides-cnn": Entry(slides_cnn, "two convolutions, one pool, dropout", "slides on Keras"),
    "lab-cnn": Entry(lab_cnn, "two convolutions, no hidden dense layer", "lecture labs"),
    "lab-deep-cnn": Entry(lab_deep_cnn, "three convolutions, 0.7 kept", "lecture labs"),
    "lab-class-cnn": Entry(
        lab_class_cnn, "lab-deep-cnn from filters drawn normal(0, 1)", "lecture labs"
    ),
    "lab-layers-cnn": Entry(
        lab_layers_cnn, "three convolutions, 0.7 kept as the text says", "lecture labs"
    ),
    "lab-layers-cnn-drop70": Entry(
        lab_layers_cnn_drop70, "the same, 0.7 dropped as the code does", "lecture labs"
    ),
    "lenet5": Entry(lenet5, "LeNet-5 in its modern form", "LeCun et al., 1998"),
    "convnetjs": Entry(convnetjs, "three 5x5 convolutions, of a browser page", "Karpathy, 2014"),
    "alexnet": Entry(
        alexnet.alexnet,
        "five convolutions in two groups, response norm",
        "Krizhevsky et al., 2012",
        learning_rate=3e-4,
        small_form=alexnet.SMALL_FORM,
    ),
    **{
        f"vgg-{name.lower()}": Entry(
            partial(vgg.vgg, name),
            f"{layers} layers of 3x3 filters{note}",
            "Simonyan and Zisserman, 2014",
            learning_rate=3e-4,
            small_form=vgg.SMALL_FORM,
        )
        for name, layers, note in (
            ("A", 11, ""),
            ("A-LRN", 11, ", response norm"),
            ("B", 13, ""),
            ("C", 16, ", some 1x1"),
            ("D", 16, ""),
            ("E", 19, ""),
        )
    },
    "googlenet": Entry(
        googlenet.googlenet,
        "nine inceptions, auxiliary heads in training",
        "Szegedy et al., 2014",
        learning_rate=3e-4,
        small_form=googlenet.SMALL_FORM,
    ),
    **{
        f"resnet{depth}": Entry(
            partial(resnet.resnet, depth),
            f"residual blocks, {depth} layers",
            "He et al., 2015",
            optimizer="muon",
            small_form=resnet.SMALL_FORM,
        )
        for depth in resnet.FORMS
    },
    **{
        f"resnet{depth}": Entry(
            partial(resnet.cifar_resnet, depth),
            f"residual blocks, {depth} layers, the form for CIFAR",
            "He et al., 2015",
            optimizer="muon",
        )
        for depth in (20, 32, 44, 56, 110)
    },
    "efficientnet-lite0": Entry(
        efficientnet_lite0,
        "depthwise convolutions; the network of --pretrained",
        "Tan and Le, 2019",
    ),
    **{
        name: Entry(
            builder,
            title,
            "Kim, 2014",
            input_kind="sentences",
            optimizer="adadelta",
            documented=DOCUMENTED,
        )
        for name, builder, title in (
            ("sentence-cnn", sentence_cnn, "n-grams of 3, 4 and 5 words, their vectors learned"),
            ("sentence-cnn-static", sentence_cnn_static, "the same with --vectors as they are"),
            (
                "sentence-cnn-multichannel",
                sentence_cnn_multichannel,
                "the same with --vectors, as they are and learned",
            ),
        )
    },
    "alphago-policy": Entry(
        alphago_policy,
        "twelve layers of 192 filters that keep the board",
        "Silver et al., 2016",
        input_kind="boards",
        documented=FOR_BOARDS,
        because="suits networks for Go",
    ),
    "alphago-policy-small": Entry(
        alphago_policy_small,
        "eight layers of 64 filters, for a laptop",
        "after Silver et al., 2016",
        input_kind="boards",
        documented=FOR_BOARDS,
        because="suits networks for Go",
    ),
}


def model_of(recipe: Recipe, preprocessor: Preprocessor) -> str:
    """The name of the network that a recipe trains on such inputs."""
    return absolute_name(recipe.model or preprocessor.default_model)


def build_for(preprocessor: Preprocessor, name: str, classes: int) -> nn.Module:
    """A freshly initialised network for such inputs; raises as `build` and `require_input_kind`."""
    require_input_kind(name, preprocessor)
    return build(name, classes, preprocessor.channels, preprocessor.size)


def outline_for(preprocessor: Preprocessor, name: str, classes: int) -> nn.Module:
    """The same as an `outline`."""
    require_input_kind(name, preprocessor)
    return outline(name, classes, preprocessor.channels, preprocessor.size)


def require_input_kind(name: str, preprocessor: Preprocessor) -> None:
    """Raise `UsageError` for a network of the catalogue that takes another kind of input."""
    if name in MODELS and MODELS[name].input_kind != preprocessor.input_kind:
        others = [
            other for other, entry in MODELS.items() if entry.input_kind == preprocessor.input_kind
        ]
        raise UsageError(
            f"{name} takes {MODELS[name].input_kind}, and here are {preprocessor.input_kind}. "
            f"For {preprocessor.input_kind} there {'is' if len(others) == 1 else 'are'} "
            f"{join_first(others, 5)}; left out, "
            f"{preprocessor.default_model} is taken."
        )


def build(name: str, classes: int, channels: int, size: tuple[int, ...]) -> nn.Module:
    """A freshly initialised network: one of the catalogue, or of a file (network_file.py).

    Raises `UsageError` for a name or file that does not exist and for more weights than memory, and
    `ArtefactError` for a file that the user has neither named nor trusted.
    """
    if (file := read_if_file(name)) is not None:
        return file.build(classes, channels, size)
    entry = find_entry(name)
    if prod(size) > LARGE_INPUT or classes > LARGE_OUTPUT:
        network = outline(name, classes, channels, size)
        require_memory(
            sum(parameter.nbytes for parameter in network.parameters()),
            f"The weights of {name} for {classes:,} classes and inputs of "
            f"{' x '.join(map('{:,}'.format, size))}",
            "Choose a smaller --image-size, or another --model.",
        )
    return entry.build(classes, channels, size)


def find_entry(name: str) -> Entry:
    """The network of that name. Raises `UsageError`."""
    if name not in MODELS:
        raise UsageError(
            f"No model is called '{name}'.{did_you_mean(name, MODELS)} "
            f"`noonbit models` lists all {len(MODELS)}; file.toml and path.py:function take one of "
            "your own."
        )
    return MODELS[name]


def outline(name: str, classes: int, channels: int, size: tuple[int, ...]) -> nn.Module:
    """The network without its numbers: layers and shapes in little time and no memory.

    A network of one's own code is built in full, since that may look at its numbers.
    """
    file = read_if_file(name)
    if isinstance(file, CustomNetwork):
        return file.build(classes, channels, size)
    with torch.device("meta"), Unfilled():
        return (file or find_entry(name)).build(classes, channels, size)


class Unfilled(TorchFunctionMode):
    """Leaves tensors as they are where a builder fills them.

    Tensors without numbers are filled in Python: a third of the time of an outline, for nothing.
    """

    FILLS = (Tensor.normal_, Tensor.uniform_, Tensor.fill_, Tensor.zero_)

    def __torch_function__(
        self,
        func: Any,
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Call a function of PyTorch, unless it only fills."""
        return args[0] if func in self.FILLS else func(*args, **(kwargs or {}))
