"""An exported file gives the answers of its run, for awkward pictures in every form."""

import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from noonbit.config.recipe import Recipe
from noonbit.data import open_data
from noonbit.evaluation.inference import Predictions
from noonbit.export.onnx_file import write_onnx
from noonbit.export.onnx_model import OnnxModel
from noonbit.jobs.train import train
from noonbit.runs.run import Run

WORST = 1e-5
ORIENTATION = 0x0112
"""The EXIF tag by which a phone says how it was held."""


Answering = tuple[OnnxModel, Run]
"""An exported file and its run."""


@pytest.fixture(scope="module")
def grey(tmp_path_factory: pytest.TempPathFactory) -> Answering:
    """A network of drawings, dark on light, whose contract frames strokes."""
    folder = tmp_path_factory.mktemp("grey")
    run = train("shapes", Recipe(model="mlp", epochs=1, threads=1), out=folder / "run")
    assert run.contract.preprocessor.describe() == "24x24x1, dark on light"
    return export(run, folder / "model.onnx")


def export(run: Run, path: Path) -> Answering:
    write_onnx(run, path)
    return OnnxModel.open(path, threads=1), run


def digit(side: int = 40) -> Image.Image:
    """A real handwritten digit, light on dark, in mode L."""
    raw = open_data("digits").train.raw
    assert isinstance(raw, np.ndarray)
    return Image.fromarray(raw[3, 0]).resize((side, side), Image.Resampling.BICUBIC)


def photo(width: int, height: int) -> Image.Image:
    """A dark stroke on uneven light paper in colour, as a phone sees it."""
    rows, columns = np.mgrid[:height, :width]
    light = 170 + 60 * rows / height + 20 * np.random.default_rng(0).random((height, width))
    light[height // 5 : -height // 5, width // 2 : width // 2 + width // 12] = 40
    return Image.fromarray(np.stack([light, light * 0.95, light * 0.8], axis=-1).astype(np.uint8))


def with_alpha(mode: str) -> Image.Image:
    """Ink whose alpha is the drawing, on nothing."""
    picture = Image.new(mode, (33, 33), 0)
    picture.putalpha(digit(33))
    return picture


def levels_of_16_bits() -> Image.Image:
    return Image.fromarray(np.asarray(digit(21), np.uint16) * 257)


def write_orientation(orientation: int) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        exif = Image.Exif()
        exif[ORIENTATION] = orientation
        photo(120, 80).save(path, exif=exif, quality=92)

    return write


PICTURES: dict[str, Callable[[Path], None]] = {
    "upright.jpg": write_orientation(1),
    "turned.jpg": write_orientation(6),
    "mirrored.jpg": write_orientation(2),
    "turned-back.jpg": write_orientation(8),
    "cmyk.jpg": lambda path: photo(31, 47).convert("CMYK").save(path),
    "alpha.png": lambda path: with_alpha("RGBA").save(path),
    "grey-alpha.png": lambda path: with_alpha("LA").save(path),
    "16-bit.png": lambda path: levels_of_16_bits().save(path),
    "16-bit.tif": lambda path: levels_of_16_bits().save(path),
    "palette.png": lambda path: photo(29, 17).convert("P", colors=7).save(path),
    "palette.gif": lambda path: digit(19).convert("P").save(path),
    "bilevel.png": lambda path: digit(64).convert("1").save(path),
    "wide.png": lambda path: photo(97, 3).save(path),
    "one-pixel.png": lambda path: digit(1).save(path),
    "inverted.png": lambda path: Image.eval(digit(8), lambda level: 255 - level).save(path),
    "as-trained.png": lambda path: digit(8).save(path),
    "blank.webp": lambda path: Image.new("RGB", (50, 40), (9, 9, 9)).save(path),
    "cut-off.png": lambda path: path.write_bytes(b"\x89PNG\r\n\x1a\n hello") and None,
    "text.jpg": lambda path: path.write_text("no picture") and None,
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("awkward")
    for name, write in PICTURES.items():
        write(folder / name)
    return folder


def assert_same(answers: Predictions, expected: Predictions) -> None:
    assert answers.names == expected.names
    assert answers.bad == expected.bad
    assert answers.class_names == expected.class_names
    assert {name: rows.tolist() for name, rows in answers.adjusted.items()} == {
        name: rows.tolist() for name, rows in expected.adjusted.items()
    }
    np.testing.assert_allclose(answers.probabilities, expected.probabilities, rtol=0, atol=WORST)
    assert answers.labels == expected.labels


@pytest.mark.parametrize("name", PICTURES)
def test_a_file_answers_one_picture_as_its_run(name: str, folder: Path, grey: Answering) -> None:
    model, run = grey
    expected = run.predict([folder / name])
    assert len(expected) + len(expected.bad) == 1
    assert_same(model.predict([folder / name]), expected)


def test_a_file_answers_a_folder_and_its_archive_as_its_run(
    folder: Path, tmp_path: Path, grey: Answering
) -> None:
    model, run = grey
    archive = tmp_path / "awkward.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        for name in PICTURES:
            packed.write(folder / name, name)
    expected = run.predict([folder, archive])
    assert len(expected) == 2 * (len(PICTURES) - 2) and len(expected.bad) == 4
    assert {"resized", "made grey", "inverted", "reframed", "unlike", "blank"} <= set(
        expected.adjusted
    )
    assert_same(model.predict([folder, archive]), expected)


def test_a_file_answers_tables_and_arrays_of_pixels_as_its_run(
    tmp_path: Path, grey: Answering
) -> None:
    model, run = grey
    raw = open_data("shapes").parts["test"].raw
    assert isinstance(raw, np.ndarray)
    levels = raw[:99, 0]
    rows = "\n".join(",".join(map(str, image.ravel())) for image in levels)
    (tmp_path / "pixels.csv").write_text(rows + "\n")
    np.save(tmp_path / "levels.npy", levels)
    for name in ("pixels.csv", "levels.npy"):
        expected = run.predict(tmp_path / name)
        assert len(expected) == 99
        assert_same(model.predict(tmp_path / name), expected)
    assert_same(model.predict(levels), run.predict(levels))
    assert_same(model.predict(255 - levels[0]), run.predict(255 - levels[0]))


def test_a_file_measures_what_its_run_measures(grey: Answering) -> None:
    model, run = grey
    answer, expected = model.evaluate("shapes"), run.evaluate("shapes")
    assert answer.items == expected.items == 900
    assert (answer.confusion, answer.accuracy_low) == (expected.confusion, expected.accuracy_low)
    assert answer.loss == pytest.approx(expected.loss, abs=WORST)


@pytest.mark.slow
@pytest.mark.parametrize("name", PICTURES)
def test_a_file_of_a_colour_network_answers_as_its_run(
    name: str, folder: Path, colour: Answering
) -> None:
    model, run = colour
    assert_same(model.predict([folder / name]), run.predict([folder / name]))


@pytest.fixture(scope="module")
def colour(tmp_path_factory: pytest.TempPathFactory) -> Answering:
    """A network of 12x12 colour pictures whose class is their colour."""
    folder = tmp_path_factory.mktemp("colour")
    labels = np.arange(90) % 3
    images = np.random.default_rng(0).integers(0, 150, (90, 12, 12, 3))
    images[np.arange(90), :, :, labels] += 100
    np.savez(folder / "colours.npz", images=images.astype(np.uint8), labels=labels)
    recipe = Recipe(model="mlp", epochs=2, threads=1)
    run = train(folder / "colours.npz", recipe, out=folder / "run")
    return export(run, folder / "model.onnx")
