"""Predict class names and probabilities for new inputs, preprocessed as the contract says.

Nothing here needs PyTorch: what computes the probabilities is a `Classifier`, such as a network
(torch_inference.py) or an exported file.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from noonbit.config.read_options import ReadOptions
from noonbit.data.dataset import BadItem, Indices, NumberedNames, Part, Sentences, input_kind_of
from noonbit.data.preprocess.base import Adjustment, Values, adjustments_of_each
from noonbit.data.preprocess.contract import UNKNOWN, Contract
from noonbit.data.preprocess.registry import INPUT_KINDS
from noonbit.errors import InputRefused, UsageTypeError
from noonbit.evaluation.out_of_distribution import find_unknown
from noonbit.evaluation.prediction_cards import (
    CLASSES_SHOWN,
    MOST_SHOWN,
    draw_cards,
    keep_pictures,
)

Probabilities = NDArray[np.float32]
"""(N, classes)."""


class Classifier(Protocol):
    """What names the class of preprocessed inputs, with the contract by which they are made."""

    @property
    def contract(self) -> Contract:
        """How any input becomes values, and the names of the classes."""
        ...

    def probabilities(self, values: Values, rows: Indices | None = None) -> Probabilities:
        """Values (N, *shape) -> calibrated probabilities (N, classes), float32; rows sum to 1.

        With `rows` (M,), those of the values at these rows alone, (M, classes). So no copy is made
        of values that do not fit into memory.
        """
        ...


@dataclass(frozen=True, slots=True)
class Predictions:
    """Predictions in the order of the inputs; unreadable inputs have no row."""

    names: tuple[str, ...]
    probabilities: Probabilities
    """(N, classes), float32."""
    class_names: tuple[str, ...]
    adjusted: dict[Adjustment, NDArray[np.int64]]
    """Rows of the inputs that had to be adjusted to fit the contract, by kind of adjustment."""
    bad: tuple[BadItem, ...]
    """Inputs that could not be read."""
    ids: Mapping[str, str] = field(default_factory=dict)
    """What a table calls its items, by their names; see `Inputs.ids`."""
    id_column: str = ""
    unknown: NDArray[np.bool_] | None = None
    """Whether each input is answered with `unknown` (N,); None if no class is missing. `top` has
    the probabilities of the classes all the same."""
    pictures: NDArray[np.uint8] | None = None
    """What the network saw of the first inputs, (N, C, H, W), for notebooks; None if that is no
    picture."""

    def __len__(self) -> int:
        return len(self.names)

    @property
    def labels(self) -> list[str]:
        """The most probable class of each input, or `unknown` where it is none of them."""
        names = [self.class_names[index] for index in self.probabilities.argmax(axis=1)]
        if self.unknown is None:
            return names
        return [
            UNKNOWN if is_unknown else name
            for name, is_unknown in zip(names, self.unknown.tolist(), strict=True)
        ]

    def top(self, count: int) -> list[list[tuple[str, float]]]:
        """Return the `count` most probable classes of each input with their probabilities."""
        count = min(count, len(self.class_names))
        order = np.argsort(-self.probabilities, axis=1, kind="stable")[:, :count]
        return [
            [(self.class_names[i], float(row[i])) for i in best]
            for row, best in zip(self.probabilities, order, strict=True)
        ]

    def _repr_html_(self) -> str:
        """Return the first predictions with their pictures, for notebooks."""
        bad = [item.name for item in self.bad]
        return draw_cards(self.names, self.top(CLASSES_SHOWN), self.pictures, bad)

    def rows(self, count: int) -> list[dict[str, Any]]:
        """Return plain rows: name, prediction, probability, then the next classes up to `count`.

        The last column, `adjusted`, says what was changed to fit the network: `resized, inverted`,
        or nothing. The first is the id that a table gives an item, under its own header. Where an
        answer may be `unknown`, `likely` is the most probable class all the same.
        """
        table = []
        answers = self.labels
        changes = adjustments_of_each(self.adjusted, np.arange(len(self)))
        for name, answer, best, change in zip(
            self.names, answers, self.top(count), changes, strict=True
        ):
            row: dict[str, Any] = {
                **({self.id_column: self.ids.get(name, "")} if self.id_column else {}),
                "name": name,
                "prediction": answer,
                **({} if self.unknown is None else {"likely": best[0][0]}),
                "probability": best[0][1],
            }
            for rank, (label, probability) in enumerate(best[1:], start=2):
                row[f"prediction_{rank}"] = label
                row[f"probability_{rank}"] = probability
            row["adjusted"] = change
            table.append(row)
        return table


def predict(
    classifier: Classifier,
    inputs: Any,
    *,
    options: ReadOptions = ReadOptions(),  # noqa: B008 - frozen
) -> Predictions:
    """Predict any kind of `inputs`; see `Run.predict`."""
    if isinstance(inputs, Part):
        return predict_part(classifier, inputs)
    if isinstance(inputs, Sentences):
        return predict_part(classifier, make_text_part(inputs))
    if isinstance(inputs, str | Path):
        return predict_source(classifier, inputs, options)
    if isinstance(inputs, Image.Image):
        inputs = [inputs]
    if isinstance(inputs, np.ndarray) and inputs.ndim:
        return predict_in_memory(classifier, inputs)
    if not isinstance(inputs, Sequence):
        raise UsageTypeError(
            f"predict got {type(inputs).__name__}; give paths, pictures or an array."
        )
    if not inputs:
        raise InputRefused("predict", "got nothing; give paths, pictures or an array")
    if all(isinstance(item, str | Path) for item in inputs):
        return concatenate_predictions(
            [predict_source(classifier, item, options) for item in inputs]
        )
    return predict_in_memory(classifier, inputs)


def predict_source(classifier: Classifier, source: str | Path, options: ReadOptions) -> Predictions:
    """Predict every input at a path, labelled or not."""
    from noonbit.data import open_inputs  # brings PyArrow, which a server does without

    inputs = open_inputs(
        source,
        value_range=classifier.contract.preprocessor.array_range,
        on_bad="skip",
        options=options,
    )
    predictions = predict_part(classifier, inputs.part)
    return replace(
        predictions,
        bad=(*inputs.bad, *predictions.bad),
        ids=inputs.ids,
        id_column=inputs.id_column,
    )


def make_text_part(texts: Sequence[str]) -> Part:
    """Make a part of sentences held in memory; each is its own name."""
    return Part(Sentences(texts), None, list(texts))


def predict_part(classifier: Classifier, part: Part) -> Predictions:
    """Predict every input of a part; unreadable ones are listed in `bad`.

    Raises `InputRefused` for another kind of input than the network's.
    """
    contract = classifier.contract
    if input_kind_of(part.raw) != contract.preprocessor.input_kind:
        raise InputRefused(
            part.names[0] if len(part) else "the source",
            f"is {INPUT_KINDS[input_kind_of(part.raw)].one_of_them}, but this network takes "
            f"{contract.preprocessor.input_kind}",
        )
    prepared = contract.preprocessor.transform(part.raw)
    is_readable = np.ones(len(part), bool)
    is_readable[list(prepared.bad)] = False
    readable = np.flatnonzero(is_readable)
    probabilities = classifier.probabilities(prepared.values, readable)
    adjusted = {name: np.searchsorted(readable, rows) for name, rows in prepared.adjusted.items()}
    return Predictions(
        tuple(part.names[i] for i in readable.tolist()),
        probabilities,
        contract.class_names,
        adjusted,
        tuple(prepared.bad.values()),
        unknown=find_unknown(contract.unknown_below, probabilities, adjusted),
        pictures=keep_pictures(prepared.values, readable),
    )


def predict_in_memory(classifier: Classifier, inputs: NDArray[Any] | Sequence[Any]) -> Predictions:
    """Predict inputs held in memory; raises `InputRefused` for the first that cannot be used."""
    prepared = classifier.contract.preprocessor.transform_given(inputs)
    probabilities = classifier.probabilities(prepared.values)
    return Predictions(
        tuple(NumberedNames("input", len(prepared.values))),
        probabilities,
        classifier.contract.class_names,
        prepared.adjusted,
        (),
        unknown=find_unknown(classifier.contract.unknown_below, probabilities, prepared.adjusted),
        pictures=keep_pictures(prepared.values, np.arange(len(prepared.values))),
    )


def concatenate_predictions(each: Sequence[Predictions]) -> Predictions:
    """Concatenate predictions."""
    adjusted: dict[Adjustment, list[NDArray[np.int64]]] = {}
    first = 0
    for one in each:
        for name, rows in one.adjusted.items():
            adjusted.setdefault(name, []).append(rows + first)
        first += len(one)
    return Predictions(
        tuple(name for one in each for name in one.names),
        np.concatenate([one.probabilities for one in each]),
        each[0].class_names,
        {name: np.concatenate(rows) for name, rows in adjusted.items()},
        tuple(item for one in each for item in one.bad),
        {name: found for one in each for name, found in one.ids.items()},
        next((one.id_column for one in each if one.id_column), ""),
        unknown=None
        if each[0].unknown is None
        else np.concatenate([one.unknown for one in each if one.unknown is not None]),
        pictures=first_pictures(each),
    )


def first_pictures(each: Sequence[Predictions]) -> NDArray[np.uint8] | None:
    """Return the pictures of the first inputs of several predictions.

    They are taken as long as none is left out, so that the rows stay those of the inputs.
    """
    pictures: list[NDArray[np.uint8]] = []
    for one in each:
        if one.pictures is not None:
            pictures.append(one.pictures)
        if len(one) and (one.pictures is None or len(one.pictures) < len(one)):
            break
    return np.concatenate(pictures)[:MOST_SHOWN] if pictures else None
