"""Korean particles after whatever stands before them."""

import pytest

from noonbit.language import LANGUAGES, choose_particles, preferred_language


@pytest.mark.parametrize(
    ("text", "settled"),
    [
        ("이미지은(는)", "이미지는"),
        ("문장은(는)", "문장은"),
        ("고양이이(가)", "고양이가"),
        ("국면을(를)", "국면을"),
        ("개과(와) 말과(와)", "개와 말과"),
        ("사람(이)라는 가위(이)라는", "사람이라는 가위라는"),
        ("국면(으)로 이미지(으)로", "국면으로 이미지로"),
        ("연필(으)로", "연필로"),
        ("3을(를) 7(으)로 6(으)로", "3을 7로 6으로"),
        ("1,797이(가)", "1,797이"),
        ("99.1 %은(는)", "99.1 %는"),
        ("99.1\u202f%을(를)", "99.1\u202f%를"),
        ("<b><bdi>강아지</bdi></b>이(가)", "<b><bdi>강아지</bdi></b>가"),
        ("‘한글’은(는)", "‘한글’은"),
        ("문장(여러 장)이(가)", "문장(여러 장)이"),
    ],
)
def test_a_particle_fits_what_is_read_before_it(text: str, settled: str) -> None:
    assert choose_particles(text) == settled


def test_after_a_latin_word_both_forms_stay() -> None:
    assert choose_particles("cat은(는) ReLU(으)로") == "cat은(는) ReLU(으)로"


@pytest.mark.parametrize(
    ("variable", "language"), [("ko", "ko"), ("ko_KR.UTF-8", "ko"), ("en", "en"), ("", "en")]
)
def test_a_variable_names_the_language_of_reports(
    variable: str, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOONBIT_LANGUAGE", variable)
    assert preferred_language() == language


def test_every_language_names_itself() -> None:
    assert LANGUAGES == {"en": "English", "ko": "한국어"}
