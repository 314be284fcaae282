"""What is white in a set whose pictures store 16 bits: often fewer of them are used."""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from noonbit.data import cache
from noonbit.data.dataset import Picture, Pictures, RawDataset
from noonbit.data.readers.bit_depth import FULL_WHITE, white_level_of
from noonbit.data.readers.headers import WORTH_KEEPING, decoder_version
from noonbit.data.readers.pictures import highest_level
from noonbit.errors import InputRefused

PICTURES_AT_ONCE = 64
"""Pictures that are decoded before asking whether all 16 bits are in use."""


def measure_white_level(data: RawDataset) -> int:
    """Return the level of 16-bit pictures that becomes white, from the pictures of all parts.

    A set that uses all 16 bits is known by its first pictures. Any other is decoded once more than
    its training needs, and the answer is cached. Nothing but the highest level is learned.
    """
    deep = [
        picture
        for part in data.parts.values()
        if isinstance(part.raw, Pictures)
        for picture in part.raw
        if picture.bits > 8
    ]
    if not deep:
        return FULL_WHITE
    name = None
    if len(deep) >= WORTH_KEEPING and all(picture.stamp for picture in deep):
        code = decoder_version() + Path(__file__).read_text(encoding="utf-8")
        name = cache.entry_name("white", code, [(picture.name, picture.stamp) for picture in deep])
        known = cache.find_value(name)
        if isinstance(known, dict) and isinstance(known.get("white"), int) and known["white"] > 0:
            return int(known["white"])
    white = int(white_level_of(find_highest_level(deep)))
    if name is not None:
        cache.keep_value(name, {"white": white})
    return white


def find_highest_level(pictures: Sequence[Picture]) -> int:
    """Return the highest level of all pictures, or the first that needs all of 16 bits.

    Pictures that cannot be read are left to `ImagePreprocessor.transform`, which names them.
    """

    def highest(picture: Picture) -> int:
        try:
            return highest_level(picture.read(), picture.name)
        except InputRefused:
            return 0

    found = 0
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for first in range(0, len(pictures), PICTURES_AT_ONCE):
            block = pictures[first : first + PICTURES_AT_ONCE]
            found = max(found, *pool.map(highest, block))
            if white_level_of(found) == FULL_WHITE:
                break
    return found or FULL_WHITE
