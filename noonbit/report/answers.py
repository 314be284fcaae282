"""What a run answered to every test item, read back from predictions.parquet."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from noonbit.errors import ArtefactError
from noonbit.run import Run

Order = Literal["worst", "first"]


@dataclass(frozen=True, slots=True)
class Answers:
    """One row a test item, in the order of the items."""

    items: NDArray[np.int64]
    """Item numbers (N,)."""
    names: list[str]
    """Where each item came from."""
    labels: NDArray[np.int64]
    """(N,), indices into the run's class names."""
    predictions: NDArray[np.int64]
    """(N,), indices into the run's class names."""
    probabilities: NDArray[np.float32]
    """(N, classes)."""

    def __len__(self) -> int:
        return len(self.items)

    @property
    def stated(self) -> NDArray[np.float32]:
        """The probability that each prediction was given; (N,)."""
        return self.probabilities[np.arange(len(self)), self.predictions]

    def wrong(self, order: Order) -> NDArray[np.int64]:
        """The rows that were named wrongly: the most confident first, or in the order of the items.

        Equal probabilities keep the order of the items.
        """
        rows = np.flatnonzero(self.predictions != self.labels)
        if order == "worst":
            rows = rows[np.argsort(-self.stated[rows], kind="stable")]
        return rows


def read_answers(run: Run) -> Answers:
    """The answers of a finished run; raises `ArtefactError` where they are missing or damaged."""
    path = run.path / "predictions.parquet"
    if not path.exists():
        raise ArtefactError(
            f"{run.path.name} has no predictions yet, since its training did not end. "
            f"Continue it with: noonbit train --resume {run.path}"
        )
    classes = pa.array(run.class_names)
    try:
        table = pq.read_table(path).combine_chunks()
        labels, predictions = (
            pc.index_in(table[name], value_set=classes).to_numpy().astype(np.int64)
            for name in ("label", "prediction")
        )
        values = table["probabilities"].combine_chunks().flatten().to_numpy().astype(np.float32)
        return Answers(
            table["item"].to_numpy(),
            table["name"].to_pylist(),
            labels,
            predictions,
            values.reshape(len(table), len(classes)),
        )
    except (pa.ArrowException, OSError, KeyError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise ArtefactError(f"{path} is damaged: {reason}. Restore it, or train again.") from None
