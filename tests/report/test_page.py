"""The report page."""

import json
import re
import shutil

import numpy as np
import pytest
from html_page import Page
from PIL import Image

from noonbit.cli.main import run as command_line
from noonbit.config.recipe import Recipe
from noonbit.data.checks.findings import Finding
from noonbit.jobs.train import train
from noonbit.report import charts, confusion_matrix, sections
from noonbit.report.page import shorten, with_code
from noonbit.runs.folder import load_run
from noonbit.runs.run import Run
from noonbit.training.state import EpochMetrics

HOSTILE = ('"><img src=x onerror=alert(1)>', "{{ 7 * 7 }}", "<b>강아지")


@pytest.fixture(scope="module")
def digits_page(digits_run: Run) -> Page:
    return Page(digits_run.path / "report.html")


@pytest.fixture(scope="module")
def hostile_page(tmp_path_factory: pytest.TempPathFactory) -> Page:
    """The page of a training on classes, files and a source with hostile names."""
    folder = tmp_path_factory.mktemp("data") / "<script>alert(1)&"
    generator = np.random.default_rng(0)
    for name in HOSTILE:
        (folder / name).mkdir(parents=True)
        for number in range(12):
            pixels = generator.integers(0, 256, (8, 8, 3), np.uint8)
            Image.fromarray(pixels).save(folder / name / f"<i>{number}'\".png")
    out = tmp_path_factory.mktemp("runs") / "<u>run"
    run = train(folder, Recipe(model="mlp", epochs=1, threads=1), out=out)
    return Page(run.path / "report.html")


def test_the_page_needs_nothing_from_anywhere(digits_page):
    assert not re.search(r"""(src|href|url|@import)\W{0,3}\s*(https?:)?//""", digits_page.source)
    assert "://" not in re.sub(r"base64,[\w+/=]+", "", digits_page.source)
    addresses = [image["src"] for image in digits_page.all("img")]
    assert addresses and all(one.startswith("data:image/png;base64,") for one in addresses)
    assert all(link["href"].startswith("#") for link in digits_page.all("a"))
    assert not digits_page.all("script") and not digits_page.all("link")


def test_the_page_forbids_itself_scripts_and_the_network(digits_page):
    policies = [one["content"] for one in digits_page.all("meta") if "http-equiv" in one]
    assert policies == ["default-src 'none'; style-src 'unsafe-inline'; img-src data:"]


def test_every_element_is_closed_in_order(digits_page, hostile_page):
    assert digits_page.open == [] == hostile_page.open


def test_links_lead_to_parts_in_their_order(digits_page):
    assert [one["id"] for one in digits_page.all("section")] == [
        one["href"][1:] for one in digits_page.all("a")
    ]


def test_every_picture_and_chart_is_described(digits_page):
    assert all(one["alt"] for one in digits_page.all("img"))
    assert all(one["aria-label"] for one in digits_page.all("svg") if "role" in one)
    assert sum("role" in one for one in digits_page.all("svg")) == 3


def test_the_headline_is_the_evaluation(digits_run, digits_page):
    evaluation = digits_run.evaluation
    text = digits_page.text.replace("\u202f", "")
    assert f"{evaluation.accuracy:.2%}" in text
    assert f"95 % interval {evaluation.accuracy_low:.2%} to {evaluation.accuracy_high:.2%}" in text
    assert "359 items set aside, every class in proportion" in text
    assert f"{evaluation.correct} right" in text


def test_stated_settings_stand_apart_from_derived_ones(digits_run, digits_page):
    stated, derived = sections.list_settings(digits_run)
    assert {one.name for one in stated} == {"model", "epochs", "threads"}
    assert {one.name for one in derived} == set(digits_run.metadata["reasons"])
    assert all(one.reason in digits_page.text for one in derived)


def test_the_page_tells_how_to_repeat_the_training(digits_run, digits_page):
    assert f"noonbit train digits --config {digits_run.path / 'recipe.toml'}" in digits_page.text
    assert digits_run.metadata["data"]["fingerprint"] in digits_page.text


def test_hostile_names_stay_text(hostile_page):
    assert not hostile_page.all("script") and not hostile_page.all("u")
    assert all("onerror" not in image for image in hostile_page.all("img"))
    for name in (*HOSTILE, "<script>alert(1)&", "<u>run"):
        assert name in hostile_page.text
    assert re.search(r"<i>\d+'\".png", hostile_page.text), "a mistake names its file"


def test_nothing_is_predicted_again(digits_run, tmp_path):
    shutil.copytree(digits_run.path, tmp_path / "copy")
    facts = json.loads((tmp_path / "copy" / "evaluation.json").read_text())
    facts["loss"] = 7.65432
    (tmp_path / "copy" / "evaluation.json").write_text(json.dumps(facts))
    assert command_line(["report", str(tmp_path / "copy")]) == 0
    page = Page(tmp_path / "copy" / "report.html")
    assert "7.6543" in page.text


def test_the_command_writes_the_same_page_and_prints_its_path(digits_run, tmp_path, capsys):
    shutil.copytree(digits_run.path, tmp_path / "copy")
    path = tmp_path / "copy" / "report.html"
    path.unlink()
    assert command_line(["report", str(tmp_path / "copy")]) == 0
    assert capsys.readouterr().out.strip() == str(path)
    assert command_line(["report", str(tmp_path / "copy"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["report"] == str(path)


def test_a_run_that_did_not_end_has_no_page(digits_run, tmp_path, capsys):
    shutil.copytree(digits_run.path, tmp_path / "stopped")
    (tmp_path / "stopped" / "evaluation.json").unlink()
    assert command_line(["report", str(tmp_path / "stopped")]) == 4
    assert "stopped has no test figures yet" in capsys.readouterr().err


def test_findings_of_the_check_are_shown(digits_run, tmp_path):
    shutil.copytree(digits_run.path, tmp_path / "copy")
    run = load_run(tmp_path / "copy")
    finding = Finding("problem", "leak", "Same picture twice.", ("a.png = <b>b.png</b>", "c.png"))
    run.metadata["data"]["findings"] = [finding.as_dict()]
    run.update()
    assert command_line(["report", str(run.path)]) == 0
    text = Page(run.path / "report.html").text
    assert "Problem: Same picture twice. a.png = <b>b.png</b>, c.png" in text


def test_a_command_in_backticks_is_set_as_code_and_what_is_in_it_stays_text():
    assert with_code("See `noonbit check`, <b>") == "See <code>noonbit check</code>, &lt;b&gt;"
    assert with_code("cut off at `noonbit ch…") == "cut off at `noonbit ch…"
    assert with_code("`<script>`") == "<code>&lt;script&gt;</code>"


def test_no_note_shows_its_backticks(digits_run, tmp_path):
    shutil.copytree(digits_run.path, tmp_path / "copy")
    run = load_run(tmp_path / "copy")
    run.metadata["data"]["notes"] = ["2 games are odd: `noonbit check` names each."]
    run.metadata["warnings"] = ["flip: `6` is `9` upside down"]
    run.update()
    assert command_line(["report", str(run.path)]) == 0
    page = Page(run.path / "report.html")
    assert "2 games are odd: noonbit check names each." in page.text
    assert "`" not in page.text


def test_of_many_classes_the_most_confused_stand_in_the_matrix_and_the_rest_together():
    classes = 100
    labels = np.arange(400) % classes
    predicted = np.where(labels < 10, (labels + 50) % classes, labels)
    names = [f"class {index}" for index in range(classes)]
    pairs = confusion_matrix.Pairs.of(labels, predicted, classes)
    shown = confusion_matrix.build_confusion_matrix(names, pairs)
    assert len(shown.names) == confusion_matrix.MOST_CONFUSED_CLASSES + 1
    assert set(names[:10]) | set(names[50:60]) <= set(shown.names)
    assert shown.names[-1] == "70 others"
    assert sum(cell.count for row in shown.rows for cell in row) == 400
    assert shown.rows[-1][-1].kind == "mixed"


def test_the_history_of_one_epoch_and_one_without_validation_can_be_drawn():
    row = EpochMetrics(1, 1.5, 0.5, float("nan"), float("nan"), 0.1, 2.0, 100.0)
    assert "nan" not in re.sub(r"aria-label=\"[^\"]*\"", "", charts.history_chart([row], 1))
    perfect = [EpochMetrics(n, 0.0, 1.0, 0.0, 1.0, 0.1, 2.0, 100.0) for n in (1, 2, 3)]
    assert charts.history_chart(perfect, 1).count("<circle") == 12


def test_axis_ticks_are_round_and_lie_within():
    assert charts.Axis(0, 0.8, 0, 100).ticks(4) == pytest.approx([0, 0.2, 0.4, 0.6, 0.8])
    assert charts.Axis(1, 60, 0, 100).ticks(8) == [10, 20, 30, 40, 50, 60]
    assert charts.Axis(0.975, 1, 0, 1).at(1) == 1


def test_a_long_name_keeps_its_beginning_and_its_end():
    assert shorten("short", 10) == "short"
    assert shorten("a" * 50 + "0041.png", 30) == "a" * 19 + "…" + "aa0041.png"


def test_a_training_without_validation_says_that_nothing_was_chosen(tmp_path):
    recipe = Recipe(model="mlp", epochs=2, threads=1, validation=0)
    page = (train("digits", recipe, out=tmp_path / "run").path / "report.html").read_text()
    assert "those of the last epoch, 2: nothing was chosen" in page
    assert "nan" not in page.split("</style>")[1].lower()


def test_a_choice_by_loss_is_told(tmp_path):
    recipe = Recipe(model="mlp", epochs=2, threads=1, keep="loss")
    page = (train("digits", recipe, out=tmp_path / "run").path / "report.html").read_text()
    assert "the loss on the validation split" in page
