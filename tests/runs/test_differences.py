"""Settings in which runs differ."""

from noonbit.config.recipe import Recipe
from noonbit.jobs.train import train
from noonbit.runs.differences import find_differences
from noonbit.runs.run import Run


def test_a_run_does_not_differ_from_itself(digits_run: Run) -> None:
    assert find_differences([digits_run, digits_run]) == ()


def test_stated_and_derived_settings_are_compared(digits_run: Run, tmp_path) -> None:
    recipe = Recipe(model="mlp", epochs=1, threads=1, optimizer="sgd", validation=0.2)
    other = train("digits", recipe, out=tmp_path / "other")
    found = {(each.topic, each.name): each.values for each in find_differences([digits_run, other])}
    assert found["training", "epochs"] == (2, 1)
    assert found["training", "optimizer"] == ("adamw", "sgd")
    assert found["training", "learning_rate"] == (
        digits_run.recipe.learning_rate,
        other.recipe.learning_rate,
    )
    assert found["data", "validation items"] == (145, 287)
    assert ("training", "model") not in found and ("data", "content") not in found


def test_a_setting_that_one_run_does_not_have_is_none_there(
    digits_run: Run, digits_ensemble: Run, digits_folds: Run
) -> None:
    found = {
        each.name: each.values
        for each in find_differences([digits_run, digits_ensemble, digits_folds])
    }
    assert found["members"][0] is None
    assert found["folds"] == (None, None, 3)
    assert found["epochs"] == (2, 1, 1)
