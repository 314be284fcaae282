"""The drawn transforms, done to a batch.

Shifts by whole pixels and flips are index operations on bytes and cost almost nothing; everything
else that moves pixels goes through one interpolation together.
"""

import torch
from torch import Tensor

from noonbit.augment.affine import warp
from noonbit.augment.boards import turn_boards
from noonbit.augment.draws import Draws
from noonbit.augment.erasing import erase
from noonbit.augment.settings import Augmentation
from noonbit.runtime import constant


def augment(settings: Augmentation, pixels: Tensor, draws: Draws) -> Tensor:
    """Transform a batch, uint8 (B, C, H, W) -> uint8 or float32 of the same shape, 0 to 255.

    In Keras's order: rotation, shift, shear and zoom; flips; channel shift; brightness; then random
    erasing. `mixing.mix` comes after it, since it mixes labels too. Of boards, symmetries.
    """
    images = pixels
    if draws.symmetry is not None:
        images = turn_boards(images, draws.symmetry)
    if draws.linear is not None:
        images = interpolate(settings, images, draws.linear, draws.offset)
    elif any(settings.reaches) or settings.flip or settings.vertical_flip:
        images = move(images, draws)
    if draws.channel_shift is not None:
        images = shift_channels(images.float(), draws.channel_shift)
    if draws.brightness is not None:
        images = (images * draws.brightness[:, None, None, None]).clamp_(0, 255)
    if draws.erasing is not None:
        images = erase(images, draws.erasing, settings.erase)
    return images


def interpolate(settings: Augmentation, pixels: Tensor, linear: Tensor, offset: Tensor) -> Tensor:
    """Rotation, shear, zoom, flips and shift through one interpolation, as float32."""
    height, width = pixels.shape[2:]
    centre = constant(((height - 1) / 2, (width - 1) / 2), pixels.device)
    from_centre = pixels_of(offset, height, width) - centre
    origin = centre + (linear * from_centre[:, None, :]).sum(dim=2)
    return warp(
        pixels,
        torch.cat([linear, origin[:, :, None]], dim=2),
        fill_mode=settings.fill or "nearest",
        cval=settings.cval,
        order=settings.interpolation_order,
    )


def pixels_of(offset: Tensor, height: int, width: int) -> Tensor:
    """Offsets in pixels, where those below 1 are shares of a side: no other is but 0."""
    if not offset.is_floating_point():
        return offset
    sides = constant((height, width), offset.device, offset.dtype)
    return torch.where(offset.abs() < 1, offset * sides, offset)


def move(pixels: Tensor, draws: Draws) -> Tensor:
    """Shift and mirror by indexing alone; the bytes stay the bytes that they were."""
    count, channels, height, width = pixels.shape
    device = pixels.device
    offset = pixels_of(draws.offset, height, width).round().long()
    rows = torch.arange(height, device=device) + offset[:, :1]
    columns = torch.arange(width, device=device) + offset[:, 1:]
    rows, columns = mirror(rows, height), mirror(columns, width)
    rows = torch.where(draws.upside_down[:, None], height - 1 - rows, rows)
    columns = torch.where(draws.flipped[:, None], width - 1 - columns, columns)
    flat = (rows[:, :, None] * width + columns[:, None, :]).view(count, 1, height * width)
    moved = pixels.reshape(count, channels, -1).gather(2, flat.expand(-1, channels, -1))
    return moved.view(count, channels, height, width)


def mirror(index: Tensor, size: int) -> Tensor:
    """Bring positions beyond an edge back inside, as a mirror along the image's border would."""
    folded = index.remainder(2 * size)
    return torch.minimum(folded, 2 * size - 1 - folded)


def shift_channels(images: Tensor, amount: Tensor) -> Tensor:
    """Add an amount to all values of each image, within its own darkest and lightest."""
    low, high = images.amin(dim=(1, 2, 3), keepdim=True), images.amax(dim=(1, 2, 3), keepdim=True)
    return torch.clamp(images + amount[:, None, None, None], low, high)
