"""Separator, header and encoding of a table, and the rows that do not fit."""

import io
import unicodedata
from pathlib import Path

import numpy as np
import pytest
from sample_tables import (
    NAMES,
    PIXELS,
    check,
    inputs_of,
    open_table,
    rows,
    sentence,
    write,
    write_pictures,
)

from noonbit.data.files import File
from noonbit.data.readers.delimited import Table
from noonbit.errors import UsageError


@pytest.mark.parametrize("separator", [",", "\t", ";"])
@pytest.mark.parametrize("header", [True, False])
@pytest.mark.parametrize("last", [True, False])
@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz", "a.data"])
def test_separator_header_and_label_column_are_found(
    tmp_path: Path, separator: str, header: bool, last: bool, name: str
) -> None:
    lines = rows(separator, last=last)
    if header:
        lines.insert(0, separator.join([*NAMES, "label"] if last else ["label", *NAMES]))
    data = open_table(write(tmp_path / name, lines))
    check(data)
    assert data.train.names[0] == f"{name} row {2 if header else 1}"


def test_a_ragged_row_is_said_with_its_number_and_counts(tmp_path: Path) -> None:
    lines = rows()
    lines[2] = lines[2].rsplit(",", 1)[0]
    for header, row in ((None, 3), (["label", *NAMES], 4)):
        data = open_table(write(tmp_path / "a.csv", lines, header))
        assert list(map(str, data.bad)) == [f"a.csv row {row} has 16 fields instead of 17"]
        assert len(data.train) == 5


def test_empty_tables_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"")
    assert sentence(path) == "a.csv is empty. Give a table with a row an image."
    assert sentence(write(path, [], ["label", *NAMES])).startswith("a.csv has a header but no rows")


@pytest.mark.parametrize(
    ("option", "index"), [("dx", 1), ("D x", 1), ("image_id", 0), ("2", 1), ("3", 2), ("7", 3)]
)
def test_a_column_is_named_by_name_or_by_number_from_1(option: str, index: int) -> None:
    file = File("a.csv", 0, io.BytesIO)
    table = Table(file, ",", ["image_id", "dx", "age", "7"], [["1", "mel", "30", "0"]])
    assert table.column_of(option, flag="--label-column") == index


@pytest.mark.parametrize(
    ("header", "said"),
    [
        (
            ["image_id", "dx"],
            "--label-column 3 names no column of a.csv, which has 2 columns (image_id, dx). "
            "Give a name, or a number from 1 to 2.",
        ),
        (
            None,
            "--label-column 3 names no column of a.csv, which has 2 columns without names. "
            "Give a number from 1 to 2.",
        ),
    ],
)
def test_a_column_that_does_not_exist_is_refused_with_those_that_do(header, said: str) -> None:
    table = Table(File("a.csv", 0, io.BytesIO), ",", header, [["1", "mel"]])
    with pytest.raises(UsageError) as error:
        table.column_of("3", flag="--label-column")
    assert str(error.value) == said


@pytest.mark.parametrize(
    ("labels", "encoding", "shown"),
    [
        (("가위", "바위"), "cp949", "CP949 (Korean)"),
        (("猫", "いぬ"), "cp932", "CP932 (Japanese)"),
        (("苹果", "香蕉"), "gbk", "GBK (Chinese)"),
        (("café", "thé"), "latin-1", "Windows-1252"),
    ],
)
def test_another_encoding_is_read_with_a_note(
    tmp_path: Path, labels: tuple[str, str], encoding: str, shown: str
) -> None:
    path = write(tmp_path / "a.csv", rows(labels=labels * 3), ["label", *NAMES])
    path.write_bytes(path.read_text("utf-8").encode(encoding))
    data = open_table(path)
    assert data.class_names == tuple(sorted(labels))
    assert data.notes == (f"a.csv is not UTF-8 and was read as {shown}.",)
    np.testing.assert_array_equal(data.train.raw, PIXELS.reshape(6, 1, 4, 4))
    assert inputs_of(path).notes == data.notes


def test_utf_16_is_read_with_a_note(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", rows(labels=["고양이", "개"] * 3), ["label", *NAMES])
    path.write_bytes(path.read_text("utf-8").encode("utf-16"))
    data = open_table(path)
    assert (data.class_names, data.notes) == (("개", "고양이"), ("a.csv was read as UTF-16.",))


def test_a_mark_of_utf_8_is_no_part_of_the_first_name(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", rows(labels=["개", "소"] * 3), ["label", *NAMES])
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert (open_table(path).class_names, open_table(path).notes) == (("개", "소"), ())


def test_pictures_are_found_by_names_that_are_composed_otherwise(tmp_path: Path) -> None:
    names = ["가위.png", "보.png"]
    write_pictures(tmp_path, [unicodedata.normalize("NFD", name) for name in names])
    lines = [f"{name},{label}" for name, label in zip(names, ("é", "a"), strict=True)]
    path = write(tmp_path / "labels.csv", lines, ["path", "label"])
    path.write_bytes(path.read_text("utf-8").replace("é", "e\u0301").encode())
    data = open_table(tmp_path)
    assert (data.class_names, sorted(data.train.names)) == (("a", "é"), names)
