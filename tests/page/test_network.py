"""The network inside the page gives the answers of onnxruntime, operator by operator."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import onnx
import pytest
from browser import load_scripts, watched_page
from onnx import TensorProto, helper, numpy_helper
from page_network import SCRIPTS, answers_of_page, worst_difference
from playwright.sync_api import Browser, Page

from noonbit.page.graph import lower
from noonbit.page.operator_rules.table import RULES

CLOSE = 1e-5
RANDOM = np.random.default_rng(0)


@pytest.fixture(scope="module")
def page(chromium: Browser) -> Iterator[Page]:
    """One page for all cases, with the scripts that they need."""
    with watched_page(chromium) as page:
        load_scripts(page, *SCRIPTS)
        yield page


def graph_of(
    op: str, shape: tuple[int, ...], *constants: Any, low: float = -2.0, **attributes: Any
) -> tuple[onnx.ModelProto, np.ndarray]:
    """A graph of one operator on an input of this shape and these constants, and an input.

    Constants are arrays, shapes of random ones, or "x": the input again.
    """
    names, weights = ["x"], []
    for number, constant in enumerate(constants):
        if isinstance(constant, str):
            names.append(constant)
            continue
        if isinstance(constant, tuple):
            constant = RANDOM.uniform(0.1, 1.5, constant).astype(np.float32)
        names.append("" if constant is None else f"w{number}")
        if constant is not None:
            weights.append(numpy_helper.from_array(np.asarray(constant), f"w{number}"))
    nodes = [
        helper.make_node(op, names, ["y"], **attributes),
        helper.make_node("Cast", ["y"], ["logits"], to=TensorProto.FLOAT),
        helper.make_node("Identity", ["logits"], ["probabilities"]),
    ]
    graph = helper.make_graph(
        nodes,
        "one",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, (1, *shape))],
        [
            helper.make_tensor_value_info(each, TensorProto.FLOAT, None)
            for each in ("logits", "probabilities")
        ],
        weights,
    )
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9, producer_name="test"
    )
    values = RANDOM.uniform(low, 2, shape).astype(np.float32)
    return onnx.shape_inference.infer_shapes(model, data_prop=True), values


def ints(*values: int) -> np.ndarray:
    return np.array(values, np.int64)


IMAGE = (4, 7, 6)
SHIFTED = np.linspace(-1, 1, 6, dtype=np.float32)

CASES: dict[str, Callable[[], tuple[onnx.ModelProto, np.ndarray]]] = {
    **{
        op: lambda op=op: graph_of(op, IMAGE)
        for op in ("Abs", "Ceil", "Erf", "Exp", "Floor", "HardSwish", "Identity", "Mish", "Neg")
        + ("Relu", "Sigmoid", "Sign", "Softplus", "Softsign", "Tanh", "Elu", "HardSigmoid")
        + ("LeakyRelu", "Selu", "Gelu", "Flatten")
    },
    **{op: lambda op=op: graph_of(op, IMAGE, low=0.1) for op in ("Log", "Sqrt", "Reciprocal")},
    "Gelu by tanh": lambda: graph_of("Gelu", IMAGE, approximate="tanh"),
    "Elu of 0.3": lambda: graph_of("Elu", IMAGE, alpha=0.3),
    "Clip": lambda: graph_of("Clip", IMAGE, np.float32(-0.5), np.float32(0.7)),
    "Clip above": lambda: graph_of("Clip", IMAGE, None, np.float32(0.7)),
    **{
        op: lambda op=op: graph_of(op, IMAGE, (4, 1, 1))
        for op in ("Add", "Sub", "Mul", "Div", "Max", "Min", "PRelu", "Greater", "Less")
        + ("GreaterOrEqual", "LessOrEqual")
    },
    "Pow": lambda: graph_of("Pow", IMAGE, np.float32(0.75), low=0.1),
    "Add of itself": lambda: graph_of("Add", IMAGE, "x"),
    "Sub of a row": lambda: graph_of("Sub", IMAGE, SHIFTED),
    "Equal": lambda: graph_of("Equal", IMAGE, "x"),
    "Reshape": lambda: graph_of("Reshape", IMAGE, ints(1, 4, -1)),
    "Squeeze": lambda: graph_of("Squeeze", (1, 5), ints(1)),
    "Unsqueeze": lambda: graph_of("Unsqueeze", (5,), ints(0)),
    "Cast": lambda: graph_of("Cast", IMAGE, to=TensorProto.INT64),
    "Cast to truth": lambda: graph_of("Cast", IMAGE, to=TensorProto.BOOL),
    "Transpose": lambda: graph_of("Transpose", IMAGE, perm=[0, 2, 3, 1]),
    "Expand": lambda: graph_of("Expand", (1, 5), ints(1, 3, 5)),
    "Slice": lambda: graph_of("Slice", IMAGE, ints(1, -4), ints(2**62, -1), ints(2, 3), ints(2, 1)),
    "Slice backward": lambda: graph_of("Slice", IMAGE, ints(-1), ints(-(2**62)), ints(3), ints(-1)),
    "Slice backward from the middle": lambda: graph_of(
        "Slice", IMAGE, ints(4), ints(0), ints(2), ints(-2)
    ),
    "Pad": lambda: graph_of("Pad", IMAGE, ints(0, 0, 1, 2, 0, 1, 0, 3), np.float32(0.5)),
    "Pad by the edge": lambda: graph_of("Pad", IMAGE, ints(0, 0, 2, 1, 0, 0, 2, 1), mode="edge"),
    "Pad by reflection": lambda: graph_of(
        "Pad", IMAGE, ints(0, 0, 2, 1, 0, 0, 3, 2), mode="reflect"
    ),
    "Gather": lambda: graph_of("Gather", IMAGE, ints(3, 0, -1), axis=2),
    "GatherND": lambda: graph_of("GatherND", (3, 2), np.array([[0, 2], [0, -1]])),
    "Concat": lambda: graph_of("Concat", IMAGE, (1, 2, 7, 6), "x", axis=1),
    "Concat of columns": lambda: graph_of("Concat", IMAGE, "x", (1, 4, 7, 2), axis=-1),
    "Softmax": lambda: graph_of("Softmax", IMAGE, axis=1),
    "LogSoftmax": lambda: graph_of("LogSoftmax", IMAGE, axis=-1),
    "ArgMax": lambda: graph_of("ArgMax", IMAGE, axis=2, keepdims=0),
    **{
        f"Reduce{op}": lambda op=op: graph_of(f"Reduce{op}", IMAGE, ints(1, 3), keepdims=0)
        for op in ("Max", "Min", "Mean", "Sum", "L1", "L2", "Prod", "LogSumExp", "SumSquare")
    },
    "ReduceMean of all": lambda: graph_of("ReduceMean", IMAGE),
    "GlobalAveragePool": lambda: graph_of("GlobalAveragePool", IMAGE),
    "GlobalMaxPool": lambda: graph_of("GlobalMaxPool", IMAGE),
    "Conv": lambda: graph_of("Conv", IMAGE, (6, 4, 3, 3), (6,), pads=[1, 1, 1, 1]),
    "Conv without bias": lambda: graph_of("Conv", IMAGE, (5, 4, 2, 3)),
    "Conv in groups": lambda: graph_of(
        "Conv", IMAGE, (6, 2, 3, 3), (6,), group=2, strides=[2, 1], pads=[0, 2, 1, 1]
    ),
    "Conv by channel": lambda: graph_of("Conv", IMAGE, (4, 1, 3, 3), group=4, dilations=[2, 1]),
    "Conv of rows": lambda: graph_of("Conv", (4, 9), (3, 4, 5), (3,), pads=[2, 1], strides=[2]),
    "Conv in pieces": lambda: graph_of(
        "Conv", (40, 24, 24), (9, 40, 5, 5), pads=[2, 2, 2, 2], strides=[2, 2]
    ),
    "Conv by tiles": lambda: graph_of("Conv", (6, 9, 14), (7, 6, 3, 3), (7,), pads=[1, 0, 1, 2]),
    "Conv by tiles of 5 x 5": lambda: graph_of("Conv", (40, 19, 19), (9, 40, 5, 5), (9,)),
    "Conv by tiles of 7 x 4": lambda: graph_of("Conv", IMAGE, (4, 4, 7, 4), pads=[3, 1, 3, 2]),
    "MaxPool": lambda: graph_of("MaxPool", IMAGE, kernel_shape=[2, 2], strides=[2, 2]),
    "MaxPool to the end": lambda: graph_of(
        "MaxPool", IMAGE, kernel_shape=[3, 3], strides=[2, 2], pads=[1, 0, 1, 1], ceil_mode=1
    ),
    "MaxPool spread": lambda: graph_of("MaxPool", IMAGE, kernel_shape=[2, 2], dilations=[3, 2]),
    "AveragePool": lambda: graph_of(
        "AveragePool", IMAGE, kernel_shape=[3, 2], strides=[2, 1], pads=[1, 1, 1, 0]
    ),
    "AveragePool with margins": lambda: graph_of(
        "AveragePool",
        IMAGE,
        kernel_shape=[3, 3],
        strides=[2, 2],
        pads=[1, 1, 1, 1],
        ceil_mode=1,
        count_include_pad=1,
    ),
    "AveragePool over channels": lambda: graph_of(
        "AveragePool", (1, *IMAGE), kernel_shape=[3, 1, 1]
    ),
    "Gemm": lambda: graph_of("Gemm", (12,), (5, 12), (5,), transB=1),
    "Gemm not transposed": lambda: graph_of("Gemm", (12,), (12, 7), (7,), alpha=0.5, beta=2.0),
    "MatMul": lambda: graph_of("MatMul", (3, 12), (12, 5)),
    "MatMul of itself": lambda: graph_of("MatMul", (5, 5), "x"),
    "BatchNormalization": lambda: graph_of(
        "BatchNormalization", IMAGE, (4,), (4,), (4,), (4,), epsilon=1e-3
    ),
    "LRN": lambda: graph_of("LRN", IMAGE, size=3, alpha=0.2, bias=1.5),
    "Split": lambda: split_graph(),
    "Dropout": lambda: graph_of("Dropout", IMAGE),
    "OneHot": lambda: chain(
        ("ArgMax", ["x"], {"axis": 1, "keepdims": 0}), ("OneHot", ["y0", "depth", "values"], {})
    ),
    "Where": lambda: chain(
        ("Greater", ["x", "half"], {}), ("Not", ["y0"], {}), ("Where", ["y1", "x", "half"], {})
    ),
    "And": lambda: chain(
        ("Greater", ["x", "half"], {}), ("Less", ["x", "one"], {}), ("And", ["y0", "y1"], {})
    ),
    "Or": lambda: chain(
        ("Less", ["x", "half"], {}), ("Greater", ["x", "one"], {}), ("Or", ["y0", "y1"], {})
    ),
}


def chain(*steps: tuple[str, list[str], dict[str, Any]]) -> tuple[onnx.ModelProto, np.ndarray]:
    """A graph of some operators, whose results are y0, y1 ..., with a few constants."""
    model, values = graph_of("Identity", IMAGE)
    graph = model.graph
    for name, value in {
        "half": np.float32(0.5),
        "one": np.float32(1),
        "depth": np.int64(5),
        "values": np.array([0.25, 2], np.float32),
    }.items():
        graph.initializer.append(numpy_helper.from_array(np.asarray(value), name))
    nodes = [
        helper.make_node(op, inputs, [f"y{number}"], **attributes)
        for number, (op, inputs, attributes) in enumerate(steps)
    ]
    graph.node[1].input[0] = f"y{len(steps) - 1}"
    ends = list(graph.node)[1:]
    del graph.node[:], graph.value_info[:]
    for output in graph.output:
        output.type.tensor_type.ClearField("shape")
    graph.node.extend([*nodes, *ends])
    return onnx.shape_inference.infer_shapes(model, data_prop=True), values


def split_graph() -> tuple[onnx.ModelProto, np.ndarray]:
    model, values = graph_of("Identity", IMAGE)
    graph = model.graph
    ends = list(graph.node)[1:]
    del graph.node[:], graph.value_info[:]
    graph.initializer.append(numpy_helper.from_array(ints(3, 4), "parts"))
    graph.node.extend(
        [
            helper.make_node("Split", ["x", "parts"], ["a", "b"], axis=2),
            helper.make_node("Concat", ["b", "a"], ["y"], axis=2),
            *ends,
        ]
    )
    return onnx.shape_inference.infer_shapes(model, data_prop=True), values


@pytest.mark.parametrize("name", CASES)
def test_each_operator_gives_the_numbers_of_onnxruntime(page: Page, name: str) -> None:
    model, values = CASES[name]()
    assert worst_difference(page, model, [values, values[..., ::-1]]) <= CLOSE


@pytest.mark.parametrize("name", [name for name in CASES if name.startswith("Conv")])
def test_convolutions_in_steps_of_one_are_computed_by_tiles(page: Page, name: str) -> None:
    (operator, *_) = lower(CASES[name]()[0]).operators
    suits = page.evaluate("suitsWinograd", operator.attributes)
    assert suits == (name == "Conv" or name.startswith("Conv by tiles"))


def test_every_operator_has_a_case() -> None:
    used = {node.op_type for case in CASES.values() for node in case()[0].graph.node}
    assert RULES.keys() - used == set()


def test_the_page_computes_every_operator_that_a_graph_can_hold(page: Page) -> None:
    lowered = {each.op for case in CASES.values() for each in lower(case()[0]).operators}
    known = page.evaluate("[...Object.keys(KERNELS), ...ALIASES]")
    assert lowered == set(known)


def test_an_answer_is_kept_while_the_next_is_computed(page: Page) -> None:
    model, values = graph_of("Gemm", (12,), (5, 12), (5,), transB=1)
    first, _, again = answers_of_page(page, lower(model), [values, 2 * values, values])
    assert np.array_equal(first[0], again[0])


def test_another_number_of_values_is_refused(page: Page) -> None:
    model, values = graph_of("Relu", (12,))
    with pytest.raises(Exception, match="takes 12 numbers, and here are 11"):
        answers_of_page(page, lower(model), [values[:11]])
