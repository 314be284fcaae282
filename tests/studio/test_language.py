"""Which language a page speaks, and that it has the words."""

import string

import pytest

from noonbit.language import LANGUAGES
from noonbit.studio.language import QUASAR_LANGUAGES, Speech, choose_language
from noonbit.studio.texts import TEXTS


@pytest.mark.parametrize(
    ("cookie", "accepted", "spoken"),
    [
        (None, "", "en"),
        (None, "ko-KR,ko;q=0.9,en-US;q=0.8", "ko"),
        (None, "en-US,en;q=0.9,ko;q=0.8", "en"),
        (None, "fr-FR,fr;q=0.9,ko;q=0.5", "ko"),
        (None, "de", "en"),
        (None, "ko;q=0, en;q=0.1", "en"),
        (None, "ko;q=many,;;=,", "en"),
        ("ko", "en-US", "ko"),
        ("en", "ko-KR", "en"),
        ("klingon", "ko-KR", "ko"),
    ],
)
def test_a_choice_comes_before_what_the_browser_prefers(
    cookie: str | None, accepted: str, spoken: str
) -> None:
    assert choose_language(cookie, accepted) == spoken


def test_every_text_is_there_in_every_language_with_the_same_values() -> None:
    assert len(LANGUAGES) == len(QUASAR_LANGUAGES)
    for key, texts in TEXTS.items():
        assert len(texts) == len(LANGUAGES), key
        assert all(texts), key
        fields = [
            sorted(name for _, name, *_ in string.Formatter().parse(text) if name) for text in texts
        ]
        assert all(each == fields[0] for each in fields), key


def test_korean_is_korean() -> None:
    for key, (english, korean) in TEXTS.items():
        has_hangul = any("\uac00" <= letter <= "\ud7a3" for letter in korean)
        words = [part.strip(" ·:()") for part, *_ in string.Formatter().parse(english)]
        has_words = any(letter.isalpha() for word in words for letter in word)
        assert has_hangul or not has_words, key


def test_numbers_have_separators() -> None:
    assert Speech("en").number(12345) == "12,345"
    assert Speech("en").number(True) == "True"
    assert Speech("ko").number("12345") == "12345"


def test_a_korean_particle_fits_the_value_before_it() -> None:
    speech = Speech("ko")
    assert "‘삼십’은" in speech("control.no_number", setting="학습률", typed="삼십")
    assert speech("watch.no_run", name="강아지") == "강아지라는 학습이 없습니다."
