"""How many photographs of digits a network of MNIST's pictures reads, and which ones it notes.

The photographs are synthetic: a test digit that the network has not seen, drawn as ink on paper, in
light that is not even, as a camera stores it. A picture is a function of its digit and a seed.
"""

import io
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image
from scipy import ndimage

from benchmarks.record import RESULTS, keep, versions
from noonbit import __version__, load_run
from noonbit.cli.output import print_table
from noonbit.data import open_data
from noonbit.errors import UsageError
from noonbit.system.hardware import processor_name

Grey = NDArray[np.float64]
"""(height, width), 0 to 255 for light, 0 to 1 for shares."""

TURNS = {1: 0, 3: 2, 6: 1, 8: 3}
"""EXIF orientations, and the quarter turns to the left after which a viewer's turn is undone."""
LIGHTS = ("even", "gradient", "soft shadow", "hard shadow", "lamp")


FAINTEST_INK = 32
"""The level above which a pixel of a digit is ink."""


def photographs(
    run: str,
    *,
    images: int = 500,
    seed: int = 0,
    data_dir: Path | None = None,
    out: Path = RESULTS / "photographs.json",
) -> None:
    """The share of synthetic photographs of digits that a run of MNIST reads rightly.

    Parameters
    ----------
    run
        A run that was trained on MNIST.
    images
        Photographs, each of another test digit; the last ones of the test part.
    seed
        Of the scenes.
    data_dir
        Where MNIST lies, if not where noonbit looks for it.
    out
        The file for the result.
    """
    loaded = load_run(run)
    test = open_data("mnist", data_dir=data_dir).test
    assert test is not None and isinstance(test.raw, np.ndarray)  # noqa: S101 - MNIST's
    if not 0 < images <= len(test):
        raise UsageError(f"--images {images} is not from 1 to {len(test):,}, the test digits.")
    first = len(test) - images
    labels = [loaded.class_names.index(str(number)) for number in test.labels[first:].tolist()]
    scenes, files = [], []
    for number in range(images):
        rng = np.random.default_rng([seed, number])
        scenes.append(draw_scene(rng))
        files.append(photograph(test.raw[first + number, 0], scenes[-1], rng))
    decoded = [Image.open(io.BytesIO(file)) for file in files]
    begin = time.perf_counter()
    answers = loaded.predict(decoded)
    seconds = time.perf_counter() - begin
    right = answers.probabilities.argmax(axis=1) == labels
    noted = np.zeros(images, np.bool_)
    noted[answers.adjusted.get("unlike", [])] = True
    groups = list(groups_of(scenes))
    print_table(
        ["photographs", "number", "right", "noted as unlike"],
        [
            [name, int(of.sum()), f"{right[of].mean():.1%}", int(noted[of].sum())]
            for name, of in groups
        ],
    )
    result = {
        "benchmark": "photographs",
        "processor": processor_name(),
        "versions": {"noonbit": __version__} | dict(versions()),
        "images": images,
        "seed": seed,
        "milliseconds_an_image": 1000 * seconds / images,
        "right": {name: float(right[of].mean()) for name, of in groups},
        "noted_as_unlike": {name: float(noted[of].mean()) for name, of in groups},
    }
    print(keep(result, out))


@dataclass(frozen=True)
class Scene:
    """What a photograph shows beside its digit."""

    height: int
    width: int
    paper: float
    """Level of the paper in full light."""
    ink: float
    """Level of the ink in full light."""
    share: float
    """The digit's longer side as a part of the photograph's shorter one."""
    light: str
    """One of `LIGHTS`."""
    dimness: float
    """The part of the light that is missing where it is darkest."""
    noise: float
    """Standard deviation of a pixel, in levels."""
    quality: int
    """Of the JPEG file."""
    orientation: int
    """Of the EXIF mark."""
    colour: bool


def groups_of(scenes: list[Scene]) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    """All photographs, and those of each light, of dark and light paper, small and large digits."""
    yield "all", np.ones(len(scenes), np.bool_)
    groups = {
        **{light: [scene.light == light for scene in scenes] for light in LIGHTS},
        "paper below 195": [scene.paper < 195 for scene in scenes],
        "paper of 195 and more": [scene.paper >= 195 for scene in scenes],
        "digit below half of the width": [scene.share < 0.5 for scene in scenes],
        "digit of half and more": [scene.share >= 0.5 for scene in scenes],
    }
    yield from ((name, np.array(of)) for name, of in groups.items() if any(of))


def draw_scene(rng: np.random.Generator) -> Scene:
    """Paper 120 to 250, the digit over 30 to 100 % of the width, any light, any way up."""
    shorter = rng.uniform(100, 700)
    sides = [shorter, shorter * rng.uniform(1, 1.8)]
    width, height = sides if rng.random() < 0.5 else sides[::-1]
    paper = rng.uniform(120, 250)
    return Scene(
        height=int(height),
        width=int(width),
        paper=paper,
        ink=rng.uniform(0.05, 0.5) * paper,
        share=rng.uniform(0.3, 1.0),
        light=str(rng.choice(LIGHTS)),
        dimness=rng.uniform(0.2, 0.55),
        noise=rng.uniform(0, 6),
        quality=int(rng.integers(60, 96)),
        orientation=int(rng.choice(list(TURNS))),
        colour=bool(rng.random() < 0.5),
    )


def photograph(digit: NDArray[np.uint8], scene: Scene, rng: np.random.Generator) -> bytes:
    """A JPEG file of a digit (28, 28), light on dark as MNIST has it, as dark ink on paper."""
    ink = place_ink(digit, scene, rng)
    light = draw_light(scene, rng)
    levels = (scene.paper + (scene.ink - scene.paper) * ink) * light
    levels = levels + rng.normal(0, scene.noise, levels.shape)
    image = Image.fromarray(np.clip(np.rint(levels), 0, 255).astype(np.uint8))
    if scene.colour:
        image = tint(image, rng)
    return encode(image, scene)


def place_ink(digit: NDArray[np.uint8], scene: Scene, rng: np.random.Generator) -> Grey:
    """How much ink covers each pixel of the photograph, 0 to 1, with edges as a pen leaves them."""
    rows, columns = np.nonzero(digit > FAINTEST_INK)
    cut = Image.fromarray(digit[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1])
    longer = scene.share * min(scene.height, scene.width)
    scale = longer / max(cut.size)
    size = [
        max(1, min(round(scale * side), limit))
        for side, limit in zip(cut.size, (scene.width, scene.height), strict=True)
    ]
    large = np.asarray(cut.resize(size, Image.Resampling.BICUBIC), np.float64) / 255
    # Enlarged twenty times, the edge of a stroke would be a ramp of twenty pixels: no pen's.
    large = np.clip(
        (ndimage.gaussian_filter(large, scale / 3) - 0.5) * max(1.0, scale / 3) + 0.5, 0, 1
    )
    ink = np.zeros((scene.height, scene.width))
    top, left = (
        int(rng.integers(0, free + 1)) for free in (scene.height - size[1], scene.width - size[0])
    )
    ink[top : top + size[1], left : left + size[0]] = large
    return ink


def draw_light(scene: Scene, rng: np.random.Generator) -> Grey:
    """The share of the light that reaches each pixel."""
    rows, columns = np.mgrid[0 : scene.height, 0 : scene.width]
    across = np.stack([rows / scene.height, columns / scene.width]) - rng.uniform(
        0.25, 0.75, (2, 1, 1)
    )
    angle = rng.uniform(0, 2 * np.pi)
    distance = across[0] * np.sin(angle) + across[1] * np.cos(angle)
    if scene.light == "even":
        dark = np.zeros_like(distance)
    elif scene.light == "gradient":
        dark = np.clip(distance + 0.5, 0, 1)
    elif scene.light == "lamp":
        dark = np.clip((across**2).sum(axis=0) / 0.5, 0, 1)
    else:
        softness = 0.005 if scene.light == "hard shadow" else rng.uniform(0.05, 0.2)
        dark = 1 / (1 + np.exp(-np.clip(distance / softness, -50, 50)))
    return 1 - scene.dimness * dark


def tint(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """The photograph in colour, under lamplight or daylight."""
    levels = np.asarray(image, np.float64)[:, :, None] * (1 + rng.uniform(-0.08, 0.08, 3))
    return Image.fromarray(np.clip(np.rint(levels), 0, 255).astype(np.uint8))


def encode(image: Image.Image, scene: Scene) -> bytes:
    """As a camera stores it: turned, with a mark that says how to turn it back."""
    turned = np.rot90(np.asarray(image), TURNS[scene.orientation])
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = scene.orientation
    file = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(turned)).save(
        file, "JPEG", quality=scene.quality, exif=exif
    )
    return file.getvalue()
