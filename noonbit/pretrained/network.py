"""A network with the weights that others trained, ready to give features.

    match_tensors(tensors, ...)     published tensors -> our network and its state dict

What does not fit is refused by the name of the first tensor, with both shapes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from noonbit.data.preprocess.contract import Contract
from noonbit.data.preprocess.images import ImagePreprocessor
from noonbit.errors import UsageError, join_first
from noonbit.models.catalogue import build, outline
from noonbit.models.layers import SMALL_SIDE, FeedforwardNetwork
from noonbit.pretrained.layouts import LAYOUTS, Layout

LEAST_ALIKE = 0.5
"""Of all tensor names, the share that a file must have in common with a network to be taken for
it; less is another network."""
COUNTER = "num_batches_tracked"
"""A count that batch norm keeps and nothing here reads; some files leave it out."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where weights are from."""

    place: str
    """A path, or an installed package with its version."""
    licence: str
    """As its publisher states it; `unknown` for a file of the user's own."""
    sha256: str
    """Of the file."""


@dataclass(frozen=True, slots=True)
class PretrainedNetwork:
    """Published weights under our names, and how their inputs were prepared."""

    layout: Layout
    weights: Mapping[str, Tensor]
    """Of the network in the catalogue, without its last layer: float32."""
    origin: Origin

    @property
    def name(self) -> str:
        """Of the network in the catalogue."""
        return self.layout.network

    def preprocessor(self, side: int | None = None) -> ImagePreprocessor:
        """Colour pictures of `side` pixels, by default the network's own size."""
        side = side or self.layout.side
        return ImagePreprocessor(height=side, width=side, channels=3)

    def contract(self, preprocessor: ImagePreprocessor, class_names: tuple[str, ...]) -> Contract:
        """Return the contract with the statistics that the weights expect."""
        mean, std = self.layout.statistics
        return Contract(preprocessor=preprocessor, mean=mean, std=std, class_names=class_names)

    def build(self, classes: int, size: tuple[int, ...]) -> FeedforwardNetwork:
        """Return the network with these weights; its last layer keeps its random ones.

        Raises `UsageError` for a size at which its tensors have other shapes.
        """
        network = cast(FeedforwardNetwork, build(self.name, classes, 3, size))
        own = network.state_dict()
        for name, tensor in self.weights.items():
            require_shape(name, tuple(tensor.shape), tuple(own[name].shape), self, size)
        network.load_state_dict(self.weights, strict=False)
        return network

    def build_features(self, size: tuple[int, ...]) -> nn.Module:
        """Return the network without its last layer, batch norm folded into the convolutions.

        Normalised float32 (N, 3, H, W) -> (N, features). It only evaluates.
        """
        network = self.build(1, size).eval().requires_grad_(False)
        network.head[-1] = nn.Identity()
        for module in network.modules():
            if isinstance(module, nn.ReLU | nn.ReLU6):
                module.inplace = True  # saves a tenth of the time; nothing reads what it changes
        return fold_batch_norm(network)


def fold_batch_norm(network: nn.Module) -> nn.Module:
    """Fold every pair of `conv` and `norm` into the convolution, in place; return the network."""
    for module in network.modules():
        conv, norm = getattr(module, "conv", None), getattr(module, "norm", None)
        if isinstance(conv, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
            module.conv, module.norm = fuse_conv_bn_eval(conv, norm), nn.Identity()
    return network


def require_shape(
    name: str,
    given: tuple[int, ...],
    own: tuple[int, ...],
    network: PretrainedNetwork,
    size: tuple[int, ...],
) -> None:
    """Raise `UsageError` for a tensor that the network has in another shape at this size."""
    if given != own:
        raise UsageError(
            f"At {size[0]} x {size[1]} pixels, {name} of {network.name} is {shape_text(own)}, and "
            f"the weights have {shape_text(given)}. Leave out --image-size, or take one of at "
            f"least {SMALL_SIDE} that the weights fit: {network.layout.side}."
        )


def match_tensors(
    tensors: Mapping[str, Tensor], origin: Origin, *, model: str | None = None
) -> PretrainedNetwork:
    """Recognise published tensors by their names, and bring them under ours.

    `model` names the network that they should be of. Raises `UsageError` for tensors of another
    network, naming the first that does not fit.
    """
    layouts = [each for each in LAYOUTS if model in (None, each.network)]
    if not layouts:
        raise UsageError(
            f"--pretrained knows no published weights for {model}. There are: "
            f"{join_first(list(dict.fromkeys(each.network for each in LAYOUTS)), 20)}."
        )
    tables = [published_table(layout) for layout in layouts]
    given = {name for name in tensors if not name.endswith(COUNTER)}
    shares = [
        len(given & required(table)) / max(1, len(given | required(table))) for table in tables
    ]
    best = shares.index(max(shares))
    layout, table = layouts[best], tables[best]
    if shares[best] < LEAST_ALIKE:
        raise UsageError(unknown_message(tensors, origin, layout, table, shares[best]))
    weights: dict[str, Tensor] = {}
    for published, (ours, shape) in table.items():
        tensor = tensors.get(published)
        is_last = is_of_last_layer(ours, table)
        if tensor is None:
            if not is_last and not published.endswith(COUNTER):
                raise UsageError(
                    f"{origin.place} lacks {published}, {shape_text(shape)} of {layout.network}."
                )
        elif not is_last:
            if tuple(tensor.shape) != shape:
                raise UsageError(
                    f"{origin.place}: {published} is {shape_text(tuple(tensor.shape))}, and "
                    f"{layout.network} has {shape_text(shape)}. They are another network's."
                )
            weights[ours] = finite(tensor, published, origin)
    for published in tensors:
        if published not in table:
            raise UsageError(
                f"{origin.place} has {published}, {shape_text(tuple(tensors[published].shape))}, "
                f"for which {layout.network} has no place. They are another network's."
            )
    return PretrainedNetwork(layout, weights, origin)


@cache
def published_table(layout: Layout) -> dict[str, tuple[str, tuple[int, ...]]]:
    """Return for each published name ours, and the tensor's shape for 1,000 classes."""
    state = outline(layout.network, 1000, 3, (layout.side,) * 2).state_dict()
    return {layout.rename(name): (name, tuple(tensor.shape)) for name, tensor in state.items()}


def required(table: Mapping[str, tuple[str, tuple[int, ...]]]) -> set[str]:
    """The published names without which nothing fits."""
    return {
        published
        for published, (ours, _) in table.items()
        if not published.endswith(COUNTER) and not is_of_last_layer(ours, table)
    }


def is_of_last_layer(ours: str, table: Mapping[str, tuple[str, tuple[int, ...]]]) -> bool:
    """Whether a tensor is of the layer that names the classes, which a head of our own replaces."""
    last = max(
        (name for name, _ in table.values() if name.startswith("head.")),
        key=lambda name: int(name.split(".")[1]),
    )
    return ours.rpartition(".")[0] == last.rpartition(".")[0]


def finite(tensor: Tensor, name: str, origin: Origin) -> Tensor:
    """Return a tensor as float32, or a count as it is; raises `UsageError` for infinite values.

    A parameter, which some `.pth` files hold, becomes a plain tensor.
    """
    values = tensor.detach() if name.endswith(COUNTER) else tensor.detach().to(torch.float32)
    if not np.isfinite(values.numpy()).all():  # torch's threads would meet for each tensor
        raise UsageError(f"{origin.place}: {name} has numbers that are not finite. Get it again.")
    return values


def shape_text(shape: tuple[int, ...]) -> str:
    """`64x3x7x7`."""
    return "x".join(map(str, shape)) or "one number"


def unknown_message(
    tensors: Mapping[str, Tensor],
    origin: Origin,
    layout: Layout,
    table: Mapping[str, tuple[str, tuple[int, ...]]],
    share: float,
) -> str:
    """Say that tensors are of no network here, and of which one they seem to be."""
    known = join_first(list(dict.fromkeys(each.network for each in LAYOUTS)), 20)
    if "inception3a.branch1.conv.weight" in tensors:
        return (
            f"{origin.place} is torchvision's GoogLeNet, which is another network than the paper's "
            "that noonbit has: batch norm everywhere, and 3x3 where the paper has 5x5. "
            f"--pretrained takes {known}."
        )
    first = tensors.get("features.0.weight")
    if first is not None and tuple(first.shape[1:]) == (3, 11, 11):
        return (
            f"{origin.place} is torchvision's AlexNet, which is another network than the paper's "
            "that noonbit has: one group, 64 filters first, no response norm. "
            f"--pretrained takes {known}."
        )
    strange = next((name for name in tensors if name not in table), "no tensor")
    shape = f", {shape_text(tuple(tensors[strange].shape))}," if strange in tensors else ""
    return (
        f"{origin.place} has {strange}{shape} and fits no network that --pretrained knows "
        f"({share:.0%} of its names are those of {layout.network}). There are: {known}."
    )
