"""Reading an exported file, which may come from anybody."""

import json
import subprocess
import sys

import numpy as np
import onnx
import pytest

from noonbit.errors import ArtefactError, ArtefactNotFound, MissingExtra
from noonbit.export.model_card import METADATA_KEY
from noonbit.export.onnx_model import BATCH_SIZE, OnnxModel


def changed(path, target, change):
    """Write a copy of a file with other metadata; `change` edits the plain values."""
    model = onnx.load(path)
    for entry in model.metadata_props:
        if entry.key == METADATA_KEY:
            plain = json.loads(entry.value)
            change(plain)
            entry.value = json.dumps(plain)
    onnx.save(model, target)
    return target


def test_many_inputs_are_answered_as_each_alone(digits_onnx):
    model = OnnxModel.open(digits_onnx, threads=1)
    values = np.random.default_rng(0).integers(0, 256, (2 * BATCH_SIZE + 1, 1, 8, 8), np.uint8)
    together = model.answer(values)
    for row in (0, BATCH_SIZE - 1, BATCH_SIZE, 2 * BATCH_SIZE):
        alone = model.answer(values[row : row + 1])
        np.testing.assert_allclose(alone.logits[0], together.logits[row], atol=1e-5)
        np.testing.assert_allclose(alone.probabilities[0], together.probabilities[row], atol=1e-6)
    assert model.answer(values[:0]).logits.shape == (0, 10)


def test_a_file_is_read_without_pytorch(digits_onnx):
    code = (
        "import sys\nfrom pathlib import Path\nimport numpy as np\n"
        "from noonbit.export.onnx_model import OnnxModel\n"
        f"model = OnnxModel.open(Path({str(digits_onnx)!r}))\n"
        "model.answer(np.zeros((1, 1, 8, 8), np.uint8))\n"
        "sys.exit('torch' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ArtefactNotFound, match=r"model\.onnx does not exist"):
        OnnxModel.open(tmp_path / "model.onnx")


def test_a_file_of_others_is_refused_with_what_it_lacks(tmp_path):
    node = onnx.helper.make_node("Identity", ["a"], ["b"])
    values = [
        onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, ["n", 3]) for name in "ab"
    ]
    graph = onnx.helper.make_graph([node], "foreign", values[:1], values[1:])
    model = onnx.helper.make_model(
        graph, opset_imports=[onnx.helper.make_opsetid("", 20)], ir_version=10
    )
    onnx.save(model, tmp_path / "foreign.onnx")
    with pytest.raises(
        ArtefactError, match=r"noonbit did not write it\. Use a file of noonbit exp"
    ):
        OnnxModel.open(tmp_path / "foreign.onnx")


@pytest.mark.parametrize("content", [b"", b"\x08\x0a", b"not a model", b"\x00" * 999])
def test_what_is_no_onnx_file_is_one_sentence(tmp_path, content):
    (tmp_path / "model.onnx").write_bytes(content)
    with pytest.raises(ArtefactError, match=r"model\.onnx (is no ONNX file|does not say)"):
        OnnxModel.open(tmp_path / "model.onnx")


def test_a_cut_off_file_is_one_sentence(digits_onnx, tmp_path):
    content = digits_onnx.read_bytes()
    for share in (0.1, 0.5, 0.9, 0.999):
        (tmp_path / "model.onnx").write_bytes(content[: int(share * len(content))])
        with pytest.raises(ArtefactError, match=r"model\.onnx (is|does)"):
            OnnxModel.open(tmp_path / "model.onnx")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda plain: plain.update(format=2), "has the format 2, and this version reads up to 1"),
        (lambda plain: plain.pop("contract"), "contract is missing"),
        (lambda plain: plain["contract"].update(temperature=0), "temperature"),
        (lambda plain: plain["contract"]["class_names"].pop(), "and 9 classes"),
        (lambda plain: plain["contract"]["preprocessor"].update(height=9), "size"),
        (lambda plain: plain["card"].update(weights_sha256="x"), "weights_sha256"),
    ],
)
def test_metadata_that_do_not_fit_the_graph_are_refused(digits_onnx, tmp_path, change, sentence):
    path = changed(digits_onnx, tmp_path / "changed.onnx", change)
    with pytest.raises(ArtefactError, match=sentence):
        OnnxModel.open(path)


def test_outputs_that_are_no_numbers_are_refused(digits_onnx, tmp_path):
    model = onnx.load(digits_onnx)
    for tensor in model.graph.initializer:
        if tensor.data_type == onnx.TensorProto.FLOAT and len(tensor.dims) == 2:
            tensor.raw_data = np.full(tuple(tensor.dims), np.nan, np.float32).tobytes()
    onnx.save(model, tmp_path / "damaged.onnx")
    with pytest.raises(ArtefactError, match="are not finite"):
        OnnxModel.open(tmp_path / "damaged.onnx").answer(np.ones((1, 1, 8, 8), np.uint8))


def test_without_onnxruntime_the_sentence_says_what_to_install(digits_onnx, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(MissingExtra, match=r"pip install 'noonbit\[export\]'"):
        OnnxModel.open(digits_onnx)
