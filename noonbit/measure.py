"""The figures of a run, taken again from its data: the same object prepares them every time."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch
from torch import nn

from noonbit.atomic import write, write_json
from noonbit.contract import Contract
from noonbit.data import open_data
from noonbit.data.dataset import PART_NAMES
from noonbit.data.split import Indices
from noonbit.errors import DataError
from noonbit.evaluate import Evaluation, Probabilities, evaluate, predict_probabilities
from noonbit.items import Items, gather, load
from noonbit.run import Run
from noonbit.runtime import Runtime


def reload(run: Run, *, data_dir: Path | None = None) -> Items:
    """The items a run was trained on; raises `DataError` where they are no longer the same."""
    source = run.record["source_path"]
    if data_dir is None and run.record["data_dir"] is not None:
        data_dir = Path(run.record["data_dir"])
    items, _ = load(source, run.recipe, data_dir=data_dir, framing=run.contract.framing)
    if items.fingerprint != run.record["data"]["fingerprint"]:
        raise DataError(
            f"{source} has changed since {run.path.name} was trained on it, so its figures would "
            "not be comparable. Restore the data, or train again."
        )
    return items


def measure(
    run: Run, items: Items, contract: Contract, network: nn.Module, runtime: Runtime
) -> Evaluation:
    """Evaluate the test split and write the figures and every prediction into the run."""
    indices = items.split.test
    probabilities = predict_probabilities(
        network, contract, torch.from_numpy(items.pixels[indices]), runtime
    )
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


def evaluate_run(run: Run, *, data_dir: Path | None = None) -> Evaluation:
    """Measure a run on its own test split again; the figures are those that `train` printed."""
    runtime = Runtime.wanted(run.recipe)
    items = reload(run, data_dir=data_dir)
    return measure_part(run, items, items.split.test, "test", runtime)


def evaluate_source(run: Run, source: str, *, data_dir: Path | None = None) -> Evaluation:
    """Measure a run on other labelled images, all of them, or their test part if they have one.

    Raises `DataError` where the source has a class that the run does not know.
    """
    runtime = Runtime.wanted(run.recipe)
    data = open_data(source, data_dir=data_dir, on_bad=run.recipe.on_bad)
    items = gather(data, run.contract.framing, validation=None, on_bad=run.recipe.on_bad)
    unknown = [name for name in data.class_names if name not in run.class_names]
    if unknown:
        raise DataError(
            f"{source} has the class '{unknown[0]}', which {run.path.name} was not trained on. "
            f"Its classes are: {', '.join(run.class_names)}."
        )
    numbers = np.array([run.class_names.index(name) for name in data.class_names], np.int64)
    items = replace(items, labels=numbers[items.labels])
    if data.test is not None:
        return measure_part(run, items, items.split.test, "test", runtime)
    everything = np.sort(np.concatenate([items.indices(part) for part in PART_NAMES]))
    return measure_part(run, items, everything, "all", runtime)


def measure_part(
    run: Run, items: Items, indices: Indices, name: str, runtime: Runtime
) -> Evaluation:
    """The figures of the items at `indices`, under the name of their split."""
    probabilities = predict_probabilities(
        runtime.place(run.model), run.contract, torch.from_numpy(items.pixels[indices]), runtime
    )
    return evaluate(probabilities, items.labels[indices], run.class_names, split=name)
