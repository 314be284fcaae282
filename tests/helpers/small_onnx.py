"""Exported files with a network of one layer, written without PyTorch in milliseconds."""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from noonbit.data.go.planes import LIBERTIES_AFTER, MOST
from noonbit.data.preprocess.boards import BoardPreprocessor
from noonbit.data.preprocess.contract import Contract
from noonbit.data.preprocess.images import ImagePreprocessor
from noonbit.data.preprocess.text import TextPreprocessor
from noonbit.export.model_card import FORMAT, METADATA_KEY, ExportMetadata, ModelCard

CARD = ModelCard(
    run="20261122-141502-linear-squares",
    network="linear",
    source="squares",
    parameters=1,
    accuracy=None,
    accuracy_low=None,
    accuracy_high=None,
    test_items=0,
    weights_sha256="0" * 64,
    noonbit="0.1.0",
)
LETTERS = "ABCDEFGHJKLMNOPQRST"
PICTURES = Contract(
    preprocessor=ImagePreprocessor(height=8, width=8, channels=1),
    mean=(0.0,),
    std=(1.0,),
    class_names=("dark", "light"),
)
SENTENCES = Contract(
    preprocessor=TextPreprocessor(length=5, words=("bad", "film", "good")),
    mean=(),
    std=(),
    class_names=("neg", "pos"),
)
BOARDS = Contract(
    preprocessor=BoardPreprocessor(
        planes=48, height=19, width=19, legal=(LIBERTIES_AFTER, LIBERTIES_AFTER + MOST)
    ),
    mean=(0.0,) * 48,
    std=(1 / 255,) * 48,
    class_names=tuple(f"{letter}{row}" for row in range(19, 0, -1) for letter in LETTERS),
)


def write_linear(path: Path, contract: Contract, *, metadata: str | None = "whole") -> Path:
    """Write a file whose classes weigh the numbers of an input by their order: ascending, equal
    or descending; the metadata are left out with None, or replaced by any other text."""
    shape, classes = contract.preprocessor.shape, len(contract.class_names)
    count = int(np.prod(shape))
    weights = np.linspace(-1, 1, classes, dtype=np.float32)[None].repeat(count, axis=0)
    bias = -weights.sum(axis=0) * (127 if contract.preprocessor.input_kind == "pictures" else 2)
    kind = TensorProto.INT64 if contract.preprocessor.of_words else TensorProto.UINT8
    nodes = [
        helper.make_node("Flatten", ["values"], ["flat"]),
        helper.make_node("Cast", ["flat"], ["numbers"], to=TensorProto.FLOAT),
        helper.make_node("Gemm", ["numbers", "weights", "bias"], ["sums"]),
        helper.make_node("Mul", ["sums", "scale"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["probabilities"], axis=1),
    ]
    graph = helper.make_graph(
        nodes,
        "linear",
        [helper.make_tensor_value_info("values", kind, ["batch", *shape])],
        [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", classes])
            for name in ("logits", "probabilities")
        ],
        [
            numpy_helper.from_array(weights, "weights"),
            numpy_helper.from_array(bias.astype(np.float32), "bias"),
            numpy_helper.from_array(np.array(1e-3, np.float32), "scale"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    if metadata == "whole":
        whole = ExportMetadata(format=FORMAT, contract=contract, card=CARD)
        metadata = whole.model_dump_json()
    if metadata is not None:
        helper.set_model_props(model, {METADATA_KEY: metadata})
    onnx.save(model, path)
    return path
