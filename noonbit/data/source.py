"""From what a user names to data: the formats in the order in which they are asked.

open_data("mnist")  open_data("letters.zip")  open_data(Path("photos"))  open_inputs("new.png")
"""

from collections.abc import Callable
from pathlib import Path
from typing import Literal, NamedTuple

from noonbit.data import arrays, cifar, folder, idx, json_lines, lines, parquet, table
from noonbit.data.dataset import BadItem, Data, Inputs, Part, takes_of
from noonbit.data.files import File, empty_folders, head, is_archive, open_files
from noonbit.errors import DataError, SourceNotFound, did_you_mean, plural
from noonbit.go import source as games

OnBad = Literal["fail", "skip"]


class Format(NamedTuple):
    """One way to lay out data: who recognises it, and who reads it."""

    name: str
    recognise: Callable[[list[File]], bool]
    read: Callable[[list[File], str], Data]
    read_inputs: Callable[[list[File], str, tuple[float, float] | None], Inputs]


FORMATS = (
    Format("IDX files", idx.recognise, idx.read, idx.read_inputs),
    Format("CIFAR batches", cifar.recognise, cifar.read, cifar.read_inputs),
    Format("NumPy .npz or .npy", arrays.recognise, arrays.read, arrays.read_inputs),
    Format("Parquet", parquet.recognise, parquet.read, parquet.read_inputs),
    Format(games.FORMAT, games.recognise, games.read, games.read_inputs),
    Format(table.FORMAT, table.recognise, table.read, table.read_inputs),
    Format("a folder a class", folder.recognise, folder.read, folder.read_inputs),
    Format(json_lines.FORMAT, json_lines.recognise, json_lines.read, json_lines.read_inputs),
    Format(lines.FORMAT, lines.recognise, lines.read, lines.read_inputs),
)
"""Asked in this order. Tables stand before folders, because a table that names pictures says
more about them than the folders they lie in. Lines of text stand last, since anything may have
some beside it."""


def open_data(source: str | Path, *, data_dir: Path | None = None, on_bad: OnBad = "fail") -> Data:
    """Open labelled images: a known name, a folder, a file or an archive of any known format.

    `data_dir` is where known names are looked for first. Items whose header cannot be read raise
    `DataError` by name, or are left out and listed in `Data.bad` with `on_bad="skip"`. Raises
    `SourceNotFound` where there is nothing.
    """
    from noonbit.data import known

    if isinstance(source, str) and source in known.KNOWN:  # a `Path` is always a path
        data = known.open_known(source, data_dir=data_dir)
    else:
        data = open_path(Path(source).expanduser())
    _refuse_bad(data.bad, data.train, sum(map(len, data.parts.values())), on_bad)
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
    files = _listing(path)
    inputs = _format_of(files, path).read_inputs(files, str(path), value_range)
    _refuse_bad(inputs.bad, inputs.part, len(inputs.part), on_bad)
    return inputs


def open_path(path: Path) -> Data:
    """Open labelled images at a path; what cannot be read is listed in `Data.bad`."""
    files = _listing(path)
    data = _format_of(files, path).read(files, str(path))
    empty = empty_folders(path, files) if data.format == folder.FORMAT and path.is_dir() else []
    if empty:
        data = data.note(f"Empty folders were passed over: {', '.join(empty)}.")
    return data


def _listing(path: Path) -> list[File]:
    """The files at a path; where a folder holds little but one archive, those of the archive."""
    if not path.exists():
        raise SourceNotFound(_not_found(path))
    files = open_files(path)
    archives = [file for file in files if len(files) <= 8 and is_archive(file)]
    if path.is_dir() and len(archives) == 1 and archives[0].path is not None:
        others = [file for file in files if file is not archives[0]]
        if not any(form.recognise(others) for form in FORMATS if form.name != lines.FORMAT):
            files = open_files(archives[0].path)
    if not files:
        kind = "folder" if path.is_dir() else "archive"
        raise DataError(
            f"{path} is an empty {kind} (hidden files do not count). Put pictures into a folder a "
            "class, or point at another source."
        )
    return files


def _format_of(files: list[File], path: Path) -> Format:
    for form in FORMATS:
        if form.recognise(files):
            return form
    known_formats = "; ".join(form.name for form in FORMATS)
    if len(files) == 1 and path.is_file():
        begin = head(files[0], 16)
        what = f"{path} begins with {begin!r}" if begin else f"{path} is an empty file"
        raise DataError(f"{what}, which is no format noonbit reads. It reads {known_formats}.")
    examples = ", ".join(file.name for file in files[:3])
    raise DataError(
        f"{path} holds {plural(len(files), 'file')} ({examples}{', ...' if len(files) > 3 else ''})"
        f", none in a format noonbit reads. It reads {known_formats}."
    )


def _not_found(path: Path) -> str:
    from noonbit.data import known

    parent = path.parent
    near = [entry.name for entry in parent.iterdir()] if parent.is_dir() else []
    hint = did_you_mean(path.name, [*near, *known.KNOWN])
    return (
        f"{path} does not exist.{hint} A source is a folder, a file, an archive, or one of the "
        f"known names {', '.join(known.KNOWN)}."
    )


def _refuse_bad(bad: tuple[BadItem, ...], part: Part, good: int, on_bad: OnBad) -> None:
    if not bad or on_bad == "skip":
        return
    item = "file" if takes_of(part.raw) == "pictures" else "item"
    listed = "; ".join(map(str, bad[:3])) + ("; ..." if len(bad) > 3 else "")
    raise DataError(
        f"{listed} ({len(bad):,} of {plural(good + len(bad), item)}). Remove or replace "
        f"{'it' if len(bad) == 1 else 'them'}, or add --on-bad skip."
    )
