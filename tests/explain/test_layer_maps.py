"""What a watcher sees of the layers is what they compute, and seeing changes nothing."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from small_training import equal, network, start, weights
from torch import nn

from noonbit.explain.layer_maps import LayerProbe, detail_of, filters_of, to_pictures
from noonbit.models.catalogue import build

SHAPES = {"convnetjs": (3, (32, 32)), "mlp": (1, (28, 28)), "resnet20": (3, (32, 32))}


def probe(name, classes=10):
    """A network of the catalogue, its probe, and an item for it."""
    channels, size = SHAPES[name]
    torch.manual_seed(0)
    model = build(name, classes, channels, size)
    return model, LayerProbe(model), torch.randn(1, channels, *size)


def test_layers_come_in_the_order_of_the_computation_without_those_that_change_nothing():
    _, live, item = probe("convnetjs")
    seen = live.run(item, 3)
    kinds = [type(layer.module).__name__ for layer in seen.layers]
    assert kinds == ["Conv2d", "MaxPool2d", "ReLU"] * 3 + ["Linear"]
    assert [layer.name for layer in seen.layers][:2] == ["features.1", "features.2"]


def test_activations_and_gradients_are_those_of_autograd():
    model, live, item = probe("convnetjs")
    seen = live.run(item, 3)
    first = model.features[1]
    given = item.clone().requires_grad_()
    output = first(given)
    output.retain_grad()
    logits = model.eval().head(model.features[2:](output))
    F.cross_entropy(logits, torch.tensor([3])).backward()
    layer = seen.layers[0]
    torch.testing.assert_close(layer.output.detach(), output.detach())
    torch.testing.assert_close(seen.gradient(layer.output), output.grad)
    torch.testing.assert_close(seen.gradient(layer.weight), first.weight.grad)
    torch.testing.assert_close(seen.gradient(seen.inputs), given.grad)


def test_of_a_deep_network_only_the_layers_that_are_shown_whole_have_gradients():
    _, live, item = probe("resnet20")
    names = [layer.name for layer in live.run(item, 0).layers]
    assert len(names) > 20
    seen = live.run(item, 0, frozenset({names[5]}))
    with_gradient = [layer.name for layer in seen.layers if seen.gradient(layer.output) is not None]
    assert with_gradient == [names[5]]
    assert seen.gradient(seen.inputs) is not None


def test_a_module_that_is_used_twice_is_shown_twice():
    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(4, 4)
            self.out = nn.Linear(4, 2)

        def forward(self, x):
            return self.out(self.layer(self.layer(x)))

    seen = LayerProbe(Twice()).run(torch.randn(1, 4), 1)
    assert [layer.name for layer in seen.layers] == ["layer", "layer (2)", "out"]


def test_a_layer_that_works_in_place_does_not_change_what_was_seen_before_it():
    model = nn.Sequential(nn.Linear(4, 6), nn.ReLU(inplace=True), nn.Linear(6, 2))
    seen = LayerProbe(model).run(torch.randn(1, 4), 1)
    assert (seen.layers[0].output < 0).any()
    assert (seen.layers[1].output >= 0).all()


def test_looking_changes_neither_weights_nor_statistics_nor_modes_nor_gradients_nor_streams():
    state = start()
    state.model.train()
    state.model[0].eval()  # whatever mode a module is in, it is in again
    before, modes = weights(state), [module.training for module in state.model.modules()]
    stream = torch.random.get_rng_state()
    LayerProbe(state.model).run(torch.randn(1, 1, 8, 8, generator=torch.Generator()), 2)
    assert equal(weights(state), before)
    assert [module.training for module in state.model.modules()] == modes
    assert all(value.grad is None for value in state.model.parameters())
    assert torch.equal(torch.random.get_rng_state(), stream)
    assert not any(module._forward_hooks for module in state.model.modules())


def test_a_failing_network_leaves_no_hooks_and_its_mode():
    model = network().train()
    with pytest.raises(RuntimeError):
        LayerProbe(model).run(torch.randn(1, 5, 8, 8), 0)
    assert not any(module._forward_hooks for module in model.modules())
    assert all(module.training for module in model.modules())


@pytest.mark.parametrize(
    ("shape", "maps", "columns"),
    [
        ((16, 3, 5, 5), (16, 3, 5, 5), 0),  # colour
        ((16, 1, 5, 5), (16, 5, 5), 0),
        ((20, 16, 5, 5), (160, 5, 5), 8),
        ((10, 128), (1, 10, 128), 0),
        ((10, 4000), (1, 10, 250), 0),
    ],
)
def test_filters_become_maps(shape, maps, columns):
    found, in_a_row = filters_of(torch.randn(shape), 256)
    assert (found.shape, in_a_row) == (maps, columns)


def test_large_maps_are_thinned_and_no_more_than_asked_for():
    maps = torch.arange(2 * 130 * 64.0).reshape(2, 130, 64)
    pictures = to_pictures(maps, 1)
    assert pictures.shape == (1, 44, 64)
    np.testing.assert_array_equal(pictures[0, :, 0], maps[0, ::3, 0])


def test_the_window_of_a_layer_is_described():
    assert detail_of(nn.Conv2d(1, 1, 5, padding=2)) == "5x5, stride 1, padding 2"
    assert detail_of(nn.Conv2d(1, 1, (3, 5), padding="same")) == "3x5, stride 1, padding same"
    assert detail_of(nn.Conv2d(1, 1, 3, stride=(1, 2))) == "3x3, stride 1x2, padding 0"
    assert detail_of(nn.MaxPool2d(2)) == "2x2, stride 2, padding 0"
    assert detail_of(nn.ReLU()) == ""
