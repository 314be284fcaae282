"""The registry of formats, and `open_path(path)`, which opens any of them."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from noonbit.data.dataset import Inputs, RawDataset
from noonbit.data.files import File, find_empty_folders, head, is_archive, open_files
from noonbit.data.known.catalogue import KNOWN
from noonbit.data.readers import arrays, cifar, folder, idx, json_lines, lines, parquet, sgf, table
from noonbit.errors import DataError, SourceNotFound, did_you_mean, join_first, plural


class Format(NamedTuple):
    """A format: how to recognise a listing of files as one, and how to read it."""

    name: str
    recognise: Callable[[list[File]], bool]
    read: Callable[[list[File], str], RawDataset]
    read_inputs: Callable[[list[File], str, tuple[float, float] | None], Inputs]


FORMATS = [
    Format("IDX files", idx.recognise, idx.read, idx.read_inputs),
    Format("CIFAR batches", cifar.recognise, cifar.read, cifar.read_inputs),
    Format("NumPy .npz or .npy", arrays.recognise, arrays.read, arrays.read_inputs),
    Format("Parquet", parquet.recognise, parquet.read, parquet.read_inputs),
    Format(sgf.FORMAT, sgf.recognise, sgf.read, sgf.read_inputs),
    Format(table.FORMAT, table.recognise, table.read, table.read_inputs),
    Format("a folder a class", folder.recognise, folder.read, folder.read_inputs),
    Format(json_lines.FORMAT, json_lines.recognise, json_lines.read, json_lines.read_inputs),
    Format(lines.FORMAT, lines.recognise, lines.read, lines.read_inputs),
]
"""In the order of recognition. Tables come before folders, because a table of image paths says more
than the folders of the images. Lines of text come last, because any data may have a text file
beside it."""


def register_format(form: Format) -> None:
    """Add a format from outside the package; it is asked before all others."""
    FORMATS.insert(0, form)


def open_path(path: Path) -> RawDataset:
    """Open labelled data at a path; items that cannot be read are listed in `RawDataset.bad`.

    Raises `DataError`, and `SourceNotFound` if the path does not exist.
    """
    files = list_files(path)
    data = detect_format(files, path).read(files, str(path))
    empty = (
        find_empty_folders(path, files) if data.format == folder.FORMAT and path.is_dir() else []
    )
    if empty:
        data = data.with_note(f"Empty folders were passed over: {', '.join(empty)}.")
    return data


def list_files(path: Path) -> list[File]:
    """List the files at a path, or in an archive that is the only data in a folder.

    Raises `SourceNotFound` if the path does not exist, and `DataError` if it is empty.
    """
    if not path.exists():
        raise SourceNotFound(describe_missing_path(path))
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


def detect_format(files: list[File], path: Path) -> Format:
    """Return the first format that recognises the files. Raises `DataError` if none does."""
    for form in FORMATS:
        if form.recognise(files):
            return form
    known_formats = "; ".join(form.name for form in FORMATS)
    if len(files) == 1 and path.is_file():
        begin = head(files[0], 16)
        problem = f"{path} begins with {begin!r}" if begin else f"{path} is an empty file"
        raise DataError(f"{problem}, which is no format noonbit reads. It reads {known_formats}.")
    examples = join_first([file.name for file in files], 3)
    raise DataError(
        f"{path} holds {plural(len(files), 'file')} ({examples}), "
        f"none in a format noonbit reads. It reads {known_formats}."
    )


def describe_missing_path(path: Path) -> str:
    """Word the error for a path that does not exist, with the most similar name that does."""
    parent = path.parent
    near = [entry.name for entry in parent.iterdir()] if parent.is_dir() else []
    hint = did_you_mean(path.name, [*near, *KNOWN])
    return (
        f"{path} does not exist.{hint} A source is a folder, a file, an archive, or one of the "
        f"known names {', '.join(KNOWN)}."
    )
