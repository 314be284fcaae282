"""Read one folder of images per class, optionally inside train, validation and test folders.

Which folders are classes and which are parts is in folder_layout.py. Where no folder is a class,
the labels may stand in the names of the files (name_labels.py).
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence

from noonbit.data.dataset import (
    PART_NAMES,
    BadItem,
    Inputs,
    Part,
    PartName,
    Picture,
    Pictures,
    RawDataset,
    detect_part,
    order_parts,
)
from noonbit.data.files import File, head, suffix_of, survey
from noonbit.data.labels import encode_labels
from noonbit.data.readers.boxes import describe_boxes
from noonbit.data.readers.folder_layout import (
    Layout,
    find_layout,
    parts_of_files,
    without_annotations,
)
from noonbit.data.readers.headers import scan_cached
from noonbit.data.readers.listing import Listing
from noonbit.data.readers.name_labels import find_name_labels, offer_name_labels
from noonbit.data.readers.part_labels import find_labels
from noonbit.data.readers.pictures import SUFFIXES, note_misnamed, scan, unlabelled_part
from noonbit.data.readers.way_out import describe_way_out
from noonbit.errors import DataError, join_first, plural
from noonbit.terminal import shell_value

FORMAT = "a folder a class"

_SIGNATURES = (
    b"\xff\xd8\xff",  # JPEG
    b"\x89PNG",
    b"GIF8",
    b"BM",
    b"II*\0",  # TIFF
    b"MM\0*",
    b"RIFF",  # WebP
    b"\0\0\0\x0cjP",  # JPEG 2000
    *(b"P%d" % kind for kind in range(1, 7)),  # PPM
)


def looks_like_picture(file: File) -> bool:
    """Whether a file is an image judging by its name or its first bytes."""
    if suffix_of(file.name) in SUFFIXES:
        return True
    begin = head(file, 12)
    return begin.startswith(_SIGNATURES) or begin[4:12] in (b"ftypavif", b"ftypavis")


def recognise(listing: Listing) -> bool:
    """Whether a listing holds any image."""
    files = listing.files
    return any(looks_like_picture(file) for file in survey(files))


def pictures_among(files: Iterable[File]) -> list[File]:
    """Return the files that look like pictures."""
    return [file for file in files if looks_like_picture(file)]


def read(listing: Listing) -> RawDataset:
    """Read the headers of all images, with their folders as classes. Raises `DataError`."""
    if listing.options.label_from_name is not None:
        return _read_names(listing, listing.options.label_from_name)
    layout = find_layout(pictures_among(listing.files), source=listing.source)
    if not layout.tells_classes:
        raise DataError(_describe_no_classes(listing, layout))
    tables: list[File] = []
    notes = list(layout.notes)
    for name, files in layout.unlabelled.items():
        part = detect_part(name)
        labels, table = (
            ({}, None) if part is None else find_labels(files, listing.files, layout.class_names)
        )
        if table is None or part is None:
            layout.mentioned.update(file.name for file in files)
            notes.append(
                f"{name}/ holds {plural(len(files), 'picture')} in no class folders: left out; "
                "`noonbit predict` takes pictures without labels."
            )
        else:
            tables.append(table)
            layout.labelled |= {file: (part, label) for file, label in labels.items()}
            notes.append(
                f"{table.name} names the classes of {len(labels):,} of "
                f"{plural(len(files), 'picture')} in {name}/."
            )
    return _read_labelled(
        listing, layout.labelled, notes, mentioned=layout.mentioned | {file.name for file in tables}
    )


def _read_names(listing: Listing, option: str) -> RawDataset:
    """Read images whose labels stand in their names. Raises `DataError` and `UsageError`."""
    layout = Layout()
    pictures = without_annotations(pictures_among(listing.files), layout)
    part_of = parts_of_files(pictures)
    bases = [file.name.rpartition("/")[2] for file in pictures]
    found_labels = find_name_labels(option, bases)
    labels = {file.name: label for file, label in zip(pictures, found_labels, strict=True)}
    folders: dict[str, list[str]] = defaultdict(list)
    for name in labels:
        folders[name.rpartition("/")[0]].append(name)
    bad: list[BadItem] = []
    for folder, names in folders.items():
        without = [name for name in names if labels[name] is None]
        if len(without) == len(names):
            layout.mentioned.update(names)
            layout.notes.append(
                f"{f'{folder}/' if folder else listing.source} holds "
                f"{plural(len(names), 'picture')} without a label in the name: left out; `noonbit "
                "predict` takes pictures without labels."
            )
        else:
            bad += [BadItem(name, "has no label in its name") for name in without]
    found = {name: (part_of[name], label) for name, label in labels.items() if label is not None}
    if not found:
        raise DataError(
            f"{listing.source} holds {plural(len(pictures), 'picture')}, none with a label in its "
            f"name as --label-from-name {shell_value(option)} takes it ({pictures[0].name})."
        )
    return _read_labelled(
        listing,
        found,
        layout.notes,
        bad=bad,
        mentioned=layout.mentioned,
        form="a label a file name",
    )


def _read_labelled(
    listing: Listing,
    labelled: dict[str, tuple[PartName, str]],
    notes: Sequence[str],
    *,
    mentioned: Collection[str],
    bad: Sequence[BadItem] = (),
    form: str = FORMAT,
) -> RawDataset:
    source = listing.source
    ordered, more = order_parts({part: part for part, _ in labelled.values()}, of=source)
    new_part = {old: new for new, old in ordered.items()}
    labelled = {name: (new_part[part], label) for name, (part, label) in labelled.items()}
    files = [file for file in listing.files if file.name in labelled]
    pictures, unreadable = scan_cached(files)
    if not pictures:
        raise DataError(f"{source} holds no picture that can be read: {unreadable[0]}.")
    parts, class_names = group_pictures(pictures, labelled, source=source)
    return RawDataset(
        source,
        form,
        parts,
        class_names,
        bad=(*bad, *unreadable),
        notes=(*notes, *more, *note_misnamed(pictures)),
        used=frozenset([*labelled, *mentioned, *(item.name for item in bad)]),
    )


def _describe_no_classes(listing: Listing, layout: Layout) -> str:
    """Word the error for pictures in no class folders: what they are, and how to give labels."""
    in_one = [file for file in listing.files if file.name in layout.labelled]
    pictures = in_one + [file for files in layout.unlabelled.values() for file in files]
    folders = [f"{name}/" for name in layout.unlabelled if name]
    lie = f" in {join_first(folders, 3)}" if folders else ""
    source = listing.source
    what = "no class folders"
    if in_one:
        (only,) = {name for _, name in layout.labelled.values()}
        what = f"only the class '{only}'; a classifier needs at least two classes"
        lie = ""
    boxes = describe_boxes(listing.files)
    if boxes:
        return (
            f"{source} holds {plural(len(pictures), 'picture')}{lie} and {boxes}: a detection set. "
            "noonbit learns one label a picture; cut the boxes out into a folder a class."
        )
    names = [file.name.rpartition("/")[2] for file in pictures]
    if offer := offer_name_labels(names, source):
        return f"{source} holds {plural(len(pictures), 'picture')}{lie} but {what}.{offer}"
    others = [file for file in listing.files if not looks_like_picture(file)]
    if way_out := describe_way_out(others, source):  # labels in a spreadsheet
        return f"{source} holds {plural(len(pictures), 'picture')}{lie} but {what}. {way_out}"
    return (
        f"{source} holds {plural(len(pictures), 'picture')}{lie} but {what}. Sort them "
        "into a folder a class (cats/1.jpg, dogs/2.jpg), also inside train/ and test/, or add a "
        "table of path,label. `noonbit predict` takes pictures without labels."
    )


def group_pictures(
    pictures: list[Picture], labelled: dict[str, tuple[PartName, str]], *, source: str
) -> tuple[dict[PartName, Part], tuple[str, ...]]:
    """Group images into parts and return them with the class names.

    `labelled` maps the name of an image to its part and class. Raises what `encode_labels` raises.
    """
    by_part: dict[PartName, list[Picture]] = defaultdict(list)
    for picture in pictures:
        by_part[labelled[picture.name][0]].append(picture)
    classes = {
        part: [labelled[picture.name][1] for picture in group] for part, group in by_part.items()
    }
    codes, class_names = encode_labels(classes, source=source)
    parts = {
        part: Part(Pictures(by_part[part]), codes[part], [each.name for each in by_part[part]])
        for part in PART_NAMES
        if part in by_part
    }
    return parts, class_names


def read_inputs(listing: Listing, value_range: tuple[float, float] | None) -> Inputs:
    """Read every image of a listing, whatever its folder, and ignore other files."""
    files, source = listing.files, listing.source
    del value_range  # encoded images are always 0 to 255
    pictures, bad = scan([file for file in files if looks_like_picture(file)])
    return Inputs(
        source, "pictures", unlabelled_part(pictures), bad=tuple(bad), notes=note_misnamed(pictures)
    )
