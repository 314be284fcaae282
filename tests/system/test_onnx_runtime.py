"""onnxruntime is loaded without what it would send."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest
from small_onnx import PICTURES, write_linear

import noonbit
from noonbit.errors import MissingExtra
from noonbit.system.onnx_runtime import OPT_OUT, load_onnxruntime

PACKAGE = Path(noonbit.__file__).parent
UNWANTED = (OPT_OUT, "CI", "GITHUB_ACTIONS", "ORT_RUNNING_UNIT_TESTS")
"""Variables that keep onnxruntime from sending anything by themselves."""


def answer_once(model: Path, home: Path, load: str) -> list[str]:
    """Answer one input in a new process at home in `home`; what it left there."""
    code = (
        f"{load}\nimport numpy as np\n"
        f"session = onnxruntime.InferenceSession({str(model)!r})\n"
        "session.run(None, {'values': np.zeros((1, 1, 8, 8), np.uint8)})\n"
    )
    kept = {name: value for name, value in os.environ.items() if name not in UNWANTED}
    kept = {name: value for name, value in kept.items() if not name.startswith("XDG_")}
    environment = {**kept, "HOME": str(home), "PYTHONDONTWRITEBYTECODE": "1"}
    subprocess.run([sys.executable, "-c", code], env=environment, check=True)
    return sorted(str(path.relative_to(home)) for path in home.rglob("*") if path.is_file())


def test_nothing_of_the_machine_is_kept_to_be_sent(tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    model = write_linear(tmp_path / "model.onnx", PICTURES)
    load = "from noonbit.system.onnx_runtime import load_onnxruntime\n"
    load += "onnxruntime = load_onnxruntime()"
    assert answer_once(model, home, load) == []


def test_no_other_module_loads_it():
    loading = set()
    for path in PACKAGE.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in tree.body:
            if isinstance(node, ast.If):  # TYPE_CHECKING
                tree.body.remove(node)
        for node in ast.walk(tree):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            if any(name.split(".")[0] == "onnxruntime" for name in names):
                loading.add(path.relative_to(PACKAGE).as_posix())
    # quantise.py takes a part of it that importing the whole does not load.
    assert loading == {"system/onnx_runtime.py", "export/quantise.py"}


def test_without_it_the_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(MissingExtra, match=r"pip install 'noonbit\[export\]'"):
        load_onnxruntime()
