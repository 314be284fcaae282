"""The page file: what is in it, and that it answers as its run does."""

import json
import re
import zlib
from base64 import b64decode
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browser import watched_page
from playwright.sync_api import Browser

from noonbit.data.prepared import PreparedDataset
from noonbit.errors import ArtefactError, CheckFailed
from noonbit.page import page as page_module
from noonbit.page.page import (
    HERE,
    ITEMS,
    SCRIPTS,
    TOLERANCE,
    render_page,
    write_page,
)
from noonbit.page.samples import take_sample
from noonbit.page.weights import round_weights
from noonbit.runs.run import Run

DONE = "#self-check.passed, #refusal:not([hidden])"
"""Shown when the self-check is over."""


@pytest.fixture(scope="module")
def digits_items(digits_run: Run) -> PreparedDataset:
    return digits_run.items()


@pytest.fixture(scope="module")
def digits_page(
    digits_run: Run, digits_items: PreparedDataset, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    path = tmp_path_factory.mktemp("page") / "digits.html"
    write_page(digits_run, path, digits_items)
    return path


def model_of(page: Path) -> dict[str, Any]:
    found = re.search(r"^const MODEL = (.*);$", page.read_text(), re.MULTILINE)
    assert found
    model: dict[str, Any] = json.loads(found[1])
    return model


def test_the_page_opens_and_agrees_with_python(chromium: Browser, digits_page: Path) -> None:
    with watched_page(chromium) as page:
        page.goto(digits_page.as_uri())
        page.wait_for_selector(DONE)
        assert "20 of 20" in page.inner_text("#self-check")
        assert page.is_visible("#main") and not page.is_visible("#refusal")


def test_the_page_answers_as_the_run_does(
    chromium: Browser, digits_page: Path, digits_run: Run, digits_items: PreparedDataset
) -> None:
    sample = take_sample(digits_run, digits_items)
    with watched_page(chromium) as page:
        page.goto(digits_page.as_uri())
        page.wait_for_selector(DONE)
        answers = page.evaluate(
            """(inputs) => {
              const network = new Network(MODEL.network, decodeWeights(MODEL));
              return inputs.map((values) => Array.from(network.run(values).probabilities));
            }""",
            sample.values.reshape(len(sample.values), -1).tolist(),
        )
    assert np.abs(np.array(answers) - sample.probabilities).max() < TOLERANCE / 5
    right = np.argmax(answers, axis=1) == sample.probabilities.argmax(axis=1)
    assert right.mean() > 0.99


def test_the_page_carries_items_of_all_classes_and_some_wrong_ones(digits_page: Path) -> None:
    model = model_of(digits_page)
    assert len(model["items"]) == ITEMS
    assert {item["label"] for item in model["items"]} == set(range(10))
    wrong = [item for item in model["items"] if np.argmax(item["probabilities"]) != item["label"]]
    assert 1 <= len(wrong) <= ITEMS / 4
    assert all(abs(sum(item["probabilities"]) - 1) < 1e-5 for item in model["items"])


def test_the_page_says_what_the_run_measured(digits_page: Path, digits_run: Run) -> None:
    model, tested = model_of(digits_page), digits_run.evaluation
    assert tested is not None
    assert model["run"]["accuracy"] == tested.accuracy
    assert model["run"]["accuracy_low"] < tested.accuracy < model["run"]["accuracy_high"]
    assert model["run"]["items"] == tested.items
    assert model["contract"] == json.loads((digits_run.path / "contract.json").read_text())
    assert zlib.crc32(b64decode(model["weights"])) == model["weights_checksum"]


def test_every_script_of_the_folder_is_in_the_page_and_no_name_twice() -> None:
    assert {path.stem for path in HERE.glob("*.js")} == set(SCRIPTS)
    names = [
        name
        for script in SCRIPTS
        for name in re.findall(
            r"^(?:async )?(?:function|class|const|let)\s+(\w+)",
            (HERE / f"{script}.js").read_text(),
            re.MULTILINE,
        )
    ]
    assert len(names) > 100
    assert sorted(names) == sorted(set(names))


HOSTILE = (
    "</script><script>document.title='owned'</script>",
    "<!--<script>",
    "\u2028'\"`${alert(1)}\\",
    "<img src=x onerror=\"document.title='owned'\">",
    "{{ 7 * 7 }}",
)


def test_hostile_names_stay_text(chromium: Browser, digits_page: Path, tmp_path: Path) -> None:
    model = model_of(digits_page)
    names = [*HOSTILE, *map(str, range(10 - len(HOSTILE)))]
    model["contract"]["class_names"] = names
    model["run"] |= {"name": HOSTILE[0], "source": HOSTILE[3], "network": HOSTILE[1]}
    path = tmp_path / "hostile.html"
    path.write_text(render_page(HOSTILE[0], model))
    with watched_page(chromium) as page:
        page.goto(path.as_uri())
        page.wait_for_selector(DONE)
        assert page.evaluate("MODEL.contract.class_names") == names
        assert page.title() != "owned"
        assert page.locator("script").count() == 1
        assert page.locator("img[src=x]").count() == 0


def test_the_pages_own_rules_forbid_the_network(chromium: Browser, digits_page: Path) -> None:
    with watched_page(chromium) as page:
        page.goto(digits_page.as_uri())
        page.wait_for_selector(DONE)
        rule = page.get_attribute("meta[http-equiv='Content-Security-Policy']", "content")
        assert rule is not None and rule.startswith("default-src 'none';")
        assert "script-src 'sha256-" in rule and "http" not in rule


def test_a_network_that_is_too_large_is_refused_before_anything_is_written(
    digits_run: Run, digits_items: PreparedDataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page_module, "MOST_BYTES", 100_000)
    with pytest.raises(ArtefactError, match="The weights of digits take 0 MB, and a page holds 0"):
        write_page(digits_run, tmp_path / "page.html", digits_items)
    assert list(tmp_path.iterdir()) == []


def test_weights_that_rounding_changes_stay_whole_or_are_refused(
    digits_run: Run, digits_items: PreparedDataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def coarse(values: np.ndarray) -> np.ndarray:
        return np.round(round_weights(values), 1)

    rounded = write_page(digits_run, tmp_path / "page.html", digits_items)
    monkeypatch.setattr(page_module, "round_weights", coarse)
    whole = write_page(digits_run, tmp_path / "page.html", digits_items)
    assert model_of(tmp_path / "page.html")["weights_dtype"] == whole.weights_dtype == "float32"
    assert whole.worst_difference < rounded.worst_difference
    assert whole.weights_bytes > 1.5 * rounded.weights_bytes
    (tmp_path / "page.html").unlink()

    monkeypatch.setattr(page_module, "MOST_BYTES", rounded.weights_bytes)
    with pytest.raises(CheckFailed, match=r"Rounding the weights of digits to float16 changes"):
        write_page(digits_run, tmp_path / "page.html", digits_items)
    assert list(tmp_path.iterdir()) == []


def test_wrong_items_come_first_and_classes_take_turns(
    digits_run: Run, digits_items: PreparedDataset
) -> None:
    sample = take_sample(digits_run, digits_items)
    all_right = replace(sample, labels=sample.probabilities.argmax(axis=1))
    rows = all_right.chosen(ITEMS)
    counts = np.bincount(all_right.labels[rows], minlength=10)
    assert counts.tolist() == [2] * 10
    none_right = replace(sample, labels=(sample.probabilities.argmax(axis=1) + 1) % 10)
    assert len(none_right.chosen(ITEMS)) == ITEMS / 4
