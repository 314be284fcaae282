"""Fonts with the glyphs of any name, where one is installed."""

import subprocess
import warnings
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from noonbit.data.contact_sheet import draw_grid
from noonbit.errors import MissingGlyphsWarning
from noonbit.system import fonts

HAS_KOREAN = frozenset("강아지") <= fonts.glyphs_of(fonts.find_font(frozenset("강아지")))
needs_korean = pytest.mark.skipif(not HAS_KOREAN, reason="needs a Korean font, as fonts-nanum has")


@pytest.fixture
def no_fonts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine on which only matplotlib's own font is there."""
    monkeypatch.setattr(fonts, "candidates", lambda letters: iter([fonts.bundled_font()]))
    for function in (fonts.find_font, fonts.warn_of_missing_glyphs):
        function.cache_clear()
    yield
    for function in (fonts.find_font, fonts.warn_of_missing_glyphs):
        function.cache_clear()


def draw(text: str) -> bytes:
    picture = Image.new("L", (80, 30))
    ImageDraw.Draw(picture).text((2, 2), text, 255, fonts.choose_font(text, 20))
    return picture.tobytes()


def test_latin_letters_and_signs_are_drawn_with_the_font_that_is_always_there() -> None:
    assert fonts.needed_letters("Café Ω Ж 12 … → ±") == frozenset()
    assert fonts.find_font(frozenset()) == fonts.bundled_font()
    assert fonts.bundled_font().is_file()


@needs_korean
def test_korean_letters_are_no_boxes() -> None:
    # Letters without a glyph look alike: all are the same box.
    assert len({draw(letter) for letter in "강아지고양이한글"}) == 8
    path = fonts.find_font(fonts.needed_letters("개 dog 고양이"))
    assert frozenset("개고양이dog") <= fonts.glyphs_of(path)


def test_without_such_a_font_one_sentence_says_what_to_install(no_fonts: None) -> None:
    pixels = np.zeros((1, 1, 8, 8), np.uint8)
    with pytest.warns(MissingGlyphsWarning, match=r"some are boxes.*fonts-nanum") as warned:
        assert isinstance(draw_grid(pixels, ["강아지"]), Image.Image)
    assert len(warned) == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # it is said once
        draw_grid(pixels, ["고양이"])


def test_the_font_with_most_of_the_letters_is_taken_where_none_has_all(no_fonts: None) -> None:
    with pytest.warns(MissingGlyphsWarning):
        assert fonts.find_font(frozenset("א강")) == fonts.bundled_font()  # it has Hebrew


def test_a_fontconfig_that_fails_is_no_font(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise subprocess.TimeoutExpired("fc-list", 10)

    monkeypatch.setattr(subprocess, "run", fail)
    assert fonts.ask_fontconfig(frozenset("강")) == []


def test_where_there_is_no_fontconfig_the_font_folders_are_searched(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(fonts, "which", lambda name: None)
    monkeypatch.setattr(fonts, "FAMILIAR_FONTS", ())
    found = list(fonts.candidates(frozenset("강")))
    assert found[0] == fonts.bundled_font()
    assert all(path.suffix.lower() in (".ttf", ".ttc", ".otf", ".afm") for path in found)


def test_a_file_that_is_no_font_has_no_glyphs(tmp_path: Path) -> None:
    (tmp_path / "broken.ttf").write_bytes(b"no font")
    assert fonts.glyphs_of(tmp_path / "broken.ttf") == frozenset()
    assert fonts.glyphs_of(tmp_path / "missing.ttf") == frozenset()
