"""Augmentation of whole batches on the device; an item's transform follows from seed and epoch.

    settings = Augmentation.parse("shift=2,rotation=15,flip")
    draws = sample_parameters(settings, seed=0, epoch=0, count=60_000, device=device)
    images = augment(settings, pixels[items], draws.take(items))
    images, targets = mix(settings, images, labels[items], draws.take(items), classes=10)

`config.augmentation` holds the settings. The modules:

    draws         the random parameters of each item's transforms
    transforms    applies them to a batch: affine interpolates, shift_flip moves whole pixels,
                  erasing paints rectangles, boards turns Go positions
    mixing        mixup and CutMix, which mix labels too
    label_safety  warnings of flips and rotations that would change what a class means
    preview       example images of the transforms
    keras         `ImageDataGenerator`
"""

from noonbit.augment.draws import TransformParameters, sample_parameters
from noonbit.augment.mixing import mix
from noonbit.augment.transforms import augment

__all__ = ["TransformParameters", "augment", "mix", "sample_parameters"]
