"""Recognise detection sets, which say where things are in pictures instead of what they show."""

import re
from collections.abc import Iterable

from noonbit.data.files import File, head, suffix_of

_BOX_LINE = re.compile(rb"\s*\d+(\s+-?\d*\.?\d+(e-?\d+)?){4,}\s*")
_SAMPLE_BYTES = 2**16
_OPENED = 8
"""How many files of a kind are opened at most."""


def describe_boxes(files: Iterable[File]) -> str:
    """Return which file holds boxes: `boxes as YOLO has them (a.txt)`; "" if none does."""
    opened = {".txt": 0, ".json": 0, ".xml": 0}
    for file in files:
        suffix = suffix_of(file.name)
        if suffix not in opened or opened[suffix] >= _OPENED:
            continue
        opened[suffix] += 1
        begin = head(file, _SAMPLE_BYTES)
        if suffix == ".txt" and is_yolo(begin):
            return f"boxes as YOLO has them ({file.name})"
        if suffix == ".json" and is_coco(begin):
            return f"boxes or outlines as COCO has them ({file.name})"
        if suffix == ".xml" and b"<bndbox" in begin:
            return f"boxes as Pascal VOC has them ({file.name})"
    return ""


def is_yolo(begin: bytes) -> bool:
    """Whether a text begins with lines of a class number and the numbers of a box."""
    lines = begin.splitlines()[:5]
    return bool(lines) and all(_BOX_LINE.fullmatch(line) for line in lines)


def is_coco(begin: bytes) -> bool:
    """Whether a text begins as a JSON object of images and annotations."""
    return begin.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") and (
        b'"bbox"' in begin
        or b'"segmentation"' in begin
        or (b'"images"' in begin and (b'"licenses"' in begin or b'"categories"' in begin))
    )
