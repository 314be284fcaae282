"""The report's sentences, with the words that decided marked."""

from dataclasses import dataclass

import numpy as np

from noonbit.data.prepared import PreparedDataset
from noonbit.errors import ArtefactError
from noonbit.explain.ngrams import NGramExplanation, explain_texts, is_explainable
from noonbit.runs.predictions import StoredPredictions
from noonbit.runs.run import Run

SENTENCES, NGRAMS = 6, 3
"""Sentences among the right and among the wrong predictions, and n-grams per sentence."""


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a sentence."""

    text: str
    share: float
    """Contribution to the prediction over the sentence's largest magnitude: between -1 and 1."""
    known: bool


@dataclass(frozen=True, slots=True)
class Decision:
    """One prediction and the words behind it."""

    name: str
    real: str
    predicted: str
    confidence: float
    """The probability of the predicted class."""
    words: list[Word]
    strongest: list[tuple[str, float]]
    """N-grams and their `contribution_over_mean` to the predicted class."""


@dataclass(frozen=True, slots=True)
class Decisions:
    """The most confident right and wrong predictions."""

    right: list[Decision]
    wrong: list[Decision]


def explain_most_confident(
    run: Run, items: PreparedDataset, predictions: StoredPredictions
) -> Decisions | None:
    """Explain the most confident predictions; None for networks without explanations."""
    try:
        if not is_explainable(run.model):
            return None
    except ArtefactError:  # the network was a Python object, which the folder cannot rebuild
        return None
    order = np.argsort(-predictions.confidence, kind="stable")
    is_right = (predictions.predictions == predictions.labels)[order]
    return Decisions(
        *(
            [explain_decision(run, items, predictions, int(row)) for row in order[mask][:SENTENCES]]
            for mask in (is_right, ~is_right)
        )
    )


def explain_decision(
    run: Run, items: PreparedDataset, predictions: StoredPredictions, row: int
) -> Decision:
    """Explain the prediction in one row of `predictions`."""
    predicted = int(predictions.predictions[row])
    text = items.text(int(predictions.items[row]))
    (explanation,) = explain_texts(run.model, run.contract, [text])
    return Decision(
        predictions.names[row],
        run.class_names[predictions.labels[row]],
        run.class_names[predicted],
        float(predictions.confidence[row]),
        mark_words(explanation, predicted),
        [
            (" ".join(each.words), weight)
            for each, weight in explanation.for_class(predicted)[:NGRAMS]
        ],
    )


def mark_words(explanation: NGramExplanation, number: int) -> list[Word]:
    """Return the words of a sentence with their relative contribution to one class."""
    shares = explanation.words_for_class(number)
    most = float(np.abs(shares).max(initial=0)) or 1.0
    return [
        Word(token, float(share) / most, known)
        for token, share, known in zip(explanation.tokens, shares, explanation.known, strict=True)
    ]
