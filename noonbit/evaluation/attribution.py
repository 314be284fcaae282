"""Which n-grams decided: what each of them added to the number that stands for each class.

The value that a filter hands on comes from one place of the sentence, and the last layer only
multiplies and adds. So each class's logit is exactly the bias plus what every n-gram that was the
largest for some filter gave (as Jacovi, Sar Shalom and Goldberg take it apart, "Understanding
convolutional neural networks for text classification", 2018). One class's number means something
only beside the others', so for people it is given as what it says for a class against their mean.
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


@dataclass(frozen=True, slots=True)
class NGram:
    """Some neighbouring words, and what they gave."""

    first: int
    """The place of the first word in the sentence, from 0."""
    words: tuple[str, ...]
    """Fewer than the filter is wide at the ends of a sentence."""
    contributions: tuple[float, ...]
    """To the logit of each class."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """Where the logits of one sentence come from."""

    tokens: tuple[str, ...]
    """The sentence as the network reads it."""
    known: tuple[bool, ...]
    """Whether each of them is a word that the network knows."""
    logits: tuple[float, ...]
    """One a class: the sum of the biases and of all contributions."""
    biases: tuple[float, ...]
    """With what filters give that found nothing in the sentence."""
    ngrams: tuple[NGram, ...]
    """In the order of the sentence."""

    def for_class(self, number: int) -> list[tuple[NGram, float]]:
        """What each n-gram says for a class against the mean of all; the strongest first."""
        weights = [(each, beside_the_others(each.contributions, number)) for each in self.ngrams]
        return sorted(weights, key=lambda pair: -abs(pair[1]))

    def words_for_class(self, number: int) -> NDArray[np.float64]:
        """The same, with each n-gram's share given to its words in equal parts: (tokens,)."""
        shares = np.zeros(len(self.tokens))
        for each, weight in self.for_class(number):
            shares[each.first : each.first + len(each.words)] += weight / len(each.words)
        return shares

    def as_dict(self, class_names: Sequence[str]) -> dict[str, Any]:
        """Plain values for JSON."""

        def named(values: Sequence[float]) -> dict[str, float]:
            return dict(zip(class_names, values, strict=True))

        return {
            "tokens": list(self.tokens),
            "unknown": [t for t, known in zip(self.tokens, self.known, strict=True) if not known],
            "logits": named(self.logits),
            "biases": named(self.biases),
            "ngrams": [
                {
                    "words": " ".join(each.words),
                    "first": each.first,
                    "contributions": named(each.contributions),
                }
                for each in self.ngrams
            ],
        }


def beside_the_others(contributions: Sequence[float], number: int) -> float:
    """What is said for one class, against the mean of all."""
    return contributions[number] - sum(contributions) / len(contributions)


def can_be_explained(model: nn.Module) -> bool:
    """Whether a network's answers can be taken apart so."""
    return isinstance(model, SentenceNetwork)


def explain(model: nn.Module, contract: Contract, texts: Sequence[str]) -> list[Explanation]:
    """Take the answers to some sentences apart; raises `UsageError` for other networks."""
    preprocessor = contract.preprocessor
    if not isinstance(model, SentenceNetwork) or not isinstance(preprocessor, TextPreprocessor):
        raise UsageError(
            "Only the answers of sentence-cnn and its forms can be taken apart into n-grams. "
            "Leave --explain out."
        )
    return [explain_one(model, preprocessor, text) for text in texts]


@torch.inference_mode()
def explain_one(model: SentenceNetwork, preprocessor: TextPreprocessor, text: str) -> Explanation:
    """One sentence at a time: each is short."""
    model.eval()
    between, filters, dropout, dense = model.parts()
    numbers = torch.from_numpy(preprocessor.transform_one(text)[0])[None].to(dense.weight.device)
    values, places = filters.forward_with_positions(between(numbers))
    tokens = preprocessor.tokens(text)
    parts = (dense.weight * (1 - dropout.p) * values).double().cpu().numpy()  # (classes, filters)
    firsts = places[0].cpu().numpy() - between.before
    biases = dense.bias.double().cpu().numpy().copy()
    ngrams: dict[tuple[int, int], NDArray[np.float64]] = {}
    for number, first in enumerate(firsts.tolist()):
        begin, end = max(0, first), min(len(tokens), first + WIDTHS[number // FILTERS])
        if begin >= end:
            biases += parts[:, number]
        elif np.abs(parts[:, number]).max() > NEGLIGIBLE:
            ngrams.setdefault((begin, end), np.zeros(len(biases)))
            ngrams[begin, end] += parts[:, number]
    return Explanation(
        tuple(tokens),
        tuple(token in preprocessor.numbers for token in tokens),
        tuple(float(value) for value in biases + sum(ngrams.values(), np.zeros(len(biases)))),
        tuple(biases.tolist()),
        tuple(
            NGram(begin, tuple(tokens[begin:end]), tuple(given.tolist()))
            for (begin, end), given in sorted(ngrams.items())
        ),
    )
