"""noonbit watch: a training in another process, followed and steered from a terminal."""

import subprocess
import sys
import time

import pytest
from small_jobs import write_small

from noonbit.cli.main import run as noonbit
from noonbit.live.folder import LiveFolder
from noonbit.runs.changes import read_changes


def start_training(folder, out):
    """Start a training that goes on until it is stopped, and wait until it has begun."""
    source = write_small(folder / "small.npz")
    command = [sys.executable, "-m", "noonbit", "train", str(source), "--live", "--out", str(out)]
    process = subprocess.Popen(
        [*command, "--model", "cnn", "--epochs", "100000", "--threads", "1"],
        stderr=subprocess.PIPE,
    )
    while not LiveFolder(out).read_log()[0]:
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.05)
    return process


@pytest.fixture(scope="module")
def training(tmp_path_factory):
    """The folder of such a training, and its process."""
    folder = tmp_path_factory.mktemp("watch")
    out = folder / "run"
    process = start_training(folder, out)
    yield out, process
    if process.poll() is None:
        process.kill()
    process.wait()
    process.stderr.close()


def test_a_wish_is_answered(training, capsys):
    out, _ = training
    assert noonbit(["watch", str(out), "--change", "learning-rate=0.003", "--pause"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("changed  learning_rate 0.003 from step ")
    assert said[1].startswith("pause    after step ")
    assert read_changes(out)[-1].value == 0.003
    lines, _ = LiveFolder(out).read_log()
    paused_at = lines[-1]["step"]
    assert noonbit(["watch", str(out), "--step", "--go"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[1] in (
        f"go       after step {paused_at + 1:,}",
        f"go       after step {paused_at:,}",
    )


def test_a_refused_wish_is_an_error_with_the_training_s_sentence(training, capsys):
    out, _ = training
    assert noonbit(["watch", str(out), "--change", "momentum=0.5"]) == 2
    assert "sgd and muon" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["learning_rate", "learning_rate=fast", "=3", ""])
def test_a_setting_is_a_name_and_a_number(text, training, capsys):
    out, _ = training
    assert noonbit(["watch", str(out), "--change", text]) == 2
    assert capsys.readouterr().err.startswith("error: ")


def test_following_ends_with_the_training(training, capsys):
    out, process = training
    follower = subprocess.Popen(
        [sys.executable, "-m", "noonbit", "watch", str(out)], stdout=subprocess.PIPE, text=True
    )
    first = follower.stdout.readline()
    assert noonbit(["watch", str(out), "--stop"]) == 0
    rest = follower.communicate()[0].splitlines()
    assert first.startswith("epoch ")
    assert " lr 0.00" in first
    assert rest[-1].startswith("stopped  after step ")
    assert follower.returncode == 0
    assert process.wait() == 130
    assert noonbit(["watch", str(out)]) == 0  # an ended training ends at once
    assert capsys.readouterr().out.splitlines()[-1] == rest[-1]


def test_a_training_that_was_killed_is_not_waited_for(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("noonbit.cli.watch.SILENT_SECONDS", 0.3)
    out = tmp_path / "run"
    process = start_training(tmp_path, out)
    process.kill()
    process.wait()
    process.stderr.close()
    assert noonbit(["watch", str(out)]) == 5
    assert "ended without a word" in capsys.readouterr().err
    assert noonbit(["watch", str(out), "--pause"]) == 2
    assert "is not being trained now" in capsys.readouterr().err
    assert not list(LiveFolder(out).wishes.iterdir())


def test_a_run_that_was_not_live_says_how_to_go_on_so(tmp_path, capsys):
    (tmp_path / "run.json").write_text("{}")
    assert noonbit(["watch", str(tmp_path)]) == 2
    assert "--live" in capsys.readouterr().err
