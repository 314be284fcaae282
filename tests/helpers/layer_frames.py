"""Frames of a training, made of a real network's activations and gradients on one item.

A small encoder of its own: it shares no code with the one of noonbit, so that the view is held to
the format, which `noonbit/studio/static/frame.js` describes.
"""

import json
import struct
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

Array = npt.NDArray[np.float32]
FEW_LAYERS = 12
"""A network of so many has all of its maps in a frame."""
FOLDED = 8


@dataclass
class Atlas:
    """Tiles side by side on shelves, as high as the highest of each."""

    width: int = 512
    tiles: list[tuple[int, int, npt.NDArray[np.uint8]]] = field(default_factory=list)
    x: int = 0
    y: int = 0
    shelf: int = 0

    def add(self, maps: Array, *, signed: bool, columns: int | None = None) -> dict[str, Any]:
        """A tile of maps (count, 1 or 3, height, width)."""
        count, channels, height, width = maps.shape
        columns = columns or max(1, min(count, 256 // (width * channels)))
        rows = -(-count // columns)
        high = float(abs(maps).max() if signed else maps.max())
        low = -high if signed else float(maps.min())
        span = (high - low) or 1.0
        levels = np.rint((maps - low) / span * 255).astype(np.uint8)
        block = np.zeros((rows * height, columns * width * channels), np.uint8)
        for number, each in enumerate(levels):
            row, column = divmod(number, columns)
            planes = np.concatenate(list(each), axis=1)
            top, left = row * height, column * width * channels
            block[top : top + height, left : left + width * channels] = planes
        if self.x + block.shape[1] > self.width:
            self.x, self.y, self.shelf = 0, self.y + self.shelf, 0
            self.width = max(self.width, block.shape[1])
        self.tiles.append((self.x, self.y, block))
        tile = {"x": self.x, "y": self.y, "width": width, "height": height, "columns": columns}
        self.x += block.shape[1]
        self.shelf = max(self.shelf, block.shape[0])
        return tile | {
            "count": count,
            "channels": channels,
            "low": low,
            "high": high,
            "signed": signed,
        }

    def pixels(self) -> npt.NDArray[np.uint8]:
        whole = np.full((self.y + self.shelf, self.width), 7, np.uint8)  # what no tile covers
        for x, y, block in self.tiles:
            whole[y : y + block.shape[0], x : x + block.shape[1]] = block
        return whole


@dataclass
class Frame:
    header: dict[str, Any]
    pixels: npt.NDArray[np.uint8]

    def encode(self) -> bytes:
        text = json.dumps(self.header).encode()
        text += b" " * (-len(text) % 4)
        return struct.pack("<I", len(text)) + text + self.pixels.tobytes()

    def levels(self, tile: dict[str, Any], number: int) -> npt.NDArray[np.uint8]:
        """The bytes of one map (channels, height, width)."""
        row, column = divmod(number, tile["columns"])
        top = tile["y"] + row * tile["height"]
        width = tile["width"]
        left = tile["x"] + column * width * tile["channels"]
        rows = self.pixels[top : top + tile["height"]]
        return np.stack(
            [rows[:, left + c * width : left + (c + 1) * width] for c in range(tile["channels"])]
        )

    def layer(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = next(each for each in self.header["layers"] if each["name"] == name)
        return found


def as_maps(values: torch.Tensor) -> Array:
    """(C, H, W) or (C,) or, for a sentence, (C, W) -> maps (count, 1, height, width)."""
    array = values.detach().float().numpy()
    if array.ndim == 1:
        return array[:, None, None, None]
    if array.ndim == 2:
        return array[None, None]
    return array[:, None]


def detail_of(module: nn.Module) -> str:
    if isinstance(module, nn.Conv2d):
        (side, _), (stride, _) = module.kernel_size, module.stride
        return f"{side}x{side}, stride {stride}, padding {module.padding[0]}"
    if isinstance(module, nn.MaxPool2d):
        return f"{module.kernel_size}x{module.kernel_size}, stride {module.stride}"
    return ""


def filters_of(atlas: Atlas, values: torch.Tensor, shown: int) -> dict[str, Any]:
    """Filters (outputs, inputs, h, w), or the matrix of a dense layer as one map."""
    array = values.detach().float().numpy()
    if array.ndim == 2:
        return atlas.add(array[None, None, :64, :256], signed=True)
    array = array[:shown]
    if array.ndim == 3:  # over words: (outputs, values of a word, words)
        return atlas.add(array[:FOLDED, None], signed=True)
    if array.shape[1] == 3:
        return atlas.add(array, signed=True)
    inputs = min(array.shape[1], 8)
    array = array[:, :inputs].reshape(-1, 1, *array.shape[2:])
    return atlas.add(array, signed=True, columns=inputs)


def capture(
    network: nn.Module,
    item: torch.Tensor,
    label: int,
    *,
    tests: tuple[torch.Tensor, torch.Tensor],
    classes: list[str],
    opened: Collection[str] = (),
    number: int = 17,
    texts: list[str] | None = None,
) -> Frame:
    """The frame of a network that looks at an item (C, H, W), and answers four tests.

    `texts` are those of the item and the tests, if they are sentences, which have no pictures.
    """
    network.eval()
    outputs: list[tuple[str, nn.Module, torch.Tensor]] = []
    handles = []
    for name, module in network.named_modules():
        if any(True for _ in module.children()) or isinstance(module, nn.Identity | nn.ModuleDict):
            continue

        def keep(module: nn.Module, inputs: object, output: torch.Tensor, name: str = name) -> None:
            output.retain_grad()
            outputs.append((name, module, output))

        handles.append(module.register_forward_hook(keep))
    network.zero_grad()
    given = item[None].clone().requires_grad_()
    nn.functional.cross_entropy(network(given), torch.tensor([label])).backward()
    for handle in handles:
        handle.remove()
    atlas = Atlas()
    names = {name for name, _, _ in outputs}
    whole = names if len(outputs) <= FEW_LAYERS else set(opened)
    layers = [layer_of(atlas, *each, whole=whole) for each in outputs]
    assert given.grad is not None
    item_colours = 3 if item.shape[0] == 3 else 1

    def picture(values: torch.Tensor) -> dict[str, Any] | None:
        if texts:
            return None
        maps = as_maps(values) if item_colours == 1 else values.detach().numpy()[None]
        return atlas.add(maps[:1], signed=False)

    gradient = given.grad[0]
    maps = as_maps(gradient) if item_colours == 1 else gradient.numpy()[None]
    with torch.no_grad():
        answers = network(tests[0]).softmax(1)
    top = answers.topk(min(3, len(classes)))
    correct = int((answers.argmax(1) == tests[1]).sum())
    header = {
        "tick": 1,
        "step": 120,
        "epoch": 1,
        "epochs": 8,
        "state": "training",
        "classes": classes,
        "item": {
            "number": number,
            "label": classes[label],
            "text": texts[0] if texts else None,
            "picture": picture(item),
            "gradient": atlas.add(maps[:1], signed=True),
        },
        "layers": layers,
        "tests": {
            "items": [
                {
                    "number": 100 + index,
                    "label": int(tests[1][index]),
                    "text": texts[1 + index] if texts else None,
                    "picture": picture(tests[0][index]),
                    "top": [
                        [int(place), float(share)]
                        for place, share in zip(top.indices[index], top.values[index], strict=True)
                    ],
                }
                for index in range(4)
            ],
            "correct": correct,
            "of": len(tests[1]),
            "split": "validation",
        },
    }
    pixels = atlas.pixels()
    header["atlas"] = {"width": pixels.shape[1], "height": pixels.shape[0]}
    return Frame(header, pixels)


def layer_of(
    atlas: Atlas, name: str, module: nn.Module, output: torch.Tensor, *, whole: Collection[str]
) -> dict[str, Any]:
    values = output[0]
    maps = as_maps(values)
    assert output.grad is not None
    is_whole = name in whole
    shown = len(maps) if is_whole or maps.shape[2:] == (1, 1) else min(len(maps), FOLDED)
    weight = getattr(module, "weight", None)
    has_filters = is_whole and weight is not None and weight.ndim > 1
    return {
        "name": name,
        "kind": type(module).__name__,
        "output": list(values.shape),
        "parameters": sum(each.numel() for each in module.parameters()),
        "detail": detail_of(module),
        "shown": shown,
        "of": len(maps),
        "open": is_whole,
        "activations": atlas.add(maps[:shown], signed=False),
        "activation_gradients": atlas.add(as_maps(output.grad[0])[:shown], signed=True)
        if is_whole
        else None,
        "weights": filters_of(atlas, weight, shown) if has_filters else None,
        "weight_gradients": filters_of(atlas, weight.grad, shown) if has_filters else None,
    }
