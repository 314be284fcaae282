"""What columns and fields are usually called, and where one of these names is.

Of tables, and of the fields of JSON lines and Parquet files.
"""

from collections.abc import Sequence

LABEL_NAMES = (
    *("label", "labels", "class", "classes", "target", "targets", "y", "category"),
    *("class_name", "class_label", "label_name", "class_id", "label_id", "category_id"),
    *("digit", "letter", "emotion", "sentiment", "polarity", "topic"),
    *("diagnosis", "dx", "breed", "species"),
)
TEXT_NAMES = (
    *("text", "sentence", "review", "phrase", "comment", "tweet", "message", "content"),
    *("headline", "title", "body", "question", "document", "utterance"),
)
PATH_NAMES = (
    *("path", "paths", "file", "files", "filename", "filenames", "filepath", "filepaths"),
    *("image", "images", "image_path", "image_name", "image_file", "image_id", "imageid"),
    *("img", "img_path", "img_name", "img_id", "picture", "photo", "fname", "id", "id_code"),
)
ID_NAMES = ("id", "image_id", "img_id", "id_code", "uuid")
SPLIT_NAMES = ("split", "part", "set", "subset", "usage", "partition", "dataset", "data_split")


def find_column(names: Sequence[str], wanted: Sequence[str]) -> int | None:
    """Return the index of the first of `wanted` that is among `names`, however spelled; else None.

    Case, spaces, underscores and other signs do not count: `Data Set` is `dataset`.
    """
    spelled = [bare_name(name) for name in names]
    return next((spelled.index(name) for name in map(bare_name, wanted) if name in spelled), None)


def bare_name(name: str) -> str:
    """Return the letters and digits of a column's name, in lower case."""
    return "".join(filter(str.isalnum, name.lower()))


def find_label_column(names: Sequence[str], taken: set[int | None]) -> int | None:
    """Find the label column: by its name, else the only column that is not `taken`."""
    named = find_column(names, LABEL_NAMES)
    if named is not None and named not in taken:
        return named
    others = [index for index in range(len(names)) if index not in taken]
    return others[0] if len(others) == 1 else None
