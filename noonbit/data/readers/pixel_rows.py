"""Read tables with a row of pixels per image, and a label, or one-hot labels, beside them."""

from noonbit.data.dataset import PartName, RawDataset
from noonbit.data.readers.delimited import Table
from noonbit.data.readers.labelled_pixels import LabelledPixels, dataset_from_pixels, labels_of
from noonbit.data.readers.pixel_columns import assign_columns


def read_pixels(
    tables: dict[PartName, Table], source: str, *, label_column: str | None = None
) -> RawDataset:
    """Read the images and labels of one table per part. Raises `DataError`."""
    rows = {part: read_rows(table, label_column) for part, table in tables.items()}
    return dataset_from_pixels(rows, source)


def read_rows(table: Table, label_column: str | None = None) -> LabelledPixels:
    """Read the pixels and the label of every row. Raises `DataError`."""
    from noonbit.data.readers.number_rows import read_numbers  # pyarrow is slow to import

    raw = table.content()
    columns = assign_columns(table, raw, label_column)
    split = [] if columns.split is None else [columns.split]
    rows = read_numbers(table, raw, columns.pixels, [*columns.labels, *split])
    return LabelledPixels(
        table.file.name,
        rows.values,
        labels_of(table, columns.labels, rows.fields),
        rows.fields[split[0]] if split else None,
        table.row_names(rows.rows),
        rows.bad,
        columns.notes,
    )
