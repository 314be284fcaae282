"""The preprocessing of sentences."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from noonbit.config.recipe import Recipe
from noonbit.data import open_data
from noonbit.data.dataset import Part, RawDataset, Sentences
from noonbit.data.prepared import fit_to_train, load, prepare
from noonbit.data.preprocess.contract import Contract
from noonbit.data.preprocess.registry import fit_preprocessor
from noonbit.data.preprocess.text import TextPreprocessor, tokenise
from noonbit.data.split import Holdout
from noonbit.errors import InputRefused, UsageError

FRAMING = TextPreprocessor(length=4, words=("a", "film", "gripping"))


def data_of(texts: list[str], labels: list[int] | None = None) -> RawDataset:
    names = [f"line {number}" for number in range(len(texts))]
    chosen = np.arange(len(texts)) % 2 if labels is None else np.array(labels)
    return RawDataset("s", "text", {"train": Part(Sentences(texts), chosen, names)}, ("neg", "pos"))


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("A Gripping film!", "a gripping film !"),
        ("it's good, (isn't it?)", "it 's good , ( is n't it ? )"),
        ("I've, we're, he'd, they'll", "i 've , we 're , he 'd , they 'll"),
        ("caf\u00e9-au-lait: $5", "caf au lait 5"),
        ("...", ""),
    ],
)
def test_words_are_those_of_kims_code(text: str, tokens: str) -> None:
    assert " ".join(tokenise(text)) == tokens


def test_letters_outside_ascii_stay_where_a_language_needs_them() -> None:
    assert tokenise("ein sch\u00f6ner Film_1", "all") == ["ein", "sch\u00f6ner", "film", "1"]
    preprocessor, reasons = fit_preprocessor(data_of(["\u00fcber sch\u00f6n", "na ja"] * 5))
    assert preprocessor.facts()["letters"] == "all" and "not ASCII" in reasons["letters"]
    preprocessor, _ = fit_preprocessor(
        data_of(["a film of note and a caf\u00e9 " + "so " * 99, "bad"])
    )
    assert preprocessor.facts()["letters"] == "ascii"


def test_a_sentence_is_numbers_and_says_what_was_changed() -> None:
    values, done = FRAMING.transform_one("A gripping film")
    assert values.tolist() == [2, 4, 3, 0] and values.dtype == np.int32 and done == []
    values, done = FRAMING.transform_one("a gripping new film of note")
    assert values.tolist() == [2, 4, 1, 3] and done == ["shortened", "partly unknown"]
    for nothing in ("entirely new", "", "***"):
        assert FRAMING.transform_one(nothing)[1] == ["blank"]
    with pytest.raises(InputRefused, match="is of the type int; a sentence is text"):
        FRAMING.transform_one(5)


@given(st.text())
def test_no_text_breaks_it(text: str) -> None:
    values, _ = FRAMING.transform_one(text)
    assert values.shape == (4,)


def test_only_training_sentences_say_which_words_there_are() -> None:
    texts = [f"word{number} and the rest" for number in range(40)]
    data = data_of([*texts, "a very long sentence that nobody trains on at all"])
    preprocessor, _ = fit_preprocessor(data)
    items = prepare(data, preprocessor, holdout=Holdout(), on_bad="fail")
    trained = {w for i in items.split.train for w in tokenise(items.text(int(i)))}
    learned = fit_to_train(items, Holdout()).preprocessor
    assert isinstance(learned, TextPreprocessor)
    assert set(learned.words) == trained and trained < set(preprocessor.words)  # type: ignore[union-attr]
    assert learned.length == max(len(tokenise(items.text(int(i)))) for i in items.split.train)


def test_the_stored_contract_gives_the_same_values_again(tmp_path: Path) -> None:
    lines = [f"w{n % 7} w{n % 11} w{n}" for n in range(60)]
    (tmp_path / "a.txt").write_text("\n".join(lines[::2]))
    (tmp_path / "b.txt").write_text("\n".join(lines[1::2]))
    items = load(tmp_path, Recipe(), data_dir=None)
    reasons = items.reasons
    contract = Contract.unit(items.preprocessor, items.data.class_names)
    stored = Contract.model_validate_json(contract.model_dump_json())
    again = load(tmp_path, Recipe(), data_dir=None, preprocessor=stored.preprocessor)
    assert stored == contract and "training sentences" in reasons["words"]
    assert np.array_equal(np.asarray(again.values), np.asarray(items.values))
    assert again.fingerprint == items.fingerprint


def test_the_same_words_stay_on_one_side_of_the_split() -> None:
    texts = [f"film {number // 2}" + "!" * (number % 2) for number in range(100)]
    data = data_of([t.replace("!", " ") for t in texts], [n // 2 % 2 for n in range(100)])
    preprocessor, _ = fit_preprocessor(data)
    items = prepare(data, preprocessor, on_bad="fail")
    assert len(items.copies) == 50
    for part in ("train", "validation", "test"):
        assert set(items.indices(part)) == {n ^ 1 for n in items.indices(part)}


def test_an_empty_text_is_a_problem_and_the_rest_still_trains() -> None:
    from noonbit.data.checks.findings import findings_of_items

    data = data_of([*(f"film {n}" for n in range(30)), "***", "..."])
    items = prepare(data, fit_preprocessor(data)[0], on_bad="fail")
    assert items.blank.tolist() == [30, 31]
    titles = [finding.title for finding in findings_of_items(items)]
    assert titles == ["2 sentences are without any word."]


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ({"augment": "rotation=15"}, "--augment rotation=15 is not for sentences"),
        ({"image_size": 32}, "--image-size 32 is not for sentences"),
        ({"channels": 1}, "--channels 1 is not for sentences"),
        ({"test_time_augmentation": "flip"}, "--test-time-augmentation flip is not for sentences"),
        ({"normalise": "unit"}, "--normalise unit is not for sentences"),
    ],
)
def test_settings_of_pictures_are_refused_in_one_sentence(
    tmp_path: Path, setting: dict[str, str], said: str
) -> None:
    (tmp_path / "a.txt").write_text("one\ntwo\n" * 9)
    (tmp_path / "b.txt").write_text("three\nfour\n" * 9)
    with pytest.raises(UsageError, match=f"^{said}, which .* holds. Leave it out.$"):
        load(tmp_path, Recipe.model_validate(setting), data_dir=None)


def test_vectors_are_not_for_pictures() -> None:
    with pytest.raises(UsageError, match="is not for pictures, which digits holds"):
        load("digits", Recipe(vectors="glove.txt"), data_dir=None)


def test_sentences_of_the_same_words_are_near_each_other() -> None:
    values = np.array([[2, 3, 0], [3, 2, 0], [4, 5, 6]], np.int32)
    vectors = FRAMING.vectors(values)
    assert np.array_equal(vectors[0], vectors[1])
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1)
    assert vectors[0] @ vectors[2] == 0


def test_the_movie_reviews_have_as_many_words_as_the_paper_counts(
    shared_data: Callable[[str], Path],
) -> None:
    preprocessor, _ = fit_preprocessor(open_data(shared_data("rt-polarity")))
    assert isinstance(preprocessor, TextPreprocessor)
    assert (len(preprocessor.words), preprocessor.length) == (18_765, 56)
