"""The test items that a page carries, and how far rounded weights move the answers to others.

sample = take_sample(run, items)       at most 256 test items with Python's answers
sample.chosen(20)                      rows of twenty: all classes in turn, wrong ones among them
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from noonbit.data.prepared import PreparedDataset
from noonbit.evaluation.inference import Probabilities
from noonbit.evaluation.torch_inference import predict_probabilities
from noonbit.export.parity import parity_items
from noonbit.export.sampling import take_evenly
from noonbit.runs.run import Run

MOST_ITEMS = 256
"""Test items that are answered by both: with one thread, 1 s for glance."""
WRONG_SHARE = 0.25
"""Of the items that a page carries, as far as there are so many: from errors one learns most."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Test items, evenly over the whole split, with the answers that the run gives."""

    numbers: NDArray[np.int64]
    """Item numbers (N,) in the data set."""
    values: NDArray[np.generic]
    """(N, *shape), as the network takes them."""
    labels: NDArray[np.int64]
    """(N,)"""
    probabilities: Probabilities

    def chosen(self, count: int) -> list[int]:
        """At most `count` rows: some that are answered wrongly, else the classes in turn."""
        is_wrong = self.probabilities.argmax(axis=1) != self.labels
        wrong = self.in_turn(np.flatnonzero(is_wrong))[: round(WRONG_SHARE * count)]
        right = self.in_turn(np.flatnonzero(~is_wrong))[: count - len(wrong)]
        return sorted([*wrong, *right])

    def in_turn(self, rows: NDArray[np.int64]) -> list[int]:
        """Rows in an order in which each class comes once before any comes again."""
        seen: dict[int, int] = {}
        turns = []
        for row in rows:
            label = int(self.labels[row])
            seen[label] = seen.get(label, 0) + 1
            turns.append((seen[label], label, int(row)))
        return [row for _, _, row in sorted(turns)]


def take_sample(run: Run, items: PreparedDataset) -> Sample:
    """Answer some items of the run's data: of its test split, if it has one."""
    numbers = take_evenly(parity_items(run, items).rows, MOST_ITEMS)
    values = np.asarray(items.values[numbers])
    return Sample(
        numbers,
        values,
        np.asarray(items.labels)[numbers],
        predict_probabilities(
            run.model_on(run.runtime), run.contract, torch.from_numpy(values), run.runtime
        ),
    )
