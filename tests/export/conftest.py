"""Exported files, written once for the tests of this folder."""

from pathlib import Path

import pytest
from exporter import translations

from noonbit.export.onnx_file import write_onnx
from noonbit.runs.run import Run

__all__ = ["translations"]


@pytest.fixture(scope="session")
def digits_onnx(digits_run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The digits run as an ONNX file."""
    path = tmp_path_factory.mktemp("export") / "digits.onnx"
    write_onnx(digits_run, path)
    return path
