"""A training that somebody watches and steers through its folder."""

import json
import time

import pytest
from small_jobs import Killed, assert_same, weights, write_small
from small_training import equal

from noonbit.config.recipe import Recipe
from noonbit.errors import Interrupted, TrainingDiverged, UsageError
from noonbit.jobs.observer import Observer
from noonbit.jobs.train import resume, train
from noonbit.live.folder import LiveFolder
from noonbit.live.frame import decode_frame
from noonbit.live.recorder import LOOK_SECONDS
from noonbit.runs.changes import read_changes
from noonbit.runs.folder import load_run
from noonbit.training.changes import STEERED_SETTINGS

RECIPE = Recipe(model="cnn", epochs=4, batch_size=8, optimizer="sgd", learning_rate=0.02, threads=1)
STEPS = 6  # of an epoch: 43 images


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    return write_small(tmp_path_factory.mktemp("data") / "small.npz")


@pytest.fixture(scope="module")
def alone(source, tmp_path_factory):
    """The run of the recipe that nobody watched."""
    return train(source, RECIPE, out=tmp_path_factory.mktemp("alone") / "run")


class Watcher(Observer):
    """Touches the folder and sends wishes after steps, as another process would."""

    def __init__(self, wishes=None, *, watches=True):
        self.wishes, self.watches = wishes or {}, watches
        self.step, self.headers = 0, []

    def on_start(self, run, items, plan, state):
        self.folder, self.step = LiveFolder(run.path), state.total_steps
        self.state = state

    def on_step(self, progress):
        self.step += 1
        if self.watches:
            self.folder.touch()
        for wish in self.wishes.get(self.step, []):
            self.folder.send(wish)
        if self.step in self.wishes:
            time.sleep(LOOK_SECONDS)  # so that the training looks after this step
        frame = self.folder.read_frame()
        if frame is not None:
            self.headers.append(decode_frame(frame)[0])


class WatcherThatDies(Watcher):
    """Ends the training without saving after a step."""

    def __init__(self, wishes, *, after):
        super().__init__(wishes)
        self.after = after

    def on_step(self, progress):
        if self.step == self.after:
            raise Killed
        super().on_step(progress)


def setting(name, value):
    return {"kind": "set", "setting": name, "value": value}


def log_of(run, *kinds):
    lines, _ = LiveFolder(run.path).read_log()
    return [line for line in lines if line["kind"] in kinds]


def test_a_watched_training_has_the_bits_of_one_that_nobody_watches(source, alone, tmp_path):
    watched = train(source, RECIPE, out=tmp_path / "watched", live=True, observer=Watcher())
    assert_same(alone, watched)
    assert not (alone.path / "live").exists()
    assert_shows_all(watched, decode_frame(LiveFolder(watched.path).read_frame())[0])


def assert_shows_all(run, header):
    """The header of a training's last frame has an item, the layers, and validation items."""
    assert header["state"] == "finished"
    assert header["step"] == 4 * STEPS
    split = run.items().split
    assert header["item"]["number"] in split.train
    assert {each["number"] for each in header["tests"]["items"]} <= set(split.validation.tolist())
    assert header["classes"] == list(run.class_names)
    assert [each["kind"] for each in header["layers"]][-1] == "Linear"
    first = header["layers"][0]
    assert first["activations"]["count"] == first["shown"] == first["of"] == 32
    assert first["weights"]["signed"] and first["weight_gradients"] and header["item"]["gradient"]
    assert header["settings"].keys() == set(STEERED_SETTINGS)
    assert header["settings"]["learning_rate"] == 0.02
    assert header["settings"]["batch_size"] == 8


def test_nobody_watching_costs_no_frame_but_lines_of_numbers(source, tmp_path):
    watcher = Watcher(watches=False)
    run = train(source, RECIPE, out=tmp_path / "run", live=True, observer=watcher)
    assert watcher.headers == []
    assert log_of(run, "tick")


def test_a_line_of_numbers_is_of_the_items_since_the_last_one(source, tmp_path, monkeypatch):
    for name in ("LOOK_SECONDS", "LINE_SECONDS", "WATCHED_LINE_SECONDS"):
        monkeypatch.setattr(f"noonbit.live.recorder.{name}", 0.0)

    class Noting(Observer):
        def on_step(self, progress):
            steps.append((progress.epoch, progress.seen))

    steps = []
    run = train(source, RECIPE, out=tmp_path / "run", live=True, observer=Noting())
    lines = log_of(run, "tick")
    assert [line["epoch"] for line in lines] == [epoch for epoch, _ in steps]
    for row in run.history:
        of_epoch = [line for line in lines if line["epoch"] == row.epoch]
        seen = [0, *(count for epoch, count in steps if epoch == row.epoch)]
        for name in ("loss", "accuracy"):
            total = sum(
                line[name] * (after - before)
                for line, before, after in zip(of_epoch, seen, seen[1:], strict=False)
            )
            assert total / seen[-1] == pytest.approx(getattr(row, name), rel=1e-4)


def test_changes_are_noted_and_applied_at_their_step(source, tmp_path):
    wishes = {
        3: [setting("learning_rate", 0.1), setting("momentum", 0.5)],
        10: [setting("batch_size", 16), setting("weight_decay", 0.01)],
    }
    run = train(source, RECIPE, out=tmp_path / "run", live=True, observer=Watcher(wishes))
    changes = read_changes(run.path)
    assert [(each.step, each.setting, each.value) for each in changes] == [
        (3, "learning_rate", 0.1),
        (3, "momentum", 0.5),
        (10, "batch_size", 16),
        (10, "weight_decay", 0.01),
    ]
    assert [(each["setting"], each["value"]) for each in log_of(run, "change")] == [
        ("learning_rate", 0.1),
        ("momentum", 0.5),
        ("batch_size", 16),
        ("weight_decay", 0.01),
    ]
    report = (run.path / "report.html").read_text()
    assert "changes.csv" in report
    assert '<code>batch_size</code><td class="n">16' in report
    assert not list(LiveFolder(run.path).wishes.iterdir())


def test_a_steered_killed_and_resumed_training_has_the_bits_of_one_never_killed(
    source, alone, tmp_path
):
    wishes = {
        4: [setting("learning_rate", 0.05)],
        9: [setting("batch_size", 4)],
        12: [setting("momentum", 0.2)],
    }
    through = train(source, RECIPE, out=tmp_path / "a", live=True, observer=Watcher(wishes))
    with pytest.raises(Killed):
        train(
            source,
            RECIPE,
            out=tmp_path / "b",
            live=True,
            observer=WatcherThatDies(wishes, after=20),
        )
    killed = load_run(tmp_path / "b")
    assert killed.metadata["status"] == "training"
    assert_same(through, resume(killed))
    assert not equal(weights(through), weights(alone))


def test_a_stopped_training_that_is_resumed_repeats_no_change_twice(source, tmp_path):
    wishes = {4: [setting("learning_rate", 0.05)], 8: [{"kind": "stop"}]}
    with pytest.raises(Interrupted):
        train(source, RECIPE, out=tmp_path / "a", live=True, observer=Watcher(wishes))
    stopped = load_run(tmp_path / "a")
    assert stopped.metadata["status"] == "interrupted"
    assert log_of(stopped, "state")[-1]["state"] == "stopped"
    LiveFolder(stopped.path).send(setting("momentum", 0.9))  # when nobody could take it
    run = resume(stopped, live=True, observer=Watcher({20: [setting("momentum", 0.5)]}))
    assert [(each.step, each.setting) for each in read_changes(run.path)] == [
        (4, "learning_rate"),
        (20, "momentum"),
    ]


def test_a_pause_waits_for_steps_and_for_the_word_to_go_on(source, alone, tmp_path):
    class Patient(Watcher):
        """Answers a pause from another thread, as a person would."""

        def on_start(self, run, items, plan, state):
            import threading

            super().on_start(run, items, plan, state)
            self.thread = threading.Thread(target=self.answer)
            self.thread.start()

        def answer(self):
            self.wait_for("paused", 1)
            self.paused_at = self.step
            time.sleep(4 * LOOK_SECONDS)
            self.stayed = self.step == self.paused_at
            self.folder.send({"kind": "step"})
            self.wait_for("paused", 2)
            self.stepped_to = self.step
            self.folder.send({"kind": "go"})

        def wait_for(self, state, count):
            while True:
                lines, _ = self.folder.read_log()
                if [line.get("state") for line in lines].count(state) == count:
                    return
                time.sleep(0.005)

    watcher = Patient({5: [{"kind": "pause"}]})
    run = train(source, RECIPE, out=tmp_path / "run", live=True, observer=watcher)
    watcher.thread.join()
    assert watcher.stayed
    assert (watcher.paused_at, watcher.stepped_to) == (5, 6)
    assert watcher.state.paused_seconds >= 4 * LOOK_SECONDS
    assert [line["state"] for line in log_of(run, "state")] == [
        "training",
        "paused",
        "paused",
        "training",
        "finished",
    ]
    assert_same(run, alone)


def test_a_paused_training_can_be_stopped(source, alone, tmp_path):
    wishes = {5: [{"kind": "pause"}, {"kind": "stop"}]}
    with pytest.raises(Interrupted):
        train(source, RECIPE, out=tmp_path / "run", live=True, observer=Watcher(wishes))
    run = load_run(tmp_path / "run")
    assert_same(resume(run), alone)


def test_what_cannot_be_done_is_refused_in_the_log_and_the_training_goes_on(source, tmp_path):
    wishes = {
        2: [
            setting("momentum", 7),
            setting("seed", 7),
            {"kind": "dance"},
            {"kind": "pause", "for": 3},
            {"kind": "show", "layers": ["x"] * 2000},
            {"kind": "show", "item": 10**9},
        ]
    }
    recipe = RECIPE.model_copy(update={"optimizer": "adam"})
    run = train(source, recipe, out=tmp_path / "run", live=True, observer=Watcher(wishes))
    refused = log_of(run, "refused")
    assert [each["wish"] for each in refused] == wishes[2]
    assert "from 0 to below 1" in refused[0]["message"]
    assert "cannot be changed while a training runs" in refused[1]["message"]
    assert all(each["message"].endswith(".") for each in refused)
    assert not read_changes(run.path)


def test_a_file_that_is_no_wish_is_refused_and_removed(source, tmp_path):
    contents = [b"", b"{", b"\xff\xfe", b"[" * 60_000, b" " * 70_000]

    class Writing(Watcher):
        def on_step(self, progress):
            if self.step == 2:
                for number, content in enumerate(contents):
                    (self.folder.wishes / f"{number}.json").write_bytes(content)
                time.sleep(LOOK_SECONDS)
            super().on_step(progress)

    run = train(source, RECIPE, out=tmp_path / "run", live=True, observer=Writing())
    assert len(log_of(run, "refused")) == len(contents)
    assert not list(LiveFolder(run.path).wishes.iterdir())


def test_an_item_of_the_test_split_is_not_shown(source, alone, tmp_path):
    split = alone.items().split
    wishes = {
        2: [{"kind": "show", "layers": [], "item": int(split.test[0])}],
        8: [{"kind": "show", "layers": [], "item": int(split.train[7])}],
    }
    watcher = Watcher(wishes)
    run = train(source, RECIPE, out=tmp_path / "run", live=True, observer=watcher)
    assert "not in the training split" in log_of(run, "refused")[0]["message"]
    header, _ = decode_frame(LiveFolder(run.path).read_frame())
    assert header["item"]["number"] == split.train[7]


def test_a_training_that_diverges_says_so(source, tmp_path):
    wishes = {3: [setting("learning_rate", 1e6)]}
    with pytest.raises(TrainingDiverged, match="a learning rate of 1e\\+06"):
        train(source, RECIPE, out=tmp_path / "run", live=True, observer=Watcher(wishes))
    run = load_run(tmp_path / "run")
    assert log_of(run, "state")[-1]["state"] == "diverged"
    json.dumps(decode_frame(LiveFolder(run.path).read_frame())[0], allow_nan=False)


def test_a_full_disk_for_pictures_ends_no_training(source, tmp_path):
    class Breaking(Watcher):
        """Puts folders in the place of the files that the recorder writes."""

        def on_step(self, progress):
            if self.step == 1:
                (self.folder.path / ".frame.bin").mkdir()
            super().on_step(progress)

    run = train(source, RECIPE, out=tmp_path / "run", live=True, observer=Breaking())
    assert run.metadata["status"] == "finished"


def test_only_one_network_is_watched(source, tmp_path):
    from noonbit.config.ensemble import EnsembleSettings

    with pytest.raises(UsageError, match="one network"):
        train(source, RECIPE, EnsembleSettings(members=2), out=tmp_path / "run", live=True)
    assert not (tmp_path / "run").exists()


def test_a_run_without_a_live_folder_takes_no_wishes(tmp_path):
    with pytest.raises(UsageError, match="--resume .* --live"):
        LiveFolder(tmp_path).send({"kind": "pause"})


def test_a_reader_of_the_log_sees_where_a_resumed_training_went_back(source, tmp_path):
    with pytest.raises(Killed):
        train(
            source,
            RECIPE,
            out=tmp_path / "run",
            live=True,
            observer=WatcherThatDies({}, after=15),
        )
    folder = LiveFolder(tmp_path / "run")
    before, offset = folder.read_log()
    with folder.log.open("a") as file:
        file.write('{"kind": "tick", "st')  # cut by the kill
    run = resume(load_run(tmp_path / "run"), live=True, observer=Watcher(watches=False))
    lines, _ = folder.read_log(offset)
    assert before[-1]["step"] == 16
    assert lines[0]["step"] == 0  # there was no checkpoint yet
    assert [lines[0]["state"], lines[-1]["state"]] == ["training", "finished"]
    steps = [line["step"] for line in lines]
    assert steps == sorted(steps)
    assert log_of(run, "tick", "state") == before + lines


def test_a_cut_line_of_changes_was_followed_by_no_step(tmp_path):
    (tmp_path / "changes.csv").write_text(
        "step,epoch,setting,value\n3,0.5,momentum,0.5\n7,1.1,learn"
    )
    assert len(read_changes(tmp_path)) == 1


def test_history_rows_hold_the_steered_rate(source, tmp_path):
    constant = RECIPE.model_copy(update={"schedule": "constant", "warmup": 0.0})
    wishes = {3: [setting("learning_rate", 0.03)]}
    run = train(source, constant, out=tmp_path / "run", live=True, observer=Watcher(wishes))
    assert [row.lr for row in run.history] == [0.03] * 4
