"""Grad-CAM points at what a network looks at, where that is known."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from corner_network import CORNER, SIDE, corner_contract, corner_network, noise, share_within
from torch import nn

from noonbit.data.preprocess.contract import Contract
from noonbit.data.preprocess.images import ImagePreprocessor
from noonbit.errors import UsageError
from noonbit.explain.grad_cam import find_last_maps, grad_cam
from noonbit.explain.networks import SingleNetwork, single_networks
from noonbit.models.catalogue import build
from noonbit.models.ensemble import Ensemble, Member
from noonbit.models.glance import Glance
from noonbit.models.tta import with_tta

CONTRACT = corner_contract()


def contract_for(channels: int, side: int) -> Contract:
    preprocessor = ImagePreprocessor(height=side, width=side, channels=channels)
    return Contract.unit(preprocessor, tuple("abcdefghij"))


def last_maps(model: nn.Module, channels: int, side: int) -> nn.Module:
    contract = contract_for(channels, side)
    single = SingleNetwork(model.eval(), contract.normalise)
    return find_last_maps(single, torch.zeros(1, channels, side, side))


def test_all_of_it_lies_in_the_corner_that_the_network_looks_at() -> None:
    values = grad_cam(corner_network(), CONTRACT, noise(), 1)
    assert values.shape == (SIDE, SIDE) and values.dtype == np.float32
    assert values.max() == 1 and values.min() == 0
    assert share_within(values, CORNER) == 1


def test_it_is_the_formula_of_the_paper_at_the_last_maps() -> None:
    torch.manual_seed(0)
    model = build("cnn", 10, 1, (28, 28)).eval()
    pixels = np.random.default_rng(0).integers(0, 256, (1, 28, 28), np.uint8)
    contract = contract_for(1, 28)
    values = contract.normalise(torch.from_numpy(pixels)[None])
    single = SingleNetwork(model, contract.normalise)
    last = find_last_maps(single, torch.from_numpy(pixels)[None].float())
    seen: list[torch.Tensor] = []
    hook = last.register_forward_hook(lambda module, inputs, output: seen.append(output))
    logits = model(values)[0]
    hook.remove()
    largest = []
    for number, logit in enumerate(logits):
        (gradient,) = torch.autograd.grad(logit, seen[0], retain_graph=True)
        weights = gradient.mean(dim=(2, 3), keepdim=True)
        wanted = F.relu((weights * seen[0]).sum(dim=1, keepdim=True)).detach()
        wanted = F.interpolate(wanted, (28, 28), mode="bilinear")[0, 0]
        largest.append(float(wanted.max()))
        given = grad_cam(model, contract, pixels, number)
        np.testing.assert_allclose(given * largest[-1], wanted.numpy(), atol=1e-6)
    assert max(largest) > 0


def test_nothing_is_said_for_a_class_that_no_region_speaks_for() -> None:
    assert not grad_cam(corner_network(), CONTRACT, noise(), 0).any()


def test_the_last_maps_are_those_behind_the_last_norm_activation_and_residual() -> None:
    glance = build("glance", 10, 1, (28, 28))
    assert isinstance(glance, Glance) and last_maps(glance, 1, 28) is glance.features
    resnet = build("resnet20", 10, 3, (32, 32))
    assert last_maps(resnet, 3, 32) is resnet.features
    inception = last_maps(build("googlenet", 10, 3, (32, 32)), 3, 32)
    assert not isinstance(inception, nn.Conv2d | nn.ReLU), "all branches, not the last one"


def test_a_network_of_the_users_own_needs_no_special_form() -> None:
    class Own(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.convolution = nn.Conv2d(1, 4, 3)
            self.activation = nn.ReLU(inplace=True)
            self.dense = nn.Linear(4, 10)

        def forward(self, images: torch.Tensor) -> torch.Tensor:
            maps = self.activation(self.convolution(images))
            output: torch.Tensor = self.dense(F.max_pool2d(maps, 22).flatten(1))
            return output

    torch.manual_seed(0)
    model = Own().eval()
    assert last_maps(model, 1, 24) is model.activation
    assert grad_cam(model, contract_for(1, 24), noise(), 0).shape == (24, 24)


def test_dense_networks_are_refused_with_the_other_method() -> None:
    dense, pixels = build("mlp", 10, 1, (28, 28)).eval(), np.zeros((1, 28, 28), np.uint8)
    with pytest.raises(UsageError, match="than one position. Take the method occlusion, which"):
        grad_cam(dense, contract_for(1, 28), pixels, 0)


def test_what_a_network_pads_is_cut_off_again() -> None:
    """A network that pads 8x8 to 32x32 sees the picture in the middle of its maps."""
    torch.manual_seed(0)
    model = build("alexnet", 10, 1, (8, 8)).eval()
    pixels = np.zeros((1, 8, 8), np.uint8)
    assert grad_cam(model, contract_for(1, 8), pixels, 0).shape == (8, 8)


def test_of_an_ensemble_it_is_the_mean_of_its_members() -> None:
    towards, away = corner_network(), corner_network(weight=-1)
    members = [Member(network, (0.0,), (1.0,), 1.0) for network in (towards, away)]
    ensemble = Ensemble(members, "probabilities").eval()
    alone = grad_cam(towards, CONTRACT, noise(), 1)
    np.testing.assert_allclose(grad_cam(ensemble, CONTRACT, noise(), 1), alone, atol=1e-6)
    assert len(single_networks(ensemble, CONTRACT)) == 2


def test_views_are_left_out_and_the_network_stays_as_it_was() -> None:
    network = corner_network()
    viewed = with_tta(network, "flip,shift=1")
    viewed.train()
    values = grad_cam(viewed, CONTRACT, noise(), 1)
    np.testing.assert_array_equal(values, grad_cam(network, CONTRACT, noise(), 1))
    assert viewed.training and not any(each._forward_hooks for each in viewed.modules())
    assert all(each.grad is None for each in viewed.parameters())
