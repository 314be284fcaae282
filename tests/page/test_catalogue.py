"""Whole networks in the page: their logits and probabilities are those of onnxruntime."""

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from browser import load_scripts, watched_page
from numpy.typing import NDArray
from page_network import SCRIPTS, worst_difference
from playwright.sync_api import Browser, Page
from tiny_policy import tiny
from torch import nn

from noonbit.data.preprocess.boards import BoardPreprocessor
from noonbit.data.preprocess.contract import Contract
from noonbit.data.preprocess.images import ImagePreprocessor
from noonbit.data.preprocess.registry import AnyPreprocessor
from noonbit.data.preprocess.text import TextPreprocessor
from noonbit.export.graph import ExportedNetwork
from noonbit.models.catalogue import MODELS, build_for
from noonbit.models.ensemble import Ensemble, Member
from noonbit.models.tta import with_tta
from noonbit.page.graph import trace_network

CLOSE = 1e-5
"""Of float32 weights: sums in another order."""
CLOSE_FLOAT16 = 2e-2
"""Of float16 weights, in logits of untrained networks: 2^-12 of each weight, through all layers."""
BOARD = BoardPreprocessor(planes=8, height=5, width=5, legal=(4, 8))
SENTENCE = TextPreprocessor(length=9, words=tuple(sorted(f"word{i}" for i in range(40))))


@pytest.fixture(scope="module")
def page(chromium: Browser) -> Iterator[Page]:
    with watched_page(chromium) as page:
        load_scripts(page, *SCRIPTS)
        yield page


def picture(side: int, channels: int = 3) -> ImagePreprocessor:
    assert channels in (1, 3)
    return ImagePreprocessor(height=side, width=side, channels=3 if channels == 3 else 1)


def inputs_of(preprocessor: AnyPreprocessor, count: int = 3) -> list[NDArray[np.generic]]:
    """Random values; boards have zeros and ones, sentences end in padding."""
    random = np.random.default_rng(0)
    shape = (count, *preprocessor.shape)
    if preprocessor.input_kind == "boards":
        return list((random.random(shape) < 0.3).astype(np.uint8))
    if preprocessor.input_kind == "sentences":
        words = random.integers(1, preprocessor.channels, shape)
        words[1, 4:] = 0
        return list(words)
    return list(random.integers(0, 256, shape).astype(np.uint8))


def contract_for(preprocessor: AnyPreprocessor, classes: int) -> Contract:
    """With statistics and a temperature that show where they are forgotten."""
    count = preprocessor.normalised_channels
    is_picture = preprocessor.input_kind == "pictures"
    return Contract(
        preprocessor=preprocessor,
        mean=(0.4,) * count if is_picture else (0.0,) * count,
        std=(0.2,) * count if is_picture else (1 / 255,) * count,
        class_names=tuple(map(str, range(classes))),
        temperature=1.7,
    )


def network_of(name: str, preprocessor: AnyPreprocessor, classes: int, seed: int = 0) -> nn.Module:
    """A network whose norms and last layer are no longer those that it begins with."""
    torch.manual_seed(seed)
    network = build_for(preprocessor, name, classes)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.running_mean, -0.2, 0.2)
            nn.init.uniform_(module.running_var, 0.5, 1.5)
    if preprocessor.input_kind == "sentences":
        for parameter in network.parameters():
            nn.init.normal_(parameter, std=0.1)
    return network.eval()


def difference(
    page: Page, network: nn.Module, preprocessor: AnyPreprocessor, classes: int
) -> tuple[float, float]:
    """The worst difference with float32 and with float16 weights."""
    contract = contract_for(preprocessor, classes)
    model = trace_network(ExportedNetwork(network, contract, with_polarity=False).eval(), contract)
    values = inputs_of(preprocessor)
    return (
        worst_difference(page, model, values),
        worst_difference(page, model, values, "float16"),
    )


def preprocessor_of(name: str) -> tuple[AnyPreprocessor, int]:
    """A small input for a network of the catalogue, and its number of classes."""
    kind = MODELS[name].input_kind
    if kind == "boards":
        return BOARD, 25
    return (SENTENCE, 3) if kind == "sentences" else (picture(32), 4)


def ensemble(preprocessor: ImagePreprocessor, combine: str) -> Ensemble:
    members = [
        Member(network_of("lenet5", preprocessor, 4, seed), (0.3,), (0.2 + seed / 10,), 1.3)
        for seed in range(2)
    ]
    return Ensemble(members, combine)  # type: ignore[arg-type]


QUICK = {
    "pictures in views": lambda: (
        with_tta(network_of("lenet5", picture(16), 4), "flip,shift=1"),
        picture(16),
        4,
    ),
    "sentences": lambda: (network_of("sentence-cnn", SENTENCE, 3), SENTENCE, 3),
    "boards in symmetries": lambda: (
        with_tta(tiny(25, BOARD.planes, BOARD.size).eval(), "symmetries"),
        BOARD,
        25,
    ),
    "an ensemble by vote": lambda: (ensemble(picture(8, 1), "vote"), picture(8, 1), 4),
}


@pytest.mark.parametrize("name", QUICK)
def test_each_kind_of_network_gives_the_numbers_of_onnxruntime(page: Page, name: str) -> None:
    exact, rounded = difference(page, *QUICK[name]())
    assert exact <= CLOSE
    assert rounded <= CLOSE_FLOAT16


@pytest.mark.slow
@pytest.mark.parametrize("combine", ["sum", "probabilities"])
def test_every_combination_of_members(page: Page, combine: str) -> None:
    preprocessor = picture(8, 1)
    assert difference(page, ensemble(preprocessor, combine), preprocessor, 4)[0] <= CLOSE


@pytest.mark.slow
@pytest.mark.parametrize("name", MODELS)
def test_every_network_of_the_catalogue(page: Page, name: str) -> None:
    preprocessor, classes = preprocessor_of(name)
    network = network_of(name, preprocessor, classes)
    exact, rounded = difference(page, network, preprocessor, classes)
    assert exact <= CLOSE
    assert rounded <= CLOSE_FLOAT16
