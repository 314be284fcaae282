"""Open settings of a recipe are derived from the data and the network, with reasons."""

from dataclasses import asdict, fields, replace
from pathlib import Path

import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from noonbit.config.augmentation import Augmentation
from noonbit.config.plan import (
    DECAYS,
    FEWEST_EPOCHS,
    LARGEST_BATCH,
    MOST_EPOCHS,
    Plan,
    PlanInputs,
    derive,
    derive_batch_size,
)
from noonbit.config.recipe import Recipe
from noonbit.runs.metadata import resolved_settings

SHIFTS = ("shift=2", "usual")
MNIST = PlanInputs("cnn", 54_000, SHIFTS, 2_000_000, 0.07, "adamw")
CIFAR = PlanInputs("glance", 45_000, ("shift=3,flip", "usual"), 70_000_000, 0.75, "muon")

tasks = st.builds(
    PlanInputs,
    model=st.sampled_from(["cnn", "glance"]),
    items=st.integers(1, 10**7),
    augmentation=st.just(SHIFTS),
    multiply_adds=st.integers(0, 10**10),
    difficulty=st.floats(0, 1),
    optimizer=st.sampled_from(["muon", "adamw", "sgd", "adam", "rmsprop"]),
)
# Settings that the plan must take over unchanged.
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


def test_stated_settings_are_obeyed_and_need_no_reason() -> None:
    plan = derive(Recipe.model_validate(STATED), MNIST)
    assert {name: getattr(plan, name) for name in STATED} == STATED
    assert plan.reasons == {}


@given(tasks)
def test_the_defaults_are_a_function_of_the_task_and_each_has_a_reason(task: PlanInputs) -> None:
    plan = derive(Recipe(), task)
    assert plan == derive(Recipe(), task)
    derived = {field.name for field in fields(Plan)} - {
        "reasons",
        *Recipe().model_dump(exclude_none=True),
    }
    # These have no reason: they have no default, or the optimiser does not use them.
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
def test_the_defaults_are_settings_that_a_recipe_allows(task: PlanInputs) -> None:
    plan = derive(Recipe(), task)
    settings = resolved_settings(Recipe(), plan)
    assert Recipe.from_settings(settings, origin="the plan").explicit_settings() == settings
    assert FEWEST_EPOCHS <= plan.epochs <= MOST_EPOCHS
    Augmentation.parse(plan.augment)


@pytest.mark.parametrize("recipe", [Recipe(), Recipe.model_validate(STATED), Recipe(patience=2)])
@pytest.mark.parametrize("task", [MNIST, CIFAR])
def test_resolved_settings_give_the_same_plan_again(
    recipe: Recipe, task: PlanInputs, tmp_path: Path
) -> None:
    plan = derive(recipe, task)
    path = tmp_path / "recipe.toml"
    path.write_text(tomli_w.dumps(resolved_settings(recipe, plan)))
    again = derive(Recipe.load(path), task)
    assert again.reasons == {}
    assert asdict(again) | {"reasons": None} == asdict(plan) | {"reasons": None}


def test_harder_data_get_more_passes_and_larger_networks_fewer() -> None:
    def epochs(difficulty: float, multiply_adds: int) -> int:
        task = PlanInputs("cnn", 50_000, SHIFTS, multiply_adds, difficulty, "adamw")
        return derive(Recipe(), task).epochs

    assert epochs(0.1, 40_000_000) < epochs(0.5, 40_000_000)
    assert epochs(0.5, 80_000_000) < epochs(0.5, 40_000_000)


def test_stated_epochs_need_no_difficulty_and_have_no_reason() -> None:
    task = PlanInputs("cnn", 50_000, SHIFTS, 40_000_000, None, "adamw")
    plan = derive(Recipe(epochs=3), task)
    assert plan.epochs == 3 and "epochs" not in plan.reasons


def test_a_networks_own_rate_holds_for_its_own_optimizer_and_gives_way_to_a_stated_one() -> None:
    deep = PlanInputs("vgg-d", 54_000, SHIFTS, 2_000_000, 0.07, "adamw", learning_rate=3e-4)
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
    assert size % (8 if size < 64 else 32) == 0 and 8 <= size <= 512
    assert size <= derive_batch_size(images + 1)[0]
    assert size == 8 or images / size >= 16
    assert reason


def test_a_network_may_want_smaller_batches_than_others() -> None:
    assert derive(Recipe(), MNIST).batch_size == LARGEST_BATCH
    plan = derive(Recipe(), replace(MNIST, largest_batch=256))
    assert plan.batch_size == 256
    assert "large enough to be fast" in plan.reasons["batch_size"]
    few = replace(MNIST, items=100, largest_batch=256)
    assert (
        derive(Recipe(), few).batch_size == derive(Recipe(), replace(MNIST, items=100)).batch_size
    )


def test_what_a_source_fixes_stands_where_nothing_else_was_stated() -> None:
    task = replace(
        MNIST, documented={"epochs": 25, "optimizer": "adadelta"}, because="as Kim, 2014 has it"
    )
    plan = derive(Recipe(epochs=3), task)
    assert (plan.epochs, plan.optimizer, plan.learning_rate) == (3, "adadelta", 1.0)
    assert plan.reasons["optimizer"] == "as Kim, 2014 has it"
    assert "epochs" not in plan.reasons
