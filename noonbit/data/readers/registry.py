"""The registry of formats, and `open_path(path)`, which opens any of them."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from noonbit.config.read_options import ReadOptions, flag_of
from noonbit.data.compression import refuse_bomb
from noonbit.data.dataset import Inputs, RawDataset
from noonbit.data.encodings import describe_encoding
from noonbit.data.files import File, find_empty_folders, head, is_archive, open_files, suffix_of
from noonbit.data.readers import (
    arrays,
    cifar,
    emnist,
    folder,
    hdf5,
    idx,
    json_lines,
    lines,
    matlab,
    parquet,
    picture_labels,
    sgf,
    stl10,
    table,
)
from noonbit.data.readers.folder_layout import find_layout
from noonbit.data.readers.left_out import list_left_out
from noonbit.data.readers.listing import Listing
from noonbit.data.readers.way_out import NOT_OPENED, describe_way_out
from noonbit.errors import (
    DataError,
    SourceNotFound,
    UsageError,
    did_you_mean,
    join_first,
    plural,
    raise_as,
)
from noonbit.system.paths import describe_place, exists, list_names


class Format(NamedTuple):
    """A format: how to recognise a listing of files as one, and how to read it."""

    name: str
    recognise: Callable[[Listing], bool]
    read: Callable[[Listing], RawDataset]
    read_inputs: Callable[[Listing, tuple[float, float] | None], Inputs]
    options: frozenset[str] = frozenset()
    """The names of the read options that it understands."""


_ARCHIVE_SUFFIX = re.compile(r"(?i)\.(npz|zip|tgz|tbz2?|txz|tar(\.(gz|xz|bz2))?)$")
FEW_FILES, MOST_ARCHIVES = 8, 1000
"""In a folder of so few files, each is asked whether it is an archive; else those so named are."""
_TABLE_OPTIONS = frozenset({"label_column", "path_column"})
_LABEL_OPTIONS = frozenset({"label_column"})
_FOLDER_OPTIONS = frozenset({"label_from_name"})

DAMAGED = (
    "It is damaged, or written in a way that noonbit does not know; if other programs read it, "
    "write it anew with one of them."
)

_FEW_PICTURES = 16
"""Up to so many pictures may be examples beside data of another format."""


FORMATS = [
    Format("IDX files", idx.recognise, idx.read, idx.read_inputs),
    Format("CIFAR batches", cifar.recognise, cifar.read, cifar.read_inputs),
    Format("NumPy .npz or .npy", arrays.recognise, arrays.read, arrays.read_inputs),
    Format("HDF5", hdf5.recognise, hdf5.read, hdf5.read_inputs),
    Format("MATLAB .mat", matlab.recognise, matlab.read, matlab.read_inputs),
    Format("STL-10 binaries", stl10.recognise, stl10.read, stl10.read_inputs),
    Format(parquet.FORMAT, parquet.recognise, parquet.read, parquet.read_inputs, _LABEL_OPTIONS),
    Format(sgf.FORMAT, sgf.recognise, sgf.read, sgf.read_inputs),
    Format(
        picture_labels.FORMAT,
        picture_labels.recognise,
        picture_labels.read,
        picture_labels.read_inputs,
    ),
    Format(table.FORMAT, table.recognise, table.read, table.read_inputs, _TABLE_OPTIONS),
    Format(folder.FORMAT, folder.recognise, folder.read, folder.read_inputs, _FOLDER_OPTIONS),
    Format(
        json_lines.FORMAT,
        json_lines.recognise,
        json_lines.read,
        json_lines.read_inputs,
        _LABEL_OPTIONS,
    ),
    Format(lines.FORMAT, lines.recognise, lines.read, lines.read_inputs),
]
"""In the order of recognition. Tables come before folders, because a table of image paths says more
than the folders of the images. Lines of text come last, because any data may have a text file
beside it."""


_STRAY_AMONG_PICTURES = frozenset(
    form.name
    for form in FORMATS
    if form.name not in (picture_labels.FORMAT, table.FORMAT, folder.FORMAT)
)
"""A file of these formats does not take over a source of pictures."""


def register_format(form: Format) -> None:
    """Add a format from outside the package; it is asked before all others."""
    FORMATS.insert(0, form)


def open_path(path: Path, options: ReadOptions = ReadOptions()) -> RawDataset:  # noqa: B008 - frozen
    """Open labelled data at a path; items that cannot be read are listed in `RawDataset.bad`.

    Raises `DataError`, `SourceNotFound` if the path does not exist, and `UsageError` for a read
    option that is not for its format.
    """
    with raise_as(DataError, f"{path} could not be opened", DAMAGED):
        files, left = list_files(path)
    listing = Listing(files, str(path), options)
    form = recognise_format(listing, path)
    with raise_as(DataError, f"{path} could not be read as {form.name}", DAMAGED):
        data = emnist.correct_dataset(form.read(listing), files)
    data = data.with_note(*describe_names(files), *describe_unused(data, files, left))
    empty = (
        find_empty_folders(path, files) if data.format == folder.FORMAT and path.is_dir() else []
    )
    if empty:
        data = data.with_note(f"Empty folders were passed over: {join_first(empty, 3)}.")
    return data


def open_input_path(
    path: Path, value_range: tuple[float, float] | None, options: ReadOptions
) -> Inputs:
    """Open inputs to be predicted at a path, labelled or not. Raises as `open_path`."""
    with raise_as(DataError, f"{path} could not be opened", DAMAGED):
        files, _ = list_files(path)
    listing = Listing(files, str(path), options)
    form = recognise_format(listing, path)
    with raise_as(DataError, f"{path} could not be read as {form.name}", DAMAGED):
        inputs = emnist.correct_inputs(form.read_inputs(listing, value_range), files)
    return replace(inputs, notes=(*inputs.notes, *describe_names(files)))


def list_files(path: Path) -> tuple[list[File], list[str]]:
    """List the files at a path, or in archives that are the only data in a folder.

    Also returns the names of texts beside such archives, which are left out. Raises
    `SourceNotFound` if the path does not exist, and `DataError` if it is empty.
    """
    if not exists(path):
        raise SourceNotFound(describe_missing_path(path))
    files = open_files(path)
    left: list[str] = []
    if path.is_dir():
        files, left = _open_archives(files, str(path))
    if not files:
        kind = "folder" if path.is_dir() else "archive"
        raise DataError(
            f"{path} is an empty {kind} (hidden files do not count). Put pictures into a folder a "
            "class, or point at another source."
        )
    return files, left


def _open_archives(files: list[File], source: str) -> tuple[list[File], list[str]]:
    """Put the members of the archives in a folder in their place.

    An .npz is data. Another archive is opened if the files beside it are no data by themselves.
    The members of one of several are named as below a folder of its name: `train/cat/1.png` of
    train.zip. Lines of text beside an archive are no class of its texts: their names are returned.
    """
    arrays = [file for file in files if suffix_of(file.name) == ".npz" and is_archive(file)]
    archives = [file for file in files if _is_named_archive(file) or len(files) <= FEW_FILES]
    archives = list(filter(_may_be_opened, archives[:MOST_ARCHIVES]))
    opened = archives if len(archives) > len(arrays) else arrays
    names = {file.name for file in opened}
    others = [file for file in files if file.name not in names]
    beside = Listing(others, source)
    if opened is archives and any(
        form.recognise(beside) for form in FORMATS if form.name != lines.FORMAT
    ):
        opened = arrays
    members: dict[str, list[File]] = {}
    packed = unpacked = 0
    for file in opened:
        if file.path is not None:
            members[file.name] = open_files(file.path)
            packed += file.size
            unpacked += sum(member.size for member in members[file.name])
            refuse_bomb(source, packed, unpacked)
    opened_files = [
        member if len(members) == 1 else replace(member, name=_name_below(name, member.name))
        for name, each in members.items()
        for member in each
    ]
    rest = [file for file in files if file.name not in members]
    texts = {file.name for file in rest if lines.is_text(file)} if opened is archives else set()
    kept = [file for file in rest if file.name not in texts]
    return [*opened_files, *kept], sorted(texts)


def _is_named_archive(file: File) -> bool:
    return bool(_ARCHIVE_SUFFIX.search(file.name))


def _may_be_opened(file: File) -> bool:
    return suffix_of(file.name) not in NOT_OPENED and is_archive(file)


def _name_below(archive: str, member: str) -> str:
    folder_name = _ARCHIVE_SUFFIX.sub("", archive)
    return member if member.startswith(f"{folder_name}/") else f"{folder_name}/{member}"


def describe_names(files: list[File]) -> list[str]:
    """Return a note if names of files were not UTF-8: which encoding they were decoded from."""
    decoded = [file for file in files if file.name_encoding]
    if not decoded:
        return []
    pieces = dict.fromkeys(piece for file in decoded for piece in file.name.split("/"))
    names = join_first([piece for piece in pieces if not piece.isascii()], 3)
    form = describe_encoding(decoded[0].name_encoding)
    are = "name is" if len(decoded) == 1 else "names are"
    return [f"{len(decoded):,} file {are} in {form}, not in UTF-8; decoded: {names}."]


def describe_unused(data: RawDataset, files: list[File], left: list[str]) -> list[str]:
    """Return a note that names the files of a source that its reader did not use, or was not given.

    `left` are the names of the latter.
    """
    unused = [*left]
    if data.used is not None:
        unused += [file.name for file in files if file.name not in data.used]
    return (
        [f"Left out, as no part of the data: {list_left_out(unused, data.used or ())}."]
        if unused
        else []
    )


def holds_pictures(listing: Listing) -> bool:
    """Whether pictures are what a source is about, so that another file in it is a stray one."""
    if not folder.recognise(listing):
        return False
    pictures = folder.pictures_among(listing.files)
    if len(pictures) > _FEW_PICTURES and 2 * len(pictures) > len(listing.files):
        return True
    layout = find_layout(pictures, source=listing.source)
    return len(layout.class_names) > 1


def recognise_format(listing: Listing, path: Path) -> Format:
    """Return what `detect_format` does; also raises `DataError` where a library cannot tell."""
    with raise_as(DataError, f"{path} could not be read", DAMAGED):
        return detect_format(listing, path)


def detect_format(listing: Listing, path: Path) -> Format:
    """Return the first format that recognises the files and understands the read options.

    Raises `DataError` if no format recognises them, and `UsageError` if only one does that has no
    use for an option.
    """
    given, files = listing.options.given(), listing.files
    recognised = None
    way_out = None
    for form in FORMATS:
        if form.name == lines.FORMAT and (path.is_file() or sum(map(lines.is_text, files)) < 2):
            way_out = describe_way_out(files, str(path))
            if way_out:
                break
        if form.recognise(listing):
            if form.name in _STRAY_AMONG_PICTURES and holds_pictures(listing):
                continue
            if given <= form.options:
                return form
            recognised = recognised or form
    if recognised is not None:
        option = min(given - recognised.options)
        takers = " or ".join(form.name for form in FORMATS if option in form.options)
        raise UsageError(
            f"{flag_of(option)} is for {takers}, and {path} is read as {recognised.name}. "
            "Leave it out."
        )
    if way_out:
        raise DataError(way_out)
    for file in files[:FEW_FILES]:
        with file.open():  # what cannot be opened had no content to recognise: this says so
            pass
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
    from noonbit.data.known.catalogue import KNOWN

    hint = did_you_mean(path.name, [*list_names(path.parent), *KNOWN])
    return (
        f"{path} {describe_place(path)}.{hint} A source is a folder, a file, an archive, or one "
        f"of the known names {', '.join(KNOWN)}."
    )
