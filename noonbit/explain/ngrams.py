"""Explain a sentence network's answer by the n-grams that decided it.

Max-pooling keeps each filter's value at one position of the sentence, and the last layer is linear.
So each class's logit is exactly its bias plus the contributions of the n-grams that were the
maximum of some filter (Jacovi, Sar Shalom and Goldberg, "Understanding convolutional neural
networks for text classification", 2018). A logit only means something relative to the other
classes' logits, so the report shows an n-gram's contribution to a class minus its mean over all
classes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from noonbit.data.preprocess.contract import Contract
from noonbit.data.preprocess.text import TextPreprocessor
from noonbit.errors import UsageError
from noonbit.models.sentence import FILTERS, WIDTHS, SentenceNetwork

NEGLIGIBLE = 1e-6
"""Filters whose contributions to all logits are at most this are left out."""


@dataclass(frozen=True, slots=True)
class NGram:
    """Neighbouring words, and what they contribute to each class."""

    first: int
    """The position of the first word in the sentence, from 0."""
    words: tuple[str, ...]
    """Fewer than the filter's width at the ends of a sentence, where it covers padding."""
    contributions: tuple[float, ...]
    """To the logit of each class."""


@dataclass(frozen=True, slots=True)
class NGramExplanation:
    """Where the logits of one sentence come from."""

    tokens: tuple[str, ...]
    """The sentence as the network reads it."""
    known: tuple[bool, ...]
    """Whether each token is in the vocabulary."""
    logits: tuple[float, ...]
    """One per class: its bias plus all contributions."""
    biases: tuple[float, ...]
    """One per class, including filters whose maximum lies entirely in the padding."""
    ngrams: tuple[NGram, ...]
    """In the order of the sentence."""

    def for_class(self, number: int) -> list[tuple[NGram, float]]:
        """Return the n-grams with their `contribution_over_mean`, largest magnitude first."""
        weights = [
            (each, contribution_over_mean(each.contributions, number)) for each in self.ngrams
        ]
        return sorted(weights, key=lambda pair: -abs(pair[1]))

    def lines(self, number: int, most: int) -> list[str]:
        """Return the `most` weighty n-grams for a class and the sum of the others, a line each."""
        weights = self.for_class(number)
        lines = [f"    {weight:+8.3f}  {' '.join(each.words)}" for each, weight in weights[:most]]
        if len(weights) > most:
            rest = sum(weight for _, weight in weights[most:])
            lines.append(f"    {rest:+8.3f}  from {len(weights) - most} others")
        return lines

    def words_for_class(self, number: int) -> NDArray[np.float64]:
        """Return the weight of each token (tokens,): n-gram weights split evenly over words."""
        shares = np.zeros(len(self.tokens))
        for each, weight in self.for_class(number):
            shares[each.first : each.first + len(each.words)] += weight / len(each.words)
        return shares

    def as_dict(self, class_names: Sequence[str]) -> dict[str, Any]:
        """Return plain values for JSON."""

        def by_class(values: Sequence[float]) -> dict[str, float]:
            return dict(zip(class_names, values, strict=True))

        return {
            "tokens": list(self.tokens),
            "unknown": [t for t, known in zip(self.tokens, self.known, strict=True) if not known],
            "logits": by_class(self.logits),
            "biases": by_class(self.biases),
            "ngrams": [
                {
                    "words": " ".join(each.words),
                    "first": each.first,
                    "contributions": by_class(each.contributions),
                }
                for each in self.ngrams
            ],
        }


def contribution_over_mean(contributions: Sequence[float], number: int) -> float:
    """Return the contribution to one class minus the mean over all classes."""
    return contributions[number] - sum(contributions) / len(contributions)


def is_explainable(model: nn.Module) -> bool:
    """Whether `explain_texts` supports this network."""
    return isinstance(model, SentenceNetwork)


def explain_texts(
    model: nn.Module, contract: Contract, texts: Sequence[str]
) -> list[NGramExplanation]:
    """Explain the answers to some sentences; raises `UsageError` for other networks."""
    preprocessor = contract.preprocessor
    if not isinstance(model, SentenceNetwork) or not isinstance(preprocessor, TextPreprocessor):
        raise UsageError(
            "Only the answers of sentence-cnn and its forms can be taken apart into n-grams; "
            "this is another network."
        )
    return [explain_text(model, preprocessor, text) for text in texts]


@torch.inference_mode()
def explain_text(
    model: SentenceNetwork, preprocessor: TextPreprocessor, text: str
) -> NGramExplanation:
    """Explain the answer to one sentence."""
    model.eval()
    embedding, filters, dropout, dense = model.parts()
    numbers = torch.from_numpy(preprocessor.transform_one(text)[0])[None].to(dense.weight.device)
    values, positions = filters.forward_with_positions(embedding(numbers))
    tokens = preprocessor.tokens(text)
    # (classes, filters)
    contributions = (dense.weight * (1 - dropout.p) * values).double().cpu().numpy()
    firsts = positions[0].cpu().numpy() - embedding.before
    biases = dense.bias.double().cpu().numpy().copy()
    ngrams: dict[tuple[int, int], NDArray[np.float64]] = {}
    for number, first in enumerate(firsts.tolist()):
        begin, end = max(0, first), min(len(tokens), first + WIDTHS[number // FILTERS])
        if begin >= end:
            biases += contributions[:, number]
        elif np.abs(contributions[:, number]).max() > NEGLIGIBLE:
            ngrams.setdefault((begin, end), np.zeros(len(biases)))
            ngrams[begin, end] += contributions[:, number]
    return NGramExplanation(
        tuple(tokens),
        tuple(token in preprocessor.numbers for token in tokens),
        tuple(float(value) for value in biases + sum(ngrams.values(), np.zeros(len(biases)))),
        tuple(biases.tolist()),
        tuple(
            NGram(begin, tuple(tokens[begin:end]), tuple(total.tolist()))
            for (begin, end), total in sorted(ngrams.items())
        ),
    )
