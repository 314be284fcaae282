"""Write a run's network as a torch.export archive (.pt2), for programs that have PyTorch.

program = torch.export.load("model.pt2").module()
logits, probabilities = program(images)             uint8 (N, C, H, W)
"""

from pathlib import Path
from typing import Any

import torch
from numpy.typing import NDArray

from noonbit.errors import ArtefactError, raise_as
from noonbit.evaluation.out_of_distribution import OutOfDistributionRule
from noonbit.export.graph import example_input, exportable
from noonbit.export.model_card import FORMAT, METADATA_KEY, ExportMetadata
from noonbit.export.onnx_file import card_of
from noonbit.export.onnx_model import BATCH_SIZE, Outputs
from noonbit.runs.run import Run

METADATA_FILE = f"{METADATA_KEY}.json"
"""The file inside the archive that holds contract and card; `extra_files` of torch.export.load."""


def write_torch(run: Run, path: Path, rule: OutOfDistributionRule | None = None) -> None:
    """Write the network of a run to a new file, with its contract and its card.

    `rule` is that of `write_onnx`. Raises `ArtefactError` for a network that PyTorch cannot export.
    """
    metadata = ExportMetadata(format=FORMAT, contract=run.contract, card=card_of(run, rule))
    with raise_as(ArtefactError, "The network cannot be exported", "Export one of the catalogue."):
        program = torch.export.export(
            exportable(run),
            (example_input(run.contract),),
            dynamic_shapes=({0: torch.export.Dim("batch")},),
        )
        for node in program.graph.nodes:
            node.meta.pop("stack_trace", None)  # the paths of this machine's source files
        stored = {METADATA_FILE: metadata.model_dump_json()}
        # Of a path, the ending would be judged, and a temporary file has none.
        with path.open("wb") as file:
            torch.export.save(program, file, extra_files=stored)


class TorchProgram:
    """A network in a file that `write_torch` wrote."""

    def __init__(self, path: Path) -> None:
        with path.open("rb") as file:
            self.module = torch.export.load(file).module()

    def answer(self, values: NDArray[Any]) -> Outputs:
        """Answer values (N, *shape), in batches."""
        given = torch.from_numpy(values)
        given = given.to(torch.int64 if given.dtype != torch.uint8 else torch.uint8)
        with torch.inference_mode():
            parts = [self.module(batch) for batch in given.split(BATCH_SIZE)]
        logits, probabilities = (torch.cat(each).numpy() for each in zip(*parts, strict=True))
        return Outputs(logits, probabilities)
