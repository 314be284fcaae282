"""What a training measures at its end, and keeps: the figures and every prediction."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from torch import nn

from noonbit.atomic import write, write_json
from noonbit.contract import Contract
from noonbit.evaluate import Evaluation, Probabilities
from noonbit.folds import evaluate_test
from noonbit.items import Items
from noonbit.run import Run
from noonbit.runtime import Runtime

MANY_CLASSES = 100
"""With more, predictions are kept in half precision: 361 for each of 40,000 would be 58 MB."""


def measure(
    run: Run, items: Items, contract: Contract, network: nn.Module, runtime: Runtime
) -> Evaluation:
    """Evaluate the test split and write the figures and every prediction into the run."""
    probabilities, evaluation = evaluate_test(network, contract, items, runtime)
    if items.framing.takes == "boards" and items.split.folds is None:
        from noonbit.go.baselines import baseline_scores  # which loads the compiled rules

        scores = (*evaluation.scores, *baseline_scores(items, runtime))
        evaluation = replace(evaluation, scores=scores)
    write_json(run.path / "evaluation.json", evaluation.as_dict())
    write_predictions(run, items, probabilities)
    return evaluation


def write_predictions(run: Run, items: Items, probabilities: Probabilities) -> None:
    """predictions.parquet: what the network said of every test item, and of folds, which one."""
    indices, folds = items.split.test, items.split.folds
    names = np.array(items.data.class_names)
    precision = np.float32 if len(names) <= MANY_CLASSES else np.float16
    table = pa.table(
        {
            "item": indices,
            **({} if folds is None else {"fold": folds}),
            "name": [items.names[i] for i in indices],
            "label": names[items.labels[indices]],
            "prediction": names[probabilities.argmax(axis=1)],
            "probabilities": pa.FixedSizeListArray.from_arrays(
                pa.array(probabilities.ravel().astype(precision)), len(names)
            ),
        }
    )
    write(run.path / "predictions.parquet", lambda path: pq.write_table(table, path))
