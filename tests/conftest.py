"""What several test files need.

PyTorch is imported when a test needs it: the process that hands the tests out has no use for it,
and the workers start only once this file is loaded there.
"""

import gc
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from paths import SHARED_DATA

if TYPE_CHECKING:
    from noonbit.runs.run import Run

# Tests leave nothing in anybody's cache, and find nothing there; those of the cache have their own.
os.environ["NOONBIT_DECODED_GB"] = "0"
# Reports are English, whatever their reader speaks.
os.environ.pop("NOONBIT_LANGUAGE", None)
# Some tests load onnxruntime themselves, which would send usage data (system/onnx_runtime.py).
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
# A core for each worker, and for what its tests start: threads that meet in every operator wait
# long where another process keeps a core busy. A test that is about threads sets their number.
os.environ["OMP_NUM_THREADS"] = "1"

# Tests start dozens of processes, each of which would compile the package anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# A shell lets what it starts in the background ignore Ctrl-C; tests are about Python's own handler.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Thousands of tests are collected and kept: the garbage collector would look through them, and
# through all modules that they import, again and again and find nothing.
gc.disable()


def pytest_collection() -> None:
    """Let no example of hypothesis fail for the time that it takes; a busy machine takes any."""
    from hypothesis import HealthCheck, settings

    slow = [HealthCheck.too_slow]
    settings.register_profile("untimed", deadline=None, suppress_health_check=slow)
    settings.load_profile("untimed")


def pytest_collection_finish() -> None:
    """Leave what was collected out of every later look for garbage, and look less often.

    A full look comes when a quarter of what it goes through is new, which is soon where all else is
    left out.
    """
    gc.freeze()
    gc.set_threshold(10_000, 10, 10)
    gc.enable()


@pytest.hookimpl(tryfirst=True)  # before `-m` chooses among the marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test that drives a browser as one of those."""
    for item in items:
        if isinstance(item, pytest.Function) and "chromium" in item.fixturenames:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(autouse=True)
def one_thread() -> None:
    """Compute in one thread, whatever the test before it set."""
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1)


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
def digits_run(tmp_path_factory: pytest.TempPathFactory) -> "Run":
    """A finished run on the digits: two epochs of the plain network, which errs now and then."""
    from noonbit.config.recipe import Recipe
    from noonbit.jobs.train import train

    out = tmp_path_factory.mktemp("runs") / "digits"
    return train("digits", Recipe(model="mlp", epochs=2, threads=1), out=out)


def train_three(out: Path, **settings: int) -> "Run":
    """Three networks on the digits, an epoch each."""
    from noonbit.config.ensemble import EnsembleSettings
    from noonbit.config.recipe import Recipe
    from noonbit.jobs.ensemble import train_members

    recipe = Recipe(model="mlp", epochs=1, threads=1)
    return train_members("digits", recipe, EnsembleSettings(**settings), out=out)


@pytest.fixture(scope="session")
def digits_ensemble(tmp_path_factory: pytest.TempPathFactory) -> "Run":
    """Three members that were trained one after the other on the digits."""
    return train_three(tmp_path_factory.mktemp("runs") / "ensemble", members=3)


@pytest.fixture(scope="session")
def digits_folds(tmp_path_factory: pytest.TempPathFactory) -> "Run":
    """A cross-validation of the plain network on the digits, in three folds."""
    return train_three(tmp_path_factory.mktemp("runs") / "folds", folds=3)
