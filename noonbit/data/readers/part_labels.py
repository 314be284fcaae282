"""Labels of a part without class folders, where a table beside it has them.

Tiny ImageNet's validation pictures lie in one folder, with their classes in val_annotations.txt;
GTSRB's test pictures with theirs in a CSV.
"""

from collections.abc import Collection, Sequence

from noonbit.config.read_options import ReadOptions
from noonbit.data.compression import strip_compression_suffix
from noonbit.data.files import File, survey
from noonbit.data.labels import match_class
from noonbit.data.readers.column_names import LABEL_NAMES
from noonbit.data.readers.delimited import open_table
from noonbit.data.readers.path_lookup import PictureIndex, find_pictures
from noonbit.data.readers.picture_columns import find_path_column, promote_header
from noonbit.data.readers.table_columns import read_text_columns
from noonbit.errors import DataError

_LEAST_LABELLED = 0.5
"""Minimum share of the pictures that a table must label to be theirs."""


def is_answer_form(name: str) -> bool:
    """Whether a file is the form of a competition's answers, whose labels are made up."""
    return "submission" in name.rpartition("/")[2].lower()


def find_labels(
    pictures: Sequence[File], files: Sequence[File], class_names: Collection[str]
) -> tuple[dict[str, str], File | None]:
    """Return the class of each picture that a table among the `files` labels, and that table.

    Such a table has a column with the pictures and another with nothing but known classes.
    """
    index = PictureIndex(pictures)
    classes = match_class(class_names)
    for file in survey(list(files)):
        name = strip_compression_suffix(file.name.lower())
        if not name.endswith((".csv", ".tsv", ".txt")) or is_answer_form(file.name):
            continue
        labels = _labels_in(file, index, classes)
        if len(labels) >= _LEAST_LABELLED * len(pictures):
            return labels, file
    return {}, None


def _labels_in(file: File, index: PictureIndex, classes: dict[str, str]) -> dict[str, str]:
    try:
        table = open_table(file)
        path_column = find_path_column(table, index, ReadOptions())
        if path_column is None:
            return {}
        table = promote_header(table, index, path_column)
        columns = read_text_columns(table, table.content(), range(table.columns))
    except DataError:  # a file that is no table
        return {}
    folder = "".join(file.name.rpartition("/")[:2])
    found = find_pictures(columns[path_column], index, folder=folder)
    fitting = [
        column
        for column, values in enumerate(columns)
        if column != path_column and all(value in classes for value in values)
    ]
    named = table.find_column(LABEL_NAMES)
    label = named if named in fitting else fitting[0] if len(fitting) == 1 else None
    if label is None:
        return {}
    return {
        picture.name: classes[value]
        for picture, value in zip(found, columns[label], strict=True)
        if isinstance(picture, File)
    }
