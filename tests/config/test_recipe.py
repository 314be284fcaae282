"""Recipes: validation with the setting's name, TOML files, and precedence."""

import math
import os
from pathlib import Path

import pytest
import tomli_w

from noonbit.config.augmentation import Augmentation
from noonbit.config.recipe import LARGEST_FILE, Recipe
from noonbit.errors import UsageError

RATE = "should be above 0 and at most 1,000,000"


def refusal(settings: dict[str, object]) -> str:
    with pytest.raises(UsageError) as error:
        Recipe.from_settings(settings, origin="run.toml")
    return str(error.value)


def write_toml(folder: Path, settings: dict[str, object]) -> Path:
    path = folder / "recipe.toml"
    path.write_text(tomli_w.dumps(settings), encoding="utf-8")
    return path


def test_an_unknown_setting_is_named_with_the_nearest_and_all() -> None:
    sentence = refusal({"epoch": 3})
    assert sentence.startswith(
        "run.toml has the setting 'epoch', which does not exist. Did you mean 'epochs'? There are: "
        "label_column, path_column, label_from_name, model, "
    )


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("epochs", 0, "should be from 1 to 1,000,000 (got 0)"),
        ("epochs", math.inf, "should be from 1 to 1,000,000 (got inf)"),
        ("patience", 10**30, f"should be from 1 to 1,000,000 (got {10**30})"),
        ("batch_size", 1, "should be from 2 to 10,000,000 (got 1)"),
        ("learning_rate", 0.0, f"{RATE} (got 0.0)"),
        ("learning_rate", -0.0, f"{RATE} (got -0.0)"),
        ("learning_rate", math.inf, f"{RATE} (got inf)"),
        ("learning_rate", "1e400", f"{RATE} (got '1e400')"),
        ("learning_rate", 10**400, f"{RATE} (got 1000"),
        ("learning_rate", math.nan, f"{RATE} (got nan)"),
        ("weight_decay", math.inf, "should be from 0 to 1,000,000 (got inf)"),
        ("epsilon", math.inf, "should be from 0 to 1,000,000 (got inf)"),
        ("average_weights", math.nan, "should be from 0 to below 1 (got nan)"),
        ("validation", math.inf, "should be from 0 to 1,000,000,000,000 (got inf)"),
        ("time_budget", math.inf, "should be above 0 and at most 31,622,400 (got inf)"),
        ("threads", 10_000, "should be from 1 to 1,024 (got 10000)"),
        ("seed", 2**63, "should be from 0 to 2,147,483,647 (got 9223372036854775808)"),
        ("momentum", 1.0, "should be from 0 to below 1 (got 1.0)"),
        ("warmup", -0.1, "should be from 0 to below 1 (got -0.1)"),
        ("seed", -1, "should be from 0 to 2,147,483,647 (got -1)"),
        ("channels", 2, "should be 1 or 3 (got 2)"),
        ("schedule", "linear", "should be 'constant', 'cosine' or 'one-cycle' (got 'linear'"),
        ("epochs", "many", "should be a valid integer"),
    ],
)
def test_a_value_out_of_bounds_is_refused_with_them(name: str, value: object, reason: str) -> None:
    assert refusal({name: value}).startswith(f"run.toml: {name} {reason}")


def test_a_number_that_python_does_not_write_is_refused_too() -> None:
    reason = f"run.toml: learning_rate {RATE} (got a number of thousands of digits)."
    assert refusal({"learning_rate": 10**5000}) == reason


def test_every_wrong_value_is_named_at_once() -> None:
    assert refusal({"epochs": 0, "seed": -1}) == (
        "run.toml: epochs should be from 1 to 1,000,000 (got 0); "
        "seed should be from 0 to 2,147,483,647 (got -1)."
    )


def test_a_file_of_settings_is_read(tmp_path: Path) -> None:
    stated = {"epochs": 7, "optimizer": "sgd", "augment": "rotation=10", "time_budget": 60.0}
    assert Recipe.load(write_toml(tmp_path, stated)) == Recipe.model_validate(stated)


def test_a_missing_file_a_folder_and_no_toml_are_said(tmp_path: Path) -> None:
    for path, reason in (
        (tmp_path / "absent.toml", "does not exist; --config takes a TOML file."),
        (tmp_path, "cannot be read: Is a directory."),
    ):
        with pytest.raises(UsageError) as error:
            Recipe.load(path)
        assert str(error.value) == f"{path} {reason}"
    path = tmp_path / "photo.toml"
    for content in (b"\xff\xd8\xff", b"epochs: 3\n"):
        path.write_bytes(content)
        with pytest.raises(UsageError, match="is not TOML: "):
            Recipe.load(path)


def test_a_wrong_setting_in_a_file_is_refused_in_its_name(tmp_path: Path) -> None:
    path = write_toml(tmp_path, {"epochs": 0})
    with pytest.raises(UsageError) as error:
        Recipe.load(path)
    assert str(error.value).startswith(f"{path}: epochs ")


def test_flags_come_on_top_of_a_file() -> None:
    file = Recipe(epochs=9, seed=3, optimizer="sgd")
    flags = Recipe(epochs=2, seed=0)
    assert flags.with_defaults(file) == Recipe(epochs=2, seed=0, optimizer="sgd")
    assert Recipe().with_defaults(file) == file


def test_a_recipe_knows_what_was_stated() -> None:
    assert Recipe(seed=0, epochs=2).explicit_settings() == {"seed": 0, "epochs": 2}
    assert Recipe().explicit_settings() == {}


@pytest.mark.parametrize("value", [0, 0.1, 0.5, 1, 5000])
def test_validation_is_a_share_or_a_number_of_images(value: float) -> None:
    assert Recipe(validation=value).validation == value


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"validation": 0.7}, "validation .* a share up to 0.5 or a whole number of items"),
        ({"validation": -1}, "validation .* from 0 to 1,000,000,000,000"),
        ({"fold": "6/5"}, "fold .* such as 1/5"),
        ({"fold": "0/5"}, "fold .* such as 1/5"),
        ({"fold": "1/1"}, "fold .* such as 1/5"),
        ({"fold": "second"}, "fold .* such as 1/5"),
        ({"fold": "1/" + "5" * 5000}, "fold should be the number of a fold .* such as 1/5"),
    ],
)
def test_a_part_that_cannot_be_held_out_is_refused(settings, sentence) -> None:
    with pytest.raises(UsageError, match=sentence):
        Recipe.from_settings(settings, origin="here")


def test_augmentation_may_be_a_table_of_keras_names(tmp_path: Path) -> None:
    path = tmp_path / "recipe.toml"
    path.write_text(
        "epochs = 2\n[augment]\nrotation_range = 15\nzoom_range = [0.9, 1.2]\n"
        "horizontal_flip = true\nvertical_flip = false\n"
    )
    recipe = Recipe.load(path)
    assert recipe.augment == "rotation_range=15,zoom_range=0.9:1.2,horizontal_flip"
    assert str(Augmentation.parse(recipe.augment)) == "rotation=15,zoom_range=0.9:1.2,flip"
    assert Recipe.model_validate({"augment": {}}).augment == "none"


def test_a_pipe_and_a_file_of_any_size_are_no_settings(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.toml")  # opening it would wait for a writer
    with pytest.raises(UsageError, match="is no regular file; --config takes a TOML file"):
        Recipe.load(tmp_path / "pipe.toml")
    (tmp_path / "large.toml").write_bytes(b"#" * (LARGEST_FILE + 1))
    with pytest.raises(UsageError, match="has 1,048,577 bytes; .* of at most 1,048,576"):
        Recipe.load(tmp_path / "large.toml")
