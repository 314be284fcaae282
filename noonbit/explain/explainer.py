"""Explain answers of one network: what every kind of input shares.

    explainer = Explainer(classifier, run.items)
    explainer.explain("photo.jpg")       a path, a picture in memory, or the number of an item

How an input of some kind is explained stands in the function that its preprocessor names.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from pkgutil import resolve_name
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from noonbit.data.loader import values_at
from noonbit.data.prepared import PreparedDataset
from noonbit.data.preprocess.base import adjustments_of_each
from noonbit.errors import UsageError
from noonbit.evaluation.torch_inference import NetworkClassifier
from noonbit.explain.answer import Answer, class_number
from noonbit.explain.layer_maps import LayerMaps, watch_layers
from noonbit.explain.method import Method
from noonbit.explain.nearest import Features, Neighbour, features_of, find_nearest
from noonbit.explain.networks import HOOKS_LOCK, single_networks

TOP = 6
"""Training pictures, n-grams or stones that an explanation names."""


class Explanation(Protocol):
    """What decided one answer."""

    @property
    def answer(self) -> Answer:
        """The answer that is explained."""
        ...

    def lines(self) -> list[str]:
        """Return the explanation in words, one line each."""
        ...

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        ...

    def save(self, path: Path) -> None:
        """Write it to a file; raises `UsageError` for an ending that it cannot be written as."""
        ...


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be explained of an answer, and how."""

    class_name: str | None = None
    """The class that is explained; None for the most probable one."""
    method: Method | None = None
    """How the regions of a picture are found; None for all ways that suit the network."""
    maps: bool = True
    """Whether the regions of a picture are looked for, which needs captum."""
    top: int = TOP
    """How many training pictures, n-grams or stones are named."""
    move: int | None = None
    """Of a game of Go: the position before this move, from 1; None for the position at its end."""


@dataclass(frozen=True, slots=True, eq=False)
class PreparedItem:
    """One input as the network takes it."""

    name: str
    values: NDArray[Any]
    """Of the preprocessor's shape."""
    adjusted: str = ""
    label: str | None = None
    item: int | None = None


class Explainer:
    """Explains answers of a network; keeps what does not depend on the input."""

    def __init__(
        self, classifier: NetworkClassifier, open_items: Callable[[], PreparedDataset]
    ) -> None:
        self.classifier = classifier
        self._open_items = open_items

    @cached_property
    def items(self) -> PreparedDataset:
        """The data that trained the network. Raises `DataError` if they are gone or changed."""
        return self._open_items()

    @cached_property
    def training_features(self) -> Features:
        """The features of all training items, in the order of the split; raises as `items`."""
        model, runtime = self.classifier.model, self.classifier.runtime
        values = values_at(self.items.values, self.items.split.train, runtime.device)
        return features_of(model, self.classifier.contract, values, runtime)

    def explain(self, item: Any, request: Request = Request()) -> Explanation:
        """Explain the answer to a path, a picture or sentence in memory, or an item by its number.

        Raises `UsageError` for what cannot be explained, and `DataError` for what cannot be read.
        """
        preprocessor = self.classifier.contract.preprocessor
        if preprocessor.explanation is None:
            raise UsageError(f"Answers to {preprocessor.input_kind} cannot be explained.")
        explanation: Explanation = resolve_name(preprocessor.explanation)(self, item, request)
        return explanation

    def item_at(self, number: int) -> PreparedItem:
        """Return an item of the run's data. Raises `UsageError` for a number beyond them."""
        items = self.items
        if not 0 <= number < len(items.labels):
            raise UsageError(
                f"There is no item {number:,}; the data have items 0 to {len(items.labels) - 1:,}."
            )
        return PreparedItem(
            items.names[number],
            np.array(items.values[number]),  # a copy, as they may lie in a read-only file
            adjustments_of_each(items.adjusted, np.array([number]))[0],
            items.data.class_names[items.labels[number]],
            number,
        )

    def answer_to(self, prepared: PreparedItem, request: Request) -> Answer:
        """Have the network answer. Raises `UsageError` for a class that it does not know."""
        class_names = self.classifier.contract.class_names
        probabilities = self.classifier.probabilities(prepared.values[None])[0]
        return Answer(
            prepared.name,
            class_names,
            probabilities,
            class_number(class_names, request.class_name, probabilities),
            prepared.label,
            prepared.item,
            prepared.adjusted,
        )

    def layers(self, answer: Answer, values: NDArray[Any]) -> list[LayerMaps]:
        """Return what each layer computes from an input of these values; of an ensemble, in its
        first member."""
        model, contract = self.classifier.model, self.classifier.contract
        single = single_networks(model, contract)[0]
        inputs = torch.from_numpy(np.asarray(values)[None]).to(self.classifier.runtime.device)
        with HOOKS_LOCK:
            return watch_layers(single.network, single.normalise(inputs), answer.number)

    def nearest(self, values: NDArray[Any], count: int) -> list[Neighbour]:
        """Return the training items most like an input of these values; raises as `items`."""
        train, items = self.items.split.train, self.items
        contract, runtime = self.classifier.contract, self.classifier.runtime
        loaded = values_at(values[None], np.arange(1), runtime.device)
        query = features_of(self.classifier.model, contract, loaded, runtime)[0]
        rows, cosines = find_nearest(self.training_features, query, count)
        return [
            Neighbour(
                number, items.names[number], items.data.class_names[items.labels[number]], cosine
            )
            for number, cosine in zip(train[rows].tolist(), cosines.tolist(), strict=True)
        ]
