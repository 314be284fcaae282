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
    from noonbit.api import ensemble as ensemble
    from noonbit.api import load_run as load_run
    from noonbit.api import resume as resume
    from noonbit.api import train as train
    from noonbit.data.source import open_data as open_data
    from noonbit.estimator import ImageClassifier as ImageClassifier
    from noonbit.generator import ImageDataGenerator as ImageDataGenerator

# Where each public name lives; imported when it is first used, since PyTorch takes a second.
_HOMES = {
    "open_data": "noonbit.data.source",
    "train": "noonbit.api",
    "ensemble": "noonbit.api",
    "resume": "noonbit.api",
    "load_run": "noonbit.api",
    "ImageClassifier": "noonbit.estimator",
    "ImageDataGenerator": "noonbit.generator",
}
__all__ = [
    "ImageClassifier",
    "ImageDataGenerator",
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
