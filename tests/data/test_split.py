"""Splits: disjoint, complete, stratified, seeded; nothing is drawn from an official test part."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from noonbit.data.dataset import Groups, NumberedNames, Part, PartName, RawDataset
from noonbit.data.split import Holdout, Split, draw_split
from noonbit.data.stratify import find_identical
from noonbit.errors import ArtefactError, DataError, UsageError


def part_with(labels: list[int]) -> Part:
    images = np.zeros((len(labels), 1, 2, 2), np.uint8)
    return Part(images, np.array(labels, np.int64), NumberedNames("row", len(labels)))


def data_with(train: list[int], **official: list[int]) -> RawDataset:
    parts: dict[PartName, Part] = {"train": part_with(train)}
    for name in ("validation", "test"):
        if name in official:
            parts[name] = part_with(official[name])
    names = tuple(str(label) for label in range(max(train) + 1))
    return RawDataset("here", "arrays", parts, names)


def games_with(train: list[int], **official: list[int]) -> RawDataset:
    """Items in groups: those of the training part, then those of the other parts."""
    data = data_with(
        [0, 1] * (len(train) // 2), **{name: [0] * len(official[name]) for name in official}
    )
    groups = {"train": train, **official}
    parts = {
        name: replace(part, groups=Groups("game", np.array(groups[name], np.int64)))
        for name, part in data.parts.items()
    }
    return replace(data, parts=parts)


def sizes(split: Split) -> tuple[int, int, int]:
    return len(split.train), len(split.validation), len(split.test)


class_counts = st.lists(st.integers(1, 60), min_size=2, max_size=6).filter(
    lambda counts: max(counts) > 1
)
"""One item of every class would leave nothing to test on."""


@given(class_counts, st.randoms(use_true_random=False), st.one_of(st.none(), st.floats(0.05, 0.5)))
def test_every_item_is_in_exactly_one_split_and_every_class_trains(counts, random, share) -> None:
    labels = [label for label, count in enumerate(counts) for _ in range(count)]
    random.shuffle(labels)
    split = draw_split(data_with(labels), holdout=Holdout(share))
    everything = np.concatenate([split.train, split.validation, split.test])
    assert sorted(everything.tolist()) == list(range(len(labels)))
    for indices in (split.train, split.validation, split.test):
        assert indices.dtype == np.int64
        assert (np.diff(indices) > 0).all()
    assert set(np.array(labels)[split.train].tolist()) == set(range(len(counts)))


@given(class_counts, st.integers(2, 6))
def test_folds_cover_the_training_items_once_and_share_the_classes_evenly(counts, folds) -> None:
    labels = np.repeat(np.arange(len(counts)), counts)
    data = data_with(labels.tolist(), test=[0, 1])
    held = [
        draw_split(data, holdout=Holdout(fold=(k, folds))).validation for k in range(1, 1 + folds)
    ]
    assert sorted(np.concatenate(held).tolist()) == list(range(len(labels)))
    sizes = [len(items) for items in held]
    assert max(sizes) - min(sizes) <= 1
    for label in range(len(counts)):
        of_class = [int((labels[items] == label).sum()) for items in held]
        assert max(of_class) - min(of_class) <= 1


@given(st.lists(st.integers(7, 40), min_size=2, max_size=5), st.integers(2, 6))
def test_every_item_is_tested_in_one_fold_and_trains_or_validates_in_the_others(
    counts, folds
) -> None:
    labels = np.repeat(np.arange(len(counts)), counts)
    # The source's own validation items are dealt as well, its test items are in no part.
    data = data_with(labels[::-1].tolist(), validation=[0, 1], test=[0, 1, 1])
    everything = list(range(len(labels) + 2))
    all_labels = np.concatenate([labels[::-1], [0, 1]])
    tested = []
    for number in range(1, folds + 1):
        split = draw_split(data, holdout=Holdout(test_fold=(number, folds)))
        assert sorted([*split.train, *split.validation, *split.test]) == everything
        assert len(split.validation) > 0
        tested.append(split.test)
        assert set(all_labels[split.test].tolist()) == set(range(len(counts)))
    assert sorted(np.concatenate(tested).tolist()) == everything
    sizes = [len(items) for items in tested]
    assert max(sizes) - min(sizes) <= 1
    for label in range(len(counts)):
        of_class = [int((all_labels[items] == label).sum()) for items in tested]
        assert max(of_class) - min(of_class) <= 1


def test_copies_are_never_in_two_test_folds_whatever_their_labels() -> None:
    copies = [np.array([0, 1, 50]), np.array([7, 8, 101])]
    data = data_with([0, 1] * 50, validation=[0, 1])
    sides = []
    for number in (1, 2, 3):
        split = draw_split(data, copies=copies, holdout=Holdout(test_fold=(number, 3)))
        for group in copies:
            assert len(set(np.isin(group, split.test).tolist())) == 1
        sides.append(np.isin([0, 7], split.test))
    assert np.sum(sides, axis=0).tolist() == [1, 1]


def test_bad_items_are_in_no_fold_and_the_others_still_balance() -> None:
    data = data_with([0, 1] * 12)
    split = [draw_split(data, holdout=Holdout(test_fold=(k, 2)), bad={0, 2}).test for k in (1, 2)]
    assert sorted(np.concatenate(split).tolist()) == [1, *range(3, 24)]
    assert [len(items) for items in split] == [11, 11]


@pytest.mark.parametrize(
    ("labels", "copies", "sentence"),
    [
        ([0] * 9 + [1] * 3, [], r"'1' of here has .* only 3 of 5 folds.*Use 3 folds or fewer"),
        (
            [0] * 9 + [1],
            [],
            r"'1' of here has .* only 1 of 5 folds, and each needs one. Add items.",
        ),
        ([0] * 9 + [1] * 8, [np.arange(9, 14)], r"'1' of here has different items for only 4 of 5"),
    ],
)
def test_more_folds_than_a_class_can_fill_are_refused(labels, copies, sentence) -> None:
    with pytest.raises(UsageError, match=sentence):
        draw_split(data_with(labels), copies=copies, holdout=Holdout(test_fold=(1, 5)))


@pytest.mark.parametrize(
    ("holdout", "validation", "reason"),
    [
        (Holdout(7, "last"), range(93, 100), "the last 7 training items"),
        (Holdout(0.2, "first"), range(20), "the first 20 training items"),
        (Holdout(0), [], "none, as was asked for"),
    ],
)
def test_rows_that_validate_can_be_named(holdout, validation, reason) -> None:
    split = draw_split(data_with([0, 1] * 50, test=[0]), holdout=holdout)
    assert split.validation.tolist() == list(validation)
    assert len(split.train) == 100 - len(validation)
    assert split.reasons["validation"] == reason


def test_no_split_claims_to_have_been_asked_for_when_items_are_too_few() -> None:
    split = draw_split(data_with([0, 1], test=[0]))
    assert split.reasons["validation"] == "none, as there are too few items"


def test_one_item_a_class_is_refused_since_nothing_could_be_tested() -> None:
    with pytest.raises(DataError, match="here has 3 labelled items of 3 classes, too few to set"):
        draw_split(data_with([0, 1, 2]))
    assert len(draw_split(data_with([0, 1, 2]), test_share=0).train) == 3


def test_a_number_of_validation_items_is_taken_from_all_classes() -> None:
    labels = np.array([0, 1, 1, 1] * 100)
    split = draw_split(data_with(labels.tolist(), test=[0]), holdout=Holdout(40))
    assert np.bincount(labels[split.validation]).tolist() == [10, 30]


def test_copies_are_never_in_two_folds() -> None:
    copies = [np.array([0, 50, 51]), np.array([7, 8])]
    data = data_with([0, 1] * 5 + [0] * 90, test=[0, 1])
    for k in (1, 2, 3):
        split = draw_split(data, copies=copies[:1], holdout=Holdout(fold=(k, 3)))
        assert len(set(np.isin([0, 50, 51], split.validation).tolist())) == 1


@given(class_counts)
def test_each_class_keeps_its_share_within_one_item(counts: list[int]) -> None:
    labels = np.repeat(np.arange(len(counts)), counts)
    split = draw_split(data_with(labels.tolist()))
    tested = np.bincount(labels[split.test], minlength=len(counts))
    validated = np.bincount(labels[split.validation], minlength=len(counts))
    total_test, remaining = round(0.2 * len(labels)), len(labels) - len(split.test)
    total_validation = round(0.1 * remaining)
    for label, count in enumerate(counts):
        left = count - tested[label]
        assert abs(tested[label] - total_test * count / len(labels)) <= 1
        assert abs(validated[label] - total_validation * left / remaining) <= 1


def test_the_split_is_the_same_each_time() -> None:
    first, second = (draw_split(data_with([0, 1, 2] * 50)) for _ in range(2))
    assert np.array_equal(first.validation, second.validation)
    assert np.array_equal(first.test, second.test)


def test_the_held_out_items_are_not_simply_the_first_or_the_last() -> None:
    split = draw_split(data_with([0] * 500 + [1] * 500))
    for indices in (split.test, split.validation):
        assert 400 < indices.mean() < 600


def test_an_official_test_part_is_the_test_split_and_only_that() -> None:
    split = draw_split(data_with([0, 1] * 50, test=[1, 0, 1]))
    assert split.test.tolist() == [100, 101, 102]
    assert sizes(split) == (90, 10, 3)
    assert split.reasons["test"] == "the source's own"
    assert split.reasons["validation"] == "10 items set aside, every class in proportion"


def test_official_parts_are_kept_whole_and_numbered_in_order() -> None:
    split = draw_split(data_with([0, 1] * 50, validation=[0, 1], test=[1, 0, 1]))
    assert split.train.tolist() == list(range(100))
    assert split.validation.tolist() == [100, 101]
    assert split.test.tolist() == [102, 103, 104]


def test_by_default_a_fifth_is_tested_and_a_tenth_of_the_rest_validates() -> None:
    assert sizes(draw_split(data_with([0, 1] * 500))) == (720, 80, 200)


def test_large_data_hold_out_a_bounded_number() -> None:
    assert sizes(draw_split(data_with([0, 1] * 100_000))) == (185_000, 5_000, 10_000)


def test_a_stated_share_is_of_the_training_part() -> None:
    split = draw_split(data_with([0, 1] * 500, test=[0, 1]), holdout=Holdout(0.3))
    assert sizes(split) == (700, 300, 2)


def test_a_lone_item_of_a_class_trains() -> None:
    split = draw_split(data_with([0] * 20 + [1]))
    assert 20 in split.train.tolist()


def test_two_items_of_a_class_give_one_to_the_test() -> None:
    split = draw_split(data_with([0, 0, 1, 1]))
    assert sizes(split) == (2, 0, 2)


def test_unreadable_items_leave_every_split() -> None:
    split = draw_split(data_with([0, 1] * 50))
    bad = {int(split.train[3]), int(split.validation[0]), int(split.test[1])}
    good = split.without(bad)
    assert sizes(good) == tuple(size - 1 for size in sizes(split))
    used = np.concatenate([good.train, good.validation, good.test])
    assert not bad & set(used.tolist())
    assert split.without(set()) is split


@given(st.lists(st.integers(0, 30), min_size=20, max_size=80))
def test_copies_stay_on_one_side(pictures: list[int]) -> None:
    """The picture of each item decides its label too, as in clean data."""
    labels = [picture % 2 for picture in pictures]
    rows = np.array(pictures, np.uint8)[:, None]
    groups = find_identical(rows, np.arange(len(rows)))
    split = draw_split(data_with([*labels, 0, 1]), copies=groups)
    sides = np.zeros(len(labels) + 2, int)
    sides[split.validation], sides[split.test] = 1, 2
    for picture in set(pictures):
        assert len(set(sides[: len(rows)][rows[:, 0] == picture].tolist())) == 1
    everything = np.concatenate([split.train, split.validation, split.test])
    assert sorted(everything.tolist()) == list(range(len(labels) + 2))


def test_identical_items_are_grouped_and_the_others_left_out() -> None:
    rows = np.array([[1, 2], [3, 4], [1, 2], [5, 6], [3, 4], [1, 2]], np.uint8)
    groups = find_identical(rows, np.arange(6))
    assert sorted(group.tolist() for group in groups) == [[0, 2, 5], [1, 4]]
    assert [group.tolist() for group in find_identical(rows, np.array([1, 2, 5]))] == [[2, 5]]
    assert find_identical(rows, np.array([0, 1, 3])) == []


def test_the_stored_indices_are_the_split(tmp_path) -> None:
    split = draw_split(data_with([0, 1] * 50))
    split.save(tmp_path / "split.npz")
    with np.load(tmp_path / "split.npz", allow_pickle=False) as stored:
        assert set(stored) == {"train", "validation", "test"}
        for name in stored:
            assert np.array_equal(stored[name], getattr(split, name))


@pytest.mark.parametrize("times", [2, 4, 8])
def test_copies_do_not_change_the_shares(times: int) -> None:
    count = 200
    labels = np.tile(np.arange(count) % 4, times)
    pixels = np.zeros((count * times, 1, 1, 1), np.uint8)
    names = NumberedNames("item", count * times)
    data = RawDataset(
        "copies", "test", {"train": Part(pixels, labels, names)}, ("a", "b", "c", "d")
    )
    groups = [np.arange(times) * count + first for first in range(count)]
    split = draw_split(data, copies=groups)
    assert len(split.test) == pytest.approx(0.2 * count * times, abs=4 * times)
    assert len(split.validation) == pytest.approx(0.08 * count * times, abs=4 * times)
    assert set(split.test % count).isdisjoint(split.train % count)


def test_a_stored_split_comes_back_and_a_damaged_one_is_named(tmp_path: Path) -> None:
    split = Split(np.arange(5), np.arange(5, 7), np.arange(7, 9), {"test": "drawn"})
    split.save(tmp_path / "split.npz")
    counts = {"train": 5, "validation": 2, "test": 2}
    again = Split.load(tmp_path / "split.npz", split.reasons, counts)
    for part in ("train", "validation", "test"):
        assert np.array_equal(getattr(again, part), getattr(split, part))
    (tmp_path / "split.npz").write_bytes(b"PK\x03\x04 cut off")
    with pytest.raises(ArtefactError, match="split.npz is damaged"):
        Split.load(tmp_path / "split.npz", {}, counts)


WHOLE = {"train": [0, 1, 2], "validation": [3], "test": [4, 5]}
FOLDS = {"train": [0, 1, 2], "validation": [], "test": [0, 1, 2], "folds": [1, 2, 1]}


@pytest.mark.parametrize(
    ("arrays", "reason"),
    [
        (WHOLE | {"test": [4.0, 5.0]}, "test is float64 of the shape (2,), and run.json counts 2"),
        (WHOLE | {"test": [[4, 5]]}, "test is int64 of the shape (1, 2)"),
        (WHOLE | {"test": [4]}, "test is int64 of the shape (1,), and run.json counts 2 items"),
        (WHOLE | {"test": ["4", "5"]}, "test is <U1 of the shape (2,)"),
        (WHOLE | {"test": [None, {}]}, "Object arrays cannot be loaded"),
        (WHOLE | {"test": [5, 4]}, "its item numbers do not ascend from 0"),
        (WHOLE | {"test": [5, 5]}, "its item numbers do not ascend from 0"),
        (WHOLE | {"train": [-1, 1, 2]}, "its item numbers do not ascend from 0"),
        (WHOLE | {"validation": [5]}, "an item is in two parts"),
        (WHOLE | {"folds": [1, 2]}, "it has the folds of a cross-validation, and the run is none"),
        (WHOLE | {"train": [0] * 10**6}, "bytes, more than its items take"),
        ({"train": [0, 1, 2], "test": [4, 5]}, "validation is not a file in the archive"),
    ],
)
def test_a_split_that_no_training_has_is_called_damaged(
    arrays: dict[str, list[object]], reason: str, tmp_path: Path
) -> None:
    counts = {name: len(numbers) for name, numbers in WHOLE.items()}
    np.savez_compressed(tmp_path / "split.npz", **{k: np.array(v) for k, v in arrays.items()})
    with pytest.raises(ArtefactError) as error:
        Split.load(tmp_path / "split.npz", {}, counts)
    assert str(error.value).startswith(f"{tmp_path / 'split.npz'} is damaged")
    assert reason in str(error.value)


@pytest.mark.parametrize(
    ("arrays", "reason"),
    [
        (FOLDS | {"folds": [1, 2]}, "folds is int64 of the shape (2,), and run.json counts 3"),
        (FOLDS | {"folds": [0, 1, 2]}, "its folds are not numbered from 1 to 2"),
        (FOLDS | {"folds": [1, 1, 1]}, "its folds are not numbered from 1 to 2"),
        (FOLDS | {"test": [0, 1, 3]}, "a cross-validation tests every item that trains"),
    ],
)
def test_folds_that_no_cross_validation_has_are_called_damaged(
    arrays: dict[str, list[int]], reason: str, tmp_path: Path
) -> None:
    path, counts = tmp_path / "split.npz", {"train": 3, "validation": 0, "test": 3}
    np.savez(path, **{name: np.array(numbers, np.int64) for name, numbers in FOLDS.items()})
    assert Split.load(path, {}, counts, folds=2).folds is not None
    np.savez(path, **{name: np.array(numbers, np.int64) for name, numbers in arrays.items()})
    with pytest.raises(ArtefactError) as error:
        Split.load(path, {}, counts, folds=2)
    assert reason in str(error.value)


def test_groups_are_dealt_into_folds_whole() -> None:
    groups = np.repeat(np.arange(20), 5)
    data = games_with(groups.tolist())
    tested = [draw_split(data, holdout=Holdout(test_fold=(k, 4))).test for k in range(1, 5)]
    assert sorted(np.concatenate(tested).tolist()) == list(range(100))
    assert sorted(np.concatenate([np.unique(groups[each]) for each in tested])) == list(range(20))
    with pytest.raises(UsageError, match="20 games, too few for 21 folds. Use 20 folds or fewer"):
        draw_split(data, holdout=Holdout(test_fold=(1, 21)))


def test_folds_of_groups_take_in_the_sources_own_validation_part_and_leave_out_its_test() -> None:
    training, validation = [0, 0, 1, 1, 2, 2, 3, 3], [4, 4, 5]
    data = games_with(training, validation=validation, test=[6, 6])
    groups = np.array(training + validation)
    tested = []
    for number in (1, 2, 3):
        split = draw_split(data, holdout=Holdout(test_fold=(number, 3)))
        assert not set(groups[split.test]) & set(groups[[*split.train, *split.validation]])
        tested.append(split.test)
    assert sorted(np.concatenate(tested).tolist()) == list(range(11))


def test_items_know_their_groups_through_all_parts() -> None:
    data = games_with([0, 0, 1, 1], validation=[2], test=[3, 4])
    assert data.groups() is not None
    assert data.groups().numbers.tolist() == [0, 0, 1, 1, 2, 3, 4]
    assert data_with([0, 1]).groups() is None


def test_rows_as_they_come_would_part_a_group_and_are_refused() -> None:
    with pytest.raises(UsageError, match=r"first rows of here would part a game.*stratified"):
        draw_split(games_with([0, 0, 0, 1, 1, 1]), holdout=Holdout(2, "first"))


def test_a_bad_item_does_not_take_its_group_out_of_the_folds() -> None:
    data = games_with([0, 0, 1, 1, 2, 2])
    tested = [draw_split(data, holdout=Holdout(test_fold=(k, 3)), bad={0}).test for k in (1, 2, 3)]
    assert sorted(np.concatenate(tested).tolist()) == [1, 2, 3, 4, 5]
