"""Read one folder of images per class, optionally inside train, validation and test folders.

cats/1.jpg dogs/2.jpg                              one part
train/cats/1.jpg test/cats/9.jpg                   parts under any of their usual names
PetImages/train/cats/1.jpg ...                     the same inside other folders
"""

from collections import defaultdict
from typing import TypeAlias

from noonbit.data.dataset import (
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
from noonbit.data.readers.headers import scan_cached
from noonbit.data.readers.listing import Listing
from noonbit.data.readers.pictures import SUFFIXES, note_misnamed, scan, unlabelled_part
from noonbit.errors import DataError, plural

FORMAT = "a folder a class"
Tree: TypeAlias = list[tuple[tuple[str, ...], File]]
"""Files, each with the parts of its path below a certain folder."""

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


def read(listing: Listing) -> RawDataset:
    """Read the headers of all images, with their folders as classes. Raises `DataError`."""
    files, source = listing.files, listing.source
    tree = _strip_wrapping_folders([(tuple(file.name.split("/")), file) for file in files])
    trees, notes = _split_into_parts(tree)
    trees, more = order_parts(trees, of=source)
    notes += more
    labelled: dict[str, tuple[PartName, str]] = {}
    in_classes: list[File] = []
    loose = 0
    for part, branch in trees.items():
        for pieces, file in branch:
            if len(pieces) > 1:
                labelled[file.name] = (part, pieces[0])
                in_classes.append(file)
            else:
                loose += looks_like_picture(file)
    if not in_classes:
        raise DataError(
            f"{source} holds {plural(loose, 'picture')} but no class folders. Sort them into a "
            "folder a class (cats/1.jpg, dogs/2.jpg), also inside train/ and test/, or add a table "
            "of path,label. `noonbit predict` takes pictures without labels."
        )
    if loose:
        lie = "lies" if loose == 1 else "lie"
        notes += (f"{plural(loose, 'picture')} {lie} outside the class folders: left out.",)
    pictures, bad = scan_cached(in_classes)
    if not pictures:
        raise DataError(f"{source} holds no picture that can be read: {bad[0]}.")
    parts, class_names = group_pictures(pictures, labelled, source=source)
    notes += note_misnamed(pictures)
    return RawDataset(source, FORMAT, parts, class_names, bad=tuple(bad), notes=notes)


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
        part: Part(Pictures(group), codes[part], [picture.name for picture in group])
        for part, group in by_part.items()
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


def _strip_wrapping_folders(tree: Tree) -> Tree:
    """Drop leading folders as long as there is only one, with no image directly in it."""
    while True:
        pictures = [pieces for pieces, file in tree if looks_like_picture(file)]
        tops = {pieces[0] for pieces in pictures}
        if len(tops) != 1 or any(len(pieces) <= 2 for pieces in pictures):
            return tree
        tree = [(pieces[1:], file) for pieces, file in tree if pieces[0] in tops]


def _split_into_parts(tree: Tree) -> tuple[dict[PartName, Tree], tuple[str, ...]]:
    """Split a tree by its part folders, with notes; without part folders, all of it is train.

    Part folders are recognised by name, but only if they hold class folders: `trains` and `buses`
    may be two classes.
    """
    deep = {pieces[0] for pieces, file in tree if len(pieces) > 2 and looks_like_picture(file)}
    flat = {pieces[0] for pieces, file in tree if len(pieces) == 2 and looks_like_picture(file)}
    folders = {top: part for top in sorted(deep - flat) if (part := detect_part(top))}
    if not folders:
        return {"train": tree}, ()
    trees: dict[PartName, Tree] = defaultdict(list)
    for top, part in folders.items():
        branch = [(pieces[1:], file) for pieces, file in tree if pieces[0] == top]
        trees[part] += _strip_wrapping_folders(branch)
    others = sorted((deep | flat) - set(folders))
    notes = (f"Left out, because they are no part of the data: {', '.join(others)}.",)
    return dict(trees), notes if others else ()
