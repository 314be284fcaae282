"""To Keras 3, a flow is a `keras.utils.PyDataset`; test_against_keras.py trains with Keras."""

import pickle
import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from noonbit import ImageDataGenerator
from noonbit.augment.keras.iterator import BatchIterator


class PyDataset:
    """Stands for Keras's class, which is not installed where the tests run."""


@pytest.fixture
def keras(monkeypatch: pytest.MonkeyPatch) -> Any:
    module: Any = ModuleType("keras")
    module.utils = SimpleNamespace(PyDataset=PyDataset)
    monkeypatch.setitem(sys.modules, "keras", module)
    return module


def flow_of(compat: Any = None) -> BatchIterator:
    images = np.random.default_rng(0).integers(0, 256, (10, 4, 4, 1), dtype=np.uint8)
    return ImageDataGenerator(rotation_range=20, compat=compat).flow(images, batch_size=4)


def test_a_flow_is_kerass_data_set_once_keras_is_imported(keras: Any) -> None:
    flow = flow_of()
    assert isinstance(flow, keras.utils.PyDataset) and isinstance(flow, BatchIterator)
    assert type(flow) is BatchIterator


def test_a_flow_made_before_keras_is_imported_becomes_one_too(request: Any) -> None:
    flow = flow_of()
    assert not isinstance(flow, PyDataset) and flow.__class__ is BatchIterator
    request.getfixturevalue("keras")
    assert isinstance(flow, PyDataset)


@pytest.mark.parametrize("name", ["keras", "keras.utils"])
def test_a_keras_that_has_no_such_class_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    module: Any = ModuleType("keras")
    if name == "keras.utils":
        module.utils = SimpleNamespace()
    monkeypatch.setitem(sys.modules, "keras", module)
    assert flow_of().__class__ is BatchIterator


def test_what_kerass_adapter_asks_for_is_there() -> None:
    flow = flow_of()
    assert (flow.num_batches, len(flow), flow.workers, flow.use_multiprocessing) == (3, 3, 1, False)
    flow.on_epoch_begin()
    first = flow[0]
    assert np.array_equal(first, flow[0])
    flow.on_epoch_end()
    assert not np.array_equal(first, flow[0])


@pytest.mark.parametrize("compat", [None, "keras"])
def test_a_flow_can_be_sent_to_another_process_before_and_after(compat: Any, request: Any) -> None:
    flow = flow_of(compat)
    assert np.array_equal(next(pickle.loads(pickle.dumps(flow))), next(flow))
    request.getfixturevalue("keras")
    copy = pickle.loads(pickle.dumps(flow))
    assert type(copy) is BatchIterator and np.array_equal(next(copy), next(flow))
