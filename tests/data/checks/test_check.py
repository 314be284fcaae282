"""Every finding from the smallest source that has it, and the real sets as they are."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from paths import SHARED_DATA
from PIL import Image

from noonbit.cli.main import run
from noonbit.data import open_data
from noonbit.data.checks.check import Diagnosis, check, contact_sheet
from noonbit.data.checks.findings import Finding, findings_of_items, gaps
from noonbit.data.stratify import find_identical

SHARED = SHARED_DATA

Pixels = NDArray[np.uint8]


@pytest.fixture
def noise() -> Pixels:
    """Twelve different pictures of each of two classes, 8x8 grey, none near black or white."""
    return np.random.default_rng(0).integers(40, 200, (24, 8, 8), np.uint8)


LABELS = np.repeat([0, 1], 12)


def npz(folder: Path, images: Pixels, labels: Any = LABELS, **more: Any) -> Path:
    path = folder / "data.npz"
    np.savez(path, x_train=images, y_train=labels, **more)
    return path


def pictures(folder: Path, images: Pixels, *, classes: tuple[str, ...] = ("cat", "dog")) -> Path:
    for index, image in enumerate(images):
        path = folder / classes[index * len(classes) // len(images)] / f"{index}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(path)
    return folder


@pytest.fixture(autouse=True)
def without_appearance(monkeypatch: pytest.MonkeyPatch) -> None:
    """What appearance tells is test_appearance.py's, and takes seconds of large sets."""
    monkeypatch.setattr("noonbit.data.checks.appearance.findings", lambda items: iter(()))


def diagnose(source: Path) -> Diagnosis:
    return check(open_data(source, on_bad="skip"))


def only(source: Path) -> Finding:
    (finding,) = diagnose(source).findings
    return finding


def real(*pieces: str) -> Path:
    path = SHARED.joinpath(*pieces)
    if not path.exists():
        pytest.skip(f"needs the real data at {path}")
    return path


def test_one_class_in_two_spellings_is_a_problem(tmp_path: Path, noise: Pixels) -> None:
    names = np.repeat(["Cat", "cat", "dog"], 8)
    finding = next(
        f for f in diagnose(npz(tmp_path, noise, names)).findings if f.kind == "spelling"
    )
    assert finding.severity == "problem"
    assert finding.title == "1 class may be spelled in several ways: 'Cat' = 'cat'."
    names = np.repeat(["cat", "cat-2", "c++"], 8)
    assert "spelling" not in [f.kind for f in diagnose(npz(tmp_path, noise, names)).findings]


def test_several_labels_in_one_field_are_a_problem(tmp_path: Path, noise: Pixels) -> None:
    names = np.repeat(["cat", "cat|dog", "a, b"], 8)
    (finding,) = (
        f for f in diagnose(npz(tmp_path, noise, names)).findings if f.kind == "several labels"
    )
    assert (finding.severity, finding.detail) == ("problem", ("cat|dog",))


# Clean data


def test_clean_arrays_and_clean_folders_have_no_finding(tmp_path: Path, noise: Pixels) -> None:
    assert diagnose(npz(tmp_path, noise)).findings == ()
    assert diagnose(pictures(tmp_path / "folder", noise)).findings == ()


def test_clean_data_exits_with_0_and_says_what_comes_next(
    tmp_path: Path, noise: Pixels, capsys: pytest.CaptureFixture[str]
) -> None:
    source = pictures(tmp_path, noise)
    assert run(["check", str(source)]) == 0
    out, err = capsys.readouterr()
    assert "pictures 8x8, grey" in out
    assert "drawn    test: 4 items set aside, every class in proportion" in out
    assert "No problem found." in out
    assert f"next     noonbit train {source}" in err


# Pictures that are the same


def test_a_copy_within_train_is_a_note_that_names_both(tmp_path: Path, noise: Pixels) -> None:
    noise[3] = noise[7]
    test = noise[[0, 20]] + 1
    finding = only(npz(tmp_path, noise, x_test=test, y_test=[0, 1]))
    assert (finding.severity, finding.kind) == ("note", "duplicates")
    assert finding.title == "1 of 24 train images is a copy of another."
    (pair,) = finding.detail
    assert "7 = " in pair
    assert pair.endswith("3")


def test_a_test_picture_that_is_also_in_train_is_a_leak(tmp_path: Path, noise: Pixels) -> None:
    finding = only(npz(tmp_path, noise, x_test=noise[[2, 20]], y_test=[0, 1]))
    assert (finding.severity, finding.kind) == ("problem", "leak")
    assert finding.title == (
        "2 of 2 test images have an exact copy in train, so the test accuracy measures memory "
        "there."
    )
    assert len(finding.detail) == 2


def test_a_drawn_split_keeps_copies_on_one_side(tmp_path: Path, noise: Pixels) -> None:
    noise[:6] = noise[0]
    noise[18:] = noise[20]
    findings = diagnose(npz(tmp_path, noise)).findings
    assert "leak" not in [finding.kind for finding in findings]
    assert findings[0].title == "10 of 24 train images are copies of others."


def test_a_validation_part_of_the_sources_own_leaks_too(tmp_path: Path, noise: Pixels) -> None:
    for part, images in (("train", noise), ("val", noise[[0, 23]]), ("test", noise[[1, 22]] + 1)):
        pictures(tmp_path / part, images)
    finding = only(tmp_path)
    assert finding.title.startswith("2 of 2 validation images have an exact copy in train, ")
    assert finding.detail[0] == "val/cat/0.png = train/cat/0.png"


def test_one_picture_under_two_labels_is_a_problem_that_names_both(
    tmp_path: Path, noise: Pixels
) -> None:
    noise[23] = noise[0]
    test = noise[[1, 20]] + 1
    pictures(tmp_path / "train", noise)
    pictures(tmp_path / "test", test)
    conflict, _ = diagnose(tmp_path).findings
    assert (conflict.severity, conflict.kind) == ("problem", "conflict")
    assert conflict.title == "1 image stands under more than one label."
    assert conflict.detail == ("train/cat/0.png (cat) = train/dog/23.png (dog)",)


def test_pictures_with_colliding_hashes_are_not_taken_for_the_same(noise: Pixels) -> None:
    noise[5] = noise[9]
    (group,) = find_identical(noise.reshape(24, -1), np.arange(24), hash_bytes=lambda _: 1)
    assert group.tolist() == [5, 9]


def test_blank_pictures_are_named_and_are_no_copies_of_each_other(
    tmp_path: Path, noise: Pixels
) -> None:
    noise[[2, 15]] = 128
    finding = only(pictures(tmp_path, noise))
    assert (finding.severity, finding.kind) == ("problem", "blank")
    assert finding.title == "2 images are blank, with one level everywhere."
    assert finding.detail == ("cat/2.png (cat)", "dog/15.png (dog)")


def test_problems_stand_before_notes(tmp_path: Path, noise: Pixels) -> None:
    noise[3], noise[5] = noise[7], 128
    test = noise[[0, 20]] + 1
    findings = diagnose(npz(tmp_path, noise, x_test=test, y_test=[0, 1])).findings
    assert [finding.kind for finding in findings] == ["blank", "duplicates"]


# Grey levels


def stretch(images: Pixels) -> Pixels:
    low, high = images.min(axis=(1, 2), keepdims=True), images.max(axis=(1, 2), keepdims=True)
    return np.asarray(np.rint((images - low) * (255.0 / (high - low))), np.uint8)


def test_levels_stretched_picture_by_picture_are_noted(tmp_path: Path) -> None:
    photographs = np.random.default_rng(0).normal(120, 15, (24, 16, 16)).astype(np.uint8)
    finding = only(npz(tmp_path, stretch(photographs)))
    assert (finding.severity, finding.kind) == ("note", "stretched")
    assert finding.title.startswith("Every picture spans exactly 0 to 255: levels were stretched")


def test_drawings_in_black_and_white_are_not_called_stretched(
    tmp_path: Path, noise: Pixels
) -> None:
    drawings = np.where(noise > 120, 255, 0).astype(np.uint8)
    assert diagnose(npz(tmp_path, drawings)).findings == ()


def test_one_picture_that_does_not_span_all_levels_ends_the_suspicion(tmp_path: Path) -> None:
    photographs = np.random.default_rng(0).normal(120, 15, (24, 16, 16)).astype(np.uint8)
    images = stretch(photographs)
    images[4] = photographs[4]
    assert diagnose(npz(tmp_path, images)).findings == ()


# Labels


@pytest.mark.parametrize(
    ("names", "title"),
    [
        ([str(n) for n in range(25) if n != 9], "Labels 0-24 without 9."),
        (list("ABCDEFGHIKLMNOPQRSTUVWXY"), "Labels A-Y without J."),
        (["1", "2", "5", "6"], "Labels 1-6 without 3, 4."),
        ([str(n) for n in range(0, 20, 2)], "Labels 0-18 without 1, 3, 5, 7, 9 and 4 more."),
    ],
)
def test_label_gaps_are_named(names: list[str], title: str) -> None:
    (finding,) = gaps(names)
    assert (finding.severity, finding.kind, finding.title) == ("note", "gaps", title)


@pytest.mark.parametrize(
    "names",
    [
        list("0123456789"),
        ["1", "2", "3"],
        ["cat", "dog"],
        ["X", "O"],
        ["100", "200"],
        ["a", "7"],
        ["0", "3000000000"],
        ["0", "9" * 18],
        ["0", "9" * 5000],
    ],
)
def test_names_that_were_never_consecutive_have_no_gaps(names: list[str]) -> None:
    assert list(gaps(names)) == []


@pytest.mark.parametrize(("smaller", "severity"), [(15, "note"), (4, "problem")])
def test_imbalance_is_a_note_above_3_and_a_problem_above_10(
    tmp_path: Path, smaller: int, severity: str
) -> None:
    count = 50 + smaller
    images = np.random.default_rng(0).integers(40, 200, (count, 8, 8), np.uint8)
    labels = np.repeat([0, 1], (50, smaller))
    finding = diagnose(npz(tmp_path, images, labels)).findings[0]
    assert (finding.severity, finding.kind) == (severity, "imbalance")
    assert finding.title == (
        f"Class '0' has {50 / smaller:.1f} times as many training images as '1' "
        f"(50 and {smaller}), so look at the accuracy of each class."
    )
    assert finding.detail == (f"1: {smaller}", "0: 50")


def test_three_to_one_is_balanced_enough(tmp_path: Path) -> None:
    images = np.random.default_rng(0).integers(40, 200, (40, 8, 8), np.uint8)
    assert diagnose(npz(tmp_path, images, np.repeat([0, 1], (30, 10)))).findings == ()


def test_a_class_of_one_picture_is_said_to_be_small_and_untested(tmp_path: Path) -> None:
    images = np.random.default_rng(0).integers(40, 200, (11, 8, 8), np.uint8)
    imbalance, few, untested = diagnose(npz(tmp_path, images, np.repeat([0, 1], (10, 1)))).findings
    assert imbalance.severity == "note"
    assert few.title == "There are fewer than 10 training images of class '1'."
    assert few.detail == ("1: 1",)
    assert untested.title == "There is no test image of class '1'."


# Files


def test_unreadable_files_are_named_with_their_reasons(tmp_path: Path, noise: Pixels) -> None:
    source = pictures(tmp_path, noise)
    (source / "cat" / "3.png").write_text("hello, I am a letter")
    cut = source / "dog" / "20.png"
    cut.write_bytes(cut.read_bytes()[:70])
    finding = only(source)
    assert (finding.severity, finding.kind) == ("problem", "unreadable")
    assert finding.title == "2 of 24 files cannot be read."
    assert finding.detail[0] == "cat/3.png is not an image (it begins with b'hello, I')"
    assert finding.detail[1].startswith("dog/20.png is cut off after 70 bytes")


def test_a_class_that_cannot_be_read_at_all_is_a_problem(tmp_path: Path, noise: Pixels) -> None:
    source = pictures(tmp_path, noise)
    for path in (source / "dog").iterdir():
        path.write_bytes(path.read_bytes()[:70])
    titles = [finding.title for finding in diagnose(source).findings]
    assert titles == [
        "12 of 24 files cannot be read.",
        "No training image of class 'dog' can be read.",
        "There is no test image of class 'dog'.",
    ]


def test_a_file_named_as_another_format_is_noted_once_and_by_name(
    tmp_path: Path, noise: Pixels
) -> None:
    source = pictures(tmp_path, noise)
    (source / "cat" / "3.png").rename(source / "cat" / "3.jpg")
    diagnosis = diagnose(source)
    (finding,) = diagnosis.findings
    assert (finding.severity, finding.kind) == ("note", "misnamed")
    assert finding.title == "1 file is PNG although named .jpg."
    assert finding.detail == ("cat/3.jpg",)
    assert diagnosis.notes == []


def test_mixed_sizes_and_channels_are_notes_that_say_what_becomes_of_them(
    tmp_path: Path, noise: Pixels
) -> None:
    source = pictures(tmp_path, noise)
    picture = Image.open(source / "cat" / "3.png")
    picture.resize((9, 12)).convert("RGB").save(source / "cat" / "3.png")
    sizes, channels = diagnose(source).findings
    assert (sizes.severity, sizes.kind) == ("note", "mixed sizes")
    assert sizes.title == "The pictures have 2 sizes from 8x8 to 9x12; all are brought to 8x8."
    assert sizes.detail == ("8x8: 23", "9x12: 1")
    assert (channels.severity, channels.kind) == ("note", "mixed channels")
    assert channels.title == "23 pictures are grey and 1 colour; all are made grey."
    assert channels.detail == ("cat/3.png",)


# The command


def test_a_problem_exits_with_5_after_everything_was_printed(
    tmp_path: Path, noise: Pixels, capsys: pytest.CaptureFixture[str]
) -> None:
    noise[:8] = 7
    source = pictures(tmp_path, noise)
    assert run(["check", str(source)]) == 5
    out, err = capsys.readouterr()
    assert "problem  8 images are blank, with one level everywhere." in out
    assert "         cat/4.png (cat)\n         ... and 3 more; --json lists them" in out
    assert f"error: {source} has 1 problem, as listed." in err
    assert "next" not in err


def test_json_says_the_same_and_leaves_nothing_out(
    tmp_path: Path, noise: Pixels, capsys: pytest.CaptureFixture[str]
) -> None:
    noise[:8] = 7
    source = npz(tmp_path, noise, x_test=noise[10:14] + 1, y_test=[0, 0, 1, 1])
    assert run(["check", str(source), "--json"]) == 5
    facts = json.loads(capsys.readouterr().out)
    assert facts["counts"] == {"train": [12, 12], "test": [2, 2]}
    assert facts["split"]["test"] == {"items": 4, "from": "the source's own"}
    assert facts["sizes"] == [{"width": 8, "height": 8, "items": 28}]
    assert facts["channels"] == {"grey": 28}
    assert facts["value_range"] == [0, 255]
    assert facts["polarity"] is None
    assert facts["problems"] == 1
    (finding,) = facts["findings"]
    assert set(finding) == {"severity", "kind", "title", "detail", "items"}
    assert len(finding["detail"]) == 8


def test_out_draws_a_row_of_pictures_for_each_class(tmp_path: Path, noise: Pixels) -> None:
    source = npz(tmp_path, noise)
    sheet = tmp_path / "sheet.png"
    assert run(["check", str(source), "--out", str(sheet)]) == 0
    with Image.open(sheet) as image:
        assert image.format == "PNG"
        assert image.width > 3 * image.height


def test_a_sheet_leaves_places_open_where_a_class_has_fewer_pictures(tmp_path: Path) -> None:
    images = np.random.default_rng(0).integers(0, 90, (14, 8, 8), np.uint8)
    items = diagnose(npz(tmp_path, images, np.repeat([0, 1], (11, 3)))).items
    sheet = np.asarray(contact_sheet(items).convert("L"))
    upper, lower = np.array_split(sheet, 2)
    dark_share = [(half < 90).mean() for half in (upper, lower)]
    assert dark_share[1] / dark_share[0] == pytest.approx(3 / 8, rel=0.1)
    assert lower[:, lower.shape[1] // 2 :].min() > 90  # no picture, and no title either


def test_a_sheet_of_many_classes_draws_the_first_and_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    images = np.random.default_rng(0).integers(0, 256, (1_100, 4, 4), np.uint8)
    source, sheet = npz(tmp_path, images, np.arange(1_100) // 2), tmp_path / "sheet.png"
    run(["check", str(source), "--out", str(sheet)])
    assert "(the first 250 of 550 classes)" in capsys.readouterr().err
    with Image.open(sheet) as image:
        assert image.height < 33_000


def test_a_sheet_that_is_no_png_is_refused_before_anything_is_read(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["check", "nowhere", "--out", "sheet.jpg"]) == 2
    assert "--out sheet.jpg ends in '.jpg'; the contact sheet is a .png." in capsys.readouterr().err


# Real data


def test_the_stretched_sign_language_part_is_reported_for_what_it_is() -> None:
    diagnosis = diagnose(real("sign-mnist-partial", "sign_mnist_test_stretched.csv.gz"))
    assert [finding.kind for finding in diagnosis.findings] == ["stretched", "gaps", "imbalance"]
    assert diagnosis.findings[1].title == "Labels 0-24 without 9."
    assert diagnosis.problems == 0


def test_unaltered_sign_language_rows_are_not_called_stretched() -> None:
    diagnosis = diagnose(real("sign-mnist-partial", "sign_mnist_train_first188.csv.gz"))
    assert [finding.kind for finding in diagnosis.findings] == ["gaps", "imbalance", "few"]


def test_mnist_has_nothing_wrong() -> None:
    diagnosis = diagnose(real("mnist"))
    assert diagnosis.findings == ()
    assert diagnosis.items.preprocessor.polarity == "light on dark"
    assert {part: sum(counts) for part, counts in diagnosis.counts.items()} == {
        "train": 60_000,
        "test": 10_000,
    }
    assert findings_of_items(diagnosis.items) == []


def test_dogs_vs_cats_only_has_sizes_of_its_own() -> None:
    diagnosis = diagnose(real("dogs-vs-cats-small"))
    assert [finding.kind for finding in diagnosis.findings] == ["mixed sizes"]


def test_the_next_command_keeps_the_read_options(tmp_path: Path, noise: Pixels, capsys) -> None:
    for index, image in enumerate(noise):
        Image.fromarray(image).save(tmp_path / f"{'cat' if index < 12 else 'dog'}.{index}.png")
    assert run(["check", str(tmp_path)]) == 3
    assert "--label-from-name word takes 2 classes (cat, dog)" in capsys.readouterr().err
    assert run(["check", str(tmp_path), "--label-from-name", "word"]) == 0
    assert f"next     noonbit train {tmp_path} --label-from-name word" in capsys.readouterr().err


# Which items they are


def test_a_finding_has_the_numbers_of_its_items(tmp_path: Path, noise: Pixels) -> None:
    noise[3], noise[7], noise[20] = noise[5], 90, noise[5]
    by_kind = {finding.kind: finding for finding in diagnose(npz(tmp_path, noise)).findings}
    assert by_kind["conflict"].items == ((3, 5, 20),)
    assert by_kind["blank"].items == ((7,),)
    assert by_kind["duplicates"].items == ((5, 3), (20, 3))
    assert by_kind["duplicates"].as_dict(most=1)["items"] == [[5, 3]]


def test_numbers_go_on_through_the_parts_and_leave_out_what_cannot_be_read(
    tmp_path: Path, noise: Pixels
) -> None:
    pictures(tmp_path / "train", noise[:12])
    pictures(tmp_path / "test", noise[12:16])
    for path in (tmp_path / "test/cat/0.png", tmp_path / "test/dog/2.png"):
        path.rename(path.with_suffix(".jpg"))
    (tmp_path / "test/cat/1.png").write_bytes((tmp_path / "test/cat/1.png").read_bytes()[:-30])
    diagnosis = diagnose(tmp_path)
    misnamed = next(each for each in diagnosis.findings if each.kind == "misnamed")
    names = [diagnosis.items.names[number] for (number,) in misnamed.items]
    assert names == ["test/cat/0.jpg", "test/dog/2.jpg"] == list(misnamed.detail)
