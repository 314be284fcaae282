"""noonbit show SOURCE"""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

from noonbit.cli import run as command_line


def test_the_printed_numbers_are_those_of_scikit_learn(capsys):
    assert command_line(["show", "digits", "--index", "17"]) == 0
    title, size, _, *rows = capsys.readouterr().out.splitlines()
    digits = load_digits()
    assert title == f"digits item 17: {digits.target[17]}"
    assert size == "8 x 8 pixels, grey, 0 to 255"
    printed = np.array([row.split() for row in rows], float)
    assert np.abs(printed - digits.images[17] * 255 / 16).max() <= 0.5
    assert len({len(row) for row in rows}) == 1, "the columns are aligned"


def test_json_gives_channels_of_rows(capsys):
    assert command_line(["show", "digits", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert np.array(shown["pixels"]).shape == (1, 8, 8)
    assert (shown["label"], shown["part"], shown["index"]) == ("0", "train", 0)
    assert shown["picture"] is None


@pytest.fixture
def colours(tmp_path: Path) -> Path:
    """A folder of two classes of one picture each, with a test part."""
    for part in ("train", "test"):
        for name, colour in (("red", (250, 1, 2)), ("blue", (3, 4, 240))):
            folder = tmp_path / "colours" / part / name
            folder.mkdir(parents=True)
            for number in range(2):
                Image.new("RGB", (3, 2), colour).save(folder / f"{number}.png")
    return tmp_path / "colours"


def test_a_colour_picture_is_printed_channel_by_channel(colours, capsys):
    assert command_line(["show", str(colours), "--part", "test", "--index", "2"]) == 0
    assert capsys.readouterr().out == (
        "test/red/0.png: red\n3 x 2 pixels, red green blue, 0 to 255\n"
        "\nred\n250 250 250\n250 250 250\n"
        "\ngreen\n  1   1   1\n  1   1   1\n"
        "\nblue\n  2   2   2\n  2   2   2\n"
    )


def test_out_writes_the_image_enlarged(colours, capsys, tmp_path):
    assert command_line(["show", str(colours), "--out", str(tmp_path / "one.png")]) == 0
    with Image.open(tmp_path / "one.png") as picture:
        assert picture.size == (399, 266)
        assert picture.getcolors() == [(399 * 266, (3, 4, 240))]


def test_nothing_is_written_without_out(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert command_line(["show", "digits"]) == 0
    assert list(tmp_path.iterdir()) == []
    assert "next     noonbit show digits --index 0 --out" in capsys.readouterr().err


@pytest.mark.parametrize("index", ["1797", "-1"])
def test_an_index_out_of_range_says_what_there_is(index, capsys):
    assert command_line(["show", "digits", "--index", index]) == 2
    sentence = capsys.readouterr().err
    assert f"--index {index} is not in train" in sentence
    assert "1,797 images: give 0 to 1796" in sentence


def test_a_part_that_the_source_lacks_is_named_with_those_it_has(capsys):
    assert command_line(["show", "digits", "--part", "test"]) == 2
    assert "digits has no test part of its own. It has: train." in capsys.readouterr().err
