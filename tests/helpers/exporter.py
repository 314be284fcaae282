"""PyTorch's exporter to ONNX, kept ready between the exports of one process."""

import functools

import pytest


@pytest.fixture(scope="session", autouse=True)
def translations() -> None:
    """Make the exporter's table of translations once.

    It reads the source of some 2,000 functions for it at each export, a quarter of its time. The
    table is only looked up afterwards, and is the same for all networks.
    """
    from torch.onnx._internal.exporter import _registration

    registry = _registration.ONNXRegistry
    registry.from_torchlib = staticmethod(functools.cache(registry.from_torchlib))
