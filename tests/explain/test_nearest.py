"""The nearest training items are those of the largest cosine over the last features."""

import numpy as np
import torch
from corner_network import corner_contract
from small_training import CONTRACT, RUNTIME, images, network
from torch import nn

from noonbit.data.preprocess.contract import Contract
from noonbit.data.preprocess.images import ImagePreprocessor
from noonbit.explain.nearest import features_of, find_nearest
from noonbit.models.catalogue import build
from noonbit.models.ensemble import Ensemble, Member
from noonbit.models.tta import with_tta
from noonbit.system.runtime import Runtime

VALUES = images(300).values
assert isinstance(VALUES, torch.Tensor)
TWO_THREADS = Runtime(torch.device("cpu"), threads=2, precision="float32", reasons={})


def test_features_are_what_the_last_layer_takes_and_have_length_one() -> None:
    model = network().eval()
    wanted = model[:-1](CONTRACT.normalise(VALUES)).detach()
    for runtime in (RUNTIME, TWO_THREADS):
        features = features_of(model, CONTRACT, VALUES, runtime)
        np.testing.assert_allclose(
            features, nn.functional.normalize(wanted, dim=1).numpy(), atol=1e-5
        )
    assert not any(each._forward_pre_hooks for each in model.modules())


def test_a_training_item_is_nearest_to_itself() -> None:
    features = features_of(network().eval(), CONTRACT, VALUES, RUNTIME)
    for row in (0, 7, 299):
        rows, cosines = find_nearest(features, features[row], 3)
        assert rows[0] == row and abs(cosines[0] - 1) < 1e-5
        assert list(cosines) == sorted(features @ features[row], reverse=True)[:3]


def test_of_an_ensemble_the_cosine_is_the_mean_of_its_members() -> None:
    networks = [network(seed=seed).eval() for seed in (1, 2)]
    members = [Member(each, (0.5,), (0.3,), 1.0) for each in networks]
    contract = Contract.unit(CONTRACT.preprocessor, CONTRACT.class_names)
    both = features_of(Ensemble(members, "sum").eval(), contract, VALUES[:5], RUNTIME)
    each = [features_of(network, CONTRACT, VALUES[:5], RUNTIME) for network in networks]
    mean = (each[0] @ each[0].T + each[1] @ each[1].T) / 2
    np.testing.assert_allclose(both @ both.T, mean, atol=1e-5)


def test_networks_without_dense_layers_have_features_too() -> None:
    """The mean over positions of what the last convolution takes."""
    contract = corner_contract()
    values = torch.randint(0, 256, (3, 1, 24, 24), dtype=torch.uint8)
    ends_in_maps = nn.Sequential(nn.Conv2d(1, 5, 3), nn.Conv2d(5, 2, 1), nn.AvgPool2d(22))
    features = features_of(ends_in_maps.eval(), contract, values, RUNTIME)
    assert features.shape == (3, 5)
    nothing = nn.Sequential(nn.Flatten(), nn.Softmax(dim=1))
    assert features_of(nothing.eval(), contract, values, RUNTIME).shape == (3, 576)


def test_views_do_not_change_the_features() -> None:
    contract = Contract.unit(
        ImagePreprocessor(height=28, width=28, channels=1), tuple("abcdefghij")
    )
    torch.manual_seed(0)
    model = build("glance", 10, 1, (28, 28)).eval()
    values = torch.randint(0, 256, (2, 1, 28, 28), dtype=torch.uint8)
    np.testing.assert_array_equal(
        features_of(with_tta(model, "flip"), contract, values, RUNTIME),
        features_of(model, contract, values, RUNTIME),
    )
    assert features_of(model, contract, values, RUNTIME).shape == (2, 128)
