"""What `noonbit check` says of games of Go."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from noonbit.data.checks.findings import Finding
from noonbit.data.checks.plain import findings
from noonbit.data.go.boards import as_boards
from noonbit.data.go.sgf import LEFT_OUT
from noonbit.data.prepared import PreparedDataset
from noonbit.errors import plural

__all__ = ["facts", "file_findings", "findings", "lines"]


def facts(items: PreparedDataset) -> dict[str, Any]:
    """Games, positions, handicap and lengths, as plain values."""
    boards = as_boards(items.data.train.raw)
    lengths = np.bincount(boards.groups)
    return {
        "games": len(lengths),
        "positions": len(boards),
        "board": items.preprocessor.facts()["board"],
        "game_positions": {
            "fewest": int(lengths.min()),
            "median": float(np.median(lengths)),
            "most": int(lengths.max()),
        },
        "handicap_games": boards.positions.handicap_games,
    }


def lines(items: PreparedDataset) -> list[tuple[str, str]]:
    """The same facts for people."""
    found = facts(items)
    lengths = found["game_positions"]
    return [
        ("games", f"{found['games']:,} on {found['board']}, {found['positions']:,} positions"),
        (
            "moves",
            f"{lengths['fewest']:,} to {lengths['most']:,} a game, half of them have at most "
            f"{lengths['median']:g}; passes are not counted",
        ),
        (
            "handicap",
            f"{plural(found['handicap_games'], 'game')} with stones before the first move",
        ),
    ]


def file_findings(items: PreparedDataset) -> Iterator[Finding]:
    """Find files without a whole, legal game of this size."""
    odd = as_boards(items.data.train.raw).findings
    out = tuple(str(finding) for finding in odd if finding.done == LEFT_OUT)
    kept = tuple(str(finding) for finding in odd if finding.done != LEFT_OUT)
    if out:
        were = "was" if len(out) == 1 else "were"
        yield Finding("note", "left out", f"{plural(len(out), 'game')} {were} left out.", out)
    if kept:
        are = "is odd, and was kept" if len(kept) == 1 else "are odd, and were kept"
        yield Finding("note", "odd games", f"{plural(len(kept), 'game')} {are}.", kept)
