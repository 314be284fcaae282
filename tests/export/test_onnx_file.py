"""Writing a network as one ONNX file."""

import json
import shutil

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from torch import nn

from noonbit.config.recipe import Recipe
from noonbit.data.dataset import Sentences
from noonbit.data.preprocess.contract import Contract
from noonbit.data.preprocess.registry import INPUT_KINDS
from noonbit.errors import ArtefactError
from noonbit.export.graph import INPUT_NAMES, ExportedNetwork
from noonbit.export.onnx_file import OPSET, card_of, trace, write_onnx
from noonbit.export.onnx_model import OnnxModel, start_session
from noonbit.jobs.train import train
from noonbit.models.catalogue import MODELS, build_for
from noonbit.runs.folder import load_run
from noonbit.runs.run import Run

BATCHES = (1, 2, 7, 64)


def test_a_file_takes_bytes_of_any_batch_size_and_names_its_outputs(digits_onnx):
    session = onnxruntime.InferenceSession(digits_onnx, providers=["CPUExecutionProvider"])
    (images,) = session.get_inputs()
    assert (images.name, images.type) == ("images", "tensor(uint8)")
    assert images.shape == ["batch", 1, 8, 8]
    assert [output.name for output in session.get_outputs()] == ["logits", "probabilities"]
    for count in BATCHES:
        given = np.zeros((count, 1, 8, 8), np.uint8)
        logits, probabilities = session.run(None, {"images": given})
        assert logits.shape == probabilities.shape == (count, 10)
        np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-6)


def test_a_file_stands_alone_and_says_what_it_is(digits_onnx, digits_run):
    model = onnx.load(digits_onnx, load_external_data=False)
    assert [each.version for each in model.opset_import if each.domain in ("", "ai.onnx")] == [
        OPSET
    ]
    assert not any(tensor.external_data for tensor in model.graph.initializer)
    metadata = {entry.key: entry.value for entry in model.metadata_props}
    assert json.loads(metadata["class_names"]) == list(digits_run.class_names)
    assert metadata["input"] == digits_run.contract.preprocessor.describe_in_full()
    opened = OnnxModel.open(digits_onnx)
    assert opened.contract == digits_run.contract
    assert opened.card.run == digits_run.path.name
    assert opened.card.accuracy == digits_run.evaluation.accuracy


def test_a_file_holds_no_path_of_the_machine_that_wrote_it(digits_onnx):
    content = digits_onnx.read_bytes()
    assert b".py" not in content
    assert b"stack_trace" not in content


def test_the_card_names_the_data_without_the_folder_where_they_lay(digits_run):
    copied = Run(digits_run.path, {**digits_run.metadata, "source": "/home/teacher/pictures/cats"})
    assert card_of(copied, None).source == "cats"
    assert card_of(digits_run, None).source == "digits"


def test_the_same_run_gives_the_same_bytes(digits_run, digits_onnx, tmp_path):
    write_onnx(digits_run, tmp_path / "again.onnx")
    assert (tmp_path / "again.onnx").read_bytes() == digits_onnx.read_bytes()


class FirstOfTwo(nn.Module):
    """A network whose code takes two pictures, never more or less."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return images.reshape(2, -1)[:, :10]


def test_a_network_for_one_batch_size_is_refused(digits_run):
    network = ExportedNetwork(FirstOfTwo(), digits_run.contract, with_polarity=True).eval()
    with pytest.raises(ArtefactError, match=r"^The network cannot be exported"):
        trace(network, digits_run.contract)


def test_weights_of_a_damaged_run_are_not_exported(digits_run, tmp_path):
    copied = shutil.copytree(digits_run.path, tmp_path / "run")
    (copied / "weights.safetensors").write_bytes(b"nothing")
    with pytest.raises(ArtefactError, match=r"weights\.safetensors is damaged"):
        write_onnx(load_run(copied), tmp_path / "model.onnx")
    assert not (tmp_path / "model.onnx").exists()


def test_sentences_go_in_as_word_numbers(tmp_path):
    rows = [f"a good film of w{n},yes\nno such film w{n} here,no\n" for n in range(30)]
    (tmp_path / "texts.csv").write_text("text,label\n" + "".join(rows))
    run = train(tmp_path / "texts.csv", Recipe(epochs=1, threads=1), out=tmp_path / "run")
    write_onnx(run, tmp_path / "model.onnx")
    model = OnnxModel.open(tmp_path / "model.onnx")
    texts = ["a good film", "no film", "never seen words", ""]
    values = np.stack([run.contract.preprocessor.transform_one(text)[0] for text in texts])
    wanted = run.predict(Sentences(texts)).probabilities
    np.testing.assert_allclose(model.probabilities(values), wanted, atol=1e-6)


def parity_of(name: str) -> float:
    """The worst difference of probabilities of an untrained network, over several batch sizes."""
    torch.manual_seed(0)
    kind = MODELS[name].input_kind
    preprocessor = untrained_preprocessor(kind)
    classes = 81 if kind == "boards" else 4
    names = tuple(map(str, range(classes)))
    contract = Contract.unit(preprocessor, names)
    network = build_for(preprocessor, name, classes).eval()
    module = ExportedNetwork(network, contract, with_polarity=True).eval()
    program = trace(module, contract)
    session = start_session(program.model_proto.SerializeToString(), name, 1)
    random, worst = np.random.default_rng(0), 0.0
    highest = preprocessor.channels if preprocessor.of_words else 2 if kind == "boards" else 256
    for count in BATCHES:
        values = random.integers(0, highest, (count, *preprocessor.shape))
        values = values.astype(np.int64 if preprocessor.of_words else np.uint8)
        with torch.inference_mode():
            _, wanted = module(torch.from_numpy(values))
        (given,) = session.run(["probabilities"], {INPUT_NAMES[kind]: values})
        worst = max(worst, float(np.abs(given - wanted.numpy()).max()))
        assert (given.argmax(axis=1) == wanted.numpy().argmax(axis=1)).all()
    return worst


def untrained_preprocessor(kind: str):
    """The preprocessor of a small input of each kind."""
    if kind == "pictures":
        return INPUT_KINDS[kind](height=32, width=32, channels=3, value_range=(0, 255))
    if kind == "sentences":
        return INPUT_KINDS[kind](length=20, words=tuple(f"w{n:02}" for n in range(50)))
    return INPUT_KINDS[kind](planes=48, height=9, width=9, legal=(31, 39))


@pytest.mark.slow
@pytest.mark.parametrize("name", MODELS)
def test_every_network_of_the_catalogue_answers_alike(name):
    assert parity_of(name) <= 1e-5
