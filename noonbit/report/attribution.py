"""Sentences with the words that decided, as the page marks them."""

from dataclasses import dataclass

import numpy as np

from noonbit.data.prepared import PreparedDataset
from noonbit.errors import ArtefactError
from noonbit.evaluation.attribution import Explanation, can_be_explained
from noonbit.runs.predictions import StoredPredictions
from noonbit.runs.run import Run

SENTENCES, NGRAMS = 6, 3
"""Of right and of wrong answers, and of n-grams that a sentence is shown with."""


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a sentence."""

    text: str
    share: float
    """From -1, the word of all that speaks most against the answer, to 1, most for it."""
    known: bool


@dataclass(frozen=True, slots=True)
class Decision:
    """One answer and where it comes from."""

    name: str
    real: str
    predicted: str
    stated: float
    words: list[Word]
    strongest: list[tuple[str, float]]
    """N-grams, and what each adds to the answer's logit beside the other classes'."""


@dataclass(frozen=True, slots=True)
class Decisions:
    """The most confident answers of both kinds."""

    right: list[Decision]
    wrong: list[Decision]


def decisions(run: Run, items: PreparedDataset, answers: StoredPredictions) -> Decisions | None:
    """The most confident answers taken apart; None for networks that cannot be."""
    try:
        if not can_be_explained(run.model):
            return None
    except ArtefactError:  # a Python object, which the folder cannot rebuild
        return None
    order = np.argsort(-answers.stated, kind="stable")
    is_right = (answers.predictions == answers.labels)[order]
    return Decisions(
        *(
            [decision(run, items, answers, int(row)) for row in order[chosen][:SENTENCES]]
            for chosen in (is_right, ~is_right)
        )
    )


def decision(run: Run, items: PreparedDataset, answers: StoredPredictions, row: int) -> Decision:
    """The answer in a row of the answers."""
    predicted = int(answers.predictions[row])
    (explanation,) = run.explain([items.text(int(answers.items[row]))])
    return Decision(
        answers.names[row],
        run.class_names[answers.labels[row]],
        run.class_names[predicted],
        float(answers.stated[row]),
        mark_words(explanation, predicted),
        [
            (" ".join(each.words), weight)
            for each, weight in explanation.for_class(predicted)[:NGRAMS]
        ],
    )


def mark_words(explanation: Explanation, number: int) -> list[Word]:
    """The words of a sentence, each with what it says for a class."""
    shares = explanation.words_for_class(number)
    most = float(np.abs(shares).max(initial=0)) or 1.0
    return [
        Word(token, float(share) / most, known)
        for token, share, known in zip(explanation.tokens, shares, explanation.known, strict=True)
    ]
