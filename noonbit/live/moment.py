"""Put the pictures of a moment together: an item, the layers, and what the network answers."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from noonbit.data.prepared import PreparedDataset
from noonbit.explain.layer_maps import (
    FEW_LAYERS,
    FOLDED_MAPS,
    MOST_MAPS,
    Layer,
    Pass,
    detail_of,
    filters_of,
    to_pictures,
)
from noonbit.live.frame import Atlas, Tile
from noonbit.live.questions import Questions

BYTES = (0.0, 255.0)


def picture_of(items: PreparedDataset, number: int) -> NDArray[np.float32] | None:
    """Return a prepared item as one picture: (1, h, w), or (1, 3, h, w) in colour.

    None for a sentence. Of a board: the stones of who is to move light, the others dark.
    """
    if items.preprocessor.input_kind == "sentences":
        return None
    values = np.asarray(items.values[number]).astype(np.float32)
    if items.preprocessor.input_kind == "boards":
        return (127.0 * (1 + values[:1] - values[1:2])).astype(np.float32)
    return values[None] if len(values) == 3 else values[:1]


def text_of(items: PreparedDataset, number: int) -> str | None:
    """Return the text of a sentence; None for other items."""
    return items.text(number) if items.preprocessor.input_kind == "sentences" else None


def add_item(
    atlas: Atlas, items: PreparedDataset, number: int, label: int, seen: Pass | None
) -> dict[str, Any]:
    """Return what a frame says of the item that is shown."""
    picture = picture_of(items, number)
    gradient = None if seen is None else seen.gradient(seen.inputs)
    is_colour = picture is not None and picture.ndim == 4
    tile = None
    if gradient is not None:
        values = gradient.detach().float().cpu().numpy()
        tile = atlas.add(values if is_colour else values[0], signed=True)
    return {
        "number": number,
        "label": items.data.class_names[label],
        "text": text_of(items, number),
        "picture": None if picture is None else atlas.add(picture, value_range=BYTES),
        "gradient": tile,
    }


def add_tests(atlas: Atlas, items: PreparedDataset, questions: Questions) -> dict[str, Any]:
    """Return what a frame says of the validation items."""
    split = items.split.validation if questions.is_validation else items.split.train
    shown = []
    for each in questions.latest:
        number = int(split[each.row])
        picture = picture_of(items, number)
        shown.append(
            {
                "number": number,
                "label": each.label,
                "text": text_of(items, number),
                "picture": None if picture is None else atlas.add(picture, value_range=BYTES),
                "top": each.top,
            }
        )
    return {
        "items": shown,
        "correct": sum(questions.right),
        "of": len(questions.right),
        "split": "validation" if questions.is_validation else "training",
    }


def add_layers(atlas: Atlas, seen: Pass, whole: frozenset[str]) -> list[dict[str, Any]]:
    """Return what a frame says of each layer; `whole` ones have all maps, filters and gradients.

    Networks of a few layers are shown whole without being asked.
    """
    are_few = len(seen.layers) <= FEW_LAYERS
    return [
        add_layer(atlas, layer, seen, is_whole=are_few or layer.name in whole)
        for layer in seen.layers
    ]


def add_layer(atlas: Atlas, layer: Layer, seen: Pass, *, is_whole: bool) -> dict[str, Any]:
    """Return what a frame says of one layer."""
    maps = layer.maps
    most = MOST_MAPS if is_whole else FOLDED_MAPS
    if maps.shape[1:] == (1, 1):  # units of a dense layer take a pixel each
        most = MOST_MAPS
    gradient = seen.gradient(layer.output) if is_whole else None
    weight = layer.weight if is_whole else None
    return {
        "name": layer.name,
        "kind": type(layer.module).__name__,
        "output": list(layer.output.shape[1:]),
        "parameters": sum(each.numel() for each in layer.module.parameters(recurse=False)),
        "detail": detail_of(layer.module),
        "shown": min(most, len(maps)),
        "of": len(maps),
        "open": is_whole,
        "activations": atlas.add(to_pictures(maps, most)),
        "activation_gradients": None
        if gradient is None
        else atlas.add(to_pictures(as_layer_maps(layer, gradient), most), signed=True),
        "weights": None if weight is None else add_filters(atlas, weight),
        "weight_gradients": None
        if weight is None or (slope := seen.gradient(weight)) is None
        else add_filters(atlas, slope),
    }


def as_layer_maps(layer: Layer, values: torch.Tensor) -> torch.Tensor:
    """Turn values like a layer's output into maps like its own."""
    return Layer(layer.name, layer.module, values).maps


def add_filters(atlas: Atlas, weight: torch.Tensor) -> Tile:
    """Add filters, or a matrix, or the gradient of either."""
    maps, columns = filters_of(weight, MOST_MAPS)
    return atlas.add(maps, signed=True, columns=columns or None)
