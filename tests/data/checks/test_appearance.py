"""What the appearance of pictures tells: outliers, and properties that give classes away."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from noonbit.data import open_data
from noonbit.data.checks.check import Diagnosis, check


def write_pictures(folder: Path, *, wide_cats: bool = False, dark: int = 0) -> None:
    """30 pictures of noise of each of two classes; the first `dark` cats are hardly lit."""
    rng = np.random.default_rng(0)
    for name in ("cats", "dogs"):
        (folder / name).mkdir(parents=True)
        for number in range(30):
            shape = (32, 48 if wide_cats and name == "cats" else 32, 3)
            pixels = rng.integers(60, 200, shape)
            if name == "cats" and number < dark:
                pixels //= 20
            Image.fromarray(pixels.astype(np.uint8)).save(folder / name / f"{number}.png")


def diagnose(folder: Path) -> Diagnosis:
    return check(open_data(folder, on_bad="skip"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "pets"


def titles(diagnosis: Diagnosis, kind: str) -> list[str]:
    return [finding.title for finding in diagnosis.findings if finding.kind == kind]


def test_a_shape_that_only_one_class_has_gives_the_class_away(folder: Path) -> None:
    write_pictures(folder, wide_cats=True)
    found = titles(diagnose(folder), "giveaway")
    assert (
        "The width alone tells the class of 100.0% of 60 pictures (the largest class has 50.0%)"
        in (found[0])
    )
    assert any("aspect ratio" in title for title in found)


def test_classes_of_like_pictures_are_given_away_by_nothing(folder: Path) -> None:
    write_pictures(folder)
    assert not titles(diagnose(folder), "giveaway")
    assert not titles(diagnose(folder), "stands out")


def test_pictures_that_are_hardly_lit_stand_out_by_name(folder: Path) -> None:
    write_pictures(folder, dark=2)
    (dark,) = (one for one in diagnose(folder).findings if "more dark" in one.title)
    assert sorted(dark.detail) == ["cats/0.png (cats)", "cats/1.png (cats)"]
