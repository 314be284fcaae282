"""noonbit show SOURCE"""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

from noonbit.cli.main import run as command_line


def test_the_printed_numbers_are_those_of_scikit_learn(capsys):
    assert command_line(["show", "digits", "--index", "17"]) == 0
    title, size, one_hot, _, *rows = capsys.readouterr().out.splitlines()
    digits = load_digits()
    assert title == f"digits item 17: {digits.target[17]}"
    assert size == "8 x 8 pixels, grey, 0 to 255"
    assert one_hot.split()[1:] == [str(int(each == digits.target[17])) for each in range(10)]
    printed = np.array([row.split() for row in rows], float)
    assert np.abs(printed - digits.images[17] * 255 / 16).max() <= 0.5
    assert len({len(row) for row in rows}) == 1, "the columns are aligned"


def test_json_gives_channels_of_rows(capsys):
    assert command_line(["show", "digits", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert np.array(shown["pixels"]).shape == (1, 8, 8)
    assert (shown["label"], shown["part"], shown["index"]) == ("0", "train", 0)
    assert shown["one_hot"] == [1] + 9 * [0]
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
        "test/red/0.png: red\n3 x 2 pixels, red green blue, 0 to 255\none-hot 0 1\n"
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


def shown_augmented(settings: str, out: Path, *more: str) -> int:
    return command_line(["show", "digits", "--augment", settings, "--out", str(out), *more])


def test_augment_draws_the_image_beside_random_draws_of_it(capsys, tmp_path):
    out = tmp_path / "draws.png"
    assert shown_augmented("rotation=40,brightness=0.5", out) == 0
    with Image.open(out) as sheet:
        pixels = np.asarray(sheet.convert("L"))
    assert sheet.width > 5 * sheet.height, "one row of seven"
    cells = np.array_split(pixels[:, 12:], 7, axis=1)
    as_it_is, *draws = [cell[12:108, :96] for cell in cells]
    assert all(not np.array_equal(draw, as_it_is) for draw in draws)
    printed = capsys.readouterr()
    assert printed.out == "digits item 0: 0\n8 x 8 pixels, grey, 0 to 255\n"
    assert "next     noonbit train digits --augment rotation=40,brightness=0.5" in printed.err


def test_the_same_seed_draws_the_same_sheet(tmp_path):
    one, same, other = (tmp_path / f"{name}.png" for name in ("one", "same", "other"))
    assert shown_augmented("zoom=0.3,mixup=1,cutmix=1", one) == 0
    assert shown_augmented("zoom=0.3,mixup=1,cutmix=1", same) == 0
    assert shown_augmented("zoom=0.3,mixup=1,cutmix=1", other, "--seed", "1") == 0
    assert one.read_bytes() == same.read_bytes() != other.read_bytes()


def test_slides_draw_a_row_each_and_warn_of_what_changes_digits(capsys, tmp_path):
    out = tmp_path / "slides.png"
    assert shown_augmented("slides", out, "--json") == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out)["augment"] == [
        "rotation=90",
        "width_shift=0.1,height_shift=0.1,fill=nearest",
        "zoom_range=0.7:1.3",
        "flip,vertical_flip",
    ]
    assert printed.err.count("warning  ") == 3
    assert "next     noonbit check digits" in printed.err
    with Image.open(out) as sheet:
        assert sheet.height > sheet.width / 2, "four rows of seven"


def test_a_photograph_is_shrunk_on_the_sheet_and_mixed_with_others_of_any_size(tmp_path):
    for name, size in (("a", (900, 500)), ("b", (40, 70))):
        (tmp_path / "photos" / name).mkdir(parents=True)
        Image.new("RGB", size, (200, 30, 30)).save(tmp_path / "photos" / name / "1.png")
    out = tmp_path / "sheet.png"
    source = str(tmp_path / "photos")
    assert command_line(["show", source, "--augment", "cutmix=1", "--out", str(out)]) == 0
    with Image.open(out) as sheet:
        assert 7 * 160 < sheet.width < 7 * 200 and sheet.height < 200


def test_augment_without_a_place_for_its_picture_asks_for_one(capsys):
    assert command_line(["show", "digits", "--augment", "flip"]) == 2
    assert "--augment draws a picture; say where to with --out FILE.png." in capsys.readouterr().err


def test_a_wrong_augmentation_is_refused_before_anything_is_read(capsys, tmp_path):
    out = str(tmp_path / "x.png")
    assert command_line(["show", "nowhere", "--augment", "zoom=2", "--out", out]) == 2
    assert "zoom should be from 0 to below 1 (got '2')" in capsys.readouterr().err
