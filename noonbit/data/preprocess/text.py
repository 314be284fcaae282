"""How any sentence becomes the numbers of its words, int32 (length,).

Tokens are those of Kim's code ("Convolutional neural networks for sentence classification", 2014):
lower case, contractions taken apart (`do n't`), and `( ) , ! ?` words of their own. 0 stands where
a sentence has ended and 1 for a word that no training sentence has. To a network, a sentence is an
image of one row whose channels are the words: each place is 1 in the channel of its word and 0 in
all others, so the word's number says it all.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from noonbit.data.dataset import PART_NAMES, Data, Raw, Sentences
from noonbit.data.preprocess.protocol import Adjustment, Prepared, Statistics, Values, prepare_each
from noonbit.errors import InputRefused

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


def tokens_of(text: str, letters: Letters = "ascii") -> list[str]:
    """The words of a text, as Kim's `clean_str` leaves them."""
    text = SEPARATORS[letters].sub(" ", text)
    text = CONTRACTIONS.sub(r" \g<0>", text)
    return SIGNS.sub(r" \g<0> ", text).lower().split()


class SentenceFraming(BaseModel):
    """How any sentence becomes the numbers of its words."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    noun: ClassVar[str] = "sentence"
    example: ClassVar[str] = '--text "SENTENCE" --explain'
    blank: ClassVar[str] = "without any word"
    adjustments: ClassVar[Mapping[Adjustment, str]] = {
        "partly unknown": "in part of words that the network does not know, and answered without",
        "shortened": "shortened to as many words as the longest training sentence has",
        "blank": "without any word that the network knows, so the prediction means nothing",
    }
    fixed: ClassVar[Mapping[str, object]] = {
        "augment": "none",
        "test_time_augmentation": "none",
        "normalise": "standard",
        "image_size": None,
        "channels": None,
    }
    dtype: ClassVar[type[np.generic]] = np.int32

    takes: Literal["sentences"] = "sentences"
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
    def shape(self) -> tuple[int]:
        """(length,)."""
        return (self.length,)

    @property
    def channels(self) -> int:
        """How many numbers there are, those of padding and of unknown words included."""
        return len(self.words) + FIRST_WORD

    @property
    def size(self) -> tuple[int]:
        """(length,)."""
        return (self.length,)

    @property
    def normalised(self) -> int:
        """None: the numbers of words have no mean."""
        return 0

    @property
    def value_range(self) -> None:
        """None: no raw number stands for anything."""
        return None

    def tokens(self, text: str) -> list[str]:
        """The words of a text that its values stand for, unknown ones too."""
        return tokens_of(text, self.letters)[: self.length]

    def prepare_noting(
        self, raw: Any, *, name: str = "the input"
    ) -> tuple[NDArray[np.int32], list[Adjustment]]:
        """One text as the numbers of its words, and what had to be changed on the way."""
        if not isinstance(raw, str):
            raise InputRefused(name, f"is of the type {type(raw).__name__}; a sentence is text")
        tokens = tokens_of(raw, self.letters)
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

    def prepare_all(self, raw: Raw) -> Prepared:
        """Every sentence of a part, int32 (N, length); none of them can be unreadable."""
        texts = sentences_of(raw)
        values = np.zeros((len(texts), self.length), np.int32)
        adjusted: dict[Adjustment, list[int]] = {}
        for index, text in enumerate(texts):
            values[index], done = self.prepare_noting(text)
            for adjustment in done:
                adjusted.setdefault(adjustment, []).append(index)
        return Prepared(
            values, {}, {key: np.array(adjusted[key], np.int64) for key in sorted(adjusted)}
        )

    def prepare_given(self, inputs: NDArray[Any] | Sequence[Any]) -> Prepared:
        """Texts; those of a file are `Sentences`, which `prepare_all` takes."""
        return prepare_each(self, inputs)

    def settled(self, values: Values, train: NDArray[np.int64]) -> tuple[Self, Values]:
        """Only the words and the length that training sentences have, and values to match."""
        learned = values[train]
        known = np.unique(learned)
        known = known[known >= FIRST_WORD]
        length = max(1, int((learned != PADDING).sum(axis=1).max(initial=0)))
        renumbered = np.full(self.channels, UNKNOWN, np.int32)
        renumbered[PADDING] = PADDING
        renumbered[known] = np.arange(FIRST_WORD, FIRST_WORD + len(known), dtype=np.int32)
        words = tuple(self.words[number - FIRST_WORD] for number in known.tolist())
        framing = type(self)(length=length, words=words, letters=self.letters)
        return framing, renumbered[values[:, :length]]

    def statistics(self, values: Values, train: NDArray[np.int64] | None) -> Statistics:
        """There are none."""
        return (), ()

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

    def facts(self) -> dict[str, object]:
        """Length, number of words, and which letters stay."""
        return {"length": self.length, "words": len(self.words), "letters": self.letters}


def derive_sentence_framing(data: Data) -> tuple[SentenceFraming, dict[str, str]]:
    """All words of the data, and why; which of them a network learns is settled by the split."""
    parts = [sentences_of(data.parts[name].raw) for name in PART_NAMES if name in data.parts]
    letters = letters_of(data)
    each = [tokens_of(text, letters) for part in parts for text in part]
    framing = SentenceFraming(
        length=min(LONGEST, max(1, *map(len, each))),
        words=tuple(sorted({word for tokens in each for word in tokens})),
        letters=letters,
    )
    reasons = {
        "length": "the longest training sentence"
        if framing.length < LONGEST
        else "at most; longer texts are cut",
        "words": "those of the training sentences",
        "letters": "as in Kim's code, since hardly any is not"
        if letters == "ascii"
        else f"over {FOREIGN_SHARE:.1%} are not ASCII",
    }
    return framing, reasons


def sentences_of(raw: Raw) -> Sentences:
    """The same, which `takes_of` said are sentences."""
    assert isinstance(raw, Sentences)  # noqa: S101 - whoever calls this asked
    return raw


def letters_of(data: Data) -> Letters:
    """Which letters stay: all of them where more than a few are not of ASCII."""
    foreign = every = 0
    for part in data.parts.values():
        for text in sentences_of(part.raw):
            every += len(text)
            if not text.isascii():
                foreign += sum(letter.isalpha() and not letter.isascii() for letter in text)
    return "all" if foreign > FOREIGN_SHARE * every else "ascii"
