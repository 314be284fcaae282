"""How to train: settings that are refused by name, TOML, precedence, and derived defaults."""

import math
from dataclasses import asdict, fields, replace
from pathlib import Path

import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from noonbit.augment import Augmentation
from noonbit.errors import UsageError
from noonbit.recipe import (
    DECAYS,
    FEWEST_EPOCHS,
    MOST_EPOCHS,
    Plan,
    Recipe,
    Task,
    derive,
    derive_batch_size,
)
from noonbit.record import resolved

SHIFTS = ("shift=2", "usual")
MNIST = Task("cnn", 54_000, SHIFTS, 2_000_000, 0.07, "adamw")
CIFAR = Task("glance", 45_000, ("shift=3,flip", "usual"), 70_000_000, 0.75, "muon")

tasks = st.builds(
    Task,
    model=st.sampled_from(["cnn", "glance"]),
    items=st.integers(1, 10**7),
    augmentation=st.just(SHIFTS),
    multiply_adds=st.integers(0, 10**10),
    difficulty=st.floats(0, 1),
    optimizer=st.sampled_from(["muon", "adamw", "sgd", "adam", "rmsprop"]),
)
# Settings that stand in the plan as they were stated.
STATED = {
    "epochs": 7,
    "batch_size": 48,
    "optimizer": "sgd",
    "learning_rate": 0.03,
    "schedule": "cosine",
    "warmup": 0.1,
    "momentum": 0.8,
    "weight_decay": 0.001,
    "label_smoothing": 0.0,
    "epsilon": 0.0,
    "augment": "rotation=10",
    "normalise": "unit",
    "keep": "loss",
    "average_weights": 0.99,
    "test_time_augmentation": "shift=1",
    "patience": 4,
    "seed": 11,
    "time_budget": 60.0,
}


def refusal(settings: dict[str, object]) -> str:
    with pytest.raises(UsageError) as error:
        Recipe.checked(settings, origin="run.toml")
    return str(error.value)


def write_toml(folder: Path, settings: dict[str, object]) -> Path:
    path = folder / "recipe.toml"
    path.write_text(tomli_w.dumps(settings), encoding="utf-8")
    return path


def test_an_unknown_setting_is_named_with_the_nearest_and_all() -> None:
    sentence = refusal({"epoch": 3})
    assert sentence.startswith(
        "run.toml has the setting 'epoch', which does not exist. Did you mean 'epochs'? There are: "
        "model, epochs, batch_size, "
    )


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("epochs", 0, "should be greater than or equal to 1 (got 0)"),
        ("batch_size", 1, "should be greater than or equal to 2 (got 1)"),
        ("learning_rate", 0.0, "should be greater than 0 (got 0.0)"),
        ("learning_rate", math.nan, "should be greater than 0 (got nan)"),
        ("momentum", 1.0, "should be less than 1 (got 1.0)"),
        ("warmup", -0.1, "should be greater than or equal to 0 (got -0.1)"),
        ("seed", -1, "should be greater than or equal to 0 (got -1)"),
        ("channels", 2, "should be 1 or 3 (got 2)"),
        ("schedule", "linear", "should be 'constant', 'cosine' or 'one-cycle' (got 'linear'"),
        ("epochs", "many", "should be a valid integer"),
    ],
)
def test_a_value_out_of_bounds_is_refused_with_them(name: str, value: object, reason: str) -> None:
    assert refusal({name: value}).startswith(f"run.toml: {name} {reason}")


def test_every_wrong_value_is_named_at_once() -> None:
    assert refusal({"epochs": 0, "seed": -1}) == (
        "run.toml: epochs should be greater than or equal to 1 (got 0); "
        "seed should be greater than or equal to 0 (got -1)."
    )


def test_a_file_of_settings_is_read(tmp_path: Path) -> None:
    assert Recipe.load(write_toml(tmp_path, STATED)) == Recipe.model_validate(STATED)


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
    assert flags.over(file) == Recipe(epochs=2, seed=0, optimizer="sgd")
    assert Recipe().over(file) == file


def test_a_recipe_knows_what_was_stated() -> None:
    assert Recipe(seed=0, epochs=2).given() == {"seed": 0, "epochs": 2}
    assert Recipe().given() == {}


def test_stated_settings_are_obeyed_and_need_no_reason() -> None:
    plan = derive(Recipe.model_validate(STATED), MNIST)
    assert {name: getattr(plan, name) for name in STATED} == STATED
    assert plan.reasons == {}


@given(tasks)
def test_the_defaults_are_a_function_of_the_task_and_each_has_a_reason(task: Task) -> None:
    plan = derive(Recipe(), task)
    assert plan == derive(Recipe(), task)
    derived = {field.name for field in fields(Plan)} - {
        "reasons",
        *Recipe().model_dump(exclude_none=True),
    }
    # Without a reason: what was asked for or not, and a settings that the optimiser has none of.
    needless = {"model", "patience", "time_budget"}
    if task.optimizer not in ("muon", "sgd"):
        needless.add("momentum")
    if task.optimizer in ("muon", "sgd"):
        needless.add("epsilon")
    assert set(plan.reasons) == derived - needless
    assert all(plan.reasons.values())


def test_a_network_for_the_impatient_gets_fewer_passes_and_at_least_one() -> None:
    assert derive(Recipe(), replace(CIFAR, effort=0.5)).epochs < derive(Recipe(), CIFAR).epochs
    easy = replace(MNIST, multiply_adds=30_000_000)
    assert derive(Recipe(), easy).epochs == FEWEST_EPOCHS
    assert derive(Recipe(), replace(easy, effort=0.01)).epochs == 1


@given(tasks)
def test_the_defaults_are_settings_that_a_recipe_allows(task: Task) -> None:
    plan = derive(Recipe(), task)
    settings = resolved(Recipe(), plan)
    assert Recipe.checked(settings, origin="the plan").given() == settings
    assert FEWEST_EPOCHS <= plan.epochs <= MOST_EPOCHS
    Augmentation.parse(plan.augment)


@pytest.mark.parametrize("recipe", [Recipe(), Recipe.model_validate(STATED), Recipe(patience=2)])
@pytest.mark.parametrize("task", [MNIST, CIFAR])
def test_resolved_settings_give_the_same_plan_again(
    recipe: Recipe, task: Task, tmp_path: Path
) -> None:
    plan = derive(recipe, task)
    again = derive(Recipe.load(write_toml(tmp_path, resolved(recipe, plan))), task)
    assert again.reasons == {}
    assert asdict(again) | {"reasons": None} == asdict(plan) | {"reasons": None}


def test_harder_data_get_more_passes_and_larger_networks_fewer() -> None:
    def epochs(difficulty: float, multiply_adds: int) -> int:
        task = Task("cnn", 50_000, SHIFTS, multiply_adds, difficulty, "adamw")
        return derive(Recipe(), task).epochs

    assert epochs(0.1, 40_000_000) < epochs(0.5, 40_000_000)
    assert epochs(0.5, 80_000_000) < epochs(0.5, 40_000_000)


def test_a_networks_own_rate_holds_for_its_own_optimizer_and_gives_way_to_a_stated_one() -> None:
    deep = Task("vgg-d", 54_000, SHIFTS, 2_000_000, 0.07, "adamw", learning_rate=3e-4)
    assert derive(Recipe(), deep).learning_rate == 3e-4
    assert derive(Recipe(optimizer="sgd"), deep).learning_rate == 0.1
    assert derive(Recipe(learning_rate=0.01), deep).learning_rate == 0.01


def test_the_weight_decay_follows_the_chosen_optimiser() -> None:
    for optimizer, (decay, reason) in DECAYS.items():
        plan = derive(Recipe(optimizer=optimizer), MNIST)
        assert (plan.weight_decay, plan.reasons["weight_decay"]) == (decay, reason)


@given(st.integers(1, 10**6))
def test_the_batch_size_grows_with_the_data_and_leaves_sixteen_steps(images: int) -> None:
    size, reason = derive_batch_size(images)
    assert size % 32 == 0 and 64 <= size <= 512
    assert size <= derive_batch_size(images + 1)[0]
    assert size == 64 or images / size >= 16
    assert reason


@pytest.mark.parametrize("value", [0, 0.1, 0.5, 1, 5000])
def test_validation_is_a_share_or_a_number_of_images(value: float) -> None:
    assert Recipe(validation=value).validation == value


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"validation": 0.7}, "validation .* a share up to 0.5 or a whole number of items"),
        ({"validation": -1}, "validation .* greater than or equal to 0"),
        ({"fold": "6/5"}, "fold .* such as 1/5"),
        ({"fold": "0/5"}, "fold .* such as 1/5"),
        ({"fold": "1/1"}, "fold .* such as 1/5"),
        ({"fold": "second"}, "fold .* such as 1/5"),
    ],
)
def test_a_part_that_cannot_be_held_out_is_refused(settings, sentence) -> None:
    with pytest.raises(UsageError, match=sentence):
        Recipe.checked(settings, origin="here")


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


def test_what_a_source_fixes_stands_where_nothing_else_was_stated() -> None:
    task = replace(
        MNIST, documented={"epochs": 25, "optimizer": "adadelta"}, because="as Kim, 2014 has it"
    )
    plan = derive(Recipe(epochs=3), task)
    assert (plan.epochs, plan.optimizer, plan.learning_rate) == (3, "adadelta", 1.0)
    assert plan.reasons["optimizer"] == "as Kim, 2014 has it"
    assert "epochs" not in plan.reasons
