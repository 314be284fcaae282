"""Games of Go from a folder, a zip or tar archive, or one SGF file.

    games, findings = read_games(Path("go-sgf.tar.xz"))

Every file is read or named: a finding says what is odd in it and what was done, and the others
still load. 5,648 games take 5 s, most of it in sgfmill.
"""

from collections.abc import Iterable
from pathlib import Path

from noonbit.data.files import File, content, open_files
from noonbit.data.go.files import sgf_files
from noonbit.data.go.sgf import LEFT_OUT, Game, GameFinding, read_sgf
from noonbit.errors import DataError, plural

SAME = 100
"""Moves by which two records are told to be of one game. Of 5,648 records of strong players six
share so many with another one, and no others share 60."""


def read_games(path: Path) -> tuple[list[Game], list[GameFinding]]:
    """All games below a path, in natural order of their names, and what is odd in the files."""
    return games_of(open_files(path), str(path))


def games_of(files: Iterable[File], source: str) -> tuple[list[Game], list[GameFinding]]:
    """The games of these files, and what is odd in them.

    A game that begins as an earlier one is left out, or it could stand in two parts of a split.
    Raises `DataError` where there is no game at all.
    """
    games: dict[bytes, Game] = {}
    findings = []
    for file in sgf_files(files):
        try:
            data = content(file)
        except DataError as error:
            findings.append(GameFinding(file.name, f"cannot be read ({error})", LEFT_OUT))
            continue
        found, odd = read_sgf(data, file.name)
        findings += odd
        for game in found:
            moves = game.points[:SAME]
            first = games.setdefault(game.setup.tobytes() + moves.tobytes(), game)
            if first is not game:
                same = f"has the same first {plural(len(moves), 'move')} as {first.name}"
                findings.append(GameFinding(game.name, same, LEFT_OUT))
    if not games:
        raise DataError(
            f"{source} holds no game of Go that can be read. "
            + (f"The first of its files: {findings[0]}" if findings else "Give SGF files.")
        )
    return list(games.values()), findings
