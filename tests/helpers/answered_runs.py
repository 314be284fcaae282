"""A run of the tests with other answers: whose test predictions are right where a test says so."""

import json
import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from noonbit.evaluation.metrics import evaluate
from noonbit.runs.folder import load_run
from noonbit.runs.predictions import read_predictions
from noonbit.runs.run import Run


def answered(run: Run, path: Path, right: NDArray[np.bool_]) -> Run:
    """A copy of a run at `path` that is right on the test items where `right` (N,) says so."""
    shutil.copytree(run.path, path)
    labels, names = read_predictions(run).labels, np.array(run.class_names)
    predicted = np.where(right, labels, (labels + 1) % len(names))
    probabilities = np.eye(len(names), dtype=np.float32)[predicted]
    rewrite_predictions(
        path,
        prediction=pa.array(names[predicted]),
        probabilities=pa.FixedSizeListArray.from_arrays(
            pa.array(probabilities.ravel()), len(names)
        ),
    )
    evaluation = evaluate(probabilities, labels, run.class_names, split="test")
    (path / "evaluation.json").write_text(json.dumps(evaluation.as_dict()))
    return load_run(path)


def rewrite_predictions(path: Path, **columns: pa.Array) -> None:
    """Put other columns into a run's predictions, or further ones."""
    file = path / "predictions.parquet"
    table = pq.read_table(file)
    for name, values in columns.items():
        place = table.schema.get_field_index(name)
        table = (
            table.append_column(name, values)
            if place < 0
            else table.set_column(place, name, values)
        )
    pq.write_table(table, file)


def rewrite_json(path: Path, **facts: object) -> None:
    """Put other entries into a JSON file."""
    path.write_text(json.dumps({**json.loads(path.read_text()), **facts}))
