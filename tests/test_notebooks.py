"""The notebooks: without outputs, and every cell runs."""

import os
import sys
from pathlib import Path

import nbclient
import nbformat
import pytest
from paths import PROJECT

NOTEBOOKS = PROJECT / "docs" / "notebooks"
QUICK = "first-steps"
NAMES = sorted(path.stem for path in NOTEBOOKS.glob("*.ipynb"))


def read(name: str) -> nbformat.NotebookNode:
    return nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)


def test_there_are_three() -> None:
    assert NAMES == ["documents-path", "first-steps", "folder-of-pictures"]


@pytest.mark.parametrize("name", NAMES)
def test_outputs_are_stripped(name: str) -> None:
    notebook = read(name)
    nbformat.validate(notebook)
    for cell in notebook.cells:
        assert not cell.get("outputs") and cell.get("execution_count") is None
    assert notebook.metadata.keys() == {"kernelspec", "language_info"}


@pytest.mark.parametrize(
    "name",
    [name if name == QUICK else pytest.param(name, marks=pytest.mark.slow) for name in NAMES],
)
@pytest.mark.filterwarnings("ignore::DeprecationWarning:jupyter_client", "ignore:.*event loop")
def test_every_cell_runs(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # `!noonbit` is the one beside this Python, and imports what is tested here.
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONPATH", str(PROJECT))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    notebook = read(name)
    client = nbclient.NotebookClient(
        notebook, timeout=600, resources={"metadata": {"path": str(tmp_path)}}
    )
    client.execute()  # raises for a cell that raises
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    printed = "".join(output.get("text", "") for output in outputs)
    assert "error:" not in printed and "not found" not in printed  # of a command that failed
    pages = [
        output["data"]["text/html"] for output in outputs if "text/html" in output.get("data", {})
    ]
    assert any("95 % interval" in page for page in pages)  # a run's card
