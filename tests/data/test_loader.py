"""Images that stay in a file: the loop gets the same batches, and so the same weights."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from small_training import CONTRACT, RUNTIME, carry_on, equal, images, start, weights

from noonbit.config.plan import Plan
from noonbit.config.recipe import Recipe
from noonbit.data import files, loader, mapped
from noonbit.data.dataset import InputKind, OnDemand
from noonbit.data.difficulty import nearest_neighbour_error
from noonbit.data.loader import StreamedValues, TensorDataset, values_at
from noonbit.data.mapped import RowWriter, is_mapped
from noonbit.data.prepared import PreparedDataset
from noonbit.data.preprocess.contract import Contract
from noonbit.evaluation.temperature import calibrate
from noonbit.evaluation.torch_inference import predict_logits
from noonbit.jobs.observer import Observer
from noonbit.jobs.train import train
from noonbit.runs.run import Run
from noonbit.training.loop import validate

CPU = torch.device("cpu")


@pytest.fixture
def nothing_is_small(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("NOONBIT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(loader, "SMALL", 0)
    monkeypatch.setattr(files, "SMALL", 0)


def on_disk(pixels: np.ndarray) -> np.ndarray:
    rows = RowWriter(len(pixels), pixels.shape[1:], on_disk=True)
    rows.append(pixels)
    return rows.finish()


def streamed(split: TensorDataset, *, seed: int = 0) -> TensorDataset:
    """The same split, scattered over a file with other images between."""
    assert isinstance(split.values, torch.Tensor)
    pixels = np.random.default_rng(seed).integers(0, 256, (3 * len(split), 1, 8, 8), np.uint8)
    rows = np.sort(np.random.default_rng(seed).permutation(len(pixels))[: len(split)])
    pixels[rows] = split.values.numpy()
    return TensorDataset(values_at(on_disk(pixels), rows, CPU), split.labels)


def test_a_few_images_are_copied_and_many_mapped_ones_stream(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("NOONBIT_CACHE", str(tmp_path))
    pixels = np.random.default_rng(0).integers(0, 256, (20, 1, 8, 8), np.uint8)
    rows = np.array([1, 4, 9])
    monkeypatch.setattr(loader, "SMALL", 2 * 64)
    for source, kind in ((pixels, torch.Tensor), (on_disk(pixels), StreamedValues)):
        chosen = values_at(source, rows, CPU)
        assert isinstance(chosen, kind) and len(chosen) == 3
        assert (chosen[:].numpy() == pixels[rows]).all()
    monkeypatch.setattr(loader, "SMALL", 3 * 64)
    assert isinstance(values_at(on_disk(pixels), rows, CPU), torch.Tensor)


def test_streamed_images_answer_as_a_tensor_does(nothing_is_small: None) -> None:
    del nothing_is_small
    split = images(45)
    many = streamed(split)
    assert isinstance(many.values, StreamedValues)
    assert len(many.values) == len(many) == 45
    items = torch.tensor([44, 0, 7, 7])
    for one, other in zip(many.take(items), split.take(items), strict=True):
        assert torch.equal(one, other)
    for chosen in (slice(0, 10), slice(40, 60), slice(50, 60)):
        assert torch.equal(many.values[chosen], split.values[chosen])


def test_rows_are_asked_for_before_they_are_read_where_memory_cannot_hold_them(
    nothing_is_small: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[int]] = []
    monkeypatch.setattr(mapped.ReadAhead, "__call__", lambda self, rows: asked.append([*rows]))
    pixels = np.random.default_rng(0).integers(0, 256, (20, 1, 8, 8), np.uint8)
    rows = np.array([1, 4, 9, 16])
    for available, expected in ((2 * 20 * 64, []), (20 * 64, [[9, 1], [4, 9]])):
        monkeypatch.setattr(mapped, "available_memory_bytes", lambda room=available: room)
        values = values_at(on_disk(pixels), rows, CPU)
        chosen = values.index_select(0, torch.tensor([2, 0]))
        assert torch.equal(chosen, torch.from_numpy(pixels[[9, 1]]))
        assert torch.equal(values[1:3], torch.from_numpy(pixels[[4, 9]]))
        assert asked == expected


def test_streamed_training_ends_with_the_same_bits(nothing_is_small: None) -> None:
    del nothing_is_small
    memory, disk = start(), start(train=streamed(images()))
    assert carry_on(memory)
    validation = streamed(images(15, seed=1), seed=1)
    assert carry_on(disk, train=streamed(images()), validation=validation)
    assert equal(weights(memory), weights(disk))
    for one, other in zip(memory.history, disk.history, strict=True):
        assert one == replace(other, seconds=one.seconds, items_per_second=one.items_per_second)


def test_validation_calibration_and_evaluation_are_the_same(nothing_is_small: None) -> None:
    del nothing_is_small
    state = start()
    for count in (15, 700):
        split = images(count, seed=1)
        many = streamed(split)
        first, second = (validate(state.model, CONTRACT, each, RUNTIME) for each in (split, many))
        assert first == second
        assert calibrate(CONTRACT, state.model, split, RUNTIME) == calibrate(
            CONTRACT, state.model, many, RUNTIME
        )
        logits = [predict_logits(state.model, CONTRACT, s.values, RUNTIME) for s in (split, many)]
        assert (logits[0] == logits[1]).all()


def test_statistics_of_some_rows_are_those_of_their_copy() -> None:
    generator = np.random.default_rng(0)
    pixels = generator.integers(0, 256, (2500, 1, 8, 8), np.uint8)
    labels = np.arange(2500) % 3
    rows = np.sort(generator.permutation(2500)[:2100])
    names, preprocessor = CONTRACT.class_names, CONTRACT.preprocessor
    assert Contract.fit(preprocessor, pixels, names, train=rows) == Contract.fit(
        preprocessor, pixels[rows], names
    )
    of_rows = nearest_neighbour_error(lambda at: preprocessor.vectors(pixels[at]), labels, rows)
    copy = pixels[rows]
    assert of_rows == nearest_neighbour_error(
        lambda at: preprocessor.vectors(copy[at]), labels[rows], np.arange(2100)
    )


class Watching(Observer):
    """Remembers the items."""

    def on_start(self, run: Run, items: PreparedDataset, plan: Plan, state: object) -> None:
        self.items = items


@pytest.mark.parametrize("time_budget", [None, 0.3])
def test_a_whole_run_from_a_mapped_file_is_that_from_memory(
    tmp_path: Path, time_budget: float | None, request: pytest.FixtureRequest
) -> None:
    labels = np.arange(90) % 3
    pixels = np.random.default_rng(0).integers(0, 150, (90, 8, 8), np.uint8)
    for image, label in zip(pixels, labels, strict=True):
        image[3 * label : 3 * label + 2] += 100
    np.savez(tmp_path / "some.npz", images=pixels, labels=labels)
    recipe = Recipe(model="mlp", epochs=2, batch_size=16, threads=1)
    if time_budget is not None:
        recipe = Recipe(model="mlp", batch_size=16, threads=1, time_budget=time_budget)
    observers = Watching(), Watching()
    memory = train(tmp_path / "some.npz", recipe, out=tmp_path / "one", observer=observers[0])
    request.getfixturevalue("nothing_is_small")
    disk = train(tmp_path / "some.npz", recipe, out=tmp_path / "two", observer=observers[1])
    assert [is_mapped(each.items.values) for each in observers] == [False, True]
    if time_budget is None:
        assert memory.evaluation == disk.evaluation
        assert disk.evaluate() == disk.evaluation
        name = "weights.safetensors"
        assert (memory.path / name).read_bytes() == (disk.path / name).read_bytes()
    assert memory.metadata["data"]["fingerprint"] == disk.metadata["data"]["fingerprint"]


class Counting:
    """Inputs that are computed when they are asked for: each is its number, everywhere."""

    input_kind: InputKind = "pictures"
    shape = (300, 1, 8, 8)

    def __init__(self) -> None:
        self.asked: list[int] = []

    def __len__(self) -> int:
        return 300

    def __getitem__(self, index: Any) -> NDArray[np.uint8]:
        numbers = np.arange(300)[index]
        self.asked += np.atleast_1d(numbers).tolist()
        planes = np.asarray(numbers % 256, np.uint8)[..., None, None, None]
        return np.broadcast_to(planes, (*np.shape(numbers), 1, 8, 8)).copy()

    def take(self, indices: NDArray[np.int64]) -> "Counting":
        raise NotImplementedError

    def content(self) -> bytes:
        return b"300 numbers"


def test_what_is_computed_on_demand_is_asked_for_what_a_batch_needs() -> None:
    source = Counting()
    assert isinstance(source, OnDemand)
    chosen = values_at(source, np.array([5, 17, 200]), CPU)
    assert isinstance(chosen, StreamedValues) and not source.asked
    batch = chosen.index_select(0, torch.tensor([2, 0]))
    assert batch[:, 0, 0, 0].tolist() == [200, 5] and source.asked == [200, 5]
    assert chosen[:1].shape == (1, 1, 8, 8)
