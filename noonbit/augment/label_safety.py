"""Flips and turns that would change what a class means: digits, letters and signs.

Judged by the class names alone, which may mean something else (the classes of an unnamed file are
numbers too), so these are warnings and never refusals.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from noonbit.augment.settings import Augmentation

QUARTER_TURN = 90
"""Degrees from which something upright may come to lie on its side."""


MOST_NAMED = 8
"""Classes in a list; the others are counted."""


@dataclass(frozen=True, slots=True)
class Change:
    """What one transform does to signs."""

    same: frozenset[str]
    """Digits and letters that look as before."""
    swaps: tuple[tuple[str, str], ...]
    """What passes for what."""
    other: str
    """What becomes of all others."""


MIRRORED = Change(
    frozenset("018AHIMOTUVWXYilotuvwx"),
    (("2", "5"), ("b", "d"), ("p", "q"), ("left", "right"), ("east", "west")),
    "would be mirror writing",
)
UPSIDE_DOWN = Change(
    frozenset("0138BCDEHIKOXclox"),
    (
        *(("2", "5"), ("6", "9"), ("b", "p"), ("d", "q"), ("m", "w"), ("M", "W"), ("n", "u")),
        *(("up", "down"), ("north", "south"), ("top", "bottom")),
    ),
    "would stand upside down",
)
TURNED = Change(
    frozenset("0Oo"),
    (
        *(("6", "9"), ("b", "q"), ("d", "p"), ("m", "w"), ("M", "W"), ("n", "u"), ("N", "Z")),
        *(("left", "right"), ("up", "down"), ("north", "south"), ("east", "west")),
    ),
    "would lie on their side or upside down",
)


def meaning_warnings(settings: Augmentation, class_names: Sequence[str]) -> list[str]:
    """A sentence for each transform that would change the meaning of classes, naming them."""
    changes = [
        ("flip", settings.flip, MIRRORED),
        ("vertical_flip", settings.vertical_flip, UPSIDE_DOWN),
        (f"rotation={settings.rotation:g}", settings.rotation >= QUARTER_TURN, TURNED),
    ]
    return [
        f"{name} changes what classes mean: {'; '.join(consequences)}; "
        "leave it out if they are what their names say."
        for name, is_used, change in changes
        if is_used and (consequences := consequences_of(change, class_names))
    ]


def consequences_of(change: Change, class_names: Sequence[str]) -> list[str]:
    """`2 would pass for 5`, and what becomes of other signs."""
    known = {name.lower() if len(name) > 1 else name: name for name in class_names}
    pairs = [
        (name, known[other])
        for name in class_names
        for swap in change.swaps
        if (other := exchanged(name, *swap)) in known
    ]
    swapped = {name for pair in pairs for name in pair}
    others = [
        name
        for name in class_names
        if re.fullmatch(r"[0-9A-Za-z]", name) and name not in change.same | swapped
    ]
    consequences = [f"{name} would pass for {other}" for name, other in pairs]
    return [*consequences, f"{listed(others)} {change.other}"] if others else consequences


def exchanged(name: str, word: str, other: str) -> str | None:
    """The name with a word of it exchanged, `turn left` -> `turn right`; None without that word."""
    if len(name) > 1:
        name = name.lower()
    there = re.compile(rf"(?<![A-Za-z0-9]){word}(?![A-Za-z0-9])")
    return there.sub(other, name) if there.search(name) else None


def listed(names: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`, `a, b and 9 more`."""
    if len(names) > MOST_NAMED + 1:
        names = [*names[:MOST_NAMED], f"{len(names) - MOST_NAMED} more"]
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last
