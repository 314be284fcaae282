"""Kim's networks, sparse Adadelta, and explanations by n-grams."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch
import torch.nn.functional as F
from PIL import Image
from small_training import PLAN, RUNTIME
from torch import nn

from noonbit.cli import main
from noonbit.config.ensemble import EnsembleSettings
from noonbit.config.recipe import Recipe
from noonbit.data.dataset import Sentences
from noonbit.data.loader import TensorDataset
from noonbit.data.preprocess.contract import Contract
from noonbit.data.preprocess.text import TextPreprocessor
from noonbit.errors import InputRefused, UsageError
from noonbit.explain.ngrams import explain_texts
from noonbit.explain.sentence import SentenceExplanation
from noonbit.jobs.ensemble import train_members
from noonbit.jobs.train import train
from noonbit.models.catalogue import MODELS, build, build_for, outline
from noonbit.models.dropout import PlainDropout
from noonbit.models.layers import MaxNormLinear
from noonbit.models.sentence import WIDTHS, NGrams, SentenceNetwork, WordVectors
from noonbit.models.summary import summarise
from noonbit.runs.folder import load_run
from noonbit.runs.run import Run
from noonbit.training.loop import init_training
from noonbit.training.optim.adadelta import Adadelta
from noonbit.training.optim.build import make_optimizer
from noonbit.training.state import TrainingContext

WORDS = ("a", "and", "dull", "film", "gripping", "lifeless", "of", "the")
PREPROCESSOR = TextPreprocessor(length=12, words=WORDS)
CONTRACT = Contract.unit(PREPROCESSOR, ("neg", "pos"))


def network(*, seed: int = 0, form: str = "sentence-cnn") -> SentenceNetwork:
    """A network whose last layer is not zero."""
    torch.manual_seed(seed)
    model = build_for(PREPROCESSOR, form, 2)
    assert isinstance(model, SentenceNetwork)
    _, ngrams, _, dense = model.parts()
    nn.init.normal_(dense.weight)
    nn.init.normal_(ngrams.bias, std=0.01)  # so that padding has an output too
    return model.eval()


def sentences(count: int = 7) -> torch.Tensor:
    generator = np.random.default_rng(0)
    numbers = generator.integers(1, PREPROCESSOR.channels, (count, PREPROCESSOR.length), np.int32)
    for row, length in zip(
        numbers, generator.integers(0, PREPROCESSOR.length + 1, count), strict=True
    ):
        row[length:] = 0
    return torch.from_numpy(numbers)


def test_the_documented_parameters_are_there() -> None:
    words = 18_767
    summary = summarise(build("sentence-cnn", 2, words, (56,)), (56,))
    filters = sum(100 * (300 * width + 1) for width in WIDTHS)
    assert summary.parameters == (words - 1) * 300 + filters + 2 * 301
    assert summary.multiply_adds == 600 + sum(
        100 * 300 * width * (56 + 9 - width + 1) for width in WIDTHS
    )
    assert summarise(outline("sentence-cnn", 2, words, (56,)), (56,)) == summary
    fixed = summarise(build("sentence-cnn-static", 2, words, (56,)), (56,))
    assert fixed.trainable_parameters == filters + 2 * 301
    both = summarise(build("sentence-cnn-multichannel", 2, words, (56,)), (56,))
    assert both.parameters - summary.parameters == (words - 1) * 300
    assert both.trainable_parameters == summary.trainable_parameters


def test_the_n_grams_are_those_of_convolutions() -> None:
    model = network()
    between, ngrams, _, _ = model.parts()
    numbers = between(sentences())
    vectors = ngrams.words(numbers.flatten()).view(*numbers.shape, -1).transpose(1, 2)
    expected, used = [], 0
    for index, width in enumerate(WIDTHS):
        rows = ngrams.weight[100 * used : 100 * (used + width)].view(width, 100, 300)
        bias = ngrams.bias[100 * index : 100 * (index + 1)]
        expected.append(F.conv1d(vectors, rows.permute(1, 2, 0), bias).relu().amax(dim=2))
        used += width
    assert torch.allclose(ngrams(numbers), torch.cat(expected, dim=1), atol=1e-6)


def test_padding_and_the_other_sentences_of_a_batch_change_nothing() -> None:
    model, numbers = network(), sentences()
    together = model(numbers)
    alone = torch.cat([model(row[row != 0][None]) for row in numbers])
    assert torch.allclose(together, alone, atol=1e-6)
    assert model(numbers[:0]).shape == (0, 2)


def test_vectors_of_unknown_words_and_padding_stay_zero() -> None:
    model = network()
    optimizer = make_optimizer(model, "adadelta", lr=1, momentum=0, weight_decay=0, epsilon=1e-6)
    known = sentences()
    known[known == 1] = 2
    for _ in range(3):
        model(known).square().sum().backward()
        optimizer.step()
        optimizer.zero_grad()
    table = model.parts()[1].words.tables[0].get_parameter("weight")
    assert not table[0].any() and table[1:].any(dim=1).all()
    assert not model.parts()[1].words(torch.tensor([0, 1])).any()


def test_dropout_is_the_papers_and_rows_of_weights_are_limited() -> None:
    dropout = PlainDropout(0.5)
    values = torch.ones(4, 1000)
    assert set(dropout(values).unique().tolist()) == {0.0, 1.0}
    assert torch.equal(dropout.eval()(values), values / 2)
    layer = MaxNormLinear(3, 2, limit=3)
    with torch.no_grad():
        layer.weight.copy_(torch.tensor([[3.0, 4.0, 0.0], [1.0, 0.0, 0.0]]))
    layer.apply_constraint()
    assert torch.allclose(layer.weight, torch.tensor([[1.8, 2.4, 0.0], [1.0, 0.0, 0.0]]))


def test_the_limit_holds_after_each_step_of_a_training() -> None:
    model = network()
    dense = model.parts()[3]
    plan = replace(PLAN, optimizer="adadelta", augment="none")
    train = TensorDataset(sentences(), torch.arange(7) % 2)
    state = init_training(model, TrainingContext(CONTRACT, train, train, plan, RUNTIME))
    with torch.no_grad():
        dense.weight.mul_(100)
    model(sentences()).sum().backward()
    state.optimizer.step()
    assert dense.weight.norm(dim=1).tolist() == pytest.approx([3, 3])


def test_sparse_adadelta_is_adadelta() -> None:
    generator = torch.Generator().manual_seed(0)
    first = [torch.randn(20, 3, generator=generator), torch.randn(4, generator=generator)]
    ours, theirs = ([nn.Parameter(value.clone()) for value in first] for _ in range(2))
    sparse = Adadelta([{"params": ours, "weight_decay": 0.0}], ours[:1], lr=1.0, epsilon=1e-6)
    plain = torch.optim.Adadelta(theirs, lr=1.0, rho=0.95, eps=1e-6)
    for step in range(30):
        for parameters in (ours, theirs):
            noise = torch.Generator().manual_seed(step)
            for parameter in parameters:
                parameter.grad = torch.randn(parameter.shape, generator=noise)
            table = parameters[0].grad
            assert table is not None
            table[torch.rand(20, generator=noise) < 0.8] = 0
        sparse.step()
        plain.step()
    for one, other in zip(ours, theirs, strict=True):
        assert torch.allclose(one, other, atol=1e-5)


def test_contributions_add_up_to_the_logits() -> None:
    model = network()
    texts = ["a gripping film", "the dull and lifeless film of the a film", "", "unheard of", "of"]
    numbers = torch.from_numpy(np.stack([PREPROCESSOR.transform_one(text)[0] for text in texts]))
    with torch.inference_mode():
        logits = model(numbers)
    for text, expected, explanation in zip(
        texts, logits, explain_texts(model, CONTRACT, texts), strict=True
    ):
        assert explanation.logits == pytest.approx(expected.tolist(), abs=1e-5)
        weights = sum(weight for _, weight in explanation.for_class(1))
        biases = explanation.biases[1] - sum(explanation.biases) / 2
        assert weights + biases == pytest.approx((expected[1] - expected[0]).item() / 2, abs=1e-5)
        assert explanation.words_for_class(1).sum() == pytest.approx(weights, abs=1e-9)
        assert all(
            ngram.words == explanation.tokens[ngram.first : ngram.first + len(ngram.words)]
            for ngram in explanation.ngrams
        )
        assert list(explanation.tokens) == PREPROCESSOR.tokens(text)
    (unknown,) = explain_texts(model, CONTRACT, ["unheard of"])
    assert unknown.as_dict(("neg", "pos"))["unknown"] == ["unheard"]


def test_other_networks_are_not_explained() -> None:
    with pytest.raises(UsageError, match="taken apart into n-grams; this is another network."):
        explain_texts(nn.Linear(2, 2), CONTRACT, ["a film"])


def test_the_weights_come_back_after_a_deep_copy_for_threads() -> None:
    from noonbit.training.gradients import may_use_global_rng

    assert not may_use_global_rng(network())
    assert not [m for m in network().modules() if type(m) is nn.Dropout]


@pytest.fixture(scope="module")
def reviews(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two hundred short reviews that a word gives away."""
    folder = tmp_path_factory.mktemp("reviews")
    generator = np.random.default_rng(0)
    others = ["film", "story", "actor", "music", "of", "the", "with", "ending"]
    for name, telling in (("neg", ["dull", "lifeless"]), ("pos", ["gripping", "moving"])):
        lines = []
        for _ in range(100):
            words = list(generator.choice(others, generator.integers(2, 7)))
            words.insert(int(generator.integers(len(words))), str(generator.choice(telling)))
            lines.append(" ".join(words))
        (folder / f"{name}.txt").write_text("\n".join(lines) + "\n")
    return folder


@pytest.fixture(scope="module")
def run(reviews: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A finished run on them."""
    out = tmp_path_factory.mktemp("runs") / "reviews"
    return train(reviews, Recipe(epochs=5, threads=1, batch_size=10), out=out)


def test_sentences_train_what_their_paper_says_by_default(run: Run) -> None:
    assert run.metadata["model"]["name"] == "sentence-cnn"
    assert run.evaluation is not None and run.evaluation.accuracy > 0.9
    reasons = run.metadata["reasons"]
    assert run.recipe.optimizer == "adadelta" and run.recipe.schedule == "constant"
    assert reasons["optimizer"] == "as Kim, 2014 has it"
    assert run.recipe.augment == "none" and "epochs" not in reasons
    network = load_run(run.path).model
    assert isinstance(network, SentenceNetwork)
    assert network.parts()[3].weight.norm(dim=1).max() <= 3 + 1e-5


def test_a_random_test_sentence_is_printed_with_its_label(run: Run, capsys) -> None:
    assert main.run(["predict", str(run.path), "--random", "1", "--seed", "0"]) == 0
    title, text, label, prediction = capsys.readouterr().out.strip().splitlines()
    items = run.items()
    item = int(title.split()[2].rstrip(":"))
    assert item in items.split.test and text == items.text(item)
    assert label.split() == ["label", run.class_names[items.labels[item]]]
    assert prediction.split()[1] in run.class_names


def test_a_stored_run_answers_texts_and_says_why(run: Run, tmp_path: Path) -> None:
    again = load_run(run.path)
    path = tmp_path / "new.txt"
    path.write_text("a gripping film\n\ndull music\n")
    predictions = again.predict(path)
    assert predictions.labels == ["pos", "neg"]
    assert [str(item) for item in predictions.bad] == ["new.txt line 2 is empty"]
    explanation = again.explain("the gripping film")
    assert isinstance(explanation, SentenceExplanation)
    strongest, weight = explanation.ngrams.for_class(1)[0]
    assert "gripping" in strongest.words and weight > 0


def test_explanations_go_into_a_file_of_every_kind(run: Run, tmp_path: Path) -> None:
    words = ["predict", str(run.path), "--text", "a gripping film", "--text", "dull", "--explain"]
    for ending in ("csv", "json", "parquet"):
        assert main.run([*words, "--out", str(tmp_path / f"why.{ending}")]) == 0
    nested = json.loads((tmp_path / "why.json").read_text())
    assert pq.read_table(tmp_path / "why.parquet").to_pylist() == nested
    with (tmp_path / "why.csv").open(newline="") as file:
        flat = list(csv.DictReader(file))
    assert [row["prediction"] for row in flat] == ["pos", "neg"]
    assert "gripping" in flat[0]["words_1"] and float(flat[0]["weight_1"]) > 0
    assert flat[1]["words_8"] == flat[1]["weight_8"] == ""


def test_the_command_explain_names_the_ngrams_of_one_sentence(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["explain", str(run.path), "a gripping film"]
    assert main.run([*words, "--top", "2"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("a gripping film\nanswer      pos ")
    assert "for pos, beside the mean of all classes:" in out and "gripping" in out.splitlines()[5]
    assert err.endswith(f"{run.word} 'a gripping film' --out why.json\n")
    assert main.run([*words, "--out", str(tmp_path / "why.json")]) == 0
    assert json.loads((tmp_path / "why.json").read_text())["explained"] == "pos"
    assert main.run([*words, "--method", "occlusion"]) == 2
    assert "--method is for pictures, and reviews takes sentences." in capsys.readouterr().err


def test_an_item_of_the_data_is_explained_with_its_label(run: Run) -> None:
    item = int(run.split.test[0])
    explanation = run.explain(item)
    assert isinstance(explanation, SentenceExplanation)
    assert explanation.text == run.items().text(item)
    assert explanation.answer.label == run.class_names[run.items().labels[item]]
    with pytest.raises(InputRefused, match="is of the type float; a sentence is text"):
        run.explain(0.5)


def test_a_run_measures_itself_again_and_resumes_to_the_same_bits(
    run: Run, reviews: Path, tmp_path: Path
) -> None:
    from noonbit.errors import Interrupted
    from noonbit.jobs.observer import Observer
    from noonbit.jobs.train import resume
    from noonbit.jobs.train import train as begin_training
    from noonbit.training.state import StepProgress

    assert run.evaluate() == run.evaluation

    class Stopper(Observer):
        def on_step(self, progress: StepProgress) -> None:
            if (progress.epoch, progress.step) == (2, 3):
                import signal

                signal.raise_signal(signal.SIGINT)

    recipe = Recipe(epochs=5, threads=1, batch_size=10)
    with pytest.raises(Interrupted):
        begin_training(reviews, recipe, out=tmp_path / "stopped", observer=Stopper())
    finished = resume(load_run(tmp_path / "stopped"))
    one, other = finished.model.state_dict(), run.model.state_dict()
    assert all(torch.equal(one[name], other[name]) for name in other)


def test_the_report_marks_the_words_that_decided(run: Run) -> None:
    page = (run.path / "report.html").read_text()
    assert "<h2>Words</h2>" in page and 'class="for"' in page
    assert "test sentences" in page and "<img" not in page


@pytest.mark.parametrize(
    ("source", "settings", "said"),
    [
        (
            "digits",
            {"model": "sentence-cnn"},
            "sentence-cnn takes sentences, and here are pictures",
        ),
        (
            "reviews",
            {"model": "cnn"},
            r"cnn takes pictures, and here are sentences\. For sentences",
        ),
        ("reviews", {"model": "sentence-cnn-static"}, "so it needs some: add --vectors FILE"),
    ],
)
def test_a_network_and_a_source_that_do_not_go_together_are_refused(
    source: str, settings: dict[str, str], said: str, reviews: Path, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match=said):
        train(
            reviews if source == "reviews" else source,
            Recipe.model_validate(settings),
            out=tmp_path / "run",
        )
    assert not (tmp_path / "run").exists()


def test_every_network_of_sentences_is_in_the_catalogue() -> None:
    names = [name for name, entry in MODELS.items() if entry.input_kind == "sentences"]
    assert names == ["sentence-cnn", "sentence-cnn-static", "sentence-cnn-multichannel"]


@pytest.mark.parametrize("form", ["sentence-cnn-static", "sentence-cnn-multichannel"])
def test_given_vectors_are_loaded_and_fixed_ones_stay(
    form: str, reviews: Path, tmp_path: Path
) -> None:
    vectors = tmp_path / "glove.txt"
    vectors.write_text("gripping 1 0 0\ndull 0 1 0\nnever 0 0 1\n")
    recipe = Recipe(model=form, epochs=1, threads=1, vectors=str(vectors))
    run = train(reviews, recipe, out=tmp_path / "run")
    preprocessor = run.contract.preprocessor
    assert isinstance(preprocessor, TextPreprocessor)
    assert run.metadata["reasons"]["vectors"] == f"it has 2 of the {len(preprocessor.words)} words"
    words = next(each for each in run.model.modules() if isinstance(each, WordVectors))
    table = words.tables[0].get_parameter("weight")
    row = table[preprocessor.numbers["gripping"] - 1]
    assert row[:3].tolist() == [1, 0, 0] and not row[3:].any()
    if form == "sentence-cnn-multichannel":
        learned = words.tables[1].get_parameter("weight")[preprocessor.numbers["gripping"] - 1]
        assert not torch.equal(learned, row)


def test_n_grams_count_their_own_multiply_adds() -> None:
    ngrams = NGrams(WordVectors(10, fixed=False, learned=True))
    assert ngrams.multiply_adds(torch.zeros(1, 5)) == 100 * 300 * (3 * 3 + 4 * 2 + 5)


def test_the_command_answers_texts_and_explains_them(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = str(run.path)
    texts = ["--text", "a gripping film", "--text", "unheard", "--text", ""]
    assert main.run(["predict", folder, *texts]) == 0
    out, err = capsys.readouterr()
    assert [line.split()[-2] for line in out.splitlines()[1:2]] == ["pos"]
    assert "2 sentences are without any word that the network knows" in err
    assert "1 sentence is in part of words that the network does not know" in err
    assert main.run(["predict", folder, "--text", "a gripping film", "--explain"]) == 0
    out, _ = capsys.readouterr()
    assert out.startswith("pos ") and out.splitlines()[0].endswith("a gripping film")
    assert "gripping" in out.splitlines()[1]
    path = tmp_path / "new.csv"
    path.write_text("text,other\ngripping story,1\ndull story,2\n")
    assert main.run(["predict", folder, str(path), "--explain", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [row["prediction"] for row in told["predictions"]] == ["pos", "neg"]
    explanation = told["predictions"][0]["explanation"]
    given = sum(each["contributions"]["pos"] for each in explanation["ngrams"])
    assert explanation["biases"]["pos"] + given == pytest.approx(explanation["logits"]["pos"])
    out_file = tmp_path / "answers.csv"
    assert main.run(["predict", folder, str(path), "--out", str(out_file)]) == 0
    assert "new.csv row 2" in out_file.read_text()


def test_text_and_pictures_are_distinguished(
    run: Run, digits_run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def refused(*arguments: str) -> str:
        assert main.run(arguments) in (2, 3)
        return capsys.readouterr().err

    assert "--text is for sentences, and digits takes pictures" in refused(
        "predict", str(digits_run.path), "--text", "a film"
    )
    Image.new("L", (8, 8)).save(tmp_path / "a.png")
    assert "a.png is a picture, but this network takes sentences" in refused(
        "predict", str(run.path), str(tmp_path / "a.png")
    )
    (tmp_path / "a.txt").write_text("a film\n")
    assert "is a sentence, but this network takes pictures" in refused(
        "predict", str(digits_run.path), str(tmp_path / "a.txt")
    )


def test_errors_and_show_print_sentences(
    run: Run, reviews: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main.run(["errors", str(run.path), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["picture"] is None and all("text" in each for each in told["mistakes"])
    assert main.run(["show", str(reviews), "--index", "0"]) == 0
    out = capsys.readouterr().out.splitlines()
    assert out[0] == "neg.txt line 1: neg" and out[2].endswith(out[1])
    for arguments in (
        ["show", str(reviews), "--out", "a.png"],
        ["check", str(reviews), "--out", "a.png"],
    ):
        assert main.run(arguments) == 2
        assert "is for pictures, and" in capsys.readouterr().err


def test_check_speaks_of_sentences(reviews: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main.run(["check", str(reviews)])
    out = capsys.readouterr().out
    assert "a text file a class" in out and "words    12 different" in out
    main.run(["check", str(reviews), "--json"])
    told = json.loads(capsys.readouterr().out)
    assert told["different_words"] == 12 and told["sentence_words"]["most"] == 7


def test_folds_of_sentences_answer_together(reviews: Path, tmp_path: Path) -> None:
    recipe = Recipe(epochs=1, threads=1, batch_size=10)
    whole = train_members(reviews, recipe, EnsembleSettings(folds=3), out=tmp_path / "run")
    assert whole.evaluation is not None and whole.evaluation.items == 200
    again = load_run(whole.path)
    assert again.evaluate() == whole.evaluation
    assert len(again.predict(Sentences(["a gripping film"]))) == 1
