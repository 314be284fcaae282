"""Grad-CAM: the regions whose features raise a class's logit, at the last convolution.

Selvaraju et al., "Grad-CAM: visual explanations from deep networks via gradient-based
localization", 2017; by captum. Each map of the layer is weighted with the mean gradient of the
logit by it, the maps are added, and what is negative is cut off.

The layer is where the last convolution with more than one position has been normalised, activated
and added: the last output of the same height and width. A map of 4x4 positions is smoothly enlarged
to the picture, so its edges say nothing.
"""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from noonbit.data.preprocess.contract import Contract
from noonbit.errors import UsageError
from noonbit.explain.captum_extra import import_captum
from noonbit.explain.layer_maps import evaluation_mode
from noonbit.explain.networks import HOOKS_LOCK, SingleNetwork, single_networks
from noonbit.models.layers import PadTo


def grad_cam(
    model: nn.Module, contract: Contract, pixels: NDArray[np.uint8], number: int
) -> NDArray[np.float32]:
    """Return the Grad-CAM map of class `number` for pixels (C, h, w): (h, w) of 0 to 1.

    Its largest value is 1, or 0 where nothing raises the logit. Of an ensemble, the mean of its
    members' maps. Raises `UsageError` for a network without a convolution over positions, and
    `MissingExtra` without captum.
    """
    device = next((each.device for each in model.parameters()), torch.device("cpu"))
    values = torch.from_numpy(pixels).to(device)[None].float()
    networks = single_networks(model, contract)
    with HOOKS_LOCK, evaluation_mode(model):
        maps = [grad_cam_of(single, values, number) for single in networks]
    return scaled(np.mean(maps, axis=0))


def grad_cam_of(single: SingleNetwork, values: Tensor, number: int) -> NDArray[np.float32]:
    """Return the map of one network for values (1, C, h, w)."""
    attr = import_captum()
    layer = find_last_maps(single, values)
    inputs = values.requires_grad_()  # else no gradient reaches layers behind frozen ones
    found: Tensor = attr.LayerGradCam(single.logits, layer).attribute(
        inputs, target=number, relu_attributions=True
    )
    left, right, top, bottom = margins_of(single.network)
    height, width = values.shape[2:]
    enlarged = attr.LayerAttribution.interpolate(
        found.detach(), (height + top + bottom, width + left + right), "bilinear"
    )
    return scaled(enlarged[0, 0, top : top + height, left : left + width].float().cpu().numpy())


def find_last_maps(single: SingleNetwork, values: Tensor) -> nn.Module:
    """Return the module that gives the last maps (1, channels, h, w) made by a convolution.

    Raises `UsageError` if there is no convolution that sees more than one position.
    """
    last: nn.Module | None = None
    size: tuple[int, ...] = ()

    def note(module: nn.Module, inputs: Any, output: Any) -> None:
        nonlocal last, size
        if not isinstance(output, Tensor) or output.ndim != 4:
            return
        here = tuple(output.shape[2:])
        if isinstance(module, nn.Conv2d) and max(here) > 1:
            size = here
        if here == size:
            last = module

    hooks = [module.register_forward_hook(note) for module in single.network.modules()]
    try:
        with torch.no_grad():
            single.logits(values)
    finally:
        for hook in hooks:
            hook.remove()
    if last is None:
        raise UsageError(
            "Grad-CAM reads the maps of the last convolution, and this network has none with more "
            "than one position. Take the method occlusion, which every network allows."
        )
    return last


def margins_of(network: nn.Module) -> tuple[int, int, int, int]:
    """Return how many pixels the network pads before its first layer: left, right, top, bottom."""
    padding = next((each for each in network.modules() if isinstance(each, PadTo)), None)
    return (0, 0, 0, 0) if padding is None else padding.margins


def scaled(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scale a map to a largest value of 1; a map of zeros stays one."""
    largest = float(values.max())
    return values / np.float32(largest) if largest > 0 else values
