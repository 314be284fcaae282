"""Validation items, some at a time, and what the network answers now.

The test split never steers anything, so nobody is shown it while a training can be steered.
"""

from collections import deque
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from noonbit.data.preprocess.contract import Contract
from noonbit.explain.layer_maps import evaluation_mode
from noonbit.training.state import TrainingContext

AT_ONCE = 4
TOP = 3
WINDOW = 200
"""The accuracy is that of so many items."""


@dataclass(frozen=True, slots=True)
class Question:
    """An item and the most probable classes."""

    row: int
    """Of the split."""
    label: int
    top: list[tuple[int, float]]
    """(class, probability), the most probable first."""


class Questions:
    """Goes round the validation split, or the training split where there is none."""

    def __init__(self, context: TrainingContext) -> None:
        self.contract = context.contract
        self.is_validation = len(context.validation) > 0
        self.split = context.validation if self.is_validation else context.train
        self.next_row = 0
        self.right: deque[bool] = deque(maxlen=WINDOW)
        self.latest: list[Question] = []

    def ask(self, model: nn.Module) -> None:
        """Ask about the next items."""
        count = len(self.split)
        rows = [(self.next_row + k) % count for k in range(min(AT_ONCE, count))]
        self.next_row = (rows[-1] + 1) % count
        numbers = torch.tensor(rows, device=self.split.labels.device)
        values, labels = self.split.take(numbers)
        probabilities = answer(model, self.contract, values)
        best = probabilities.topk(min(TOP, probabilities.shape[1]), dim=1)
        self.latest = [
            Question(row, label, list(zip(classes, shares, strict=True)))
            for row, label, classes, shares in zip(
                rows, labels.tolist(), best.indices.tolist(), best.values.tolist(), strict=True
            )
        ]
        self.right.extend(each.top[0][0] == each.label for each in self.latest)


def answer(model: nn.Module, contract: Contract, values: Tensor) -> Tensor:
    """Return the probabilities (N, classes) that a network gives now, before any calibration.

    Zeros where its weights are no numbers any more, as they are when a training diverges.
    """
    with evaluation_mode(model), torch.no_grad():
        logits = model(contract.normalise(values))
        logits = contract.preprocessor.mask_logits(logits.float(), values)
        return logits.softmax(dim=1).nan_to_num(0.0)
