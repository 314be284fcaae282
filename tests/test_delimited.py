"""Separator, header and encoding of a table, and the rows that do not fit."""

import gzip
import zipfile
from pathlib import Path
from time import perf_counter

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from noonbit.data.files import open_files
from noonbit.data.table import recognise
from tests.tables import NAMES, PIXELS, LABELS, check, inputs_of, open_table, rows, sentence, write, write_pictures


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
        assert sentence(write(tmp_path / "a.csv", lines, header)) == (
            f"a.csv row {row} has 16 fields, but the first row has 17. Correct or remove the row."
        )


def test_empty_tables_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"")
    assert sentence(path) == "a.csv is empty. Give a table with a row an image."
    assert sentence(write(path, [], ["label", *NAMES])).startswith("a.csv has a header but no rows")


def test_another_encoding_is_said(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", rows(labels=["caf\u00e9", "th\u00e9"] * 3))
    path.write_bytes(path.read_text().encode("latin-1"))
    assert sentence(path) == "a.csv is not UTF-8 text. Save it with that encoding."
