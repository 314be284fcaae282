"""An exported ONNX file, which answers by onnxruntime; PyTorch is never imported.

model = OnnxModel.open(Path("model.onnx"))
model.contract.preprocessor.transform_one(picture)      a picture as the values that it takes
model.answer(values)                                    their logits and probabilities
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter

from noonbit.data.preprocess.contract import Contract
from noonbit.errors import ArtefactError, MissingExtra, raise_as
from noonbit.export.model_card import METADATA_KEY, ExportMetadata, ModelCard
from noonbit.system.artefacts import parse_artefact, read_artefact
from noonbit.system.hardware import usable_cpus

if TYPE_CHECKING:
    import onnxruntime

BATCH_SIZE = 64
"""Inputs that onnxruntime answers at once; more inputs take several such steps."""
MOST_BYTES = 2**31
"""Of a file: what the format can hold."""
RESTORE = "Export the run again: noonbit export RUN"
OUTPUTS = ("logits", "probabilities")
METADATA_ADAPTER = TypeAdapter(ExportMetadata)


@dataclass(frozen=True, slots=True)
class Outputs:
    """What a network answers, float32 (N, classes) each; classes in the order of the contract."""

    logits: NDArray[np.float32]
    probabilities: NDArray[np.float32]
    """After the contract's temperature; rows sum to 1."""


class OnnxModel:
    """A network in a file that `noonbit export` wrote. Thread-safe."""

    def __init__(
        self, path: Path, session: "onnxruntime.InferenceSession", metadata: ExportMetadata
    ) -> None:
        self.path = path
        self.session = session
        self.contract: Contract = metadata.contract
        self.card: ModelCard = metadata.card
        (graph_input,) = session.get_inputs()
        self.input_name: str = graph_input.name
        self._dtype = np.int64 if self.contract.preprocessor.of_words else np.uint8

    @classmethod
    def open(cls, path: Path, *, threads: int | None = None) -> "OnnxModel":
        """Read a file, for `threads` threads (None: the processors that this process may use).

        Raises `ArtefactError` for a file that is damaged, or that noonbit did not write, and
        `MissingExtra` without onnxruntime.
        """
        content = read_artefact(path, most_bytes=MOST_BYTES)
        session = start_session(content, path, threads or usable_cpus())
        stored = session.get_modelmeta().custom_metadata_map.get(METADATA_KEY)
        if stored is None:
            raise ArtefactError(
                f"{path} does not say how a picture becomes its input: noonbit did not write it. "
                "Use a file of noonbit export RUN."
            )
        with raise_as(ArtefactError, f"{path} is damaged", RESTORE):
            plain = TypeAdapter(dict[str, Any]).validate_json(stored)
        model = parse_artefact(METADATA_ADAPTER, plain, path)
        require_fitting(session, model.contract, path)
        return cls(path, session, model)

    @property
    def class_names(self) -> tuple[str, ...]:
        """In the order of the outputs."""
        return self.contract.class_names

    def answer(self, values: NDArray[Any]) -> Outputs:
        """Answer values (N, *shape): uint8 images or planes, integer word numbers.

        Raises `ArtefactError` for outputs that are not finite.
        """
        parts = [
            self.answer_batch(values[first : first + BATCH_SIZE])
            for first in range(0, len(values), BATCH_SIZE)
        ]
        if len(parts) == 1:
            return parts[0]
        empty = np.zeros((0, len(self.class_names)), np.float32)
        return Outputs(
            np.concatenate([empty, *(part.logits for part in parts)]),
            np.concatenate([empty, *(part.probabilities for part in parts)]),
        )

    def answer_batch(self, values: NDArray[Any]) -> Outputs:
        """As `answer`, in one step."""
        given = np.ascontiguousarray(values, self._dtype)
        logits, probabilities = self.session.run(OUTPUTS, {self.input_name: given})
        if not np.isfinite(probabilities).all():
            raise ArtefactError(
                f"The outputs of {self.path} are not finite: its weights are damaged. {RESTORE}"
            )
        return Outputs(logits, probabilities)

    def probabilities(self, values: NDArray[Any]) -> NDArray[np.float32]:
        """Values (N, *shape) -> probabilities (N, classes)."""
        return self.answer(values).probabilities


def start_session(content: bytes, path: Path, threads: int) -> "onnxruntime.InferenceSession":
    """Have onnxruntime read a file's bytes; raises as `OnnxModel.open`."""
    try:
        import onnxruntime
    except ImportError:
        raise MissingExtra(
            "ONNX files are run by onnxruntime, which is not installed: "
            "python -m pip install 'noonbit[export]'"
        ) from None
    onnxruntime.set_default_logger_severity(3)
    options = onnxruntime.SessionOptions()
    # Left to itself, it starts a thread for each core of the machine and pins it, whatever the
    # container may use (onnxruntime#8313, #10166).
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # The arena keeps the largest of every batch size that it has seen (onnxruntime#22271).
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 3
    with raise_as(ArtefactError, f"{path} is no ONNX file that can be run", RESTORE):
        return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])


def require_fitting(
    session: "onnxruntime.InferenceSession", contract: Contract, path: Path
) -> None:
    """Raise `ArtefactError` unless inputs and outputs are those that the contract describes."""
    inputs, outputs = session.get_inputs(), [output.name for output in session.get_outputs()]
    preprocessor = contract.preprocessor
    type_name = "tensor(int64)" if preprocessor.of_words else "tensor(uint8)"
    shapes = [tuple(each.shape[1:]) for each in inputs]
    classes = {output.shape[1] for output in session.get_outputs() if len(output.shape) == 2}
    if (
        shapes != [preprocessor.shape]
        or inputs[0].type != type_name
        or tuple(outputs) != OUTPUTS
        or classes != {len(contract.class_names)}
    ):
        raise ArtefactError(
            f"{path} takes {describe(inputs)} and gives {', '.join(outputs)}; its metadata speak "
            f"of {preprocessor.describe()} and {len(contract.class_names)} classes. {RESTORE}"
        )


def describe(inputs: Sequence[Any]) -> str:
    """Return `images: tensor(uint8) ['batch', 1, 28, 28]`."""
    return ", ".join(f"{each.name}: {each.type} {each.shape}" for each in inputs)
