"""A font for whatever is written into a picture: class names and paths may be Korean, or any other.

    ImageDraw.Draw(picture).text((0, 0), "강아지", font=choose_font("강아지", 12))

Latin, Greek and Cyrillic are drawn with DejaVu Sans, which comes with matplotlib. For anything else
an installed font is looked for; nothing is downloaded.
"""

import subprocess
import warnings
from collections.abc import Iterator
from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path
from shutil import which

from PIL import ImageFont

from noonbit.errors import MissingGlyphsWarning

FAMILIAR_FONTS = (
    "NanumBarunGothic.ttf",
    "NanumGothic.ttf",
    "NotoSansCJK-Regular.ttc",
    "NotoSansKR-Regular.ttf",
    "AppleSDGothicNeo.ttc",
    "malgun.ttf",
    "DroidSansFallbackFull.ttf",
    "unifont.ttf",
)
"""Fonts with Korean glyphs on Linux, macOS and Windows, by file name; most have Chinese and
Japanese ones too. They are tried before all installed fonts are asked, which takes longer."""
MOST_ASKED = 40
"""Letters that fc-list is asked for at once."""


def choose_font(text: str, size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Load a font, `size` pixels high, with the glyphs of `text`.

    Where no installed font has them all, the one with most of them is loaded, the others become
    boxes, and a `MissingGlyphsWarning` says once how to get one.
    """
    try:
        return load_font(find_font(needed_letters(text)), size)
    except OSError:  # matplotlib's font is not where it belongs
        return ImageFont.load_default(size)


@lru_cache
def load_font(path: Path, size: int) -> ImageFont.FreeTypeFont:
    """Load a font file."""
    return ImageFont.truetype(str(path), size)


def needed_letters(text: str) -> frozenset[str]:
    """Return the letters of a text that DejaVu Sans may not have: from Hebrew on, but no signs."""
    return frozenset(
        letter
        for letter in text
        if letter >= "\u0590" and not "\u2000" <= letter < "\u2c00" and letter.isprintable()
    )


@lru_cache
def find_font(letters: frozenset[str]) -> Path:
    """Return the file of the first font that has all letters, else of the one that has most."""
    best, most = bundled_font(), 0
    if not letters:
        return best
    for path in dict.fromkeys(candidates(letters)):
        found = len(letters & glyphs_of(path))
        if found > most:
            best, most = path, found
        if most == len(letters):
            return best
    warn_of_missing_glyphs()
    return best


def candidates(letters: frozenset[str]) -> Iterator[Path]:
    """Yield font files that may have the letters, those that are quickly found first."""
    yield bundled_font()
    for name in FAMILIAR_FONTS:
        try:
            # Pillow looks through the system's font folders for a file of this name.
            yield Path(str(ImageFont.truetype(name).path))
        except OSError:
            continue
    if which("fc-list") is not None:  # fontconfig, on Linux
        yield from ask_fontconfig(letters)
    else:
        from matplotlib.font_manager import findSystemFonts

        yield from map(Path, sorted(findSystemFonts()))


def ask_fontconfig(letters: frozenset[str]) -> list[Path]:
    """Return the installed fonts that have the letters, as fontconfig knows them."""
    codes = " ".join(f"{ord(letter):x}" for letter in sorted(letters)[:MOST_ASKED])
    try:
        answer = subprocess.run(
            ["fc-list", f":charset={codes}", "file"],
            capture_output=True,
            check=True,
            timeout=10,
        ).stdout.decode(errors="replace")
    except (OSError, subprocess.SubprocessError):
        return []
    return sorted(Path(line.rstrip(": ")) for line in answer.splitlines())


@lru_cache(maxsize=32)
def glyphs_of(path: Path) -> frozenset[str]:
    """Return the letters that a font file has glyphs for; none if it cannot be read."""
    from fontTools.ttLib import TTFont, TTLibError

    try:
        with path.open("rb") as file, TTFont(file, fontNumber=0, lazy=True) as font:
            return frozenset(map(chr, font.getBestCmap() or ()))
    except (OSError, TTLibError, KeyError, ValueError):
        return frozenset()


@cache
def warn_of_missing_glyphs() -> None:
    """Say once that letters will be boxes, and what to install."""
    warnings.warn(
        "No installed font has all letters of the names in this picture, so some are boxes. For "
        "Korean, install a font such as NanumGothic (apt install fonts-nanum).",
        MissingGlyphsWarning,
        stacklevel=2,
    )


def bundled_font() -> Path:
    """Return the path of DejaVu Sans, bundled with matplotlib."""
    package = find_spec("matplotlib")
    places = (package and package.submodule_search_locations) or [""]
    return Path(places[0]) / "mpl-data" / "fonts" / "ttf" / "DejaVuSans.ttf"
