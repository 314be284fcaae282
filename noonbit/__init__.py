"""noonbit: labelled small images in, a classifier that can be trusted out.

import noonbit

run = noonbit.train("mnist", model="cnn", epochs=3)
run.evaluation.accuracy
run.predict("photo.png").labels
"""

import importlib
from typing import TYPE_CHECKING

__version__ = "0.1.0"

if TYPE_CHECKING:
    from noonbit.api.compare import compare as compare
    from noonbit.api.estimator import ImageClassifier as ImageClassifier
    from noonbit.api.train import ensemble as ensemble
    from noonbit.api.train import load_run as load_run
    from noonbit.api.train import resume as resume
    from noonbit.api.train import train as train
    from noonbit.augment.keras.generator import ImageDataGenerator as ImageDataGenerator
    from noonbit.data.source import open_data as open_data
    from noonbit.runs.comparison import Comparison as Comparison

# Where each public name lives; imported when it is first used, since PyTorch takes a second.
_HOMES = {
    "open_data": "noonbit.data.source",
    "compare": "noonbit.api.compare",
    "train": "noonbit.api.train",
    "ensemble": "noonbit.api.train",
    "resume": "noonbit.api.train",
    "load_run": "noonbit.api.train",
    "ImageClassifier": "noonbit.api.estimator",
    "ImageDataGenerator": "noonbit.augment.keras.generator",
    "Comparison": "noonbit.runs.comparison",
}
__all__ = [
    "Comparison",
    "ImageClassifier",
    "ImageDataGenerator",
    "compare",
    "ensemble",
    "load_run",
    "open_data",
    "resume",
    "train",
]


def __getattr__(name: str) -> object:
    """Import a public name when it is first used."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    """What completion shows."""
    return [*__all__, "__version__"]
