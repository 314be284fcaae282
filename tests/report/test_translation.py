"""The report in Korean: that every text has a translation, and that pages speak it."""

import ast
import re
import shutil
from datetime import datetime
from pathlib import Path

import pytest
from html_page import Page
from markupsafe import Markup

from noonbit import report
from noonbit.cli.main import run as command_line
from noonbit.data.known.catalogue import KNOWN
from noonbit.data.preprocess.registry import INPUT_KINDS
from noonbit.data.preprocess.text import TextPreprocessor
from noonbit.language import choose_particles
from noonbit.models.catalogue import MODELS
from noonbit.report.engine_korean import FORMS, VALUE, translate_engine
from noonbit.report.korean import KOREAN
from noonbit.report.members import COMBINE_WORDS
from noonbit.report.page import TEMPLATES, make_environment, write_report
from noonbit.report.translation import ENGLISH, Translator
from noonbit.runs.run import Run

KO = Translator("ko")
FIELD = re.compile(r"%\((\w+)\)s|(%%)")
PLACE = re.compile(r"\{\d?\}")
"""Of a value in a Korean form: `{}`, or `{0}` where the order is another one."""


def texts_of_templates() -> set[str]:
    """What `{% trans %}` and `gettext` are given in the templates."""
    environment = make_environment(ENGLISH)
    texts = set()
    for path in TEMPLATES.glob("*.j2"):
        for _, _, found in environment.extract_translations(path.read_text(encoding="utf-8")):
            texts |= {found} if isinstance(found, str) else {text for text in found if text}
    return texts


def texts_of_modules() -> set[str]:
    """The first argument of every call of a translator in the report's modules."""
    trees = (ast.parse(path.read_text("utf-8")) for path in Path(report.__path__[0]).glob("*.py"))
    return {
        call.args[0].value
        for tree in trees
        for call in ast.walk(tree)
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id == "translate"
        and isinstance(call.args[0], ast.Constant)
    }


def texts_of_input_kinds() -> set[str]:
    """What the kinds of input say of themselves."""
    words = {
        getattr(kind.report_words, name)
        for kind in INPUT_KINDS.values()
        for name in kind.report_words.__slots__
    }
    nouns = {kind.noun for kind in INPUT_KINDS.values()}
    return words | nouns | {f"test {noun}" for noun in nouns}


def test_every_text_has_its_korean_and_nothing_else_is_in_the_table() -> None:
    counted = {"item", "other", "member", "thread"}
    other = {"Problem", "Note", "black", "white", "dark", "bright", "flat", "blurry"}
    predictors = {"the network", "the usual points", "a linear look at 5x5 points"}
    expected = texts_of_templates() | texts_of_modules() | texts_of_input_kinds()
    assert expected | counted | other | predictors | set(COMBINE_WORDS.values()) == KOREAN.keys()


def test_a_translation_is_korean_and_needs_no_other_values() -> None:
    for english, korean in KOREAN.items():
        assert set(FIELD.findall(korean)) - {("", "%%")} <= set(FIELD.findall(english)), english
        assert "%" not in FIELD.sub("", korean), english
        words = FIELD.sub("", re.sub("<[^>]+>", "", english))
        assert re.search("[가-힣]", korean) or not re.search("[A-Za-z]{4}", words), english


def test_the_page_is_korean_where_its_reader_asks_for_it(digits_run: Run, tmp_path: Path) -> None:
    shutil.copytree(digits_run.path, tmp_path / "copy")
    assert command_line(["report", str(tmp_path / "copy"), "--language", "ko"]) == 0
    page = Page(tmp_path / "copy" / "report.html")
    assert page.all("html") == [{"lang": "ko"}] and page.open == []
    text = " ".join(page.text.split())
    assert "테스트 이미지 359개로 시험했습니다" in text
    for title in ("데이터", "신경망", "학습 과정", "혼동 행렬", "틀린 예측", "보정", "한계"):
        assert re.search(rf"(?<!\w){title}(?!\w)", text)
    for sentence in ("Look for wrong labels", "What the", "Measured on", "taken for"):
        assert sentence not in page.source
    assert not re.search(r"[가-힣0-9]\s?(은\(는\)|이\(가\)|을\(를\)|\(으\)로)", text)


def test_the_users_language_is_that_of_a_report_without_a_flag(
    digits_run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(digits_run.path, tmp_path / "copy")
    monkeypatch.setenv("NOONBIT_LANGUAGE", "ko")
    assert command_line(["report", str(tmp_path / "copy")]) == 0
    assert Page(tmp_path / "copy" / "report.html").all("html") == [{"lang": "ko"}]
    assert command_line(["report", str(tmp_path / "copy"), "--language", "en"]) == 0
    assert Page(tmp_path / "copy" / "report.html").all("html") == [{"lang": "en"}]


def test_what_the_engine_says_is_korean_or_marked_as_english(
    digits_run: Run, tmp_path: Path
) -> None:
    shutil.copytree(digits_run.path, tmp_path / "copy")
    command_line(["report", str(tmp_path / "copy"), "--language", "ko"])
    source = (tmp_path / "copy" / "report.html").read_text(encoding="utf-8")
    assert "테스트 셋: 클래스 비율을 지켜 떼어 둔 항목 359개." in source
    assert "8 × 8 픽셀, 흑백, 어두운 바탕에 밝은 획, 획은 7 × 8 상자 안" in source
    assert '<span lang="en">a table inside scikit-learn</span>' in source
    reasons = digits_run.metadata["reasons"].values()
    assert [reason for reason in reasons if translate_engine(reason) is None] == []
    assert '<span lang="en">' not in (digits_run.path / "report.html").read_text("utf-8")


def test_the_engines_sentences_keep_their_values() -> None:
    for english, korean in FORMS:
        places = PLACE.findall(korean)
        assert english.count(VALUE) == len(places)
        numbered = {f"{{{number}}}" for number in range(len(places))}
        assert set(places) <= {VALUE} or set(places) == numbered
        said = choose_particles(PLACE.sub("7", korean))
        assert translate_engine(english.replace(VALUE, "7")) == said


def test_what_is_counted_in_a_sentence_is_korean_too() -> None:
    said = translate_engine(
        "3 of 359 test images have an exact copy in train, so the test accuracy measures memory "
        "there."
    )
    assert said == (
        "테스트 이미지 359개 가운데 3개는 학습 셋에도 똑같은 것이 있어서, 그만큼 테스트 정확도가 "
        "실제보다 높게 나옵니다."
    )
    sizes = translate_engine("The pictures have 2 sizes from 8x8 to 9x12; all are brought to 8x8.")
    assert sizes == "그림의 크기가 8x8 ~ 9x12(2가지)입니다. 모두 8x8 크기로 맞춥니다."


def test_known_data_networks_and_findings_are_korean() -> None:
    titles = [entry.title for entry in MODELS.values()] + [known.title for known in KNOWN.values()]
    for title in titles:
        assert re.search("[가-힣]", translate_engine(title) or ""), title
    assert translate_engine("1,293 of something") is None
    assert translate_engine("about a sixteenth of 1,293 items") == "항목 1,293개의 16분의 1쯤"
    assert (
        translate_engine("of member 1: about a sixteenth of 1,293 items")
        == "멤버 1: 항목 1,293개의 16분의 1쯤"
    )
    assert translate_engine("of member 1: a reason of tomorrow") is None
    words = TextPreprocessor(length=56, words=("a", "b"), letters="ascii")
    assert translate_engine(words.describe_in_full()) == (
        "소문자로 바꾼 단어의 번호 최대 56개(어휘는 학습 문장의 단어 2개)"
    )
    assert KO.engine(Markup("trains &lt;b&gt; best")) == Markup("&lt;b&gt; 학습에 가장 좋음")
    assert KO.engine("<i>") == Markup('<span lang="en">&lt;i&gt;</span>')


@pytest.mark.parametrize("name", ["digits_ensemble", "digits_folds"])
def test_runs_of_several_networks_have_a_korean_page(
    name: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    run: Run = request.getfixturevalue(name)
    before = (run.path / "report.html").read_text(encoding="utf-8")
    try:
        page = Page(write_report(run, run.items(), language="ko"))
    finally:
        (run.path / "report.html").write_text(before, encoding="utf-8")
    assert page.open == []
    assert "멤버들의 출력을 더한 값" in page.text


def test_numbers_times_and_dates_are_written_as_in_korea() -> None:
    assert KO.counted(1797, "image") == "이미지 1,797개"
    assert ENGLISH.counted(1, "image") == "1 image"
    assert [KO.seconds(value) for value in (0.05, 8.61, 125)] == ["50\u202fms", "8.6초", "2분 5초"]
    assert KO.date(datetime(2026, 11, 7, 9, 5)) == "2026년 11월 7일 09:05"
    assert ENGLISH.date(datetime(2026, 11, 7, 9, 5)) == "7 November 2026, 09:05"
