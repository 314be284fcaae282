"""Transforms of whole batches on the device, each a function of seed, epoch and item.

    settings = Augmentation.parse("shift=2,rotation=15,flip")
    draws = draw(settings, seed=0, epoch=0, count=60_000, device=device)
    images = augment(settings, pixels[items], draws.take(items))
    images, targets = mix(settings, images, labels[items], draws.take(items), classes=10)

The modules, in the order of the data:

    settings     which transforms, and how far they may go
    draws        what chance decides for each item
    transforms   doing that to a batch; affine is its one interpolation, erasing its rectangles
    mixing       mixup and CutMix, which mix labels too
    meaning      which flips and turns would change what a class means
    preview      pictures of what transforms do to one image
"""

from noonbit.augment.draws import Draws, draw
from noonbit.augment.mixing import mix
from noonbit.augment.settings import Augmentation
from noonbit.augment.transforms import augment

__all__ = ["Augmentation", "Draws", "augment", "draw", "mix"]
