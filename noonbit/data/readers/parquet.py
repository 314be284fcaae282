"""Read Parquet and Arrow files with images and labels, as Hugging Face writes data sets.

A hub's data set is Parquet; what `save_to_disk` leaves is a folder a part with Arrow files.

The image column holds encoded bytes, a struct of bytes and path, or lists of pixel values (flat
rows of a square image, or nested H x W or H x W x C). Class names come from the schema's metadata.
"""

import numpy as np
from numpy.typing import NDArray

from noonbit.data.dataset import (
    BadItem,
    Inputs,
    Part,
    PartName,
    Pictures,
    RawDataset,
    order_parts,
)
from noonbit.data.files import File, head, survey
from noonbit.data.labels import check_classes, encode_labels
from noonbit.data.preprocess.pixels import (
    ValueRange,
    pixels_from_array,
    pixels_to_answer,
    value_range_of,
)
from noonbit.data.readers.arrow import PARQUET, is_table
from noonbit.data.readers.headers import scan_cached
from noonbit.data.readers.listing import Listing
from noonbit.data.readers.pictures import note_misnamed, scan, unlabelled_part
from noonbit.errors import DataError, plural

FORMAT = "Parquet or Arrow"
_DESCRIPTIONS = ("dataset_dict.json", "dataset_info.json", "state.json")
"""What `save_to_disk` writes beside its Arrow files; the schema holds what is needed of it."""


def recognise(listing: Listing) -> bool:
    """Whether a listing holds Parquet or Arrow files, judged by their first bytes."""
    return any(is_table(file) for file in survey(listing.files))


def read(listing: Listing) -> RawDataset:
    """Read every file; the files (shards) of a part are concatenated. Raises `DataError`."""
    # Here, since pyarrow takes 0.1 s to import, and pictures need none of it.
    from noonbit.data.readers.arrow_columns import open_shards, read_labels, read_pixel_lists

    files, source = listing.files, listing.source
    shards = open_shards(files, listing.options.label_column)
    shards, notes = order_parts(shards, of=source)
    labels = {part: read_labels(each) for part, each in shards.items()}
    for part in [part for part, column in labels.items() if (column == -1).all()]:
        if part == "train":
            raise DataError(f"{source} has no labels but -1 in train. Point at labelled data.")
        del shards[part], labels[part]
        notes += (f"{part} has no labels but -1 and is left out.",)
    class_names = shards["train"][0].class_names
    if class_names:
        codes = {part: _check_codes(column, class_names, source) for part, column in labels.items()}
    else:
        codes, class_names = encode_labels(labels, source=source)
    bad: list[BadItem] = []
    parts: dict[PartName, Part] = {}
    arrays = read_pixel_lists(shards, source)
    value_range = value_range_of(*arrays.values(), name=source)
    for part, each in shards.items():
        if part in arrays:
            images, _ = pixels_from_array(arrays[part], name=source, value_range=value_range)
            names = [name for shard in each for name in shard.row_names()]
            parts[part] = Part(images, codes[part], names)
            continue
        rows = [file for shard in each for file in shard.image_files()]
        pictures, unreadable = scan_cached(rows)
        lost = {item.name for item in unreadable}
        kept = np.array([file.name not in lost for file in rows], bool)
        parts[part] = Part(Pictures(pictures), codes[part][kept], [p.name for p in pictures])
        bad += unreadable
        notes += note_misnamed(pictures)
    used = {part: each.labels for part, each in parts.items() if each.labels is not None}
    check_classes(used, class_names, source=source)
    form = _form_of(files)
    return RawDataset(
        source, form, parts, class_names, value_range, tuple(bad), notes, _used(files)
    )


def read_inputs(listing: Listing, value_range: ValueRange | None) -> Inputs:
    """Read the images of every file, ignoring labels. Raises `DataError`."""
    from noonbit.data.readers.arrow_columns import open_shards, read_pixel_lists

    files, source = listing.files, listing.source
    shards = [shard for each in open_shards(files).values() for shard in each]
    arrays = read_pixel_lists({"train": shards}, source)
    if not arrays:
        pictures, bad = scan([file for shard in shards for file in shard.image_files()])
        return Inputs(
            source,
            _form_of(files),
            unlabelled_part(pictures),
            bad=tuple(bad),
            notes=note_misnamed(pictures),
        )
    images, value_range = pixels_to_answer(arrays["train"], name=source, value_range=value_range)
    names = [name for shard in shards for name in shard.row_names()]
    return Inputs(source, _form_of(files), Part(images, None, names), value_range)


def _form_of(files: list[File]) -> str:
    tables = filter(is_table, files)
    return "Parquet" if head(next(tables), len(PARQUET)) == PARQUET else "Arrow"


def _used(files: list[File]) -> frozenset[str]:
    return frozenset(
        file.name
        for file in files
        if is_table(file) or file.name.rpartition("/")[2] in _DESCRIPTIONS
    )


def _check_codes(
    labels: NDArray[np.generic], class_names: tuple[str, ...], source: str
) -> NDArray[np.int64]:
    wrong = ~np.isin(labels, np.arange(len(class_names)))  # also 0.5, and text
    if wrong.any():
        raise DataError(
            f"{source} has the label {labels[wrong][0]} (item {int(wrong.argmax()):,}), but its "
            f"metadata names {plural(len(class_names), 'class', 'classes')}. Correct either."
        )
    return labels.astype(np.int64)
