"""Which files are tables, and which part each of them is."""

from pathlib import Path

from listings import listing_of
from sample_tables import NAMES, check, open_table, rows, sentence, write, write_pictures

from noonbit.data.readers.registry import open_path
from noonbit.data.readers.table import recognise


def test_train_and_test_tables_in_one_folder_are_parts(tmp_path: Path) -> None:
    write(tmp_path / "sign_mnist_train.csv", rows(), ["label", *NAMES])
    write(tmp_path / "sign_mnist_test.csv.gz", rows()[:2], ["label", *NAMES])
    (tmp_path / "README.md").write_text("# Signs\n\nhands, many, of, them\n")
    data = open_table(tmp_path)
    check(data)
    assert data.test is not None and len(data.test) == 2


def test_tables_whose_names_say_nothing_are_refused(tmp_path: Path) -> None:
    for name in ("a.csv", "b.csv"):
        write(tmp_path / name, rows())
    assert "holds several tables (a.csv, b.csv), and their names do not say" in sentence(tmp_path)
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).rename(tmp_path / f"train_{name}")
    assert "holds several tables (train_a.csv, train_b.csv)" in sentence(tmp_path)


def test_one_table_is_seen_beside_many_pictures(tmp_path: Path) -> None:
    names = [f"{i}.png" for i in range(100)]
    write_pictures(tmp_path, names)
    write(tmp_path / "zz.csv", [f"{name},{i % 2}" for i, name in enumerate(names)])
    assert len(open_table(tmp_path).train) == 100


def test_a_stray_table_does_not_hide_class_folders(tmp_path: Path) -> None:
    write_pictures(tmp_path, ["a/1.png", "b/1.png"])
    write(tmp_path / "statistics.csv", ["1,2", "3,4"], ["mean", "deviation"])
    (tmp_path / "empty.csv").write_bytes(b"")
    assert not recognise(listing_of(tmp_path))


def test_tables_beside_named_parts_are_left_out_with_a_note(tmp_path: Path) -> None:
    write(tmp_path / "train.csv", rows())
    write(tmp_path / "sample_submission.csv", ["1,0", "2,0"], ["id", "label"])
    write(tmp_path / "more.csv", rows())
    data = open_path(tmp_path)
    assert len(data.train) == 6
    assert data.notes[-2:] == (
        "more.csv names no part and is left out.",
        "Left out, as no part of the data: sample_submission.csv.",
    )


def test_a_table_of_many_columns_of_text_is_refused_by_their_number(tmp_path: Path) -> None:
    line = ",".join(["ab"] * 20_000)
    (tmp_path / "wide.csv").write_text(f"{line}\n" * 3)
    assert "has 20,000 columns without names, which is neither" in sentence(tmp_path / "wide.csv")
