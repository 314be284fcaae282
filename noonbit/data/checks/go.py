"""What `noonbit check` says of games of Go."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from noonbit.data.checks.findings import Finding
from noonbit.data.go.boards import boards_of
from noonbit.data.go.sgf import LEFT_OUT
from noonbit.data.prepared import Items
from noonbit.errors import plural


def board_facts(items: Items) -> dict[str, Any]:
    """Games, positions, handicap and lengths, as plain values."""
    boards = boards_of(items.data.train.raw)
    lengths = np.bincount(boards.groups)
    return {
        "games": len(lengths),
        "positions": len(boards),
        "board": items.framing.facts()["board"],
        "game_positions": {
            "fewest": int(lengths.min()),
            "median": float(np.median(lengths)),
            "most": int(lengths.max()),
        },
        "handicap_games": boards.positions.handicap_games,
    }


def board_lines(items: Items) -> list[tuple[str, str]]:
    """The same facts for people."""
    facts = board_facts(items)
    lengths = facts["game_positions"]
    return [
        ("games", f"{facts['games']:,} on {facts['board']}, {facts['positions']:,} positions"),
        (
            "moves",
            f"{lengths['fewest']:,} to {lengths['most']:,} a game, half of them have at most "
            f"{lengths['median']:g}; passes are not counted",
        ),
        (
            "handicap",
            f"{plural(facts['handicap_games'], 'game')} with stones before the first move",
        ),
    ]


def odd_games(items: Items) -> Iterator[Finding]:
    """Files that hold no whole, legal game of this size, and what was done about each."""
    findings = boards_of(items.data.train.raw).findings
    out = tuple(str(finding) for finding in findings if finding.done == LEFT_OUT)
    kept = tuple(str(finding) for finding in findings if finding.done != LEFT_OUT)
    if out:
        were = "was" if len(out) == 1 else "were"
        yield Finding("note", "left out", f"{plural(len(out), 'game')} {were} left out.", out)
    if kept:
        are = "is odd, and was kept" if len(kept) == 1 else "are odd, and were kept"
        yield Finding("note", "odd games", f"{plural(len(kept), 'game')} {are}.", kept)
