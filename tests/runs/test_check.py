"""What a check of a run's data finds, writes and prints."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_digits

from noonbit.cli.main import main
from noonbit.config.ensemble import EnsembleSettings
from noonbit.config.recipe import Recipe
from noonbit.jobs.train import train
from noonbit.runs.check import RunCheck, check_run, read_check
from noonbit.runs.folder import load_run
from noonbit.runs.run import Run

FAST = Recipe(model="glimpse", epochs=4, threads=1)


@pytest.fixture(scope="module")
def changed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, set[int]]:
    """A cross-validation of the digits, 4 % of whose labels were changed; and those items."""
    folder = tmp_path_factory.mktemp("labels")
    digits = load_digits()
    labels = digits.target.copy()
    rng = np.random.default_rng(0)
    wrong = rng.choice(len(labels), len(labels) // 25, replace=False)
    labels[wrong] = (labels[wrong] + rng.integers(1, 10, len(wrong))) % 10
    np.savez(folder / "digits.npz", images=digits.images.astype(np.uint8), labels=labels)
    run = train(folder / "digits.npz", FAST, EnsembleSettings(folds=3), out=folder / "run")
    return run, set(wrong.tolist())


@pytest.fixture(scope="module")
def checked(changed: tuple[Run, set[int]]) -> RunCheck:
    run, _ = changed
    return check_run(run, run.items())


def test_a_cross_validation_finds_most_of_the_changed_labels(
    changed: tuple[Run, set[int]], checked: RunCheck
) -> None:
    _, wrong = changed
    named = {one.item for one in checked.suspects if one.reason == "label"}
    assert checked.judged == 1797
    assert checked.is_whole
    assert len(named & wrong) >= 0.8 * len(wrong)
    assert len(named & wrong) >= 0.7 * len(named)


def test_the_likely_label_is_mostly_the_true_one(
    changed: tuple[Run, set[int]], checked: RunCheck
) -> None:
    _, wrong = changed
    true = load_digits().target
    named = [one for one in checked.suspects if one.reason == "label" and one.item in wrong]
    right = sum(one.likely_label == str(true[one.item]) for one in named)
    assert right >= 0.9 * len(named)


def test_a_check_is_kept_in_the_folder(changed: tuple[Run, set[int]], checked: RunCheck) -> None:
    assert read_check(changed[0]) == checked


def test_the_command_writes_a_table_and_the_report_shows_the_items(
    changed: tuple[Run, set[int]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run, _ = changed
    table = tmp_path / "look.csv"
    with pytest.raises(SystemExit) as ended:
        main(["check", str(run.path), "--out", str(table), "--json"])
    assert ended.value.code == 0
    found = json.loads(capsys.readouterr().out)
    header, first = table.read_text(encoding="utf-8").splitlines()[:2]
    assert header == '"path","given_label","likely_label","probability","reason","like"'
    assert first.startswith(f'"{found["suspects"][0]["path"]}",')
    page = (run.path / "report.html").read_text(encoding="utf-8")
    assert "are probably labelled wrongly" in page
    assert f'labelled <b class="bad"><bdi>{found["suspects"][0]["given_label"]}</bdi></b>' in page


def test_near_duplicates_of_training_pictures_are_left_out_of_the_accuracy(
    tmp_path: Path, shared_data: Callable[[str], Path]
) -> None:
    from PIL import Image

    source, folder = shared_data("dogs-vs-cats-small"), tmp_path / "pets"
    for part, counts in (("train", range(1, 81)), ("test", range(4001, 4041))):
        for name in ("cat", "dog"):
            (folder / part / f"{name}s").mkdir(parents=True)
            for number in counts:
                place = f"{part}/{name}s/{name}.{number}.jpg"
                shutil.copy(source / place, folder / place)
    for number in range(1, 7):  # saved anew
        picture = Image.open(folder / f"train/cats/cat.{number}.jpg")
        picture.save(folder / f"test/cats/cat.{4000 + number}.jpg", quality=40)
    run = train(folder, FAST, out=tmp_path / "run")
    found = check_run(run, run.items())
    copies = {one.path: one.like for one in found.suspects if one.reason == "near duplicate"}
    assert copies == {
        f"test/cats/cat.{4000 + number}.jpg": f"train/cats/cat.{number}.jpg"
        for number in range(1, 7)
    }
    assert found.accuracy is not None
    assert found.without_near_duplicates is not None
    assert (found.accuracy.items, found.without_near_duplicates.items) == (80, 74)


def test_a_damaged_check_is_named(changed: tuple[Run, set[int]], tmp_path: Path) -> None:
    from noonbit.errors import ArtefactError

    copy = tmp_path / "run"
    shutil.copytree(changed[0].path, copy)
    (copy / "check.json").write_text('{"judged": -1}', encoding="utf-8")
    with pytest.raises(ArtefactError, match=r"check\.json is damaged"):
        read_check(load_run(copy))


def test_only_copies_of_what_trained_leave_the_accuracy(tmp_path: Path) -> None:
    digits = load_digits()
    images, labels = digits.images.astype(np.uint8), digits.target
    train_rows, test_rows = np.arange(300), np.arange(1000, 1100)
    test_rows[:6] = train_rows[:6]  # six copies of training items
    test_rows[10:14] = test_rows[20:24]  # and four within the test part
    np.savez(
        tmp_path / "copies.npz",
        x_train=images[train_rows],
        y_train=labels[train_rows],
        x_test=images[test_rows],
        y_test=labels[test_rows],
    )
    run = train(tmp_path / "copies.npz", FAST, out=tmp_path / "run")
    found = check_run(run, run.items())
    assert found.without_near_duplicates is not None
    assert found.without_near_duplicates.items == 94 - found.count("near duplicate")
