"""Read pictures whose labels stand in small files beside them.

metadata.jsonl: {"file_name": "0001.png", "label": 1}      Hugging Face's imagefolder
000001.jpg 000001.cls, or 000001.json with a label         WebDataset, in a tar or several
"""

import json
from collections.abc import Iterator
from typing import Any

from noonbit.data.dataset import BadItem, Inputs, PartName, RawDataset, detect_part, order_parts
from noonbit.data.files import File, content, head, suffix_of, survey
from noonbit.data.names import compose
from noonbit.data.readers.column_names import LABEL_NAMES, PATH_NAMES, SPLIT_NAMES
from noonbit.data.readers.folder import group_pictures, looks_like_picture
from noonbit.data.readers.headers import scan_cached
from noonbit.data.readers.json_lines import SAMPLE_BYTES, find_field
from noonbit.data.readers.listing import Listing
from noonbit.data.readers.pictures import note_misnamed, scan, unlabelled_part
from noonbit.data.readers.text import LINE_END, decode_text
from noonbit.errors import DataError, join_first, plural

FORMAT = "pictures with labels in .jsonl, .cls or .json files beside them"
_LABEL_FILES = (".cls", ".json")


def recognise(listing: Listing) -> bool:
    """Whether a listing holds pictures and the labels of them in files beside them."""
    sample = survey(listing.files)
    if not any(map(looks_like_picture, sample)):
        return False
    if any(map(_is_lines, sample)):
        return True
    beside = [file for file in sample if suffix_of(file.name) in _LABEL_FILES]
    pictures = {_key(file) for file in listing.files if looks_like_picture(file)}
    beside = [file for file in beside if _key(file) in pictures]
    return bool(beside) and all(_label_of(file) is not None for file in beside)


def read(listing: Listing) -> RawDataset:
    """Read the pictures that have a label. Raises `DataError`."""
    files, source = listing.files, listing.source
    by_name = {file.name: file for file in files}
    lines = [file for file in files if _is_lines(file)]
    used = {file.name for file in lines}
    labelled: dict[str, tuple[PartName, str]] = {}
    bad: list[BadItem] = []
    if lines:
        for where, file, part, label in _rows(lines, by_name):
            if file is None or label is None:
                bad.append(BadItem(where, "names no picture" if file is None else "has no label"))
            else:
                labelled[file.name] = (part, label)
    else:
        pictures_of: dict[str, list[File]] = {}
        for file in files:
            if suffix_of(file.name) not in _LABEL_FILES and looks_like_picture(file):
                pictures_of.setdefault(_key(file), []).append(file)
        for file in files:
            of_file = pictures_of.get(_key(file), [])
            if suffix_of(file.name) not in _LABEL_FILES or not of_file:
                continue
            label = _label_of(file)
            if label is not None:
                used.add(file.name)
                pairs = {picture.name: (_part_of(picture), label) for picture in of_file}
                labelled |= {name: pair for name, pair in pairs.items() if name not in labelled}
    if not labelled:
        raise DataError(
            f"{source} holds no picture with a label: {join_first(list(map(str, bad)), 3)}."
        )
    pictures, unreadable = scan_cached([by_name[name] for name in labelled])
    if not pictures:
        raise DataError(f"{source} holds no picture that can be read: {unreadable[0]}.")
    parts, class_names = group_pictures(pictures, labelled, source=source)
    ordered, notes = order_parts(parts, of=source)
    without = sum(looks_like_picture(file) and file.name not in labelled for file in files)
    if without:
        notes += (f"{plural(without, 'picture')} without a label: left out.",)
        used |= {file.name for file in files if looks_like_picture(file)}
    return RawDataset(
        source,
        "pictures with labels beside them",
        ordered,
        class_names,
        bad=(*bad, *unreadable),
        notes=(*notes, *note_misnamed(pictures)),
        used=frozenset(used | set(labelled)),
    )


def read_inputs(listing: Listing, value_range: tuple[float, float] | None) -> Inputs:
    """Read every picture of a listing, without labels."""
    del value_range  # encoded images are always 0 to 255
    pictures, bad = scan([file for file in listing.files if looks_like_picture(file)])
    notes = note_misnamed(pictures)
    part = unlabelled_part(pictures)
    return Inputs(listing.source, "pictures", part, bad=tuple(bad), notes=notes)


def _is_lines(file: File) -> bool:
    """Whether a file is JSON Lines of pictures' names and labels."""
    if suffix_of(file.name) not in (".jsonl", ".ndjson"):
        return False
    begin = head(file, SAMPLE_BYTES).decode("utf-8-sig", "replace")
    value = _parse(begin.strip().partition("\n")[0])
    path, label = find_field(value, PATH_NAMES), find_field(value, LABEL_NAMES)
    return isinstance(path, str) and _as_label(label) is not None


def _rows(
    lines: list[File], by_name: dict[str, File]
) -> Iterator[tuple[str, File | None, PartName, str | None]]:
    """Yield where each object stands, its picture, part and label; None for what it lacks."""
    for file in lines:
        folder = "".join(file.name.rpartition("/")[:2])
        text, _ = decode_text(content(file), file.name)
        for number, line in enumerate(LINE_END.split(text), start=1):
            if not line.strip():
                continue
            value = _parse(line)
            name = compose(str(find_field(value, PATH_NAMES))).removeprefix("./")
            picture = by_name.get(folder + name) or by_name.get(name)
            split = find_field(value, SPLIT_NAMES)
            part = detect_part(str(split)) or (_part_of(picture) if picture else "train")
            label = _as_label(find_field(value, LABEL_NAMES))
            yield f"{file.name} line {number}", picture, part, label


def _label_of(file: File) -> str | None:
    """Return the label in a .cls or .json file; None if it holds none."""
    text = content(file).decode("utf-8", "replace").strip()
    if suffix_of(file.name) == ".cls":
        return text if text and len(text) < 200 and "\n" not in text else None
    return _as_label(find_field(_parse(text), LABEL_NAMES))


def _parse(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _as_label(value: object) -> str | None:
    if value is None or isinstance(value, dict | list) or not str(value).strip():
        return None
    return str(value).strip()


def _key(file: File) -> str:
    """Return what the files of one sample have in common: the path up to the first dot."""
    folder, slash, base = file.name.rpartition("/")
    return folder + slash + base.partition(".")[0]


def _part_of(file: File) -> PartName:
    return detect_part("".join(file.name.rpartition("/")[:1])) or "train"
