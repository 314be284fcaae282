"""What the buttons of a program begin."""

import pytest

from noonbit.cli.main import app
from noonbit.course.experiments.experiment import load_experiments
from noonbit.studio.learn.program import watched_order
from noonbit.studio.learn.two_trainings import PAIRS


def flags_are_known(flags: list[str]) -> None:
    app.parse_args(["train", *flags, "--live"], exit_on_error=False, print_error=False)


@pytest.mark.parametrize("name", load_experiments())
def test_an_experiment_is_watched_by_its_own_recipe(name: str) -> None:
    order = watched_order(name)
    if name in ("byhand", "lab-ensemble"):
        assert order is None
        return
    assert order is not None
    source, config = order.flags()
    one = load_experiments()[name]
    assert source == one.source
    assert config in {f"--config={name}", f"--config={name}:{next(iter(one.recipes()))}"}
    flags_are_known(order.flags())


@pytest.mark.parametrize("name", PAIRS)
def test_the_two_trainings_of_a_chart_differ_in_the_network_alone(name: str) -> None:
    first, second = (order.flags() for order in PAIRS[name].orders())
    assert len(first) == len(second)
    (different,) = [pair for pair in zip(first, second, strict=True) if len(set(pair)) > 1]
    assert all(flag.startswith("--model=") for flag in different)
    flags_are_known(first)
