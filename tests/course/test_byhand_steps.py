"""The step that is followed by hand is the network's own."""

import numpy as np

from noonbit.course.byhand import Network
from noonbit.course.byhand_steps import (
    FIRST,
    LEARNING_RATE,
    MASK,
    PIXELS,
    SECOND,
    TARGET,
    show,
    signed,
    walk,
)

LINES = {step.name: step.lines for step in walk()}


class OneMask(Network):
    """A network whose dropout draws the mask of the example."""

    def draw_mask(self, *shape: int) -> np.ndarray:
        return MASK


def result(line: str) -> float:
    return float(line.rpartition(" = ")[2])


def test_every_step_is_there_in_its_order() -> None:
    forward = ["input", "summed", "relu", "dropout", "output", "error"]
    assert list(LINES) == [*forward, "output_delta", "hidden_delta", "second", "first", "again"]


def test_every_sum_that_is_written_is_what_its_arithmetic_says() -> None:
    for lines in (LINES["summed"], LINES["output"], LINES["error"], LINES["hidden_delta"]):
        for line in lines:
            _, arithmetic, written = line.split(" = ")
            assert abs(eval(arithmetic.replace("²", "**2")) - float(written)) < 1e-4


def test_the_step_ends_where_the_network_that_learns_ends() -> None:
    network = OneMask(3, 2, hidden_units=3, learning_rate=LEARNING_RATE)
    network.first, network.second = FIRST.copy(), SECOND.copy()
    error, _ = network.learn_one_by_one(PIXELS[None], TARGET[None])
    assert result(LINES["error"][0]) == round(error, 4)
    changed = {line.split(" = ")[0]: result(line) for line in (*LINES["second"], *LINES["first"])}
    for name, weights, before in (("V", network.second, SECOND), ("W", network.first, FIRST)):
        for (row, column), value in np.ndenumerate(weights):
            written = changed.get(f"{name}{row + 1}{column + 1}", before[row, column])
            assert abs(written - value) < 5e-5
    assert result(LINES["again"][-1]) < result(LINES["error"][0])


def test_numbers_are_short_and_negative_ones_stand_in_brackets() -> None:
    assert (show(0.50001), show(-0.0), signed(-0.25), signed(2)) == ("0.5", "0", "(-0.25)", "2")
