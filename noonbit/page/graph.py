"""Lower an ONNX graph of batch 1 to the operators that the page computes (network.js).

ONNX has some 200 operators, each with defaults, several ways to give a setting, and shapes that may
depend on values. The page has one way for each: settings are written out, constants are computed
here, batch norms are a scale and a shift, matrices lie as (outputs, inputs), and what only moves
numbers says from where (offset and strides). So network.js has no defaults, and what it cannot
compute is refused here, by name, before anything is written.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from noonbit.data.preprocess.contract import Contract
from noonbit.errors import ArtefactError, raise_as
from noonbit.export.graph import INPUT_NAMES, ExportedNetwork, example_input, exportable
from noonbit.export.onnx_file import OPSET, quiet_exporter
from noonbit.export.onnx_model import OUTPUTS
from noonbit.page.layer_maps import find_maps
from noonbit.page.operator_rules.node import GraphState, Node
from noonbit.page.operator_rules.strides import contiguous_strides
from noonbit.page.operator_rules.table import RULES
from noonbit.page.spec import Attributes, Operator, PageGraph
from noonbit.runs.run import Run

if TYPE_CHECKING:
    from onnx import ModelProto, NodeProto


def trace(run: Run) -> "ModelProto":
    """The network of a run as an ONNX graph for one input; polarity is left to the page.

    Takes 2 to 7 s, a minute for resnet152. Raises `ArtefactError` for a network that cannot be
    exported.
    """
    return trace_network(exportable(run, with_polarity=False), run.contract)


def trace_network(network: ExportedNetwork, contract: Contract) -> "ModelProto":
    """The same of a network; a batch of 1 lets the exporter compute all shapes."""
    import torch

    with (
        quiet_exporter(),
        raise_as(ArtefactError, "The network cannot be exported", "Export one of the catalogue."),
    ):
        program = torch.onnx.export(
            network,
            (example_input(contract, batch=1),),
            dynamo=True,
            opset_version=OPSET,
            input_names=[INPUT_NAMES[contract.preprocessor.input_kind]],
            output_names=list(OUTPUTS),
            verbose=False,
            optimize=True,
        )
    assert program is not None  # noqa: S101 - with `dynamo`
    return program.model_proto


def lower(model: "ModelProto", *, run: str = "This network", word: str = "RUN") -> PageGraph:
    """Lower a graph whose batch is 1 and whose outputs are `logits` and `probabilities`.

    `run` and `word` name the run in messages: as a person and as a command does. Raises
    `UnknownLayer` for what the page does not know. Takes 0.1 s for glance, 2 s for resnet110.
    """
    return Lowering(model, run, word).graph()


class Lowering:
    """One graph, on its way."""

    def __init__(self, model: "ModelProto", run: str, word: str) -> None:
        from onnx import numpy_helper, shape_inference

        self.proto = shape_inference.infer_shapes(model, data_prop=True).graph
        self.opsets = list(model.opset_import)
        self.constants: dict[str, NDArray[Any]] = {
            each.name: numpy_helper.to_array(each) for each in self.proto.initializer
        }
        self.state = GraphState(run, word, self.constants)
        self.shapes: dict[str, tuple[int, ...]] = {
            name: value.shape for name, value in self.constants.items()
        }
        self.types: dict[str, int] = {}
        for value in (*self.proto.input, *self.proto.value_info, *self.proto.output):
            tensor = value.type.tensor_type
            self.types[value.name] = tensor.elem_type
            sides = [side.dim_value for side in tensor.shape.dim]
            if tensor.HasField("shape") and all(
                side.HasField("dim_value") for side in tensor.shape.dim
            ):
                self.shapes.setdefault(value.name, tuple(sides))

    def graph(self) -> PageGraph:
        """Lower every node that depends on the input."""
        operators: list[Operator] = []
        for proto in self.proto.node:
            if all(name in self.constants for name in proto.input if name):
                self.fold(proto)
            elif proto.op_type == "Split":
                operators += self.split(proto)
            else:
                operators.append(self.operator(proto))
        operators = keep_needed(operators, [each.name for each in self.proto.output])
        maps, turned = find_maps(operators)
        operators += turned
        inputs = {name for each in operators for name in each.inputs}
        (given,) = self.proto.input
        return PageGraph(
            input=given.name,
            input_shape=list(self.shapes[given.name][1:]),
            input_dtype=self.dtype_of(given.name),
            operators=operators,
            outputs={each.name: each.name for each in self.proto.output},
            maps=maps,
            weights={
                name: self.state.stored(name)
                for name in sorted(inputs)
                if self.state.is_weight(name)
            },
            multiply_adds=self.state.multiply_adds,
        )

    def operator(self, proto: "NodeProto") -> Operator:
        """Lower one node."""
        rule = RULES.get(proto.op_type) if proto.domain in ("", "ai.onnx") else None
        if rule is None:
            raise self.state.unknown(proto.op_type, module_of(proto))
        node = self.read(proto)
        op, inputs, attributes = rule(node)
        return self.finish(op, inputs, proto.output[0], attributes, node.module, node.shape)

    def finish(
        self,
        op: str,
        inputs: list[str],
        output: str,
        attributes: Attributes,
        module: str,
        shape: tuple[int, ...],
    ) -> Operator:
        """Make an operator, with the type of its output."""
        dtype = self.dtype_of(output)
        return Operator(op, inputs, [output], attributes, module, list(shape), dtype)

    def dtype_of(self, name: str) -> str:
        """The type of a result in the page."""
        from onnx import TensorProto

        floats = (TensorProto.FLOAT, TensorProto.DOUBLE, TensorProto.FLOAT16, None)
        return "float32" if self.types.get(name) in floats else "int32"

    def split(self, proto: "NodeProto") -> list[Operator]:
        """Split as a slice for each part."""
        module, shape = module_of(proto), self.shape_of(proto.input[0], proto)
        attributes = attributes_of(proto)
        axis, first, slices = attributes.get("axis", 0) % len(shape), 0, []
        strides = contiguous_strides(shape)
        for output in proto.output:
            part = self.shape_of(output, proto)
            settings = {"offset": first * strides[axis], "strides": strides}
            slices.append(self.finish("Strided", [proto.input[0]], output, settings, module, part))
            first += part[axis]
        return slices

    def read(self, proto: "NodeProto") -> Node:
        """A node with its settings, shapes and constants."""
        given = list(proto.input)
        return Node(
            proto,
            given,
            attributes_of(proto),
            [self.shape_of(name, proto) if name else () for name in given],
            [self.constants.get(name) for name in given],
            self.shape_of(proto.output[0], proto),
            module_of(proto),
            self.state,
        )

    def shape_of(self, name: str, proto: "NodeProto") -> tuple[int, ...]:
        """The shape of a result; refuses one that depends on the numbers of the input."""
        if name not in self.shapes:
            raise self.state.unknown(
                proto.op_type, module_of(proto), "whose shape depends on the input"
            )
        return self.shapes[name]

    def fold(self, proto: "NodeProto") -> None:
        """Compute a node that depends on constants alone."""
        from onnx import helper
        from onnx.reference import ReferenceEvaluator

        names = [name for name in proto.input if name]
        graph = helper.make_graph(
            [proto],
            "constant",
            [
                helper.make_tensor_value_info(
                    name,
                    helper.np_dtype_to_tensor_dtype(self.constants[name].dtype),
                    self.constants[name].shape,
                )
                for name in names
            ],
            [helper.make_empty_tensor_value_info(name) for name in proto.output],
        )
        evaluator = ReferenceEvaluator(helper.make_model(graph, opset_imports=self.opsets))
        results = evaluator.run(None, {name: self.constants[name] for name in names})
        for name, value in zip(proto.output, results, strict=True):
            self.constants[name] = np.asarray(value)
            self.shapes[name] = self.constants[name].shape


def attributes_of(proto: "NodeProto") -> Attributes:
    """The attributes of a node by name."""
    from onnx import helper

    return {each.name: helper.get_attribute_value(each) for each in proto.attribute}


def module_of(proto: "NodeProto") -> str:
    """The dotted name of the module that a node comes from, as the exporter notes it."""
    for each in proto.metadata_props:
        if each.key == "pkg.torch.onnx.name_scopes":
            scopes = each.value.strip("[]").replace("'", "").split(", ")
            parts = scopes[-2].split(".") if len(scopes) > 1 else []
            # What the exported network, views and members call the network inside them.
            return ".".join(part for part in parts if part != "network")
    return ""


def keep_needed(operators: Sequence[Operator], outputs: Sequence[str]) -> list[Operator]:
    """The operators that the outputs depend on, in order."""
    needed, kept = set(outputs), []
    for operator in reversed(operators):
        if operator.outputs[0] in needed:
            needed.update(operator.inputs)
            kept.append(operator)
    return kept[::-1]
