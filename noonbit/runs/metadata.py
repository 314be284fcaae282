"""What a run folder says of a training before its first step."""

import math
import platform
import sys
from dataclasses import asdict
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch

from noonbit import __version__
from noonbit.augment.label_safety import meaning_warnings
from noonbit.config.plan import Plan
from noonbit.config.recipe import Recipe
from noonbit.data.checks.findings import findings_of_items
from noonbit.data.dataset import PART_NAMES
from noonbit.data.known.catalogue import KNOWN
from noonbit.data.prepared import PreparedDataset
from noonbit.models.catalogue import MODELS
from noonbit.models.summary import summarise
from noonbit.system.hardware import processor_name
from noonbit.system.runtime import Runtime
from noonbit.training.setup import PreparedTraining

KEPT_DETAIL = 10
"""Items that a finding names in run.json; `noonbit check --json` has them all."""


def training_metadata(
    items: PreparedDataset, prepared: PreparedTraining, *, python: bool, data_dir: Path | None
) -> dict[str, Any]:
    """What run.json says before the first step; `python` marks a network given as an object."""
    plan = prepared.context.plan
    entry = MODELS.get(plan.model)
    summary = summarise(
        prepared.state.model,
        items.preprocessor.shape,
        counts_statistics=entry is not None and entry.counts_statistics,
    )
    return source_metadata(items, data_dir) | {
        "model": {
            "name": plan.model,
            "python": python,
            "parameters": summary.parameters,
            "multiply_adds": summary.multiply_adds,
        },
        "reasons": prepared.reasons,
        "warnings": meaning_warnings(plan.augmentation, items.data.class_names),
        "machine": machine_metadata(prepared.context.runtime),
    }


def source_metadata(items: PreparedDataset, data_dir: Path | None) -> dict[str, Any]:
    """Where the data came from, when, and what it is."""
    source = items.data.source
    return {
        "created": datetime.now().astimezone().isoformat(timespec="seconds"),
        "source": source,
        # A known name stays one, whatever folder of that name lies in the way.
        "source_path": source if source in KNOWN else str(Path(source).resolve()),
        "data_dir": None if data_dir is None else str(data_dir.resolve()),
        "data": {
            "format": items.data.format,
            "notes": list(items.data.notes),
            "classes": list(items.data.class_names),
            "counts": count_classes(items),
            "split": items.split.reasons,
            "left_out": [str(item) for item in items.bad],
            "findings": [finding.as_dict(most=KEPT_DETAIL) for finding in findings_of_items(items)],
            "fingerprint": items.fingerprint,
            "from_cache": items.from_cache,
        },
    }


def count_classes(items: PreparedDataset) -> dict[str, list[int]]:
    """How many images of each class each part of the split has."""
    classes = len(items.data.class_names)
    return {
        part: np.bincount(items.labels[items.indices(part)], minlength=classes).tolist()
        for part in PART_NAMES
    }


def resolved_settings(recipe: Recipe, plan: Plan, *, python: bool = False) -> dict[str, Any]:
    """Every decided setting by its recipe name; what stays open is left out.

    So is the name of a network that came as a Python object, since no recipe can build it.
    """
    decided = {
        name: value
        for name, value in asdict(plan).items()
        if name in Recipe.model_fields and value != math.inf and not (python and name == "model")
    }
    return {**recipe.model_dump(exclude_none=True), **decided}


def machine_metadata(runtime: Runtime) -> dict[str, Any]:
    """The facts that a figure needs beside it."""
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "processor": processor_name(),
        "device": str(runtime.device)
        if runtime.device.type == "cpu"
        else torch.cuda.get_device_name(runtime.device),
        "threads": runtime.threads,
        "precision": runtime.precision,
        "engine": runtime.engine,
        "versions": {"noonbit": __version__}
        | {name: version(name) for name in ("torch", "numpy", "pillow", "pyarrow")},
        "command": sys.argv,
    }
