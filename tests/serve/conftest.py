"""A real network behind a real server."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from encoded_pictures import encode
from exporter import translations
from numpy.typing import NDArray
from PIL import Image
from running_server import RunningServer, running_server

from noonbit.data import open_data
from noonbit.evaluation.out_of_distribution import OutOfDistributionRule
from noonbit.export.onnx_file import write_onnx
from noonbit.export.onnx_model import OnnxModel
from noonbit.runs.run import Run

__all__ = ["translations"]

RULE = OutOfDistributionRule(threshold=0.6, fitted_items=1000, fitted_flagged=50)
"""Of a network that is surer of its own items than this one is, for which there would be none."""


@pytest.fixture(scope="session")
def digits_file(digits_run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run on the digits, exported with the rule by which inputs are unlike its training."""
    path = tmp_path_factory.mktemp("exported") / "digits.onnx"
    write_onnx(digits_run, path, RULE)
    return path


@pytest.fixture(scope="session")
def digits_model(digits_file: Path) -> OnnxModel:
    return OnnxModel.open(digits_file, threads=1)


@pytest.fixture(scope="module")
def server(digits_model: OnnxModel) -> Iterator[RunningServer]:
    """A server with the usual limits."""
    with running_server(digits_model) as running:
        yield running


@pytest.fixture(scope="session")
def digits() -> NDArray[np.uint8]:
    """Images of the digits: uint8 (N, 1, 8, 8)."""
    raw = open_data("digits").train.raw
    assert isinstance(raw, np.ndarray)
    return raw


@pytest.fixture(scope="session")
def pictures(digits: NDArray[np.uint8]) -> list[bytes]:
    """The first forty as PNG files."""
    return [encode(Image.fromarray(each[0])) for each in digits[:40]]
