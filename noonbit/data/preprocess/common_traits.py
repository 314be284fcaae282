"""What the training pictures have in common: size, colour, polarity, and how strokes are framed."""

from functools import cache as once
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ValidationError

from noonbit.data import cache
from noonbit.data.dataset import Pictures, Raw
from noonbit.data.files import has_unopened
from noonbit.data.preprocess.base import Preprocessor
from noonbit.data.preprocess.polarity import (
    Polarity,
    background_level,
    light_on_dark,
    polarity_of,
)
from noonbit.data.preprocess.strokes import StrokeForm
from noonbit.data.readers.headers import WORTH_KEEPING, decoder_version

Images: TypeAlias = NDArray[np.uint8] | Pictures

LARGEST_KEPT_SIZE = 96
"""Images of one common size up to this many pixels a side are trained at that size."""
DERIVED_SIZE = 64
"""Larger or mixed sizes are brought to this; what two cores train on in minutes."""
PIXEL_MAKERS = (
    *("images", "common_traits", "pixels", "polarity", "resize"),
    *("ink", "strokes", "morphology"),
)
"""The modules here whose code decides which pixels a picture becomes."""


def images_of(raw: Raw) -> Images:
    """Narrow the type to images."""
    assert isinstance(raw, np.ndarray | Pictures)  # noqa: S101 - whoever calls this asked
    return raw


def derive_size(images: Images, reasons: dict[str, str]) -> tuple[int, int]:
    """Return (height, width) to train at, and add the reason to `reasons`."""
    if isinstance(images, Pictures):
        sizes = [(picture.height, picture.width) for picture in images]
    else:
        sizes = [(images.shape[2], images.shape[3])]
    if len(set(sizes)) == 1 and max(sizes[0]) <= LARGEST_KEPT_SIZE:
        reasons["image size"] = "every training image has it"
        return sizes[0]
    shorter = int(np.median([min(size) for size in sizes]))
    side = min(DERIVED_SIZE, max(8, shorter))
    reasons["image size"] = (
        f"sizes differ or exceed {LARGEST_KEPT_SIZE} pixels; the median shorter side is {shorter}"
    )
    return (side, side)


def has_colour(images: Images) -> bool:
    """Whether most images of a part are stored in colour."""
    if isinstance(images, Pictures):
        return sum(picture.channels == 3 for picture in images) > len(images) / 2
    return bool(images.shape[1] == 3)


class Drawing(BaseModel):
    """What grey training images have in common where they are drawings."""

    model_config = ConfigDict(defer_build=True, frozen=True, extra="forbid")

    polarity: Polarity | None
    strokes: StrokeForm | None


def measure_drawing(preprocessor: Preprocessor, images: Images) -> Drawing:
    """Measure polarity and framing on a sample of 1,000; of files, the result is cached."""
    sample = images[:: max(1, len(images) // 1000)]
    if not isinstance(sample, Pictures) or not all(picture.stamp for picture in sample):
        return measure_sample(preprocessor, sample)[0]
    names = [(picture.name, picture.stamp) for picture in sample]
    name = cache.entry_name("drawing", preprocessing_code(), preprocessor.model_dump_json(), names)
    try:
        return Drawing.model_validate(cache.find_value(name))
    except ValidationError:  # not there, or damaged
        drawing, is_whole = measure_sample(preprocessor, sample)
    if len(sample) >= WORTH_KEEPING and is_whole:
        cache.keep_value(name, drawing.model_dump())
    return drawing


def measure_sample(preprocessor: Preprocessor, sample: Images) -> tuple[Drawing, bool]:
    """Measure a sample; and say whether all its files could be opened."""
    prepared = preprocessor.transform(sample)
    polarity = polarity_of(background_level(np.asarray(prepared.values)))
    is_whole = not has_unopened(prepared.bad.values())
    if polarity is None:
        return Drawing(polarity=None, strokes=None), is_whole
    padded = preprocessor.model_copy(update={"polarity": polarity, "fit_mode": "pad"})
    pixels = np.asarray(padded.transform(sample).values)[:, 0]
    strokes = StrokeForm.fit(light_on_dark(pixels, polarity))
    return Drawing(polarity=polarity, strokes=strokes), is_whole


@once
def preprocessing_code() -> str:
    """Return the code that makes pixels, for cache keys: another version may make others."""
    files = (Path(__file__).with_name(f"{name}.py") for name in PIXEL_MAKERS)
    return decoder_version() + "".join(file.read_text(encoding="utf-8") for file in files)
