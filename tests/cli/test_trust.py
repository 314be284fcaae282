"""Code that comes with a run folder or a settings file runs only after the user's word."""

import hashlib
import json
import os
import py_compile
import shutil
import sys
from importlib.util import cache_from_source
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tomli_w
from PIL import Image
from small_jobs import Stopping, assert_same, write_small

import noonbit
from noonbit.cli.main import run as command_line
from noonbit.config.ensemble import EnsembleSettings
from noonbit.config.recipe import Recipe
from noonbit.errors import ArtefactError, Interrupted, UsageError
from noonbit.jobs.ensemble import train_members
from noonbit.jobs.train import resume
from noonbit.models.custom import CustomNetwork, trust_named
from noonbit.runs.folder import load_run
from noonbit.runs.network_code import copy_name
from noonbit.runs.run import Run
from noonbit.system.trust import TrustedCode, read_trusted, trusted_file

CODE = """
from pathlib import Path
from torch import nn

Path({marker!r}).write_text("ran")

def make(classes, channels, size):
    from noonbit.models.catalogue import build
    return build("mlp", classes, channels, size)
"""


class Foreign:
    """A run folder as another person would hand it on, whose code leaves a mark when it runs."""

    def __init__(self, run: Run, folder: Path) -> None:
        self.run, self.marker = folder / "run", folder / "marker"
        shutil.copytree(run.path, self.run)
        code = CODE.format(marker=str(self.marker)).encode()
        self.sha256 = hashlib.sha256(code).hexdigest()
        self.code = self.run / copy_name(self.sha256)
        self.code.write_bytes(code)
        self.change(name="/home/other/net.py:make", sha256=self.sha256)
        settings = load_run(run.path).recipe.model_dump(exclude_none=True)
        self.recipe = self.run / "recipe.toml"
        self.recipe.write_text(tomli_w.dumps(settings | {"model": f"{self.code}:make"}))

    def change(self, **facts: object) -> None:
        """Change what run.json says of each network."""
        path = self.run / "run.json"
        metadata: dict[str, Any] = json.loads(path.read_text())
        model = metadata["model"]
        for network in model.get("members", [model]):
            network.update(facts)
        path.write_text(json.dumps(metadata))

    def run_command(self, *words: str) -> int:
        """Run a command in which RUN and PICTURE stand for this run and for a picture."""
        picture = self.run.parent / "picture.png"
        Image.fromarray(np.zeros((8, 8), np.uint8)).save(picture)
        known = {"RUN": self.run, "RECIPE": self.recipe, "PICTURE": picture, "OUT": picture.parent}
        return command_line([str(known.get(word, word)) for word in words])


@pytest.fixture
def foreign(digits_run: Run, tmp_path: Path) -> Foreign:
    return Foreign(digits_run, tmp_path)


COMMANDS = [
    "predict RUN PICTURE",
    "evaluate RUN",
    "evaluate RUN digits",
    "train --resume RUN --epochs 3",
    "train digits --from RUN --epochs 1 --threads 1",
    "train digits --config RECIPE --epochs 1 --threads 1",
]


@pytest.mark.parametrize("command", COMMANDS)
def test_code_from_elsewhere_does_not_run(
    foreign: Foreign, monkeypatch: pytest.MonkeyPatch, capsys: Any, command: str
) -> None:
    monkeypatch.chdir(foreign.run.parent)
    assert foreign.run_command(*command.split()) == 4
    assert not foreign.marker.exists()
    assert not Path("runs").exists()
    sentence = capsys.readouterr().err
    assert "was neither named with --model nor trusted on this machine" in sentence
    assert f"begins with {foreign.sha256[:12]})" in sentence
    assert "Read the file, then add --trust" in sentence


def test_an_ensemble_of_runs_from_elsewhere_is_not_built(
    foreign: Foreign, digits_run: Run, capsys: Any
) -> None:
    out = foreign.run.parent / "out"
    words = "ensemble", str(digits_run.path), "RUN", "--out", str(out)
    assert foreign.run_command(*words) == 4
    assert "Read the file, then add --trust" in capsys.readouterr().err
    assert not foreign.marker.exists() and not out.exists()


def test_the_members_of_an_ensemble_from_elsewhere_do_not_run(
    digits_ensemble: Run, tmp_path: Path
) -> None:
    foreign = Foreign(digits_ensemble, tmp_path)
    assert foreign.run_command("predict", "RUN", "PICTURE") == 4
    assert not foreign.marker.exists()
    assert foreign.run_command("predict", "RUN", "PICTURE", "--trust") == 0
    assert foreign.marker.exists()


@pytest.mark.parametrize("command", ["errors RUN", "report RUN"])
def test_what_only_reads_the_folder_needs_no_trust_and_runs_nothing(
    foreign: Foreign, command: str
) -> None:
    assert foreign.run_command(*command.split()) == 0
    assert not foreign.marker.exists()


@pytest.mark.parametrize("command", COMMANDS)
def test_trust_is_said_once(
    foreign: Foreign, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.chdir(foreign.run.parent)
    assert foreign.run_command(*command.split(), "--trust") == 0
    assert foreign.marker.exists()
    assert TrustedCode(foreign.sha256, "make") in read_trusted(trusted_file())
    foreign.marker.unlink()
    assert foreign.run_command("predict", "RUN", "PICTURE") == 0
    assert foreign.marker.exists()


def test_python_trusts_by_an_argument(foreign: Foreign, digits_run: Run) -> None:
    with pytest.raises(ArtefactError, match="add --trust"):
        noonbit.load_run(foreign.run).evaluate()
    with pytest.raises(ArtefactError, match="add --trust"):
        noonbit.resume(foreign.run, epochs=3)
    assert not foreign.marker.exists()
    assert noonbit.load_run(foreign.run, trust=True).evaluate() == digits_run.evaluation


def test_a_trusted_file_lends_its_trust_to_no_other_function(foreign: Foreign) -> None:
    load_run(foreign.run).trust()
    foreign.change(name="/home/other/net.py:Path")
    assert foreign.run_command("predict", "RUN", "PICTURE") == 4
    assert not foreign.marker.exists()


def change_code(foreign: Foreign) -> None:
    foreign.code.write_bytes(foreign.code.read_bytes() + b"\n")


def link_code(foreign: Foreign) -> None:
    foreign.code.rename(foreign.run.parent / "net.py")
    foreign.code.symlink_to(foreign.run.parent / "net.py")


def name_a_file_outside(foreign: Foreign) -> None:
    foreign.change(name=f"{foreign.code.rename(foreign.run.parent / 'net.py')}:make")


def leave_out_the_hash(foreign: Foreign) -> None:
    foreign.change(name=f"{foreign.code}:make", sha256=None)


def name_a_path_as_hash(foreign: Foreign) -> None:
    foreign.change(sha256=f"x/../../{foreign.code}")


@pytest.mark.parametrize(
    ("attack", "sentence"),
    [
        (change_code, "is not the file that the run was trained with"),
        (link_code, "is a link, where the run keeps the file"),
        (name_a_file_outside, "is missing or cannot be read"),
        (leave_out_the_hash, "a file that the run does not keep is never read"),
        (name_a_path_as_hash, "a file that the run does not keep is never read"),
    ],
)
@pytest.mark.parametrize("command", [*COMMANDS[:1], *COMMANDS[3:5]])
def test_other_code_than_the_runs_is_refused_also_with_trust(
    foreign: Foreign, monkeypatch: pytest.MonkeyPatch, capsys: Any, attack: Any, sentence: str,
    command: str,
) -> None:  # fmt: skip
    load_run(foreign.run).trust()
    attack(foreign)
    monkeypatch.chdir(foreign.run.parent)
    assert foreign.run_command(*command.split(), "--trust") == 4
    assert sentence in capsys.readouterr().err
    assert not foreign.marker.exists()


def test_compiled_bytes_beside_the_file_are_not_run(foreign: Foreign) -> None:
    good = foreign.code.read_bytes()
    evil = foreign.run.parent / "evil"
    code = f"open({str(evil)!r}, 'w')\n".encode()
    foreign.code.write_bytes(code + b"#" * (len(good) - len(code)))
    os.utime(foreign.code, (1, 1))
    py_compile.compile(str(foreign.code), cache_from_source(str(foreign.code)))
    foreign.code.write_bytes(good)
    os.utime(foreign.code, (1, 1))
    assert foreign.run_command("predict", "RUN", "PICTURE", "--trust") == 0
    assert foreign.marker.exists() and not evil.exists()


def test_a_module_beside_the_copy_cannot_be_imported_by_its_path(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text("import sys\nsys.path.insert(0, __file__)\n")
    trust_named([f"{tmp_path / 'net.py'}:make"])
    with pytest.raises(UsageError, match="line 2: NameError: name '__file__' is not defined"):
        CustomNetwork.read(f"{tmp_path / 'net.py'}:make").load()


NETWORK = """
from torch import nn

def make(classes, channels, size):
    layers = nn.Flatten(), nn.Dropout(0.1), nn.Linear(channels * size[0] * size[1], classes)
    return nn.Sequential(*layers)
"""


@pytest.fixture
def own(tmp_path: Path) -> Path:
    path = tmp_path / "net.py"
    path.write_text(NETWORK)
    return path


def test_ones_own_run_needs_neither_flag_nor_file(
    own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_small(tmp_path / "small.npz")
    words = "train small.npz --model net.py:make --epochs 1 --threads 1 --out run"
    assert command_line(words.split()) == 0
    own.write_text("raise SystemExit")
    assert command_line(["evaluate", "run"]) == 0
    assert command_line(["train", "--resume", "run", "--epochs", "2"]) == 0
    assert (
        command_line(["train", "small.npz", "--from", "run", "--epochs", "1", "--out", "next"]) == 0
    )
    shutil.rmtree("run")
    assert command_line(["evaluate", "next"]) == 0


def test_a_stopped_training_is_resumed_from_the_copy_with_the_same_bits(
    own: Path, tmp_path: Path
) -> None:
    source = write_small(tmp_path / "small.npz")
    trust_named([f"{own}:make"])
    recipe = {"model": f"{own}:make", "epochs": 2, "threads": 1}
    full = noonbit.train(source, **recipe, out=tmp_path / "full")  # type: ignore[arg-type]
    with pytest.raises(Interrupted):
        noonbit.train(
            source,
            **recipe,  # type: ignore[arg-type]
            out=tmp_path / "run",
            observer=Stopping(2, 1),
        )
    own.write_text(NETWORK.replace("0.1", "0.9"))
    assert_same(resume(load_run(tmp_path / "run")), full)


def test_an_ensemble_keeps_the_code_of_its_members(own: Path, tmp_path: Path) -> None:
    source = write_small(tmp_path / "small.npz")
    trust_named([f"{own}:make"])
    recipe = Recipe(model=f"{own}:make", epochs=1, threads=1)
    run = train_members(source, recipe, EnsembleSettings(members=2), out=tmp_path / "run")
    members = [load_run(run.path / "members" / number) for number in "12"]
    combined = noonbit.ensemble(members, out=tmp_path / "combined")
    own.unlink()
    shutil.rmtree(run.path / "members")
    assert load_run(run.path).evaluate() == run.evaluation
    assert load_run(combined.path).evaluate() == combined.evaluation == run.evaluation


@pytest.mark.parametrize(
    "code",
    [
        "raise SystemExit(0)",
        "raise KeyboardInterrupt",
        "import nothing_of_this_name",
        "def make(",
        "make = 3",
        "\0",
        "def make(classes):\n    pass",
        "def make(*_):\n    raise SystemExit(0)",
        "def make(*_):\n    return lambda images: images",
        "# -*- coding: klingon -*-",
        "x = " + "(" * 500,
        "def make(*_):\n    return make()",
    ],
)
def test_a_file_that_makes_no_network_is_a_usage_error_before_a_folder_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any, code: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("net.py").write_text(code)
    write_small(tmp_path / "small.npz")
    words = ["small.npz", "--model", "net.py:make"]
    for command in (["train", *words], ["train", *words, "--members", "2"], ["summary", words[2]]):
        assert command_line(command) == 2
        assert capsys.readouterr().err.startswith("error: ")
    assert not Path("runs").exists()


def test_a_file_that_is_not_utf_8_is_a_usage_error(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_bytes(b"name = '\xff'\n")
    assert command_line(["summary", f"{tmp_path / 'net.py'}:make"]) == 2


def test_a_network_that_ends_the_program_in_training_is_no_success(
    own: Path, tmp_path: Path, capsys: Any
) -> None:
    own.write_text(
        "import sys\nfrom torch import nn\nclass Net(nn.Module):\n"
        "    def __init__(self, classes, channels, size):\n"
        "        super().__init__()\n"
        "        self.dense, self.calls = nn.Linear(size[0] * size[1], classes), 0\n"
        "    def forward(self, images):\n"
        "        self.calls += self.training\n"
        "        return self.dense(images.flatten(1)) if self.calls < 3 else sys.exit(0)\n"
    )
    source = write_small(tmp_path / "small.npz")
    words = "--epochs", "3", "--threads", "1", "--out", str(tmp_path / "run")
    assert command_line(["train", str(source), "--model", f"{own}:Net", *words]) == 2
    assert "Net fails in training (line 9: SystemExit: 0)" in capsys.readouterr().err


def test_a_wrong_network_is_refused_before_a_folder_is_made(own: Path, tmp_path: Path) -> None:
    own.write_text(NETWORK.replace("classes)\n    return", "classes + 1)\n    return"))
    source = write_small(tmp_path / "small.npz")
    for several in ([], ["--members", "2"]):
        words = ["--model", f"{own}:make", "--out", str(tmp_path / "run"), *several]
        assert command_line(["train", str(source), *words]) == 2
    assert not (tmp_path / "run").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="needs pipes in the file system")
def test_a_pipe_and_a_folder_are_no_file_of_a_network(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.py")
    (tmp_path / "folder.py").mkdir()
    for name in ("pipe.py", "folder.py", "absent.py"):
        assert command_line(["summary", f"{tmp_path / name}:make"]) == 2
