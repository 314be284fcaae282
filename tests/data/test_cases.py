"""Folders of pictures in the forms in which people have them: what is read, and what is said."""

import csv
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from noonbit.config.read_options import ReadOptions
from noonbit.data import open_data, open_inputs
from noonbit.data.dataset import RawDataset
from noonbit.errors import DataError, UsageError

CLASSES = ("circle", "line", "square")


def put(root: Path, *names: str) -> None:
    """Write different tiny pictures."""
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        seed = [*name.encode()]
        pixels = np.random.default_rng(seed).integers(0, 256, (8, 8), np.uint8)
        Image.fromarray(pixels).save(path)


def table(path: Path, *rows: list[object]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)


def text(path: Path, content: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)


def counts(data: RawDataset) -> dict[str, dict[str, int]]:
    """Return the number of items of each class in each part."""
    return {
        part: dict(Counter(data.class_names[code] for code in items.labels.tolist()))
        for part, items in data.parts.items()
        if items.labels is not None
    }


def said(source: Path, **options: str) -> str:
    with pytest.raises((DataError, UsageError)) as error:
        open_data(source, options=ReadOptions(**options))
    return str(error.value).replace(str(source), "here")


def of_each(count: int) -> dict[str, int]:
    return dict.fromkeys(CLASSES, count)


def test_a_spreadsheet_beside_pictures_is_named_with_what_to_do(tmp_path: Path) -> None:
    put(tmp_path, "a.png", "b.png")
    (tmp_path / "labels.xlsx").write_bytes(b"PK\x03\x04")
    assert said(tmp_path) == (
        "here holds 2 pictures but no class folders. labels.xlsx is a spreadsheet. Save the sheet "
        "as CSV, and give that."
    )


# A table beside the pictures


def test_pixels_are_no_names_of_pictures_that_lie_near(tmp_path: Path) -> None:
    put(tmp_path, *(f"images/{i}.png" for i in range(10)))
    rows = [[i, i % 3, *np.random.default_rng(i).integers(0, 9, 16)] for i in range(12)]
    table(tmp_path / "data" / "train.csv", ["id", "label", *(f"p{i}" for i in range(16))], *rows)
    data = open_data(tmp_path / "data")
    assert data.train.raw.shape == (12, 1, 4, 4)  # type: ignore[union-attr]
    assert counts(data) == {"train": {"0": 4, "1": 4, "2": 4}}


def test_measurements_are_no_classes_unless_they_are_named(tmp_path: Path) -> None:
    put(tmp_path, *(f"{i}.png" for i in range(6)))
    table(tmp_path / "a.csv", ["file", "stars"], *[[f"{i}.png", 3.5 + i % 2] for i in range(6)])
    assert said(tmp_path).startswith("a.csv: column stars holds 3.5; a label is a whole number")
    data = open_data(tmp_path, options=ReadOptions(label_column="stars"))
    assert data.class_names == ("3.5", "4.5")


def test_a_table_in_another_encoding_keeps_its_note_under_an_unusual_header(tmp_path: Path) -> None:
    put(tmp_path, *(f"{i}.png" for i in range(8)))
    lines = ["파일,이름", *(f"{i}.png,{('고양이', '강아지')[i % 2]}" for i in range(8))]
    (tmp_path / "a.csv").write_bytes("\n".join(lines).encode("cp949"))
    data = open_data(tmp_path)
    assert sorted(data.class_names) == ["강아지", "고양이"]
    assert data.notes == ("a.csv is not UTF-8 and was read as CP949 (Korean).",)


def test_a_table_of_training_pictures_leaves_out_a_test_folder_with_the_same_names(
    tmp_path: Path,
) -> None:
    put(tmp_path, *(f"train/{i}.png" for i in range(1, 7)), *(f"test/{i}.png" for i in range(1, 9)))
    table(
        tmp_path / "trainLabels.csv", ["id", "label"], *[[i, CLASSES[i % 3]] for i in range(1, 7)]
    )
    data = open_data(tmp_path)
    assert counts(data) == {"train": of_each(2)}
    assert set(data.train.names) == {f"train/{i}.png" for i in range(1, 7)}
    assert data.notes == ("8 pictures are in no labelled row and left out: test/ (8 files).",)


@pytest.mark.parametrize("name", ["train.csv", "labels.csv"])
def test_a_missing_picture_is_not_taken_from_another_part(tmp_path: Path, name: str) -> None:
    put(tmp_path, *(f"train/{i}.png" for i in range(5)), *(f"test/{i}.png" for i in range(3, 9)))
    table(tmp_path / name, ["id", "label"], *[[i, CLASSES[i % 3]] for i in range(6)])
    data = open_data(tmp_path, on_bad="skip")
    assert set(data.train.names) == {f"train/{i}.png" for i in range(5)}
    assert [str(item) for item in data.bad] == [f"5 does not exist ({name} row 7)"]


def test_pictures_with_the_same_name_in_two_folders_are_not_guessed(tmp_path: Path) -> None:
    put(tmp_path, *(f"{folder}/{i}.png" for folder in ("left", "right") for i in range(3)))
    table(tmp_path / "labels.csv", ["id", "label"], *[[i, CLASSES[i]] for i in range(3)])
    assert "0 may be any of 2 pictures (left/0.png, right/0.png) (labels.csv row 2)" in said(
        tmp_path
    )


def test_masks_beside_the_pictures_are_not_pictures_of_the_table(tmp_path: Path) -> None:
    put(tmp_path, *(f"{folder}/{i}.png" for folder in ("images", "masks") for i in range(6)))
    table(tmp_path / "labels.csv", ["id", "label"], *[[i, CLASSES[i % 3]] for i in range(6)])
    data = open_data(tmp_path)
    assert counts(data) == {"train": of_each(2)} and data.train.names[0] == "images/0.png"


@pytest.mark.parametrize("column", ["data set", "Usage", "which one"])
def test_the_published_split_of_a_column_is_kept(tmp_path: Path, column: str) -> None:
    rows: list[list[object]] = []
    for part, numbers in (("train", range(6)), ("valid", range(6, 9)), ("test", range(9, 12))):
        names = [f"{part}/{CLASSES[i % 3]}/{i}.png" for i in numbers]
        put(tmp_path, *names)
        rows += [
            [i % 3, name, name.split("/")[1], part] for i, name in zip(numbers, names, strict=True)
        ]
    table(tmp_path / "sports.csv", ["class id", "filepaths", "labels", column], *rows)
    data = open_data(tmp_path)
    assert counts(data) == {"train": of_each(2), "validation": of_each(1), "test": of_each(1)}


def test_a_split_by_the_folders_of_the_paths_is_kept(tmp_path: Path) -> None:
    names = [f"{part}/{i}.png" for part in ("train", "test") for i in range(6)]
    put(tmp_path, *names)
    table(
        tmp_path / "all.csv",
        ["path", "label"],
        *[[f"./{n}", CLASSES[i % 3]] for i, n in enumerate(names)],
    )
    assert counts(open_data(tmp_path)) == {"train": of_each(2), "test": of_each(2)}


def test_0_1_and_2_in_a_split_column_are_the_three_parts(tmp_path: Path) -> None:
    put(tmp_path, *(f"{i}.png" for i in range(12)))
    rows = [[f"{i}.png", i // 4, ("f", "m")[i % 2]] for i in range(12)]
    table(tmp_path / "list.csv", ["image_id", "partition", "gender"], *rows)
    data = open_data(tmp_path)
    each = {"f": 2, "m": 2}
    assert counts(data) == {"train": each, "validation": each, "test": each}
    assert data.notes == ("0, 1 and 2 are taken for train, validation and test.",)


def test_a_row_that_comes_again_is_one_item(tmp_path: Path) -> None:
    put(tmp_path, *(f"{i}.png" for i in range(6)))
    rows = [[f"{i}.png", CLASSES[i % 3]] for i in (*range(6), 0, 3)]
    table(tmp_path / "a.csv", ["file", "label"], *rows)
    assert counts(open_data(tmp_path)) == {"train": of_each(2)}


def test_lists_of_paths_and_labels_parted_by_spaces_are_tables(tmp_path: Path) -> None:
    put(tmp_path, *(f"images/{i}.png" for i in range(9)))
    lines = [f"images/{i}.png {CLASSES[i % 3]}\n" for i in range(9)]
    text(tmp_path / "train.txt", "".join(lines[:6]))
    text(tmp_path / "val.txt", "".join(lines[6:]))
    assert counts(open_data(tmp_path)) == {"train": of_each(2), "validation": of_each(1)}


def test_a_column_and_a_folder_that_disagree_are_said(tmp_path: Path) -> None:
    names = [f"{part}/{i}.png" for part in ("train", "test") for i in range(6)]
    put(tmp_path, *names)
    rows = [[n, CLASSES[i % 3], n.split("/")[0]] for i, n in enumerate(names)]
    rows[3][2] = "test"
    table(tmp_path / "all.csv", ["path", "label", "split"], *rows)
    data = open_data(tmp_path)
    assert len(data.train) == 5
    assert (
        "all.csv: column split and the folder disagree in 1 row; the column counts." in data.notes
    )


@pytest.mark.parametrize(("flag", "train"), [("is_train", "1"), ("is_valid", "False")])
def test_a_column_of_flags_is_a_split(tmp_path: Path, flag: str, train: str) -> None:
    other = {"1": "0", "False": "True"}[train]
    put(tmp_path, *(f"{i}.png" for i in range(9)))
    rows = [[f"{i}.png", CLASSES[i % 3], train if i < 6 else other] for i in range(9)]
    table(tmp_path / "all.csv", ["image", "label", flag], *rows)
    held_out = "test" if flag == "is_train" else "validation"
    assert counts(open_data(tmp_path)) == {"train": of_each(2), held_out: of_each(1)}


@pytest.mark.parametrize("header", [["image_id", "dx"], ["Nr.", "what"], ["Bild", "Sorte"]])
@pytest.mark.parametrize("suffix", [".png", ""])
def test_the_first_row_is_a_header_whatever_it_says(tmp_path: Path, header, suffix: str) -> None:
    put(tmp_path, *(f"p{i}.png" for i in range(6)))
    table(tmp_path / "labels.csv", header, *[[f"p{i}{suffix}", CLASSES[i % 3]] for i in range(6)])
    for source in (tmp_path, tmp_path / "labels.csv"):
        data = open_data(source)
        assert counts(data) == {"train": of_each(2)} and not data.notes


@pytest.mark.parametrize("folders", [("", "pictures"), ("", "a/b"), ("labels", "images")])
def test_a_table_named_by_itself_finds_its_pictures(tmp_path: Path, folders) -> None:
    own, pictures = folders
    put(tmp_path, *(f"{pictures}/{i}.png" for i in range(6)))
    path = tmp_path / own / "list.csv"
    table(path, ["id", "label"], *[[i, CLASSES[i % 3]] for i in range(6)])
    assert counts(open_data(path)) == counts(open_data(tmp_path)) == {"train": of_each(2)}
    assert len(open_inputs(path).part) == 6


def test_paths_of_another_machine_lose_the_folders_that_all_begin_with(tmp_path: Path) -> None:
    put(tmp_path, *(f"train/{i}.png" for i in range(6)))
    rows = [[f"C:\\data\\dogs\\train\\{i}.png", CLASSES[i % 3]] for i in range(6)]
    table(tmp_path / "labels.csv", ["file", "label"], *rows)
    assert counts(open_data(tmp_path)) == {"train": of_each(2)}


def test_which_column_is_the_label_is_asked(tmp_path: Path) -> None:
    put(tmp_path, *(f"pictures/{i:03}.png" for i in range(6)))
    rows = [[f"{i:03}", CLASSES[i % 3], f"site {i % 2}", i / 7] for i in range(6)]
    table(tmp_path / "meta.csv", ["image_id", "rock type", "site", "weight"], *rows)
    assert said(tmp_path) == (
        "meta.csv has 4 columns (image_id, rock type, site, weight), and 2 of them could be the "
        "label: rock type, site. Choose one: --label-column 'rock type'."
    )
    for option in ("rock type", "Rock_Type", "2"):
        data = open_data(tmp_path, options=ReadOptions(label_column=option))
        assert counts(data) == {"train": of_each(2)}
    assert "--label-column 9 names no column of meta.csv" in said(tmp_path, label_column="9")


def test_a_label_that_was_chosen_among_others_is_said(tmp_path: Path) -> None:
    put(tmp_path, *(f"{i}.png" for i in range(6)))
    rows = [[f"{i}.png", CLASSES[i % 3], f"site {i % 2}"] for i in range(6)]
    table(tmp_path / "meta.csv", ["image", "label", "site"], *rows)
    assert open_data(tmp_path).notes == (
        "meta.csv: the label is column label, not site; --label-column chooses another.",
    )


def test_one_hot_columns_are_labels(tmp_path: Path) -> None:
    put(tmp_path, *(f"train/{i}.png" for i in range(6)))
    rows = [[f"{i}.png", *(float(i % 3 == k) for k in range(3))] for i in range(6)]
    table(tmp_path / "train/_classes.csv", ["filename", *(f" {name}" for name in CLASSES)], *rows)
    assert counts(open_data(tmp_path)) == {"train": of_each(2)}
    rows[4][1:] = [1.0, 1.0, 0.0]
    table(tmp_path / "train/_classes.csv", ["filename", *CLASSES], *rows)
    assert "3 columns of 0 and 1 (circle, line, square), but not one 1 in each row" in said(
        tmp_path
    )


def test_a_test_table_without_labels_and_the_answer_form_are_left_out(tmp_path: Path) -> None:
    put(tmp_path, *(f"train/a{i}.png" for i in range(6)), *(f"test/b{i}.png" for i in range(3)))
    rows = [[f"a{i}", f"./train/a{i}.png", CLASSES[i % 3]] for i in range(6)]
    table(tmp_path / "train.csv", ["id", "img_path", "label"], *rows)
    table(
        tmp_path / "test.csv",
        ["id", "img_path"],
        *[[f"b{i}", f"./test/b{i}.png"] for i in range(3)],
    )
    table(
        tmp_path / "sample_submission.csv",
        ["id", "label"],
        *[[f"b{i}", "circle"] for i in range(3)],
    )
    data = open_data(tmp_path)
    assert counts(data) == {"train": of_each(2)}
    assert data.notes == (
        "test.csv has no labels and is left out; `noonbit predict` takes it.",
        "3 pictures are in no labelled row and left out: test/ (3 files).",
        "Left out, as no part of the data: sample_submission.csv.",
    )
    inputs = open_inputs(tmp_path / "test.csv")
    assert inputs.id_column == "id" and inputs.ids["test/b2.png"] == "b2"


def test_a_part_whose_labels_are_empty_is_left_out(tmp_path: Path) -> None:
    put(tmp_path, *(f"{i}.png" for i in range(9)))
    rows = [
        [f"{i}.png", CLASSES[i % 3] if i < 6 else "", "train" if i < 6 else "test"]
        for i in range(9)
    ]
    table(tmp_path / "all.csv", ["image", "label", "split"], *rows)
    data = open_data(tmp_path)
    assert counts(data) == {"train": of_each(2)}
    assert data.notes[0] == "test of all.csv has no labels and is left out."


def test_a_table_of_parts_alone_is_no_table_of_labels(tmp_path: Path) -> None:
    put(tmp_path, *(f"{i}.png" for i in range(6)))
    table(
        tmp_path / "list_eval.csv", ["image", "partition"], *[[f"{i}.png", i % 3] for i in range(6)]
    )
    table(
        tmp_path / "labels.csv",
        ["image", "kind"],
        *[[f"{i}.png", CLASSES[i % 3]] for i in range(6)],
    )
    data = open_data(tmp_path)
    assert counts(data) == {"train": of_each(2)}
    assert "list_eval.csv has no labels and is left out" in data.notes[0]


def test_a_table_of_boxes_is_refused(tmp_path: Path) -> None:
    put(tmp_path, *(f"{i}.png" for i in range(6)))
    rows = [[f"{i % 6}.png", CLASSES[i % 3], 1, 1, 5, 5] for i in range(12)]
    table(tmp_path / "boxes.csv", ["filename", "class", "xmin", "ymin", "xmax", "ymax"], *rows)
    assert "boxes.csv lists boxes (xmin, ...), several a picture: a detection set" in said(tmp_path)


# Class folders with something beside them


def class_folders(root: Path, count: int = 3, inside: str = "") -> None:
    put(root, *(f"{inside}{name}/{i}.png" for name in CLASSES for i in range(count)))


def test_stray_files_do_not_take_class_folders_over(tmp_path: Path) -> None:
    class_folders(tmp_path, inside="train/")
    class_folders(tmp_path, 1, inside="val/")
    np.save(tmp_path / "features.npy", np.zeros((4, 3)))
    with (tmp_path / "train.cache").open("wb") as file:
        np.save(file, np.array({"hash": "x"}, dtype=object), allow_pickle=True)
    table(
        tmp_path / "bad.csv",
        ["file", "reason"],
        ["train/circle/0.png", "dark"],
        ["x.png", "blurred"],
    )
    data = open_data(tmp_path)
    assert counts(data) == {"train": of_each(3), "validation": of_each(1)}
    assert data.notes == ("Left out, as no part of the data: bad.csv, features.npy, train.cache.",)


def test_tables_in_class_folders_are_left_out(tmp_path: Path) -> None:
    class_folders(tmp_path, inside="Final_Training/Images/")
    for code, name in enumerate(CLASSES):
        rows = "".join(f"{i}.png;32;{code}\n" for i in range(3))
        text(
            tmp_path / f"Final_Training/Images/{name}/GT-{name}.csv",
            "Filename;Width;ClassId\n" + rows,
        )
    data = open_data(tmp_path)
    assert counts(data) == {"train": of_each(3)}
    assert "GT-circle.csv" in data.notes[-1] and "GT-square.csv" in data.notes[-1]


def test_a_folder_that_repeats_the_others_is_left_out(tmp_path: Path) -> None:
    class_folders(tmp_path)
    class_folders(tmp_path, inside="data/")
    for path in tmp_path.glob("data/*/*.png"):
        path.write_bytes((tmp_path / path.relative_to(tmp_path / "data")).read_bytes())
    data = open_data(tmp_path)
    assert counts(data) == {"train": of_each(3)}
    assert data.notes == (
        "data/ repeats the folders beside it (circle, line, square; 9 pictures): left out.",
    )


def test_two_copies_side_by_side_are_one_set(tmp_path: Path) -> None:
    class_folders(tmp_path, inside="pets/")
    for path in list(tmp_path.glob("pets/*/*.png")):
        copy = tmp_path / "pets again" / path.relative_to(tmp_path / "pets")
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
    data = open_data(tmp_path)
    assert counts(data) == {"train": of_each(3)}
    assert "again/ repeats pets/" in data.notes[0] or "pets/ repeats pets again/" in data.notes[0]


def test_a_flat_test_folder_is_left_out_and_predicted(tmp_path: Path) -> None:
    class_folders(tmp_path, inside="alphabet_train/alphabet_train/")
    put(tmp_path, *(f"alphabet_test/alphabet_test/{name}_test.png" for name in CLASSES))
    data = open_data(tmp_path)
    assert counts(data) == {"train": of_each(3)}
    assert data.notes == (
        "alphabet_test/ holds 3 pictures in no class folders: left out; `noonbit predict` takes "
        "pictures without labels.",
    )
    assert len(open_inputs(tmp_path / "alphabet_test").part) == 3


def test_a_validation_folder_with_a_table_of_its_labels_is_read(tmp_path: Path) -> None:
    put(tmp_path, *(f"train/n{k}/images/n{k}_{i}.png" for k in range(3) for i in range(3)))
    put(tmp_path, *(f"val/images/val_{i}.png" for i in range(6)))
    put(tmp_path, *(f"test/images/test_{i}.png" for i in range(6)))
    lines = [f"val_{i}.png\tn{i % 3}\t0\t32\t6{i}\t44" for i in range(6)]
    text(tmp_path / "val/val_annotations.txt", "\n".join(lines) + "\n")
    text(tmp_path / "wnids.txt", "n0\nn1\nn2\n")
    data = open_data(tmp_path)
    assert {part: sum(each.values()) for part, each in counts(data).items()} == {
        "train": 9,
        "validation": 6,
    }
    assert counts(data)["validation"] == {"n0": 2, "n1": 2, "n2": 2}
    assert "val/val_annotations.txt names the classes of 6 of 6 pictures in val/." in data.notes
    assert "test/ holds 6 pictures in no class folders" in " ".join(data.notes)


def test_a_test_folder_of_foreign_classes_is_left_out(tmp_path: Path) -> None:
    class_folders(tmp_path, inside="train/")
    put(tmp_path, "test/unknown/1.png", "test/unknown/2.png")
    data = open_data(tmp_path)
    assert counts(data) == {"train": of_each(3)} and "test/ holds 2 pictures" in data.notes[0]
    put(tmp_path, "val/Circles/1.png", "val/Lines/2.png")
    assert open_data(tmp_path).notes[0] == (
        "val/ holds 2 pictures of Circles, Lines, none of which is a class of training (circle, "
        "line, square): left out."
    )


def test_folds_of_class_folders_are_one_set(tmp_path: Path) -> None:
    put(tmp_path, *(f"fold{i}/{name}/{i}.png" for i in range(3) for name in CLASSES))
    data = open_data(tmp_path)
    assert counts(data) == {"train": of_each(3)}
    assert data.notes == ("fold0/, fold1/, fold2/ are read as one set.",)


def test_whole_numbers_are_one_label_however_written(tmp_path: Path) -> None:
    put(tmp_path, *(f"{i}.png" for i in range(4)))
    rows = [[f"{i}.png", label] for i, label in enumerate(["0", "0.0", "1.0", "1"])]
    table(tmp_path / "labels.csv", ["image", "label"], *rows)
    assert counts(open_data(tmp_path)) == {"train": {"0": 2, "1": 2}}


@pytest.mark.parametrize("name", ["test", "unlabeled"])
def test_an_unlabelled_folder_beside_the_classes_is_no_class(tmp_path: Path, name: str) -> None:
    class_folders(tmp_path)
    put(tmp_path, f"{name}/1.png", f"{name}/2.png")
    data = open_data(tmp_path)
    assert counts(data) == {"train": of_each(3)} and f"{name}/ holds 2 pictures" in data.notes[0]


def test_parts_inside_the_classes_are_parts(tmp_path: Path) -> None:
    put(tmp_path, *(f"{name}/train/{i}.png" for name in CLASSES for i in range(3)))
    put(tmp_path, *(f"{name}/test/9.png" for name in CLASSES))
    assert counts(open_data(tmp_path)) == {"train": of_each(3), "test": of_each(1)}


def test_folders_inside_class_folders_are_said(tmp_path: Path) -> None:
    put(tmp_path, "cat/a/1.png", "cat/b/1.png", "cat/2.png", "dog/1.png", "dog/2.png")
    data = open_data(tmp_path)
    assert counts(data) == {"train": {"cat": 3, "dog": 2}}
    assert data.notes == ("2 folders inside class folders count to them: cat/a, cat/b.",)


# No class folders


@pytest.mark.parametrize(
    ("names", "option", "classes"),
    [
        (["train/c.0.png", "train/c.1.png", "train/b.0.png", "train/b.1.png"], "word", "b, c"),
        (["a_b_1.png", "a_b_2.png", "c-1.png", "c-2.png"], "word", "a_b, c"),
        (["3_01.png", "3_02.png", "4_01.png", "4_02.png"], r"'^([^\W_]+)[_ -]'", "3, 4"),
        (["A_test.png", "B_test.png", "C_test.png"], r"'^([^\W_]+)[_ -]'", "A, B, C"),
        (["01_x.png", "02_x.png", "03_y.png", "04_y.png"], r"'[\W_]([^\W_]+)\.\w+$'", "x, y"),
    ],
)  # fmt: skip
def test_labels_in_file_names_are_offered_with_the_command(
    tmp_path: Path, names, option: str, classes: str
) -> None:
    put(tmp_path, *names, *(["test1/1.png"] if "/" in names[0] else []))
    sentence = said(tmp_path)
    assert "noonbit check here --label-from-name" in sentence
    assert f"--label-from-name {option} takes" in sentence and f"({classes})" in sentence
    data = open_data(tmp_path, options=ReadOptions(label_from_name=option.strip("'")))
    assert ", ".join(data.class_names) == classes and len(data.train) == len(names)
    if "/" in names[0]:
        assert data.notes == (
            "test1/ holds 1 picture without a label in the name: left out; `noonbit predict` takes "
            "pictures without labels.",
        )


def test_the_answer_form_is_no_table_even_alone_beside_pictures(tmp_path: Path) -> None:
    put(
        tmp_path,
        *(f"train/{kind}.{i}.png" for kind in ("cat", "dog") for i in range(3)),
        "test1/1.png",
    )
    table(tmp_path / "sampleSubmission.csv", ["id", "label"], [1, 0])
    assert "--label-from-name word takes 2 classes (cat, dog)" in said(tmp_path)


def test_one_folder_of_pictures_with_labels_in_their_names_is_offered(tmp_path: Path) -> None:
    put(tmp_path, *(f"faces/{age}_{i}.png" for age in (20, 30) for i in range(3)))
    assert "only the class 'faces'" in said(tmp_path) and "takes 2 classes" in said(tmp_path)


@pytest.mark.parametrize(
    "names",
    [["1.png", "2.png", "3.png"], ["IMG_1.png", "IMG_2.png"], ["train_1.png", "test_1.png"]],
)
def test_names_without_labels_are_not_offered(tmp_path: Path, names) -> None:
    put(tmp_path, *names)
    assert "--label-from-name" not in said(tmp_path)


def test_a_pattern_for_names_needs_a_group(tmp_path: Path) -> None:
    put(tmp_path, "a_1.png", "b_1.png")
    assert "has no group" in said(tmp_path, label_from_name="[a-z]")
    assert "is no regular expression" in said(tmp_path, label_from_name="(")
    assert "none with a label in its name" in said(tmp_path, label_from_name="(z)")


@pytest.mark.parametrize(
    ("name", "content", "form"),
    [
        ("labels/train/0.txt", "0 .5 .5 .3 .3\n", "YOLO"),
        ("train/_annotations.coco.json", '{"images": [], "categories": []}', "COCO"),
        ("annotations/0.xml", "<annotation><object><bndbox>", "Pascal VOC"),
    ],
)
def test_detection_sets_are_refused_by_name(
    tmp_path: Path, name: str, content: str, form: str
) -> None:
    put(tmp_path, *(f"images/{part}/{i}.png" for part in ("train", "val") for i in range(3)))
    text(tmp_path / name, content)
    sentence = said(tmp_path)
    assert f"as {form} has them" in sentence and "a detection set" in sentence


@pytest.mark.parametrize(
    "folders",
    [
        ("train", "test"),
        ("train", "val", "test2"),
        ("pets_train", "pets_test"),
        ("images", "annotations/trimaps"),
        ("JPEGImages", "SegmentationClass", "SegmentationObject"),
        ("images_001", "images_002"),
    ],
)
def test_names_of_parts_and_of_pictures_are_never_all_the_classes(tmp_path: Path, folders) -> None:
    put(tmp_path, *(f"{folder}/{i}.png" for folder in folders for i in range(3)))
    assert "but no class folders" in said(tmp_path)


@pytest.mark.parametrize(
    "folders",
    [
        ("steam_train", "diesel_train"),
        ("with_mask", "without_mask"),
        ("mask", "no mask"),
        ("boxes", "bottles"),
        ("ground", "water"),
        ("0", "1"),
    ],
)
def test_classes_may_sound_like_parts(tmp_path: Path, folders) -> None:
    put(tmp_path, *(f"{folder}/{i}.png" for folder in folders for i in range(3)))
    assert set(open_data(tmp_path).class_names) == set(folders)


@pytest.mark.parametrize(
    "words", [("훈련", "검증", "테스트"), ("학습데이터", "검증용", "시험 데이터")]
)
def test_parts_may_be_named_in_korean(tmp_path: Path, words: tuple[str, str, str]) -> None:
    put(
        tmp_path, *(f"{part}/{name}/{i}.png" for part in words for name in "가나" for i in range(2))
    )
    each = {"가": 2, "나": 2}
    assert counts(open_data(tmp_path)) == {"train": each, "validation": each, "test": each}
