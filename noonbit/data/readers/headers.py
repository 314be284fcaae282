"""Scan the headers of many image files and cache the result."""

from collections.abc import Sequence
from functools import cache as run_once
from pathlib import Path

import PIL

from noonbit.data import cache
from noonbit.data.dataset import BadItem, Picture
from noonbit.data.files import File, has_unopened
from noonbit.data.readers import bit_depth, pictures

WORTH_KEEPING = 200
"""Minimum number of files to cache; the headers of fewer are read in 10 ms."""


def scan_cached(files: Sequence[File]) -> tuple[list[Picture], list[BadItem]]:
    """Return what `pictures.scan` returns, from the cache if these files were scanned before.

    A cache hit opens none of the files: 3,000 take 0.01 s instead of 0.15.
    """
    if len(files) < WORTH_KEEPING or not all(file.stamp for file in files):
        return pictures.scan(files)
    name = cache.entry_name(
        "headers", decoder_version(), [(file.name, file.stamp) for file in files]
    )
    if (cached := find_cached_scan(name, files)) is not None:
        return cached
    found, bad = pictures.scan(files)
    if not has_unopened(bad):
        # No warning if this fails: then the pixels cannot be cached either, and that is reported.
        cache.keep_value(name, to_json_value(files, found, bad))
    return found, bad


def to_json_value(
    files: Sequence[File], found: list[Picture], bad: list[BadItem]
) -> list[str | tuple[int, int, int, str, int]]:
    """Convert a scan to JSON: what `header_facts` gives of each file, or its error."""
    reasons = {item.name: item.reason for item in bad}
    good = iter(found)
    return [reasons.get(file.name) or header_facts(next(good)) for file in files]


def header_facts(picture: Picture) -> tuple[int, int, int, str, int]:
    """Return width, height, channels, format and bits."""
    return picture.width, picture.height, picture.channels, picture.format, picture.bits


def find_cached_scan(
    name: str, files: Sequence[File]
) -> tuple[list[Picture], list[BadItem]] | None:
    """Return the cached scan of exactly these files; None if there is none or it is damaged."""
    found, bad = [], []
    stored = cache.find_value(name)
    try:
        for file, fact in zip(files, stored, strict=True):
            if isinstance(fact, str):
                bad.append(BadItem(file.name, fact))
            else:
                width, height, channels, kind, bits = fact
                found.append(
                    Picture(
                        file.name,
                        file.read,
                        int(width),
                        int(height),
                        int(channels),
                        str(kind),
                        file.stamp,
                        int(bits),
                    )
                )
    except (TypeError, ValueError):
        return None
    return found, bad


@run_once
def decoder_version() -> str:
    """Identify the decoder: another version may read other sizes or pixels from the same file."""
    versions = f"Pillow {PIL.__version__}, HEIF {pictures.heif_version() or 'not read'}\n"
    files = Path(pictures.__file__), Path(bit_depth.__file__)
    return versions + "".join(file.read_text(encoding="utf-8") for file in files)
