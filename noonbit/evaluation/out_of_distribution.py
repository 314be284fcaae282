"""Flag inputs that do not look like those that a network was trained on.

An input is flagged where the network's highest probability is low (the maximum softmax probability:
Hendrycks and Gimpel, "A baseline for detecting misclassified and out-of-distribution examples in
neural networks", ICLR 2017), after the contract's temperature. Energy (Liu and others, 2020), the
highest logit and generalised entropy (Liu and others, 2023) were a little better for some networks;
of one they flagged digits less often than its own images (docs/performance.md).

The threshold is what 5 % of the items stay below that the answering network did not learn from, so
about so many good inputs are flagged too. They are the validation items, or for a head on published
features, which needs none, the training items, each answered by a fold that did not learn from it.
The test items say how many are really flagged. How many foreign inputs are flagged depends
on the network and on what is foreign, from a few to nearly all: a network can be sure of what it
never saw.

What the preparation itself finds unlike the training images (`UNLIKE_ADJUSTMENTS`) counts as well,
with a rule or without:

    flagged = rule.flags(probabilities)[row] or not UNLIKE_ADJUSTMENTS.isdisjoint(adjustments)

noonbit/page/unfamiliar.js is the same in JavaScript.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, model_validator

from noonbit.data.preprocess.base import Adjustment, Preprocessor
from noonbit.evaluation.intervals import wilson_interval

UNLIKE_ADJUSTMENTS = frozenset({"unlike", "blank"})
"""Adjustments of an input that say the same, whatever the network answers."""
FLAGGED_SHARE = 0.05
"""Of the items that the threshold is fitted to."""
LEAST_ITEMS = 100
"""Of fewer items no threshold is taken: with 100, 2 to 11 % of good inputs are flagged
(95 %); with 20, up to 17 %."""
LEAST_CERTAINTY = 0.5
"""Where the threshold lies between chance (0) and certainty (1), at least. A network that is near
chance for 5 % of its own items cannot be less sure of others: one of cats and dogs, right in 73 %,
had its threshold at 0.507 and flagged 0 to 3 % of ten foreign sets."""

Probability = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0, le=2**53)]
Probabilities = NDArray[np.floating[Any]]
"""(N, classes)."""


def find_unknown(
    threshold: float | None,
    probabilities: Probabilities,
    adjusted: Mapping[Adjustment, NDArray[np.int64]],
) -> NDArray[np.bool_] | None:
    """Return which inputs, probabilities (N, classes), are answered with `unknown`: (N,) or None.

    Those below the contract's threshold, and those whose preparation has found them unlike the
    training inputs. None without a threshold.
    """
    if threshold is None:
        return None
    unknown = np.asarray(probabilities.max(axis=1, initial=0) < threshold)
    for name, rows in adjusted.items():
        if name in UNLIKE_ADJUSTMENTS:
            unknown[rows] = True
    return unknown


class OutOfDistributionRule(BaseModel):
    """A score's threshold, with how many good inputs it flags; stored with an exported network."""

    model_config = ConfigDict(defer_build=True, frozen=True, extra="forbid", allow_inf_nan=False)

    score: Literal["maximum softmax probability"] = "maximum softmax probability"
    threshold: Probability
    """Inputs whose highest probability is below it are flagged."""
    fitted_items: Annotated[int, Field(ge=LEAST_ITEMS, le=2**53)]
    """Items that the threshold was fitted to; the answering network did not learn from them."""
    fitted_flagged: Count
    """Of these items."""
    test_items: Count = 0
    test_flagged: Count = 0
    """Of the test items: these are false alarms."""

    @model_validator(mode="after")
    def check_counts(self) -> Self:
        """No more items are flagged than there are."""
        if self.fitted_flagged > self.fitted_items or self.test_flagged > self.test_items:
            raise ValueError("flags more items than there are")
        return self

    @classmethod
    def fit(cls, preprocessor: Preprocessor, probabilities: Probabilities) -> Self | None:
        """Fit the threshold to the probabilities (N, classes) of items that were not learned from.

        None where the rule means nothing: for sentences and boards, for fewer than `LEAST_ITEMS`
        items, for one class, and where the network is unsure of its own (`LEAST_CERTAINTY`).
        """
        if not preprocessor.doubt_tells_foreign:
            return None
        count, classes = probabilities.shape
        if count < LEAST_ITEMS or classes < 2:
            return None
        highest = probabilities.max(axis=1)
        threshold = float(np.quantile(highest, FLAGGED_SHARE, method="lower"))
        if threshold < 1 / classes + LEAST_CERTAINTY * (1 - 1 / classes):
            return None
        return cls(
            threshold=threshold,
            fitted_items=count,
            fitted_flagged=int((highest < threshold).sum()),
        )

    def measured(self, test: Probabilities) -> Self:
        """Return the rule with how many test items, probabilities (N, classes), it flags."""
        flagged = int(self.flags(test).sum())
        return self.model_copy(update={"test_items": len(test), "test_flagged": flagged})

    def flags(self, probabilities: Probabilities) -> NDArray[np.bool_]:
        """Whether each input looks unlike the training inputs: (N, classes) -> (N,)."""
        return np.asarray(probabilities.max(axis=1) < self.threshold)

    @property
    def false_alarms(self) -> tuple[float, float, float] | None:
        """The share of the test items that are flagged, with its 95 % interval; None without any.

        Wilson's interval.
        """
        if not self.test_items:
            return None
        return (
            self.test_flagged / self.test_items,
            *wilson_interval(self.test_flagged, self.test_items),
        )
