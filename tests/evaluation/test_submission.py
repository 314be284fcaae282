"""Predictions in the form of a competition's sample."""

from pathlib import Path

import numpy as np
import pytest

from noonbit.errors import DataError, UsageError
from noonbit.evaluation.inference import Predictions
from noonbit.evaluation.submission import fill_form

PROBABILITIES = np.array([[0.75, 0.25], [0.125, 0.875], [0.5, 0.5]], np.float32)
NAMES = ("test/7.png", "test/8.png", "test/9.png")


def predictions(names: tuple[str, ...] = NAMES, **ids: str) -> Predictions:
    return Predictions(names, PROBABILITIES, ("cat", "dog"), {}, (), ids=ids)


def form(folder: Path, *lines: str) -> Path:
    path = folder / "sample_submission.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.mark.parametrize("ids", [("8", "7"), ("8.png", "7.png"), ("test/8.png", "test/7.png")])
def test_rows_and_their_order_are_those_of_the_sample(tmp_path: Path, ids) -> None:
    sample = form(tmp_path, "id,label", f"{ids[0]},0", f"{ids[1]},0")
    assert fill_form(sample, predictions()) == f"id,label\n{ids[0]},dog\n{ids[1]},cat\n"


def test_columns_named_after_classes_take_probabilities(tmp_path: Path) -> None:
    sample = form(tmp_path, "image;dog;Cat", "7;0;0", "9;0.5;0.5")
    assert fill_form(sample, predictions()) == (
        "image;dog;Cat\n7;0.250000;0.750000\n9;0.500000;0.500000\n"
    )


def test_the_ids_of_the_predicted_table_count(tmp_path: Path) -> None:
    called = predictions(**{"test/7.png": "a", "test/8.png": "b", "test/9.png": "7"})
    assert fill_form(form(tmp_path, "id,y", "7,0", "b,0"), called) == "id,y\n7,cat\nb,dog\n"


def test_rows_that_are_only_numbered_are_matched_by_their_order(tmp_path: Path) -> None:
    rows = predictions(("test.csv row 2", "test.csv row 3", "test.csv row 4"))
    sample = form(tmp_path, "ImageId,Label", "1,0", "2,0", "3,0")
    assert fill_form(sample, rows) == "ImageId,Label\n1,cat\n2,dog\n3,cat\n"


@pytest.mark.parametrize(
    ("lines", "error", "said"),
    [
        (["id,y", "7,0", "77,0"], DataError, "1 of 2 rows of .* have no prediction .77.."),
        (["id,y", "7,0.5"], UsageError, "0.5 in the column y: a probability, and it does not say"),
        (["id,cat,ape", "7,0,1"], UsageError, "1 column .ape. that is no class of this run"),
        (["7,0", "8,1"], UsageError, "a sample has a header"),
    ],
)
def test_what_does_not_fit_the_sample_is_refused(tmp_path: Path, lines, error, said) -> None:
    with pytest.raises(error, match=said):
        fill_form(form(tmp_path, *lines), predictions())


def test_an_id_of_two_pictures_is_refused(tmp_path: Path) -> None:
    twice = predictions(("a/7.png", "b/7.png", "c/8.png"))
    with pytest.raises(DataError, match=r"7, which 2 inputs are called .a/7.png, b/7.png"):
        fill_form(form(tmp_path, "id,y", "7,0"), twice)
