"""What `noonbit check` says of pictures."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

import numpy as np

from noonbit.data.checks.findings import Finding, readable_parts
from noonbit.data.dataset import PART_NAMES, Part, Picture, Pictures, RawDataset
from noonbit.data.prepared import PreparedDataset
from noonbit.data.preprocess.common_traits import images_of
from noonbit.data.preprocess.images import ImagePreprocessor
from noonbit.data.readers.bit_depth import FULL_WHITE
from noonbit.data.readers.pictures import note_misnamed
from noonbit.errors import plural

USUAL_WHITES = (1, 16, 255, FULL_WHITE)
"""Of unit floats and masks, the digits of scikit-learn, bytes, and 16 bits."""
CHANNEL_WORDS = {1: "grey", 3: "colour"}
STRETCHED_LEAST = 20
"""Fewer pictures may all reach both ends by chance."""
STRETCHED_EXTREMES = 0.02


def facts(items: PreparedDataset) -> dict[str, Any]:
    """Sizes, channels, polarity and values of pictures, as plain values."""
    data = items.data
    return {
        "sizes": [
            {"width": width, "height": height, "items": count}
            for (width, height), count in picture_sizes(data).most_common()
        ],
        "channels": dict(picture_channels(data)),
        "polarity": items.preprocessor.facts()["polarity"],
        "value_range": list(value_range(items)),
    }


def lines(items: PreparedDataset) -> list[tuple[str, str]]:
    """The same facts for people: a word, and what there is to say."""
    data, found = items.data, items.preprocessor.facts()
    low, high = value_range(items)
    return [
        ("pictures", f"{size_range(picture_sizes(data))}, {' and '.join(picture_channels(data))}"),
        ("polarity", str(found["polarity"] or "none in common")),
        ("values", f"{low:g} to {high:g}"),
    ]


def value_range(items: PreparedDataset) -> tuple[float, float]:
    """The levels, as the source has them, that became 0 and 255."""
    white = white_level(items)
    return items.data.value_range if white == FULL_WHITE else (0.0, float(white))


def white_level(items: PreparedDataset) -> int:
    """What is white in pictures of 16 bits; 65,535 also without any."""
    assert isinstance(items.preprocessor, ImagePreprocessor)  # noqa: S101 - a rule of pictures
    return items.preprocessor.white_level


def findings(items: PreparedDataset) -> Iterator[Finding]:
    """Find an unusual bit depth, and levels that were stretched picture by picture."""
    yield from unusual_white(items)
    yield from stretched_levels(items)


def unusual_white(items: PreparedDataset) -> Iterator[Finding]:
    """Find levels that end below those of their files, such as 12 bits in files of 16."""
    _, white = value_range(items)
    if white_level(items) == FULL_WHITE and white in USUAL_WHITES:
        return
    yield Finding(
        "note",
        "bit depth",
        f"The levels go up to {white:,g} of 65,535 ({int(white).bit_length()} bits in 16), so that "
        "level is white.",
    )


def stretched_levels(items: PreparedDataset) -> Iterator[Finding]:
    """Find levels that were stretched picture by picture: all pictures span 0 to 255."""
    readable = np.concatenate(list(readable_parts(items).values()))
    rows = np.asarray(items.values).reshape(len(items.values), -1)
    if rows.min(axis=1)[readable].any() or (rows.max(axis=1)[readable] < 255).any():
        return
    at_extremes = np.zeros(len(readable))
    for first in range(0, len(readable), 1000):  # a copy of all could be too much
        block = rows[readable[first : first + 1000]]
        at_extremes[first : first + 1000] = ((block == 0) | (block == 255)).mean(axis=1)
    if len(readable) >= STRETCHED_LEAST and np.median(at_extremes) <= STRETCHED_EXTREMES:
        yield Finding(
            "note",
            "stretched",
            "Every picture spans exactly 0 to 255: levels were stretched picture by picture, so "
            "brightness carries no information, and results are not comparable with those on the "
            "original pictures.",
        )


def file_findings(items: PreparedDataset) -> Iterator[Finding]:
    """Find misnamed files, mixed sizes, grey among colour, and what appearance tells."""
    yield from misnamed_files(items)
    yield from mixed_sizes(items)
    yield from mixed_channels(items)
    from noonbit.data.checks import appearance  # brings PyTorch, which no other finding needs

    yield from appearance.findings(items)


def pictures_of(part: Part) -> Pictures:
    """Return the encoded pictures of a part; empty where it holds arrays."""
    return part.raw if isinstance(part.raw, Pictures) else Pictures([])


def all_pictures(data: RawDataset) -> Iterator[tuple[int, Picture]]:
    """Yield the encoded pictures of all parts with their item numbers."""
    first = 0
    for name in PART_NAMES:
        if name in data.parts:
            yield from enumerate(pictures_of(data.parts[name]), first)
            first += len(data.parts[name])


def readable_numbers(items: PreparedDataset, numbers: list[int]) -> tuple[tuple[int, ...], ...]:
    """Return item numbers as entries of `Finding.items`, empty for unreadable items."""
    readable = {*np.concatenate(list(readable_parts(items).values())).tolist()}
    return tuple((number,) if number in readable else () for number in numbers)


def misnamed_files(items: PreparedDataset) -> Iterator[Finding]:
    """Find files whose suffix names another format than their content has."""
    alike: dict[tuple[str, ...], list[tuple[int, Picture]]] = defaultdict(list)
    for number, picture in all_pictures(items.data):
        alike[note_misnamed([picture])].append((number, picture))
    alike.pop((), None)
    for pictures in alike.values():
        names = tuple(picture.name for _, picture in pictures)
        title = note_misnamed([picture for _, picture in pictures])[0]
        numbers = readable_numbers(items, [number for number, _ in pictures])
        yield Finding("note", "misnamed", title, names, numbers)


def mixed_sizes(items: PreparedDataset) -> Iterator[Finding]:
    """More than one size; a note, because preprocessing brings all to one."""
    sizes = picture_sizes(items.data)
    if len(sizes) > 1:
        preprocessor = items.preprocessor
        assert isinstance(preprocessor, ImagePreprocessor)  # noqa: S101 - a rule of pictures
        yield Finding(
            "note",
            "mixed sizes",
            f"The pictures have {size_range(sizes)}; all are brought to "
            f"{preprocessor.width}x{preprocessor.height}.",
            tuple(f"{width}x{height}: {count:,}" for (width, height), count in sizes.most_common()),
        )


def mixed_channels(items: PreparedDataset) -> Iterator[Finding]:
    """Grey and colour pictures together; a note, because preprocessing makes all alike."""
    channels = picture_channels(items.data)
    if len(channels) > 1:
        made = CHANNEL_WORDS[items.preprocessor.channels]
        changed = [
            number
            for number, picture in all_pictures(items.data)
            if CHANNEL_WORDS[picture.channels] != made
        ]
        yield Finding(
            "note",
            "mixed channels",
            f"{plural(channels['grey'], 'picture')} {'is' if channels['grey'] == 1 else 'are'} "
            f"grey and {channels['colour']:,} colour; all are made {made}.",
            tuple(items.names[number] for number in changed),
            readable_numbers(items, changed),
        )


def picture_sizes(data: RawDataset) -> Counter[tuple[int, int]]:
    """How many images have each (width, height) as they were found."""
    sizes: Counter[tuple[int, int]] = Counter()
    for part in data.parts.values():
        images = images_of(part.raw)
        if isinstance(images, Pictures):
            sizes.update((picture.width, picture.height) for picture in images)
        else:
            sizes[images.shape[3], images.shape[2]] += len(part)
    return sizes


def picture_channels(data: RawDataset) -> Counter[str]:
    """How many images are grey and how many colour, as they were found."""
    channels: Counter[str] = Counter()
    for part in data.parts.values():
        images = images_of(part.raw)
        if isinstance(images, Pictures):
            channels.update(CHANNEL_WORDS[picture.channels] for picture in images)
        else:
            channels[CHANNEL_WORDS[images.shape[1]]] += len(part)
    return channels


def size_range(sizes: Counter[tuple[int, int]]) -> str:
    """`28x28`, or `37 sizes from 42x33 to 500x374`, width first, by area."""
    by_area = [f"{width}x{height}" for width, height in sorted(sizes, key=math.prod)]
    if len(by_area) == 1:
        return by_area[0]
    return f"{len(by_area):,} sizes from {by_area[0]} to {by_area[-1]}"
