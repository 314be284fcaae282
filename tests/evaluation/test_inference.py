"""Predictions for paths, pictures and arrays, one or many."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from noonbit.data.dataset import Indices, Part
from noonbit.data.preprocess import images, polarity
from noonbit.data.preprocess.base import Values
from noonbit.data.preprocess.contract import Contract
from noonbit.data.preprocess.images import ImagePreprocessor
from noonbit.errors import InputRefused, SourceNotFound, UsageTypeError
from noonbit.evaluation.inference import (
    Predictions,
    Probabilities,
    concatenate_predictions,
    predict,
)
from noonbit.evaluation.torch_inference import NetworkClassifier
from noonbit.system.runtime import Runtime

NAMES = ("dark", "medium", "light")
DARK, LIGHT = 20, 230


class Brightness(nn.Module):
    """Classifies an image by its mean, so every prediction is known in advance."""

    def forward(self, images: Tensor) -> Tensor:
        """(N, C, H, W) -> logits (N, 3)."""
        mean = images.mean(dim=(1, 2, 3))
        return torch.stack([-mean, torch.zeros_like(mean), mean], dim=1)


def contract_of(channels: Any = 1, **more: Any) -> Contract:
    preprocessor = ImagePreprocessor(height=4, width=5, channels=channels, **more)
    return Contract(
        preprocessor=preprocessor, mean=(0.5,) * channels, std=(0.25,) * channels, class_names=NAMES
    )


@pytest.fixture(scope="module")
def runtime() -> Runtime:
    return Runtime.start(device="cpu", precision="float32")


def classifier(contract: Contract, runtime: Runtime) -> NetworkClassifier:
    return NetworkClassifier(Brightness(), contract, runtime)


def grey(level: int, height: int = 4, width: int = 5) -> np.ndarray:
    """An image of almost one level, since one of exactly one level is blank."""
    pixels = np.full((height, width), level, np.uint8)
    pixels[0, 0] += 1
    return pixels


def save(folder: Path, levels: dict[str, int]) -> None:
    for name, level in levels.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(grey(level)).save(path)


def refusal(inputs: Any, runtime: Runtime) -> str:
    with pytest.raises(InputRefused) as error:
        predict(classifier(contract_of(), runtime), inputs)
    return str(error.value)


BATCH = np.stack([grey(DARK), grey(LIGHT), grey(DARK)])


@pytest.mark.parametrize(
    "inputs",
    [
        BATCH,
        BATCH[:, None],
        BATCH[:, :, :, None],
        BATCH / 255,
        list(BATCH),
        tuple(torch.from_numpy(BATCH)),
        [Image.fromarray(one) for one in BATCH],
        Part(BATCH[:, None], None, ["a", "b", "c"]),
    ],
    ids=lambda inputs: type(inputs).__name__ + str(getattr(inputs, "shape", "")),
)
def test_many_images_in_any_form_give_a_row_each(inputs: Any, runtime: Runtime) -> None:
    predictions = predict(classifier(contract_of(), runtime), inputs)
    assert len(predictions) == 3
    assert predictions.labels == ["dark", "light", "dark"]
    assert predictions.probabilities.shape == (3, 3)
    assert predictions.bad == ()


@pytest.mark.parametrize(
    "inputs",
    [grey(LIGHT), grey(LIGHT)[None], grey(LIGHT)[:, :, None], Image.fromarray(grey(LIGHT))],
)
def test_one_image_in_any_form_gives_one_row(inputs: Any, runtime: Runtime) -> None:
    predictions = predict(classifier(contract_of(), runtime), inputs)
    assert predictions.labels == ["light"]
    assert predictions.names == ("input 0",)
    assert predictions.adjusted == {}


def test_one_colour_picture_is_not_three_grey_ones(runtime: Runtime) -> None:
    picture = np.stack([grey(LIGHT)] * 3)
    for contract in (contract_of(3), contract_of(1, fit_mode="pad")):
        for axes in ((0, 1, 2), (1, 2, 0)):
            inputs = picture.transpose(axes)
            many = contract.preprocessor.channels == 1 and axes == (0, 1, 2)
            assert len(predict(classifier(contract, runtime), inputs)) == (3 if many else 1)


def test_a_folder_a_file_and_a_list_of_them_are_predicted_under_their_names(
    tmp_path: Path, runtime: Runtime
) -> None:
    save(tmp_path / "new", {"10.png": LIGHT, "9.png": DARK})
    save(tmp_path, {"alone.png": LIGHT})
    contract = contract_of()
    folder = predict(classifier(contract, runtime), tmp_path / "new")
    assert dict(zip(folder.names, folder.labels, strict=True)) == {
        "9.png": "dark",
        "10.png": "light",
    }
    alone = predict(classifier(contract, runtime), str(tmp_path / "alone.png"))
    assert (alone.names, alone.labels) == (("alone.png",), ["light"])
    both = predict(classifier(contract, runtime), [tmp_path / "new", tmp_path / "alone.png"])
    assert both.names == ("9.png", "10.png", "alone.png")
    assert both.labels == ["dark", "light", "light"]


def test_a_labelled_folder_is_predicted_too(tmp_path: Path, runtime: Runtime) -> None:
    save(tmp_path, {"cat/1.png": DARK, "dog/1.png": LIGHT})
    predictions = predict(classifier(contract_of(), runtime), tmp_path)
    assert predictions.names == ("cat/1.png", "dog/1.png")
    assert predictions.labels == ["dark", "light"]


def test_a_file_and_its_pixels_get_the_same_answer(tmp_path: Path, runtime: Runtime) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (9, 12, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    answers = [
        predict(classifier(contract_of(), runtime), inputs)
        for inputs in (tmp_path / "a.png", pixels, Image.open(tmp_path / "a.png"))
    ]
    for answer in answers:
        assert np.array_equal(answer.probabilities, answers[0].probabilities)
        assert {name: rows.tolist() for name, rows in answer.adjusted.items()} == {
            "made grey": [0],
            "resized": [0],
        }


def test_a_single_picture_is_decoded_without_another_thread(
    tmp_path: Path, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(tmp_path, {"a.png": LIGHT})
    monkeypatch.setattr(images, "ThreadPoolExecutor", None)
    for inputs in (tmp_path / "a.png", grey(LIGHT, 8, 10), Image.fromarray(grey(LIGHT, 8, 10))):
        assert predict(classifier(contract_of(), runtime), inputs).labels == ["light"]


def test_without_a_polarity_no_border_is_measured(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(polarity, "border_level", None)
    for inputs in (BATCH, grey(LIGHT), Image.fromarray(grey(LIGHT))):
        assert predict(classifier(contract_of(), runtime), inputs).adjusted == {}


def test_unreadable_files_are_named_and_have_no_row(tmp_path: Path, runtime: Runtime) -> None:
    save(tmp_path, {f"{i}.png": DARK for i in range(4)})
    Image.fromarray(grey(LIGHT, 8, 10)).save(tmp_path / "3.png")
    (tmp_path / "1.png").write_bytes(b"hello")
    (tmp_path / "2.png").write_bytes((tmp_path / "2.png").read_bytes()[:50])
    predictions = predict(classifier(contract_of(), runtime), [tmp_path, tmp_path])
    assert predictions.names == ("0.png", "3.png") * 2
    assert predictions.labels == ["dark", "light"] * 2
    assert [str(item) for item in predictions.bad] == [
        "1.png is not an image (it begins with b'hello')",
        "2.png is cut off after 50 bytes",
    ] * 2
    # Rows count what has a row, through all sources.
    assert predictions.adjusted["resized"].tolist() == [1, 3]


def test_an_image_in_memory_that_does_not_fit_is_an_error(runtime: Runtime) -> None:
    assert refusal([grey(DARK), np.zeros((4, 5, 2), np.uint8)], runtime).startswith(
        "input 1 has the shape (4, 5, 2); an image is"
    )


@pytest.mark.parametrize(("inputs", "kind"), [(None, "NoneType"), ({}, "dict"), (3, "int")])
def test_what_is_no_input_is_refused(inputs: Any, kind: str, runtime: Runtime) -> None:
    with pytest.raises(TypeError) as error:
        predict(classifier(contract_of(), runtime), inputs)
    assert isinstance(error.value, UsageTypeError)
    assert str(error.value) == f"predict got {kind}; give paths, pictures or an array."


@pytest.mark.parametrize("inputs", [[], ()])
def test_an_empty_list_is_refused_as_empty(inputs: Any, runtime: Runtime) -> None:
    assert refusal(inputs, runtime) == "predict got nothing; give paths, pictures or an array."


def test_an_empty_array_gives_no_rows(runtime: Runtime) -> None:
    predictions = predict(classifier(contract_of(), runtime), np.zeros((0, 4, 5), np.uint8))
    assert len(predictions) == 0 and predictions.rows(3) == []


class NumpyBrightness:
    """Another classifier than a network: the same answers without PyTorch."""

    contract = contract_of()

    def probabilities(self, values: Values, rows: Indices | None = None) -> Probabilities:
        chosen = values[np.arange(len(values)) if rows is None else rows]
        mean = (chosen.mean(axis=(1, 2, 3)) / 255 - 0.5) / 0.25
        odds = np.exp(np.stack([-mean, np.zeros_like(mean), mean], axis=1))
        return (odds / odds.sum(axis=1, keepdims=True)).astype(np.float32)


def test_any_classifier_answers_any_input(tmp_path: Path, runtime: Runtime) -> None:
    save(tmp_path, {f"{i}.png": i * 60 for i in range(4)})
    (tmp_path / "1.png").write_bytes(b"hello")
    for inputs in (BATCH, [tmp_path, tmp_path / "3.png"], Part(BATCH[:, None], None, ["a"] * 3)):
        expected = predict(classifier(contract_of(), runtime), inputs)
        answers = predict(NumpyBrightness(), inputs)
        assert (answers.names, answers.bad) == (expected.names, expected.bad)
        np.testing.assert_allclose(answers.probabilities, expected.probabilities, atol=1e-6)


def test_a_missing_path_is_said(tmp_path: Path, runtime: Runtime) -> None:
    with pytest.raises(SourceNotFound, match=r"absent\.png does not exist"):
        predict(classifier(contract_of(), runtime), tmp_path / "absent.png")


def predictions_of(*rows: tuple[float, float, float]) -> Predictions:
    names = tuple(f"{i}.png" for i in range(len(rows)))
    return Predictions(names, np.array(rows, np.float32), NAMES, {}, ())


def test_the_best_classes_come_in_order_and_ties_in_the_order_of_classes() -> None:
    predictions = predictions_of((0.25, 0.5, 0.25), (0.0, 0.25, 0.75))
    assert predictions.top(2) == [
        [("medium", 0.5), ("dark", 0.25)],
        [("light", 0.75), ("medium", 0.25)],
    ]
    assert [len(best) for best in predictions.top(99)] == [3, 3]


def test_rows_are_flat_for_tables() -> None:
    assert predictions_of((0.25, 0.5, 0.25)).rows(2) == [
        {
            "name": "0.png",
            "prediction": "medium",
            "probability": 0.5,
            "prediction_2": "dark",
            "probability_2": 0.25,
            "adjusted": "",
        }
    ]


def test_rows_say_what_was_adjusted_in_each_input() -> None:
    adjusted = {"resized": np.array([0, 2]), "inverted": np.array([2])}
    each = ((1.0, 0.0, 0.0),) * 3
    predictions = replace(predictions_of(*each), adjusted=adjusted)
    assert [row["adjusted"] for row in predictions.rows(1)] == ["resized", "", "resized, inverted"]


def test_joined_predictions_are_one_after_the_other() -> None:
    first = predictions_of((0.25, 0.5, 0.25), (0.0, 0.25, 0.75))
    second = predictions_of((1.0, 0.0, 0.0))
    both = concatenate_predictions([first, second])
    assert both.names == ("0.png", "1.png", "0.png")
    assert both.labels == first.labels + second.labels
