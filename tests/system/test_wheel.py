"""A wheel brings its libraries: no compiler is needed where it is installed, and no bit differs."""

import hashlib
import json
import os
import platform
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path
from zipfile import ZipFile

import pytest
from paths import PROJECT

from noonbit.system.cpp_compiler import LEVELS, find_compiler, list_sources
from noonbit.system.hardware import x86_64_levels

pytestmark = [
    pytest.mark.slow,  # compiles all files twice, and builds as a user does, with hatchling
    pytest.mark.skipif(
        find_compiler() is None or platform.machine() != "x86_64", reason="needs a C++ compiler"
    ),
]
TRAINING = ("train", "digits", "--model", "cnn", "--epochs", "3", "--engine", "chain")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "-w", str(folder), str(PROJECT)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode and "No matching distribution found for hatchling" in done.stderr:
        pytest.skip("hatchling cannot be had here")
    assert done.returncode == 0, done.stderr
    return next(folder.glob("*.whl"))


def test_a_wheel_has_a_library_for_each_file_and_level_and_says_its_platform(wheel: Path) -> None:
    names = {name for name in ZipFile(wheel).namelist() if name.endswith(".so")}
    assert names == {
        str(source.relative_to(PROJECT).with_name(f"{source.stem}.{level}.so"))
        for source in list_sources(PROJECT / "noonbit")
        for level in LEVELS
    }
    tag = sysconfig.get_platform().replace("-", "_").replace(".", "_")
    assert wheel.name.endswith(f"-py3-none-{tag}.whl")
    assert not list((PROJECT / "noonbit").rglob("*.so"))


def test_without_a_compiler_a_wheel_trains_the_same_bits_by_the_same_engine(
    wheel: Path, tmp_path: Path
) -> None:
    if not x86_64_levels():
        pytest.skip("needs a processor of x86-64-v3")
    venv.create(tmp_path / "venv")
    packages = next((tmp_path / "venv").rglob("site-packages"))
    ZipFile(wheel).extractall(packages)
    # Everything else is this environment's.
    others = [path for path in sys.path if path.endswith("site-packages")]
    (packages / "others.pth").write_text("\n".join(others))
    python, nowhere = tmp_path / "venv" / "bin" / "python", str(tmp_path / "nothing")
    of_wheel = train(python, tmp_path / "wheel", {"PATH": nowhere})
    assert not (tmp_path / "wheel" / "cache" / "libraries").exists()
    compiled = train(
        Path(sys.executable), tmp_path / "compiled", {"PYTHONPATH": str(PROJECT), **os.environ}
    )
    assert list((tmp_path / "compiled" / "cache" / "libraries").glob("kernels-*.so"))
    assert of_wheel == compiled

    without = train(
        python, tmp_path / "off", {"PATH": nowhere, "NOONBIT_KERNELS": "off"}, engine=""
    )
    assert without[0].startswith("autograd")


def train(
    python: Path, folder: Path, environment: dict[str, str], *, engine: str = "chain"
) -> tuple[str, str]:
    """Train with an empty cache; return the engine and the weights' checksum."""
    folder.mkdir()
    arguments = TRAINING if engine else TRAINING[:-2]
    done = subprocess.run(
        [str(python), "-m", "noonbit", *arguments, "--threads", "1", "--out", str(folder / "run")],
        cwd=folder,
        env={**environment, "NOONBIT_CACHE": str(folder / "cache"), "HOME": str(folder)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    machine = json.loads((folder / "run" / "run.json").read_text())["machine"]
    weights = (folder / "run" / "weights.safetensors").read_bytes()
    return machine["engine"], hashlib.sha256(weights).hexdigest()
