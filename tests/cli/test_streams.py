"""Output that nobody reads, or that cannot be written, ends no command and hides no exit code."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from paths import PROJECT
from small_jobs import write_small

from noonbit.cli.main import run
from noonbit.cli.streams import OutputFile, open_output

ARITHMETIC = ("arithmetic", "7x7", "--kernel", "3")
TRAIN = ("train", "small.npz", "--epochs", "1", "--model", "mlp", "--threads", "1", "--out", "run")
ENVIRONMENT = os.environ | {"PYTHONPATH": str(PROJECT)}


def closed_pipe() -> int:
    """A descriptor whose reader has left, as `| head` does once it has what it wants."""
    reading, writing = os.pipe()
    os.close(reading)
    return writing


def full_disk() -> int:
    return os.open("/dev/full", os.O_WRONLY)


@pytest.fixture
def streams(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Replace stdout or stderr by a guarded descriptor."""

    def replace(**descriptors: int) -> None:
        for name, descriptor in descriptors.items():
            monkeypatch.setattr(sys, name, open_output(descriptor, "utf-8"))

    return replace


@pytest.mark.parametrize("broken", [closed_pipe, full_disk])
def test_a_training_goes_on_without_its_streams(
    broken: Callable[[], int],
    streams: Callable[..., None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    write_small(tmp_path / "small.npz")
    streams(stdout=broken(), stderr=broken())
    assert run(TRAIN) == 0
    assert (tmp_path / "run" / "weights.safetensors").exists()
    assert run(["check", "nowhere"]) == 3


def test_the_exit_of_the_process_writes_nothing_more() -> None:
    words = [sys.executable, "-m", "noonbit", *ARITHMETIC]
    for broken, code in ((closed_pipe(), 0), (full_disk(), 4)):
        done = subprocess.run(words, stdout=broken, stderr=broken, env=ENVIRONMENT)
        assert done.returncode == code


def test_a_result_that_did_not_arrive_is_an_error(
    streams: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    for flags in ([], ["--json"]):
        streams(stdout=full_disk())
        assert run([*ARITHMETIC, *flags]) == 4
        assert "error: The output could not be written to stdout: No space left" in (
            capsys.readouterr().err
        )


def test_a_reader_that_had_enough_is_no_error(
    streams: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    streams(stdout=closed_pipe())
    assert run([*ARITHMETIC, "--json"]) == 0
    assert "error" not in capsys.readouterr().err


def test_json_is_whole_whatever_stderr_does(
    streams: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    streams(stderr=full_disk())
    assert run([*ARITHMETIC, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["output"] == [5, 5, 1]


def test_streams_that_were_closed_at_the_start_take_no_number_from_other_files() -> None:
    code = (
        "import os, sys; from noonbit.cli.streams import guard_streams; guard_streams();"
        "print('lost'); print('lost', file=sys.stderr);"
        "assert os.open(os.devnull, os.O_RDONLY) > 2"
    )
    command = f'"{sys.executable}" -c "{code}" <&- >&- 2>&-'
    assert subprocess.run(["sh", "-c", command], env=ENVIRONMENT).returncode == 0


def test_a_full_pipe_that_does_not_block_is_waited_for() -> None:
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    reader = subprocess.Popen(["wc", "-c"], stdin=reading, stdout=subprocess.PIPE)
    os.close(reading)
    stream = open_output(writing, "utf-8")
    print("x" * 1_000_000, file=stream, flush=True)
    os.close(writing)
    assert reader.communicate()[0].strip() == b"1000001"


def test_what_a_network_of_ones_own_prints_is_no_part_of_the_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = tmp_path / "own.py"
    own.write_text(
        "from torch import nn\nprint('imported')\n"
        "def network(classes, channels, size):\n"
        "    print('built')\n"
        "    return nn.Sequential(nn.Flatten(), nn.Linear(784, classes))\n"
    )
    assert run(["summary", f"{own}:network", "--json"]) == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out)["parameters"] == 7850
    assert printed.err.startswith("imported\nbuilt\n")


def test_a_failed_file_keeps_its_first_error(tmp_path: Path) -> None:
    file = OutputFile(full_disk())
    assert file.write(b"abc") == file.write(b"abc") == 3
    assert file.failure is not None and not file.lost_its_reader
    assert isinstance(file, io.RawIOBase)
