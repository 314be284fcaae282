"""Open what a user names: a known data set, or a path in any supported format.

open_data("mnist")  open_data("letters.zip")  open_data(Path("photos"))  open_inputs("new.png")
"""

from pathlib import Path
from typing import Literal

import numpy as np

from noonbit.config.read_options import ReadOptions, flag_of
from noonbit.data.dataset import BadItem, Inputs, Part, RawDataset, input_kind_of
from noonbit.data.preprocess.registry import INPUT_KINDS
from noonbit.data.readers.registry import open_input_path, open_path
from noonbit.errors import DataError, UsageError, join_first, plural
from noonbit.system.paths import user_path

OnBad = Literal["fail", "skip"]


def open_data(
    source: str | Path,
    *,
    data_dir: Path | None = None,
    on_bad: OnBad = "fail",
    options: ReadOptions = ReadOptions(),  # noqa: B008 - frozen
) -> RawDataset:
    """Open labelled images: a known name, a folder, a file or an archive of any known format.

    `data_dir` is the folder where known names are looked for first. Raises `DataError` naming the
    items whose header cannot be read; with `on_bad="skip"` they are listed in `RawDataset.bad`
    instead. Raises `SourceNotFound` if there is nothing at the path, and `UsageError` for a read
    option that is not for its format.
    """
    from noonbit.data.known.catalogue import KNOWN
    from noonbit.data.known.locate import open_known  # slow to import

    if isinstance(source, str) and source in KNOWN:  # a `Path` is always a path
        if given := options.given():
            raise UsageError(
                f"{flag_of(min(given))} is for files of your own, and '{source}' is a known name. "
                "Leave it out."
            )
        data = open_known(source, data_dir=data_dir)
    else:
        data = open_path(user_path(source), options)
    require_readable(data.bad, data.train, sum(map(len, data.parts.values())), on_bad)
    require_items(data.train, data.bad, f"{source} holds nothing to train on")
    return data


def open_inputs(
    source: str | Path,
    *,
    value_range: tuple[float, float] | None = None,
    on_bad: OnBad = "fail",
    options: ReadOptions = ReadOptions(),  # noqa: B008 - frozen
) -> Inputs:
    """Open inputs to be predicted, labelled or not: a picture, a folder of them, arrays, a table.

    `value_range` is the range of raw values that a network was trained with; without it the range
    is derived from the values. Raises as `open_data`.
    """
    inputs = open_input_path(user_path(source), value_range, options)
    require_readable(inputs.bad, inputs.part, len(inputs.part), on_bad)
    if not inputs.bad:
        require_items(inputs.part, (), f"{source} holds nothing to predict")
    return inputs


def require_items(part: Part, bad: tuple[BadItem, ...], sentence: str) -> None:
    """Raise `DataError` for a part without any item: `sentence`, and what was wrong with one."""
    if len(part):
        return
    if bad:
        raise DataError(f"{sentence}: {join_first(list(map(str, bad)), 3, '; ')}.")
    raise DataError(f"{sentence}: it has the form of data, and no items. Point at another source.")


def require_readable(bad: tuple[BadItem, ...], part: Part, good: int, on_bad: OnBad) -> None:
    """Raise `DataError` naming the unreadable items, unless `on_bad` is `skip`."""
    if not bad or on_bad == "skip":
        return
    # What an array holds came from the rows of a table; see `INPUT_KINDS` for the others.
    is_array = isinstance(part.raw, np.ndarray)
    item = "row" if is_array else INPUT_KINDS[input_kind_of(part.raw)].unit
    names = join_first(list(map(str, bad)), 3, "; ")
    raise DataError(
        f"{names} ({len(bad):,} of {plural(good + len(bad), item)}). Remove or replace "
        f"{'it' if len(bad) == 1 else 'them'}, or add --on-bad skip."
    )
