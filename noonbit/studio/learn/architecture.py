"""A network as a drawing: a box for each convolution, pool and dense layer, as SVG.

The height of a box stands for the side of its maps, the width for their number, both by their
logarithm, since a layer may have one map or 2,048.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape

KINDS = {
    "conv2d": "convolution",
    "conv1d": "convolution",
    "linear": "dense",
    "maxnormlinear": "dense",
    "embedding": "dense",
    "maxpool2d": "pool",
    "avgpool2d": "pool",
    "adaptiveavgpool2d": "pool",
    "adaptivemaxpool1d": "pool",
}
"""What is drawn, by the name of its module; all else keeps the shape of what it gets."""
TALLEST, LOWEST = 130.0, 8.0
GAP, MARGIN = 10.0, 12.0
LETTER = 6.2
"""Width of a letter of the labels, which stand upright below the boxes."""


@dataclass(frozen=True, slots=True)
class Box:
    """One layer."""

    kind: str
    """input, convolution, pool or dense."""
    maps: int
    side: int
    """Pixels of the maps' height; 1 of a row of numbers."""
    label: str
    """`32 x 26 x 26 · 320`"""

    @property
    def width(self) -> float:
        """In pixels of the drawing."""
        return 12.0 if self.kind == "dense" else 8.0 + 4.0 * math.log2(max(1, self.maps))

    def height(self, tallest: int) -> float:
        """In pixels, where the largest map has `tallest` of its own."""
        if self.kind == "dense":
            return min(TALLEST, LOWEST + 9.0 * math.log2(max(1, self.maps)))
        share = math.log2(1 + self.side) / math.log2(1 + tallest)
        return LOWEST + (TALLEST - LOWEST) * share


def boxes_of(summary: dict[str, Any]) -> list[Box]:
    """Return the boxes of what `noonbit summary --json` says of a network."""
    *size, channels = summary["input"]
    boxes = [Box("input", channels, size[0], " x ".join(map(str, (channels, *size))))]
    for layer in summary["layers"]:
        kind = KINDS.get(layer["kind"].lower())
        if kind is None:
            continue
        shape = layer["output"]
        label = " x ".join(f"{number:,}" for number in shape)
        if layer["parameters"]:
            label += f" · {layer['parameters']:,}"
        boxes.append(Box(kind, shape[0], shape[1] if len(shape) > 1 else 1, label))
    return boxes


def draw(boxes: Sequence[Box], title: str) -> str:
    """Return the SVG; its colours are those of the page's style sheet."""
    tallest = max(box.side for box in boxes)
    left, shapes = MARGIN, []
    for box in boxes:
        height = box.height(tallest)
        top = MARGIN + (TALLEST - height) / 2
        middle = left + box.width / 2
        shapes.append(
            f'<g class="{box.kind}"><title>{escape(box.label)}</title>'
            f'<rect x="{left:.1f}" y="{top:.1f}" width="{box.width:.1f}" height="{height:.1f}"'
            f' rx="2"/><text transform="translate({middle + 3:.1f} {TALLEST + 2 * MARGIN:.1f})'
            f' rotate(90)">{escape(box.label)}</text></g>'
        )
        left += max(box.width, 12.0) + GAP
    longest = max(len(box.label) for box in boxes)
    width, height = left + MARGIN, TALLEST + 3 * MARGIN + LETTER * longest
    return (
        f'<svg class="architecture" role="img" aria-label="{escape(title, {chr(34): "&quot;"})}" '
        f'width="{width:.0f}" height="{height:.0f}" viewBox="0 0 {width:.0f} {height:.0f}" '
        f'xmlns="http://www.w3.org/2000/svg">{"".join(shapes)}</svg>'
    )
