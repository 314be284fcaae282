"""Encode raw labels, numbers or names, as class indices and class names."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from noonbit.config.ranges import MOST_CLASSES
from noonbit.data.dataset import PartName, natural_key
from noonbit.data.names import compose
from noonbit.errors import DataError, join_first

LONGEST_CLASS_NAME = 1_000
"""Maximum characters; arrays of names take four bytes for each, in every item."""
_NO_FILE_HOLDS = re.compile("[\0\ud800-\udfff]")


def encode_labels(
    values: Mapping[PartName, NDArray[np.generic] | Sequence[str]], *, source: str
) -> tuple[dict[PartName, NDArray[np.int64]], tuple[str, ...]]:
    """Turn raw labels (numbers or names) into class indices that are the same in every part.

    Numbers are sorted numerically, names in natural order. The original value becomes the class
    name, so that labels such as 0-24 without 9 stay readable; letters are composed (NFC). The
    classes are those of all parts.

    Raises `DataError` for labels that are not whole numbers or names, for negative numbers, and as
    `check_classes` does.
    """
    for column in values.values():
        if not isinstance(column, np.ndarray):
            names = {value for value in column if isinstance(value, str)}
            require_class_names(names, source=source)
    arrays = {part: np.asarray(column) for part, column in values.items()}
    for part, array in arrays.items():
        if array.dtype.kind == "f":
            numbers = array.astype(np.float64)
            # Above it such a number is not exact, and two labels would be one: 2**53 of float64.
            highest = 2.0 ** min(53, np.finfo(array.dtype).nmant + 1)
            is_whole = (np.rint(numbers) == numbers) & (np.abs(numbers) <= highest)  # NaN is not
            if not is_whole.all():
                wrong = numbers[~is_whole][0]
                most = f" up to {highest:,.0f}" if highest < wrong < np.inf else ""
                raise DataError(
                    f"{source} has the label {wrong:g} in {part}; a label is a whole number{most} "
                    "or a class name. Is another column the label?"
                )
            arrays[part] = numbers.astype(np.int64)
        if arrays[part].dtype.kind in "iu" and len(array) and array.min() < 0:
            row = int(np.argmax(array < 0))
            raise DataError(
                f"{source} has the label {array[row]:g} in {part} (item {row}); labels count from "
                "0 or are class names. Correct it, or remove the row."
            )
    as_text = any(array.dtype.kind not in "iu" for array in arrays.values())
    if as_text:
        arrays = {
            part: np.array([compose(text) for text in array.astype(str)], dtype=str)
            for part, array in arrays.items()
        }
        arrays = _spell_alike(arrays)
    known = {str(value): value for array in arrays.values() for value in np.unique(array)}
    ordered = sorted(known, key=natural_key)
    index_of = {name: index for index, name in enumerate(ordered)}
    codes: dict[PartName, NDArray[np.int64]] = {}
    for part, array in arrays.items():
        found, inverse = np.unique(array, return_inverse=True)
        table = np.array([index_of[str(value)] for value in found], dtype=np.int64)
        codes[part] = table[inverse] if len(found) else np.zeros(0, np.int64)
    check_classes(codes, tuple(ordered), source=source)
    return codes, tuple(ordered)


def _spell_alike(arrays: dict[PartName, NDArray[np.str_]]) -> dict[PartName, NDArray[np.str_]]:
    """Strip labels of white space, and make 1.0 one label with 1 where both are there."""
    stripped = {part: np.strings.strip(array) for part, array in arrays.items()}
    known = {str(name) for array in stripped.values() for name in np.unique(array)}
    whole = {name: match[1] for name in known if (match := re.fullmatch(r"(\d+)\.0*", name))}
    spelled = {name: number for name, number in whole.items() if number in known}
    if not spelled:
        return stripped
    return {
        part: np.array([spelled.get(name, name) for name in array.tolist()], dtype=str)
        for part, array in stripped.items()
    }


def check_classes(
    labels: dict[PartName, NDArray[np.int64]], class_names: tuple[str, ...], *, source: str
) -> None:
    """Raise `DataError` for fewer than two classes, or a class that the training part lacks.

    Also for more than `MOST_CLASSES`, and as `require_class_names` does.
    """
    if len(class_names) > MOST_CLASSES:
        raise DataError(
            f"{source} holds {len(class_names):,} classes ({join_first(class_names, 3)}); at most "
            f"{MOST_CLASSES:,} are learned. Is the label a number of the item, and another one the "
            "class?"
        )
    require_class_names(class_names, source=source)
    if len(class_names) < 2:
        only = f"only the class '{class_names[0]}'" if class_names else "no class at all"
        raise DataError(f"{source} holds {only}; a classifier needs at least two classes.")
    trained = set(np.unique(labels["train"]).tolist()) if "train" in labels else set()
    for part, codes in labels.items():
        missing = sorted(set(np.unique(codes).tolist()) - trained)
        if part != "train" and missing:
            names = join_first([f"'{class_names[index]}'" for index in missing], 3)
            classes = "the class" if len(missing) == 1 else f"{len(missing):,} classes"
            them = "it" if len(missing) == 1 else "them"
            raise DataError(
                f"{source}: {part} has {classes} {names}, which training lacks. "
                f"Add training items of {them}, or remove {them} from {part}."
            )


def require_class_names(names: Iterable[str], *, source: str) -> None:
    """Raise `DataError` for a class name that a run could not store: now, and not once it ends."""
    for name in names:
        if len(name) > LONGEST_CLASS_NAME:
            raise DataError(
                f"{source} has a label of {len(name):,} characters, which begins {name[:40]!r}; a "
                f"class name has at most {LONGEST_CLASS_NAME:,}. Is another column the label?"
            )
        if _NO_FILE_HOLDS.search(name):
            raise DataError(
                f"{source} has the label {name[:40]!r}, with a zero byte or half a letter, which "
                "no file can hold. Correct it, or remove its rows."
            )


def one_hot_columns(columns: Sequence[Sequence[str]]) -> list[int] | None:
    """Return which of the columns, counted from 0, is 1 in each row; (N,).

    None if they are not one-hot labels: two columns or more of 0 and 1, with one 1 in each row.
    """
    if len(columns) < 2 or not columns[0]:
        return None
    try:
        numbers = np.array(columns, dtype=np.float64)
    except ValueError:
        return None
    if not np.isin(numbers, (0, 1)).all() or (numbers.sum(axis=0) != 1).any():
        return None
    return [int(index) for index in numbers.argmax(axis=0)]


def match_class(class_names: Collection[str]) -> dict[str, str]:
    """Return the class of each spelling of its name: itself, and 16 for 00016."""
    numbers = [str(int(name)) for name in class_names if name.isascii() and name.isdecimal()]
    spelled = {}
    if len(set(numbers)) == len(class_names):
        spelled = {str(int(name)): name for name in class_names}
    return spelled | {name: name for name in class_names}
