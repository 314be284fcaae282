"""Put EMNIST right, in any format: its pictures are stored transposed, its labels are codes.

It is MNIST with letters (https://www.nist.gov/itl/products-and-services/emnist-dataset), in six
splits of the same form: byclass, bymerge, balanced, letters, digits, mnist. A file beside each
(emnist-balanced-mapping.txt) gives the ASCII codes of every label. MNIST, Fashion-MNIST and KMNIST
are stored upright and are left alone.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from noonbit.data.dataset import Inputs, Part, RawDataset
from noonbit.data.files import File, content, list_siblings
from noonbit.data.preprocess.pixels import BYTES, pixels_from_array
from noonbit.errors import DataError

_NAME = re.compile(r"emnist", re.IGNORECASE)
_MAPPING = re.compile(r"(?i)emnist.*mapping.*\.txt$")
_SIDE = 28
_DIGITS = "0123456789"
_CAPITALS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
SPLITS: dict[str, Mapping[int, str]] = {
    "letters": dict(enumerate(_CAPITALS.lower(), start=1)),
    # Small letters that look like their capitals are one class with them.
    "balanced": dict(enumerate(_DIGITS + _CAPITALS + "abdefghnqrt")),
    "bymerge": dict(enumerate(_DIGITS + _CAPITALS + "abdefghnqrt")),
    "byclass": dict(enumerate(_DIGITS + _CAPITALS + _CAPITALS.lower())),
}
"""The class of each label; the labels of the other splits are digits."""
TALL = ("1", "I", "i", "l")
"""Classes that are taller than wide, by which upright pictures are recognised."""
LEAST_TALL, LEAST_RATIO = 20, 1.5
"""Pictures of them, and how much taller their mean is than wide, for a set to count as upright
already."""


def is_emnist(files: Iterable[File], source: str) -> bool:
    """Whether the last name of a source, or that of one of its files, speaks of EMNIST."""
    names = (Path(source).name, *(file.name for file in files))
    return any(map(_NAME.search, names))


def correct_dataset(data: RawDataset, files: list[File]) -> RawDataset:
    """Turn the pictures of EMNIST upright and name its classes, with a note; leave others alone."""
    if not is_emnist(files, data.source) or not all(map(_is_of_emnist, data.parts.values())):
        return data
    classes, mapping = _find_classes(data, files)
    used = data.used if data.used is None or mapping is None else data.used | {mapping.name}
    names = tuple(classes.get(name, name) for name in data.class_names)
    data = replace(data, class_names=names, used=used)
    if classes:
        by = f", by {mapping.name}" if mapping is not None else ""
        data = data.with_note(
            f"The labels {min(classes, key=int)} to {max(classes, key=int)} of EMNIST are named "
            f"{names[0]} to {names[-1]}{by}."
        )
    if _is_upright(data):
        return data.with_note("These pictures of EMNIST are upright already and were not turned.")
    parts = {name: _turn(part) for name, part in data.parts.items()}
    return replace(data, parts=parts).with_note(_NOTE)


def correct_inputs(inputs: Inputs, files: list[File]) -> Inputs:
    """Turn the pictures of EMNIST upright, with a note; leave others alone."""
    if not is_emnist(files, inputs.source) or not _is_of_emnist(inputs.part):
        return inputs
    return replace(inputs, part=_turn(inputs.part), notes=(*inputs.notes, _NOTE))


_NOTE = "EMNIST's files hold each picture transposed; all were turned upright."


def _is_of_emnist(part: Part) -> bool:
    return isinstance(part.raw, np.ndarray) and part.raw.shape[1:] == (1, _SIDE, _SIDE)


def _turn(part: Part) -> Part:
    assert isinstance(part.raw, np.ndarray)  # noqa: S101 - the caller checked
    turned = part.raw.transpose(0, 1, 3, 2)
    raw, _ = pixels_from_array(turned, name="EMNIST", value_range=BYTES)
    return replace(part, raw=raw)


def _find_classes(data: RawDataset, files: list[File]) -> tuple[dict[str, str], File | None]:
    """Return the class of each label that is not named by itself, and the mapping file if any."""
    if not all(name.isdecimal() for name in data.class_names):
        return {}, None
    candidates = list_siblings(files[0]) if len(files) == 1 else files
    mapping = next((file for file in candidates if _MAPPING.search(file.name)), None)
    if mapping is not None:
        codes = _read_mapping(mapping)
    else:
        text = " ".join([data.source, *(file.name for file in files)]).lower()
        codes = next((dict(of) for split, of in SPLITS.items() if split in text), {})
    named = {str(label): name for label, name in codes.items()}
    labels = data.class_names
    if any(label not in named for label in labels):
        return {}, None
    if len({named[label] for label in labels}) < len(labels):
        return {}, None
    changed = {label: named[label] for label in labels}
    return ({}, mapping) if all(a == b for a, b in changed.items()) else (changed, mapping)


def _read_mapping(file: File) -> dict[int, str]:
    """Read the lines `label code code ...`; a letter with both codes is named by the small one."""
    classes = {}
    for line in content(file).decode("ascii", "replace").splitlines():
        fields = line.split()
        if not fields:
            continue
        if len(fields) < 2 or not all(re.fullmatch(r"\d{1,3}", field) for field in fields):
            raise DataError(
                f"{file.name} holds the line '{line[:40]}'; a line is a label and its ASCII codes "
                "(10 65). Download it again."
            )
        letters = [chr(int(code)) for code in fields[1:]]
        classes[int(fields[0])] = letters[-1]
    return classes


def _is_upright(data: RawDataset) -> bool:
    """Whether classes that are tall are clearly taller than wide, as the pictures are stored."""
    tall = [index for index, name in enumerate(data.class_names) if name in TALL]
    part = data.train
    assert isinstance(part.raw, np.ndarray) and part.labels is not None  # noqa: S101
    rows = np.flatnonzero(np.isin(part.labels, tall))[:1000]
    if len(rows) < LEAST_TALL:
        return False
    ink = part.raw[rows, 0].astype(np.float64).mean(axis=0)
    return _spread(ink.sum(axis=1)) > LEAST_RATIO**2 * _spread(ink.sum(axis=0))


def _spread(profile: NDArray[Any]) -> float:
    """Return the variance of a position that is drawn in proportion to a profile (n,)."""
    at = np.arange(len(profile))
    total = profile.sum() or 1.0
    mean = (profile * at).sum() / total
    return float((profile * (at - mean) ** 2).sum() / total)
