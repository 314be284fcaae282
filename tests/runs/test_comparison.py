"""Whether one run is better than another, on the items that both were tested on."""

import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from answered_runs import answered, rewrite_json, rewrite_predictions
from numpy.typing import NDArray

import noonbit
from noonbit.errors import ArtefactError, UsageError
from noonbit.evaluation.intervals import ClusteredInterval
from noonbit.evaluation.significance import mcnemar_p, paired_gain
from noonbit.runs.comparison import compare_runs
from noonbit.runs.folder import load_run
from noonbit.runs.predictions import read_predictions
from noonbit.runs.run import Run


def right_but(count: int, wrong: slice) -> NDArray[np.bool_]:
    """All right but some."""
    right = np.ones(count, np.bool_)
    right[wrong] = False
    return right


@pytest.fixture(scope="module")
def pair(digits_run: Run, tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, Run]:
    """Two runs of 359 items: 40 wrong and 20 wrong, of which 15 the same."""
    folder = tmp_path_factory.mktemp("pair")
    return (
        answered(digits_run, folder / "forty", right_but(359, slice(0, 40))),
        answered(digits_run, folder / "twenty", right_but(359, slice(25, 45))),
    )


def renamed_data(run: Run, path: Path) -> Run:
    """A copy of a run on data that have another fingerprint."""
    shutil.copytree(run.path, path)
    data = run.metadata["data"] | {"fingerprint": "0" * 64}
    rewrite_json(path / "run.json", data=data)
    return load_run(path)


def test_the_counts_and_the_interval_are_those_of_the_shared_items(pair: tuple[Run, Run]) -> None:
    comparison = compare_runs(*pair)
    assert (comparison.shared_items, comparison.matched_by) == (359, "item")
    assert (comparison.reference_correct, comparison.other_correct) == (319, 339)
    assert (comparison.only_reference, comparison.only_other) == (5, 25)
    ours, theirs = right_but(359, slice(0, 40)), right_but(359, slice(25, 45))
    assert comparison.gain == paired_gain(theirs, ours)
    assert comparison.gain.gain == pytest.approx(20 / 359)
    assert comparison.p_value == pytest.approx(mcnemar_p(5, 25))
    assert comparison.groups is None


def test_better_and_worse_turn_with_the_order(pair: tuple[Run, Run]) -> None:
    forty, twenty = pair
    assert compare_runs(forty, twenty).verdict == "better"
    assert compare_runs(twenty, forty).verdict == "worse"
    assert compare_runs(twenty, forty).sentence == (
        "forty is worse than twenty: -5.57 points on the 359 test items that both have (95 % "
        "interval -8.81 to -2.63; 5 only the former has right, 25 only the latter; McNemar's test "
        "p < 0.001)"
    )


def test_a_difference_that_luck_makes_is_none(
    pair: tuple[Run, Run], digits_run: Run, tmp_path: Path
) -> None:
    near = answered(digits_run, tmp_path / "near", right_but(359, slice(2, 40)))
    comparison = compare_runs(pair[0], near)
    assert comparison.verdict == "undecided"
    assert "near and forty cannot be told apart: +0.56 points" in comparison.sentence


def test_items_of_other_data_are_matched_by_name_and_class(
    pair: tuple[Run, Run], tmp_path: Path
) -> None:
    moved = renamed_data(pair[1], tmp_path / "moved")
    predictions = read_predictions(moved)
    first, second = np.flatnonzero(predictions.labels == predictions.labels[5])[:2]
    names = list(predictions.names)
    names[0] = "new"
    names[second] = names[first]  # of one class too, so that neither can be told
    rewrite_predictions(moved.path, name=pa.array(names))
    comparison = compare_runs(pair[0], moved)
    assert 0 not in (first, second)
    assert comparison.matched_by == "name"
    assert comparison.shared_items == 359 - 3
    assert comparison.notes[0].endswith(f"class: {comparison.shared_items} are shared.")


def test_nothing_shared_is_refused(pair: tuple[Run, Run], tmp_path: Path) -> None:
    moved = renamed_data(pair[1], tmp_path / "moved")
    rewrite_predictions(moved.path, name=pa.array([f"other {row}" for row in range(359)]))
    with pytest.raises(UsageError, match="forty and moved share no test item"):
        compare_runs(pair[0], moved)


def test_other_classes_are_refused(pair: tuple[Run, Run], tmp_path: Path) -> None:
    other = Path(shutil.copytree(pair[1].path, tmp_path / "letters"))
    names = [*"abcdefghij"]
    rewrite_json(other / "contract.json", class_names=names)
    rewrite_json(other / "run.json", data=pair[1].metadata["data"] | {"classes": names})
    evaluation = pair[1].evaluation
    assert evaluation is not None
    classes = [
        {**entry, "name": name}
        for entry, name in zip(evaluation.as_dict()["classes"], names, strict=True)
    ]
    rewrite_json(other / "evaluation.json", classes=classes)
    with pytest.raises(UsageError, match="other classes.*only forty has '0'"):
        compare_runs(pair[0], load_run(other))


def test_a_run_and_itself_are_refused(pair: tuple[Run, Run]) -> None:
    with pytest.raises(UsageError, match="forty is named twice"):
        compare_runs(pair[0], load_run(pair[0].path))


def test_a_run_without_figures_says_how_to_go_on(pair: tuple[Run, Run], tmp_path: Path) -> None:
    stopped = load_run(shutil.copytree(pair[1].path, tmp_path / "stopped"))
    stopped.update(status="interrupted")
    with pytest.raises(ArtefactError, match=r"stopped has no test figures yet.*--resume"):
        compare_runs(pair[0], stopped)


def test_positions_of_games_are_compared_over_games(pair: tuple[Run, Run], tmp_path: Path) -> None:
    games = np.arange(359) // 40
    copies = []
    for run in pair:
        path = Path(shutil.copytree(run.path, tmp_path / run.path.name))
        rewrite_predictions(path, group=pa.array(games))
        copies.append(load_run(path))
    comparison = compare_runs(*copies)
    ours, theirs = right_but(359, slice(0, 40)), right_but(359, slice(25, 45))
    interval = ClusteredInterval.over_groups(theirs.astype(np.int64) - ours, games)
    assert (comparison.gain.low, comparison.gain.high) == (interval.low, interval.high)
    assert (comparison.groups, comparison.p_value) == (9, None)
    assert "in 9 groups" in comparison.sentence and "McNemar" not in comparison.sentence


def test_a_fold_is_compared_on_the_items_of_the_other_test_split(
    digits_run: Run, digits_folds: Run
) -> None:
    comparison = compare_runs(digits_run, digits_folds)
    assert comparison.other.split == "folds"
    assert comparison.shared_items == 359 < comparison.other.items
    predictions = read_predictions(digits_folds)
    shared = np.isin(predictions.items, read_predictions(digits_run).items)
    assert comparison.other_correct == predictions.right[shared].sum()


def test_an_ensemble_is_compared_as_a_run(digits_run: Run, digits_ensemble: Run) -> None:
    comparison = compare_runs(digits_run, digits_ensemble)
    assert comparison.other.items_per_second is None
    assert {each.name for each in comparison.differences} >= {"members", "combine", "epochs"}


def test_a_run_that_learned_from_test_items_is_named(pair: tuple[Run, Run], tmp_path: Path) -> None:
    begun = Path(shutil.copytree(pair[1].path, tmp_path / "begun"))
    initial = {"run": "first", "source": "digits", "epoch": 1, "tensors": 4}
    rewrite_json(begun / "run.json", initial=initial | {"learned_test_items": 7})
    (note,) = compare_runs(pair[0], load_run(begun)).notes
    assert note.startswith("begun: It learned from 7 test images")


def test_python_compares_runs_and_names_alike(pair: tuple[Run, Run]) -> None:
    comparison = noonbit.compare(pair[0], str(pair[1].path))
    assert comparison == noonbit.compare(pair[0].path, pair[1])
    assert isinstance(comparison, noonbit.Comparison)


def test_a_notebook_shows_names_as_text(pair: tuple[Run, Run], tmp_path: Path) -> None:
    named = load_run(shutil.copytree(pair[1].path, tmp_path / "<b>bold"))
    shown = noonbit.compare(pair[0], named)._repr_html_()
    assert "&lt;b&gt;bold" in shown and "<b>bold" not in shown
    assert "88.86%" in shown and "94.43%" in shown
