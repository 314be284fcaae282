"""The forms that a run is exported to, and how each is written, compared and recorded.

export(run, "onnx", Path("model.onnx"), items)    the file, and parity.json beside it
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from noonbit.data.prepared import PreparedDataset
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
from noonbit.export.torch_file import TorchProgram, write_torch
from noonbit.runs.run import Run
from noonbit.system.files import write

FormatName: TypeAlias = Literal["onnx", "torch"]


@dataclass(frozen=True, slots=True)
class ExportFormat:
    """One form of file."""

    file_name: str
    write: Callable[[Run, Path], None]
    open: Callable[[Path], Answer]


FORMATS: Mapping[FormatName, ExportFormat] = {
    "onnx": ExportFormat("model.onnx", write_onnx, lambda path: OnnxModel.open(path).answer),
    "torch": ExportFormat("model.pt2", write_torch, lambda path: TorchProgram(path).answer),
}


def export(run: Run, form: FormatName, path: Path, items: PreparedDataset | None) -> Parity:
    """Write a run's network to `path`, and compare its answers with the run's on `items`.

    `items` are the run's data, or None where they are not here. Raises `CheckFailed` for a file
    that answers otherwise; whatever was at `path` is unchanged then.
    """
    writer = FORMATS[form]
    compared: list[Parity] = []

    def fill(temporary: Path) -> None:
        writer.write(run, temporary)
        answer = writer.open(temporary)
        parity = measure_parity(run, parity_items(run, items), answer, path.name)
        parity.require()
        compared.append(parity)

    write(path, fill)
    add_to_record(path.parent, path.name, plain_facts(compared[0]))
    return compared[0]
