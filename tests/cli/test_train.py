"""noonbit train SOURCE --config"""

from pathlib import Path

import pytest

from noonbit.cli.main import run as command_line
from noonbit.cli.train import load_config, merge_settings
from noonbit.config.ensemble import EnsembleSettings
from noonbit.config.recipe import Recipe
from noonbit.course.experiments.experiment import load_experiment


def test_an_experiments_name_stands_for_its_recipe() -> None:
    recipe, members = load_config("cnn", "mnist")
    assert recipe == load_experiment("cnn").recipes()["cnn"]
    assert members == EnsembleSettings()


def test_an_arm_stands_after_a_colon() -> None:
    recipe, _ = load_config("sign:sign-dnn", "sign-mnist")
    assert (recipe.model, recipe.optimizer) == ("sign-dnn", "rmsprop")


def test_an_ensembles_members_come_with_it_and_flags_come_on_top() -> None:
    flags = Recipe(epochs=1), EnsembleSettings(members=2)
    recipe, members = merge_settings(*flags, source="mnist", config="lab-ensemble", fast=False)
    assert (recipe.epochs, recipe.batch_size, recipe.validation_rows) == (1, 100, "first")
    assert (members.members, members.combine) == (2, "sum")
    flags = Recipe(), EnsembleSettings(folds=5)
    _, members = merge_settings(*flags, source="mnist", config="lab-ensemble", fast=False)
    assert members == EnsembleSettings(folds=5)


def test_a_file_of_an_experiments_name_is_the_file(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("cnn").write_text("epochs = 77")
    assert load_config("cnn", "mnist")[0] == Recipe(epochs=77)


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        ("slides-dn", "--config slides-dn is neither a TOML file nor an experiment. Did you mean "),
        ("sign", "sign has 2 recipes; give sign:sign-dnn or sign:sign-cnn."),
        ("byhand", "byhand is a network in NumPy, which no recipe trains: noonbit byhand"),
        ("nowhere.toml", "nowhere.toml does not exist; --config takes a TOML file."),
    ],
)
def test_what_is_no_recipe_is_refused_with_what_to_do(config, sentence, capsys) -> None:
    assert command_line(["train", "digits", "--config", config]) == 2
    assert sentence in capsys.readouterr().err


@pytest.mark.parametrize(
    ("flag", "sentence"),
    [
        ("--augment=rotation=inf", "rotation should be from 0 to 180 (got 'inf')"),
        ("--device=meta", "The device 'meta' is not on this machine, which has cpu"),
        ("--members=1000000000", "--members should be from 2 to 1,000 (got '1000000000')"),
        ("--test-time-augmentation=shift=1000000000", "shift=PIXELS from 1 to 8"),
    ],
)
def test_an_odd_setting_is_refused_before_a_folder_is_made(
    flag: str, sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "run"
    code = command_line(["train", "digits", "--fast", "--epochs=1", flag, f"--out={out}"])
    assert (code, out.exists()) == (2, False) and sentence in capsys.readouterr().err
