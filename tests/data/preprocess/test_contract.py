"""One way to the network: decode, turn, grey or colour, size, polarity, range, statistics."""

import io
from collections.abc import Callable
from pathlib import Path

import hypothesis.extra.numpy as arrays
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from pydantic import ValidationError

from noonbit.config.recipe import Recipe
from noonbit.data import open_data
from noonbit.data.dataset import Part, Picture, Pictures, RawDataset
from noonbit.data.preprocess.contract import Contract
from noonbit.data.preprocess.images import ImagePreprocessor, RawPicture
from noonbit.data.preprocess.registry import fit_preprocessor
from noonbit.errors import InputRefused

GREY = ImagePreprocessor(height=6, width=8, channels=1)
COLOUR = ImagePreprocessor(height=6, width=8, channels=3)
RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)
ORIENTATION = 0x112

bytes_of_8_by_6 = arrays.arrays(np.uint8, (6, 8))


def halves(top: tuple[int, int, int], bottom: tuple[int, int, int]) -> Image.Image:
    """A colour picture, 8 wide and 6 high."""
    image = Image.new("RGB", (8, 6), top)
    image.paste(bottom, (0, 3, 8, 6))
    return image


def encoded(image: Image.Image, kind: str = "PNG", **options: object) -> Picture:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    channels = 1 if image.mode == "L" else 3
    return Picture("a picture", stream.getvalue, image.width, image.height, channels, kind)


def framed_square(level: int, border: int) -> np.ndarray:
    """A drawing: a square of one level in a frame of another, (6, 8)."""
    drawing = np.full((6, 8), border, np.uint8)
    drawing[2:4, 3:5] = level
    return drawing


def refusal(preprocessor: ImagePreprocessor, raw: RawPicture) -> str:
    with pytest.raises(InputRefused) as error:
        preprocessor.transform_one(raw, name="photo")
    return str(error.value)


@pytest.mark.parametrize(
    ("orientation", "top", "bottom"),
    [(1, RED, BLUE), (3, BLUE, RED), (4, BLUE, RED)],
)
def test_a_photo_is_turned_as_its_exif_note_says(orientation, top, bottom) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    photo = encoded(halves(RED, BLUE), "JPEG", exif=exif, quality=100, subsampling=0)
    upright = COLOUR.transform_one(photo)[0].astype(int)
    assert np.abs(upright[:, 0].T - top).max() < 10
    assert np.abs(upright[:, -1].T - bottom).max() < 10


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF"])
def test_an_opened_picture_is_prepared_as_its_file_is(kind: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    pixels = np.random.default_rng(0).integers(0, 256, (6, 8, 3), np.uint8)
    file = encoded(Image.fromarray(pixels), kind, exif=exif)
    opened = Image.open(io.BytesIO(file.read()))
    assert np.array_equal(COLOUR.transform_one(opened)[0], COLOUR.transform_one(file)[0])


@pytest.mark.parametrize("as_file", [True, False])
def test_transparent_ink_lies_on_white_paper(as_file: bool) -> None:
    image = Image.new("RGBA", (8, 6), (0, 0, 0, 0))
    image.paste((0, 0, 255, 255), (0, 0, 8, 3))
    pixels = COLOUR.transform_one(encoded(image) if as_file else image)[0]
    assert (pixels[:, :3] == np.reshape(BLUE, (3, 1, 1))).all()
    assert (pixels[:, 3:] == 255).all()


def test_an_opened_picture_that_is_cut_off_is_refused() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    content = encoded(Image.fromarray(noise)).read()
    cut_off = Image.open(io.BytesIO(content[:2000]))
    assert refusal(COLOUR, cut_off).startswith("photo cannot be decoded (image file is truncated")


def test_an_opened_picture_of_decimal_values_is_refused() -> None:
    sentence = refusal(GREY, Image.new("F", (8, 6)))
    assert sentence == "photo holds decimal pixel values (mode F), which have no fixed white."


def test_colour_becomes_grey_by_brightness_and_it_is_noted() -> None:
    pixels, done = GREY.transform_one(halves(GREEN, BLUE))
    assert pixels.shape == (1, 6, 8)
    assert pixels[0, 0, 0] == 150 and pixels[0, -1, 0] == 29  # ITU-R 601 luma
    assert done == ["made grey"]


@given(bytes_of_8_by_6)
def test_grey_becomes_three_equal_channels_and_back(pixels: np.ndarray) -> None:
    colour, done = COLOUR.transform_one(pixels)
    assert (colour == pixels).all()
    assert done[0] == "made colour"
    assert np.array_equal(GREY.transform_one(colour)[0][0], pixels)


@pytest.mark.parametrize("mode", ["L", "1", "LA", "I;16"])
def test_grey_of_any_depth_is_not_made_grey(mode: str) -> None:
    _, done = GREY.transform_one(Image.new(mode, (8, 6)))
    assert done == ["blank"]


def test_a_wide_photo_loses_its_sides() -> None:
    photo = Image.new("RGB", (24, 6), RED)
    photo.paste(BLUE, (8, 0, 16, 6))
    pixels, done = COLOUR.transform_one(photo)
    assert done[0] == "resized"
    assert (pixels == np.reshape(BLUE, (3, 1, 1))).all()


@pytest.mark.parametrize("background", [0, 255, 90])
def test_a_wide_drawing_keeps_its_ink_and_its_background(background: int) -> None:
    drawing = np.full((6, 24), background, np.uint8)
    drawing[:, 11:13] = 200
    preprocessor = GREY.model_copy(update={"fit_mode": "pad"})
    (pixels,) = preprocessor.transform_one(drawing)[0]
    assert (pixels[[0, 1, 4, 5]] == background).all()
    assert (pixels[2:4, 3:5] != background).all()


def test_a_colour_drawing_is_padded_in_its_background_grey() -> None:
    drawing = Image.new("RGB", (24, 6), WHITE)
    drawing.paste(BLUE, (11, 0, 13, 6))
    pixels = COLOUR.model_copy(update={"fit_mode": "pad"}).transform_one(drawing)[0]
    assert (pixels[:, [0, 5]] == 255).all()


@pytest.mark.parametrize(("polarity", "border"), [("light on dark", 0), ("dark on light", 255)])
def test_an_inverted_drawing_is_put_right_and_the_others_are_left_alone(polarity, border) -> None:
    preprocessor = GREY.model_copy(update={"polarity": polarity})
    right = framed_square(255 - border, border)
    assert preprocessor.transform_one(right)[1] == []
    turned, done = preprocessor.transform_one(255 - right)
    assert done == ["inverted"]
    assert np.array_equal(turned[0], right)
    middling = framed_square(0, 128)
    middling[2, 3] = 255
    assert np.array_equal(preprocessor.transform_one(middling)[0][0], middling)


def test_the_range_by_which_a_background_is_light_is_the_pictures_own() -> None:
    preprocessor = GREY.model_copy(update={"polarity": "light on dark"})
    for paper, ink in ((120, 20), (60, 50), (250, 200)):
        assert preprocessor.transform_one(framed_square(ink, paper))[1] == ["inverted"]
        assert preprocessor.transform_one(framed_square(paper, ink))[1] == []


def test_without_a_polarity_nothing_is_inverted() -> None:
    for border in (0, 255):
        drawing = framed_square(255 - border, border)
        assert np.array_equal(GREY.transform_one(drawing)[0][0], drawing)


@pytest.mark.parametrize("level", [0, 7, 255])
def test_a_blank_input_is_noted(level: int) -> None:
    assert GREY.transform_one(np.full((6, 8), level, np.uint8))[1] == ["blank"]


@given(bytes_of_8_by_6)
def test_the_usual_shapes_of_one_picture_are_equal(pixels: np.ndarray) -> None:
    expected = GREY.transform_one(pixels)[0]
    assert np.array_equal(expected[0], pixels)
    assert np.array_equal(GREY.transform_one(pixels[None])[0], expected)
    assert np.array_equal(GREY.transform_one(pixels[:, :, None])[0], expected)
    colour = np.stack([pixels, pixels[::-1], 255 - pixels])
    assert np.array_equal(COLOUR.transform_one(colour)[0], colour)
    assert np.array_equal(COLOUR.transform_one(colour.transpose(1, 2, 0))[0], colour)
    assert np.array_equal(
        COLOUR.transform_one(Image.fromarray(colour.transpose(1, 2, 0)))[0], colour
    )


@given(bytes_of_8_by_6)
def test_bytes_wider_integers_and_unit_floats_are_the_same_picture(pixels: np.ndarray) -> None:
    pixels[0, 0] = 255  # else small floats could be either
    for same in (pixels.astype(np.int64), pixels.astype(np.float32), pixels / 255):
        assert np.array_equal(GREY.transform_one(same)[0][0], pixels)


def test_a_mask_is_black_and_white() -> None:
    mask = np.eye(6, 8, dtype=bool)
    assert np.array_equal(GREY.transform_one(mask)[0][0], mask * 255)


def test_a_network_of_unit_floats_takes_unit_floats() -> None:
    preprocessor = GREY.model_copy(update={"value_range": (-1.0, 1.0)})
    values = np.linspace(-1, 1, 48).reshape(6, 8)
    pixels = preprocessor.transform_one(values)[0][0]
    assert (pixels[0, 0], pixels[-1, -1]) == (0, 255)
    assert np.abs(pixels / 127.5 - 1 - values).max() <= 0.5 / 127.5 + 1e-9


@pytest.mark.parametrize(
    ("value_range", "low", "high", "said"),
    [
        ((0, 255), -1, 255, "-1 to 255; this network was trained on 0 to 255"),
        ((0, 255), 0, 300, "0 to 300; this network was trained on 0 to 255"),
        ((0, 1), 0, 255, "0 to 255; this network was trained on 0 to 1"),
        ((0, 255), 0, np.nan, "nan to nan; this network was trained on 0 to 255"),
        ((0, 255), 0, np.inf, "0 to inf; this network was trained on 0 to 255"),
    ],
)
def test_values_outside_the_range_are_refused_with_both_ranges(
    value_range, low: float, high: float, said: str
) -> None:
    values = np.full((6, 8), low, float)
    values[0, 0] = high
    preprocessor = GREY.model_copy(update={"value_range": value_range})
    assert refusal(preprocessor, values) == f"photo has values from {said}."


@pytest.mark.parametrize("shape", [(), (8,), (6, 8, 2), (6, 8, 4), (2, 3, 6, 8), (0, 8)])
def test_what_is_no_image_is_refused_with_what_is(shape: tuple[int, ...]) -> None:
    assert refusal(GREY, np.zeros(shape, np.uint8)) == (
        f"photo has the shape {shape}; an image is (height, width), (height, width, 1 or 3) or "
        "(1 or 3, height, width)."
    )


def test_text_is_refused() -> None:
    assert refusal(GREY, np.full((6, 8), "x")) == "photo holds <U1, not numbers."


sizes = st.sampled_from([(6, 8), (8, 6), (12, 12), (5, 4)])


@pytest.mark.parametrize("polarity", [None, "light on dark"])
@pytest.mark.parametrize("preprocessor", [GREY, COLOUR])
@settings(max_examples=40, deadline=None)
@given(
    sizes.flatmap(
        lambda size: st.sampled_from([1, 3]).flatmap(
            lambda channels: arrays.arrays(np.uint8, (3, channels, *size))
        )
    )
)
def test_preparing_many_arrays_is_preparing_each(
    polarity, preprocessor, images: np.ndarray
) -> None:
    preprocessor = preprocessor.model_copy(update={"polarity": polarity})
    prepared = preprocessor.transform(images)
    each = [preprocessor.transform_one(image) for image in images]
    assert np.array_equal(prepared.values, [pixels for pixels, _ in each])
    assert prepared.bad == {}
    noted = {name: rows.tolist() for name, rows in prepared.adjusted.items()}
    expected: dict[str, list[int]] = {}
    for row, (_, done) in enumerate(each):
        for name in done:
            expected.setdefault(name, []).append(row)
    assert noted == expected


forms: list[Callable[[np.ndarray], np.ndarray]] = [
    lambda pixels: pixels,
    lambda pixels: pixels[..., ::-1],
    lambda pixels: pixels.astype(np.int64),
    lambda pixels: pixels / np.float32(255),
    lambda pixels: pixels > 127,
    lambda pixels: (
        np.where(np.arange(len(pixels)).reshape(-1, *[1] * (pixels.ndim - 1)), 1, 1 / 255) * pixels
    ),
    lambda pixels: pixels - 100.0,
    lambda pixels: np.where(pixels == 0, np.nan, pixels),
]
usual_shapes = st.sampled_from(
    [(6, 8), (6, 8, 1), (1, 6, 8), (6, 8, 3), (3, 6, 8), (8, 6), (12, 12, 3), (1, 5, 4), (3, 9, 1)]
)


def given_or_refused(
    preprocessor: ImagePreprocessor, inputs: np.ndarray | list[np.ndarray]
) -> object:
    try:
        prepared = preprocessor.transform_given(inputs)
    except InputRefused as error:
        return str(error)
    assert prepared.bad == {}
    noted = {name: rows.tolist() for name, rows in prepared.adjusted.items()}
    values = np.asarray(prepared.values)
    return values.dtype, values.shape, values.tolist(), noted


@pytest.mark.parametrize("value_range", [(0.0, 255.0), (0.0, 1.0)])
@pytest.mark.parametrize("polarity", [None, "light on dark", "dark on light"])
@pytest.mark.parametrize("preprocessor", [GREY, COLOUR])
@settings(max_examples=30, deadline=None)  # of each of twelve
@given(st.data())
def test_an_array_of_many_is_framed_as_each_of_its_images(
    preprocessor, polarity, value_range, data: st.DataObject
) -> None:
    preprocessor = preprocessor.model_copy(
        update={"polarity": polarity, "value_range": value_range}
    )
    shape = (data.draw(st.sampled_from([1, 2, 4])), *data.draw(usual_shapes))
    levels = st.one_of(st.integers(0, 255), st.sampled_from([0, 255]))
    pixels = data.draw(arrays.arrays(np.uint8, shape, elements=levels))
    images = data.draw(st.sampled_from(forms))(pixels)
    assert given_or_refused(preprocessor, images) == given_or_refused(preprocessor, list(images))


def test_an_array_of_the_right_shape_is_framed_without_touching_each_image(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ImagePreprocessor, "transform_one", None)
    pixels = np.random.default_rng(0).integers(0, 256, (5, 6, 8, 3), np.uint8)
    grey = pixels[:, :, :, 0]
    for images in (grey, grey[:, None], grey[..., None], grey / 255, grey[0], grey[:, :, ::-1]):
        prepared = GREY.transform_given(images)
        expected = np.rint(images * (1 if images.dtype == np.uint8 else 255)).reshape(-1, 1, 6, 8)
        assert np.array_equal(prepared.values, expected)
    for images in (pixels, pixels.transpose(0, 3, 1, 2)):
        assert np.array_equal(COLOUR.transform_given(images).values, pixels.transpose(0, 3, 1, 2))
    with pytest.raises(TypeError):
        GREY.transform_given(pixels)  # which has to be made grey


@pytest.mark.parametrize("per_step", [1, 100])
def test_of_many_images_the_first_that_is_out_of_range_is_named(
    per_step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("noonbit.data.preprocess.pixels.SCALED_AT_ONCE", per_step)
    images = np.full((5, 6, 8), 7.0)
    images[3, 2, 2], images[4, 0, 0] = 256, np.nan
    with pytest.raises(InputRefused, match="^input 3 has values from 7 to 256; this network was"):
        GREY.transform_given(images)


def test_nothing_in_an_array_is_no_rows() -> None:
    prepared = COLOUR.transform_given(np.zeros((0, 6, 8, 3), np.uint8))
    assert np.asarray(prepared.values).shape == (0, 3, 6, 8)


def test_preparing_many_arrays_leaves_the_source_unchanged() -> None:
    images = np.stack([framed_square(0, 255), framed_square(255, 0)])[:, None]
    before = images.copy()
    preprocessor = GREY.model_copy(update={"polarity": "light on dark"})
    assert preprocessor.transform(images).adjusted["inverted"].tolist() == [0]
    assert np.array_equal(images, before)


def test_bytes_read_from_unit_floats_can_be_resized() -> None:
    images = np.full((2, 1, 12, 16), 200, np.uint8)
    preprocessor = GREY.model_copy(update={"value_range": (0.0, 1.0)})
    prepared = preprocessor.transform(images)
    assert prepared.bad == {}
    assert (prepared.values == 200).all()


def test_unreadable_pictures_are_named_and_the_others_prepared() -> None:
    good = encoded(halves(RED, BLUE))
    cut_off = Picture("b.png", lambda: good.read()[:50], 8, 6, 3, "PNG")
    text = Picture("c.png", lambda: b"hello", 8, 6, 3, "PNG")
    prepared = COLOUR.transform(Pictures([good, cut_off, good, text]))
    assert {index: str(item) for index, item in prepared.bad.items()} == {
        1: "b.png is cut off after 50 bytes",
        3: "c.png is not an image (it begins with b'hello')",
    }
    assert np.array_equal(prepared.values[0], prepared.values[2])
    assert prepared.values[0].any() and not prepared.values[[1, 3]].any()


pixel_sets = st.sampled_from([1, 3]).flatmap(
    lambda channels: arrays.arrays(np.uint8, (5, channels, 6, 8))
)


@given(pixel_sets)
def test_the_measured_statistics_are_those_of_numpy(pixels: np.ndarray) -> None:
    preprocessor = GREY if pixels.shape[1] == 1 else COLOUR
    contract = Contract.fit(preprocessor, pixels, ("a", "b"))
    unit = pixels / 255
    np.testing.assert_allclose(contract.mean, unit.mean(axis=(0, 2, 3)), atol=1e-12)
    std = unit.std(axis=(0, 2, 3))
    np.testing.assert_allclose(contract.std, np.where(std < 1e-12, 1.0, std), atol=1e-9)


def test_a_channel_without_variation_keeps_its_scale() -> None:
    contract = Contract.fit(GREY, np.zeros((2, 1, 6, 8), np.uint8), ("a", "b"))
    assert contract.std == (1.0,)


@pytest.mark.parametrize("preprocessor", [GREY, COLOUR])
def test_normalised_training_pixels_have_mean_0_and_variance_1(
    preprocessor: ImagePreprocessor,
) -> None:
    pixels = np.random.default_rng(0).integers(0, 200, (50, *preprocessor.shape), np.uint8)
    contract = Contract.fit(preprocessor, pixels, ("a", "b"))
    values = contract.normalise(torch.from_numpy(pixels))
    assert values.dtype == torch.float32
    assert values.mean(dim=(0, 2, 3)).abs().max() < 1e-5
    assert (values.var(dim=(0, 2, 3), correction=0) - 1).abs().max() < 1e-5
    assert torch.equal(values, contract.normalise(torch.from_numpy(pixels).float()))


def test_a_contract_survives_json() -> None:
    preprocessor = ImagePreprocessor(
        height=28,
        width=32,
        channels=3,
        fit_mode="pad",
        polarity="dark on light",
        value_range=(-1.0, 1.0),
    )
    pixels = np.random.default_rng(0).integers(0, 256, (3, *preprocessor.shape), np.uint8)
    contract = Contract.fit(preprocessor, pixels, ("고양이", "dog"))
    assert Contract.model_validate_json(contract.model_dump_json()) == contract


def data_of(images: np.ndarray | Pictures) -> RawDataset:
    labels = np.arange(len(images)) % 2
    part = Part(images, labels, [str(i) for i in range(len(images))])
    return RawDataset("here", "arrays", {"train": part}, ("a", "b"))


def test_arrays_of_a_small_size_keep_it() -> None:
    preprocessor, reasons = fit_preprocessor(data_of(np.zeros((4, 3, 96, 40), np.uint8)))
    assert preprocessor.shape == (3, 96, 40)
    assert reasons == {
        "channels": "the training images are colour",
        "image size": "every training image has it",
    }


def test_large_images_are_brought_to_64_pixels() -> None:
    preprocessor, reasons = fit_preprocessor(data_of(np.zeros((4, 3, 97, 97), np.uint8)))
    assert preprocessor.shape == (3, 64, 64)
    assert reasons["image size"] == (
        "sizes differ or exceed 96 pixels; the median shorter side is 97"
    )


def test_mixed_sizes_are_brought_to_the_median_of_the_images() -> None:
    sides = [20, 20, 20, 20, 50, 60, 70]
    pictures = Pictures([encoded(Image.new("RGB", (side, side + 5))) for side in sides])
    preprocessor, reasons = fit_preprocessor(data_of(pictures))
    assert preprocessor.shape == (3, 20, 20)
    assert reasons["image size"].endswith("the median shorter side is 20")


def test_what_is_stated_is_not_derived() -> None:
    images = np.zeros((4, 3, 32, 32), np.uint8)
    preprocessor, reasons = fit_preprocessor(data_of(images), Recipe(image_size=20, channels=1))
    assert preprocessor.shape == (1, 20, 20)
    assert set(reasons) == {"polarity"}


@pytest.mark.parametrize(
    ("opposite", "polarity", "fit"),
    [(0, "light on dark", "pad"), (1, "light on dark", "pad"), (2, None, "crop")],
)
def test_a_polarity_needs_99_of_100_images(opposite: int, polarity, fit: str) -> None:
    images = np.repeat(framed_square(255, 0)[None, None], 100, axis=0)
    images[:opposite] = 255 - images[:opposite]
    preprocessor, reasons = fit_preprocessor(data_of(images))
    assert (preprocessor.polarity, preprocessor.fit_mode) == (polarity, fit)
    assert ("polarity" in reasons) == (polarity is not None)


def test_photographs_in_colour_have_no_polarity() -> None:
    preprocessor, _ = fit_preprocessor(data_of(np.zeros((100, 3, 8, 8), np.uint8)))
    assert preprocessor.polarity is None


def test_pixels_of_mnist_pass_unchanged(shared_data: Callable[[str], Path]) -> None:
    data = open_data(shared_data("mnist"))
    preprocessor, _ = fit_preprocessor(data)
    assert preprocessor.describe() == "28x28x1, light on dark" and preprocessor.fit_mode == "pad"
    for part in data.parts.values():
        prepared = preprocessor.transform(part.raw)
        assert prepared.values is part.raw
        assert prepared.adjusted == {} and prepared.bad == {}
    inverted = preprocessor.transform(255 - data.test.raw)
    assert np.array_equal(inverted.values, data.test.raw)
    assert list(inverted.adjusted) == ["inverted"] and len(inverted.adjusted["inverted"]) == 10_000


def test_colour_is_mirrored_and_grey_is_not() -> None:
    assert GREY.augmentation(may_mirror=True) == ("shift=0", "8 % of the shorter side")
    preprocessor = ImagePreprocessor(height=32, width=40, channels=3)
    augmentation, reason = preprocessor.augmentation(may_mirror=True)
    assert augmentation == "shift=3,flip" and "means the same" in reason


def test_signs_are_not_mirrored_by_themselves() -> None:
    preprocessor = ImagePreprocessor(height=32, width=40, channels=3)
    augmentation, reason = preprocessor.augmentation(may_mirror=False)
    assert augmentation == "shift=3" and "a mirrored sign may mean another class" in reason


def test_a_contract_of_a_kind_that_nobody_knows_is_refused() -> None:
    stored = Contract.unit(GREY, ("a", "b")).model_dump()
    stored["preprocessor"]["input_kind"] = "sounds"
    with pytest.raises(ValidationError, match="out of pictures, sentences, boards"):
        Contract.model_validate(stored)


@pytest.mark.parametrize("by", [Image.Resampling.NEAREST, Image.Resampling.BICUBIC])
@pytest.mark.parametrize("times", [2, 5, 13])
def test_an_enlarged_drawing_comes_back_as_it_was(by: Image.Resampling, times: int) -> None:
    strokes = np.zeros((28, 28), np.uint8)
    strokes[6:22, 12:15] = 255
    strokes[13:16, 7:22] = 200
    preprocessor = ImagePreprocessor(height=28, width=28, channels=1, polarity="light on dark")
    enlarged = Image.fromarray(strokes).resize((28 * times, 28 * times), by)
    pixels, done = preprocessor.transform_one(enlarged)
    assert done == ["resized"]
    error = np.square(pixels[0].astype(float) - strokes).mean()
    blurred = np.asarray(enlarged.resize((28, 28), Image.Resampling.BILINEAR), float)
    assert error < 0.6 * np.square(blurred - strokes).mean()
