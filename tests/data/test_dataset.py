"""What every reader gives, and how labels become indices."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from noonbit.data.dataset import (
    NumberedNames,
    Part,
    Picture,
    Pictures,
    RawDataset,
    detect_part,
    drop_labels,
    natural_key,
    order_parts,
)
from noonbit.data.labels import check_classes, encode_labels
from noonbit.errors import DataError

IMAGES = np.arange(3 * 4, dtype=np.uint8).reshape(3, 1, 2, 2)


def sentence(values: dict) -> str:
    with pytest.raises(DataError) as error:
        encode_labels(values, source="letters")
    return str(error.value)


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("sign_mnist_train.csv.gz", "train"),
        ("t10k-images-idx3-ubyte", "test"),
        ("Testing", "test"),
        ("validation-00000-of-00001.parquet", "validation"),
        ("xTrain", "train"),
        ("trainers", None),
        ("contest", None),
        ("images", None),
    ],
)
def test_a_name_says_its_part_by_whole_words(name: str, part: str | None) -> None:
    assert detect_part(name) == part


def test_names_sort_as_people_count() -> None:
    names = ["img10", "img9", "B", "a", "2", "10"]
    assert sorted(names, key=natural_key) == ["2", "10", "a", "B", "img9", "img10"]


@given(st.lists(st.text()))
def test_any_names_can_be_sorted(names: list[str]) -> None:
    assert sorted(sorted(names, key=natural_key)) == sorted(names)


def test_numbers_keep_their_order_and_gaps_stay_readable() -> None:
    codes, names = encode_labels({"train": np.array([10, 2, 0]), "test": [2]}, source="x")
    assert names == ("0", "2", "10")
    assert codes["train"].tolist() == [2, 1, 0] and codes["test"].tolist() == [1]


@given(st.lists(st.integers(0, 200), min_size=2).filter(lambda x: len(set(x)) > 1))
def test_names_of_codes_are_the_labels_again(labels: list[int]) -> None:
    codes, names = encode_labels({"train": np.array(labels)}, source="x")
    assert [int(names[code]) for code in codes["train"]] == labels


def test_labels_that_are_none_are_refused() -> None:
    assert sentence({"train": np.array([0, -1])}).startswith(
        "letters has the label -1 in train (item 1); labels count from 0 or are class names."
    )
    assert sentence({"train": np.array([0.5, 1])}).startswith("letters has the label 0.5 in train")
    assert sentence({"train": np.array([np.nan, 1])}).startswith("letters has the label nan")


@pytest.mark.parametrize("name", ["half\ud800", "zero\0byte", "zero\0"], ids=ascii)
def test_a_class_name_that_no_file_can_hold_is_refused(name: str) -> None:
    assert f"has the label {name!r}, with a zero byte or half a letter" in sentence(
        {"train": [name, "b"]}
    )
    assert "half a letter" in sentence({"train": np.array(["a", "b\ud800"])})


def test_a_class_name_longer_than_any_is_a_wrong_column() -> None:
    assert encode_labels({"train": ["a" * 1000, "b"]}, source="x")[1] == ("a" * 1000, "b")
    for name in ("1" * 5000, "a" * 2**20):
        assert sentence({"train": [name, "b"]}) == (
            f"letters has a label of {len(name):,} characters, which begins '{name[:40]}'; a class "
            "name has at most 1,000. Is another column the label?"
        )


def test_numbers_of_thousands_of_digits_are_sorted_like_letters() -> None:
    names = ["9" * 5000, "10" + "0" * 5000, "2", "a"]
    assert sorted(names, key=natural_key)[0] == "2"


def test_one_class_and_classes_never_trained_are_refused() -> None:
    assert sentence({"train": ["a", "a"]}) == (
        "letters holds only the class 'a'; a classifier needs at least two classes."
    )
    assert sentence({"train": ["a", "b"], "test": ["c"]}).startswith(
        "letters: test has the class 'c', which training lacks."
    )
    with pytest.raises(DataError, match="no class at all"):
        check_classes({}, (), source="letters")


def test_without_train_the_first_part_is_trained_on_with_a_note() -> None:
    assert order_parts({"test": 1, "train": 2}, of="x") == ({"train": 2, "test": 1}, ())
    parts, (note,) = order_parts({"test": 1, "validation": 2}, of="x")
    assert parts == {"train": 2, "test": 1}
    assert note.startswith("x has no training part by name, so what is named validation")


def test_numbered_names_are_made_when_asked_for() -> None:
    names = NumberedNames("a.csv row", 3, first=2)
    assert list(names) == ["a.csv row 2", "a.csv row 3", "a.csv row 4"]
    assert names[-1] == "a.csv row 4" and names[1:] == ["a.csv row 3", "a.csv row 4"]
    with pytest.raises(IndexError):
        names[3]


def test_taking_items_keeps_images_labels_and_names_together() -> None:
    chosen = np.array([2, 0])
    part = Part(IMAGES, np.array([5, 6, 7]), NumberedNames("row", 3)).take(chosen)
    assert isinstance(part.raw, np.ndarray) and part.labels is not None
    np.testing.assert_array_equal(part.raw, IMAGES[[2, 0]])
    assert part.labels.tolist() == [7, 5] and list(part.names) == ["row 2", "row 0"]
    pictures = Pictures([Picture(str(i), bytes, 1, 1, 1, "PNG") for i in range(3)])
    taken = Part(pictures, None, ["0", "1", "2"]).take(chosen).raw
    assert isinstance(taken, Pictures) and [each.name for each in taken] == ["2", "0"]
    assert [each.name for each in pictures[1:]] == ["1", "2"]


def test_labelled_data_becomes_inputs_in_the_order_of_parts() -> None:
    part = Part(IMAGES, np.zeros(3, np.int64), NumberedNames("row", 3))
    data = RawDataset("x", "CSV", {"train": part, "test": part}, ("a", "b")).with_note("A note.")
    inputs = drop_labels(data)
    assert len(inputs.part) == 6 and inputs.part.labels is None
    assert inputs.notes == ("A note.",)


def test_parts_whose_counts_differ_are_a_bug() -> None:
    with pytest.raises(AssertionError):
        Part(IMAGES, np.zeros(2, np.int64), NumberedNames("row", 3))


@pytest.mark.parametrize(
    ("label", "kind", "said"),
    [
        (1e30, np.float64, "the label 1e+30 in train; a label is a whole number up to 9,007,199,"),
        (2**53 + 2, np.float64, "a whole number up to 9,007,199,254,740,992 or a class name"),
        (2**24 + 2, np.float32, "a whole number up to 16,777,216 or a class name"),
        (np.inf, np.float64, "the label inf in train; a label is a whole number or a class name"),
        (np.nan, np.float16, "the label nan in train"),
        (0.5, np.float32, "the label 0.5 in train"),
    ],
)
def test_a_number_that_is_no_exact_whole_number_is_no_label(
    label: float, kind: type[np.floating], said: str
) -> None:
    with pytest.raises(DataError) as error:
        encode_labels({"train": np.array([0, label], kind)}, source="x")
    assert said in str(error.value)
