"""The page prepares pictures as Python does: the same bytes give the same pixels.

PNG has to agree in every bit. Other formats are decoded by the browser, whose codecs may round
otherwise than Pillow's: a level or two.
"""

import base64
import csv
import gzip
import io
import struct
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import PIL
import pytest
from browser import watched_page
from drawn_digits import SIDE, DrawnDigit, drawn_digits, render
from numpy.typing import NDArray
from PIL import ExifTags, Image
from playwright.sync_api import Browser, Page
from png_files import KINDS, SAMPLES, png_file

import noonbit.page
from benchmarks.photographs import draw_scene, photograph
from noonbit.data.dataset import Picture
from noonbit.data.preprocess.images import ImagePreprocessor
from noonbit.data.preprocess.strokes import StrokeForm
from noonbit.errors import InputRefused

SCRIPTS = ["refusal", "exif", "png", "decode", "resize", "polarity", "ink", "strokes", "images"]
"""Of noonbit/page, as the page joins them."""

PREPARE = """async ([text, preprocessors]) => {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const answers = [];
  for (const preprocessor of preprocessors) {
    try {
      const { pixels, done } = await preparePicture(bytes.slice(), preprocessor);
      answers.push({ pixels: btoa(String.fromCharCode(...pixels)), done });
    } catch (error) {
      if (!(error instanceof InputRefused)) throw error;
      answers.push({ reason: error.reason, details: error.details });
    }
  }
  return answers;
}"""

MNIST_FORM = StrokeForm(
    height=28,
    width=28,
    box=(20.0, 20.0),
    centred="mass",
    centre=(14.499556155767635, 14.515255644951615),
    filled=(1.0, 1.0),
    farthest=2.7549121113117447,
    paper=0.5275510204081633,
    brightest=203.2,
    stroke_width=(0.06886816881176641, 0.1198978889831381),
    thickness=(0.04, 0.4528882032022076),
    variation=(0.0, 0.4851864877319409),
    ink=(0.032072829131652665, 0.3045358143257303),
    parts=(0.8, 2.5),
    holes=(0.0, 3.75),
)
"""What a run of MNIST has in its contract."""

COLOUR = ImagePreprocessor(height=32, width=32, channels=3)
DRAWINGS = ImagePreprocessor(
    height=28, width=28, channels=1, fit_mode="pad", polarity="light on dark"
)
WIDE = ImagePreprocessor(height=20, width=45, channels=1)
TWELVE_BITS = ImagePreprocessor(height=24, width=24, channels=3, fit_mode="pad", white_level=4080)
MNIST = DRAWINGS.model_copy(update={"strokes": MNIST_FORM})
ON_PAPER = MNIST.model_copy(update={"polarity": "dark on light"})
SMALL_DIGITS = ImagePreprocessor(
    height=8,
    width=8,
    channels=1,
    fit_mode="pad",
    polarity="light on dark",
    strokes=StrokeForm(
        height=8,
        width=8,
        box=(8.0, 7.0),
        centred="middle",
        centre=(4.0, 4.0),
        filled=(1.0, 1.0),
        farthest=2.14,
        paper=0.3125,
        brightest=178.4,
        stroke_width=(0.15185753772832264, 0.19462775194734616),
        thickness=(0.1, 0.5425212429686843),
        variation=(0.0, 0.4598825380897897),
        ink=(0.18586666666666668, 0.4945818014705882),
        parts=(0.8, 1.25),
        holes=(0.0, 2.5249999999999773),
    ),
)
"""Of a run of scikit-learn's digits."""
EVERY = (COLOUR, DRAWINGS, WIDE, TWELVE_BITS, MNIST, ON_PAPER, SMALL_DIGITS)

CODEC = 2
"""Levels by which codecs of the browser and of Pillow may differ, after the preparation."""
# Before 13, Pillow filtered the rows of tall pictures first, which rounds otherwise.
TALL = 0 if int(PIL.__version__.split(".")[0]) >= 13 else 2


@pytest.fixture(scope="module")
def page(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """A page with the scripts, opened as a file."""
    folder = Path(noonbit.page.__file__).parent
    script = "\n".join((folder / f"{name}.js").read_text("utf-8") for name in SCRIPTS)
    html = tmp_path_factory.mktemp("page") / "page.html"
    html.write_text(
        f'<!doctype html><meta charset="utf-8"><script>"use strict";\n{script}</script>'
    )
    with watched_page(chromium) as page:
        page.goto(html.as_uri())
        yield page


def prepared_in_page(
    page: Page, content: bytes, *preprocessors: ImagePreprocessor
) -> list[dict[str, Any]]:
    text = base64.b64encode(content).decode()
    contracts = [preprocessor.model_dump(mode="json") for preprocessor in preprocessors]
    answers: list[dict[str, Any]] = page.evaluate(PREPARE, [text, contracts])
    return answers


def prepared_in_python(
    content: bytes, preprocessor: ImagePreprocessor
) -> tuple[NDArray[np.uint8], list[Any]]:
    return preprocessor.transform_one(Picture("it", lambda: content, 0, 0, 1, "PNG"))


def assert_same(
    page: Page, content: bytes, *preprocessors: ImagePreprocessor, within: int = 0
) -> set[str]:
    """Pixels and adjustments agree; returns the adjustments."""
    said: set[str] = set()
    answers = prepared_in_page(page, content, *preprocessors)
    for preprocessor, answer in zip(preprocessors, answers, strict=True):
        pixels, done = prepared_in_python(content, preprocessor)
        assert answer.get("done") == done, answer.get("reason")
        in_page = np.frombuffer(base64.b64decode(answer["pixels"]), np.uint8)
        difference = in_page.reshape(pixels.shape).astype(int) - pixels
        assert np.abs(difference).max() <= within
        said.update(done)
    return said


def encode(image: Image.Image, file_format: str = "PNG", **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, file_format, **options)
    return file.getvalue()


def shape_on_noise(kind: int, number: int, side: int = 32) -> Image.Image:
    """A disc, a square or a dark corner on light noise, in colour."""
    noise = np.random.default_rng([kind, number]).integers(180, 255, (side, side, 3))
    rows, columns = np.mgrid[:side, :side] - side / 2
    inside = (
        rows**2 + columns**2 < (side / 4) ** 2,
        np.maximum(abs(rows), abs(columns)) < side / 4,
        rows + columns < -side / 4,
    )[kind]
    noise[inside] = (20, 40, 60)
    return Image.fromarray(noise.astype(np.uint8))


def scene(width: int = 240, height: int = 180) -> Image.Image:
    """A smooth picture in colour, no two of its corners alike."""
    rows, columns = np.mgrid[:height, :width]
    red = 128 + 100 * np.sin(columns / 17 + rows / 41)
    green = 255 * rows / height
    blue = 255 * (columns / width) * (1 - rows / height)
    colour = np.stack([red, green, blue], axis=2)
    return Image.fromarray(np.rint(colour).astype(np.uint8))


def orientation_tag(orientation: int) -> bytes:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    return exif.tobytes()


def test_every_kind_of_png_gives_the_same_pixels(page: Page) -> None:
    rng = np.random.default_rng(0)
    seen: set[str] = set()
    for colour_type, bits, interlaced in KINDS:
        most = min(2**bits, 4096)
        samples = rng.integers(0, most, (37, 53, SAMPLES[colour_type]))
        palette = rng.integers(0, 256, 3 * 2 ** min(bits, 8)).astype(np.uint8)
        greys = np.repeat(palette[::3], 3)
        chosen = samples[3, 3].tolist()
        variants: list[list[tuple[bytes, bytes]]] = [[]]
        if colour_type == 3:
            alphas = palette[::-3].tobytes()
            variants = [
                [(b"PLTE", palette.tobytes())],
                [(b"PLTE", palette.tobytes()), (b"tRNS", alphas)],
                [(b"PLTE", greys.tobytes()), (b"tRNS", b"\xff\x00")],
                [(b"PLTE", palette[:3].tobytes())],
            ]
        elif colour_type in (0, 2):
            variants.append([(b"tRNS", struct.pack(f">{len(chosen)}H", *chosen))])
        for chunks in variants:
            content = png_file(samples, bits, colour_type, chunks, interlaced=interlaced)
            seen |= assert_same(page, content, COLOUR, WIDE, TWELVE_BITS)
    assert seen >= {"made grey", "made colour", "resized"}


@pytest.mark.parametrize(
    "size",
    [(1, 1), (1, 411), (411, 1), (2, 3000), (3000, 2), (37, 411), (411, 37), (28, 28), (45, 20)]
    + [(28, 56), (61, 107), (257, 255), (8, 8), (1201, 733)],
)
def test_odd_sizes_give_the_same_pixels(page: Page, size: tuple[int, int]) -> None:
    image = scene().resize(size)
    tall = TALL if size[1] > size[0] else 0
    for mode in ("RGB", "L"):
        assert_same(page, encode(image.convert(mode)), *EVERY, within=tall)


def test_a_picture_of_millions_of_pixels_is_reduced_alike(page: Page) -> None:
    content = encode(scene(2003, 1501), compress_level=1)
    assert {"resized", "reframed"} <= assert_same(page, content, COLOUR, MNIST)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photograph_is_turned_once(page: Page, orientation: int) -> None:
    exif = orientation_tag(orientation)
    image = scene()
    lossless = {"PNG": {}, "WEBP": {"lossless": True}}
    for file_format, options in {"JPEG": {"quality": 92}, "AVIF": {}, **lossless}.items():
        content = encode(image, file_format, exif=exif, **options)
        within = 0 if file_format in lossless else CODEC
        assert_same(page, content, COLOUR, WIDE, within=within)
    turned, _ = prepared_in_python(encode(image, exif=exif), COLOUR)
    as_it_lies, _ = prepared_in_python(encode(image), COLOUR)
    assert np.array_equal(turned, as_it_lies) == (orientation == 1)


def test_the_orientation_is_found_where_pillow_finds_it(page: Page) -> None:
    xmp = b'<x:xmpmeta><rdf:Description tiff:Orientation="6"/></x:xmpmeta>'
    big_endian = orientation_tag(3)
    little = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x08\0\0\0\0\0\0\0"
    image = scene(60, 40)
    upright, _ = prepared_in_python(encode(image), COLOUR)
    for options in ({"xmp": xmp}, {"exif": big_endian}, {"exif": little}):
        for file_format, within in {"JPEG": CODEC, "PNG": 0}.items():
            if file_format == "PNG" and "xmp" in options:
                continue  # Pillow writes none
            content = encode(image, file_format, **options)
            assert_same(page, content, COLOUR, within=within)
            pixels, _ = prepared_in_python(content, COLOUR)
            assert np.abs(pixels.astype(int) - upright).max() > 50
    damaged = encode(image, "JPEG", exif=b"Exif\0\0no directory")
    assert_same(page, damaged, COLOUR, within=CODEC)


@pytest.mark.parametrize(
    ("file_format", "mode", "options"),
    [
        ("JPEG", "L", {}),
        ("JPEG", "CMYK", {"quality": 90}),
        ("JPEG", "RGB", {"progressive": True, "subsampling": 0}),
        ("BMP", "RGB", {}),
        ("BMP", "L", {}),
        ("BMP", "1", {}),
        ("BMP", "P", {}),
        ("GIF", "P", {}),
        ("GIF", "L", {}),
        ("WEBP", "RGB", {"quality": 80}),
        ("AVIF", "RGB", {"quality": 90}),
    ],
)
def test_what_the_browser_decodes_differs_by_no_more_than_its_codec(
    page: Page, file_format: str, mode: str, options: dict[str, Any]
) -> None:
    content = encode(scene().convert(mode), file_format, **options)
    assert_same(page, content, COLOUR, DRAWINGS, WIDE, within=CODEC)


def test_transparency_lies_on_white(page: Page) -> None:
    image = scene().convert("RGBA")
    image.putalpha(scene().convert("L").rotate(180))
    for mode in ("RGBA", "LA"):
        assert_same(page, encode(image.convert(mode)), *EVERY)
    # A canvas multiplies colours by their alpha, and rounds.
    assert_same(page, encode(image, "WEBP", lossless=True), COLOUR, within=CODEC)
    palette = scene().quantize(100)
    assert_same(page, encode(palette, transparency=5), COLOUR)
    assert_same(page, encode(palette, "GIF", transparency=5), COLOUR, within=CODEC)


def test_sixteen_bits_become_eight_by_the_level_that_is_white(page: Page) -> None:
    grey = np.asarray(shape_on_noise(0, 0, 48).convert("L")).astype(np.uint16)
    for white in (4080, 65535, 1023, 255):
        preprocessor = DRAWINGS.model_copy(update={"white_level": white})
        assert_same(page, encode(Image.fromarray(np.minimum(grey * 16, white))), preprocessor)
    colour = np.random.default_rng(0).integers(0, 4096, (30, 40, 4))
    for samples, kind in ((colour, 6), (colour[:, :, :3], 2)):
        assert_same(page, png_file(samples, 16, kind), TWELVE_BITS, COLOUR)


def test_shapes_one_level_and_inverted_pictures_agree(page: Page) -> None:
    said: set[str] = set()
    for kind, number, mode in product(range(3), range(3), ("RGB", "L")):
        said |= assert_same(page, encode(shape_on_noise(kind, number).convert(mode)), *EVERY)
    for level in (0, 90, 255):
        said |= assert_same(page, encode(Image.new("L", (50, 60), level)), MNIST)
        said |= assert_same(page, encode(Image.new("RGB", (28, 28), (level,) * 3)), ON_PAPER)
    assert said == {
        "made grey",
        "made colour",
        "resized",
        "inverted",
        "reframed",
        "unlike",
        "blank",
    }


@pytest.mark.parametrize("drawn", drawn_digits(), ids=lambda drawn: f"{drawn.digit} {drawn.style}")
def test_a_drawn_digit_is_framed_alike(page: Page, drawn: DrawnDigit) -> None:
    image = render(drawn)
    forms = (MNIST, ON_PAPER, DRAWINGS, SMALL_DIGITS)
    assert_same(page, encode(image), *forms)
    assert_same(page, encode(Image.eval(image, lambda level: 255 - level)), *forms)


@pytest.mark.parametrize("seed", range(24))
def test_a_photographed_digit_in_uneven_light_is_framed_alike(page: Page, seed: int) -> None:
    rng = np.random.default_rng([16, seed])
    pixels, _ = prepared_in_python(encode(render(drawn_digits()[seed % 20])), MNIST)
    content = photograph(pixels[0], draw_scene(rng), rng)
    assert_same(page, content, MNIST, within=CODEC)
    exactly = encode(Image.open(io.BytesIO(content)))
    assert_same(page, exactly, MNIST if seed % 2 else ON_PAPER)


def test_a_drawing_on_a_canvas_is_prepared_as_its_png(page: Page) -> None:
    image = render(drawn_digits()[1])
    pixels, done = prepared_in_python(encode(image), MNIST)
    cover = base64.b64encode(255 - np.asarray(image)).decode()
    answer = page.evaluate(
        """([text, side, preprocessor]) => {
          // Black ink on nothing, transparent at its edges, as canvases have it.
          const data = new Uint8ClampedArray(4 * side * side);
          [...atob(text)].forEach((cover, i) => (data[4 * i + 3] = cover.charCodeAt(0)));
          const image = { width: side, height: side, data };
          const { pixels, done } = prepareImage(pictureOfDrawing(image), preprocessor);
          return { pixels: Array.from(pixels), done };
        }""",
        [cover, SIDE, MNIST.model_dump(mode="json")],
    )
    assert answer == {"pixels": pixels.ravel().tolist(), "done": done}


REFUSED: dict[str, tuple[str, Callable[[], bytes]]] = {
    "no bytes": ("empty", lambda: b""),
    "text": ("not_a_picture", lambda: b"label,pixel0\n1,0\n"),
    "a PNG cut in its pixels": ("cut_off", lambda: encode(scene())[:5000]),
    "a PNG cut in its header": ("cut_off", lambda: encode(scene())[:20]),
    "a damaged PNG": (
        "cannot_be_decoded",
        lambda: encode(scene()).replace(b"\0\xf0", b"\0\xf1", 1),
    ),
    "a JPEG cut in its header": ("cannot_be_decoded", lambda: encode(scene(), "JPEG")[:300]),
    "a huge one": ("too_many_pixels", lambda: encode(Image.new("1", (8001, 8001)))),
    "a huge JPEG": ("too_many_pixels", lambda: encode(Image.new("L", (8001, 8001)), "JPEG")),
    "more bits": ("other_depth", lambda: png_file(np.full((9, 9, 1), 60_000), 16, 0)),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_python_refuses_the_page_refuses_too(page: Page, name: str) -> None:
    reason, make = REFUSED[name]
    content = make()
    preprocessor = TWELVE_BITS if name == "more bits" else COLOUR
    with pytest.raises(InputRefused):
        prepared_in_python(content, preprocessor)
    (answer,) = prepared_in_page(page, content, preprocessor)
    assert answer["reason"] == reason


@pytest.mark.parametrize(
    ("file_format", "called"),
    [("TIFF", "TIFF"), ("JPEG2000", "JPEG 2000"), ("PPM", "PPM"), ("ICO", "ICO")],
)
def test_formats_that_browsers_do_not_read_are_refused_by_name(
    page: Page, file_format: str, called: str
) -> None:
    (answer,) = prepared_in_page(page, encode(scene(64, 64), file_format), COLOUR)
    assert answer == {"reason": "format_not_read", "details": {"format": called}}


def test_real_digits_agree(page: Page, shared_data: Callable[[str], Path]) -> None:
    file = gzip.decompress(shared_data("mnist/t10k-images-idx3-ubyte.gz").read_bytes())
    digits = np.frombuffer(file, np.uint8, offset=16).reshape(-1, 28, 28)
    for digit in digits[:40]:
        assert_same(page, encode(Image.fromarray(digit)), MNIST)
        assert_same(page, encode(Image.fromarray(255 - digit).resize((91, 130))), MNIST)


def test_real_photographs_agree(page: Page, shared_data: Callable[[str], Path]) -> None:
    files = sorted(shared_data("dogs-vs-cats-small").rglob("*.jpg"))
    for file in files[:: len(files) // 15]:
        content = file.read_bytes()
        assert_same(page, content, COLOUR, within=CODEC)
        assert_same(page, encode(Image.open(file)), MNIST)


def test_real_hands_agree(page: Page, shared_data: Callable[[str], Path]) -> None:
    path = shared_data("sign-mnist-partial/sign_mnist_train_first188.csv.gz")
    with gzip.open(path, "rt") as table:
        rows = list(csv.reader(table))[1:21]
    for row in rows:
        hand = np.array(row[1:], np.uint8).reshape(28, 28)
        assert_same(page, encode(Image.fromarray(hand)), COLOUR, WIDE, MNIST)
