"""A training on games of Go, from the files to predictions."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("numba")
pytest.importorskip("sgfmill")
from go_boards import random_game, sgf_of
from paths import PROJECT

from noonbit.cli.main import run as run_command
from noonbit.config.recipe import Recipe
from noonbit.data import open_data
from noonbit.data.checks.check import check
from noonbit.data.go.planes import legal_moves
from noonbit.data.go.positions import planes_after
from noonbit.data.go.sgf import read_sgf
from noonbit.data.prepared import load
from noonbit.errors import DataError, MissingExtra, UsageError
from noonbit.evaluation.cross_validation import combine_fold_splits
from noonbit.jobs.train import train
from noonbit.models.custom import CustomNetwork
from noonbit.runs.folder import load_run
from noonbit.runs.go_move import predict_move
from noonbit.runs.run import Run

TINY = f"{PROJECT / 'tests' / 'helpers' / 'tiny_policy.py'}:tiny"
RECIPE = Recipe(model=TINY, epochs=1, batch_size=32, threads=1, test_time_augmentation="symmetries")
GAMES, MOVES = 20, 15


@pytest.fixture(scope="module", autouse=True)
def trusted_network() -> None:
    """Trust the network's code, as naming it in a command does."""
    CustomNetwork.read(TINY).trust()


@pytest.fixture(scope="module")
def games(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of short games, and one file that is none."""
    folder = tmp_path_factory.mktemp("games")
    for seed in range(GAMES):
        game = random_game(seed, size=19, moves=MOVES)
        (folder / f"{seed}.sgf").write_bytes(sgf_of(game))
    (folder / "small.sgf").write_bytes(b"(;SZ[9];B[cc])")
    return folder


@pytest.fixture(scope="module")
def go_run(games: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return train(games, RECIPE, out=tmp_path_factory.mktemp("runs") / "go")


def test_games_are_a_source_whose_classes_are_the_points(games: Path) -> None:
    data = open_data(games)
    assert data.format == "games of Go (SGF)"
    assert data.class_names[:2] == ("A19", "B19") and data.class_names[-1] == "T1"
    assert len(data.train) == GAMES * MOVES
    assert data.train.names[MOVES + 3] == "1.sgf move 4"
    assert data.notes[1] == "small.sgf is played on 9x9, not 19x19; it was left out."
    game = read_sgf((games / "1.sgf").read_bytes(), "1.sgf")[0][0]
    assert (data.train.raw[MOVES + 3] == planes_after(game, 3)).all()
    assert data.train.labels is not None and data.train.labels[MOVES + 3] == game.points[3]


def test_positions_come_one_by_one_in_slices_and_by_number(games: Path) -> None:
    raw = open_data(games).train.raw
    assert raw.shape == (GAMES * MOVES, 48, 19, 19)
    some = raw.take(np.array([7, 40, 3]))
    assert len(some) == 3
    assert (some[1:] == raw[np.array([40, 3])]).all()
    assert raw.content() != some.content()


def test_a_game_is_never_divided(games: Path) -> None:
    items = load(games, RECIPE, data_dir=None)
    groups = items.data.groups()
    assert groups is not None
    parts = [set(groups.numbers[items.indices(p)]) for p in ("train", "validation", "test")]
    assert [len(part) for part in parts] == [14, 2, 4]
    assert not parts[0] & parts[1] and not parts[0] & parts[2] and not parts[1] & parts[2]
    assert items.split.reasons["test"] == "60 items set aside, those of 4 whole games"


def test_folds_are_dealt_by_game(games: Path) -> None:
    tested, splits = [], []
    for fold in range(1, 4):
        recipe = RECIPE.model_copy(update={"test_fold": f"{fold}/3"})
        items = load(games, recipe, data_dir=None)
        splits.append(items.split)
        groups = items.groups(items.split.test)
        assert groups is not None
        assert not set(groups) & set(items.groups(items.split.train))  # type: ignore[arg-type]
        tested.append(set(groups))
    assert sorted(number for each in tested for number in each) == list(range(GAMES))
    reasons = combine_fold_splits(splits, items).reasons
    assert reasons["test"] == "each of 300 items in one of 3 folds, every game whole"


def test_a_training_states_what_it_has_to_beat(go_run: Run) -> None:
    evaluation = go_run.evaluation
    assert evaluation is not None
    assert (evaluation.items, evaluation.groups) == (60, 4)
    names = [score.name for score in evaluation.scores]
    assert names == ["the network", "the usual points", "a linear look at 5x5 points"]
    network = evaluation.scores[0]
    assert network.top_1.value == pytest.approx(evaluation.accuracy)
    assert network.top_5.value >= network.top_1.value
    assert evaluation.accuracy_low == max(0.0, network.top_1.low)


def test_a_run_measures_the_same_when_loaded_again(go_run: Run) -> None:
    again = load_run(go_run.path).evaluate()
    stated = go_run.evaluation
    assert stated is not None
    assert (again.accuracy, again.groups) == (stated.accuracy, stated.groups)
    assert again.scores == stated.scores[:1]


def test_illegal_moves_are_never_answered(go_run: Run, games: Path) -> None:
    predictions = go_run.predict(games / "3.sgf")
    assert predictions.probabilities.shape == (MOVES, 361)
    game = read_sgf((games / "3.sgf").read_bytes(), "3.sgf")[0][0]
    for moves, row in enumerate(predictions.probabilities):
        legal = legal_moves(planes_after(game, moves)).ravel()
        assert (row[~legal] == 0).all() and row[legal].sum() == pytest.approx(1, abs=1e-5)


def test_the_answer_does_not_depend_on_the_side_one_looks_from(go_run: Run, games: Path) -> None:
    game = read_sgf((games / "3.sgf").read_bytes(), "3.sgf")[0][0]
    planes = planes_after(game, 9)
    turned = np.ascontiguousarray(np.rot90(planes, axes=(1, 2)))
    answer, other = go_run.predict([planes, turned]).probabilities.reshape(2, 19, 19)
    assert np.allclose(other, np.rot90(answer), atol=1e-6)


def test_the_report_compares_draws_and_speaks_of_moves(go_run: Run) -> None:
    page = (go_run.path / "report.html").read_text(encoding="utf-8")
    assert 'id="moves"' in page and 'id="confusions"' not in page
    assert "a linear look at 5x5 points" in page
    assert page.count("<svg xmlns") >= 3
    assert "over 4 games" in page
    assert re.search(r"move \d+, (black|white) to play", page)


def test_one_move_of_a_game_is_drawn_and_told(go_run: Run, games: Path) -> None:
    answer = predict_move(go_run, games / "3.sgf", 5)
    assert answer.title == "3.sgf, move 5: black to play"
    assert (answer.diagram.stones != 0).sum() == 4
    plain = answer.as_dict()
    assert len(plain["predictions"]) == 5
    assert plain["played"] and plain["played_rank"] >= 1
    after = predict_move(go_run, games / "3.sgf", MOVES + 1)
    assert after.diagram.played is None and after.as_dict()["played"] is None


def test_a_pass_is_told_as_such(go_run: Run, tmp_path: Path) -> None:
    path = tmp_path / "passed.sgf"
    path.write_bytes(b"(;SZ[19];B[pd];W[];B[dp])")
    answer = predict_move(go_run, path, 2)
    assert answer.lines()[-1] == "played a pass" and answer.as_dict()["played"] == "pass"
    assert predict_move(go_run, path, 3).diagram.last is None


def test_a_move_that_is_not_there_or_not_of_one_game_is_refused(go_run: Run, games: Path) -> None:
    with pytest.raises(UsageError, match=r"3\.sgf has 15 moves; --move goes from 1 to 16\."):
        predict_move(go_run, games / "3.sgf", 17)
    with pytest.raises(UsageError, match=r"holds 20 games; --move needs one\. Name its file\."):
        predict_move(go_run, games, 1)
    with pytest.raises(DataError, match=r"small\.sgf is played on 9x9, not 19x19"):
        predict_move(go_run, games / "small.sgf", 1)


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    def call(*arguments: object) -> tuple[int, str, str]:
        code = run_command([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


def test_predict_draws_a_board_or_writes_it(
    command: Callable[..., tuple[int, str, str]], go_run: Run, games: Path, tmp_path: Path
) -> None:
    game = games / "3.sgf"
    code, out, err = command("predict", go_run.path, game, "--move", 5)
    assert code == 0, err
    assert out.splitlines()[0] == "3.sgf, move 5: black to play"
    assert out.splitlines()[1].split() == list("ABCDEFGHJKLMNOPQRST")
    assert re.search(r"^played \w\d+  [\d.]+%, rank \d+$", out, re.MULTILINE)
    code, out, _ = command(
        *("predict", go_run.path, game, "--move", 5, "--top", 2, "--json"),
        *("--out", tmp_path / "board.svg"),
    )
    assert code == 0
    assert len(json.loads(out)["predictions"]) == 2
    assert (tmp_path / "board.svg").read_text().startswith("<svg ")


def test_a_random_test_position_is_drawn_with_the_played_and_the_most_probable_move(
    command: Callable[..., tuple[int, str, str]], go_run: Run
) -> None:
    flags = ("--random", 1, "--seed", 1, "--top", 3)
    code, out, err = command("predict", go_run.path, *flags)
    assert code == 0, err
    (row,) = json.loads(command("predict", go_run.path, *flags, "--json")[1])["items"]
    title, letters, *board = out.splitlines()
    assert re.fullmatch(rf"test item {row['item']}: \d+.sgf move \d+, (black|white) to play", title)
    assert letters.split() == list("ABCDEFGHJKLMNOPQRST")
    assert f"label       {row['label']}" in board
    assert row["item"] in go_run.items().split.test


def test_every_position_of_a_game_is_a_row(
    command: Callable[..., tuple[int, str, str]], go_run: Run, games: Path
) -> None:
    code, out, _ = command("predict", go_run.path, games / "3.sgf", "--json")
    assert code == 0
    rows = json.loads(out)["predictions"]
    assert [row["name"] for row in rows[:2]] == ["3.sgf move 1", "3.sgf move 2"]


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        (("--move", 5, "--out", "board.png"), "ends in '.png'; with --move it is a .svg."),
        (("--move", 5, "--top", 10), "--top 10 is more than a board can number; use 9."),
        (("--move", 5, "another.sgf"), "--move is of one game; 2 sources were given."),
    ],
)
def test_what_does_not_go_with_a_move_is_one_sentence(
    command: Callable[..., tuple[int, str, str]],
    go_run: Run,
    games: Path,
    flags: tuple[object, ...],
    sentence: str,
) -> None:
    code, out, err = command("predict", go_run.path, games / "3.sgf", *flags)
    assert (code, out) == (2, "")
    assert sentence in err.splitlines()[-1]


def test_a_network_for_pictures_has_no_moves(
    command: Callable[..., tuple[int, str, str]], digits_run: Run, games: Path
) -> None:
    code, _, err = command("predict", digits_run.path, games / "3.sgf", "--move", 5)
    assert code == 2
    assert "--move is for games of Go, and digits takes pictures. Leave it out." in err


def test_games_are_refused_by_networks_for_pictures_and_the_other_way_round(games: Path) -> None:
    with pytest.raises(UsageError, match="cnn takes pictures, and here are boards"):
        train(games, Recipe(model="cnn", epochs=1))
    with pytest.raises(UsageError, match="alphago-policy takes boards, and here are pictures"):
        train("digits", Recipe(model="alphago-policy", epochs=1))


@pytest.mark.parametrize(
    "settings", [{"augment": "flip"}, {"test_time_augmentation": "flip"}, {"normalise": "unit"}]
)
def test_what_means_nothing_for_a_board_is_refused(games: Path, settings: dict[str, str]) -> None:
    with pytest.raises(UsageError, match="is not for boards, which .* holds. Leave it out."):
        train(games, Recipe.model_validate(RECIPE.explicit_settings() | settings))


def test_symmetries_of_pictures_are_refused() -> None:
    with pytest.raises(UsageError, match="The symmetries are those of a board"):
        train("digits", Recipe(model="mlp", epochs=1, augment="symmetries"))


def test_check_names_what_is_odd_and_finds_no_problem(games: Path, tmp_path: Path) -> None:
    for name, data in {
        "good.sgf": b"(;SZ[19];B[pd];W[dp];B[dd];W[pp])",
        "illegal.sgf": b"(;SZ[19];B[pd];W[pd])",
        "cut.sgf": b"(;SZ[19];B[qd];W[dq];B[d",
        "handicap.sgf": b"(;SZ[19]HA[2]AB[dd][pp];W[dp];B[pd])",
        "small.sgf": b"(;SZ[13];B[cc])",
        "noise.sgf": b"\x00\x01",
        "more.sgf": b"(;SZ[19];B[cd];W[];B[dc];W[pq])",
    }.items():
        (tmp_path / name).write_bytes(data)
    diagnosis = check(open_data(tmp_path, on_bad="skip"))
    assert diagnosis.problems == 0
    left_out, odd = (
        next(f for f in diagnosis.findings if f.kind == kind) for kind in ("left out", "odd games")
    )
    assert [line.split()[0] for line in left_out.detail] == ["noise.sgf", "small.sgf"]
    assert sorted(line.split()[0] for line in odd.detail) == ["cut.sgf", "illegal.sgf"]
    facts = diagnosis.as_dict()
    assert (facts["games"], facts["handicap_games"]) == (5, 1)


def test_a_missing_package_is_one_sentence(games: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    for name in [name for name in sys.modules if name.startswith("noonbit.data.go.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "numba", None)
    with pytest.raises(MissingExtra, match=r"pip install 'noonbit\[go\]'"):
        open_data(games)
