"""Networks of the user's own that cannot be trained, and what is said of each."""

import sys
from collections.abc import Callable

import numpy as np
import pytest
import torch
from small_training import CONTRACT, RUNTIME
from torch import Tensor, nn

from noonbit.data.preprocess.text import TextPreprocessor
from noonbit.errors import UsageError
from noonbit.training.trainable import require_trainable


class Changed(nn.Module):
    """A dense layer for 8x8 grey images whose logits are changed."""

    def __init__(self, change: Callable[[Tensor], object], *, train_only: bool = False) -> None:
        super().__init__()
        self.dense, self.change, self.train_only = nn.Linear(64, 3), change, train_only

    def forward(self, images: Tensor) -> object:
        logits = self.dense(images.flatten(1))
        return logits if self.train_only and not self.training else self.change(logits)


def interrupt(_: Tensor) -> object:
    raise KeyboardInterrupt


def change_in_place(logits: Tensor) -> Tensor:
    result = logits.exp()
    result += 1
    return result


def check(network: nn.Module) -> None:
    require_trainable(network, "net.py:make", CONTRACT.preprocessor, 3, RUNTIME)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            lambda logits: logits[:, :2],
            r"gives \(2, 2\) for 2 inputs.*3 classes need \(2, 3",
        ),
        (lambda logits: logits[:1], r"gives \(1, 3\) for 2 inputs"),
        (lambda logits: logits.flatten(), r"gives \(6,\) for 2 inputs"),
        (lambda logits: logits[..., None], r"gives \(2, 3, 1\) for 2 inputs"),
        (lambda logits: logits.sum(), r"gives \(\) for 2 inputs"),
        (lambda logits: logits.long(), "gives numbers of type int64"),
        (lambda logits: logits > 0, "gives numbers of type bool"),
        (lambda logits: logits * 1j, "gives numbers of type complex64"),
        (lambda logits: (logits, logits), "gives tuple"),
        (lambda logits: {"logits": logits}, "gives dict"),
        (lambda logits: None, "gives NoneType"),
        (lambda logits: logits.detach().numpy(), "gives ndarray"),
        (lambda logits: logits.detach(), "gives logits without a gradient"),
        (lambda logits: torch.zeros(2, 3), "gives logits without a gradient"),
        (lambda logits: torch.zeros(2, 3, requires_grad=True), "No gradient reaches"),
        (lambda logits: logits * float("nan"), "gives NaN or infinity.*before it has learned"),
        (lambda logits: logits + float("inf"), "gives NaN or infinity"),
        (lambda logits: sys.exit(0), r"fails with 2 inputs \(SystemExit: 0\)"),
        (interrupt, r"fails with 2 inputs \(KeyboardInterrupt\)"),
        (change_in_place, r"fails with 2 inputs \(RuntimeError: .*inplace operation"),
    ],
)
@pytest.mark.parametrize("train_only", [False, True])
def test_wrong_logits_are_refused(
    change: Callable[[Tensor], object], sentence: str, train_only: bool
) -> None:
    with pytest.raises(UsageError, match=sentence) as error:
        check(Changed(change, train_only=train_only))
    assert "one tensor (N, classes) of float logits, in training too." in str(error.value)


@pytest.mark.parametrize(
    ("network", "sentence"),
    [
        (nn.Flatten(), r"gives \(2, 64\)"),
        (nn.Sequential(nn.Flatten(), nn.AdaptiveAvgPool1d(3)), "has no parameters"),
        (Changed(lambda logits: logits).requires_grad_(False), "has no parameters"),
        (nn.Module(), "fails with 2 inputs .*forward"),
        (Changed(lambda logits: logits).half(), "fails with 2 inputs .*dtype"),
        (nn.Linear(5, 3), "fails with 2 inputs .*multiplied"),
        (nn.Bilinear(64, 64, 3), "fails with 2 inputs .*missing 1 required"),
        (Changed(lambda logits: logits).to("meta"), "fails with 2 inputs .*meta"),
    ],
)
def test_modules_that_are_no_networks_are_refused(network: nn.Module, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        check(network)


@pytest.mark.parametrize(
    "network",
    [
        Changed(lambda logits: logits.double()),
        Changed(lambda logits: logits.softmax(1)),
        Changed(lambda logits: logits + torch.tensor([0, 0, -torch.inf])),  # a class left out
        nn.Sequential(nn.Flatten(), nn.utils.spectral_norm(nn.Linear(64, 3))),
        nn.Sequential(nn.Flatten(), nn.LazyLinear(9), nn.LazyBatchNorm1d(), nn.Linear(9, 3)),
    ],
)
def test_unusual_networks_that_can_be_trained_are_taken(network: nn.Module) -> None:
    check(network)


def test_the_check_leaves_weights_buffers_gradients_and_random_streams_as_they_were() -> None:
    class Noisy(Changed):
        def forward(self, images: Tensor) -> object:
            return super().forward(images) + np.random.rand() + torch.rand(1)

    torch.manual_seed(1)
    np.random.seed(1)
    network = nn.Sequential(nn.BatchNorm2d(1), Noisy(nn.functional.dropout))
    before = {name: value.clone() for name, value in network.state_dict().items()}
    streams = torch.get_rng_state(), np.random.get_state()[1].tolist()  # type: ignore[index]
    check(network)
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert all(parameter.grad is None for parameter in network.parameters())
    assert torch.equal(torch.get_rng_state(), streams[0])
    assert np.random.get_state()[1].tolist() == streams[1]  # type: ignore[index]


def test_a_network_of_words_gets_word_numbers() -> None:
    preprocessor = TextPreprocessor(words=("bad", "good"), length=4)
    network = nn.Sequential(nn.Embedding(4, 3), nn.Flatten(), nn.Linear(12, 2))
    require_trainable(network, "net.py:make", preprocessor, 2, RUNTIME)
