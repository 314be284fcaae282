"""What the container installs serves, has no PyTorch, and is what pyproject.toml says."""

import os
import re
import subprocess
import sys
import tomllib
from importlib.metadata import distribution
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HELPERS = ROOT / "tests" / "helpers"
REQUIREMENTS = ROOT / "docker" / "requirements.txt"
RUN = """
import sys

ALLOWED = set(sys.argv[2].split(","))

class OnlyTheContainers:
    # What the container does not install is not found.
    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        if top not in sys.stdlib_module_names and top not in ALLOWED and top[0] != "_":
            raise ModuleNotFoundError(f"{top} is not in the container", name=top)
        return None

sys.meta_path.insert(0, OnlyTheContainers())
from pathlib import Path

import noonbit.cli.main, noonbit.cli.serve
noonbit.cli.serve.require_extra()
from noonbit.export.onnx_model import OnnxModel
from running_server import running_server

model = OnnxModel.open(Path(sys.argv[1]), threads=1)
with running_server(model) as server:
    picture = sys.stdin.buffer.read()
    (row,) = server.client.post("/v1/predict", files={"file": picture}).json()["predictions"]
    print(row["prediction"])
    print(server.client.get("/docs").status_code, server.client.get("/metrics").status_code)
print("torch" in sys.modules)
"""


def required() -> dict[str, str]:
    """The container's packages, each with the line that asks for it."""
    lines = REQUIREMENTS.read_text().splitlines()
    return {re.split(r"[><=]", line)[0]: line for line in lines if not line.startswith("#")}


def test_the_ranges_are_those_of_the_package() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    known = {*project["dependencies"], *project["optional-dependencies"]["serve"]}
    assert set(required().values()) <= known


def test_the_extra_serve_is_whole() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert set(project["optional-dependencies"]["serve"]) <= set(required().values())


def modules_of(package: str, found: set[str]) -> set[str]:
    """The top-level modules of a package and of everything that it needs."""
    if package in found:
        return set()
    found.add(package)
    try:
        installed = distribution(package)
    except ModuleNotFoundError:
        return set()
    modules = {path.parts[0].removesuffix(".py") for path in installed.files or ()}
    for line in installed.requires or ():
        if "extra ==" not in line:
            modules |= modules_of(re.split(r"[^A-Za-z0-9_.-]", line)[0], found)
    return modules


def test_a_server_runs_with_nothing_but_what_the_container_installs(
    digits_file: Path, pictures: list[bytes]
) -> None:
    allowed = {"noonbit", "running_server", *modules_of("httpx", set())}
    for package in required():
        allowed |= modules_of(package, set())
    assert "torch" not in allowed and "pyarrow" not in allowed
    done = subprocess.run(
        [sys.executable, "-c", RUN, str(digits_file), ",".join(allowed)],
        input=pictures[0],
        capture_output=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(map(str, (ROOT, HELPERS)))},
    )
    assert done.returncode == 0, done.stderr.decode()
    assert done.stdout.decode().split() == ["0", "200", "200", "False"]


@pytest.mark.parametrize(
    "words",
    ["USER 10001", "HEALTHCHECK", "STOPSIGNAL SIGTERM", '"--host", "0.0.0.0"', "requirements.txt"],
)
def test_the_image_is_as_documented(words: str) -> None:
    assert words in (ROOT / "docker" / "Dockerfile").read_text()
