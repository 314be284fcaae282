"""The report of a cross-validation."""

import re

from html_page import Page

from noonbit.report.commands import summary_commands
from noonbit.report.folds import build_fold_section
from noonbit.report.members import build_member_section
from noonbit.runs.folder import load_run
from noonbit.runs.run import Run


def test_the_page_of_a_cross_validation_names_folds_spread_and_limits(digits_folds: Run):
    page = Page(digits_folds.path / "report.html")
    result = digits_folds.metadata["result"]
    words = " ".join(page.text.split()).replace("\u202f", " ")
    assert "Report of a cross-validation" in words
    assert "1,797 images of 10 classes" in words
    for fold in result["folds"]:
        assert re.search(
            rf"{fold['train_items']:,} ?{fold['validation_items']} ?{fold['items']} ?"
            rf"[\d.]+ m?s ?{100 * fold['accuracy']:.2f} %",
            words,
        )
    assert f"{100 * result['folds_mean_accuracy']:.2f} %" in words
    assert f"± {100 * result['folds_standard_deviation']:.2f} points" in words
    assert "no unbiased estimate of the variance of their mean exists" in words
    assert "was not measured here, and could not be: every image trained some of them" in words
    assert "the sum of its members’ outputs" in words
    assert "--folds 3" in words
    assert "noonbit summary mlp --input 8x8x1 --classes 10" in words
    sections = {tag.get("id") for tag in page.all("section")}
    assert "folds" in sections
    assert not sections & {"members", "history"}
    assert "test split" not in words
    assert page.open == []


def test_other_runs_have_no_folds_and_the_folds_networks_are_no_compared_members(
    digits_run: Run, digits_ensemble: Run, digits_folds: Run
):
    assert build_fold_section(digits_run) is None
    assert build_fold_section(digits_ensemble) is None
    assert build_member_section(digits_folds) is None


def test_the_scale_begins_below_the_lowest_interval(digits_folds: Run):
    section = build_fold_section(digits_folds)
    assert section is not None
    assert 0 <= section.start <= min(row.low for row in section.rows)
    assert section.lowest <= section.mean_accuracy <= section.highest


def test_the_command_for_the_layers_finds_a_network_of_ones_own(digits_folds: Run):
    run = load_run(digits_folds.path)
    for member in run.metadata["model"]["members"]:
        member["name"] = "/my nets/net.py:tiny"
    assert summary_commands(run) == [
        "noonbit summary '/my nets/net.py:tiny' --input 8x8x1 --classes 10"
    ]
