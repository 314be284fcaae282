"""What becomes of a network's graph, and what is refused."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from noonbit.page.graph import lower
from noonbit.page.spec import UnknownLayer


def model_of(
    nodes: list[onnx.NodeProto], shape: tuple[int | str, ...], **weights: np.ndarray
) -> onnx.ModelProto:
    """A graph from `x` to `logits`."""
    graph = helper.make_graph(
        nodes,
        "some",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(value, name) for name, value in weights.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)])


def from_module(node: onnx.NodeProto, name: str) -> onnx.NodeProto:
    """A node as the exporter writes that of a module."""
    node.metadata_props.add(
        key="pkg.torch.onnx.name_scopes", value=f"['', 'network', 'network.{name}', 'of']"
    )
    return node


def conv(given: str, out: str, weight: str, module: str) -> onnx.NodeProto:
    return from_module(helper.make_node("Conv", [given, weight], [out], pads=[1] * 4), module)


def test_an_unknown_layer_is_refused_with_its_place_and_a_way_out() -> None:
    model = model_of(
        [from_module(helper.make_node("DepthToSpace", ["x"], ["logits"], blocksize=2), "up")],
        (1, 4, 3, 3),
    )
    with pytest.raises(UnknownLayer) as error:
        lower(model, run="my-run", word="runs/my-run")
    assert str(error.value) == (
        "my-run has the layer DepthToSpace (up), which the page cannot compute. Export it as ONNX: "
        "noonbit export runs/my-run"
    )


@pytest.mark.parametrize(
    ("node", "shape", "weights", "detail"),
    [
        (
            helper.make_node("Conv", ["x", "w"], ["logits"]),
            (1, 1, 4, 4, 4),
            {"w": np.ones((1, 1, 2, 2, 2), np.float32)},
            "over 3 axes",
        ),
        (
            helper.make_node("Pad", ["x", "w"], ["logits"], mode="wrap"),
            (1, 4),
            {"w": np.array([0, 1, 0, 1])},
            "in the mode wrap",
        ),
        (
            helper.make_node("MaxPool", ["x"], ["logits"], kernel_shape=[2], auto_pad="SAME_UPPER"),
            (1, 1, 5),
            {},
            "with auto_pad",
        ),
        (helper.make_node("Max", ["x", "x", "x"], ["logits"]), (1, 4), {}, "of 3 inputs"),
        (helper.make_node("Relu", ["x"], ["logits"]), ("n", 4), {}, "whose shape depends on"),
    ],
)
def test_a_form_of_a_layer_that_is_not_computed_is_refused(
    node: onnx.NodeProto,
    shape: tuple[int | str, ...],
    weights: dict[str, np.ndarray],
    detail: str,
) -> None:
    with pytest.raises(UnknownLayer, match=f"has the layer {node.op_type} {detail}"):
        lower(model_of([node], shape, **weights))


def test_a_layer_of_another_library_is_refused() -> None:
    node = helper.make_node("Relu", ["x"], ["logits"], domain="com.example")
    model = model_of([node], (1, 4))
    model.opset_import.append(helper.make_opsetid("com.example", 1))
    with pytest.raises(UnknownLayer, match="the layer Relu"):
        lower(model)


def test_what_depends_on_constants_alone_is_computed_and_the_rest_is_kept() -> None:
    nodes = [
        helper.make_node("Add", ["one", "one"], ["two"]),
        helper.make_node("Mul", ["x", "two"], ["logits"]),
        helper.make_node("Exp", ["x"], ["unused"]),
    ]
    graph = lower(model_of(nodes, (1, 4), one=np.ones(4, np.float32)))
    assert [each.op for each in graph.operators] == ["Mul"]
    assert {name: value.tolist() for name, value in graph.weights.items()} == {"two": [2] * 4}


def test_one_matrix_that_is_used_twice_is_stored_once() -> None:
    nodes = [
        helper.make_node("Gemm", ["x", "w"], ["hidden"], transB=1),
        helper.make_node("Gemm", ["hidden", "w"], ["again"], transB=1),
        helper.make_node("Gemm", ["again", "w"], ["logits"]),
    ]
    matrix = np.arange(9, dtype=np.float32).reshape(3, 3)
    graph = lower(model_of(nodes, (1, 3), w=matrix))
    first, second, third = (each.inputs[1] for each in graph.operators)
    assert first == second != third
    assert np.array_equal(graph.weights[first], matrix)
    assert np.array_equal(graph.weights[third], matrix.T)
    assert graph.multiply_adds == 27


def test_maps_are_what_one_layer_hands_to_the_next() -> None:
    nodes = [
        helper.make_node("Sub", ["x", "mean"], ["normal"]),
        conv("normal", "c1", "w1", "features.0"),
        from_module(helper.make_node("Sigmoid", ["c1"], ["s1"]), "features.1"),
        from_module(helper.make_node("Mul", ["c1", "s1"], ["a1"]), "features.1"),
        from_module(
            helper.make_node("MaxPool", ["a1"], ["p1"], kernel_shape=[2, 2], strides=[2, 2]),
            "features.2",
        ),
        conv("p1", "c2", "w2", "features.3"),
        helper.make_node("Add", ["p1", "c2"], ["sum"]),
        from_module(helper.make_node("Relu", ["sum"], ["a2"]), "features.4"),
        helper.make_node("Flatten", ["a2"], ["flat"]),
        from_module(helper.make_node("Gemm", ["flat", "w3"], ["units"], transB=1), "head.1"),
        from_module(helper.make_node("Relu", ["units"], ["active"]), "head.2"),
        from_module(helper.make_node("Gemm", ["active", "w4"], ["logits"], transB=1), "head.3"),
    ]
    graph = lower(
        model_of(
            nodes,
            (1, 1, 6, 6),
            mean=np.ones((1, 1, 1), np.float32),
            w1=np.ones((3, 1, 3, 3), np.float32),
            w2=np.ones((3, 3, 3, 3), np.float32),
            w3=np.ones((5, 27), np.float32),
            w4=np.ones((2, 5), np.float32),
        )
    )
    assert [(each.name, each.output, each.shape) for each in graph.maps] == [
        ("convolution 1 (features.1)", "a1", [3, 6, 6]),
        ("pool 1 (features.2)", "p1", [3, 3, 3]),
        ("convolution 2 (features.4)", "a2", [3, 3, 3]),
        ("dense 1 (head.2)", "active", [5, 1, 1]),
    ]


def test_filters_over_words_are_convolutions_of_one_row() -> None:
    nodes = [
        from_module(helper.make_node("MatMul", ["x", "w"], ["responses"]), "features.1"),
        helper.make_node("ReduceMax", ["responses", "axis"], ["found"], keepdims=0),
        helper.make_node("Gemm", ["found", "w2"], ["logits"], transB=1),
    ]
    graph = lower(
        model_of(
            nodes,
            (1, 7, 4),
            w=np.ones((4, 5), np.float32),
            w2=np.ones((2, 5), np.float32),
            axis=np.array([1]),
        )
    )
    first = graph.maps[0]
    assert (first.name, first.kind, first.shape) == (
        *("convolution 1 (features.1)", "convolution"),
        [5, 1, 7],
    )
    turned = next(each for each in graph.operators if each.outputs == [first.output])
    assert (turned.op, turned.inputs, turned.attributes["strides"]) == (
        *("Strided", ["responses"]),
        [35, 1, 5],
    )


def test_a_network_that_is_asked_twice_gives_its_maps_once() -> None:
    nodes = [
        conv("x", "c1", "w", "features.0"),
        helper.make_node("Flatten", ["c1"], ["f1"]),
        helper.make_node("Gemm", ["f1", "w2"], ["l1"], transB=1),
        helper.make_node("Slice", ["x", "start", "end", "axis", "step"], ["mirrored"]),
        conv("mirrored", "c2", "w", "features.0"),
        helper.make_node("Flatten", ["c2"], ["f2"]),
        helper.make_node("Gemm", ["f2", "w2"], ["l2"], transB=1),
        helper.make_node("Add", ["l1", "l2"], ["logits"]),
    ]
    places = {"start": [-1], "end": [-100], "axis": [3], "step": [-1]}
    graph = lower(
        model_of(
            nodes,
            (1, 1, 4, 4),
            w=np.ones((2, 1, 3, 3), np.float32),
            w2=np.ones((2, 32), np.float32),
            **{name: np.array(value) for name, value in places.items()},
        )
    )
    assert [each.output for each in graph.maps] == ["c1"]
