"""Gather the metadata in run.json."""

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

from noonbit.augment.label_safety import meaning_warnings
from noonbit.config.plan import Plan
from noonbit.config.recipe import Recipe
from noonbit.data.checks.findings import findings_of_items
from noonbit.data.dataset import PART_NAMES
from noonbit.data.known.catalogue import KNOWN
from noonbit.data.prepared import PreparedDataset
from noonbit.system.hardware import processor_name
from noonbit.system.paths import absolute, user_path
from noonbit.system.runtime import Runtime
from noonbit.training.setup import PreparedTraining

MAX_DETAIL = 10
"""Items that a finding names in run.json; `noonbit check --json` has them all."""


def training_metadata(
    items: PreparedDataset, prepared: PreparedTraining, *, python: bool, data_dir: Path | None
) -> dict[str, Any]:
    """Return the metadata before the first step.

    `python` says that the network was given as a Python object.
    """
    plan = prepared.context.plan
    return source_metadata(items, data_dir) | {
        "model": {
            "name": plan.model,
            **({} if prepared.file is None else {"sha256": prepared.file.sha256}),
            "python": python,
            "parameters": prepared.summary.parameters,
            "multiply_adds": prepared.summary.multiply_adds,
        },
        "reasons": prepared.reasons,
        "warnings": meaning_warnings(plan.augmentation, items.data.class_names),
        "machine": machine_metadata(prepared.context.runtime),
    }


def source_metadata(items: PreparedDataset, data_dir: Path | None) -> dict[str, Any]:
    """Return the metadata on the data: its source, format, classes, counts and findings."""
    return {
        "created": datetime.now().astimezone().isoformat(timespec="seconds"),
        **place_of(items.data.source, data_dir),
        "data": {
            "format": items.data.format,
            "notes": list(items.data.notes),
            "classes": list(items.data.class_names),
            "counts": count_classes(items),
            "split": items.split.reasons,
            "left_out": [str(item) for item in items.bad],
            "findings": [finding.as_dict(most=MAX_DETAIL) for finding in findings_of_items(items)],
            "fingerprint": items.fingerprint,
            "from_cache": items.from_cache,
        },
    }


def place_of(source: str, data_dir: Path | None) -> dict[str, Any]:
    """Return the entries of run.json that say where the data lies."""
    return {
        "source": source,
        "source_path": source_path(source),
        "data_dir": None if data_dir is None else str(absolute(data_dir)),
    }


def source_path(source: str) -> str:
    """Return a source so that it means the same from any folder; a known name stays a name."""
    return source if source in KNOWN else str(absolute(user_path(source)))


def count_classes(items: PreparedDataset) -> dict[str, list[int]]:
    """Return the number of items of each class in each part of the split."""
    classes = len(items.data.class_names)
    return {
        part: np.bincount(items.labels[items.indices(part)], minlength=classes).tolist()
        for part in PART_NAMES
    }


def resolved_settings(recipe: Recipe, plan: Plan, *, python: bool = False) -> dict[str, Any]:
    """Return the recipe with the settings that the plan derived, without those that have no value.

    The name of a network given as a Python object is left out, since no recipe can build it.
    """
    derived = {
        name: value
        for name, value in asdict(plan).items()
        if name in Recipe.model_fields and value != math.inf and not (python and name == "model")
    }
    return {**recipe.model_dump(exclude_none=True), **derived}


def machine_metadata(runtime: Runtime) -> dict[str, Any]:
    """Return the hardware, the versions and the command, which make timings comparable."""
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
        "versions": {
            name: version(name) for name in ("noonbit", "torch", "numpy", "pillow", "pyarrow")
        },
        "command": sys.argv,
    }
