"""Parquet with image bytes or pixel lists and a label, as Hugging Face writes data sets.

An image column holds encoded bytes, a struct of bytes and path, or lists of pixel numbers (flat
rows of a square, or nested H x W or H x W x C). Class names are taken from the schema's metadata.
"""

import io
import json
from functools import partial
from pathlib import PurePosixPath
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet
from numpy.typing import NDArray

from noonbit.data.arrays import ValueRange, pixels_from_array, value_range_of
from noonbit.data.dataset import (
    BadItem,
    Data,
    Inputs,
    Part,
    PartName,
    Picture,
    Pictures,
    encode_labels,
    part_of,
    training_first,
)
from noonbit.data.files import File, head
from noonbit.data.pictures import misnamed, scan
from noonbit.data.table import LABEL_NAMES
from noonbit.errors import DataError

FORMAT = "Parquet"
_MAGIC = b"PAR1"


def recognise(files: list[File]) -> bool:
    """Whether a listing holds Parquet files, by their first bytes."""
    return any(_is_parquet(file) for file in files[:64])


def read(files: list[File], source: str) -> Data:
    """Read every file; several of one part follow one another. Raises `DataError`."""
    shards: dict[PartName, list[_Shard]] = {}
    for file in files:
        if _is_parquet(file):
            shards.setdefault(part_of(file.name) or "train", []).append(_open_shard(file))
    shards, notes = training_first(shards, of=source)
    for shard in (shard for each in shards.values() for shard in each):
        if shard.labels is None:
            raise DataError(
                f"{shard.name} has {_describe(shard.columns)} and no label column. Name it label; "
                "`noonbit predict` takes images without labels."
            )
    images = {part: _images(each, source) for part, each in shards.items()}
    labels = {part: _labels(each) for part, each in shards.items()}
    bad: list[BadItem] = []
    if all(isinstance(each, list) for each in images.values()):
        ...
    return Data(source, FORMAT, {}, ())
