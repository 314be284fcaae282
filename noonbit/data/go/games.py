"""Read games of Go from a folder, a zip or tar archive, or one SGF file.

    games, findings = read_games(Path("go-sgf.tar.xz"))

A file that is odd or cannot be read becomes a finding, and the others still load. 5,648 games take
5 s, most of it in sgfmill.
"""

from collections.abc import Iterable
from pathlib import Path

from noonbit.data.files import File, content, open_files
from noonbit.data.go.files import find_sgf_files
from noonbit.data.go.sgf import LEFT_OUT, Game, GameFinding, read_sgf
from noonbit.errors import DataError, plural

SAME_GAME_MOVES = 100
"""Two records with this many equal first moves are of the same game. Of 5,648 records of strong
players, six share as many moves with another; no others share 60."""


def read_games(path: Path) -> tuple[list[Game], list[GameFinding]]:
    """Read all games below a path, in natural order of their names; returns findings as well."""
    return collect_games(open_files(path), str(path))


def collect_games(files: Iterable[File], source: str) -> tuple[list[Game], list[GameFinding]]:
    """Read the games of these files; returns findings as well.

    A second record of the same game is left out, so that it cannot be in two parts of a split.
    Raises `DataError` if there is no game, and `MissingExtra` without sgfmill.
    """
    games: dict[bytes, Game] = {}
    findings = []
    for file in find_sgf_files(files):
        try:
            data = content(file)
        except DataError as error:
            findings.append(GameFinding(file.name, f"cannot be read ({error})", LEFT_OUT))
            continue
        file_games, file_findings = read_sgf(data, file.name)
        findings += file_findings
        for game in file_games:
            moves = game.points[:SAME_GAME_MOVES]
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
