"""Labelled data from elsewhere are measured whole, or their test part, with classes by name."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from small_onnx import PICTURES, write_linear

from noonbit.data import open_data
from noonbit.data.prepared import PreparedDataset
from noonbit.errors import DataError
from noonbit.evaluation.inference import Classifier
from noonbit.evaluation.other_source import evaluate_source, prepare_whole
from noonbit.export.onnx_model import OnnxModel

CONTRACT = PICTURES.model_copy(update={"class_names": ("night", "day")})


@pytest.fixture
def classifier(tmp_path: Path) -> Classifier:
    """Calls dark pictures night and light ones day."""
    return OnnxModel.open(write_linear(tmp_path / "model.onnx", CONTRACT), threads=1)


def opened(folder: Path, levels: dict[str, int]) -> PreparedDataset:
    """A folder a class of pictures of these levels, prepared."""
    for name, level in levels.items():
        path = folder / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = np.full((8, 8), level, np.uint8)
        pixels[0, 0] += 9
        Image.fromarray(pixels).save(path)
    return prepare_whole(open_data(folder), PICTURES.preprocessor, on_bad="fail")


def test_classes_are_matched_by_name_not_by_number(tmp_path: Path, classifier: Classifier) -> None:
    items = opened(tmp_path / "data", {"day/1": 200, "day/2": 220, "day/3": 30, "night/4": 9})
    assert items.data.class_names == ("day", "night")  # the other way round in the contract
    evaluation = evaluate_source(classifier, items, name="model.onnx")
    assert (evaluation.items, evaluation.correct, evaluation.split) == (4, 3, "all")
    assert evaluation.confusion == ((1, 0), (1, 2))


def test_a_test_part_alone_is_measured(tmp_path: Path, classifier: Classifier) -> None:
    pictures = {"train/night/1": 200, "train/day/2": 30, "test/night/3": 20, "test/day/4": 210}
    items = opened(tmp_path / "data", pictures)
    evaluation = evaluate_source(classifier, items, name="model.onnx")
    assert (evaluation.items, evaluation.correct, evaluation.split) == (2, 2, "test")


def test_an_unknown_class_is_named(tmp_path: Path, classifier: Classifier) -> None:
    items = opened(tmp_path / "data", {"day/1": 200, "dusk/2": 120})
    with pytest.raises(DataError, match=r"the class 'dusk', which my.onnx was not trained on"):
        evaluate_source(classifier, items, name="my.onnx")
