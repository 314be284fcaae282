"""What several test files need."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from paths import SHARED_DATA

from noonbit.config.ensemble import EnsembleSettings
from noonbit.config.recipe import Recipe
from noonbit.jobs.ensemble import train_members
from noonbit.jobs.train import train
from noonbit.runs.run import Run

# Tests leave nothing in anybody's cache, and find nothing there; those of the cache have their own.
os.environ["NOONBIT_DECODED_GB"] = "0"
# Reports are English, whatever their reader speaks.
os.environ.pop("NOONBIT_LANGUAGE", None)
# Some tests load onnxruntime themselves, which would send usage data (system/onnx_runtime.py).
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

# A shell lets what it starts in the background ignore Ctrl-C; tests are about Python's own handler.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Threads that meet in every operator wait long where another process keeps a core busy. A test that
# is about threads sets their number itself.
torch.set_num_threads(1)


@pytest.hookimpl(tryfirst=True)  # before `-m` chooses among the marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test that drives a browser as one of those."""
    for item in items:
        if isinstance(item, pytest.Function) and "chromium" in item.fixturenames:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session", autouse=True)
def settings_folder(tmp_path_factory: pytest.TempPathFactory) -> None:
    """A folder of user settings that no test shares with anybody, such as the trusted code."""
    os.environ["XDG_CONFIG_HOME"] = str(tmp_path_factory.mktemp("settings"))


@pytest.fixture
def shared_data() -> Callable[[str], Path]:
    """A path below the folder of real data sets; skips the test where it is absent."""

    def find(name: str) -> Path:
        path = SHARED_DATA / name
        if not path.exists():
            pytest.skip(f"needs the real data in {path}")
        return path

    return find


@pytest.fixture(scope="session")
def digits_run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A finished run on the digits: two epochs of the plain network, which errs now and then."""
    out = tmp_path_factory.mktemp("runs") / "digits"
    return train("digits", Recipe(model="mlp", epochs=2, threads=1), out=out)


@pytest.fixture(scope="session")
def digits_ensemble(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Three members that were trained one after the other on the digits."""
    out = tmp_path_factory.mktemp("runs") / "ensemble"
    recipe = Recipe(model="mlp", epochs=1, threads=1)
    return train_members("digits", recipe, EnsembleSettings(members=3), out=out)


@pytest.fixture(scope="session")
def digits_folds(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A cross-validation of the plain network on the digits, in three folds."""
    out = tmp_path_factory.mktemp("runs") / "folds"
    return train_members(
        "digits", Recipe(model="mlp", epochs=1, threads=1), EnsembleSettings(folds=3), out=out
    )
