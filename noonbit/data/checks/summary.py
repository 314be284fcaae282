"""What labelled data is, in the words and figures of its kind of input.

FACTS["pictures"](items)      plain values, for --json
LINES["pictures"](items)      the same for people
"""

import math
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np

from noonbit.data.dataset import Data, Pictures, Takes
from noonbit.data.prepared import Items
from noonbit.data.preprocess.images import images_of
from noonbit.data.preprocess.text import FIRST_WORD, PADDING

CHANNEL_WORDS = {1: "grey", 3: "colour"}


def picture_facts(items: Items) -> dict[str, Any]:
    """Sizes, channels, polarity and values of pictures, as plain values."""
    data = items.data
    return {
        "sizes": [
            {"width": width, "height": height, "items": count}
            for (width, height), count in picture_sizes(data).most_common()
        ],
        "channels": dict(picture_channels(data)),
        "polarity": items.framing.facts()["polarity"],
        "value_range": list(data.value_range),
    }


def sentence_facts(items: Items) -> dict[str, Any]:
    """Lengths and words of sentences, as plain values."""
    values = np.asarray(items.values)
    lengths = (values != PADDING).sum(axis=1)
    _, counts = np.unique(values[values >= FIRST_WORD], return_counts=True)
    return {
        "sentence_words": {
            "fewest": int(lengths.min()),
            "median": float(np.median(lengths)),
            "most": int(lengths.max()),
        },
        "different_words": len(counts),
        "words_found_once": int((counts == 1).sum()),
    }


def board_facts(items: Items) -> dict[str, Any]:
    """See `go.check`, which loads the compiled rules."""
    from noonbit.data.checks import go

    return go.board_facts(items)


FACTS: dict[Takes, Callable[[Items], dict[str, Any]]] = {
    "pictures": picture_facts,
    "sentences": sentence_facts,
    "boards": board_facts,
}
"""What `noonbit check --json` says of each kind of input."""


def picture_lines(items: Items) -> list[tuple[str, str]]:
    """The same facts for people: a word, and what there is to say."""
    data, facts = items.data, items.framing.facts()
    low, high = data.value_range
    return [
        ("pictures", f"{size_range(picture_sizes(data))}, {' and '.join(picture_channels(data))}"),
        ("polarity", str(facts["polarity"] or "none in common")),
        ("values", f"{low:g} to {high:g}"),
    ]


def sentence_lines(items: Items) -> list[tuple[str, str]]:
    """The same facts for people."""
    facts = sentence_facts(items)
    words, different = facts["sentence_words"], facts["different_words"]
    return [
        (
            "length",
            f"{words['fewest']:,} to {words['most']:,} words, half of the sentences have at most "
            f"{words['median']:g}",
        ),
        ("words", f"{different:,} different, of which {facts['words_found_once']:,} occur once"),
    ]


def board_lines(items: Items) -> list[tuple[str, str]]:
    """The same facts for people."""
    from noonbit.data.checks import go

    return go.board_lines(items)


LINES: dict[Takes, Callable[[Items], list[tuple[str, str]]]] = {
    "pictures": picture_lines,
    "sentences": sentence_lines,
    "boards": board_lines,
}
"""What `noonbit check` says of each kind of input."""


def picture_sizes(data: Data) -> Counter[tuple[int, int]]:
    """How many images have each (width, height) before framing."""
    sizes: Counter[tuple[int, int]] = Counter()
    for part in data.parts.values():
        images = images_of(part.raw)
        if isinstance(images, Pictures):
            sizes.update((picture.width, picture.height) for picture in images)
        else:
            sizes[images.shape[3], images.shape[2]] += len(part)
    return sizes


def picture_channels(data: Data) -> Counter[str]:
    """How many images are grey and how many colour before framing."""
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
