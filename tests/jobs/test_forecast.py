"""What networks cost on given data, and the forecast of their time; no time is asserted."""

import json
import math
import os
import subprocess
import sys
from pathlib import Path

import pytest
from small_jobs import assert_same, write_small

from noonbit.cli.main import run as command_line
from noonbit.config.recipe import Recipe
from noonbit.data.prepared import PreparedDataset, load
from noonbit.jobs import training_forecast
from noonbit.jobs.forecast import forecast_network, forecast_networks
from noonbit.jobs.train import train
from noonbit.jobs.training_forecast import forecast_training
from noonbit.models.catalogue import MODELS
from noonbit.models.forecast import Work, duration
from noonbit.models.layer_file import Convolution, Pool, Relu
from noonbit.models.layer_network import build_table
from noonbit.models.layer_table import trace
from noonbit.models.summary import summarise
from noonbit.system.multiply_rate import multiply_adds_per_second
from noonbit.system.runtime import Runtime
from noonbit.training.setup import PreparedTraining, prepare_training

TABLE = trace(
    [Convolution(filters=4, size=3, padding="same"), Relu(), Pool(size=2)], (8, 8, 1), classes=3
)
WORK = Work.of(TABLE.rows)


def test_a_file_and_the_network_that_is_built_from_it_are_the_same_work() -> None:
    assert Work.of(summarise(build_table(TABLE), (1, 8, 8)).layers) == WORK
    by_hand = Work(
        multiply_adds=8 * 8 * 4 * 9 + 64 * 3,
        values=8 * 8 * 4 * 2 + 4 * 4 * 4 * 2 + 3,
        parameters=4 * 10 + 3 * 65,
    )
    assert by_hand == WORK


def test_twice_the_items_take_twice_as_long_and_twice_the_rate_half() -> None:
    seconds = WORK.seconds_per_epoch(train=300, validation=30, batch_size=10, rate=1e9)
    assert WORK.seconds_per_epoch(
        train=600, validation=60, batch_size=10, rate=1e9
    ) == pytest.approx(2 * seconds)
    assert WORK.seconds_per_epoch(
        train=300, validation=30, batch_size=10, rate=2e9
    ) == pytest.approx(seconds / 2)


def test_small_batches_move_the_weights_more_often() -> None:
    assert WORK.seconds_per_item(1, 1e9) > WORK.seconds_per_item(64, 1e9)


def test_the_machine_is_measured_once_and_as_fast_as_any() -> None:
    rate = multiply_adds_per_second()
    assert 1e8 < rate < 1e15 and multiply_adds_per_second() == rate


def test_the_forecast_is_of_the_training_that_noonbit_would_begin(tmp_path: Path) -> None:
    items = load(write_small(tmp_path / "small.npz"), Recipe(), data_dir=None)
    for name in ("lenet5", "glimpse"):
        forecast = forecast_network(name, items, Recipe())
        plan = prepare_training(
            items, Recipe(model=name, threads=1), Runtime.start(threads=1)
        ).context.plan
        assert (forecast.epochs, forecast.batch_size) == (plan.epochs, plan.batch_size)
        assert forecast.seconds == forecast.epochs * forecast.seconds_per_epoch > 0


def test_only_networks_that_take_the_data_are_forecast(tmp_path: Path) -> None:
    items, forecasts = forecast_networks(write_small(tmp_path / "small.npz"), Recipe(epochs=3))
    first = next(forecasts)
    assert first.name == items.preprocessor.default_model and first.epochs == 3
    assert {MODELS[each.name].input_kind for each in forecasts} == {"pictures"}


def test_the_command_lists_them_for_people_and_for_programs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = str(write_small(tmp_path / "small.npz"))
    assert command_line(["models", source]) == 0
    printed = capsys.readouterr().out
    assert "an epoch" in printed and "within a factor of 2" in printed
    assert command_line(["models", source, "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["input"] == [8, 8, 1] and answer["classes"] == 2
    lenet = next(each for each in answer["networks"] if each["name"] == "lenet5")
    assert lenet["parameters"] == sum(layer["parameters"] for layer in lenet["layers"])


def test_a_forecast_needs_no_pytorch() -> None:
    code = (
        "import noonbit.models.forecast, noonbit.system.multiply_rate as rate, sys\n"
        "rate.multiply_adds_per_second()\nprint('torch' in sys.modules)"
    )
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    assert done.stdout == "False\n"


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.04, "0.0 s"), (12.3, "12 s"), (200, "3 min"), (7300, "2 h")]
)
def test_a_duration_is_written_for_people(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.fixture
def long_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A source whose trainings are long enough for a forecast."""
    monkeypatch.setattr(training_forecast, "SHORT_SECONDS", 0.0)
    return write_small(tmp_path / "small.npz")


def prepare(source: Path, recipe: Recipe) -> tuple[PreparedTraining, PreparedDataset]:
    """Prepare a training on one thread."""
    items = load(source, recipe, data_dir=None)
    return prepare_training(items, recipe, Runtime.start(threads=1)), items


def test_twice_the_epochs_are_forecast_to_take_twice_as_long(
    long_training: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training_forecast, "measure_seconds_per_item", lambda prepared: 0.5)
    seconds = {}
    for epochs in (4, 8):
        recipe = Recipe(model="lenet5", epochs=epochs)
        forecast = forecast_training(*prepare(long_training, recipe), recipe)
        assert forecast is not None and not forecast.is_cut and forecast.epochs == epochs
        seconds[epochs] = forecast.seconds
    _, items = prepare(long_training, Recipe(model="lenet5"))
    train, validation, test = (
        len(part) for part in (items.split.train, items.split.validation, items.split.test)
    )
    epoch = 0.5 * (train + validation / 3)
    assert seconds[8] - seconds[4] == pytest.approx(4 * epoch)
    assert seconds[4] == pytest.approx(4 * epoch + 0.5 * (validation + test) / 3)


@pytest.mark.parametrize("epochs", [None, 1000])
def test_a_time_budget_is_what_a_training_takes_and_how_many_epochs_it_holds_is_said(
    long_training: Path, monkeypatch: pytest.MonkeyPatch, epochs: int | None
) -> None:
    monkeypatch.setattr(training_forecast, "measure_seconds_per_item", lambda prepared: 0.1)
    recipe = Recipe(model="lenet5", time_budget=60, epochs=epochs)
    prepared, items = prepare(long_training, recipe)
    prepared.state.elapsed = 10.0
    forecast = forecast_training(prepared, items, recipe)
    assert forecast is not None and forecast.is_cut and forecast.fast_seconds is None
    train, validation = len(items.split.train), len(items.split.validation)
    assert forecast.epochs == pytest.approx(50 / (0.1 * (train + validation / 3)))
    assert 50 < forecast.seconds < 60
    planned = "" if epochs is None else " of 1000"
    said = f"the time budget of 60 s holds about {forecast.epochs:.2g}{planned} epochs"
    assert str(forecast).endswith(said)


def test_fast_is_named_where_it_saves_half_of_the_time(long_training: Path) -> None:
    slow, fast = Recipe(model="resnet20"), Recipe(model="glimpse")
    forecast = forecast_training(*prepare(long_training, slow), slow)
    assert forecast is not None and forecast.fast_seconds is not None
    assert 0 < forecast.fast_seconds <= forecast.seconds / 2
    assert f"; --fast takes about {duration(forecast.fast_seconds)}" in str(forecast)
    forecast = forecast_training(*prepare(long_training, fast), fast)
    assert forecast is not None and forecast.fast_seconds is None


def test_a_short_training_is_not_measured(tmp_path: Path) -> None:
    recipe = Recipe(model="lenet5", epochs=1)
    assert forecast_training(*prepare(write_small(tmp_path / "small.npz"), recipe), recipe) is None


def test_a_forecast_changes_no_bit_of_the_training(long_training: Path, tmp_path: Path) -> None:
    recipe = Recipe(model="sign-cnn", epochs=1, threads=1)  # batch norm and dropout
    forecast = train(long_training, recipe, out=tmp_path / "forecast")
    assert forecast.metadata["result"]["forecast_seconds"] > 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training_forecast, "SHORT_SECONDS", math.inf)
        silent = train(long_training, recipe, out=tmp_path / "silent")
    assert "forecast_seconds" not in silent.metadata["result"]
    assert_same(forecast, silent)


def test_the_forecast_is_printed_before_the_first_epoch_and_stands_in_the_json(
    long_training: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = ["--model", "lenet5", "--epochs", "2", "--threads", "1", "--json"]
    arguments = ["train", str(long_training), *settings, "--out", str(tmp_path / "run")]
    assert command_line(arguments) == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out)["forecast_seconds"] > 0
    lines = printed.err.splitlines()
    place = next(index for index, line in enumerate(lines) if line.startswith("forecast about "))
    assert lines[place].endswith(" here, 2 epochs") and lines[place + 1].startswith("epoch 1/2")
