"""What a training measures at its end, and keeps: the figures and every prediction."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from torch import nn

from noonbit.atomic import write, write_json
from noonbit.contract import Contract
from noonbit.evaluate import Evaluation, Probabilities, evaluate, predict_probabilities
from noonbit.items import Items
from noonbit.run import Run
from noonbit.runtime import Runtime
from noonbit.streaming import images_at


def measure(
    run: Run, items: Items, contract: Contract, network: nn.Module, runtime: Runtime
) -> Evaluation:
    """Evaluate the test split and write the figures and every prediction into the run."""
    indices = items.split.test
    pixels = images_at(items.pixels, indices, runtime.device)
    probabilities = predict_probabilities(network, contract, pixels, runtime)
    evaluation = evaluate(probabilities, items.labels[indices], contract.class_names, split="test")
    write_json(run.path / "evaluation.json", evaluation.as_dict())
    write_predictions(run, items, probabilities)
    return evaluation


def write_predictions(run: Run, items: Items, probabilities: Probabilities) -> None:
    """predictions.parquet: what the network said of every test item."""
    indices = items.split.test
    names = np.array(items.data.class_names)
    table = pa.table(
        {
            "item": indices,
            "name": [items.names[i] for i in indices],
            "label": names[items.labels[indices]],
            "prediction": names[probabilities.argmax(axis=1)],
            "probabilities": pa.FixedSizeListArray.from_arrays(
                pa.array(probabilities.ravel()), len(names)
            ),
        }
    )
    write(run.path / "predictions.parquet", lambda path: pq.write_table(table, path))
