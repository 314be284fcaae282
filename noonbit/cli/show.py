"""noonbit show SOURCE"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter, validators

from noonbit.cli.output import DataDir, Json, OutFile, print_json, print_line, say
from noonbit.errors import UsageError, plural
from noonbit.terminal import shell_value, shell_word

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

    from noonbit.config.augmentation import Augmentation
    from noonbit.data.dataset import Part, PartName, RawDataset

PICTURE_SIDE = 400
"""Target length of a small image's longer side in the PNG, in pixels."""
MOST_ONE_HOT = 30
"""Classes whose one-hot row is printed; --json has any."""
CHANNEL_NAMES = {1: ("grey",), 3: ("red", "green", "blue")}


def show(
    source: str,
    *,
    index: Annotated[int, Parameter(allow_leading_hyphen=True)] = 0,
    part: Literal["train", "validation", "test"] = "train",
    augment: str | None = None,
    seed: Annotated[int, Parameter(validator=validators.Number(gte=0))] = 0,
    out: OutFile = None,
    data_dir: DataDir = None,
    json: Json = False,
) -> None:
    """Print one image of a source as numbers, and draw it with --out FILE.png.

    With --json its pixels are channels of rows of numbers.
    With --augment, draw what a training could make of it instead. Of sentences, print the text and
    the words that a network reads.

    Parameters
    ----------
    source
        A path, an archive, or a name of `noonbit data`.
    index
        Which image or sentence of the part, from 0.
    part
        train, validation or test, as the source itself has them.
    augment
        Settings as `train` takes them: the image as it is beside random draws of it. `slides`: a
        row each for rotation by 90 degrees, shifts of 10 %, zoom of 0.3, and flips.
    seed
        Of those draws.
    out
        Write the image, enlarged, or the draws as a PNG; left out: no picture is written.
    """
    from noonbit.data import open_data
    from noonbit.data.dataset import Sentences, require_pictures

    rows = [] if augment is None else rows_of(augment, out)
    data = open_data(source, data_dir=data_dir, on_bad="skip")
    chosen = part_with_item(data, part, index)
    facts = {"source": source, "part": part} | facts_of(data, chosen, index)
    if isinstance(chosen.raw, Sentences) and out is None:
        show_sentence(facts | sentence_facts(data, chosen, index), json=json)
        return
    require_pictures(data, "noonbit show, or its --out,")
    pixels = pixels_of(chosen, index)
    if json:
        print_json(facts | pixel_facts(pixels, rows, out))
    else:
        print_picture(facts, pixels, numbers=not rows)
    if out is None:
        say(f"\nnext     noonbit show {shell_word(source)} --index {index} --out image.png")
        return
    write_picture(
        out, draw_examples(chosen, index, rows, seed) if rows else enlarge_picture(pixels)
    )
    warn(rows, data.class_names)
    word = shell_word(source)
    trains = f"train {word} --augment {shell_value(str(augment))}"
    say(f"next     noonbit {trains if rows and augment != 'slides' else f'check {word}'}")


def part_with_item(data: "RawDataset", name: "PartName", index: int) -> "Part":
    """Return a part of the source; raises `UsageError` if the part or the item does not exist."""
    from noonbit.data.dataset import input_kind_of
    from noonbit.data.preprocess.registry import INPUT_KINDS

    part = data.parts.get(name)
    if part is None:
        raise UsageError(
            f"{data.source} has no {name} part of its own. It has: {', '.join(data.parts)}. "
            f"Choose one with --part."
        )
    if not 0 <= index < len(part):
        noun = INPUT_KINDS[input_kind_of(part.raw)].noun
        raise UsageError(
            f"--index {index} is not in {name}, which has {plural(len(part), noun)}: "
            f"give 0 to {len(part) - 1}."
        )
    return part


def facts_of(data: "RawDataset", part: "Part", index: int) -> dict[str, Any]:
    """Return an item's index, name and class, the last also one-hot: a 1 at its number."""
    assert part.labels is not None  # noqa: S101 - open_data gives labelled parts
    label = data.class_names[part.labels[index]]
    one_hot = [int(each == part.labels[index]) for each in range(len(data.class_names))]
    return {"index": index, "name": part.names[index], "label": label, "one_hot": one_hot}


def sentence_facts(data: "RawDataset", part: "Part", index: int) -> dict[str, Any]:
    """Return a text and the tokens that a network reads."""
    from noonbit.data.preprocess.text import as_sentences, detect_letters, tokenise

    text = as_sentences(part.raw)[index]
    return {"text": text, "tokens": tokenise(text, detect_letters(data))}


def show_sentence(facts: dict[str, Any], *, json: bool) -> None:
    """Print a text, its class, and the words that a network reads."""
    if json:
        print_json(facts)
        return
    print_line(f"{facts['name']}: {facts['label']}")
    print_line(facts["text"])
    print_line(f"{plural(len(facts['tokens']), 'word')}: {' '.join(facts['tokens'])}")
    say(f"\nnext     noonbit train {shell_word(facts['source'])}")


def pixel_facts(
    pixels: "NDArray[np.uint8]", rows: "list[Augmentation]", out: Path | None
) -> dict[str, Any]:
    """Return an image (C, H, W) as numbers, with its augmentations and the PNG's path."""
    channels, height, width = pixels.shape
    return {
        "channels": channels,
        "height": height,
        "width": width,
        "pixels": pixels.tolist(),
        "augment": [str(settings) for settings in rows],
        "picture": None if out is None else str(out),
    }


def print_picture(facts: dict[str, Any], pixels: "NDArray[np.uint8]", *, numbers: bool) -> None:
    """Print an image's class, its size and, with `numbers`, its pixels."""
    channels, height, width = pixels.shape
    print_line(f"{facts['name']}: {facts['label']}")
    print_line(f"{width} x {height} pixels, {' '.join(CHANNEL_NAMES[channels])}, 0 to 255")
    if numbers:
        if len(facts["one_hot"]) <= MOST_ONE_HOT:
            print_line(f"one-hot {' '.join(map(str, facts['one_hot']))}")
        print_numbers(pixels)


def enlarge_picture(pixels: "NDArray[np.uint8]") -> "Image":
    """Enlarge an image (C, H, W) so that a person can see its pixels."""
    from noonbit.data.contact_sheet import choose_scale, enlarge

    return enlarge(pixels, choose_scale(*pixels.shape[1:], side=PICTURE_SIDE))


def write_picture(path: Path, picture: "Image") -> None:
    """Write a PNG file and print its path."""
    from noonbit.data.contact_sheet import write_png

    write_png(path, picture)
    say(f"\npicture  {path}")


def rows_of(augment: str, out: Path | None) -> "list[Augmentation]":
    """Parse the settings of each row of the sheet; raises `UsageError` without `out`."""
    from noonbit.augment.preview import SLIDES
    from noonbit.config.augmentation import Augmentation

    if out is None:
        raise UsageError("--augment draws a picture; say where to with --out FILE.png.")
    return [Augmentation.parse(text) for text in (SLIDES if augment == "slides" else [augment])]


def draw_examples(part: "Part", index: int, rows: "list[Augmentation]", seed: int) -> "Image":
    """Draw a sheet of random augmentations of an image; its mixing partners are evenly spread."""
    import numpy as np

    from noonbit.augment.preview import EXAMPLES_PER_ROW, preview_sheet
    from noonbit.data.preprocess.images import ImagePreprocessor

    pixels = pixels_of(part, index)
    channels, height, width = pixels.shape
    preprocessor = ImagePreprocessor(channels=1 if channels == 1 else 3, height=height, width=width)
    others = (
        index + np.arange(1, EXAMPLES_PER_ROW + 1) * max(1, len(part) // (EXAMPLES_PER_ROW + 1))
    ) % len(part)
    partners = np.asarray(preprocessor.transform(part.take(others).raw).values)
    return preview_sheet(pixels, rows, seed=seed, partners=partners)


def warn(rows: "list[Augmentation]", class_names: Sequence[str]) -> None:
    """Print a warning for each setting that would change the meaning of a class."""
    from noonbit.augment.label_safety import meaning_warnings

    for settings in rows:
        for warning in meaning_warnings(settings, class_names):
            say(f"warning  {warning}")


def pixels_of(part: "Part", index: int) -> "NDArray[np.uint8]":
    """Return one image of a part as uint8 (C, H, W), at its own size."""
    import numpy as np

    from noonbit.data.preprocess.common_traits import images_of
    from noonbit.data.readers.pictures import decode

    image = images_of(part.raw)[index]
    if isinstance(image, np.ndarray):
        return image
    array = np.asarray(decode(image.read(), image.name))
    return array[None] if array.ndim == 2 else array.transpose(2, 0, 1)


def print_numbers(pixels: "NDArray[np.uint8]") -> None:
    """Print each channel of an image (C, H, W) as a table."""
    for name, rows in zip(CHANNEL_NAMES[len(pixels)], pixels, strict=True):
        print_line()
        for line in ([name] if len(pixels) > 1 else []) + number_lines(rows):
            print_line(line)


def number_lines(rows: "NDArray[np.uint8]") -> list[str]:
    """Format a channel (H, W) as aligned numbers, a line per row."""
    return [" ".join(f"{value:3d}" for value in row) for row in rows.tolist()]
