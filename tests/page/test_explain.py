"""The page's words that decided against Python's."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browser import load_scripts, watched_page
from playwright.sync_api import Browser, Page
from torch import nn

from noonbit.config.recipe import Recipe
from noonbit.data.preprocess.text import TextPreprocessor
from noonbit.explain.ngrams import NGramExplanation, explain_texts
from noonbit.jobs.train import train
from noonbit.page.graph import lower, trace
from noonbit.page.ngrams import find_ngram_layers
from noonbit.page.spec import PageGraph
from noonbit.page.weights import encode_weights
from noonbit.runs.run import Run

TEXTS = [
    "a gripping film, and moving!",
    "the dull lifeless story of the dull lifeless actor",
    "gripping",
    "unheard of",
    "the unheard ending is dull unheard unheard unheard unheard gripping",
    "music music music music music music music music music music music music",
]


@pytest.fixture(scope="module")
def reviews(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Short reviews of three classes that a word gives away."""
    folder = tmp_path_factory.mktemp("reviews")
    generator = np.random.default_rng(0)
    others = ["film", "story", "actor", "music", "of", "the", "with", "ending"]
    telling = {"neg": ["dull", "lifeless"], "pos": ["gripping", "moving"], "so": ["plain", "long"]}
    for name, words in telling.items():
        lines = []
        for _ in range(60):
            line = list(generator.choice(others, generator.integers(2, 7)))
            line.insert(int(generator.integers(len(line))), str(generator.choice(words)))
            lines.append(" ".join(line))
        (folder / f"{name}.txt").write_text("\n".join(lines) + "\n")
    return folder


@pytest.fixture(scope="module")
def run(reviews: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    out = tmp_path_factory.mktemp("runs") / "reviews"
    return train(reviews, Recipe(epochs=4, threads=1, batch_size=10), out=out)


@pytest.fixture(scope="module")
def graph(run: Run) -> PageGraph:
    return lower(trace(run))


@pytest.fixture(scope="module")
def page(chromium: Browser, run: Run, graph: PageGraph) -> Iterator[Page]:
    """With the run's network in float32, so that only the order of sums differs."""
    with watched_page(chromium) as page:
        load_network(page, run, graph)
        yield page


def load_network(page: Page, run: Run, graph: PageGraph) -> None:
    load_scripts(
        page,
        "binary.js",
        "characters.js",
        "text.js",
        "winograd.js",
        "kernels.js",
        "network.js",
        "explain.js",
    )
    index, weights = encode_weights(graph.weights, "float32")
    spec = {**graph.as_dict(), "weights": index}
    page.evaluate(
        """([spec, weights, contract, ngrams]) => {
            globalThis.model = { network: spec, contract, ngrams };
            const bytes = decodeBase64(weights);
            globalThis.network = new Network(spec, readWeights(spec.weights, bytes));
        }""",
        [
            spec,
            base64.b64encode(weights).decode(),
            json.loads(run.contract.model_dump_json()),
            find_ngram_layers(run.model, graph),
        ],
    )


def explain_in(page: Page, texts: list[str], *, by_ngrams: bool = True) -> list[Any]:
    return page.evaluate(
        """([texts, byNgrams]) => texts.map((text) => {
            const given = byNgrams ? model : { ...model, ngrams: null };
            const input = encodeSentence(text, model.contract.preprocessor);
            const outputs = network.run(input.values);
            const why = explainSentence(input, outputs, given, network);
            if (why === null) return null;
            const classes = model.contract.class_names.map((_, label) => label);
            return {
                ...why,
                answered: Array.from(outputs.logits),
                words: classes.map((label) => wordWeights(why, label)),
                strongest: classes.map((label) => ngramWeights(why, label)),
            };
        })""",
        [texts, by_ngrams],
    )


def assert_alike(given: Any, wanted: NGramExplanation, *, tolerance: float) -> None:
    assert given["method"] == "ngrams"
    assert (tuple(given["tokens"]), tuple(given["known"])) == (wanted.tokens, wanted.known)
    assert [(each["first"], tuple(each["words"])) for each in given["ngrams"]] == [
        (each.first, each.words) for each in wanted.ngrams
    ]
    for name in ("logits", "biases"):
        assert given[name] == pytest.approx(getattr(wanted, name), abs=tolerance)
    assert given["logits"] == pytest.approx(given["answered"], abs=tolerance), "nothing is missing"
    for mine, theirs in zip(given["ngrams"], wanted.ngrams, strict=True):
        assert mine["contributions"] == pytest.approx(theirs.contributions, abs=tolerance)
    for label in range(len(wanted.logits)):
        words = wanted.words_for_class(label).tolist()
        assert given["words"][label] == pytest.approx(words, abs=tolerance)
        weights = [weight for _, weight in wanted.for_class(label)]
        shown = [each["weight"] for each in given["strongest"][label]]
        assert shown == pytest.approx(weights, abs=tolerance)


def test_n_grams_and_what_they_add_are_those_of_python(page: Page, run: Run) -> None:
    for given, wanted in zip(
        explain_in(page, TEXTS), explain_texts(run.model, run.contract, TEXTS), strict=True
    ):
        assert_alike(given, wanted, tolerance=1e-5)


def test_the_word_that_tells_weighs_most(page: Page, run: Run) -> None:
    (why,) = explain_in(page, ["the gripping film"])
    weights = why["words"][run.class_names.index("pos")]
    assert max(weights) == weights[why["tokens"].index("gripping")] > 0


def test_a_text_without_a_word_has_nothing_to_explain(page: Page) -> None:
    assert explain_in(page, ["", "..."]) == [None, None]


def test_other_networks_have_their_words_left_out_one_at_a_time(page: Page, run: Run) -> None:
    text = "the gripping film with music"
    (why,) = explain_in(page, [text], by_ngrams=False)
    assert why["method"] == "occlusion" and why["biases"] is None
    assert why["strongest"] == [[], [], []]
    words = text.split()
    shortened = [" ".join(words[:at] + words[at + 1 :]) for at in range(len(words))]
    preprocessor = run.contract.preprocessor
    assert isinstance(preprocessor, TextPreprocessor)
    whole, *without = [
        np.array(each.logits) for each in explain_texts(run.model, run.contract, [text, *shortened])
    ]
    for at, logits in enumerate(without):
        lost = whole - logits
        assert why["ngrams"][at]["contributions"] == pytest.approx(lost.tolist(), abs=1e-5)
        over_mean = [weights[at] for weights in why["words"]]
        assert over_mean == pytest.approx((lost - lost.mean()).tolist(), abs=1e-5)


def test_leaving_words_out_gives_up_where_it_takes_too_long(page: Page) -> None:
    slow = page.evaluate(
        """() => {
            const large = { network: { multiply_adds: 1e9 }, ngrams: null };
            const input = encodeSentence("a film of music", model.contract.preprocessor);
            return explainSentence(input, network.run(input.values), large, network);
        }"""
    )
    assert slow is None


def test_only_kims_networks_are_taken_apart(run: Run, graph: PageGraph) -> None:
    assert find_ngram_layers(nn.Sequential(run.model), graph) is None
    layers = find_ngram_layers(run.model, graph)
    assert layers is not None and layers["widths"] == [3, 4, 5] and layers["before"] == 4


def test_a_graph_of_another_form_is_not_guessed_at(run: Run, graph: PageGraph) -> None:
    without = [each for each in graph.operators if each.op != "ReduceMax"]
    changed = PageGraph(
        **{
            name: getattr(graph, name)
            for name in PageGraph.__dataclass_fields__
            if name != "operators"
        },
        operators=without,
    )
    assert find_ngram_layers(run.model, changed) is None


@pytest.mark.slow
@pytest.mark.parametrize("form", ["sentence-cnn-static", "sentence-cnn-multichannel"])
def test_the_other_forms_are_taken_apart_too(
    chromium: Browser, form: str, reviews: Path, tmp_path: Path
) -> None:
    vectors = tmp_path / "glove.txt"
    generator = np.random.default_rng(0)
    words = ["gripping", "dull", "plain", "film", "of", "the"]
    rows = [" ".join([word, *map(str, generator.normal(size=20).round(3))]) for word in words]
    vectors.write_text("\n".join(rows) + "\n")
    recipe = Recipe(model=form, epochs=2, threads=1, vectors=str(vectors))
    run = train(reviews, recipe, out=tmp_path / "run")
    with watched_page(chromium) as page:
        load_network(page, run, lower(trace(run)))
        for given, wanted in zip(
            explain_in(page, TEXTS), explain_texts(run.model, run.contract, TEXTS), strict=True
        ):
            assert_alike(given, wanted, tolerance=1e-5)
