"""The parts of which an explanation is drawn: maps over a picture, bars of classes, layers, lines.

With Pillow alone, as contact sheets are.
"""

from collections.abc import Mapping, Sequence
from math import ceil

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from noonbit.data.contact_sheet import (
    BACKGROUND,
    BORDER,
    FONT_SIZE,
    INK,
    LINE_HEIGHT,
    MARGIN,
    choose_scale,
    draw_grid,
    replace_unprintable,
    to_pillow,
    truncate_to_width,
)
from noonbit.explain.layer_maps import LayerMaps
from noonbit.system.fonts import choose_font

PANEL_SIDE = 224
"""Target for the longer side of the picture and its maps, in pixels."""
FOR, AGAINST = np.array([235, 60, 20]), np.array([30, 90, 235])
"""Colours of what speaks for the class and against it."""
DARKENED, OPAQUE = 0.55, 0.9
"""How bright the picture is under a map, and how much of it the strongest colour hides."""
BAR_WIDTH, NAME_WIDTH = 240, 160
MAPS_A_LAYER, MAP_SIDE = 16, 48
"""Maps that are drawn of a layer, and the target for their longer side in pixels."""


def draw_panels(pixels: NDArray[np.uint8], maps: Mapping[str, NDArray[np.float32]]) -> Image.Image:
    """Draw a picture (C, h, w) as the network sees it, and under each map (h, w) by its title."""
    whole = np.broadcast_to(pixels, (3, *pixels.shape[1:]))
    panels = [whole, *(overlay(pixels, values) for values in maps.values())]
    scale = choose_scale(*pixels.shape[1:], side=PANEL_SIDE)
    return draw_grid(np.stack(panels), ["as the network sees it", *maps], scale=scale)


def overlay(pixels: NDArray[np.uint8], values: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Colour pixels (C, h, w) by a map (h, w): red for what is positive, blue for the negative.

    The result is (3, h, w). Strengths are relative to the largest magnitude of the map.
    """
    grey = np.asarray(to_pillow(pixels).convert("L"), np.float32) * DARKENED
    strength = values / (float(np.abs(values).max()) or 1.0)
    colour = np.where(strength[..., None] > 0, FOR, AGAINST)
    share = OPAQUE * np.abs(strength)[..., None]
    mixed = (1 - share) * grey[..., None] + share * colour
    return np.asarray(mixed.round().transpose(2, 0, 1), np.uint8)


def draw_bars(top: Sequence[tuple[str, float]], explained: str) -> Image.Image:
    """Draw the most probable classes as bars; that of the explained one is in its colour."""
    font = choose_font("".join(name for name, _ in top), FONT_SIZE)
    width = 2 * MARGIN + NAME_WIDTH + BAR_WIDTH + 60
    picture = Image.new("RGB", (width, len(top) * (LINE_HEIGHT + 4) + MARGIN), BACKGROUND)
    draw = ImageDraw.Draw(picture)
    for row, (name, probability) in enumerate(top):
        y = row * (LINE_HEIGHT + 4)
        text = truncate_to_width(replace_unprintable(name), font, NAME_WIDTH - MARGIN)
        draw.text((MARGIN, y), text, fill=INK, font=font)
        left = MARGIN + NAME_WIDTH
        color = tuple(FOR.tolist()) if name == explained else BORDER
        draw.rectangle((left, y + 1, left + round(BAR_WIDTH * probability), y + 14), fill=color)
        right = left + round(BAR_WIDTH * probability) + 6
        draw.text((right, y), f"{probability:.1%}", fill=INK, font=font)
    return picture


def draw_layers(layers: Sequence[LayerMaps]) -> Image.Image:
    """Draw the first maps of each layer in a row, each from its smallest to its largest value."""
    parts = []
    for layer in layers:
        maps = layer.maps[:MAPS_A_LAYER]
        is_dense = layer.maps.shape[1:] == (1, 1)
        if is_dense:  # a pixel a unit, all in one row
            maps = layer.maps.reshape(1, 1, -1)
        pixels = np.stack([to_bytes(each) for each in maps])[:, None]
        scale = choose_scale(*maps.shape[1:], side=8 * MAP_SIDE if is_dense else MAP_SIDE)
        words = f"{layer.name}  {layer.kind}  {layer.detail}".rstrip()
        count = f"{layer.count} units" if is_dense else f"{len(pixels)} of {layer.count} maps"
        parts += [
            write_lines([f"{words}: {count}"]),
            draw_grid(pixels, [""] * len(pixels), columns=MAPS_A_LAYER, scale=scale),
        ]
    return stack(parts)


def to_bytes(values: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Stretch numbers to 0 to 255; equal ones become 0."""
    low, high = float(values.min()), float(values.max())
    return np.asarray((values - low) * (255 / max(high - low, 1e-12)), np.uint8)


def write_lines(lines: Sequence[str], *, size: int = FONT_SIZE) -> Image.Image:
    """Write lines of text."""
    font = choose_font("".join(lines), size)
    texts = [replace_unprintable(line) for line in lines]
    width = ceil(max(font.getlength(text) for text in texts)) + 2 * MARGIN
    picture = Image.new("RGB", (width, len(texts) * (size + 4) + MARGIN), BACKGROUND)
    draw = ImageDraw.Draw(picture)
    for row, text in enumerate(texts):
        draw.text((MARGIN, MARGIN / 2 + row * (size + 4)), text, fill=INK, font=font)
    return picture


def stack(parts: Sequence[Image.Image]) -> Image.Image:
    """Put pictures below each other, at the left edge."""
    whole = Image.new(
        "RGB",
        (max(part.width for part in parts), sum(part.height for part in parts)),
        BACKGROUND,
    )
    top = 0
    for part in parts:
        whole.paste(part, (0, top))
        top += part.height
    return whole
