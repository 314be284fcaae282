"""The report of an ensemble."""

import re

from html_page import Page

from noonbit.report import charts
from noonbit.report.members import build_member_section
from noonbit.runs.run import Run


def test_the_page_of_an_ensemble_names_members_gains_and_disagreement(digits_ensemble: Run):
    page = Page(digits_ensemble.path / "report.html")
    assert not (digits_ensemble.path / "history.png").exists()  # it has no history of its own
    result = digits_ensemble.metadata["result"]
    words = " ".join(page.text.split()).replace("\u202f", " ")
    assert "Report of an ensemble" in words
    assert "3 x mlp on digits" in words
    for seed, row in enumerate(result["members"]):
        assert re.search(rf"mlp ?seed {seed} ?[\d.]+ m?s ?{100 * row['accuracy']:.2f} %", words)
    assert f"{100 * result['members_mean_accuracy']:.2f} %" in words
    gain = result["gain_over_mean"]
    assert f"{100 * gain['gain']:+.2f} points over the mean of its members" in words
    assert f"95 % interval {100 * gain['low']:+.2f} to {100 * gain['high']:+.2f}" in words
    assert f"do not all agree on {100 * result['not_unanimous']:.2f} %" in words
    assert "the sum of its members’ outputs" in words
    assert "noonbit summary mlp --input 8x8x1 --classes 10" in words
    assert "--members 3" in words
    assert {"members", "classes"} < {tag.get("id") for tag in page.all("section")}
    assert "history" not in {tag.get("id") for tag in page.all("section")}
    assert page.open == []


def test_the_page_of_one_network_says_nothing_of_members(digits_run: Run):
    assert build_member_section(digits_run) is None
    page = Page(digits_run.path / "report.html")
    assert "members" not in {tag.get("id") for tag in page.all("section")}


def test_the_scale_begins_below_the_lowest_interval(digits_ensemble: Run):
    section = build_member_section(digits_ensemble)
    assert section is not None
    assert 0 <= section.start <= min(row.low for row in section.rows)
    assert section.best.accuracy == max(row.accuracy for row in section.rows)


def test_the_gain_chart_holds_zero_and_both_intervals():
    gains = [("over the mean", {"gain": 0.0012, "low": -0.0003, "high": 0.0027})]
    chart = charts.gain_chart(gains)
    ticks = re.findall(r'class="tick middle"[^>]*>([^<]+)<', chart)
    assert ticks == ["−0.05", "0.00", "+0.05", "+0.10", "+0.15", "+0.20", "+0.25", "+0.30"]
    assert "over the mean: +0.12, 95 % interval -0.03 to +0.27" in chart
    flat = charts.gain_chart([("x", {"gain": 0.0, "low": 0.0, "high": 0.0})])
    assert "nan" not in flat
