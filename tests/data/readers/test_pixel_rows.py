"""Rows of pixels: where the label is, and which pixel is wrong."""

import gzip
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sample_tables import (
    LABELS,
    NAMES,
    PIXELS,
    check,
    inputs_of,
    open_table,
    rows,
    sentence,
    write,
)

from noonbit.data.source import open_data
from noonbit.errors import DataError


@pytest.mark.parametrize("label", ["Class", "target", "y", "shape"])
def test_a_label_column_may_stand_anywhere_and_be_called_anything(tmp_path: Path, label) -> None:
    header = [*NAMES[:3], label, *NAMES[3:]]
    lines = [
        ",".join([*map(str, row[:3]), str(code), *map(str, row[3:])])
        for row, code in zip(PIXELS.tolist(), LABELS, strict=True)
    ]
    check(open_table(write(tmp_path / "a.csv", lines, header)))


def test_an_index_column_is_left_out_with_a_note(tmp_path: Path) -> None:
    lines = [f"{i},{line}" for i, line in enumerate(rows())]
    data = open_table(write(tmp_path / "a.csv", lines, ["", "label", *NAMES]))
    check(data)
    assert "is an index and was left out" in data.notes[0]


def test_text_labels_are_class_names_in_natural_order(tmp_path: Path) -> None:
    labels = [["img10", "img9", "img2"][code] for code in LABELS]
    data = open_table(write(tmp_path / "a.csv", rows(labels=labels)))
    assert data.class_names == ("img2", "img9", "img10")


def test_colour_rows_are_interleaved_and_noted(tmp_path: Path) -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (6, 48), np.uint8)
    data = open_table(
        write(tmp_path / "a.csv", rows(pixels=pixels), ["label", *map(str, range(48))])
    )
    np.testing.assert_array_equal(data.train.raw, pixels.reshape(6, 4, 4, 3).transpose(0, 3, 1, 2))
    assert data.notes == (
        "a.csv: 48 pixels are read as 4 x 4 colour pixels, red, green and blue side by side.",
    )


def test_unit_fractions_are_pixels_too(tmp_path: Path) -> None:
    data = open_table(write(tmp_path / "a.csv", rows(pixels=PIXELS / 255)))
    check(data)
    assert data.value_range == (0, 1)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    hnp.arrays(np.uint8, (4, 25)),
    st.lists(st.integers(0, 99), min_size=4, max_size=4).filter(lambda x: len(set(x)) > 1),
)
def test_any_bytes_come_back_from_a_table(tmp_path: Path, pixels, labels) -> None:
    pixels[0, 0] = 255
    path = write(
        tmp_path / "a.csv", rows(pixels=pixels, labels=labels), ["label", *map(str, range(25))]
    )
    data = open_table(path)
    np.testing.assert_array_equal(data.train.raw.reshape(4, 25), pixels)
    assert [int(data.class_names[code]) for code in data.train.labels] == labels


def test_a_test_table_without_labels_is_left_out_with_a_note(tmp_path: Path) -> None:
    write(tmp_path / "train.csv", rows(), ["label", *NAMES])
    write(tmp_path / "test.csv", [line.split(",", 1)[1] for line in rows()], NAMES)
    data = open_table(tmp_path)
    assert list(data.parts) == ["train"]
    assert data.notes == ("test.csv has no labels and is left out.",)


def test_as_many_real_rows_as_the_full_set_has_load(tmp_path: Path, shared_data) -> None:
    path = shared_data("sign-mnist-partial/sign_mnist_test_stretched.csv.gz")
    header, *lines = gzip.decompress(path.read_bytes()).splitlines(keepends=True)
    large = tmp_path / "sign_mnist_train.csv"
    large.write_bytes(header + b"".join((lines * 4)[:27_455]))
    data = open_table(large)
    assert data.train.raw.shape == (27_455, 1, 28, 28)
    assert len(data.class_names) == 24 and "9" not in data.class_names


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("300", "holds 300 in {}, and a pixel lies in 0..255, or in 0..1"),
        ("-7", "holds -7 in {}, and a pixel lies in 0..255, or in 0..1"),
        ("", "has nothing in {}, or nan"),
        ("nan", "has nothing in {}, or nan"),
        ("12x", "holds '12x' in {}, which is no pixel value"),
    ],
)
def test_a_wrong_pixel_makes_a_bad_row_that_can_be_skipped(
    tmp_path: Path, value: str, said: str
) -> None:
    lines = [line.split(",") for line in rows()]
    lines[4][6] = value
    for header, row, column in ((["label", *NAMES], 6, "column pixel6"), (None, 5, "column 7")):
        path = write(tmp_path / "a.csv", [",".join(line) for line in lines], header)
        data = open_table(path)
        assert list(map(str, data.bad)) == [f"a.csv row {row} {said.format(column)}"]
        np.testing.assert_array_equal(
            data.train.raw, np.delete(PIXELS, 4, axis=0).reshape(5, 1, 4, 4)
        )
        assert data.train.names[-1] == f"a.csv row {row + 1}"
        with pytest.raises(DataError, match=r"\(1 of 6 rows\).* or add --on-bad skip"):
            open_data(path)
        assert len(open_data(path, on_bad="skip").train) == 5


def test_rows_with_missing_fields_or_labels_are_bad_rows(tmp_path: Path) -> None:
    lines = rows(labels=[0, 1, "", 0, 1, 2])
    lines[3] = lines[3].rsplit(",", 1)[0]
    data = open_table(write(tmp_path / "a.csv", lines, ["label", *NAMES]))
    assert sorted(map(str, data.bad)) == [
        "a.csv row 4 has no label",
        "a.csv row 5 has 16 fields instead of 17",
    ]
    assert data.train.labels.tolist() == [0, 1, 1, 2]


def test_values_that_most_rows_have_are_no_fault_of_rows(tmp_path: Path) -> None:
    pixels = np.random.default_rng(1).normal(size=(6, 16)).round(3)
    path = write(tmp_path / "a.csv", rows(pixels=pixels), ["label", *NAMES])
    assert "Save them before they are standardised" in sentence(path)


def test_one_row_at_another_scale_is_a_bad_row(tmp_path: Path) -> None:
    pixels = (PIXELS / 255).round(3)
    pixels[2] *= 255
    data = open_table(write(tmp_path / "a.csv", rows(pixels=pixels), ["label", *NAMES]))
    assert [item.name for item in data.bad] == ["a.csv row 4"] and data.value_range == (0, 1)


def test_negative_and_fractional_labels_are_refused(tmp_path: Path) -> None:
    for label, said in (
        ("-1", "a.csv has the label -1 in train (item 1)"),
        ("1.5", "a.csv has the label 1.5 in train"),
    ):
        lines = rows(labels=[0, label, 2, 0, 1, 2])
        assert sentence(write(tmp_path / "a.csv", lines, ["label", *NAMES])).startswith(said)


def test_a_table_without_labels_is_refused_for_training_and_taken_as_input(tmp_path: Path) -> None:
    lines = [line.split(",", 1)[1] for line in rows()]
    path = write(tmp_path / "a.csv", lines, NAMES)
    assert sentence(path) == (
        "a.csv holds pixels and no label column. Add one named label, or name it with "
        "--label-column; `noonbit predict` takes images without labels."
    )
    inputs = inputs_of(path)
    np.testing.assert_array_equal(inputs.part.raw, PIXELS.reshape(6, 1, 4, 4))


def test_a_label_column_is_passed_over_for_inputs(tmp_path: Path) -> None:
    assert len(inputs_of(write(tmp_path / "a.csv", rows())).part) == 6


def test_what_is_no_square_is_refused_with_what_was_found(tmp_path: Path) -> None:
    path = write(tmp_path / "iris.csv", ["5.1,3.5,a", "4.9,3.0,b"], ["width", "height", "species"])
    assert sentence(path).startswith(
        "iris.csv has 3 columns (width, height, species), which is neither a label and the pixels "
        "of a square picture"
    )


def test_labels_of_parts_may_be_written_as_whole_numbers_or_fractions(tmp_path: Path) -> None:
    write(tmp_path / "train.csv", rows(), ["label", *NAMES])
    write(tmp_path / "test.csv", rows(labels=["0.0", " 1", "2.0", 0, 1, 2]), ["label", *NAMES])
    data = open_table(tmp_path)
    assert data.class_names == ("0", "1", "2") and data.test.labels.tolist() == LABELS
    write(tmp_path / "train.csv", rows(labels=[0, "x", 1, "0.0", "x", "1.0"]), ["label", *NAMES])
    (tmp_path / "test.csv").unlink()
    assert open_table(tmp_path).class_names == ("0", "1", "x")
