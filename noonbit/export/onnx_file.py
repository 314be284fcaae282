"""Write a run's network as one ONNX file."""

import hashlib
import json
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

import torch

from noonbit.data.preprocess.contract import Contract
from noonbit.errors import ArtefactError, MissingExtra, raise_as
from noonbit.evaluation.out_of_distribution import OutOfDistributionRule
from noonbit.export.graph import INPUT_NAMES, ExportedNetwork, example_input, exportable
from noonbit.export.model_card import FORMAT, METADATA_KEY, ExportMetadata, ModelCard
from noonbit.export.onnx_model import OUTPUTS
from noonbit.runs.run import Run

if TYPE_CHECKING:
    from torch.onnx import ONNXProgram

OPSET = 20
"""The version of ONNX's operators: the newest that PyTorch's exporter writes without converting;
onnxruntime reads it since 1.17 (January 2024)."""


def write_onnx(run: Run, path: Path, rule: OutOfDistributionRule | None = None) -> None:
    """Write the network of a run to a new file, with its contract and its card.

    It takes uint8 (N, C, H, W), or int64 (N, length) word numbers, of any N. `rule` is what flags
    inputs unlike those of the training; see `familiarity.fit_rule`. Raises `ArtefactError`
    for a network that PyTorch's exporter cannot write, and `MissingExtra` without the exporter.
    """
    program = trace(exportable(run), run.contract)
    model = program.model
    for node in model.graph:
        node.metadata_props.clear()  # the exporter notes the paths of this machine's source files
        node.doc_string = None
    metadata = ExportMetadata(format=FORMAT, contract=run.contract, card=card_of(run, rule))
    model.metadata_props[METADATA_KEY] = metadata.model_dump_json()
    model.metadata_props["class_names"] = json.dumps(run.class_names, ensure_ascii=False)
    model.metadata_props["input"] = run.contract.preprocessor.describe_in_full()
    program.save(path, external_data=False)


def trace(network: ExportedNetwork, contract: Contract) -> "ONNXProgram":
    """Return the graph of a network, of any batch size; raises as `write_onnx`."""
    try:
        import onnx  # noqa: F401 - the exporter needs both
        import onnxscript  # noqa: F401
    except ImportError:
        raise MissingExtra(
            "noonbit export needs onnx and onnxscript, which are not installed: "
            "python -m pip install 'noonbit[export]'"
        ) from None
    name = INPUT_NAMES[contract.preprocessor.input_kind]
    with (
        quiet_exporter(),
        raise_as(ArtefactError, "The network cannot be exported", "Export one of the catalogue."),
    ):
        program = torch.onnx.export(
            network,
            (example_input(contract),),
            dynamo=True,
            opset_version=OPSET,
            input_names=[name],
            output_names=list(OUTPUTS),
            dynamic_shapes=({0: torch.export.Dim("batch")},),
            verbose=False,
            optimize=True,
        )
    assert program is not None  # noqa: S101 - with `dynamo`
    # A network that can only do the example's batch is traced without a word of it.
    graph = program.model.graph
    shapes = [value.shape for value in (*graph.inputs, *graph.outputs)]
    if any(shape is None or isinstance(shape[0], int) for shape in shapes):
        raise ArtefactError(
            "The network cannot be exported: its code takes one batch size only. Export one of the "
            "catalogue."
        )
    return program


def card_of(run: Run, rule: OutOfDistributionRule | None) -> ModelCard:
    """Return what an exported file says of its run; raises `ArtefactError` without weights."""
    tested = run.evaluation
    if tested is not None and not tested.items:
        tested = None
    source: str = run.metadata["source"]
    return ModelCard(
        run=run.path.name,
        network=run.metadata["model"]["name"],
        source=PurePath(source).name or source,  # where it lay is nobody's business
        parameters=run.metadata["model"]["parameters"],
        accuracy=None if tested is None else tested.accuracy,
        accuracy_low=None if tested is None else tested.accuracy_low,
        accuracy_high=None if tested is None else tested.accuracy_high,
        test_items=0 if tested is None else tested.items,
        weights_sha256=hashlib.sha256(run.weights_path.read_bytes()).hexdigest(),
        noonbit=version("noonbit"),
        unfamiliar=rule,
    )


@contextmanager
def quiet_exporter() -> Iterator[None]:
    """Silence what the exporter says of itself: deprecations inside it, libraries not installed."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
