"""From what a user names to data: the formats in the order in which they are asked.

open_data("mnist")  open_data("letters.zip")  open_data(Path("photos"))  open_inputs("new.png")
"""

from pathlib import Path
from typing import Literal

from noonbit.data.dataset import BadItem, Inputs, Part, RawDataset, input_kind_of
from noonbit.data.known.catalogue import KNOWN
from noonbit.data.preprocess.registry import INPUT_KINDS
from noonbit.data.readers.registry import detect_format, list_files, open_path
from noonbit.errors import DataError, plural

OnBad = Literal["fail", "skip"]


def open_data(
    source: str | Path, *, data_dir: Path | None = None, on_bad: OnBad = "fail"
) -> RawDataset:
    """Open labelled images: a known name, a folder, a file or an archive of any known format.

    `data_dir` is where known names are looked for first. Items whose header cannot be read raise
    `DataError` by name, or are left out and listed in `Data.bad` with `on_bad="skip"`. Raises
    `SourceNotFound` where there is nothing.
    """
    from noonbit.data.known.locate import open_known  # which takes a while to import

    if isinstance(source, str) and source in KNOWN:  # a `Path` is always a path
        data = open_known(source, data_dir=data_dir)
    else:
        data = open_path(Path(source).expanduser())
    require_readable(data.bad, data.train, sum(map(len, data.parts.values())), on_bad)
    return data


def open_inputs(
    source: str | Path,
    *,
    value_range: tuple[float, float] | None = None,
    on_bad: OnBad = "fail",
) -> Inputs:
    """Open images to be answered, labelled or not: a picture, a folder of them, arrays, a table.

    `value_range` is the range of raw values that a model was trained with; without it the range
    is found from the values. Raises as `open_data` does.
    """
    path = Path(source).expanduser()
    files = list_files(path)
    inputs = detect_format(files, path).read_inputs(files, str(path), value_range)
    require_readable(inputs.bad, inputs.part, len(inputs.part), on_bad)
    return inputs


def require_readable(bad: tuple[BadItem, ...], part: Part, good: int, on_bad: OnBad) -> None:
    """Raise `DataError` naming the unreadable items, unless they are to be skipped."""
    if not bad or on_bad == "skip":
        return
    item = INPUT_KINDS[input_kind_of(part.raw)].unit
    listed = "; ".join(map(str, bad[:3])) + ("; ..." if len(bad) > 3 else "")
    raise DataError(
        f"{listed} ({len(bad):,} of {plural(good + len(bad), item)}). Remove or replace "
        f"{'it' if len(bad) == 1 else 'them'}, or add --on-bad skip."
    )
