"""Write an exported network with products of bytes instead of floats, in a third of the bytes.

Nagel and others, "A white paper on neural network quantization", 2021. Weights and what flows into
each convolution and dense layer become 8-bit numbers with a scale (QDQ form, of `onnxruntime`);
preparation, batch norms, activations, temperature and softmax stay float32.

Of the ways that onnxruntime has (figures in docs/performance.md), this one was the best:

    static        dynamic scales are computed anew for every input: half of float32's speed
    uint8, int8   activations uint8 and weights int8, the order that processors multiply in
    7 bits        without VNNI, sums of two 8-bit products overflow (VPMADDUBSW): 1.5 points worse
    by channel    one scale a filter, as the paper advises; it costs nothing
    least, most   of the calibration items; limits by entropy or percentiles were no better
"""

import contextlib
import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from noonbit.data.preprocess.contract import Contract
from noonbit.errors import ArtefactError, MissingExtra, UsageError, raise_as
from noonbit.export.model_card import METADATA_KEY, ExportMetadata
from noonbit.export.onnx_model import BATCH_SIZE, MOST_BYTES
from noonbit.system.artefacts import read_artefact
from noonbit.system.files import write
from noonbit.system.onnx_runtime import load_onnxruntime

CALIBRATION_ITEMS = 256
"""Training items by which the ranges are found."""
QUANTISED_OPERATORS = ("Conv", "Gemm", "MatMul")
FAILED = "The network cannot be quantised"
RESTORE = "Export the run again without --quantise."


def require_quantisable(contract: Contract) -> None:
    """Raise `UsageError` for networks that would gain nothing."""
    if contract.preprocessor.of_words:
        raise UsageError(
            "--quantise int8 is not for sentences: nearly all of such a file are the vectors of "
            "its words, which are looked up and not multiplied. Leave it out."
        )


def quantise_int8(onnx_path: Path, calibration_values: NDArray[Any], out_path: Path) -> None:
    """Write a file of `write_onnx` with int8 weights and uint8 activations to a new file.

    `calibration_values` (N, *shape) are training items, as the network takes them; 256 are enough.
    Takes seconds. Raises `UsageError` for a network without anything to quantise or without items,
    `ArtefactError` for a file that is not of noonbit, and `MissingExtra` without onnx.
    """
    try:
        import onnx

        load_onnxruntime()
        from onnxruntime.quantization import QuantFormat, QuantType, quantize_static
    except ImportError:
        raise MissingExtra(
            "--quantise needs onnx and onnxruntime, which are not installed: "
            "python -m pip install 'noonbit[export]'"
        ) from None
    if not len(calibration_values):
        raise UsageError("--quantise int8 needs training items, and there are none. Leave it out.")
    with raise_as(ArtefactError, f"{onnx_path} is no ONNX file of noonbit", RESTORE):
        model = onnx.load_from_string(read_artefact(onnx_path, most_bytes=MOST_BYTES))
        stored = {entry.key: entry.value for entry in model.metadata_props}
        metadata = ExportMetadata.model_validate_json(stored[METADATA_KEY])
    require_quantisable(metadata.contract)
    if not any(node.op_type in QUANTISED_OPERATORS for node in model.graph.node):
        raise UsageError(
            f"--quantise int8 is for convolutions and dense layers, and {metadata.card.network} "
            "has none. Leave it out."
        )

    def fill(temporary: Path) -> None:
        with quiet_quantisation(), raise_as(ArtefactError, FAILED, RESTORE):
            quantize_static(
                model,
                temporary,
                CalibrationBatches(model.graph.input[0].name, calibration_values),
                quant_format=QuantFormat.QDQ,
                op_types_to_quantize=list(QUANTISED_OPERATORS),
                activation_type=QuantType.QUInt8,
                weight_type=QuantType.QInt8,
                per_channel=True,
                reduce_range=True,
            )
            quantised = onnx.load(temporary)
            card = metadata.card.model_copy(update={"quantised": "int8"})
            stored[METADATA_KEY] = metadata.model_copy(update={"card": card}).model_dump_json()
            onnx.helper.set_model_props(quantised, stored)
            onnx.save(quantised, temporary)

    write(out_path, fill)


class CalibrationBatches:
    """Values (N, *shape) in batches, in the form of `onnxruntime`'s `CalibrationDataReader`."""

    def __init__(self, input_name: str, values: NDArray[Any]) -> None:
        batches = range(0, len(values), BATCH_SIZE)
        self._feeds = iter(
            {input_name: np.ascontiguousarray(values[first : first + BATCH_SIZE])}
            for first in batches
        )

    def get_next(self) -> dict[str, NDArray[Any]] | None:
        """Return the next batch, or None after the last."""
        return next(self._feeds, None)


@contextmanager
def quiet_quantisation() -> Iterator[None]:
    """Silence the advice that onnxruntime's quantiser prints and logs."""
    logger = logging.getLogger()
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            yield
    finally:
        logger.setLevel(level)
