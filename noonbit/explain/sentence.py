"""Explain the answer to one sentence by its n-grams; see ngrams.py."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from noonbit.errors import UsageError
from noonbit.explain.answer import Answer
from noonbit.explain.explainer import Explainer, PreparedItem, Request
from noonbit.explain.ngrams import NGramExplanation, explain_texts
from noonbit.system.files import write_json


@dataclass(frozen=True, slots=True, eq=False)
class SentenceExplanation:
    """The words that decided an answer."""

    answer: Answer
    text: str
    ngrams: NGramExplanation
    top: int
    """N-grams that are named in words; `as_dict` has all."""

    def lines(self) -> list[str]:
        """Return the explanation in words, one line each."""
        read = " ".join(self.ngrams.tokens)
        return [
            *self.answer.lines(),
            f"read as     {read}",
            f"for {self.answer.explained}, beside the mean of all classes:",
            *self.ngrams.lines(self.answer.number, self.top),
        ]

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            **self.answer.as_dict(),
            "text": self.text,
            **self.ngrams.as_dict(self.answer.class_names),
        }

    def save(self, path: Path) -> None:
        """Write the explanation as JSON. Raises `UsageError` for another ending."""
        if path.suffix != ".json":
            raise UsageError(f"{path} ends in '{path.suffix}'; a sentence is explained in a .json.")
        write_json(path, self.as_dict())


def explain_sentence(explainer: Explainer, item: Any, request: Request) -> SentenceExplanation:
    """Explain the answer to a sentence, or to an item by its number.

    Raises `UsageError` for networks other than sentence-cnn and its variants, and `InputRefused`
    for what is no sentence.
    """
    classifier = explainer.classifier
    if isinstance(item, int | np.integer):
        prepared = explainer.item_at(int(item))
        text = explainer.items.text(int(item))
    else:
        text = item
        values, adjustments = classifier.contract.preprocessor.transform_one(text)
        prepared = PreparedItem(text, values, ", ".join(adjustments))
    answer = explainer.answer_to(prepared, request)
    (ngrams,) = explain_texts(classifier.model, classifier.contract, [text])
    return SentenceExplanation(answer, text, ngrams, request.top)
