"""An exported network in int8 answers nearly as in float32, and what gains nothing is refused."""

from collections import Counter
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from noonbit.config.recipe import Recipe
from noonbit.data.preprocess.contract import Contract
from noonbit.data.preprocess.text import TextPreprocessor
from noonbit.errors import ArtefactError, UsageError
from noonbit.export.model_card import METADATA_KEY, ExportMetadata
from noonbit.export.onnx_file import write_onnx
from noonbit.export.onnx_model import OnnxModel
from noonbit.export.quantise import CALIBRATION_ITEMS, quantise_int8
from noonbit.export.sampling import take_evenly
from noonbit.jobs.train import train
from noonbit.runs.run import Run


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A convolutional network of the digits."""
    out = tmp_path_factory.mktemp("runs") / "glimpse"
    return train("digits", Recipe(model="glimpse", epochs=3, threads=1), out=out)


@pytest.fixture(scope="module")
def calibration(run: Run) -> np.ndarray:
    items = run.items()
    return items.values[take_evenly(items.split.train, CALIBRATION_ITEMS)]


@pytest.fixture(scope="module")
def files(
    run: Run, calibration: np.ndarray, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Path]:
    """The float32 and the int8 file."""
    folder = tmp_path_factory.mktemp("quantised")
    before, after = folder / "digits.onnx", folder / "digits-int8.onnx"
    write_onnx(run, before)
    quantise_int8(before, calibration, after)
    return before, after


def test_test_items_get_nearly_the_same_probabilities(run, files):
    items = run.items()
    values = items.values[items.split.test]
    before, after = (OnnxModel.open(path, threads=1).probabilities(values) for path in files)
    assert (before.argmax(axis=1) == after.argmax(axis=1)).mean() > 0.97
    difference = np.abs(before - after)
    assert 0 < difference.mean() < 0.01  # equal ones would mean that nothing was quantised
    assert files[1].stat().st_size < 0.5 * files[0].stat().st_size


def test_every_number_of_inputs_is_answered(run, files, calibration):
    model = OnnxModel.open(files[1], threads=1)
    together = model.probabilities(calibration[:7])
    for count in (1, 2, 7):
        assert model.probabilities(calibration[:count]) == pytest.approx(together[:count], abs=1e-6)


def test_products_are_of_bytes_and_all_else_stays_float(files):
    model = onnx.load(files[1])
    makers = {output: node for node in model.graph.node for output in node.output}
    products = [node for node in model.graph.node if node.op_type in ("Conv", "Gemm")]
    assert Counter(node.op_type for node in products) == Counter(
        node.op_type for node in onnx.load(files[0]).graph.node if node.op_type in ("Conv", "Gemm")
    )
    for node in products:
        assert [makers[name].op_type for name in node.input[:2]] == ["DequantizeLinear"] * 2
    stored = {each.name: numpy_helper.to_array(each) for each in model.graph.initializer}
    for node in products:
        weights, scales = (stored[name] for name in makers[node.input[1]].input[:2])
        assert weights.dtype == np.int8
        # 7 bits, so that two products with uint8 fit into 16 bits: 2 * 64 * 255 < 2**15.
        assert np.abs(weights.astype(int)).max() <= 64
        assert scales.size > 1  # one for each filter
        assert stored[makers[node.input[0]].input[2]].dtype == np.uint8
    (softmax,) = (node for node in model.graph.node if node.op_type == "Softmax")
    assert makers[softmax.input[0]].op_type == "Div"  # by the temperature


def test_the_file_says_that_it_is_quantised_and_keeps_its_contract(files):
    before, after = (OnnxModel.open(path, threads=1) for path in files)
    assert after.contract == before.contract
    assert after.card == before.card.model_copy(update={"quantised": "int8"})
    kept = {entry.key for entry in onnx.load(files[0]).metadata_props}
    assert {entry.key for entry in onnx.load(files[1]).metadata_props} == kept


def test_nothing_is_printed_or_logged(files, calibration, tmp_path, capfd, caplog):
    quantise_int8(files[0], calibration, tmp_path / "again.onnx")
    captured = capfd.readouterr()
    assert captured.out + captured.err + caplog.text == ""


def test_without_training_items_it_is_refused(files, calibration, tmp_path):
    with pytest.raises(UsageError, match="needs training items"):
        quantise_int8(files[0], calibration[:0], tmp_path / "out.onnx")
    assert not list(tmp_path.iterdir())


def test_a_network_of_sentences_is_refused_with_the_reason(files, calibration, tmp_path):
    contract = Contract.unit(TextPreprocessor(length=3, words=("bad", "good")), ("no", "yes"))
    path = with_metadata(files[0], tmp_path / "sentences.onnx", contract=contract)
    with pytest.raises(UsageError, match=r"not for sentences.*looked up"):
        quantise_int8(path, calibration, tmp_path / "out.onnx")
    assert not (tmp_path / "out.onnx").exists()


def test_a_network_without_products_is_refused_by_its_name(files, calibration, tmp_path):
    model = onnx.load(files[0])
    del model.graph.node[:]
    onnx.save(model, tmp_path / "empty.onnx")
    with pytest.raises(UsageError, match="glimpse has none"):
        quantise_int8(tmp_path / "empty.onnx", calibration, tmp_path / "out.onnx")


@pytest.mark.parametrize("damage", ["cut", "foreign"])
def test_a_file_that_is_not_of_noonbit_is_refused(files, calibration, tmp_path, damage):
    path = tmp_path / "given.onnx"
    if damage == "cut":
        path.write_bytes(files[0].read_bytes()[:1000])
    else:
        model = onnx.load(files[0])
        del model.metadata_props[:]
        onnx.save(model, path)
    with pytest.raises(ArtefactError, match="is no ONNX file of noonbit"):
        quantise_int8(path, calibration, tmp_path / "out.onnx")
    assert [each.name for each in tmp_path.iterdir()] == ["given.onnx"]


def test_values_of_another_shape_leave_no_file(files, calibration, tmp_path):
    with pytest.raises(ArtefactError, match="cannot be quantised"):
        quantise_int8(files[0], calibration[:, :, 1:], tmp_path / "out.onnx")
    assert not list(tmp_path.iterdir())


def with_metadata(source: Path, path: Path, *, contract: Contract) -> Path:
    """Write a copy of a file that speaks of another contract."""
    model = onnx.load(source)
    stored = {entry.key: entry.value for entry in model.metadata_props}
    metadata = ExportMetadata.model_validate_json(stored[METADATA_KEY])
    changed = metadata.model_copy(update={"contract": contract})
    onnx.helper.set_model_props(model, {**stored, METADATA_KEY: changed.model_dump_json()})
    onnx.save(model, path)
    return path
