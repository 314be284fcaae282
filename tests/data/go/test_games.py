import gzip
import io
import os
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("numba")
pytest.importorskip("sgfmill")
from go_reference import assert_replays_as_the_reference, reference_planes

from noonbit.data.files import content, open_files
from noonbit.data.go.files import find_sgf_files
from noonbit.data.go.games import read_games
from noonbit.data.go.positions import planes_after
from noonbit.data.go.sgf import Game, read_sgf
from noonbit.errors import DataError, SourceNotFound

FIRST, SECOND = b"(;SZ[19];B[pd];W[dp])", b"(;SZ[19];B[qd];W[dq])"
FILES = {"a/1.sgf": FIRST, "a/2.SGF": SECOND, "README.txt": b"games (see a)"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, data in FILES.items():
        path = tmp_path / "games" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return tmp_path / "games"


def write_zip(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in FILES.items():
            archive.writestr(name, data)


def write_tar(path: Path) -> None:
    with tarfile.open(path, "w:xz") as archive:
        for name, data in FILES.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))


def names(path: Path) -> list[str]:
    games, findings = read_games(path)
    assert not findings
    return [game.name for game in games]


def test_games_are_read_from_a_folder(folder: Path) -> None:
    assert names(folder) == ["a/1.sgf", "a/2.SGF"]


@pytest.mark.parametrize("write", [write_zip, write_tar])
def test_games_are_read_from_an_archive_and_from_a_folder_that_holds_it(
    write: Callable[[Path], None], tmp_path: Path
) -> None:
    archive = tmp_path / "games.archive"
    write(archive)
    assert names(archive) == names(tmp_path) == ["a/1.sgf", "a/2.SGF"]


def test_one_file_is_a_game_whatever_its_name(tmp_path: Path) -> None:
    (tmp_path / "game").write_bytes(b"\xef\xbb\xbf " + FIRST)
    (tmp_path / "game.sgf.gz").write_bytes(gzip.compress(SECOND))
    assert names(tmp_path / "game") == ["game"]
    assert names(tmp_path / "game.sgf.gz") == ["game.sgf.gz"]


def test_odd_files_are_named_and_the_others_load(folder: Path) -> None:
    (folder / "broken.sgf").write_bytes(b"\x00\x01")
    (folder / "cut.sgf.gz").write_bytes(gzip.compress(os.urandom(3000))[:1000])
    (folder / "small.sgf").write_bytes(b"(;SZ[13];B[cc])")
    games, findings = read_games(folder)
    assert len(games) == 2
    assert [finding.file for finding in findings] == ["broken.sgf", "cut.sgf.gz", "small.sgf"]
    assert all(finding.done == "it was left out" for finding in findings)
    assert "cut.sgf.gz is cut off: its gzip stream stops" in str(findings[1])


def test_a_second_record_of_a_game_is_left_out(folder: Path) -> None:
    (folder / "a" / "3.sgf").write_bytes(FIRST)
    games, findings = read_games(folder)
    assert len(games) == 2
    assert str(findings[0]) == ("a/3.sgf has the same first 2 moves as a/1.sgf; it was left out.")


def test_where_no_game_is_the_sentence_says_what_was_found(tmp_path: Path) -> None:
    (tmp_path / "1.sgf").write_bytes(b"(;SZ[9];B[cc])")
    with pytest.raises(DataError, match=r"holds no game of Go that .* played on 9x9, not 19x19"):
        read_games(tmp_path)
    with pytest.raises(DataError, match=r"holds no game of Go that can be read\. Give SGF files"):
        read_games(Path(__file__))
    with pytest.raises(SourceNotFound, match="does not exist"):
        read_games(tmp_path / "nothing")


def real_games(path: Path, *, every: int) -> list[Game]:
    """The games of every so manieth file."""
    files = list(find_sgf_files(open_files(path)))[::every]
    return [game for file in files for game in read_sgf(content(file), file.name)[0]]


def test_some_real_games_replay_as_on_another_board(shared_data: Callable[[str], Path]) -> None:
    games = real_games(shared_data("go-sgf"), every=500)
    assert len(games) == 12
    for game in games:
        assert_replays_as_the_reference(game)


def test_some_real_positions_equal_the_slow_reference(shared_data: Callable[[str], Path]) -> None:
    for game in real_games(shared_data("go-sgf"), every=2000):
        for moves in range(40, len(game.points), 90):
            assert (planes_after(game, moves) == reference_planes(game, moves)).all(), game.name


@pytest.mark.slow
def test_every_real_game_replays_as_on_another_board(shared_data: Callable[[str], Path]) -> None:
    games, findings = read_games(shared_data("go-sgf"))
    assert (len(games), len(findings)) == (5642, 13)
    for game in games:
        assert_replays_as_the_reference(game)


@pytest.mark.slow
def test_positions_of_a_thousand_real_games_equal_the_slow_reference(
    shared_data: Callable[[str], Path],
) -> None:
    for number, game in enumerate(real_games(shared_data("go-sgf"), every=5)):
        moves = min(20 + 37 * number % 230, len(game.points) - 1)
        assert (planes_after(game, moves) == reference_planes(game, moves)).all(), game.name
