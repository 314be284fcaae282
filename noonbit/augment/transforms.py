"""Apply sampled transforms to a batch.

Shifts by whole pixels and flips only reorder bytes and cost almost nothing; all other movements are
combined into a single interpolation.
"""

import torch
from torch import Tensor

from noonbit.augment.affine import warp
from noonbit.augment.boards import turn_boards
from noonbit.augment.draws import TransformParameters
from noonbit.augment.erasing import erase
from noonbit.augment.shift_flip import offset_in_pixels, shift_and_flip
from noonbit.config.augmentation import Augmentation
from noonbit.system.runtime import constant_tensor


def augment(settings: Augmentation, pixels: Tensor, draws: TransformParameters) -> Tensor:
    """Transform a batch, uint8 (B, C, H, W) -> uint8 or float32 of the same shape, 0 to 255.

    In Keras's order: rotation, shift, shear and zoom; flips; channel shift; brightness; then random
    erasing. `mixing.mix` is called afterwards, since it changes labels too. Go boards get their
    symmetry.
    """
    images = pixels
    if draws.symmetry is not None:
        images = turn_boards(images, draws.symmetry)
    if draws.linear is not None:
        images = interpolate(settings, images, draws.linear, draws.offset)
    elif any(settings.reaches) or settings.flip or settings.vertical_flip:
        images = shift_and_flip(images, draws)
    if draws.channel_shift is not None:
        images = shift_channels(images.float(), draws.channel_shift)
    if draws.brightness is not None:
        images = (images * draws.brightness[:, None, None, None]).clamp_(0, 255)
    if draws.erasing is not None:
        images = erase(images, draws.erasing, settings.erase)
    return images


def interpolate(settings: Augmentation, pixels: Tensor, linear: Tensor, offset: Tensor) -> Tensor:
    """Rotate, shear, zoom, flip and shift with one interpolation: float32 (B, C, H, W)."""
    height, width = pixels.shape[2:]
    centre = constant_tensor(((height - 1) / 2, (width - 1) / 2), pixels.device)
    from_centre = offset_in_pixels(offset, height, width) - centre
    origin = centre + (linear * from_centre[:, None, :]).sum(dim=2)
    return warp(
        pixels,
        torch.cat([linear, origin[:, :, None]], dim=2),
        fill_mode=settings.fill or "nearest",
        cval=settings.cval,
        order=settings.interpolation_order,
    )


def shift_channels(images: Tensor, amount: Tensor) -> Tensor:
    """Add an amount (B,) to all values of each image, clipped to the image's own range."""
    low, high = images.amin(dim=(1, 2, 3), keepdim=True), images.amax(dim=(1, 2, 3), keepdim=True)
    return torch.clamp(images + amount[:, None, None, None], low, high)
