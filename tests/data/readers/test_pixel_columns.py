"""Which columns of a table of pixels are the label, the part, and pixels."""

import gzip
from pathlib import Path

import numpy as np
import pytest
from listings import listing_of
from sample_tables import LABELS, NAMES, PIXELS, check, open_table, rows, sentence, write
from sklearn.datasets import load_digits

from noonbit.data.dataset import RawDataset
from noonbit.data.readers.table import read, read_inputs, recognise
from noonbit.errors import UsageError

DIGITS = load_digits()
IMAGES, KINDS = DIGITS.data.astype(int), DIGITS.target


def read_with(path: Path, label_column: str) -> RawDataset:
    return read(listing_of(path, label_column=label_column))


def save(path: Path, *columns, fmt: str = "%g", delimiter: str = ",") -> Path:
    np.savetxt(path, np.column_stack(columns), fmt, delimiter)
    return path


@pytest.mark.parametrize("last", [True, False])
@pytest.mark.parametrize("count", [50, 100, 500])
@pytest.mark.parametrize(
    "change", [lambda x: x, lambda x: x > 7, lambda x: x / 16, lambda x: (x > 7) * 1.0]
)
def test_the_label_of_digits_is_found_at_either_end(tmp_path: Path, last, count, change) -> None:
    images, kinds = change(IMAGES[:count]), KINDS[:count]
    columns = (images, kinds) if last else (kinds, images)
    for order in (np.arange(count), np.argsort(kinds, kind="stable")):
        data = open_table(save(tmp_path / "a.csv", np.column_stack(columns)[order], fmt="%.4f"))
        assert [int(data.class_names[code]) for code in data.train.labels] == list(kinds[order])


def test_letters_beside_binary_pixels_are_labels(tmp_path: Path) -> None:
    letters = np.random.default_rng(0).integers(0, 26, 100)
    data = open_table(save(tmp_path / "a.csv", IMAGES[:100] > 7, letters))
    assert [int(data.class_names[code]) for code in data.train.labels] == list(letters)


@pytest.mark.parametrize("kinds", [KINDS[:60] + 1000, np.random.default_rng(1).random(60)])
def test_where_no_end_is_a_label_the_flag_is_named(tmp_path: Path, kinds) -> None:
    said = sentence(save(tmp_path / "a.csv", kinds, IMAGES[:60] > 7))
    assert said == (
        "a.csv has 65 columns without names, and it is not clear whether column 1 or column 65 is "
        "the label. Say so with --label-column 1 or --label-column 65."
    )


def test_where_both_ends_may_be_labels_the_flag_decides(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 2, (60, 64))
    path = save(tmp_path / "a.csv", KINDS[:60], noise)
    assert "Say so with --label-column 1 or --label-column 65." in sentence(path)
    assert read_with(path, "1").train.labels.tolist() == KINDS[:60].tolist()
    assert len(read_with(path, "65").class_names) == 2


def test_a_column_that_numbers_the_rows_is_no_label(tmp_path: Path) -> None:
    numbers = np.arange(100)
    data = open_table(save(tmp_path / "a.csv", numbers, KINDS[:100], IMAGES[:100]))
    assert data.train.labels.tolist() == KINDS[:100].tolist()
    assert data.notes[0] == "a.csv: column 1 is an index and was left out."
    path = save(tmp_path / "a.csv", numbers, IMAGES[:100])
    assert "holds pixels and no label column" in sentence(path)
    assert len(read_inputs(listing_of(path), None).part) == 100


def test_a_named_column_may_be_called_anything_with_the_flag(tmp_path: Path) -> None:
    header = ["p0", *NAMES]
    path = write(tmp_path / "a.csv", rows(), header)
    check(read_with(path, "P0"))
    with pytest.raises(UsageError, match="--label-column nothing names no column of a.csv"):
        read_with(path, "nothing")
    lines = [f"site{i % 2},{line}" for i, line in enumerate(rows())]
    path = write(tmp_path / "a.csv", lines, ["site", "kind", *NAMES])
    assert "which is the label. Say so with --label-column NAME." in sentence(path)
    data = read_with(path, "kind")
    check(data)
    assert data.notes == ("a.csv: column site is no pixel and was left out.",)


def test_one_hot_columns_are_labels(tmp_path: Path) -> None:
    one_hot = np.eye(10, dtype=int)[KINDS[:100]]
    data = open_table(save(tmp_path / "a.csv", IMAGES[:100], one_hot))
    assert data.train.labels.tolist() == KINDS[:100].tolist()
    lines = [
        ",".join([*map(str, row), *(str(int(label == k)) for k in range(3))])
        for row, label in zip(PIXELS.tolist(), LABELS, strict=True)
    ]
    check_names = open_table(write(tmp_path / "b.csv", lines, [*NAMES, "cat", "dog", "owl"]))
    assert check_names.class_names == ("cat", "dog", "owl")
    assert check_names.train.labels.tolist() == LABELS


@pytest.mark.parametrize("name", ["semeion.data", "zip.train.gz", "a.txt", "a.csv"])
def test_numbers_parted_by_spaces_are_a_table(tmp_path: Path, name: str) -> None:
    one_hot = np.eye(10)[KINDS[:100]]
    rows_of = np.column_stack([IMAGES[:100] > 7, one_hot])
    for ends in ("{} \r\n", "  {}\n"):
        lines = "".join(ends.format("  ".join(f"{v:.4f}" for v in row)) for row in rows_of)
        raw = lines.encode()
        (tmp_path / name).write_bytes(gzip.compress(raw) if name.endswith("gz") else raw)
        assert recognise(listing_of(tmp_path / name))
        data = open_table(tmp_path / name)
        assert data.train.labels.tolist() == KINDS[:100].tolist()
        np.testing.assert_array_equal(data.train.raw[:, 0] > 0, IMAGES[:100].reshape(-1, 8, 8) > 7)


def test_a_label_written_as_a_fraction_stands_before_signed_pixels(tmp_path: Path) -> None:
    signed = IMAGES[:100] / 8 - 1
    path = tmp_path / "zip.train"
    np.savetxt(path, np.column_stack([KINDS[:100], signed]), ["%.4f"] + ["%.3f"] * 64, " ")
    data = open_table(path)
    assert data.value_range == (-1, 1)
    assert [int(data.class_names[code]) for code in data.train.labels] == KINDS[:100].tolist()


def test_measurements_with_names_are_no_pixels(tmp_path: Path) -> None:
    names = [
        f"{word}_{end}" for word in ("a", "b", "c", "d") for end in ("mean", "sd", "min", "max")
    ]
    path = write(tmp_path / "a.csv", rows(), ["label", *names])
    assert "they are named a_mean, a_sd, a_min, ..." in sentence(path)


def test_a_first_row_that_pandas_took_for_names_is_one(tmp_path: Path) -> None:
    first = ["5", "0", *(f"0.{i}" for i in range(1, 64))]
    path = save(tmp_path / "a.csv", KINDS[:50], IMAGES[:50])
    path.write_text(",".join(first) + "\n" + path.read_text())
    assert len(open_table(path).train) == 50
