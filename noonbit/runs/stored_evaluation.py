"""evaluation.json: the metrics of the test split, read back."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from noonbit.evaluation.metrics import MOST_CONFUSION_CLASSES, Evaluation
from noonbit.system.artefacts import parse_artefact, read_artefact_json, refuse

NAME = "evaluation.json"
EVALUATION_ADAPTER = TypeAdapter(Evaluation)
MOST_BYTES = 2**30
"""Of older runs, which stored the confusion matrix of 8,000 classes."""


def read_evaluation(folder: Path, class_names: Sequence[str]) -> Evaluation:
    """Read evaluation.json; raises `ArtefactError` if it is missing, damaged or contradicts itself.

    Also if it is of other classes than the run's `class_names`.
    """
    path = folder / NAME
    evaluation = parse_artefact(
        EVALUATION_ADAPTER, read_artefact_json(path, most_bytes=MOST_BYTES), path
    )
    if (reason := contradiction(evaluation, class_names)) is not None:
        refuse(path, reason)
    return evaluation


def contradiction(evaluation: Evaluation, class_names: Sequence[str]) -> str | None:
    """Return what is wrong with the metrics of these classes; None for nothing."""
    for name, number in list_numbers(asdict(evaluation)):
        # Of all figures, only the loss can exceed 1 and is no count.
        largest = math.inf if isinstance(number, int) or name == "loss" else 1.0
        if not (0 <= number <= largest and number < math.inf):
            return f"{name} is {number}"
    if [score.name for score in evaluation.classes] != list(class_names):
        return "its classes are not those of contract.json"
    items, correct, matrix = evaluation.items, evaluation.correct, evaluation.confusion
    counts = [score.items for score in evaluation.classes]
    if sum(counts) != items or sum(count for _, _, count in evaluation.reliability) != items:
        return f"its classes, or its bins of reliability, do not have {items} items together"
    if not math.isclose(evaluation.accuracy * items, correct, abs_tol=1e-6):
        return f"its accuracy is {evaluation.accuracy} with {correct} of {items} right"
    if not matrix and len(class_names) > MOST_CONFUSION_CLASSES:
        return None
    if any(len(each) != len(class_names) for each in (matrix, *matrix)):
        return "its confusion matrix does not have a row and a column for each class"
    right = sum(row[index] for index, row in enumerate(matrix))
    if [sum(row) for row in matrix] != counts or right != correct:
        return f"its confusion matrix has other counts than its classes, or not {correct} right"
    return None


def list_numbers(value: Any, name: str = "") -> Iterator[tuple[str, float]]:
    """Yield every number in plain values with the name of what holds it."""
    if isinstance(value, int | float):
        yield name, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from list_numbers(inner, key)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from list_numbers(inner, name)
