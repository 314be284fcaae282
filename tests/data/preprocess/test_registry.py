"""A kind of input is a plug: rows of numbers, added from outside the package in this file alone."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

import numpy as np
import pytest
from numpy.typing import NDArray
from torch import nn

import noonbit
from noonbit.cli.main import run as command_line
from noonbit.config.recipe import Recipe
from noonbit.data import open_data
from noonbit.data.checks.check import check
from noonbit.data.dataset import InputList, Inputs, NumberedNames, Part, RawDataset
from noonbit.data.files import File
from noonbit.data.labels import encode_labels
from noonbit.data.preprocess.base import Adjustment, Preprocessor, ReportWords
from noonbit.data.preprocess.registry import INPUT_KINDS, register_input_kind
from noonbit.data.readers.listing import Listing
from noonbit.data.readers.registry import FORMATS, Format, register_format
from noonbit.errors import InputRefused, UsageError
from noonbit.models.catalogue import MODELS, Entry
from noonbit.runs.run import Run

COLUMNS = 3


class NumberRows(InputList[list[float]]):
    """Rows of numbers as they were found."""

    input_kind = "rows"


class RowPreprocessor(Preprocessor):
    """A row of numbers, each divided by the largest of its column in training."""

    noun: ClassVar[str] = "row"
    one_of_them: ClassVar[str] = "a row of numbers"
    example: ClassVar[str] = "NEW.rows"
    blank: ClassVar[str] = "all zeros"
    report_words: ClassVar[ReportWords] = ReportWords(
        other_sources="another instrument",
        related="of one day",
        no_class="a row of something else",
        output_axes="units",
        content="numbers",
    )
    dtype: ClassVar[type[np.generic]] = np.float32
    default_model: ClassVar[str] = "rows-mlp"
    usual_input: ClassVar[tuple[int, int, tuple[int, ...]]] = (2, 1, (COLUMNS,))
    small_input: ClassVar[str] = f"{COLUMNS}x1"

    input_kind: Literal["rows"] = "rows"
    columns: int
    scales: tuple[float, ...]

    @property
    def channels(self) -> int:
        return 1

    @property
    def size(self) -> tuple[int]:
        return (self.columns,)

    @classmethod
    def input_shape(cls, channels: int, size: tuple[int, ...]) -> tuple[int, ...]:
        return size

    @classmethod
    def fit(cls, data: RawDataset, recipe: Recipe) -> tuple[Self, dict[str, str]]:
        largest = np.abs(np.array(list(data.train.raw))).max(axis=0)
        return cls(columns=len(largest), scales=tuple(largest.tolist())), {
            "scales": "the largest number of each column"
        }

    def transform_one(
        self, raw: Any, *, name: str = "the input"
    ) -> tuple[NDArray[Any], list[Adjustment]]:
        if len(raw) != self.columns:
            raise InputRefused(name, f"has {len(raw)} numbers; a row has {self.columns}")
        values = np.array(raw, np.float32) / np.array(self.scales, np.float32)
        return values, [] if values.any() else ["blank"]

    def vectors(self, values: NDArray[Any]) -> NDArray[np.float32]:
        return values.astype(np.float32)

    def describe(self) -> str:
        return f"{self.columns} numbers"

    def facts(self) -> dict[str, object]:
        return {"scales": self.scales}


def rows_mlp(classes: int, channels: int, size: tuple[int, ...]) -> nn.Module:
    return nn.Sequential(nn.Linear(size[0], 16), nn.ReLU(), nn.Linear(16, classes))


def recognise(listing: Listing) -> bool:
    return all(file.name.endswith(".rows") for file in listing.files)


def lines_of(files: list[File]) -> list[list[str]]:
    return [line.split() for file in files for line in file.read().decode().splitlines()]


def read(listing: Listing) -> RawDataset:
    source, lines = listing.source, lines_of(listing.files)
    labels, class_names = encode_labels({"train": [line[0] for line in lines]}, source=source)
    rows = NumberRows([[float(number) for number in line[1:]] for line in lines])
    part = Part(rows, labels["train"], NumberedNames(f"{source} row", len(rows)))
    return RawDataset(source, "rows of numbers", {"train": part}, class_names)


def read_inputs(listing: Listing, value_range: tuple[float, float] | None) -> Inputs:
    part = read(listing).train
    return Inputs(listing.source, "rows of numbers", Part(part.raw, None, part.names))


@pytest.fixture(scope="module", autouse=True)
def fourth_kind() -> Iterator[None]:
    """One call for the kind, and as for any other, one for its format and one for its network."""
    register_input_kind(RowPreprocessor)
    register_format(Format("rows of numbers", recognise, read, read_inputs))
    MODELS["rows-mlp"] = Entry(rows_mlp, "two dense layers", "this test", input_kind="rows")
    yield
    del INPUT_KINDS["rows"], FORMATS[0], MODELS["rows-mlp"]


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two classes: which of the first two columns is larger."""
    generator = np.random.default_rng(0)
    numbers = generator.uniform(0, 100, (300, COLUMNS))
    names = np.where(numbers[:, 0] > numbers[:, 1], "left", "right")
    path = tmp_path_factory.mktemp("rows") / "data.rows"
    path.write_text(
        "\n".join(
            f"{name} {' '.join(map(str, row))}" for name, row in zip(names, numbers, strict=True)
        )
    )
    return path


@pytest.fixture(scope="module")
def run(source: Path) -> Run:
    return noonbit.train(source, epochs=60, threads=1, batch_size=8, learning_rate=0.01)


@pytest.fixture(scope="module", autouse=True)
def own_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("work"))
        yield


def test_it_trains_with_its_own_default_network_and_is_measured(run: Run) -> None:
    assert run.metadata["model"]["name"] == "rows-mlp"
    assert run.evaluation is not None and run.evaluation.accuracy > 0.9
    assert run.evaluate() == run.evaluation


def test_a_stored_run_answers_new_inputs(run: Run, source: Path) -> None:
    loaded = noonbit.load_run(run.path)
    assert isinstance(loaded.contract.preprocessor, RowPreprocessor)
    assert loaded.predict([[90.0, 5.0, 50.0], [5.0, 90.0, 50.0]]).labels == ["left", "right"]
    assert len(loaded.predict(source)) == 300
    with pytest.raises(InputRefused, match="has 2 numbers; a row has 3"):
        loaded.predict([[1.0, 2.0]])


def test_its_report_speaks_its_words(run: Run) -> None:
    page = (run.path / "report.html").read_text()
    for words in ("test rows", "another instrument", "3 numbers", "SHA-256 over numbers"):
        assert words in page


def test_it_is_checked(source: Path) -> None:
    diagnosis = check(open_data(source))
    assert diagnosis.as_dict()["scales"] and not diagnosis.problems


def test_the_commands_take_it(run: Run, source: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["check", str(source)], ["evaluate", str(run.path)], ["errors", str(run.path)]):
        assert command_line(words) == 0, capsys.readouterr().err
    capsys.readouterr()
    assert command_line(["predict", str(run.path), str(source), "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["predictions"]) == 300
    for words in (["summary", "rows-mlp"], ["models"], ["gradcheck", "rows-mlp"]):
        assert command_line(words) == 0, capsys.readouterr().err


def test_a_network_of_another_kind_is_refused(source: Path) -> None:
    with pytest.raises(UsageError, match="cnn takes pictures, and here are rows"):
        noonbit.train(source, model="cnn")


def test_a_picture_is_no_row(run: Run, tmp_path: Path) -> None:
    np.save(tmp_path / "picture.npy", np.zeros((1, 8, 8), np.uint8))
    with pytest.raises(InputRefused, match="is a picture, but this network takes rows"):
        run.predict(tmp_path / "picture.npy")


def test_the_kind_is_stored_by_name(run: Run) -> None:
    stored = json.loads((run.path / "contract.json").read_text())["preprocessor"]
    assert stored["input_kind"] == "rows" and stored["columns"] == COLUMNS
