"""The benchmarks of whole commands: small real runs, and what their figures are made of."""

import json
import mmap
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import accuracy as reaching
from benchmarks import growth as growing
from benchmarks import loading as opening
from benchmarks import prediction as predicting
from benchmarks import startup as starting
from benchmarks.accuracy import GOALS, Attempt, Goal, Training, comparison
from benchmarks.ensemble import trained
from benchmarks.few_pictures import draw_each
from benchmarks.labels import labels
from benchmarks.peers import pytorch_prediction
from benchmarks.processes import alone, in_turn, python_seconds, ratios
from benchmarks.side_by_side import LeftOut, Spread
from noonbit.cli.main import app
from noonbit.config.recipe import Recipe
from noonbit.data.prepared import load
from noonbit.errors import NoonbitError, UsageError


def test_a_function_alone_gives_its_answer_whatever_it_prints() -> None:
    assert alone("tiny_contestants:answering", {"word": "yes"}, threads=1) == {"word": "yes"}


def test_a_function_of_a_library_that_is_not_here_is_left_out() -> None:
    with pytest.raises(LeftOut, match=r"No module named 'no_such_library'; the `bench` extra"):
        alone("no_such_library:train", {}, threads=1)


def test_a_function_that_breaks_alone_is_told_with_its_traceback() -> None:
    with pytest.raises(NoonbitError, match=r"answering failed:\n[^$]*unexpected keyword"):
        alone("tiny_contestants:answering", {"words": "yes"}, threads=1)


def test_a_command_that_fails_says_what_it_said() -> None:
    with pytest.raises(NoonbitError, match=r'noonbit trian: Unknown command "trian"'):
        python_seconds(["-m", "noonbit", "trian"], threads=1)


def test_more_pictures_a_class_than_there_are_name_the_class() -> None:
    items = load("digits", Recipe(), data_dir=None)
    assert len(draw_each(items, 20, np.random.default_rng(0))) == 200
    with pytest.raises(UsageError, match=r"^--each is 5,000, and 0 has 1\d\d pictures that are no"):
        draw_each(items, 5000, np.random.default_rng(0))


def test_two_networks_for_one_benchmark_are_refused() -> None:
    with pytest.raises(UsageError, match="--model and --pretrained both name the network"):
        labels(model="cnn", pretrained=True)


def test_tasks_take_turns_in_going_first() -> None:
    order: list[str] = []
    tasks = {name: (lambda name=name: order.append(name)) for name in "abc"}  # type: ignore[misc]
    in_turn(tasks, rounds=3)
    assert "".join(order) == "abcbcacab"


def test_a_ratio_is_taken_round_by_round() -> None:
    assert ratios([2.0, 9.0, 8.0], [1.0, 3.0, 2.0]) == Spread(3.0, 2.0, 4.0)


# Accuracy


@pytest.mark.parametrize("name", GOALS)
def test_the_command_line_takes_the_settings_of_every_goal(name: str) -> None:
    goal = GOALS[name]
    command, bound, _ = app.parse_args(["train", goal.source, *goal.arguments])
    assert command.__name__ == "train" and bound.args == (goal.source,)


def test_a_peer_is_there_after_the_epoch_whose_mean_reaches_the_goal() -> None:
    curves = [
        [(10.0, 0.98), (20.0, 0.989), (30.0, 1.0)],
        [(12.0, 0.98), (24.0, 0.991), (36.0, 1.0)],
    ]
    trainings = [Training({}, points(*curve)) for curve in curves]
    attempts = [Attempt(0, 9.0, 2.0, 0.99), Attempt(1, 9.0, 3.0, 0.99), Attempt(1, 9.0, 4.0, 0.99)]
    told = comparison(attempts, trainings, 0.99)
    assert told["epoch"] == 2
    assert told["train_seconds"] == {"median": 22.0, "low": 20.0, "high": 24.0}
    assert told["times_noonbit"] == {"median": 8.0, "low": 6.0, "high": 10.0}


def test_a_peer_that_does_not_get_there_took_all_its_epochs_at_least() -> None:
    training = Training({"jit_compile": True}, points((10.0, 0.98), (20.0, 0.99)))
    told = comparison([Attempt(0, 9.0, 2.0, 0.99)], [training], 0.994)
    assert told["epoch"] is None and told["best_mean_accuracy"] == 0.99
    assert told["times_noonbit"]["median"] == 10.0
    assert told["form"] == "jit_compile=True"


def test_a_goal_is_reached_by_whole_commands_with_a_peer_in_between(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    goal = Goal("digits", 0.2, ("--model", "mlp", "--epochs", "1"))
    monkeypatch.setattr(reaching, "GOALS", {"digits-20": goal})
    monkeypatch.setattr(reaching, "EXAMPLE", "tiny_contestants:learning")
    monkeypatch.setattr(reaching, "EXAMPLE_SOURCE", "digits")
    out = tmp_path / "accuracy.json"
    reaching.accuracy(goals="digits-20", seeds=1, peer_seeds=1, threads=1, out=out)
    said = capsys.readouterr()
    result = json.loads(out.read_text())
    assert json.loads(said.out.splitlines()[-1]) == result
    reached = result["goals"]["digits-20"]
    (attempt,) = reached["attempts"]
    assert reached["reached"] and attempt["seconds"] > attempt["train_seconds"] > 0
    assert {name: each["epoch"] for name, each in reached["peers"].items()} == {
        "Keras as written": 1,
        "Keras at its best": 1,
    }
    assert "digits --model mlp --epochs 1" in said.out and "yes" in said.out


def test_a_peer_that_is_not_installed_is_left_out_with_a_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(reaching, "EXAMPLE", "no_such_library:train")
    reaching.accuracy(goals="mnist-99.0", seeds=0, peer_seeds=1, out=tmp_path / "accuracy.json")
    said = capsys.readouterr().err
    assert "Keras as written is left out: No module named 'no_such_library'" in said
    assert "Keras at its best is left out" in said


def test_a_goal_that_does_not_exist_is_answered_with_the_nearest() -> None:
    with pytest.raises(UsageError, match=r"'mnist-99'\. Did you mean 'mnist-99"):
        reaching.accuracy(goals="mnist-99")


# Ensemble, loading, prediction, start-up, growth


def test_one_network_and_an_ensemble_are_trained_by_the_clock() -> None:
    for members in (None, 2):
        seconds = trained("digits", "mlp", 1, None, members, None)
        assert 0 < seconds["steps"] <= seconds["training"] < seconds["all"]


def test_the_sources_that_are_loaded_are_what_they_are_called(tmp_path: Path) -> None:
    table = load(opening.write_csv(tmp_path, 480), Recipe(), data_dir=None)
    assert (len(table.labels), len(table.data.class_names)) == (480, 24)
    assert len(opening.write_csv(tmp_path, 480).read_text().splitlines()[1].split(",")) == 785
    idx = load(opening.write_idx(tmp_path, 120), Recipe(), data_dir=None)
    assert {part: len(idx.data.parts[part]) for part in idx.data.parts} == {
        "train": 120,
        "test": 20,
    }  # type: ignore[index]
    for source in opening.write_pictures(tmp_path, 20).values():
        pictures = load(source, Recipe(), data_dir=None)
        assert (len(pictures.labels), pictures.data.class_names) == (20, ("cats", "dogs"))


def test_a_source_is_loaded_in_two_processes(tmp_path: Path) -> None:
    first, second = opening.loaded_twice(opening.write_csv(tmp_path, 480), threads=1)
    assert first > 0 and second > 0


@pytest.mark.parametrize("images", [1, 30])
def test_contestants_predict_as_many_images_as_they_say(images: int) -> None:
    peer = pytorch_prediction.predict_as_written("mlp", images)
    at_best = pytorch_prediction.predict_at_best("cnn", images, 16, True)
    assert [next(peer), next(peer), next(at_best)] == [images] * 3


def test_a_finished_run_predicts_one_image_and_many(tmp_path: Path) -> None:
    run = predicting.finished_run(tmp_path)
    for images in (1, 30):
        ours = predicting.noonbit_predicts(str(run), predicting.NETWORK, images)
        assert [next(ours), next(ours)] == [images] * 2


@pytest.mark.slow  # Keras and TensorFlow take seconds to import
def test_keras_predicts_in_every_form() -> None:
    pytest.importorskip("keras")
    from benchmarks.peers import keras_prediction

    written = keras_prediction.predict_as_written("mlp", 5)
    best = [
        keras_prediction.predict_at_best("cnn", 5, way, 5, False)
        for way in ("predict", "predict_on_batch", "call")
    ]
    assert [next(each) for each in (written, *best)] == [5] * 4


@pytest.mark.slow  # Keras and TensorFlow take seconds to import
def test_keras_trains_its_own_example_on_mnist(shared_data: Any) -> None:
    pytest.importorskip("keras")
    from benchmarks.peers import keras_mnist

    place = str(shared_data("mnist").parent)
    (point,) = keras_mnist.train(0, place, [{}], epochs=1)["curve"]
    assert point["accuracy"] > 0.9 and point["seconds"] > 0


def test_what_is_started_is_timed_and_what_is_not_here_is_left_out(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    starts = {
        "python": starting.Start(("-c", "pass")),
        "import absent": starting.Start(("-c", "import absent"), ("no_such_library",)),
    }
    monkeypatch.setattr(starting, "STARTS", starts)
    starting.startup(rounds=1, threads=1, out=tmp_path / "startup.json")
    assert "import absent is left out: no_such_library is not here" in capsys.readouterr().err
    seconds = json.loads((tmp_path / "startup.json").read_text())["seconds"]
    assert list(seconds) == ["python"] and seconds["python"]["median"] > 0


def test_memory_is_measured_while_a_training_grows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not growing.STATUS.exists():
        pytest.skip("needs Linux's /proc")

    def here(name: str, settings: dict[str, Any], *, environment: dict[str, str], **_: int) -> Any:
        """`alone`, which has its own tests, without a process."""
        with pytest.MonkeyPatch.context() as patch:
            for variable, value in environment.items():
                patch.setenv(variable, value)
            return getattr(growing, name.partition(":")[2])(**settings)

    monkeypatch.setattr(growing, "alone", here)
    monkeypatch.setattr(growing, "LONG_MODEL", "mlp")
    growing.write_images(tmp_path / "images", 200)
    taken = growing.many_epochs(str(tmp_path / "images"), [1, 3])
    assert len(taken) == 2
    files = growing.from_files(tmp_path / "files", 40, threads=1)
    names = ("train_seconds", "other_seconds", "peak_bytes")
    row = {name: files[f"first_{name}"] for name in names}
    assert row["peak_bytes"] > 2**20 and row["other_seconds"] > 0 < row["train_seconds"]
    assert not (tmp_path / "files").exists()
    assert files["decoded_bytes"] == 40 * 64 * 64 * 3
    assert all(files[name] > 0 for name in growing.FOLDER_SECONDS.values())
    growing.draw(
        [{"images": 200, **row}, {"images": 400, **row}],
        [files, files | {"files": 80}],
        *([1, 3], taken, tmp_path / "c.png"),
    )
    assert (tmp_path / "c.png").read_bytes()[:4] == b"\x89PNG"


def test_the_most_memory_is_seen_while_it_is_there() -> None:
    if not growing.STATUS.exists():
        pytest.skip("needs Linux's /proc")
    # Pages of its own: what is allocated may be memory that was freed before.
    private = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
    with growing.sampled_memory() as samples, mmap.mmap(-1, 2**27, flags=private) as held:
        for page in range(0, len(held), mmap.PAGESIZE):
            held[page] = 1
        deadline = time.monotonic() + 10
        while max(samples) - samples[0] < 2**26 and time.monotonic() < deadline:
            time.sleep(growing.SAMPLE_SECONDS)
    assert max(samples) - samples[0] > 2**26


def points(*pairs: tuple[float, float]) -> list[dict[str, float]]:
    """A curve of seconds and accuracies."""
    return [{"seconds": seconds, "accuracy": accuracy} for seconds, accuracy in pairs]
