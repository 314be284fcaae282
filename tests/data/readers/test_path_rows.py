"""Rows of path and label: how files are found, and what is wrong with a row."""

import zipfile
from pathlib import Path

import pytest
from sample_tables import open_table, sentence, write, write_pictures

from noonbit.data.dataset import Sentences
from noonbit.data.source import open_data, open_inputs
from noonbit.errors import DataError


def test_a_table_of_paths_gives_pictures(tmp_path: Path) -> None:
    write_pictures(tmp_path, ["img/1.png", "img/2.png", "img/3.png"])
    lines = ["img/2.png,dog", "img/1.png,cat", "img/3.png,dog"]
    for header in (None, ["file", "kind"]):
        path = write(tmp_path / "labels.csv", lines, header)
        for source in (path, tmp_path):
            data = open_table(source)
            assert data.class_names == ("cat", "dog")
            assert list(data.train.names) == ["img/2.png", "img/1.png", "img/3.png"]
            assert data.train.labels is not None and data.train.labels.tolist() == [1, 0, 1]


def test_numbers_beside_texts_name_no_pictures_that_happen_to_lie_near(tmp_path: Path) -> None:
    write_pictures(tmp_path, ["pictures/1.png", "pictures/2.png"])
    (tmp_path / "new").mkdir()
    texts = write(tmp_path / "new" / "new.csv", ["gripping,1", "dull,2"], ["text", "other"])
    assert isinstance(open_inputs(texts).part.raw, Sentences)
    posters = write(tmp_path / "labels.csv", ["1,Heat,a", "2,Ran,b"], ["id", "title", "label"])
    assert list(open_table(posters).train.names) == ["pictures/1.png", "pictures/2.png"]


def test_splits_short_names_and_archives_are_understood(tmp_path: Path) -> None:
    write_pictures(tmp_path, ["pictures/1.png", "pictures/2.png", "pictures/3.png"])
    lines = ["1,cat,training", "2,dog,training", "3,dog,Test"]
    write(tmp_path / "labels.csv", lines, ["id", "breed", "split"])
    archive = tmp_path / "all.zip"
    with zipfile.ZipFile(archive, "w") as zipped:
        for path in sorted(tmp_path.rglob("*.[pc][ns][gv]")):
            zipped.write(path, path.relative_to(tmp_path))
    data = open_table(archive)
    assert (len(data.train), len(data.parts["test"])) == (2, 1)
    assert data.train.names[1] == "pictures/2.png"


def test_missing_and_broken_pictures_are_bad_items_by_name(tmp_path: Path) -> None:
    write_pictures(tmp_path, ["1.png", "2.png"])
    (tmp_path / "3.png").write_bytes(b"hello")
    lines = ["1.png,cat", "2.png,dog", "3.png,dog", "4.png,dog"]
    data = open_table(write(tmp_path / "labels.csv", lines, ["path", "label"]))
    assert [str(item) for item in data.bad] == [
        "4.png does not exist (labels.csv row 5)",
        "3.png is not an image (it begins with b'hello')",
    ]
    assert len(data.train) == 2


@pytest.mark.parametrize(
    ("lines", "header", "said"),
    [
        (["1.png,a,b"], ["path", "p", "q"], "(path, p, q), and none holds a label. Add a column"),
        (["7.png,cat"], ["path", "label"], "has no row with a picture: 7.png does not exist"),
        (["1.png,cat", "2.png"], ["path", "label"], "row 3 has 1 field, but the first row has 2"),
        (
            ["1.png,cat", "7.png,dog"],
            ["path", "label"],
            "only the class 'cat'; a classifier needs at least two classes. 1 row cannot be used: "
            "7.png does not exist (labels.csv row 3).",
        ),
    ],
)
def test_wrong_tables_of_paths_are_refused(tmp_path: Path, lines, header, said: str) -> None:
    write_pictures(tmp_path, ["1.png", "2.png"])
    assert said in sentence(write(tmp_path / "labels.csv", lines, header))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("3.png,,train", "labels.csv row 4 has no label"),
        ("3.png,dog,later", "labels.csv row 4 has the split 'later', which is not train, "),
        ("1.png,dog,train", "labels.csv row 4 names 1.png again, as 'dog' in train; it was 'cat'"),
        (",dog,train", "a picture without a name does not exist (labels.csv row 4)"),
        ("8.png,dog,train", "8.png does not exist (labels.csv row 4)"),
    ],
)
def test_wrong_rows_are_bad_items(tmp_path: Path, line: str, said: str) -> None:
    write_pictures(tmp_path, ["1.png", "2.png", "3.png"])
    lines = ["1.png,cat,train", "2.png,dog,train", line]
    path = write(tmp_path / "labels.csv", lines, ["path", "label", "split"])
    (bad,) = open_table(path).bad
    assert str(bad).startswith(said)
    with pytest.raises(DataError, match=r"1 of 3 files.*--on-bad skip"):
        open_data(path)
    assert len(open_data(path, on_bad="skip").train) == 2


def test_a_path_never_leads_outside_the_tables_folder(tmp_path: Path) -> None:
    write_pictures(tmp_path, ["secret.png", "in/1.png", "in/2.png"])
    lines = ["1.png,cat", "2.png,dog", "../secret.png,dog", f"{tmp_path}/secret.png,dog"]
    data = open_table(write(tmp_path / "in" / "labels.csv", lines, ["path", "label"]))
    assert len(data.train) == 2 and len(data.bad) == 2
