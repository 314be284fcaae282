"""A data set as the page Data shows it, in a process of its own: what it is, and it augmented.

    python -m noonbit.studio.data.inspection SOURCE [DATA_DIR]

Each line of stdout is JSON: first a description of the data, then an answer to each line of stdin.
It ends when stdin does. Whatever a file may do to who reads it, it does to this process.

    {"augment": "rotation=15", "seed": 1} -> {"augment": "rotation=15", "strips": [...], ...}
    {"augment": null, "seed": 1} -> the same for what a training does where nothing is asked for
    what is wrong with the source or a question -> {"error": "a sentence"}

A strip is some pictures side by side, as the data: URL of a PNG.
"""

import base64
import io
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from noonbit.config.augmentation import Augmentation
from noonbit.data import open_data
from noonbit.data.checks.check import Diagnosis, check, spread
from noonbit.data.checks.findings import Finding, checks_of, readable_parts
from noonbit.data.dataset import Indices
from noonbit.data.prepared import PreparedDataset
from noonbit.errors import NoonbitError

SAMPLES = 8
"""Of each class."""
SHOWN_CLASSES = 100
SHOWN_ENTRIES = 12
"""Of a finding."""
SHOWN_COPIES = 6
"""Pictures of an entry."""
LONGEST_SAMPLE = 200
"""Letters of a sentence."""
AUGMENTED = 4
"""Pictures of which augmented ones are shown."""


def main() -> None:
    """Describe the source that the command line names, and answer until nobody asks."""
    source, *rest = sys.argv[1:]
    try:
        data = open_data(source, data_dir=Path(rest[0]) if rest else None, on_bad="skip")
        diagnosis = check(data)
    except NoonbitError as error:
        say({"error": str(error)})
        return
    say(describe(diagnosis))
    if is_pictures(diagnosis.items):
        preview = Preview(diagnosis.items)
        for line in sys.stdin:
            say(preview.answer(json.loads(line)))


def say(answer: dict[str, Any]) -> None:
    """Write a line."""
    print(json.dumps(answer), flush=True)  # noqa: T201 - the answer


def describe(diagnosis: Diagnosis) -> dict[str, Any]:
    """Return what `noonbit check --json` says, with pictures."""
    items = diagnosis.items
    facts = diagnosis.as_dict()
    del facts["findings"]
    return {
        **facts,
        "lines": checks_of(items).lines(items),
        "findings": [describe_finding(finding, items) for finding in diagnosis.findings],
        "samples": [] if items.has_given_classes else samples_of(items),
        "has_unreadable": bool(items.bad),
        "is_pictures": is_pictures(items),
        "shape": list(items.preprocessor.shape),
    }


def is_pictures(items: PreparedDataset) -> bool:
    """Whether the items can be shown as pictures."""
    return items.preprocessor.shown_as == "picture"


def describe_finding(finding: Finding, items: PreparedDataset) -> dict[str, Any]:
    """Return a finding with its first entries, each with the pictures in question."""
    entries: list[dict[str, Any]] = []
    if not all(line in finding.title for line in finding.detail):  # else it says them already
        entries = [{"text": line} for line in finding.detail[:SHOWN_ENTRIES]]
    if is_pictures(items):
        for entry, numbers in zip(entries, finding.items, strict=False):
            if numbers:
                entry["strip"] = strip(items.values[np.array(numbers[:SHOWN_COPIES])])
    return {
        "severity": finding.severity,
        "title": finding.title,
        "entries": entries,
        "more": len(finding.detail) - len(entries) if entries else 0,
    }


def samples_of(items: PreparedDataset) -> list[dict[str, Any]]:
    """Return some training items of each of the first classes."""
    train = readable_parts(items)["train"]
    samples: list[dict[str, Any]] = []
    for label in range(min(len(items.data.class_names), SHOWN_CLASSES)):
        numbers = spread(train[items.labels[train] == label], SAMPLES)
        sample: dict[str, Any] = {"count": len(numbers)}
        if is_pictures(items) and len(numbers):
            sample["strip"] = strip(items.values[numbers])
        elif items.preprocessor.shown_as == "text" and len(numbers):
            sample["text"] = items.text(int(numbers[0]))[:LONGEST_SAMPLE]
        samples.append(sample)
    return samples


class Preview:
    """Augmented training pictures of a few classes."""

    def __init__(self, items: PreparedDataset) -> None:
        # It imports PyTorch, for which the description need not wait.
        from noonbit.augment.label_safety import may_mirror
        from noonbit.augment.preview import random_examples

        self._random_examples = random_examples
        self.class_names = items.data.class_names
        mirror = may_mirror(self.class_names)
        self.default, _ = items.preprocessor.augmentation(may_mirror=mirror)
        self.pictures = np.asarray(items.values[pictures_of_classes(items)])

    def answer(self, question: dict[str, Any]) -> dict[str, Any]:
        """Return each picture beside random draws of it, and what the settings do to classes."""
        from noonbit.augment.label_safety import meaning_warnings

        wanted = question["augment"]
        try:
            settings = Augmentation.parse(self.default if wanted is None else str(wanted))
            strips = [
                strip(np.concatenate([picture[None], self.draws(number, settings, question)]))
                for number, picture in enumerate(self.pictures)
            ]
        except NoonbitError as error:
            return {"error": str(error)}
        warnings = meaning_warnings(settings, self.class_names)
        return {
            "augment": str(settings),
            "settings": settings.model_dump(exclude_defaults=True),
            "strips": strips,
            "warnings": warnings,
        }

    def draws(
        self, number: int, settings: Augmentation, question: dict[str, Any]
    ) -> NDArray[np.uint8]:
        """Return random draws (N, C, H, W) of a picture; the others are what it is mixed with."""
        partners = np.roll(self.pictures, -1 - number, axis=0)
        seed = int(question["seed"]) + number
        return self._random_examples(self.pictures[number], settings, seed, partners)


def pictures_of_classes(items: PreparedDataset) -> Indices:
    """Return the numbers of training pictures, of other classes as far as there are."""
    train = readable_parts(items)["train"]
    by_class = train[np.argsort(items.labels[train], kind="stable")]
    return spread(by_class, AUGMENTED)


def strip(pictures: NDArray[np.uint8]) -> str:
    """Return pictures (N, C, H, W) of one or three channels side by side, gaps between them."""
    count, channels, height, width = pictures.shape
    gap = max(1, width // 12)
    canvas = np.zeros((height, count * (width + gap) - gap, channels + 1), np.uint8)
    for number, picture in enumerate(pictures):
        left = number * (width + gap)
        canvas[:, left : left + width, :channels] = picture.transpose(1, 2, 0)
        canvas[:, left : left + width, channels] = 255  # opaque
    file = io.BytesIO()
    Image.fromarray(canvas).save(file, "PNG", compress_level=1)
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"


if __name__ == "__main__":
    main()
