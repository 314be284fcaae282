"""Separator, header and encoding of a table, and the rows that do not fit."""

import io
from pathlib import Path

import pytest
from sample_tables import NAMES, check, open_table, rows, sentence, write

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


def test_another_encoding_is_said(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", rows(labels=["caf\u00e9", "th\u00e9"] * 3))
    path.write_bytes(path.read_text().encode("latin-1"))
    assert sentence(path) == "a.csv is not UTF-8 text. Save it with that encoding."


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
