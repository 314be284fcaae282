"""What is shown on a terminal steers nothing, floods nothing, and can be typed."""

import subprocess

import pytest

from noonbit.terminal import escape_controls, shell_value, shell_word, shorten_sentence

HARMFUL = {
    "\x1b[31mred": r"\x1b[31mred",
    "a\rb\bc\ad": r"a\rb\x08c\x07d",
    "one\ntwo": r"one\ntwo",
    "\x9b2J\x85": r"\x9b2J\x85",
    "\u202egpj.exe": r"\u202egpj.exe",
    "\u2066a\u2069": r"\u2066a\u2069",
    "a\u200bb\ufeff": r"a\u200bb\ufeff",
    "line\u2028break": r"line\u2028break",
    "\udcb0": r"\udcb0",
    "nul\0del\x7f": r"nul\x00del\x7f",
}


@pytest.mark.parametrize(("text", "shown"), HARMFUL.items())
def test_control_characters_are_shown_as_python_writes_them(text: str, shown: str) -> None:
    assert escape_controls(text) == shown


@pytest.mark.parametrize(
    "text", ["가위\t바위", "👩‍👩‍👧‍👦 ❤️", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "naïve שלום عربي", r"back\slash"]
)
def test_tabs_letters_and_emoji_stay(text: str) -> None:
    assert escape_controls(text) == text


@pytest.mark.parametrize(
    "text",
    ["a b", "it's", "$(rm -r x)", "a\nb", "\x1b[2J'\\", "\u202e가", "back\\slash\n", "~x", ""],
)
def test_a_shell_reads_a_quoted_word_as_it_was(text: str) -> None:
    shown = shell_word(text)
    assert escape_controls(shown) == shown
    # bash and a locale of its own: what it prints are bytes.
    read = subprocess.run(["bash", "-c", f"printf %s {shown}"], capture_output=True, check=True)
    assert read.stdout.decode() == text


def test_a_dash_at_the_beginning_of_a_path_is_no_flag() -> None:
    assert shell_word("-rf") == "./-rf"
    assert shell_value("-rf") == "-rf"


def test_a_long_name_and_a_long_sentence_lose_their_middle() -> None:
    sentence = shorten_sentence(f"The class {'a' * 3_000} has no items.")
    assert sentence.startswith("The class aaa") and sentence.endswith("aaa has no items.")
    assert "[... 2,400 characters ...]" in sentence
    assert len(sentence) < 700
    assert len(shorten_sentence("many words " * 10_000)) < 4_100
    path = "/home/" + "folder/" * 80
    assert shorten_sentence(f"{path} does not exist.") == f"{path} does not exist."
