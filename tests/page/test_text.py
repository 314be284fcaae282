"""The page's sentences against Python's."""

import json
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from browser import load_scripts, watched_page
from hypothesis import given, settings
from hypothesis import strategies as st
from playwright.sync_api import Browser, Page

from noonbit.config.recipe import Recipe
from noonbit.data import open_data
from noonbit.data.dataset import Sentences
from noonbit.data.preprocess.registry import fit_preprocessor
from noonbit.data.preprocess.text import Letters, TextPreprocessor, tokenise
from noonbit.page.characters import character_tables, runs

WORDS = ("a", "constructor", "film", "gripping", "n't", "제가", "좋은", "영화")
ASCII = TextPreprocessor(length=6, words=tuple(sorted(WORDS)))
ALL = TextPreprocessor(length=6, words=tuple(sorted(WORDS)), letters="all")

TYPED = st.one_of(
    st.text(st.characters(exclude_categories=("Cs",))),
    st.text(
        st.sampled_from("aA'`sSntTvelrd(),!?_ .-\n\t\x00\x1c\x85\u2028ΣσςİıéßﬁÅ\u0301\u200d1²Ⅷ")
    ),
    st.text(st.sampled_from("ㄱㅏ가각힣\u1100\u1161\u11a8제가 영화는!👩‍👩‍👧🇰🇷👍🏽漢字かなカナ゛")),
    st.lists(st.sampled_from([*WORDS, "don't", "It'S", "__proto__", "?"]), max_size=9).map(
        " ".join
    ),
)

NASTY = [
    "",
    " \t\n\r\x0b\x0c\x1c\x1d\x1e\x1f\x85\xa0\u1680\u2003\u2028\u2029\u202f\u205f\u3000 ",
    "don't can't 'tis it's'S I'VE we're they'd'll n't'n't ''s `s",
    "don\u2019t  caf\u00e9 cafe\u0301 \ufb01lm \u212bngstr\u00f6m \u1e9e Stra\u00dfe",
    "\u03a3\u0399\u03a3\u03a5\u03a6\u039f\u03a3 \u03a3 \u0391\u03a3'\u0391 '\u03a3",
    "\u0391'\u03a3\u02b0 \u02b0\u03a3 \u03a3\u03a3",
    "\u0130stanbul I\u0307 \u0131 \u01c5 \u10a0 \u13a0 \u1c90 \ua64a \U00010400 \U0001e900",
    "\uc81c\uac00 \ubcf8 \uc601\ud654!! \u1112\u1161\u11ab \u314b\u314b\u314b (\uc9c4\uc9dc?)",
    "\U0001f469\u200d\U0001f469\u200d\U0001f467",
    "\U0001f1f0\U0001f1f7 \U0001f44d\U0001f3fd ok\U0001f600ok",
    "\u0627\u0644\u0633\u0644\u0627\u0645 \u05e9\u05dc\u05d5\u05dd",
    "\u0928\u092e\u0938\u094d\u0924\u0947 \u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35 \u202eabc\u202c",
    "constructor __proto__ toString hasOwnProperty valueOf",
    "$& $1 $` \\g<0> \\1 <script>alert(1)</script> </script> & < > \x00",
    "\ufeffa\u00ada\u200ba\u2060a\ufffe\uffff\U0010ffff \U000e0041",
    "\u00b2\u00bd\u2167\u2460\u3007\u0661\U0001d7ce\U0001f100 \u24b6 \u00aa\u00ba",
    "a" * 200_000 + " " + "film, " * 20_000,
]


@pytest.fixture(scope="module")
def page(chromium: Browser) -> Iterator[Page]:
    with watched_page(chromium) as page:
        load_scripts(page, "characters.js", "text.js")
        page.evaluate("(tables) => { globalThis.tables = tables; }", character_tables(ALL))
        yield page


def as_python_says(preprocessor: TextPreprocessor, text: str) -> dict[str, Any]:
    values, done = preprocessor.transform_one(text)
    return {"values": values.tolist(), "tokens": preprocessor.tokens(text), "done": done}


def as_the_page_says(page: Page, preprocessor: TextPreprocessor, texts: Sequence[str]) -> Any:
    return page.evaluate(
        """([texts, preprocessor]) => texts.map((text) => {
            const { values, tokens, done } = encodeSentence(text, preprocessor, tables);
            return { values: Array.from(values), tokens, done };
        })""",
        [list(texts), json.loads(preprocessor.model_dump_json())],
    )


def assert_alike(page: Page, preprocessor: TextPreprocessor, texts: Sequence[str]) -> None:
    answers = as_the_page_says(page, preprocessor, texts)
    assert len(answers) == len(texts)
    for text, answer in zip(texts, answers, strict=True):
        assert answer == as_python_says(preprocessor, text), repr(text[:100])


@pytest.mark.parametrize("preprocessor", [ASCII, ALL], ids=["ascii", "all"])
def test_awkward_texts_give_the_same_numbers_words_and_notes(
    page: Page, preprocessor: TextPreprocessor
) -> None:
    assert_alike(page, preprocessor, NASTY)
    forms = ("NFC", "NFD", "NFKC", "NFKD")
    assert_alike(page, preprocessor, [unicodedata.normalize(f, t) for f in forms for t in NASTY])


@pytest.mark.parametrize("preprocessor", [ASCII, ALL], ids=["ascii", "all"])
@given(texts=st.lists(TYPED, min_size=20, max_size=60))
@settings(max_examples=15, deadline=None)
def test_whatever_is_typed_gives_the_same_numbers_words_and_notes(
    page: Page, preprocessor: TextPreprocessor, texts: list[str]
) -> None:
    assert_alike(page, preprocessor, texts)


@pytest.mark.slow
@pytest.mark.parametrize("letters", ["ascii", "all"])
def test_every_code_point_ends_or_joins_a_word_and_changes_case_as_in_python(
    page: Page, letters: Letters
) -> None:
    """Surrogates too, which a text may hold one by one; 20 s."""
    page.evaluate(
        """(letters) => {
            globalThis.characters = letters === "all" ? new Characters(tables) : null;
        }""",
        letters,
    )
    for first in range(0, 0x110000, 0x8000):
        answers = page.evaluate(
            """(first) => Array.from({ length: 0x8000 }, (_, index) => {
                const each = String.fromCodePoint(first + index);
                const text = `x${each}Y AΣ${each} ${each}Σ A${each}ΣA${each}'ΣA`;
                return tokenise(text, characters).join(" ").toWellFormed();
            })""",
            first,
        )
        for code, answer in enumerate(answers, start=first):
            each = chr(code)
            text = f"x{each}Y AΣ{each} {each}Σ A{each}ΣA{each}'ΣA"
            assert answer == " ".join(tokenise(text, letters)), f"U+{code:04X}"


def test_every_real_sentence_gives_the_same_numbers(
    page: Page, shared_data: Callable[[str], Path]
) -> None:
    data = open_data(shared_data("rt-polarity"))
    preprocessor, _ = fit_preprocessor(data, Recipe())
    assert isinstance(preprocessor, TextPreprocessor) and isinstance(data.train.raw, Sentences)
    texts = list(data.train.raw)[::20]
    assert len(texts) > 500
    # Half of the words, so that some are unknown; and a length that cuts some.
    halved = preprocessor.model_copy(update={"words": preprocessor.words[::2], "length": 25})
    assert_alike(page, TextPreprocessor(**halved.model_dump()), texts)
    korean = [text.replace("the", "그 영화는").replace("e", "é") for text in texts[:100]]
    assert_alike(
        page, TextPreprocessor(length=40, words=halved.words, letters="all"), [*texts, *korean]
    )


def test_words_that_are_ascii_need_no_tables() -> None:
    assert character_tables(ASCII) is None


def test_a_page_without_the_tables_that_it_needs_does_not_answer(page: Page) -> None:
    message = page.evaluate(
        """(preprocessor) => {
            try { return encodeSentence("a", preprocessor, null); }
            catch (error) { return error.message; }
        }""",
        json.loads(ALL.model_dump_json()),
    )
    assert message == "The page has no table of characters for its words."


@given(st.lists(st.booleans()))
def test_runs_hold_what_they_were_made_of(marked: list[bool]) -> None:
    lengths = runs(marked)
    assert [bool(i % 2) for i, length in enumerate(lengths) for _ in range(length)] == marked
    assert all(lengths[1:])
