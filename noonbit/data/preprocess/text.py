"""Preprocess sentences to word numbers, int32 (length,).

Tokens are those of Kim's code ("Convolutional neural networks for sentence classification", 2014):
lower case, contractions split (`do n't`), and `( ) , ! ?` as words. 0 is padding after the end of a
sentence, 1 is a word that is in no training sentence. The vocabulary takes the place of an image's
channels: a word number stands for a one-hot vector over them.
"""

import re
from collections.abc import Mapping
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from noonbit.data.dataset import PART_NAMES, Raw, RawDataset, Sentences
from noonbit.data.preprocess.base import (
    Adjustment,
    Preprocessor,
    ReportWords,
    Transformed,
    Values,
)
from noonbit.errors import InputRefused, UsageError

if TYPE_CHECKING:
    from noonbit.config.recipe import Recipe

PADDING, UNKNOWN, FIRST_WORD = 0, 1, 2
MAX_WORDS = 1_000
"""Words of a sentence; longer texts are truncated."""
FOREIGN_SHARE = 0.005
"""Share of non-ASCII letters above which they are part of words; German has some 1.5 %."""
HASH_BINS = 1_024
"""Bins of word numbers in `vectors`."""

Letters = Literal["ascii", "all"]

SEPARATORS: Mapping[Letters, re.Pattern[str]] = {
    "ascii": re.compile(r"[^A-Za-z0-9(),!?'`]"),
    "all": re.compile(r"[^\w(),!?'`]|_"),
}
CONTRACTIONS = re.compile(r"'s|'ve|n't|'re|'d|'ll")
SIGNS = re.compile(r"[,!()?]")


def tokenise(text: str, letters: Letters = "ascii") -> list[str]:
    """Return the words of a text, as Kim's `clean_str` does."""
    text = SEPARATORS[letters].sub(" ", text)
    text = CONTRACTIONS.sub(r" \g<0>", text)
    return SIGNS.sub(r" \g<0> ", text).lower().split()


class TextPreprocessor(Preprocessor):
    """Preprocesses sentences to word numbers."""

    noun: ClassVar[str] = "sentence"
    one_of_them: ClassVar[str] = "a sentence"
    example: ClassVar[str] = '--text "SENTENCE" --explain'
    blank: ClassVar[str] = "without any word"
    adjustments: ClassVar[Mapping[Adjustment, str]] = {
        "partly unknown": "in part of words that the network does not know, and answered without",
        "shortened": "shortened to as many words as the longest training sentence has",
        "blank": "without any word that the network knows, so the prediction means nothing",
    }
    report_words: ClassVar[ReportWords] = ReportWords(
        other_sources="another paper, other years, another subject",
        related="of one text, several by one person",
        no_class="a sentence about something else",
        output_axes="numbers × words, or units",
        content="texts",
    )
    dtype: ClassVar[type[np.generic]] = np.int32
    fixed_settings: ClassVar[Mapping[str, object]] = {
        "augment": "none",
        "test_time_augmentation": "none",
        "normalise": "standard",
        "image_size": None,
        "channels": None,
    }
    shown_as: ClassVar[Literal["picture", "text", "name"]] = "text"
    of_words: ClassVar[bool] = True
    default_model: ClassVar[str] = "sentence-cnn"
    usual_input: ClassVar[tuple[int, int, tuple[int, ...]]] = (2, 18_767, (56,))
    """That of the movie-review sentences with their 18,765 words."""
    small_input: ClassVar[str] = "6x9"
    checks: ClassVar[str] = "noonbit.data.checks.sentences"
    explanation: ClassVar[str | None] = "noonbit.explain.sentence:explain_sentence"

    input_kind: Literal["sentences"] = "sentences"
    length: int = Field(gt=0, le=MAX_WORDS)
    """Words of the longest training sentence; longer sentences are truncated."""
    words: tuple[str, ...]
    """The vocabulary of the training sentences, sorted; the first word has number 2."""
    letters: Letters = "ascii"
    """Whether non-ASCII letters are part of words, or separate them as in Kim's code."""

    @model_validator(mode="after")
    def check_words(self) -> Self:
        """Words have their numbers by their order."""
        if any(one >= other for one, other in pairwise(self.words)):
            raise ValueError("has words that are not sorted, or one twice")
        return self

    @cached_property
    def numbers(self) -> dict[str, int]:
        """The number of each word."""
        return {word: number for number, word in enumerate(self.words, start=FIRST_WORD)}

    @property
    def channels(self) -> int:
        """The number of word numbers, including padding and the unknown word."""
        return len(self.words) + FIRST_WORD

    @property
    def size(self) -> tuple[int]:
        """(length,)."""
        return (self.length,)

    @classmethod
    def input_shape(cls, channels: int, size: tuple[int, ...]) -> tuple[int, ...]:
        """(length,): words are given by number, so there is no axis of channels."""
        return size

    @property
    def vocabulary(self) -> tuple[str, ...]:
        """The words."""
        return self.words

    @classmethod
    def fit(cls, data: RawDataset, recipe: "Recipe") -> tuple[Self, dict[str, str]]:
        """Use all words of the data; `fit_to_train` keeps those of the training sentences."""
        parts = [as_sentences(data.parts[name].raw) for name in PART_NAMES if name in data.parts]
        letters = detect_letters(data)
        tokenised = [tokenise(text, letters) for part in parts for text in part]
        preprocessor = cls(
            length=min(MAX_WORDS, max(1, *map(len, tokenised))),
            words=tuple(sorted({word for tokens in tokenised for word in tokens})),
            letters=letters,
        )
        reasons = {
            "length": "the longest training sentence"
            if preprocessor.length < MAX_WORDS
            else "at most; longer texts are cut",
            "words": "those of the training sentences",
            "letters": "as in Kim's code, since hardly any is not"
            if letters == "ascii"
            else f"over {FOREIGN_SHARE:.1%} are not ASCII",
        }
        return preprocessor, reasons

    def tokens(self, text: str) -> list[str]:
        """Return the words of a text that its values stand for, including unknown ones."""
        return tokenise(text, self.letters)[: self.length]

    def transform_one(
        self, raw: Any, *, name: str = "the input"
    ) -> tuple[NDArray[np.int32], list[Adjustment]]:
        """Return the word numbers of one text, and its adjustments."""
        if not isinstance(raw, str):
            raise InputRefused(name, f"is of the type {type(raw).__name__}; a sentence is text")
        tokens = tokenise(raw, self.letters)
        numbers = [self.numbers.get(token, UNKNOWN) for token in tokens[: self.length]]
        values = np.zeros(self.length, np.int32)
        values[: len(numbers)] = numbers
        adjustments: list[Adjustment] = []
        if len(tokens) > self.length:
            adjustments.append("shortened")
        if all(number == UNKNOWN for number in numbers):
            adjustments.append("blank")
        elif UNKNOWN in numbers:
            adjustments.append("partly unknown")
        return values, adjustments

    def transform(self, raw: Raw) -> Transformed:
        """Return the word numbers of a part, int32 (N, length); sentences are never unreadable."""
        texts = as_sentences(raw)
        values = np.zeros((len(texts), self.length), np.int32)
        adjusted: dict[Adjustment, list[int]] = {}
        for index, text in enumerate(texts):
            values[index], adjustments = self.transform_one(text)
            for adjustment in adjustments:
                adjusted.setdefault(adjustment, []).append(index)
        return Transformed(
            values, {}, {key: np.array(adjusted[key], np.int64) for key in sorted(adjusted)}
        )

    def fit_to_train(self, values: Values, train: NDArray[np.int64]) -> tuple[Self, Values]:
        """Keep the words and the length of the training sentences, and renumber the values."""
        train_values = values[train]
        known = np.unique(train_values)
        known = known[known >= FIRST_WORD]
        length = max(1, int((train_values != PADDING).sum(axis=1).max(initial=0)))
        renumbered = np.full(self.channels, UNKNOWN, np.int32)
        renumbered[PADDING] = PADDING
        renumbered[known] = np.arange(FIRST_WORD, FIRST_WORD + len(known), dtype=np.int32)
        words = tuple(self.words[number - FIRST_WORD] for number in known.tolist())
        preprocessor = type(self)(length=length, words=words, letters=self.letters)
        return preprocessor, renumbered[values[:, :length]]

    def vectors(self, values: NDArray[Any]) -> NDArray[np.float32]:
        """Return L2-normalised word counts, hashed to 1,024 bins: (N, 1024)."""
        counts = np.zeros((len(values), HASH_BINS), np.float32)
        rows, places = np.nonzero(values)
        np.add.at(counts, (rows, values[rows, places] % HASH_BINS), 1)
        counts /= np.maximum(np.linalg.norm(counts, axis=1, keepdims=True), 1)
        return counts

    def augmentation(self, *, may_mirror: bool) -> tuple[str, str]:
        """None."""
        return "none", "a sentence with other words is another sentence"

    def describe(self) -> str:
        """Return `at most 56 words, of 18,764`."""
        return f"at most {self.length:,} words, of {len(self.words):,}"

    def describe_in_full(self) -> str:
        """Return the description for the report."""
        return (
            f"the numbers of its words, lower case, at most {self.length:,} of them, out of "
            f"{len(self.words):,} words of the training sentences"
        )

    def describe_conversion(self) -> str:
        """Return what happens to longer sentences and to unknown words."""
        return "longer ones are shortened, and words that no training sentence has are passed over"

    @classmethod
    def parse_size(cls, text: str) -> tuple[int, tuple[int, ...]]:
        """Return (words, (length,)) from `56x18767`; raises `UsageError` for anything else."""
        match = re.fullmatch(r"(\d{1,12})x(\d{1,12})", text.lower())
        if match is None or not int(match[1]) or int(match[2]) < 2:
            raise UsageError(
                f"--input {text} is no sentence; write length x words, such as 56x18767, of which "
                "two stand for padding and unknown words, in up to 12 digits each."
            )
        return int(match[2]), (int(match[1]),)

    def facts(self) -> dict[str, object]:
        """Return the length, the number of words, and which letters are part of words."""
        return {"length": self.length, "words": len(self.words), "letters": self.letters}


def as_sentences(raw: Raw) -> Sentences:
    """Narrow the type of inputs to sentences."""
    assert isinstance(raw, Sentences)  # noqa: S101 - callers check the kind of input
    return raw


def detect_letters(data: RawDataset) -> Letters:
    """Return `all` if the share of non-ASCII letters exceeds `FOREIGN_SHARE`, else `ascii`."""
    foreign = total = 0
    for part in data.parts.values():
        for text in as_sentences(part.raw):
            total += len(text)
            if not text.isascii():
                foreign += sum(letter.isalpha() and not letter.isascii() for letter in text)
    return "all" if foreign > FOREIGN_SHARE * total else "ascii"
