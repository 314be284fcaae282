"""Kim's sentence classifier: what n-grams are there, and what does each of them say?

Kim, "Convolutional neural networks for sentence classification", EMNLP 2014, and its code.

    words -> vectors of 300 - filters over 3, 4 and 5 words, 100 of each - ReLU
          -> the largest value of each over the sentence - dropout 0.5 - dense, rows of at most 3

    name                        word vectors
    sentence-cnn                drawn at random and learned (CNN-rand);
                                with --vectors, begun from those (CNN-non-static)
    sentence-cnn-static         those of --vectors as they are (CNN-static)
    sentence-cnn-multichannel   of both kinds; every filter goes over both, and the results are
                                added (CNN-multichannel)

A sentence stands between zeros, wide enough that every filter also sees nothing but zeros, so the
answer does not depend on how far a batch is padded. Initial weights are those of the code: vectors
uniform in 0.25 about zero, filters in 0.01, the last layer zero. A departure: words that no
training sentence has are zeros, where the code, which knows all words beforehand, draws them.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from noonbit.data.preprocess.text import FIRST_WORD, PADDING, UNKNOWN
from noonbit.errors import UsageError
from noonbit.models.layers import LimitedLinear, Network, PlainDropout

SIZE = 300
"""Numbers of a word's vector."""
WIDTHS = (3, 4, 5)
"""Words that a filter reaches over."""
FILTERS = 100
"""Of each width."""
SPREAD = 0.25
"""Of random vectors, which gives them the variance of word2vec's."""
LIMIT = 3.0
"""Length of the weights of a class."""
DOCUMENTED: Mapping[str, Any] = {
    "epochs": 25,
    "batch_size": 50,
    "optimizer": "adadelta",
    "schedule": "constant",
    "label_smoothing": 0.0,
    "keep": "accuracy",
}
"""What the paper and its code train with."""


class WordVectors(nn.Module):
    """A vector of 300 numbers for each word: learned, fixed, or the sum of one of each.

    Padding has none, and that of unknown words begins at zero, where nothing moves it.
    """

    def __init__(self, words: int, *, fixed: bool, learned: bool) -> None:
        super().__init__()
        tables = [nn.Embedding(words - UNKNOWN, SIZE) for _ in range(fixed + learned)]
        for table in tables:
            nn.init.uniform_(table.weight, -SPREAD, SPREAD)
            nn.init.zeros_(table.weight.detach()[: FIRST_WORD - UNKNOWN])
        if fixed:
            tables[0].weight.requires_grad_(False)
        self.tables = nn.ModuleList(tables)
        self.needs_vectors = fixed

    def forward(self, numbers: Tensor) -> Tensor:
        """Numbers of words (n,) -> (n, 300)."""
        rows = (numbers - UNKNOWN).clamp_min(0)
        vectors = torch.stack([table(rows) for table in self.tables]).sum(dim=0)
        return vectors * (numbers != PADDING).unsqueeze(1)

    @torch.no_grad()
    def start_from(self, vectors: NDArray[np.float32], found: NDArray[np.bool_]) -> None:
        """Take vectors (words, at most 300) of the words that have one, as `found` (words,) says.

        Shorter vectors are filled up with zeros, which filters pass over. Raises `UsageError` for
        longer ones.
        """
        size = vectors.shape[1]
        if size > SIZE:
            raise UsageError(
                f"The vectors have {size:,} numbers, and this network takes at most {SIZE}, as its "
                "paper has it. Use shorter ones."
            )
        rows = torch.from_numpy(np.flatnonzero(found) + FIRST_WORD - UNKNOWN)
        given = F.pad(torch.from_numpy(vectors[found]), (0, SIZE - size))
        for table in self.tables:
            table.get_parameter("weight")[rows] = given


class NGrams(nn.Module):
    """Filters over some neighbouring words, each with its largest value in the sentence.

    A filter over 3 words is three vectors, one for each place, whose products with the words there
    are added. The products are taken once for each different word of a batch, which a convolution
    would take for each place of each sentence: 4 times as many.
    """

    def __init__(self, words: WordVectors) -> None:
        super().__init__()
        self.words = words
        self.weight = nn.Parameter(torch.empty(sum(WIDTHS) * FILTERS, SIZE))
        """For each width and each place in it, 100 vectors."""
        self.bias = nn.Parameter(torch.zeros(len(WIDTHS) * FILTERS))
        nn.init.uniform_(self.weight, -0.01, 0.01)

    def forward(self, numbers: Tensor) -> Tensor:
        """Numbers of words (N, length) -> (N, 300): 100 values of each width."""
        values = torch.cat([sums.max(dim=1).values for sums in self.sums(numbers)], dim=1)
        return F.relu(values + self.bias)

    def where(self, numbers: Tensor) -> tuple[Tensor, Tensor]:
        """The same values, and where the n-gram begins that gave each; both (N, 300)."""
        found = [sums.max(dim=1) for sums in self.sums(numbers)]
        values = torch.cat([each.values for each in found], dim=1)
        return F.relu(values + self.bias), torch.cat([each.indices for each in found], dim=1)

    def sums(self, numbers: Tensor) -> Iterator[Tensor]:
        """What each filter gives at each place, without bias: (N, places, 100) of each width."""
        distinct, places = distinct_numbers(numbers)
        # Sums of products are taken in full precision, whatever the products were.
        products = F.linear(self.words(distinct), self.weight).to(self.bias.dtype)
        at_places = iter(F.embedding(places, products).split(FILTERS, dim=2))
        for width in WIDTHS:
            last = numbers.shape[1] - width + 1
            parts = [next(at_places)[:, place : place + last] for place in range(width)]
            yield torch.stack(parts).sum(dim=0)

    def multiply_adds(self, numbers: Tensor) -> int:
        """As a convolution takes them, for one sentence."""
        return sum(FILTERS * SIZE * width * (numbers.shape[1] - width + 1) for width in WIDTHS)


def distinct_numbers(numbers: Tensor) -> tuple[Tensor, Tensor]:
    """The different words of a batch, and for each place which of them it is."""
    if numbers.is_meta:  # an outline has no words
        return numbers.flatten(), numbers
    distinct, places = torch.unique(numbers, return_inverse=True)
    return distinct, places


class Between(nn.Module):
    """Leaves out the padding that all sentences of a batch share, and puts them between zeros."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.before, self.after = width - 1, width

    def forward(self, numbers: Tensor) -> Tensor:
        """Numbers of words (N, length) -> (N, 2 * width - 1 more than the longest has)."""
        if not numbers.is_meta:
            longest = int((numbers != PADDING).sum(dim=1).max()) if len(numbers) else 0
            numbers = numbers[:, :longest]
        return F.pad(numbers, (self.before, self.after), value=PADDING)


class SentenceNetwork(Network):
    """Words in, logits out."""

    def __init__(self, words: WordVectors, classes: int) -> None:
        between, ngrams = Between(max(WIDTHS)), NGrams(words)
        dropout = PlainDropout(0.5)
        dense = LimitedLinear(FILTERS * len(WIDTHS), classes, limit=LIMIT)
        nn.init.zeros_(dense.weight)
        nn.init.zeros_(dense.bias)
        super().__init__(nn.Sequential(between, ngrams), nn.Sequential(dropout, dense))

    def parts(self) -> tuple[Between, NGrams, PlainDropout, LimitedLinear]:
        """What a sentence goes through, for explanations."""
        (between, ngrams), (dropout, dense) = self.features, self.head
        assert isinstance(between, Between) and isinstance(ngrams, NGrams)  # noqa: S101
        assert isinstance(dropout, PlainDropout) and isinstance(dense, LimitedLinear)  # noqa: S101
        return between, ngrams, dropout, dense


def sentence_cnn(classes: int, words: int, size: tuple[int]) -> SentenceNetwork:
    """CNN-rand, or CNN-non-static where it is given vectors."""
    return SentenceNetwork(WordVectors(words, fixed=False, learned=True), classes)


def sentence_cnn_static(classes: int, words: int, size: tuple[int]) -> SentenceNetwork:
    """CNN-static."""
    return SentenceNetwork(WordVectors(words, fixed=True, learned=False), classes)


def sentence_cnn_multichannel(classes: int, words: int, size: tuple[int]) -> SentenceNetwork:
    """CNN-multichannel."""
    return SentenceNetwork(WordVectors(words, fixed=True, learned=True), classes)
