"""Who the members of an ensemble are."""

import pytest

from noonbit.config.ensemble import EnsembleSettings, ensemble_name
from noonbit.config.recipe import Recipe
from noonbit.errors import UsageError


def test_seeds_count_up_from_the_recipe_s():
    recipes = EnsembleSettings(members=3).recipes(Recipe(seed=5, epochs=2))
    assert [recipe.seed for recipe in recipes] == [5, 6, 7]
    assert all(recipe.explicit_settings().keys() == {"seed", "epochs"} for recipe in recipes)


def test_members_take_networks_and_augmentations_in_turn():
    ensemble_settings = EnsembleSettings(
        members=4, member_models="mlp, cnn", member_augment="none; shift=2,flip; rotation=10"
    )
    recipes = ensemble_settings.recipes(Recipe())
    assert [recipe.model for recipe in recipes] == ["mlp", "cnn", "mlp", "cnn"]
    assert [recipe.augment for recipe in recipes] == ["none", "shift=2,flip", "rotation=10", "none"]


def test_each_member_has_a_fold_of_its_own():
    recipes = EnsembleSettings(members=3, member_folds=True).recipes(Recipe())
    assert [recipe.fold for recipe in recipes] == ["1/3", "2/3", "3/3"]


def test_each_network_of_a_cross_validation_is_tested_by_a_fold_of_its_own():
    recipes = EnsembleSettings(folds=3, combine="vote").recipes(Recipe(seed=5))
    assert [recipe.test_fold for recipe in recipes] == ["1/3", "2/3", "3/3"]
    assert [recipe.seed for recipe in recipes] == [5, 6, 7]
    assert all(recipe.fold is None for recipe in recipes)


@pytest.mark.parametrize(
    ("settings", "recipe", "sentence"),
    [
        ({"combine": "sum"}, {}, "--combine is a setting of an ensemble; .* with --members"),
        ({"members": 2, "member_models": "mlp"}, {"model": "cnn"}, "leave out --model"),
        ({"members": 2, "member_augment": "none"}, {"augment": "none"}, "leave out --augment"),
        ({"members": 2, "member_folds": True}, {"fold": "1/2"}, "leave out --fold"),
        ({"members": 2, "member_folds": True}, {"validation": 0.2}, "leave out --validation"),
        ({"members": 2, "member_models": "a,b,c"}, {}, "names 3 for 2 members"),
        ({"members": 2, "member_models": "mlp,"}, {}, "'mlp,' has an empty place; write one,ano"),
        ({"folds": 2, "members": 2}, {}, "one network a fold.*leave out --folds, or --members"),
        ({"folds": 2, "member_models": "a,b"}, {}, "leave out --folds, or --member-models"),
        ({"folds": 2}, {"test_fold": "1/2"}, "leave out --test-fold"),
        ({"members": 2}, {"seed": 2**31 - 1}, "Member 2 of 2: seed should be from 0 to"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(settings, recipe, sentence):
    with pytest.raises(UsageError, match=sentence):
        EnsembleSettings(**settings).recipes(Recipe(**recipe))


@pytest.mark.parametrize("members", [1, 0, -3, 5000])
def test_a_number_of_members_that_is_none_is_refused(members):
    with pytest.raises(UsageError, match=f"test: members should be .*got {members}"):
        EnsembleSettings.from_settings({"members": members}, origin="test")


def test_an_ensemble_is_named_after_its_networks():
    assert ensemble_name(["glance"] * 7) == "7 x glance"
    assert ensemble_name(["/a/nets.py:small", "cnn"]) == "small + cnn"
    assert ensemble_name(["mlp", "cnn", "mlp", "cnn"]) == "4 networks"
