"""Kim's sentence classifier: convolutions over word vectors, max-pooled over the sentence.

Kim, "Convolutional neural networks for sentence classification", EMNLP 2014, and its code.

    words -> vectors of 300 - filters over 3, 4 and 5 words, 100 of each - ReLU
          -> the largest value of each over the sentence - dropout 0.5 - dense, rows of at most 3

    name                        word vectors
    sentence-cnn                trained from random values (CNN-rand), or with --vectors from those
                                (CNN-non-static)
    sentence-cnn-static         those of --vectors, frozen (CNN-static)
    sentence-cnn-multichannel   both; every filter is applied to both, and the results are added
                                (CNN-multichannel)

A sentence is padded with zeros on both sides, so widely that every filter has a window of zeros
only; so the output does not depend on how far a batch is padded. Initial weights are those of the
code: vectors uniform in [-0.25, 0.25], filters in [-0.01, 0.01], the last layer zero. A departure:
words that no training sentence has are zero vectors; the code, which knows all words beforehand,
draws random ones.
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
from noonbit.models.dropout import PlainDropout
from noonbit.models.layers import FeedforwardNetwork, MaxNormLinear

VECTOR_SIZE = 300
"""Dimensions of a word vector."""
WIDTHS = (3, 4, 5)
"""Words that a filter spans."""
FILTERS = 100
"""Filters of each width."""
VECTOR_RANGE = 0.25
"""Bound of random vectors, which gives them the variance of word2vec's."""
MAX_NORM = 3.0
"""Limit on the L2 norm of the last layer's weights for a class."""
DOCUMENTED: Mapping[str, Any] = {
    "epochs": 25,
    "batch_size": 50,
    "optimizer": "adadelta",
    "schedule": "constant",
    "label_smoothing": 0.0,
    "keep": "accuracy",
}
"""The training settings of the paper and its code."""


class WordVectors(nn.Module):
    """Embeddings of 300 dimensions: trained, fixed, or the sum of both.

    Padding is zero. The vector of unknown words starts at zero and gets no gradient, as no training
    sentence has any.
    """

    def __init__(self, words: int, *, fixed: bool, learned: bool) -> None:
        super().__init__()
        tables = [nn.Embedding(words - UNKNOWN, VECTOR_SIZE) for _ in range(fixed + learned)]
        for table in tables:
            nn.init.uniform_(table.weight, -VECTOR_RANGE, VECTOR_RANGE)
            nn.init.zeros_(table.weight.detach()[: FIRST_WORD - UNKNOWN])
        if fixed:
            tables[0].weight.requires_grad_(False)
        self.tables = nn.ModuleList(tables)
        self.needs_vectors = fixed

    def forward(self, numbers: Tensor) -> Tensor:
        """Word indices (n,) -> (n, 300)."""
        rows = (numbers - UNKNOWN).clamp_min(0)
        vectors = torch.stack([table(rows) for table in self.tables]).sum(dim=0)
        return vectors * (numbers != PADDING).unsqueeze(1)

    @torch.no_grad()
    def load_vectors(self, vectors: NDArray[np.float32], found: NDArray[np.bool_]) -> None:
        """Set the vectors (words, at most 300) of those words that `found` (words,) marks.

        Shorter vectors are padded with zeros. Raises `UsageError` for longer ones.
        """
        size = vectors.shape[1]
        if size > VECTOR_SIZE:
            raise UsageError(
                f"The vectors have {size:,} numbers, and this network takes at most {VECTOR_SIZE}, "
                "as its paper has it. Use shorter ones."
            )
        rows = torch.from_numpy(np.flatnonzero(found) + FIRST_WORD - UNKNOWN)
        given = F.pad(torch.from_numpy(vectors[found]), (0, VECTOR_SIZE - size))
        for table in self.tables:
            table.get_parameter("weight")[rows] = given


class NGrams(nn.Module):
    """Convolutions over 3, 4 and 5 words, then ReLU and the maximum over the sentence.

    A filter over 3 words is three vectors, one for each position, whose products with the words
    there are added. The products are computed once for each distinct word of a batch; a convolution
    would compute them for each position of each sentence, 4 times as many.
    """

    def __init__(self, words: WordVectors) -> None:
        super().__init__()
        self.words = words
        self.weight = nn.Parameter(torch.empty(sum(WIDTHS) * FILTERS, VECTOR_SIZE))
        """For each width and each position in it, 100 vectors."""
        self.bias = nn.Parameter(torch.zeros(len(WIDTHS) * FILTERS))
        nn.init.uniform_(self.weight, -0.01, 0.01)

    def forward(self, numbers: Tensor) -> Tensor:
        """Word indices (N, length) -> (N, 300): 100 filters of each width."""
        responses = self.iter_responses(numbers)
        values = torch.cat([each.max(dim=1).values for each in responses], dim=1)
        return F.relu(values + self.bias)

    def forward_with_positions(self, numbers: Tensor) -> tuple[Tensor, Tensor]:
        """The values of `forward`, and the start of the n-gram that gave each; both (N, 300)."""
        maxima = [each.max(dim=1) for each in self.iter_responses(numbers)]
        values = torch.cat([each.values for each in maxima], dim=1)
        return F.relu(values + self.bias), torch.cat([each.indices for each in maxima], dim=1)

    def iter_responses(self, numbers: Tensor) -> Iterator[Tensor]:
        """Yield, for each width, the filters' outputs without bias: (N, positions, 100)."""
        by_offset = iter(self.products(numbers).split(FILTERS, dim=2))
        for width in WIDTHS:
            count = numbers.shape[1] - width + 1
            parts = [next(by_offset)[:, offset : offset + count] for offset in range(width)]
            yield torch.stack(parts).sum(dim=0)

    def products(self, numbers: Tensor) -> Tensor:
        """Each word's products with all vectors of the filters: (N, length, filters)."""
        # An exported graph cannot depend on how many words differ, so it computes all of them.
        if torch.compiler.is_exporting():
            vectors = self.words(numbers.flatten())
            return F.linear(vectors, self.weight).view(*numbers.shape, -1)
        distinct, index_of = find_distinct(numbers)
        # The products are added in full precision, even if they were computed in less.
        products = F.linear(self.words(distinct), self.weight).to(self.bias.dtype)
        return F.embedding(index_of, products)

    def multiply_adds(self, numbers: Tensor) -> int:
        """Those of the equivalent convolution, for one sentence."""
        return sum(
            FILTERS * VECTOR_SIZE * width * (numbers.shape[1] - width + 1) for width in WIDTHS
        )


def find_distinct(numbers: Tensor) -> tuple[Tensor, Tensor]:
    """The distinct word indices of a batch, and each position's index among them."""
    if numbers.is_meta:  # an outline has no values
        return numbers.flatten(), numbers
    distinct, index_of = torch.unique(numbers, return_inverse=True)
    return distinct, index_of


class Between(nn.Module):
    """Trims a batch to its longest sentence, then pads both sides for filters of `width` words."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.before, self.after = width - 1, width

    def forward(self, numbers: Tensor) -> Tensor:
        """Word indices (N, length) -> (N, longest + 2 * width - 1)."""
        if not (numbers.is_meta or torch.compiler.is_exporting()):
            longest = int((numbers != PADDING).sum(dim=1).max()) if len(numbers) else 0
            numbers = numbers[:, :longest]
        return F.pad(numbers, (self.before, self.after), value=PADDING)


class SentenceNetwork(FeedforwardNetwork):
    """Kim's network: word indices (N, length) -> logits (N, classes)."""

    def __init__(self, words: WordVectors, classes: int) -> None:
        between, ngrams = Between(max(WIDTHS)), NGrams(words)
        dropout = PlainDropout(0.5)
        dense = MaxNormLinear(FILTERS * len(WIDTHS), classes, limit=MAX_NORM)
        nn.init.zeros_(dense.weight)
        nn.init.zeros_(dense.bias)
        super().__init__(nn.Sequential(between, ngrams), nn.Sequential(dropout, dense))

    def parts(self) -> tuple[Between, NGrams, PlainDropout, MaxNormLinear]:
        """The layers in call order, for explanations."""
        (between, ngrams), (dropout, dense) = self.features, self.head
        assert isinstance(between, Between) and isinstance(ngrams, NGrams)  # noqa: S101
        assert isinstance(dropout, PlainDropout) and isinstance(dense, MaxNormLinear)  # noqa: S101
        return between, ngrams, dropout, dense


def sentence_cnn(classes: int, words: int, size: tuple[int]) -> SentenceNetwork:
    """CNN-rand, or CNN-non-static if it loads vectors."""
    return SentenceNetwork(WordVectors(words, fixed=False, learned=True), classes)


def sentence_cnn_static(classes: int, words: int, size: tuple[int]) -> SentenceNetwork:
    """CNN-static."""
    return SentenceNetwork(WordVectors(words, fixed=True, learned=False), classes)


def sentence_cnn_multichannel(classes: int, words: int, size: tuple[int]) -> SentenceNetwork:
    """CNN-multichannel."""
    return SentenceNetwork(WordVectors(words, fixed=True, learned=True), classes)
