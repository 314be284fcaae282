"""Pictures that stand in one cell of a table, in every spelling."""

import csv
from pathlib import Path

import numpy as np
import pytest
from sample_tables import inputs_of, open_table, sentence

from noonbit.data.dataset import Sentences
from noonbit.data.source import open_data

PICTURES = np.random.default_rng(0).integers(0, 256, (9, 6, 6), np.uint8)
PICTURES[0, 0, 0] = 255
FLAT = PICTURES.reshape(9, -1)


def write_cells(path: Path, cells: list[str], header=("emotion", "pixels"), **columns) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        if header:
            writer.writerow([*header, *columns])
        rest = list(columns.values())
        for i, cell in enumerate(cells):
            writer.writerow([i % 3, cell, *(column[i] for column in rest)])
    return path


@pytest.mark.parametrize(
    "spell",
    [
        lambda picture: " ".join(map(str, picture.ravel())),
        lambda picture: "  ".join(map(str, picture.ravel())) + " ",
        lambda picture: ",".join(map(str, picture.ravel())),
        lambda picture: "; ".join(map(str, picture.ravel())),
        lambda picture: str(picture.ravel().tolist()),
        lambda picture: str(picture.tolist()),
        lambda picture: str(picture.ravel()),
        lambda picture: str(picture),
        lambda picture: str(list(picture.ravel())),
        lambda picture: repr(picture),
        lambda picture: str(picture.astype(float).tolist()),
    ],
)
@pytest.mark.parametrize("header", [("emotion", "pixels"), None])
def test_the_numbers_of_a_cell_are_a_picture_however_they_are_spelled(
    tmp_path: Path, spell, header
) -> None:
    cells = [spell(picture) for picture in PICTURES]
    path = write_cells(tmp_path / "faces.csv", cells, header)
    data = open_table(path)
    np.testing.assert_array_equal(data.train.raw, PICTURES[:, None])
    assert data.train.labels.tolist() == [0, 1, 2] * 3
    np.testing.assert_array_equal(inputs_of(path).part.raw, PICTURES[:, None])


def test_unit_floats_in_cells_are_pixels(tmp_path: Path) -> None:
    cells = [" ".join(f"{value / 255:.4f}" for value in row) for row in FLAT]
    data = open_table(write_cells(tmp_path / "a.csv", cells))
    np.testing.assert_array_equal(data.train.raw, PICTURES[:, None])
    assert data.value_range == (0, 1)


def test_colours_in_cells_are_interleaved_or_nested(tmp_path: Path) -> None:
    colour = np.random.default_rng(1).integers(0, 256, (6, 4, 4, 3), np.uint8)
    for cells in (
        [" ".join(map(str, picture.ravel())) for picture in colour],
        [str(picture.tolist()) for picture in colour],
    ):
        data = open_table(write_cells(tmp_path / "a.csv", cells))
        np.testing.assert_array_equal(data.train.raw, colour.transpose(0, 3, 1, 2))


def test_brackets_say_the_height_and_the_width(tmp_path: Path) -> None:
    wide = np.random.default_rng(1).integers(0, 256, (6, 4, 7), np.uint8)
    data = open_table(write_cells(tmp_path / "a.csv", [str(each.tolist()) for each in wide]))
    np.testing.assert_array_equal(data.train.raw, wide[:, None])
    flat = [" ".join(map(str, each.ravel())) for each in wide]
    assert "holds 28 numbers a cell, which are no square picture" in sentence(
        write_cells(tmp_path / "a.csv", flat)
    )


def test_usage_says_the_part_and_public_tests_validate(tmp_path: Path) -> None:
    cells = [" ".join(map(str, row)) for row in FLAT]
    usage = ["Training"] * 3 + ["PublicTest"] * 3 + ["PrivateTest"] * 3
    data = open_table(write_cells(tmp_path / "a.csv", cells, Usage=usage))
    assert {part: len(items) for part, items in data.parts.items()} == {
        "train": 3,
        "validation": 3,
        "test": 3,
    }
    assert "PublicTest is taken for validation, and PrivateTest for testing." in data.notes
    usage = ["Training"] * 6 + ["PublicTest"] * 3
    data = open_table(write_cells(tmp_path / "a.csv", cells, Usage=usage))
    assert list(data.parts) == ["train", "test"]


def test_a_cell_with_other_numbers_is_a_bad_row(tmp_path: Path) -> None:
    cells = [" ".join(map(str, row)) for row in FLAT]
    cells[1] = cells[1].rsplit(" ", 1)[0]
    cells[3] = ""
    cells[5] = "300 " + cells[5].split(" ", 1)[1]
    cells[7] = "[0 0 0 ... 0 0 0]"
    path = write_cells(tmp_path / "a.csv", cells)
    data = open_table(path)
    assert [item.name for item in data.bad] == [f"a.csv row {row}" for row in (3, 5, 7, 9)]
    assert "35 numbers instead of 36 in column pixels" in str(data.bad[0])
    assert "holds 300 in number 1 of column pixels" in str(data.bad[2])
    assert "cut short by '...'" in str(data.bad[3])
    np.testing.assert_array_equal(
        open_data(path, on_bad="skip").train.raw, PICTURES[[0, 2, 4, 6, 8], None]
    )


def test_sentences_with_numbers_stay_sentences(tmp_path: Path) -> None:
    cells = [f"row {i} has 12 words and 3 4 5 numbers" for i in range(9)]
    assert isinstance(open_table(write_cells(tmp_path / "a.csv", cells)).train.raw, Sentences)
    cells = [" ".join(map(str, range(i + 17))) for i in range(9)]
    header = ("label", "text")
    data = open_table(write_cells(tmp_path / "a.csv", cells, header))
    assert isinstance(data.train.raw, Sentences)
