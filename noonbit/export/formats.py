"""The forms that a run is exported to, and how each is written, compared and recorded.

export(run, "onnx", Path("model.onnx"), items)    the file, and parity.json beside it
"""

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal, TypeAlias

import numpy as np

from noonbit.data.prepared import PreparedDataset
from noonbit.errors import UsageError
from noonbit.evaluation.out_of_distribution import OutOfDistributionRule
from noonbit.export.familiarity import fit_rule
from noonbit.export.onnx_file import write_onnx
from noonbit.export.onnx_model import OnnxModel
from noonbit.export.parity import (
    Answer,
    Parity,
    add_to_record,
    measure_parity,
    parity_items,
    plain_facts,
)
from noonbit.export.quantisation_cost import QuantisationCost, measure_quantisation
from noonbit.export.quantise import CALIBRATION_ITEMS, quantise_int8, require_quantisable
from noonbit.export.sampling import MOST_ITEMS, take_evenly
from noonbit.export.torch_file import TorchProgram, write_torch
from noonbit.runs.run import Run
from noonbit.system.files import write

FormatName: TypeAlias = Literal["onnx", "torch"]


@dataclass(frozen=True, slots=True)
class ExportFormat:
    """One form of file."""

    write: Callable[[Run, Path, OutOfDistributionRule | None], None]
    open: Callable[[Path], Answer]


FORMATS: Mapping[FormatName, ExportFormat] = {
    "onnx": ExportFormat(write_onnx, lambda path: OnnxModel.open(path).answer),
    "torch": ExportFormat(write_torch, lambda path: TorchProgram(path).answer),
}


def export(run: Run, form: FormatName, path: Path, items: PreparedDataset | None) -> Parity:
    """Write a run's network to `path`, and compare its answers with the run's on `items`.

    `items` are the run's data, or None where they are not here. Raises `CheckFailed` for a file
    that answers otherwise; whatever was at `path` is unchanged then.
    """
    writer, rule = FORMATS[form], fit_rule(run, items)
    compared: list[Parity] = []

    def fill(temporary: Path) -> None:
        writer.write(run, temporary, rule)
        parity = measure_parity(run, parity_items(run, items), writer.open(temporary), path.name)
        parity.require()
        compared.append(parity)

    write(path, fill)
    add_to_record(path.parent, path.name, plain_facts(compared[0]))
    return compared[0]


def export_int8(run: Run, path: Path, items: PreparedDataset) -> QuantisationCost:
    """Write a run's network as an ONNX file of int8 products, and measure what that costs.

    The float32 file from which it is made is compared with the run first, as `export` does. Raises
    `CheckFailed` as that, and `UsageError` for a network that gains nothing or a run without test
    items, on which the cost is measured.
    """
    require_quantisable(run.contract)
    rows = take_evenly(items.indices("test"), MOST_ITEMS)
    if not len(rows):
        raise UsageError(
            f"--quantise int8 is measured on test items, and {run.path.name} has none. Leave it "
            "out."
        )
    with TemporaryDirectory() as folder:
        float32, int8 = Path(folder, "float32.onnx"), Path(folder, "int8.onnx")
        export(run, "onnx", float32, items)
        numbers = take_evenly(items.indices("train"), CALIBRATION_ITEMS)
        quantise_int8(float32, np.asarray(items.values[numbers]), int8)
        cost = measure_quantisation(
            float32, int8, items.values, rows, items.labels[rows], groups=items.groups(rows)
        )
        write(path, lambda temporary: shutil.copyfile(int8, temporary))
    add_to_record(path.parent, path.name, cost.model_dump())
    return cost
