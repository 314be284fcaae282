import codecs
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("numba")
pytest.importorskip("sgfmill")

from noonbit.data.go.board import BLACK, PASS, WHITE
from noonbit.data.go.sgf import Game, read_sgf
from noonbit.errors import MissingExtra

GAME = b"(;GM[1]FF[4]SZ[19]KM[7.5]RE[B+R]PB[A]PW[B];B[pd];W[dp];B[];W[pp])"


def only_game(data: bytes) -> Game:
    games, findings = read_sgf(data, "game.sgf")
    assert not findings, findings
    assert len(games) == 1
    return games[0]


def only_finding(data: bytes) -> tuple[list[Game], str]:
    games, findings = read_sgf(data, "game.sgf")
    assert len(findings) == 1, findings
    return games, str(findings[0])


def test_a_game_has_its_moves_and_what_was_agreed() -> None:
    game = only_game(GAME)
    assert game.colours.tolist() == [BLACK, WHITE, BLACK, WHITE]
    assert game.points.tolist() == [3 * 19 + 15, 15 * 19 + 3, PASS, 15 * 19 + 15]
    assert (game.name, game.size, game.komi, game.result) == ("game.sgf", 19, 7.5, "B+R")
    assert not game.setup.any()


def test_what_is_not_stated_is_none() -> None:
    game = only_game(b"(;B[pd])")
    assert (game.komi, game.result, game.handicap, game.size) == (None, None, 0, 19)


def test_a_komi_that_makes_no_sense_costs_no_game() -> None:
    game = only_game(b"(;SZ[19]KM[]HA[none];B[pd])")
    assert (game.komi, game.handicap) == (None, 0)


def test_the_old_notation_of_a_pass_is_a_pass() -> None:
    assert only_game(b"(;SZ[19];B[tt];W[pd])").points.tolist() == [PASS, 72]


def test_handicap_stones_are_setup_and_white_begins() -> None:
    game = only_game(b"(;SZ[19]HA[2]AB[pd][dp];W[dd])")
    assert game.handicap == 2
    assert np.argwhere(game.setup == BLACK).tolist() == [[3, 15], [15, 3]]
    assert game.to_play(0) == WHITE
    assert game.to_play(1) == BLACK


def test_handicap_stones_may_come_as_moves() -> None:
    game = only_game(b"(;SZ[19]HA[2];B[pd];B[dp];W[dd])")
    assert game.colours.tolist() == [BLACK, BLACK, WHITE]


def test_setup_may_come_in_steps_and_as_rectangles() -> None:
    game = only_game(b"(;SZ[19]AB[aa:bb];AE[bb]AW[cc];B[pd])")
    assert (game.setup[:3, :3] == [[1, 1, 0], [1, 0, 0], [0, 0, 2]]).all()


def test_only_the_main_line_is_read() -> None:
    game = only_game(b"(;SZ[19];B[pd](;W[dp];B[dd])(;W[pp]))")
    assert game.points.tolist() == [72, 288, 60]


def test_a_file_may_hold_several_games() -> None:
    games, findings = read_sgf(GAME + b"\n" + GAME, "two.sgf")
    assert [game.name for game in games] == ["two.sgf", "two.sgf#2"]
    assert not findings


def test_the_moves_before_an_illegal_one_are_kept() -> None:
    games, sentence = only_finding(b"(;SZ[19];B[pd];W[dp];B[dp];W[dd])")
    assert sentence == (
        "game.sgf goes wrong at move 3 (black at D4 is on a stone); "
        "the 2 moves before it were kept."
    )
    assert games[0].points.tolist() == [72, 288]


def test_a_ko_that_is_taken_back_at_once_is_named() -> None:
    ko = b"(;SZ[19]AB[ba][ab][bc]AW[ca][bb][db][cc];B[cb];W[bb])"
    _, sentence = only_finding(ko)
    assert "goes wrong at move 2 (white at B18 takes a ko back at once); the 1 move" in sentence


def test_suicide_at_the_first_move_leaves_nothing_to_keep() -> None:
    games, sentence = only_finding(b"(;SZ[19]AW[ab][ba];B[aa])")
    assert not games
    assert sentence == (
        "game.sgf goes wrong at its first move (black at A19 is suicide); it was left out."
    )


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"(;SZ[9];B[cc])", "game.sgf is played on 9x9, not 19x19; it was left out."),
        (b"(;SZ[25];B[cc])", "game.sgf is played on 25x25, not 19x19; it was left out."),
        (
            b"(;SZ[19:13];B[cc])",
            "game.sgf is damaged (bad SZ property: b'19:13'); it was left out.",
        ),
        (b"(;GM[2];B[cc])", "game.sgf is another game than Go; it was left out."),
        (b"(;SZ[19]C[nobody came])", "game.sgf has no moves; it was left out."),
        (b"", "game.sgf cannot be read as SGF (no SGF data found); it was left out."),
        (b"(;SZ[19]AB[ab][ba]AW[aa];W[pd])", "game.sgf begins with stones that have no liberties"),
        (b"(;SZ[19]AB[zz];W[cc])", "game.sgf is damaged ("),
        (b"(;SZ[19];B[pd];B[dd])", "game.sgf lets black play twice running at move 2; both moves"),
        (b"(;SZ[19];B[pd];W[zz])", "game.sgf goes wrong at move 2 ('zz' is no point); the 1 move"),
        (b"(;SZ[19];B[pd];AW[dd];W[pp])", "goes wrong at move 2 (stones are set by hand)"),
    ],
)
def test_what_is_odd_in_a_file_is_one_sentence(data: bytes, sentence: str) -> None:
    assert sentence in only_finding(data)[1]


@pytest.mark.parametrize("end", [b"", b";B", b";B[", b";B[p", b"C[half a com"])
def test_a_file_that_is_cut_off_keeps_the_moves_that_it_has(end: bytes) -> None:
    games, sentence = only_finding(b"(;SZ[19];B[pd];W[dp]" + end)
    assert games[0].points.tolist() == [72, 288]
    assert sentence == "game.sgf is cut off; the moves that it has were kept."


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030", "shift_jis"])
@pytest.mark.parametrize("stated", [True, False])
def test_names_in_any_encoding_do_not_disturb_the_moves(encoding: str, stated: bool) -> None:
    if encoding == "shift_jis" and not stated:
        return
    declared = f"CA[{encoding}]" if stated else ""
    # The second byte of 表 is a backslash in Shift-JIS; those of 乗 and 乚 are \\ and ] in GB18030.
    name = "表" if encoding == "shift_jis" else "乚乗"
    text = f"(;SZ[19]{declared}PB[{name}]PW[{name}];B[pd];W[dp])"
    assert only_game(text.encode(encoding)).points.tolist() == [72, 288]


def test_bytes_of_no_encoding_and_an_unknown_one_are_read() -> None:
    assert len(only_game(b"(;SZ[19]CA[klingon]PB[\xff\xfe\xff];B[pd])").points) == 1
    assert len(only_game(codecs.BOM_UTF8 + GAME).points) == 4


def test_the_position_after_some_moves_can_be_had() -> None:
    stones = only_game(GAME).board(2).stones
    assert np.argwhere(stones == BLACK).tolist() == [[3, 15]]
    assert np.argwhere(stones == WHITE).tolist() == [[15, 3]]


@settings(max_examples=200, deadline=None)
@given(st.integers(0, len(GAME) - 1), st.binary(max_size=4))
def test_no_damage_raises_anything(place: int, damage: bytes) -> None:
    data = GAME[:place] + damage + GAME[place + len(damage) :]
    games, findings = read_sgf(data, "game.sgf")
    assert games or findings


@settings(max_examples=200, deadline=None)
@given(st.text("(;)[]\\BWABAESZHKM19acpd:\n", max_size=60))
def test_no_text_raises_anything(text: str) -> None:
    read_sgf(f"(;{text}".encode(), "game.sgf")


def test_deep_variations_are_no_trouble() -> None:
    games, _ = read_sgf(b"(;B[pd]" + b"(;W[dp]" * 5_000 + b")" * 5_001, "deep.sgf")
    assert games[0].points.tolist() == [72, 288]


def test_a_missing_package_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sgfmill", None)
    with pytest.raises(MissingExtra, match=r"Go needs the package 'sgfmill': pip install 'noonbit"):
        read_sgf(GAME, "game.sgf")
