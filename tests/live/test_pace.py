"""How long a training may still take."""

import pytest

from noonbit.live.pace import MEMORY_SECONDS, Pace


def steps(pace, *, first, seconds, epoch, items, count):
    """Note steps that take so many seconds each; return when the last one ended."""
    for number in range(count):
        pace.note_step(first + number * seconds, epoch, items)
    return first + (count - 1) * seconds


def test_nothing_is_forecast_before_a_second_step():
    pace = Pace()
    assert pace.seconds_for(items=10, epochs=1, validation_items=5) is None
    pace.note_step(8.0, 1, 10)
    assert pace.seconds_for(items=10, epochs=1, validation_items=5) is None


def test_the_preparation_is_no_part_of_the_speed():
    pace = Pace()
    steps(pace, first=100.0, seconds=0.5, epoch=1, items=10, count=3)
    assert pace.seconds_for(items=200, epochs=0, validation_items=0) == pytest.approx(10.0)


def test_before_the_first_validation_it_is_thought_a_third_of_training_the_items():
    pace = Pace()
    steps(pace, first=0.0, seconds=0.5, epoch=1, items=10, count=3)
    left = pace.seconds_for(items=0, epochs=2, validation_items=60)
    assert left == pytest.approx(2 * 60 * 0.05 / 3)


def test_what_lies_between_epochs_counts_by_the_epoch_and_slows_no_step():
    pace = Pace()
    ended = steps(pace, first=0.0, seconds=0.5, epoch=1, items=10, count=5)
    pace.note_step(ended + 7.0 + 0.5, 2, 10)
    assert pace.seconds_for(items=20, epochs=3, validation_items=99) == pytest.approx(1.0 + 21.0)


def test_epochs_of_one_step_are_forecast_by_the_epoch():
    pace = Pace()
    for epoch in range(1, 4):
        pace.note_step(2.0 * epoch, epoch, 10)
    assert pace.seconds_for(items=40, epochs=4, validation_items=0) == pytest.approx(8.0)


def test_a_machine_that_became_slower_is_followed_in_a_minute():
    pace = Pace()
    ended = steps(pace, first=0.0, seconds=0.1, epoch=1, items=1, count=10_000)
    steps(pace, first=ended + 0.4, seconds=0.4, epoch=1, items=1, count=int(60 / 0.4))
    left = pace.seconds_for(items=100, epochs=0, validation_items=0)
    assert 25 < left < 40  # 10 by what it was, 40 by what it is
    assert MEMORY_SECONDS < 60


def test_after_a_change_what_was_before_counts_for_a_second():
    pace = Pace()
    ended = steps(pace, first=0.0, seconds=0.1, epoch=1, items=1, count=1000)
    pace.note_change()
    assert pace.seconds_for(items=100, epochs=0, validation_items=0) == pytest.approx(10.0)
    steps(pace, first=ended + 0.1, seconds=0.1, epoch=1, items=100, count=100)
    assert pace.seconds_for(items=10_000, epochs=0, validation_items=0) < 12
