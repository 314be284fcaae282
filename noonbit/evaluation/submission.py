"""Write predictions in the form that a competition asks for, as its sample shows it."""

import csv
import io
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath

from noonbit.data.files import File
from noonbit.data.readers.cells import is_number
from noonbit.data.readers.delimited import open_table
from noonbit.data.readers.table_columns import read_text_columns
from noonbit.errors import DataError, UsageError, join_first, plural
from noonbit.evaluation.inference import Predictions
from noonbit.system.paths import describe_place, is_file


def fill_form(form: Path, predictions: Predictions) -> str:
    """Return the text of a table with the columns, the rows and the order of a sample.

    The sample's first column has the ids: of the table that was predicted, or names of pictures
    with or without folders and suffix; items that have only a number are matched by their order.
    The other column takes the class; of several, each is a class and takes its probability. Raises
    `DataError` for a sample whose rows have no prediction, and `UsageError` for other columns.
    """
    require_form(form)
    table = open_table(File.from_path(form))
    if table.header is None or table.columns < 2:
        raise UsageError(
            f"--like {form} has {table.describe()}; a sample has a header, ids in the first column "
            "and what to fill in beside them."
        )
    header = [name.strip() for name in table.header]
    ids, *samples = read_text_columns(table, table.content(), range(table.columns))
    columns = _columns(form, header[1:], samples, predictions.class_names)
    rows = _rows_of_ids(form, ids, predictions)
    text = io.StringIO()
    writer = csv.writer(text, delimiter=table.separator, lineterminator="\n")
    writer.writerow(header)
    labels = predictions.labels
    for name, row in zip(ids, rows, strict=True):
        writer.writerow(
            [
                name,
                *(
                    labels[row]
                    if column is None
                    else f"{predictions.probabilities[row, column]:.6f}"
                    for column in columns
                ),
            ]
        )
    return text.getvalue()


def require_form(form: Path) -> None:
    """Raise `UsageError` if there is no file to take the form from."""
    if not is_file(form):
        raise UsageError(
            f"--like {form} {describe_place(form)}. Give the sample of a submission, a table."
        )


def _columns(
    form: Path, names: Sequence[str], samples: Sequence[list[str]], class_names: Sequence[str]
) -> list[int | None]:
    """Return the class of each column that takes a probability; None for the predicted class."""
    classes = {name.strip().casefold(): index for index, name in enumerate(class_names)}
    found = [classes.get(name.casefold()) for name in names]
    if None not in found:
        return found
    shares = {value for value in samples[0] if is_number(value) and not float(value).is_integer()}
    if len(names) == 1 and not shares:
        return [None]
    if len(names) == 1:
        raise UsageError(
            f"--like {form} has {min(shares)} in the column {names[0]}: a probability, and it does "
            f"not say of which class. Name the column after one: {join_first(class_names, 3)}."
        )
    unknown = [name for name, index in zip(names, found, strict=True) if index is None]
    raise UsageError(
        f"--like {form} has {plural(len(unknown), 'column')} ({join_first(unknown, 3)}) that "
        f"{'is' if len(unknown) == 1 else 'are'} no class of this run. Its {len(class_names):,} "
        f"classes are {join_first(class_names, 3)}."
    )


def _rows_of_ids(form: Path, ids: Sequence[str], predictions: Predictions) -> list[int]:
    """Return the row of the prediction for each id of the sample."""
    rows: dict[str, set[int]] = defaultdict(set)
    for row, name in enumerate(predictions.names):
        for key in _keys(name, predictions.ids):
            rows[key].add(row)
    missing = [name for name in ids if not rows.get(name)]
    if len(missing) == len(ids) == len(predictions) and not predictions.bad and _are_numbers(ids):
        return list(range(len(ids)))
    if missing:
        raise DataError(
            f"{len(missing):,} of {plural(len(ids), 'row')} of {form} have no prediction "
            f"({join_first(missing, 3)}). Predict the pictures or the table that it is for."
        )
    double = [name for name in ids if len(rows[name]) > 1]
    if double:
        raise DataError(
            f"{form} asks for {double[0]}, which {len(rows[double[0]])} inputs are called "
            f"({join_first([predictions.names[row] for row in sorted(rows[double[0]])], 3)}). "
            "Predict only the folder that it is for."
        )
    return [min(rows[name]) for name in ids]


def _keys(name: str, ids: Mapping[str, str]) -> Iterator[str]:
    """Yield what a sample may call an item."""
    if name in ids:
        yield ids[name]
        return
    path = PurePosixPath(name)
    yield from {name, path.name, path.stem, str(path.with_suffix(""))} if path.name else {name}


def _are_numbers(ids: Sequence[str]) -> bool:
    """Whether ids count from 0 or from 1."""
    return any(list(ids) == [str(first + row) for row in range(len(ids))] for first in (0, 1))
