"""The progress display of a training."""

import io
import math
import re
import time

import pytest
import torch
from rich.console import Console
from small_training import PLAN

from noonbit.config.recipe import Recipe
from noonbit.jobs import progress
from noonbit.jobs.progress import BarDisplay, LineDisplay, display, epoch_line, headline
from noonbit.jobs.train import train
from noonbit.training.state import EpochMetrics, StepProgress

RECIPE = Recipe(model="lenet5", epochs=2, batch_size=32, threads=1)


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def row(**changes) -> EpochMetrics:
    facts = {
        "epoch": 2,
        "loss": 0.5,
        "accuracy": 0.75,
        "val_loss": 0.25,
        "val_accuracy": 0.875,
        "lr": 0.1,
        "seconds": 1.5,
        "items_per_second": 12345.6,
    }
    return EpochMetrics(**(facts | changes))


def step(number: int, *, epoch: int = 1) -> StepProgress:
    seen = number * PLAN.batch_size
    loss, correct = torch.tensor(0.5 * seen), torch.tensor(0.75 * seen)
    return StepProgress(epoch, number, 5, seen, loss, correct, PLAN.batch_size, 1.0)


def test_an_epoch_is_one_line_in_keras_words():
    assert epoch_line(row(), PLAN.epochs, "image", is_best=True) == (
        "epoch 2/3  1.5 s  loss 0.5000  accuracy 0.7500  val_loss 0.2500  val_accuracy 0.8750  "
        "12,346 images/s  best"
    )
    assert not epoch_line(row(), PLAN.epochs, "image", is_best=False).endswith("best")


def test_an_epoch_without_validation_says_nothing_of_it():
    assert "val_" not in epoch_line(
        row(val_loss=math.nan, val_accuracy=math.nan), PLAN.epochs, "image", is_best=True
    )


def test_the_headline_has_the_interval(digits_run):
    evaluation = digits_run.evaluation
    assert headline(evaluation, "image") == (
        f"test     {evaluation.accuracy:.2%} of 359 images right "
        f"(95 % interval {evaluation.accuracy_low:.2%} to {evaluation.accuracy_high:.2%})"
    )


def test_the_lines_of_a_training_tell_data_settings_reasons_epochs_and_the_result(tmp_path):
    stream = io.StringIO()
    run = train("digits", RECIPE, out=tmp_path / "run", observer=LineDisplay(stream))
    lines = stream.getvalue().splitlines()
    assert lines[0].startswith("data     digits: ")
    assert lines[0].endswith(", 10 classes, 8x8x1, light on dark")
    assert lines[1].startswith("split    1,293 train, 145 validation, 359 test (test: ")
    assert "model    lenet5: 61,706 parameters, 0.4 M multiply-adds for one image" in lines
    assert "  epochs 2" in lines
    assert "  threads 1" in lines
    assert "  augment shift=1 (8 % of the shorter side)" in lines
    assert [line.partition("  ")[0] for line in lines[-3:-1]] == ["epoch 1/2", "epoch 2/2"]
    assert lines[-1] == headline(run.evaluation, "image")


def test_lines_hold_no_control_characters(tmp_path):
    stream = io.StringIO()
    train("digits", RECIPE, out=tmp_path / "run", observer=LineDisplay(stream))
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", stream.getvalue())


def test_a_line_is_one_whatever_names_are_in_it():
    stream = io.StringIO()
    LineDisplay(stream).say(f"note     a\x1b[2Jb\nnext     {'c' * 3_000} has no items")
    assert stream.getvalue().startswith(r"note     a\x1b[2Jb\nnext     ccc")
    assert stream.getvalue().endswith("ccc has no items\n")
    assert len(stream.getvalue()) < 700


def test_a_long_epoch_says_that_it_lives(monkeypatch):
    stream = io.StringIO()
    shown = LineDisplay(stream)
    shown.epochs = 3
    shown.on_step(step(1))
    assert stream.getvalue() == ""
    monkeypatch.setattr(progress, "QUIET_SECONDS", 0.0)
    shown.on_step(step(2))
    assert stream.getvalue() == "epoch 1/3  step 2/5  loss 0.5000\n"


def test_the_display_is_lines_where_stderr_is_no_terminal(capsys):
    with display() as shown:
        assert type(shown) is LineDisplay


def test_the_display_is_a_bar_on_a_terminal_and_it_stops_at_an_error(monkeypatch):
    monkeypatch.setattr("sys.stderr", Terminal())
    with pytest.raises(ZeroDivisionError), display() as shown:
        assert isinstance(shown, BarDisplay)
        shown.progress.start()
        raise ZeroDivisionError
    assert not shown.progress.live.is_started


def on_a_terminal(stream: io.StringIO) -> BarDisplay:
    shown = BarDisplay(stream)
    console = Console(file=stream, force_terminal=True, width=120, color_system=None)
    shown.progress.live.console = console
    return shown


def test_the_bar_shows_loss_accuracy_speed_and_the_same_lines(tmp_path, monkeypatch):
    monkeypatch.setattr(progress, "BAR_SECONDS", 0.0)
    stream = Terminal()
    shown = on_a_terminal(stream)
    run = train("digits", RECIPE, out=tmp_path / "run", observer=shown)
    text = stream.getvalue()
    assert "epoch 1/2 " in text
    assert "82/82" in text
    assert re.search(r"loss \d\.\d{4}  accuracy \d\.\d{4}  [\d,]+ images/s", text)
    assert re.search(r"\d:\d\d:\d\d", text)
    line = epoch_line(run.history[1], PLAN.epochs, "image", is_best=True)
    assert line.partition("  ")[2][:30] in text
    assert headline(run.evaluation, "image") in text
    assert not shown.progress.live.is_started


def test_a_resumed_bar_counts_the_speed_from_where_it_began(monkeypatch):
    monkeypatch.setattr(progress, "BAR_SECONDS", 0.0)
    shown = BarDisplay(io.StringIO())
    shown.epochs = 1000
    shown.done_before = 999 * 5
    shown.started = time.monotonic() - 1.0
    shown.on_step(step(5, epoch=1000))
    figures = shown.progress.tasks[0].fields["figures"]
    speed = float(figures.split()[-2].replace(",", ""))
    assert speed == pytest.approx(50, abs=5)
