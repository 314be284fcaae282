"""The rooms of the house import in one direction, and starting up waits for nothing heavy."""

import ast
import importlib
import os
import subprocess
import sys
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import noonbit

PACKAGE = Path(noonbit.__file__).parent

# A room imports itself and what stands before it, inside functions too; `cli` may import all.
ROOMS = [
    "errors",
    "terminal",
    "language",
    "config",
    "system",
    "data",
    "augment",
    "models",
    "pretrained",
    "training",
    "evaluation",
    "explain",
    "runs",
    "export",
    "page",
    "serve",
    "report",
    "live",
    "jobs",
    "api",
    "course",
    "studio",
    "cli",
]


HEAVY = {"torch", "numpy", "pandas", "sklearn", "scipy", "PIL", "matplotlib", "pyarrow"}


def module_name(path: Path) -> str:
    """`noonbit/models/__init__.py` -> `models`; the package itself is ``."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


MODULES = {module_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}
FACES = {"", "__main__", "byhand", "data"}
"""They hand names on that are imported when they are first used."""


@cache
def imports_of(path: Path) -> frozenset[str]:
    """The modules of noonbit that a file imports, anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} has a relative import"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            if name.split(".")[0] == "noonbit":
                found.add(nearest_module(name.removeprefix("noonbit").removeprefix(".")))
    return frozenset(found)


def nearest_module(name: str) -> str:
    """The module that `name` is or lies in: `errors.DataError` lies in `errors`."""
    while name not in MODULES:
        name = name.rpartition(".")[0]
    return name


@pytest.mark.parametrize("room", ROOMS)
def test_no_import_runs_back_up(room: str) -> None:
    names = [name for name in MODULES if name.split(".")[0] == room]
    assert names
    for name in names:
        for imported in imports_of(MODULES[name]) - {""}:  # which is `__version__`
            other = imported.split(".")[0]
            assert ROOMS.index(other) <= ROOMS.index(room), f"{name} imports {imported}"


def test_no_import_closes_a_circle() -> None:
    graph = {name: imports_of(MODULES[name]) - FACES for name in MODULES.keys() - FACES}
    TopologicalSorter(graph).prepare()  # raises CycleError with the circle's modules


def test_every_room_is_named() -> None:
    assert {name.split(".")[0] for name in MODULES.keys() - FACES} == set(ROOMS)


def loaded_by(statement: str) -> set[str]:
    """The modules that a fresh interpreter holds after `statement`.

    Tests put what belongs together into one, since each takes as long as what it loads.
    """
    code = f"{statement}\nimport sys; print(*sys.modules)"
    environment = {**os.environ, "PYTHONPATH": str(PACKAGE.parent)}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def test_starting_up_waits_for_nothing_heavy() -> None:
    modules = loaded_by(
        "import noonbit\n"
        "import noonbit.data\n"
        "from noonbit.cli.main import run\n"
        "for words in (['--version'], ['--help'], ['train', '--help']): assert run(words) == 0"
    )
    assert not modules & HEAVY


def test_loading_and_judging_data_does_not_wait_for_pytorch() -> None:
    modules = loaded_by(
        "import noonbit.data.source, noonbit.data.preprocess.contract, noonbit.data.prepared\n"
        "import noonbit.evaluation.inference, noonbit.evaluation.other_source"
    )
    assert "numpy" in modules and "torch" not in modules


def test_training_and_counting_wait_neither_for_pytorchs_compiler_nor_for_pandas() -> None:
    """Either import takes longer than a short training."""
    modules = loaded_by(
        """
from typing import get_args
from torch import nn
import noonbit.augment.keras.generator
from noonbit.config.recipe import OptimizerName
from noonbit.models.catalogue import build
from noonbit.models.summary import summarise
from noonbit.training.optim.build import make_optimizer

summarise(build("cnn", 10, 1, (28, 28)), (1, 28, 28))
for name in get_args(OptimizerName):
    model = nn.Linear(2, 3)
    model.weight.grad = model.weight.detach().clone()
    optimizer = make_optimizer(model, name, lr=0.1, momentum=0.9, weight_decay=0.1, epsilon=1e-8)
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
    optimizer.load_state_dict(optimizer.state_dict())
"""
    )
    assert "torch" in modules and not modules & {"torch._dynamo", "pandas"}


def test_finding_strokes_does_not_wait_for_scipy() -> None:
    modules = loaded_by(
        "import numpy as np; from PIL import Image, ImageDraw\n"
        "from noonbit.data.preprocess.ink import find_ink\n"
        "from noonbit.data.preprocess.strokes import measure_look\n"
        "picture = Image.new('L', (300, 240), 220)\n"
        "ImageDraw.Draw(picture).line([(80, 60), (200, 180)], fill=30, width=12)\n"
        "assert find_ink(picture) is not None\n"
        "measure_look(255 - np.asarray(picture)[None])"
    )
    assert "scipy" not in modules


@pytest.mark.parametrize("name", noonbit.__all__)
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(noonbit, name).__name__ == name
    assert name in dir(noonbit)


def test_a_name_that_is_not_public_is_no_attribute() -> None:
    with pytest.raises(AttributeError, match="module 'noonbit' has no attribute 'trian'"):
        noonbit.trian  # noqa: B018


def test_the_network_by_hand_is_imported_by_its_public_name() -> None:
    module = importlib.import_module("noonbit.byhand")
    assert module is importlib.import_module("noonbit.course.byhand")
    assert noonbit.byhand.Network is module.Network
