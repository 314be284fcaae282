"""The page of a sentence network: a text field, and the words that decided."""

from pathlib import Path

import pytest
from page_faces import model_of, opened, wait_until, write_changed
from playwright.sync_api import Browser

from noonbit.config.recipe import Recipe
from noonbit.jobs.train import train
from noonbit.page.page import write_page


@pytest.fixture(scope="module")
def reviews(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a network that knows two telling words."""
    folder = tmp_path_factory.mktemp("reviews")
    others = ["the film", "this story", "an actor", "such music", "that ending", "a plot"]
    for name, word in (("neg", "dull"), ("pos", "moving")):
        lines = [f"{one} is {word} with {other}" for one in others for other in others]
        (folder / f"{name}.txt").write_text("\n".join(lines) + "\n")
    recipe = Recipe(epochs=6, threads=1, batch_size=10)
    run = train(folder, recipe, out=tmp_path_factory.mktemp("runs") / "reviews")
    path = tmp_path_factory.mktemp("pages") / "reviews.html"
    write_page(run, path, run.items())
    return path


def test_the_words_that_decided_have_a_sign_and_a_weight_as_text(
    chromium: Browser, reviews: Path
) -> None:
    with opened(chromium, reviews, theme="dark", width=390) as page:
        page.fill("#sentence", "The film is moving, <b>zyxwv</b>")
        wait_until(page, "byId('spoken').textContent !== ''")
        assert page.inner_text("#winner") == "pos"
        words = page.evaluate(
            """Array.from(document.querySelectorAll('#word-weights .word'))
              .map((each) => [...each.children].map((part) => part.textContent))"""
        )
        weights = dict(words)
        assert list(weights)[:4] == ["the", "film", "is", "moving"]
        numbers = {word: float(text.split()[0].replace("−", "-")) for word, text in weights.items()}
        assert max(numbers, key=lambda word: numbers[word]) == "moving"
        assert weights["moving"].startswith("+")
        assert weights["zyxwv"].endswith("unknown")
        assert "a word stands there" in page.inner_text("#sentence-done")
        assert "groups of words around it" in page.inner_text("#words-help")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        page.fill("#sentence", " ")
        wait_until(page, "byId('winner').textContent === ''")
        assert page.locator("#words").is_hidden()


def test_words_of_other_networks_are_said_to_be_left_out_one_at_a_time(
    chromium: Browser, reviews: Path, tmp_path: Path
) -> None:
    model = model_of(reviews)
    model["ngrams"] = None
    path = write_changed(tmp_path / "other.html", model)
    for locale, says in (("en-US", "that one word is left out"), ("ko-KR", "하나만 뺐을 때")):
        with opened(chromium, path, locale=locale) as page:
            page.fill("#sentence", "The film is moving")
            wait_until(page, "!byId('words').hidden")
            assert says in page.inner_text("#words-help")
            assert page.locator("#ngram-part").is_hidden()


def test_a_test_sentence_fills_the_field(chromium: Browser, reviews: Path) -> None:
    with opened(chromium, reviews, locale="ko-KR") as page:
        button = page.locator("#samples button").first
        text = button.locator("span").first.inner_text()
        button.click()
        wait_until(page, "byId('spoken').textContent !== ''")
        assert page.input_value("#sentence") == text
        assert "정답은" in page.inner_text("#truth")
