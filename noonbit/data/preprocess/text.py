"""How any sentence becomes the numbers of its words, int32 (length,).

Tokens are those of Kim's code ("Convolutional neural networks for sentence classification", 2014):
lower case, contractions taken apart (`do n't`), and `( ) , ! ?` words of their own. 0 stands where
a sentence has ended and 1 for a word that no training sentence has. To a network, a sentence is an
image of one row whose channels are the words: each place is 1 in the channel of its word and 0 in
all others, so the word's number says it all.
"""

import re
from collections.abc import Mapping
from functools import cached_property
from typing import Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from noonbit.config.recipe import Recipe
from noonbit.data.dataset import PART_NAMES, Raw, RawDataset, Sentences
from noonbit.data.preprocess.base import (
    Adjustment,
    Preprocessor,
    ReportWords,
    Transformed,
    Values,
)
from noonbit.errors import InputRefused, UsageError

PADDING, UNKNOWN, FIRST_WORD = 0, 1, 2
LONGEST = 1_000
"""Words of a sentence; of longer texts the beginning is taken."""
FOREIGN_SHARE = 0.005
"""Of all characters, from which letters outside ASCII are kept; German has some 1.5 %."""
BINS = 1_024
"""Of words that are compared by their counts alone."""

Letters = Literal["ascii", "all"]

SEPARATORS: Mapping[Letters, re.Pattern[str]] = {
    "ascii": re.compile(r"[^A-Za-z0-9(),!?'`]"),
    "all": re.compile(r"[^\w(),!?'`]|_"),
}
CONTRACTIONS = re.compile(r"'s|'ve|n't|'re|'d|'ll")
SIGNS = re.compile(r"[,!()?]")


def tokenise(text: str, letters: Letters = "ascii") -> list[str]:
    """The words of a text, as Kim's `clean_str` leaves them."""
    text = SEPARATORS[letters].sub(" ", text)
    text = CONTRACTIONS.sub(r" \g<0>", text)
    return SIGNS.sub(r" \g<0> ", text).lower().split()


class TextPreprocessor(Preprocessor):
    """How any sentence becomes the numbers of its words."""

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
    """Of the movie-review sentences with their 18,765 words."""
    small_input: ClassVar[str] = "6x9"
    checks: ClassVar[str] = "noonbit.data.checks.sentences"

    input_kind: Literal["sentences"] = "sentences"
    length: int = Field(gt=0)
    """Words of the longest training sentence; longer ones are shortened to it."""
    words: tuple[str, ...]
    """Those of the training sentences, in order of the alphabet; the first one's number is 2."""
    letters: Letters = "ascii"
    """Whether letters outside ASCII stay, or separate words as in Kim's code."""

    @cached_property
    def numbers(self) -> dict[str, int]:
        """The number of each word."""
        return {word: number for number, word in enumerate(self.words, start=FIRST_WORD)}

    @property
    def channels(self) -> int:
        """How many numbers there are, those of padding and of unknown words included."""
        return len(self.words) + FIRST_WORD

    @property
    def size(self) -> tuple[int]:
        """(length,)."""
        return (self.length,)

    @classmethod
    def input_shape(cls, channels: int, size: tuple[int, ...]) -> tuple[int, ...]:
        """(length,): the channels are the words, and a word is given by its number."""
        return size

    @property
    def vocabulary(self) -> tuple[str, ...]:
        """The words."""
        return self.words

    @classmethod
    def fit(cls, data: RawDataset, recipe: Recipe) -> tuple[Self, dict[str, str]]:
        """All words of the data; `fit_to_train` leaves those of the training sentences."""
        parts = [as_sentences(data.parts[name].raw) for name in PART_NAMES if name in data.parts]
        letters = detect_letters(data)
        each = [tokenise(text, letters) for part in parts for text in part]
        preprocessor = cls(
            length=min(LONGEST, max(1, *map(len, each))),
            words=tuple(sorted({word for tokens in each for word in tokens})),
            letters=letters,
        )
        reasons = {
            "length": "the longest training sentence"
            if preprocessor.length < LONGEST
            else "at most; longer texts are cut",
            "words": "those of the training sentences",
            "letters": "as in Kim's code, since hardly any is not"
            if letters == "ascii"
            else f"over {FOREIGN_SHARE:.1%} are not ASCII",
        }
        return preprocessor, reasons

    def tokens(self, text: str) -> list[str]:
        """The words of a text that its values stand for, unknown ones too."""
        return tokenise(text, self.letters)[: self.length]

    def transform_one(
        self, raw: Any, *, name: str = "the input"
    ) -> tuple[NDArray[np.int32], list[Adjustment]]:
        """One text as the numbers of its words, and what had to be changed on the way."""
        if not isinstance(raw, str):
            raise InputRefused(name, f"is of the type {type(raw).__name__}; a sentence is text")
        tokens = tokenise(raw, self.letters)
        found = [self.numbers.get(token, UNKNOWN) for token in tokens[: self.length]]
        values = np.zeros(self.length, np.int32)
        values[: len(found)] = found
        done: list[Adjustment] = []
        if len(tokens) > self.length:
            done.append("shortened")
        if all(number == UNKNOWN for number in found):
            done.append("blank")
        elif UNKNOWN in found:
            done.append("partly unknown")
        return values, done

    def transform(self, raw: Raw) -> Transformed:
        """Every sentence of a part, int32 (N, length); none of them can be unreadable."""
        texts = as_sentences(raw)
        values = np.zeros((len(texts), self.length), np.int32)
        adjusted: dict[Adjustment, list[int]] = {}
        for index, text in enumerate(texts):
            values[index], done = self.transform_one(text)
            for adjustment in done:
                adjusted.setdefault(adjustment, []).append(index)
        return Transformed(
            values, {}, {key: np.array(adjusted[key], np.int64) for key in sorted(adjusted)}
        )

    def fit_to_train(self, values: Values, train: NDArray[np.int64]) -> tuple[Self, Values]:
        """Only the words and the length that training sentences have, and values to match."""
        learned = values[train]
        known = np.unique(learned)
        known = known[known >= FIRST_WORD]
        length = max(1, int((learned != PADDING).sum(axis=1).max(initial=0)))
        renumbered = np.full(self.channels, UNKNOWN, np.int32)
        renumbered[PADDING] = PADDING
        renumbered[known] = np.arange(FIRST_WORD, FIRST_WORD + len(known), dtype=np.int32)
        words = tuple(self.words[number - FIRST_WORD] for number in known.tolist())
        preprocessor = type(self)(length=length, words=words, letters=self.letters)
        return preprocessor, renumbered[values[:, :length]]

    def vectors(self, values: NDArray[Any]) -> NDArray[np.float32]:
        """How often each of 1,024 bins of words occurs, scaled to length 1: (N, 1024)."""
        counts = np.zeros((len(values), BINS), np.float32)
        rows, places = np.nonzero(values)
        np.add.at(counts, (rows, values[rows, places] % BINS), 1)
        counts /= np.maximum(np.linalg.norm(counts, axis=1, keepdims=True), 1)
        return counts

    def augmentation(self, *, may_mirror: bool) -> tuple[str, str]:
        """None."""
        return "none", "a sentence with other words is another sentence"

    def describe(self) -> str:
        """`at most 56 words, of 18,764`."""
        return f"at most {self.length:,} words, of {len(self.words):,}"

    def describe_in_full(self) -> str:
        """The same in the words of the report."""
        return (
            f"the numbers of its words, lower case, at most {self.length:,} of them, out of "
            f"{len(self.words):,} words of the training sentences"
        )

    def describe_conversion(self) -> str:
        """What happens to longer sentences and to unknown words."""
        return "longer ones are shortened, and words that no training sentence has are passed over"

    @classmethod
    def parse_size(cls, text: str) -> tuple[int, tuple[int, ...]]:
        """(words, (length,)) from `56x18767`; raises `UsageError` for anything else."""
        match = re.fullmatch(r"(\d+)x(\d+)", text.lower())
        if match is None or not int(match[1]) or int(match[2]) < 2:
            raise UsageError(
                f"--input {text} is no sentence; write length x words, such as 56x18767, of which "
                "two stand for padding and unknown words."
            )
        return int(match[2]), (int(match[1]),)

    def facts(self) -> dict[str, object]:
        """Length, number of words, and which letters stay."""
        return {"length": self.length, "words": len(self.words), "letters": self.letters}


def as_sentences(raw: Raw) -> Sentences:
    """The same, which `takes_of` said are sentences."""
    assert isinstance(raw, Sentences)  # noqa: S101 - whoever calls this asked
    return raw


def detect_letters(data: RawDataset) -> Letters:
    """Which letters stay: all of them where more than a few are not of ASCII."""
    foreign = every = 0
    for part in data.parts.values():
        for text in as_sentences(part.raw):
            every += len(text)
            if not text.isascii():
                foreign += sum(letter.isalpha() and not letter.isascii() for letter in text)
    return "all" if foreign > FOREIGN_SHARE * every else "ascii"
