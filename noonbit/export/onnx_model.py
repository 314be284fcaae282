"""An exported ONNX file, which answers by onnxruntime; PyTorch is never imported.

model = OnnxModel.open(Path("model.onnx"))
model.contract.preprocessor.transform_one(picture)      a picture as the values that it takes
model.answer(values)                                    their logits and probabilities
model.predict("photos")                                 classes and probabilities, as a run's
model.evaluate("mnist")                                 metrics on labelled data, as a run's
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter

from noonbit.config.read_options import ReadOptions
from noonbit.data.dataset import Indices
from noonbit.data.preprocess.base import Values
from noonbit.data.preprocess.contract import Contract
from noonbit.errors import ArtefactError, ArtefactNotFound, UsageError, raise_as
from noonbit.evaluation.inference import Predictions, Probabilities, predict
from noonbit.export.model_card import METADATA_KEY, ExportMetadata, ModelCard
from noonbit.system.artefacts import parse_artefact, read_artefact
from noonbit.system.hardware import usable_cpus
from noonbit.system.onnx_runtime import load_onnxruntime
from noonbit.system.paths import exists
from noonbit.terminal import shell_word

if TYPE_CHECKING:
    import onnxruntime

    from noonbit.evaluation.metrics import Evaluation

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
        if not exists(path):
            raise ArtefactNotFound(f"{path} does not exist. Make one: noonbit export RUN")
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
    def word(self) -> str:
        """The file as an argument of a command, quoted."""
        return shell_word(str(self.path))

    @property
    def source(self) -> str:
        """The data that trained it, as the user named them."""
        return self.card.source

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

    def probabilities(self, values: Values, rows: Indices | None = None) -> Probabilities:
        """Values (N, *shape), or those at `rows` (M,) -> probabilities (N or M, classes).

        A batch at a time, so values in a mapped file are never all in memory. Raises as `answer`.
        """
        rows = np.arange(len(values)) if rows is None else rows
        answers = np.empty((len(rows), len(self.class_names)), np.float32)
        for first in range(0, len(rows), BATCH_SIZE):
            batch = slice(first, first + BATCH_SIZE)
            answers[batch] = self.answer_batch(values[rows[batch]]).probabilities
        return answers

    def predict(
        self,
        inputs: Any,
        *,
        options: ReadOptions = ReadOptions(),  # noqa: B008 - frozen
    ) -> Predictions:
        """Predict classes and probabilities for any input; see `Run.predict`."""
        return predict(self, inputs, options=options)

    def evaluate(
        self,
        source: str | Path | None,
        *,
        data_dir: Path | None = None,
        options: ReadOptions = ReadOptions(),  # noqa: B008 - frozen
    ) -> "Evaluation":
        """Evaluate on labelled data: on their test part, or on all of them if there is none.

        Raises `UsageError` without a source, and `DataError` for a class that the network does not
        know.
        """
        if source is None:
            raise UsageError(
                f"{self.path} has no data of its own. Name some: "
                f"noonbit evaluate {self.word} SOURCE"
            )
        from noonbit.data import open_data
        from noonbit.evaluation.other_source import evaluate_source, prepare_whole

        data = open_data(source, data_dir=data_dir, options=options)
        items = prepare_whole(data, self.contract.preprocessor, on_bad="fail")
        return evaluate_source(self, items, name=self.path.name)


def start_session(content: bytes, path: Path, threads: int) -> "onnxruntime.InferenceSession":
    """Have onnxruntime read a file's bytes; raises as `OnnxModel.open`."""
    onnxruntime = load_onnxruntime()
    options = onnxruntime.SessionOptions()
    # Left to itself, it starts a thread for each core of the machine and pins it, whatever the
    # container may use (onnxruntime#8313, #10166).
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Threads that wait by spinning are quick within a batch; between batches, they would take the
    # processors from whoever brings the next one.
    options.add_session_config_entry("session.force_spinning_stop", "1")
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
