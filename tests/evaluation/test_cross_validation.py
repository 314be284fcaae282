"""Cross-validation: the folds, which network predicts which item, and the metrics."""

import json
import os
import signal
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image
from sklearn.datasets import load_digits

import noonbit
from noonbit.cli.main import run as command_line
from noonbit.config.ensemble import EnsembleSettings
from noonbit.config.recipe import Recipe
from noonbit.data.split import Split
from noonbit.errors import ArtefactError, Interrupted, UsageError
from noonbit.evaluation.cross_validation import combine_fold_splits, fold_scores
from noonbit.evaluation.intervals import wilson_interval
from noonbit.jobs.ensemble import load_members, train_members
from noonbit.jobs.observer import Observer
from noonbit.jobs.train import resume, train
from noonbit.models.custom import CustomNetwork
from noonbit.report.page import write_report
from noonbit.runs.folder import load_run
from noonbit.runs.predictions import read_predictions
from noonbit.runs.run import Run

RECIPE = Recipe(model="mlp", epochs=1, threads=1)


def split(train: list[int], validation: list[int], test: list[int]) -> Split:
    parts = (np.array(numbers, np.int64) for numbers in (train, validation, test))
    return Split(*parts, {"validation": "1 item"})


def table(path: Path, *, test: bool) -> Path:
    """The first 300 digits as a training part, with the next 60 as an official test part or not."""
    digits = load_digits()
    arrays = {"x_train": digits.images[:300], "y_train": digits.target[:300]}
    if test:
        arrays |= {"x_test": digits.images[300:360], "y_test": digits.target[300:360]}
    np.savez(path, **arrays)
    return path


def test_every_item_is_named_by_the_network_that_did_not_see_it(digits_folds: Run):
    predictions = read_predictions(digits_folds)
    together = digits_folds.items().split
    assert predictions.items.tolist() == list(range(1797)) == together.train.tolist()
    assert together.folds is not None
    for number, member in enumerate(load_members(digits_folds), start=1):
        own = read_predictions(member)
        rows = together.folds == number
        assert np.array_equal(predictions.items[rows], own.items)
        assert np.allclose(predictions.probabilities[rows], own.probabilities, atol=1e-5)
        learned = member.items().split
        assert not np.isin(own.items, [*learned.train, *learned.validation]).any()
        assert len(learned.train) + len(learned.validation) + len(own.items) == 1797


def test_the_figures_are_those_of_the_answers_that_are_kept(digits_folds: Run):
    kept = pq.read_table(digits_folds.path / "predictions.parquet")
    right = np.array(kept["label"].to_pylist()) == np.array(kept["prediction"].to_pylist())
    fold = kept["fold"].to_numpy()
    result, evaluation = digits_folds.metadata["result"], digits_folds.evaluation
    assert evaluation is not None
    assert evaluation.split == "folds"
    assert result["accuracy"] == pytest.approx(right.mean())
    assert (result["accuracy_low"], result["accuracy_high"]) == wilson_interval(
        int(right.sum()), 1797
    )
    shares = [right[fold == number].mean() for number in (1, 2, 3)]
    assert [score["accuracy"] for score in result["folds"]] == pytest.approx(shares)
    assert result["folds_mean_accuracy"] == pytest.approx(np.mean(shares))
    assert result["folds_standard_deviation"] == pytest.approx(np.std(shares, ddof=1))
    assert np.sum(evaluation.confusion) == 1797
    first = result["folds"][0]
    assert (first["train_items"], first["validation_items"], first["items"]) == (1078, 120, 599)


def test_measured_again_each_network_answers_for_its_fold(digits_folds: Run):
    run = load_run(digits_folds.path)
    assert run.evaluate() == run.evaluation
    # Asked about the same data by its name, it does not name what its networks learned either.
    assert run.evaluate("digits") == run.evaluation


def test_it_predicts_with_all_its_networks(digits_folds: Run):
    images = load_digits().images[:5].astype(np.uint8)
    members = [member.model for member in load_members(digits_folds)]
    assert len(digits_folds.model.members) == len(members) == 3
    assert len(load_run(digits_folds.path).predict(images)) == 5


def test_a_random_item_has_the_answer_of_the_network_that_it_tested(digits_folds: Run, capsys):
    arguments = ["predict", str(digits_folds.path), "--random", "50", "--seed", "0", "--json"]
    assert command_line(arguments) == 0
    answers = read_predictions(digits_folds)
    for row in json.loads(capsys.readouterr().out)["items"]:
        stored = answers.predictions[answers.items == row["item"]]
        assert row["prediction"] == digits_folds.class_names[int(stored[0])]


def test_a_fold_can_be_repeated_alone(digits_folds: Run, tmp_path):
    recipe = RECIPE.model_copy(update={"seed": 1, "test_fold": "2/3"})
    alone = train("digits", recipe, out=tmp_path / "alone")
    second = load_members(digits_folds)[1]
    assert alone.evaluation == second.evaluation
    assert alone.metadata["data"]["split"]["test"] == "fold 2 of 3, 599 of 1,797 items"
    assert np.array_equal(load_run(alone.path).items().split.test, second.items().split.test)


def test_an_official_test_part_is_left_alone_and_can_measure_the_networks_together(tmp_path):
    source = table(tmp_path / "digits.npz", test=True)
    run = train_members(source, RECIPE, EnsembleSettings(folds=3), out=tmp_path / "run")
    assert run.items().split.test.tolist() == list(range(300))
    assert run.metadata["data"]["split"]["test"] == (
        "each of 300 items outside the source's own test part in one of 3 folds, every class in "
        "proportion"
    )
    together = run.evaluate(source)
    assert (together.split, together.items) == ("test", 60)
    page = (run.path / "report.html").read_text()
    assert f"noonbit evaluate {run.path} {source}" in page
    first = load_members(run)[0]
    member = write_report(first, first.items()).read_text()
    assert "The test split is the source’s own" not in page + member


def test_a_stopped_cross_validation_keeps_its_finished_folds(digits_folds: Run, tmp_path):
    class Interrupting(Observer):
        """Presses Ctrl-C in the second fold."""

        def on_member_epoch(self, number: int, epoch: int, epochs: int) -> None:
            if number == 2:
                os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(Interrupted, match=r"of 3 finished; everything is saved. .*--resume"):
        train_members(
            "digits",
            RECIPE,
            EnsembleSettings(folds=3),
            out=tmp_path / "run",
            observer=Interrupting(),
        )
    written = (tmp_path / "run/members/1/weights.safetensors").stat().st_mtime_ns
    assert not (tmp_path / "run/members/3").exists()
    ended = resume(load_run(tmp_path / "run"))
    assert (ended.path / "members/1/weights.safetensors").stat().st_mtime_ns == written
    assert ended.evaluation == digits_folds.evaluation


def test_folds_that_do_not_make_up_the_same_items_are_refused(digits_run):
    items = digits_run.items()
    joined = combine_fold_splits([split([0], [1], [2, 4]), split([2], [4], [0, 1])], items)
    assert joined.train.tolist() == joined.test.tolist() == [0, 1, 2, 4]
    assert joined.folds is not None
    assert joined.folds.tolist() == [2, 2, 1, 1]
    for other in (split([2], [4], [0, 3]), split([0, 1], [4], [2]), split([2], [4], [0, 1, 4])):
        with pytest.raises(ArtefactError, match=r"tested twice or not at all. Train all of them"):
            combine_fold_splits([split([0], [1], [2, 4]), other], items)


def test_scores_are_counted_fold_by_fold():
    right = np.array([True, False, True, True, False])
    scores = fold_scores(right, np.array([1, 2, 1, 2, 2]))
    assert [(score.fold, score.correct, score.items) for score in scores] == [(1, 2, 2), (2, 1, 3)]
    assert scores[1].accuracy == pytest.approx(1 / 3)
    assert scores[0].accuracy_low == wilson_interval(2, 2)[0]


def test_the_split_of_the_folds_comes_back_from_its_file(tmp_path):
    both = replace(split([0, 1], [], [0, 1]), folds=np.array([2, 1]))
    both.save(tmp_path / "split.npz")
    counts = {"train": 2, "validation": 0, "test": 2}
    again = Split.load(tmp_path / "split.npz", {}, counts, folds=2)
    assert again.folds is not None
    assert again.folds.tolist() == [2, 1]


def test_unreadable_items_are_in_no_fold(tmp_path):
    random = np.random.default_rng(0)
    for label in ("a", "b"):
        (tmp_path / "data" / label).mkdir(parents=True)
        for number in range(12):
            pixels = random.integers(0, 255, (8, 8), np.uint8)
            Image.fromarray(pixels).save(tmp_path / "data" / label / f"{number}.png")
    (tmp_path / "data/a/3.png").write_bytes(b"\x89PNG cut off")
    recipe = RECIPE.model_copy(update={"on_bad": "skip"})
    run = train_members(tmp_path / "data", recipe, EnsembleSettings(folds=2), out=tmp_path / "run")
    assert len(read_predictions(run)) == 23
    assert [fold["items"] for fold in run.metadata["result"]["folds"]] in ([11, 12], [12, 11])


def test_the_command_prints_the_folds_and_one_object(tmp_path, capsys):
    source = table(tmp_path / "digits.npz", test=False)
    words = ["train", str(source), "--folds", "3", "--model", "mlp", "--epochs", "1"]
    out = tmp_path / "run"
    assert command_line([*words, "--threads", "1", "--out", str(out), "--json"]) == 0
    printed = capsys.readouterr()
    result = json.loads(printed.out)
    assert result["model"] == "3 x mlp"
    assert [fold["run"] for fold in result["folds"]] == ["members/1", "members/2", "members/3"]
    assert "members" not in result
    lines = printed.err.splitlines()
    assert lines[1].endswith("fold 1 of 3, 100 of 300 items); the other folds in turn")
    assert any("mlp, seed 1, tested by fold 2/3" in line for line in lines)
    assert any(line.startswith("folds    ") and "of 300 images right" in line for line in lines)
    assert any("folds: mean " in line for line in lines)
    assert command_line(["evaluate", str(out), "--json"]) == 0
    again = json.loads(capsys.readouterr().out)
    assert (again["split"], again["accuracy"]) == ("folds", result["accuracy"])
    assert command_line(["report", str(out)]) == 0


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        ("--folds 1", 2, "--folds should be from 2 to 1,000 (got '1')"),
        ("--folds 175", 2, "has different items for only 174 of 175 folds, and each needs one"),
        ("--folds 5 --members 7", 2, "all by the same recipe; leave out --folds, or --members"),
        ("--folds 5 --member-folds", 2, "leave out --folds, or --member-folds"),
        ("--folds 5 --test-fold 1/5", 2, "--folds decides each member's test-fold; leave out --te"),
        ("--test-fold 6/5", 2, "should be the number of a fold and how many there are"),
    ],
)
def test_what_cannot_be_gets_one_sentence(words, code, sentence, tmp_path, capsys):
    assert command_line(["train", "digits", *words.split(), "--out", str(tmp_path / "run")]) == code
    error = capsys.readouterr().err.splitlines()
    assert len(error) == 1
    assert error[0].startswith("error: ")
    assert sentence in error[0]
    assert not (tmp_path / "run").exists()


def test_python_has_the_same_setting(tmp_path):
    source = table(tmp_path / "digits.npz", test=False)
    run = noonbit.train(source, folds=2, model="mlp", epochs=1, threads=1, out=tmp_path / "run")
    assert run.folds == 2
    with pytest.raises(UsageError, match=r"leave out --folds, or --member-augment"):
        noonbit.train(source, folds=2, member_augment="none")


def test_sentences_are_cross_validated_by_networks_that_share_their_words(tmp_path):
    (tmp_path / "nets.py").write_text(
        "from torch import nn\n"
        "def bag(classes, words, size):\n"
        "    return nn.Sequential(nn.EmbeddingBag(words, 4), nn.Linear(4, classes))\n"
    )
    (tmp_path / "data").mkdir()
    for label, word in (("good", "fine"), ("bad", "dull")):
        lines = [f"a {word} film, number {label}{number}" for number in range(30)]
        (tmp_path / "data" / f"{label}.txt").write_text("\n".join(lines))
    own = f"{tmp_path / 'nets.py'}:bag"
    CustomNetwork.read(own).trust()
    recipe = Recipe(model=own, epochs=2, batch_size=8, threads=1)
    run = train_members(tmp_path / "data", recipe, EnsembleSettings(folds=3), out=tmp_path / "run")
    preprocessors = {member.contract.preprocessor.model_dump_json() for member in load_members(run)}
    assert preprocessors == {run.contract.preprocessor.model_dump_json()}
    assert load_run(run.path).evaluate() == run.evaluation
    predictions = read_predictions(run)
    for number, member in enumerate(load_members(run), start=1):
        own = read_predictions(member)
        rows = run.items().split.folds == number
        assert np.allclose(predictions.probabilities[rows], own.probabilities, atol=1e-5)
