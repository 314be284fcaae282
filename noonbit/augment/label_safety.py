"""Warn of flips and rotations that would change what a class means: digits, letters and signs.

Only the class names are looked at, and they can mislead (classes without names are numbered), so
these are warnings and never errors.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from noonbit.config.augmentation import Augmentation

QUARTER_TURN = 90
"""Degrees from which a rotation can lay an upright symbol on its side."""
MOST_NAMED = 8
"""Names that a sentence lists; the others are counted."""


@dataclass(frozen=True, slots=True)
class SymbolChange:
    """What one transform does to digits, letters and words."""

    unchanged: frozenset[str]
    """Digits and letters that look the same afterwards."""
    swaps: tuple[tuple[str, str], ...]
    """Pairs that turn into each other."""
    other: str
    """What happens to all other digits and letters."""


MIRRORED = SymbolChange(
    frozenset("018AHIMOTUVWXYilotuvwx"),
    (("2", "5"), ("b", "d"), ("p", "q"), ("left", "right"), ("east", "west")),
    "would be mirror writing",
)
UPSIDE_DOWN = SymbolChange(
    frozenset("0138BCDEHIKOXclox"),
    (
        *(("2", "5"), ("6", "9"), ("b", "p"), ("d", "q"), ("m", "w"), ("M", "W"), ("n", "u")),
        *(("up", "down"), ("north", "south"), ("top", "bottom")),
    ),
    "would stand upside down",
)
TURNED = SymbolChange(
    frozenset("0Oo"),
    (
        *(("6", "9"), ("b", "q"), ("d", "p"), ("m", "w"), ("M", "W"), ("n", "u"), ("N", "Z")),
        *(("left", "right"), ("up", "down"), ("north", "south"), ("east", "west")),
    ),
    "would lie on their side or upside down",
)


def meaning_warnings(settings: Augmentation, class_names: Sequence[str]) -> list[str]:
    """Return a sentence for each transform that would change what some classes mean."""
    changes = [
        ("flip", settings.flip, MIRRORED),
        ("vertical_flip", settings.vertical_flip, UPSIDE_DOWN),
        (f"rotation={settings.rotation:g}", settings.rotation >= QUARTER_TURN, TURNED),
    ]
    return [
        f"{name} changes what classes mean: {'; '.join(consequences)}; "
        "leave it out if they are what their names say."
        for name, is_used, change in changes
        if is_used and (consequences := describe_consequences(change, class_names))
    ]


def may_mirror(class_names: Sequence[str]) -> bool:
    """Whether a mirrored picture is of the same class, as far as names tell."""
    return not meaning_warnings(Augmentation(flip=True), class_names)


def describe_consequences(change: SymbolChange, class_names: Sequence[str]) -> list[str]:
    """Name the classes that turn into others (`2 would pass for 5`) and those that look wrong."""
    known = {name.lower() if len(name) > 1 else name: name for name in class_names}
    pairs = [
        (name, known[other])
        for name in class_names
        for swap in change.swaps
        if (other := swap_word(name, *swap)) in known
    ]
    swapped = {name for pair in pairs for name in pair}
    others = [
        name
        for name in class_names
        if re.fullmatch(r"[0-9A-Za-z]", name) and name not in change.unchanged | swapped
    ]
    consequences = [f"{name} would pass for {other}" for name, other in pairs]
    return [*consequences, f"{join_names(others)} {change.other}"] if others else consequences


def swap_word(name: str, word: str, other: str) -> str | None:
    """Replace a word of a class name, `turn left` -> `turn right`; None if it is not there."""
    if len(name) > 1:
        name = name.lower()
    pattern = re.compile(rf"(?<![A-Za-z0-9]){word}(?![A-Za-z0-9])")
    return pattern.sub(other, name) if pattern.search(name) else None


def join_names(names: Sequence[str]) -> str:
    """Join names as a sentence does: `a`, `a and b`, `a, b and c`, `a, b and 9 more`."""
    if len(names) > MOST_NAMED + 1:
        names = [*names[:MOST_NAMED], f"{len(names) - MOST_NAMED} more"]
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last
