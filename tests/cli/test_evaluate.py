"""What `noonbit evaluate` prints of an evaluation."""

import numpy as np
import pytest

from noonbit.cli.evaluate import print_evaluation
from noonbit.cli.output import MOST_CLASS_ROWS
from noonbit.evaluation.metrics import evaluate


def test_of_very_many_classes_the_weakest_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    count = MOST_CLASS_ROWS + 1
    right = np.eye(count, dtype=np.float32)
    right[7] = right[8]  # the one mistake
    names = tuple(f"class-{number}" for number in range(count))
    print_evaluation(evaluate(right, np.arange(count), names, split="test"), "image")
    lines = capsys.readouterr().out.splitlines()
    assert "the 100 weakest of 101 classes; --json prints all" in lines
    assert sum(line.startswith("class-") for line in lines) == MOST_CLASS_ROWS
    assert next(line for line in lines if line.startswith("class-")).startswith("class-7 ")
    assert lines[-1] == "A confusion matrix of 101 classes is too wide to print."
