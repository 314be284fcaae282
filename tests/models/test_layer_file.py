"""Networks written as data: what fits is built as it is counted, what does not is said in words."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from small_jobs import Stopping, assert_same, write_small

import noonbit
from noonbit.cli.main import run as command_line
from noonbit.errors import ArtefactError, Interrupted, UsageError
from noonbit.jobs.train import resume
from noonbit.models.catalogue import build, outline
from noonbit.models.layer_file import (
    KINDS,
    MOST_LAYERS,
    Convolution,
    Dense,
    Drop,
    Flatten,
    GlobalPool,
    LayerFile,
    LayerSpec,
    Norm,
    Pool,
    Relu,
)
from noonbit.models.layer_network import LayerNetwork, build_table
from noonbit.models.layer_table import DoesNotFit, LayerTable, trace
from noonbit.models.summary import summarise
from noonbit.runs.folder import load_run
from noonbit.training.fused import build_fused

SMALL = """
layers = [
    {kind = "conv", filters = 4, size = 3, padding = "same"},
    {kind = "pool", size = 2},
    {kind = "relu"},
    {kind = "flatten"},
    {kind = "dense", units = 8},
    {kind = "relu"},
    {kind = "dropout", rate = 0.25},
]
"""


@pytest.fixture
def small(tmp_path: Path) -> Path:
    path = tmp_path / "small.toml"
    path.write_text(SMALL)
    return path


@st.composite
def networks(draw: st.DrawFn) -> list[LayerSpec]:
    """Layers that may fit; the later ones take numbers in a row."""
    side, stride = st.integers(1, 5), st.integers(1, 3)
    padding = st.sampled_from(["valid", "same", 0, 1, 2])
    how = st.sampled_from(["max", "average"])
    any_order = st.one_of(st.just(Relu()), st.builds(Drop, rate=st.floats(0, 0.9)))
    maps = draw(
        st.lists(
            st.one_of(
                st.builds(
                    Convolution,
                    filters=st.integers(1, 6),
                    size=side,
                    stride=stride,
                    padding=padding,
                ),
                st.builds(Pool, size=side, stride=st.none() | stride, how=how),
                st.builds(GlobalPool, how=how),
                st.just(Norm()),
                any_order,
            ),
            max_size=6,
        )
    )
    if draw(st.booleans()):
        return maps
    dense = st.builds(Dense, units=st.integers(1, 20))
    return [*maps, Flatten(), *draw(st.lists(st.one_of(dense, any_order), max_size=4))]


@settings(deadline=None, max_examples=60)
@given(
    layers=networks(),
    image=st.tuples(st.integers(1, 14), st.integers(1, 14), st.sampled_from([1, 3])),
    classes=st.integers(2, 12),
)
def test_what_is_counted_without_pytorch_is_what_is_built(layers, image, classes) -> None:
    try:
        table = trace(layers, image, classes=classes)
    except DoesNotFit:
        assume(False)
    network = build_table(table).eval()
    shape = (image[2], *image[:2])
    measured = summarise(network, shape)
    assert table.parameters == measured.parameters == measured.trainable_parameters
    assert table.multiply_adds == measured.multiply_adds
    assert [
        (row.parameters, row.multiply_adds, (row.output[-1], *row.output[:-1]))
        for row in table.rows
    ] == [(layer.parameters, layer.multiply_adds, layer.output) for layer in measured.layers]
    assert network(torch.zeros(2, *shape)).shape == (2, classes)


@settings(deadline=None, max_examples=60)
@given(layers=networks(), title=st.text(max_size=20))
def test_a_file_is_written_as_it_is_read(layers: list[LayerSpec], title: str) -> None:
    file = LayerFile(tuple(layers), title)
    assert LayerFile.parse(file.to_toml(), origin="net.toml") == file


def table_of(text: str, image: tuple[int, int, int] = (32, 32, 3)) -> LayerTable:
    return trace(LayerFile.parse(text, origin="net.toml").layers, image, classes=10)


@pytest.mark.parametrize(
    ("layer", "explanation"),
    [
        (
            'kind = "conv"\nfilters = 16\nsize = 5\npadding = 2',
            "32x32x3 -> conv 16 of 5x5, padding 2: (32 - 5 + 2*2)/1 + 1 = 32 -> 32x32x16, "
            "16*(5*5*3 + 1) = 1,216 parameters, 1,228,800 multiply-adds",
        ),
        (
            'kind = "conv"\nfilters = 6\nsize = 3\nstride = 2\npadding = 1',
            "32x32x3 -> conv 6 of 3x3, stride 2, padding 1: (32 - 3 + 2*1)/2 + 1 = 16.5, "
            "rounded down -> 16x16x6, 6*(3*3*3 + 1) = 168 parameters, 41,472 multiply-adds",
        ),
        ('kind = "pool"\nsize = 2', "32x32x3 -> max pool of 2x2: (32 - 2)/2 + 1 = 16 -> 16x16x3"),
        ('kind = "norm"', "32x32x3 -> batch norm -> 32x32x3, 2*3 = 6 parameters"),
        ('kind = "global_pool"', "32x32x3 -> global average pool -> 1x1x3"),
        ('kind = "flatten"', "32x32x3 -> flatten: 32*32*3 = 3,072 -> 3072"),
    ],
)
def test_the_arithmetic_is_explained(layer: str, explanation: str) -> None:
    assert table_of(f"[[layers]]\n{layer}").rows[0].explanation == explanation


def test_an_oblong_image_has_two_sums() -> None:
    row = table_of('[[layers]]\nkind = "pool"\nsize = 2', (8, 6, 1)).rows[0]
    assert row.size_formula == "(8 - 2)/2 + 1 = 4, (6 - 2)/2 + 1 = 3"


def test_the_dense_layer_of_the_classes_is_added_by_itself() -> None:
    rows = table_of("layers = []", (8, 8, 1)).rows
    assert [(row.layer.words, row.is_added) for row in rows] == [
        ("flatten", True),
        ("dense 10", True),
    ]


@pytest.mark.parametrize(
    ("layers", "sentence"),
    [
        (
            '{kind = "pool", size = 8}, {kind = "conv", filters = 9, size = 5}',
            "layer 2, conv 9 of 5x5 without padding: its input is 4x4; 4 - 5 + 1 is below 1. Use "
            'padding = "same", a smaller size, or fewer pools.',
        ),
        (
            '{kind = "conv", filters = 9, size = 40, padding = 3}',
            "its input is 32x32; 32 - 40 + 2*3 + 1 is below 1. Use",
        ),
        ('{kind = "pool", size = 33}', "32 - 33 + 1 is below 1. Use a smaller size, or fewer"),
        (
            '{kind = "conv", filters = 9, size = 3, stride = 2, padding = "same"}',
            "needs 0 zeros before 32 pixels and 1 behind, and a layer pads both sides alike. Write "
            "padding = 1, which gives 16.",
        ),
        ('{kind = "dense", units = 5}', "its input is maps of 32x32x3, and it needs numbers"),
        ('{kind = "flatten"}, {kind = "norm"}', "layer 2, batch norm: its input is 3,072 numbers"),
        (
            '{kind = "conv", filters = 65536, size = 1}, {kind = "pool", size = 32}, '
            '{kind = "conv", filters = 65536, size = 1}',
            "layer 1, conv 65536 of 1x1: with it the layers give 67,111,936 numbers for one image",
        ),
        (
            '{kind = "flatten"}, {kind = "dense", units = 65536}, {kind = "dense", units = 65536}',
            "layer 3, dense 65536: with it there are 4,496,424,960 parameters",
        ),
        (
            '{kind = "conv", filters = 64, size = 1024, padding = 600}',
            "layer 1, conv 64 of 1024x1024, padding 600: with it one image takes",
        ),
    ],
)
def test_what_does_not_fit_is_said_with_its_number_and_its_arithmetic(layers, sentence) -> None:
    with pytest.raises(DoesNotFit, match=re.escape(sentence)):
        table_of(f"layers = [{layers}]")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", r"has no layers; begin each with a line \[\[layers\]\]"),
        ("layers = 3", "has no layers"),
        ("epochs = 3", "has 'epochs', which does not exist. There are: title, layers."),
        ("layers = [", "is not TOML"),
        ("title = 3\nlayers = []", "title should be a text of at most 200 characters"),
        ("layers = [3]", 'layer 1 needs a kind, as kind = "conv"; there are: conv, pool'),
        ('layers = [{kind = "cnv"}]', "the kind 'cnv', which does not exist. Did you mean 'conv'?"),
        ('layers = [{kind = "MaxPool"}]', "Did you mean 'pool'?"),
        ('layers = [{kind = "conv", filter = 3}]', "'filter', which .* Did you mean 'filters'?"),
        ('layers = [{kind = "conv", filters = 3}]', "layer 1, conv, needs size"),
        ('layers = [{kind = "relu", size = 3}]', "'size', which does not exist. It has no settin"),
        ('layers = [{kind = "dense", units = 0}]', r"units should be from 1 to 65,536 \(got 0\)"),
        ('layers = [{kind = "dense", units = 3.0}]', r"units should be a valid integer \(got 3.0"),
        ('layers = [{kind = "dense", units = true}]', "units should be a valid integer"),
        ('layers = [{kind = "dropout", rate = 1}]', "rate should be from 0 to below 1"),
        ('layers = [{kind = "dropout", rate = nan}]', "rate should be from 0 to below 1"),
        (
            'layers = [{kind = "conv", filters = 3, size = 3, padding = "sam"}]',
            'padding should be "valid", "same", or a number of zeros from 0 to 1,024',
        ),
        ('layers = [{kind = "pool", size = 2, how = "mean"}]', "how should be 'max' or 'average'"),
        ("layers = [" + "{kind = 'relu'}, " * (MOST_LAYERS + 1) + "]", "has 201 layers; at most"),
    ],
)
def test_a_wrong_file_is_a_sentence_that_names_file_and_place(text: str, sentence: str) -> None:
    with pytest.raises(UsageError, match=f"^net.toml.*{sentence}"):
        LayerFile.parse(text, origin="net.toml")


@pytest.mark.parametrize("how", ["max", "average"])
def test_the_compiled_engine_takes_every_kind_but_average_pools(how: str) -> None:
    layers = (
        Convolution(filters=4, size=3, padding="same"),
        Norm(),
        Relu(),
        Pool(size=2, how=how),
        Convolution(filters=8, size=3, padding=1),
        Relu(),
        GlobalPool(),
        Flatten(),
        Dense(units=6),
        Relu(),
        Drop(rate=0.5),
    )
    assert {type(layer) for layer in layers} == set(KINDS.values())
    network = build_table(trace(layers, (8, 8, 1), classes=3))
    assert (build_fused(network, torch.float32) is not None) == (how == "max")


def test_sentences_are_refused(small: Path) -> None:
    with pytest.raises(UsageError, match="lists layers for images, and here are sentences"):
        build(str(small), 2, 1000, (56,))


def test_an_outline_takes_no_memory(small: Path) -> None:
    network = outline(str(small), 3, 1, (8, 8))
    assert {parameter.device.type for parameter in network.parameters()} == {"meta"}


def test_counting_needs_no_pytorch() -> None:
    code = "import noonbit.models.layer_table, sys; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_a_run_needs_neither_the_file_nor_its_own_place(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_small(tmp_path / "small.npz")
    words = "train small.npz --model small.toml --epochs 1 --threads 1 --out run"
    assert command_line(words.split()) == 0
    small.unlink()
    shutil.move("run", "moved")
    run = load_run(tmp_path / "moved")
    assert run.evaluate() == run.evaluation
    assert [file.content.decode() for file in run.network_files()] == [SMALL]
    assert command_line(["train", "--resume", "moved", "--epochs", "2"]) == 0
    words = "train small.npz --from moved --epochs 1 --threads 1 --out next"
    assert command_line(words.split()) == 0
    shutil.rmtree("moved")
    assert command_line(["evaluate", "next"]) == 0


def test_a_stopped_training_is_resumed_from_the_copy_with_the_same_bits(
    small: Path, tmp_path: Path
) -> None:
    source = write_small(tmp_path / "small.npz")
    full = noonbit.train(source, model=str(small), epochs=2, threads=1, out=tmp_path / "full")
    with pytest.raises(Interrupted):
        noonbit.train(
            source,
            model=str(small),
            epochs=2,
            threads=1,
            out=tmp_path / "run",
            observer=Stopping(2, 1),
        )
    small.write_text(SMALL.replace("0.25", "0.75"))
    assert_same(resume(load_run(tmp_path / "run")), full)


def test_an_ensemble_keeps_the_layers_of_its_members(small: Path, tmp_path: Path) -> None:
    source = write_small(tmp_path / "small.npz")
    other = tmp_path / "other.toml"
    other.write_text("layers = []")
    run = noonbit.train(
        source, members=2, member_models=f"{small},{other}", epochs=1, out=tmp_path / "run"
    )
    assert run.metadata["model"]["name"] == "small + other"
    members = [load_run(run.path / "members" / number) for number in "12"]
    combined = noonbit.ensemble(members, out=tmp_path / "combined")
    small.unlink()
    other.unlink()
    shutil.rmtree(run.path / "members")
    assert load_run(run.path).evaluate() == run.evaluation
    assert load_run(combined.path).evaluate() == combined.evaluation


def test_another_list_than_the_runs_is_refused(small: Path, tmp_path: Path) -> None:
    source = write_small(tmp_path / "small.npz")
    run = noonbit.train(source, model=str(small), epochs=1, out=tmp_path / "run")
    (copy,) = run.path.glob("model-*.toml")
    copy.write_text(SMALL.replace("units = 8", "units = 9"))
    with pytest.raises(ArtefactError, match="is not the file that the run was trained with"):
        load_run(run.path).evaluate()
    copy.unlink()
    with pytest.raises(ArtefactError, match="is missing or cannot be read"):
        load_run(run.path).evaluate()


def test_what_does_not_fit_the_data_is_said_before_a_folder_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    write_small(tmp_path / "small.npz")
    Path("net.toml").write_text('layers = [{kind = "pool", size = 9}]')
    for several in ([], ["--members", "2"]):
        assert command_line(["train", "small.npz", "--model", "net.toml", *several]) == 2
        assert "net.toml: layer 1, max pool of 9x9: its input" in capsys.readouterr().err
    for name in ("absent.toml", "."):
        assert command_line(["train", "small.npz", "--model", name]) == 2
    assert not Path("runs").exists()


def test_a_file_that_is_not_utf_8_or_too_long_is_a_usage_error(tmp_path: Path) -> None:
    path = tmp_path / "net.toml"
    path.write_bytes(b"title = '\xff'\n")
    with pytest.raises(UsageError, match="is not TOML .UnicodeDecodeError.* Write it in UTF-8"):
        LayerNetwork.read(str(path)).load()
    path.write_bytes(b"#" * (2**20 + 1))
    with pytest.raises(UsageError, match="has more than 1,048,576 bytes"):
        LayerNetwork.read(str(path))


def test_an_estimator_takes_a_file(small: Path) -> None:
    images = torch.rand(40, 8, 8, generator=torch.Generator().manual_seed(0)).numpy()
    classifier = noonbit.ImageClassifier(model=str(small), epochs=1)
    assert classifier.fit(images, [0, 1] * 20).predict(images).shape == (40,)


def test_the_example_of_the_page_trains_and_explains_itself(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = (Path(noonbit.__file__).parents[1] / "docs" / "training.md").read_text(encoding="utf-8")
    section = page[page.index("## A network written as data") :]
    example = re.search("```toml\n(.*?)```", section, re.DOTALL)
    assert example is not None
    path = tmp_path / "net.toml"
    path.write_text(example[1])
    assert command_line(["summary", str(path), "--input", "32x32x3"]) == 0
    explained = re.search("^    (32x32x3 -> .*)$", section, re.MULTILINE)
    assert explained is not None and explained[1] in capsys.readouterr().out.splitlines()
    run = noonbit.train("digits", model=str(path), epochs=3, seed=1, out=tmp_path / "run")
    assert run.evaluation is not None and run.evaluation.accuracy > 0.5
    rows = re.findall(r"^\| `(\w+)` \|", section[: section.index("## A network of your own")], re.M)
    assert rows == list(KINDS)
