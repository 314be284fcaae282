"""Find the columns of images and labels in Parquet and Arrow files, and read them by pyarrow."""

import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.ipc
import pyarrow.parquet
from numpy.typing import NDArray

from noonbit.data.dataset import PartName, detect_part
from noonbit.data.files import File, head, stamp_of
from noonbit.data.readers.arrow import (
    ARROW_FILE,
    PARQUET,
    is_table,
    is_utf8_path,
    open_buffer,
)
from noonbit.data.readers.column_names import LABEL_NAMES
from noonbit.errors import DataError, UsageError, join_first

_IMAGE_NAMES = ("image", "img", "picture", "pixels", "x")
_LABEL_NAMES = (*LABEL_NAMES, "fine_label")


@dataclass(frozen=True)
class Shard:
    """The image and label columns of one file."""

    name: str
    columns: str
    """All columns with their types, for errors."""
    images: pa.ChunkedArray
    labels: pa.ChunkedArray | None
    class_names: tuple[str, ...]
    """From Hugging Face's metadata; empty if there is none."""
    stamp: bytes
    """That of the file; see `File.stamp`."""

    @property
    def is_encoded(self) -> bool:
        """Whether the images are encoded files rather than pixel values."""
        return not _is_list(self.images.type)

    def row_names(self) -> list[str]:
        """Return a name for each row: `train.parquet row 17`."""
        return [f"{self.name} row {row}" for row in range(len(self.images))]

    def image_files(self) -> list[File]:
        """Return the encoded images as files; their bytes are copied only when one is read."""
        column = self.images
        if pa.types.is_struct(column.type):
            column = pc.struct_field(column, "bytes")
        return [
            File(
                name,
                0 if size is None else size,
                partial(_open_cell, column, row),
                stamp=self.stamp and stamp_of(self.stamp, row),
            )
            for row, (name, size) in enumerate(
                zip(self.row_names(), pc.binary_length(column).to_pylist(), strict=True)
            )
        ]


def _open_cell(column: pa.ChunkedArray, row: int) -> io.BytesIO:
    return io.BytesIO(column[row].as_py() or b"")


def open_shards(files: list[File], label_column: str | None = None) -> dict[PartName, list[Shard]]:
    """Read the image and label columns of the files of each part. Raises `DataError`."""
    shards: dict[PartName, list[Shard]] = {}
    for file in files:
        if is_table(file):
            shards.setdefault(detect_part(file.name) or "train", []).append(
                open_shard(file, label_column)
            )
    return shards


def open_shard(file: File, label_column: str | None) -> Shard:
    """Find and read the image and label columns. Raises `DataError`."""
    try:
        schema, read_columns = _open_table(file)
        columns = join_first([f"{field.name}: {field.type}" for field in schema], 5)
        image_names = [field.name for field in schema if _holds_images(field.type)]
        if not image_names:
            raise DataError(
                f"{file.name} has the columns {columns}; none holds images, which are encoded "
                "bytes, a struct with bytes, or lists of pixel numbers."
            )
        image = next((name for name in image_names if name in _IMAGE_NAMES), image_names[0])
        label = (
            _find_label_column(schema, image)
            if label_column is None
            else _named_column(schema, label_column, file)
        )
        for name in (image, label):
            if schema.names.count(name) > 1:
                raise DataError(
                    f"{file.name} has {schema.names.count(name)} columns named {name}. Rename all "
                    "but the one that counts."
                )
        table = read_columns([image] if label is None else [image, label])
        # Offsets that point outside, of Arrow files above all, would kill the process later. It
        # takes 6 ms for a million rows.
        table.validate(full=True)
    except (pa.ArrowException, OSError) as error:
        raise DataError(
            f"{file.name} is cut off or damaged ({error}). Download it again."
        ) from None
    labels = None if label is None else table[label]
    names = () if label is None else _read_metadata_names(schema, label)
    return Shard(file.name, columns, table[image], labels, names, file.stamp)


def _open_table(file: File) -> tuple[pa.Schema, Callable[[list[str]], pa.Table]]:
    """Return the schema of a file, and what reads some of its columns. Raises as pyarrow does."""
    source = file.path if file.path and is_utf8_path(file.path) else open_buffer(file.read())
    begin = head(file, len(ARROW_FILE))
    if begin.startswith(PARQUET):
        parquet = pyarrow.parquet.ParquetFile(source)
        return parquet.schema_arrow, lambda columns: parquet.read(columns=columns)
    stored = pa.memory_map(str(source)) if isinstance(source, Path) else source
    is_file = begin.startswith(ARROW_FILE)
    reader = pa.ipc.open_file(stored) if is_file else pa.ipc.open_stream(stored)
    return reader.schema, lambda columns: reader.read_all().select(columns)


def _is_list(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)
    )


def _is_bytes(kind: pa.DataType) -> bool:
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind))


def _holds_images(kind: pa.DataType) -> bool:
    if pa.types.is_struct(kind):
        index = kind.get_field_index("bytes")
        return index >= 0 and _is_bytes(kind.field(index).type)
    return _is_bytes(kind) or _is_list(kind)


def _named_column(schema: pa.Schema, option: str, file: File) -> str:
    """Return the column that a user named, or numbered from 1. Raises `UsageError`."""
    names: list[str] = list(schema.names)
    if option in names:
        return option
    if option.isdecimal() and 1 <= int(option) <= len(names):
        return names[int(option) - 1]
    raise UsageError(
        f"--label-column {option} names no column of {file.name}, which has "
        f"{join_first(names, 5)}. Give a name, or a number from 1 to {len(names):,}."
    )


def _find_label_column(schema: pa.Schema, image: str) -> str | None:
    """Find the label column: by its name, else the only other column of integers or text."""
    named: dict[str, str] = {
        field.name.lower(): field.name for field in schema if field.name != image
    }
    for name in _LABEL_NAMES:
        if name in named:
            return named[name]
    others: list[str] = [
        field.name
        for field in schema
        if field.name != image
        and (pa.types.is_integer(field.type) or pa.types.is_string(field.type))
    ]
    return others[0] if len(others) == 1 else None


def _read_metadata_names(schema: pa.Schema, label: str) -> tuple[str, ...]:
    """Read the class names that Hugging Face writes into the schema's metadata.

    Anybody may have written it: unless it holds a list of different names there, it is passed over.
    """
    try:
        features = json.loads((schema.metadata or {})[b"huggingface"])["info"]["features"]
        names = features[label]["names"]
    except (KeyError, TypeError, ValueError, RecursionError):
        return ()
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        return ()
    return tuple(names) if len(set(names)) == len(names) and all(map(str.strip, names)) else ()


def read_labels(shards: list[Shard]) -> NDArray[np.generic]:
    """Read the raw labels of a part, numbers or text: (N,). Raises `DataError`."""
    columns = []
    for shard in shards:
        if shard.labels is None:
            raise DataError(
                f"{shard.name} has the columns {shard.columns}; none is named label. Say which "
                "is with --label-column; `noonbit predict` takes images without labels."
            )
        if shard.labels.null_count:
            row = pc.index(pc.is_null(shard.labels), True).as_py()
            raise DataError(f"{shard.name} row {row:,} has no label. Add it, or remove the row.")
        values = np.asarray(shard.labels.to_pylist())
        if values.dtype.kind not in "iufU" or values.ndim != 1:
            raise DataError(
                f"{shard.name} has labels of type {shard.labels.type}; a label is a whole number "
                "or a class name."
            )
        columns.append(values)
    return np.concatenate(columns)


def read_pixel_lists(
    shards: dict[PartName, list[Shard]], source: str
) -> dict[PartName, NDArray[np.generic]]:
    """Read the pixel lists of each part as one array; returns {} if images are encoded."""
    kinds = {shard.is_encoded for each in shards.values() for shard in each}
    if len(kinds) > 1:
        raise DataError(f"{source} mixes encoded images and pixel lists. Give one kind.")
    if True in kinds:
        return {}
    arrays = {part: [_to_array(shard) for shard in each] for part, each in shards.items()}
    shapes = {array.shape[1:] for each in arrays.values() for array in each}
    if len(shapes) > 1:
        raise DataError(f"{source} holds images of different shapes: {sorted(shapes)}.")
    return {part: np.concatenate(each) for part, each in arrays.items()}


def _to_array(shard: Shard) -> NDArray[np.generic]:
    """Convert nested lists to one array (N, ...). Raises `DataError` if their lengths differ."""
    values = pa.concat_arrays(shard.images.chunks)
    shape = [len(values)]
    while _is_list(values.type):
        lengths = pc.unique(pc.list_value_length(values)).to_pylist()
        if len(lengths) != 1 or lengths[0] is None:
            raise DataError(
                f"{shard.name} has pixel lists of different lengths ({lengths[:4]}). All images "
                "of one table need one size."
            )
        shape.append(lengths[0])
        values = values.flatten()
    return np.asarray(values.to_numpy(zero_copy_only=False)).reshape(shape)
