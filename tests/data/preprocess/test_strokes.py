"""Photographs of strokes are brought to the framing of training pictures, and nothing else is."""

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from benchmarks.photographs import draw_scene, photograph
from noonbit.config.recipe import Recipe
from noonbit.data import open_data
from noonbit.data.dataset import Part, RawDataset
from noonbit.data.preprocess.images import ImagePreprocessor
from noonbit.data.preprocess.ink import find_ink
from noonbit.data.preprocess.strokes import StrokeForm, measure_framing


def letters(count: int, *, seed: int = 0) -> np.ndarray:
    """Hooks and bars of two strokes, 20 of 28 pixels high, in the middle, light on dark."""
    rng = np.random.default_rng(seed)
    pictures = []
    for _ in range(count):
        large = Image.new("L", (112, 112), 0)
        draw, wide = ImageDraw.Draw(large), int(rng.integers(7, 11))
        left, right = int(rng.integers(26, 40)), int(rng.integers(60, 80))
        draw.line([(left, 20), (left, 92)], fill=255, width=wide)
        draw.line([(left, 86), (right, 86 - int(rng.integers(0, 30)))], fill=255, width=wide)
        pixels = np.asarray(large.resize((28, 28), Image.Resampling.BOX))
        middle = measure_framing(pixels[None]).middle[0]
        pictures.append(np.roll(pixels, np.round(14 - middle).astype(int), (0, 1)))
    return np.stack(pictures)


def fitted(pixels: np.ndarray) -> ImagePreprocessor:
    part = Part(pixels[:, None], np.arange(len(pixels)) % 2, [str(i) for i in range(len(pixels))])
    data = RawDataset("here", "arrays", {"train": part}, ("a", "b"))
    return ImagePreprocessor.fit(data, Recipe())[0]


@pytest.fixture(scope="module")
def preprocessor() -> ImagePreprocessor:
    return fitted(letters(200))


def on_paper(letter: np.ndarray, paper: float, ink: float, *, shadow: float = 1.0) -> Image.Image:
    """A photograph of 240 x 180 pixels, the letter at one side, its left half in a shadow."""
    large = Image.fromarray(letter).resize((140, 140), Image.Resampling.BICUBIC)
    cover = np.zeros((180, 240))
    cover[20:160, 15:155] = np.asarray(large) / 255
    levels = paper + (ink - paper) * cover
    levels[:, :90] *= shadow
    levels += np.random.default_rng(0).normal(0, 2, levels.shape)
    return Image.fromarray(np.clip(levels, 0, 255).astype(np.uint8))


def likeness(first: np.ndarray, second: np.ndarray) -> float:
    """The correlation of two pictures."""
    return float(np.corrcoef(first.ravel(), second.ravel())[0, 1])


def test_strokes_that_are_framed_alike_are_learned(preprocessor: ImagePreprocessor) -> None:
    form = preprocessor.strokes
    assert form is not None and form.centred == "middle"
    assert form.centre == pytest.approx((14, 14), abs=0.5)
    assert "centred by their middle" in preprocessor.describe_in_full()
    stored = ImagePreprocessor.model_validate_json(preprocessor.model_dump_json())
    assert stored == preprocessor


@pytest.mark.parametrize("kind", ["anywhere", "of any size", "areas", "few", "dark border only"])
def test_other_pictures_have_no_such_form(kind: str) -> None:
    rng, pixels = np.random.default_rng(0), letters(100)
    if kind == "anywhere":
        small = pixels[:, ::2, ::2]
        pixels = np.zeros_like(pixels)
        for picture, letter in zip(pixels, small, strict=True):
            top, left = rng.integers(0, 15, 2)
            picture[top : top + 14, left : left + 14] = letter
    elif kind == "of any size":
        pixels[::2] = np.pad(pixels[::2, ::2, ::2], ((0, 0), (7, 7), (7, 7)))
    elif kind == "areas":
        pixels[:, 5:23, 5:23] = 200
    elif kind == "few":
        pixels = pixels[:10]
    else:
        pixels[:, 1:-1, 1:-1] = rng.integers(0, 256, (100, 26, 26))
    assert fitted(pixels).strokes is None


def test_training_pictures_and_inverted_ones_keep_every_bit(preprocessor) -> None:
    pixels = letters(300, seed=1)[:, None]
    as_they_are = preprocessor.transform(pixels)
    assert as_they_are.values is pixels and as_they_are.adjusted == {}
    inverted = preprocessor.transform(255 - pixels)
    assert np.array_equal(inverted.values, pixels) and list(inverted.adjusted) == ["inverted"]


def test_ink_that_reaches_the_border_is_not_taken_for_the_background() -> None:
    data = open_data("digits")
    preprocessor = fitted(np.asarray(data.train.raw)[:, 0])
    assert preprocessor.polarity == "light on dark" and preprocessor.strokes is not None
    assert preprocessor.transform(data.train.raw).adjusted == {}
    inverted = preprocessor.transform(255 - np.asarray(data.train.raw))
    assert np.array_equal(inverted.values, data.train.raw)


@pytest.mark.parametrize("polarity", ["light on dark", "dark on light"])
@pytest.mark.parametrize(
    ("paper", "ink", "shadow"),
    [(250, 20, 1.0), (150, 60, 1.0), (205, 90, 0.6), (120, 30, 0.5), (40, 200, 1.0)],
)
def test_a_photograph_is_framed(preprocessor, polarity, paper, ink, shadow) -> None:
    if polarity == "dark on light":
        preprocessor = fitted(255 - letters(200))
    letter = letters(1, seed=5)[0]
    pixels, done = preprocessor.transform_one(on_paper(letter, paper, ink, shadow=shadow))
    if polarity == "dark on light":
        pixels = 255 - pixels
    assert likeness(pixels[0], letter) > 0.9
    assert "reframed" in done and "unlike" not in done and "resized" not in done
    assert ("inverted" in done) == ((ink < paper) == (polarity == "light on dark"))


def test_one_picture_and_many_are_framed_alike(preprocessor) -> None:
    pixels = letters(40, seed=2)
    pixels[::3] = 170 - pixels[::3] // 2
    pixels[1] = 90
    many = preprocessor.transform(pixels[:, None])
    for index, picture in enumerate(pixels):
        alone, done = preprocessor.transform_one(Image.fromarray(picture))
        assert np.array_equal(many.values[index], alone)
        assert sorted(done) == [key for key in many.adjusted if index in many.adjusted[key]]
    assert many.adjusted["reframed"].tolist() == list(range(0, 40, 3))


def test_strokes_that_are_too_thin_are_widened(preprocessor) -> None:
    drawing = Image.new("L", (180, 180), 230)
    ImageDraw.Draw(drawing).line([(40, 20), (40, 160), (120, 150)], fill=40, width=2)
    pixels, done = preprocessor.transform_one(drawing)
    assert "unlike" not in done
    assert pixels.max() > 200 and (pixels > 128).sum() > 25


def noise(rng: np.random.Generator) -> np.ndarray:
    return rng.integers(0, 256, (90, 120))


def empty_paper(rng: np.random.Generator) -> np.ndarray:
    return 180 + np.linspace(-30, 30, 120) + rng.normal(0, 3, (90, 120))


def a_dark_square(rng: np.random.Generator) -> np.ndarray:
    picture = 200 + rng.normal(0, 2, (90, 120))
    picture[20:70, 30:80] = 40
    return picture


def a_page(rng: np.random.Generator) -> np.ndarray:
    image = Image.new("L", (200, 150), 220)
    for top in range(5, 140, 18):
        ImageDraw.Draw(image).text((5, top), "many words on every line of it", fill=30)
    return np.asarray(image) + rng.normal(0, 2, (150, 200))


@pytest.mark.parametrize("what", [noise, empty_paper, a_dark_square, a_page])
def test_a_picture_of_something_else_is_noted(preprocessor, what: Callable) -> None:
    levels = np.clip(what(np.random.default_rng(0)), 0, 255).astype(np.uint8)
    assert "unlike" in preprocessor.transform_one(Image.fromarray(levels))[1]


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (7, 9), (300, 8)])
def test_the_smallest_pictures_do_not_break_it(preprocessor, size: tuple[int, int]) -> None:
    levels = np.random.default_rng(0).integers(0, 256, size).astype(np.uint8)
    pixels, _ = preprocessor.transform_one(Image.fromarray(levels))
    assert pixels.shape == (1, 28, 28)


def test_even_pictures_have_no_ink() -> None:
    assert find_ink(Image.new("L", (50, 40), 130)) is None
    assert StrokeForm.fit(np.zeros((100, 28, 28), np.uint8)) is None


def test_photographs_of_digits_are_read(shared_data: Callable[[str], Path]) -> None:
    """By the nearest of 5,000 training pictures, which needs no training."""
    data = open_data(shared_data("mnist"))
    preprocessor, _ = ImagePreprocessor.fit(data, Recipe())
    assert preprocessor.strokes is not None and preprocessor.strokes.box == (20, 20)
    assert preprocessor.strokes.centred == "mass"
    files = []
    for number in range(30):
        rng = np.random.default_rng([3, number])
        files.append(photograph(data.test.raw[number, 0], draw_scene(rng), rng))
    found = preprocessor.transform_given([Image.open(io.BytesIO(file)) for file in files])
    known = data.train.raw[:5000].reshape(5000, -1).astype(np.float32)
    known /= np.linalg.norm(known, axis=1, keepdims=True)
    nearest = (found.values.reshape(30, -1).astype(np.float32) @ known.T).argmax(axis=1)
    right = data.train.labels[nearest] == data.test.labels[:30]
    assert right.mean() >= 0.85
    assert len(found.adjusted.get("unlike", ())) <= 2
