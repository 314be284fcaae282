"""The languages that noonbit's pages speak, and what Korean needs besides a translation.

Messages of the command line are English. Pages (the studio, reports) are in one of `LANGUAGES`;
with `NOONBIT_LANGUAGE=ko` every report is Korean.
"""

import os
import re
from collections.abc import Mapping
from typing import Literal, TypeAlias

Language: TypeAlias = Literal["en", "ko"]
LANGUAGES: Mapping[Language, str] = {"en": "English", "ko": "한국어"}
"""Each language with its name for itself."""

VARIABLE = "NOONBIT_LANGUAGE"

PARTICLES: Mapping[str, tuple[str, str]] = {
    "은(는)": ("은", "는"),
    "이(가)": ("이", "가"),
    "을(를)": ("을", "를"),
    "과(와)": ("과", "와"),
    "(으)로": ("으로", "로"),
    "(이)라는": ("이라는", "라는"),
}
"""Both forms at once -> the form after a final consonant, and the form after a vowel."""
OPEN_PARTICLE = re.compile(
    r"([가-힣0-9%])"  # what is read before the particle
    r"((?:</?\w+>|[’”')\]\s\u202f%])*?)"  # marks and tags between them, which are not read
    f"({'|'.join(map(re.escape, PARTICLES))})"
)
FIRST_SYLLABLE, FINALS, RIEUL = ord("가"), 28, 8
"""Of Unicode's Hangul syllables: the first one, how many finals (with none) each vowel has, and
which of them is ㄹ (The Unicode Standard, 3.12)."""
SPOKEN_DIGITS = "영일이삼사오육칠팔구"


def preferred_language() -> Language:
    """Return the language that `$NOONBIT_LANGUAGE` names (`ko`, `ko_KR.UTF-8`), else English."""
    return "ko" if os.environ.get(VARIABLE, "").lower().startswith("ko") else "en"


def known_language(code: str) -> Language | None:
    """Return a code such as `ko` if it is one of `LANGUAGES`."""
    return next((language for language in LANGUAGES if language == code), None)


def choose_particles(text: str) -> str:
    """Return a Korean text with `은(는)`, `이(가)` and the like settled by what stands before them.

    After a syllable or a digit one of both is right: `강아지은(는)` becomes `강아지는`. After a
    Latin letter it depends on how the word is read, so both stay.
    """
    return OPEN_PARTICLE.sub(choose_particle, text)


def choose_particle(match: re.Match[str]) -> str:
    """Return a match of `OPEN_PARTICLE` with one form of its particle."""
    before, between, both = match.groups()
    # A percent sign is read 퍼센트, which ends in a vowel.
    syllable = "트" if before == "%" or "%" in between else before
    if syllable.isdigit():
        syllable = SPOKEN_DIGITS[int(syllable)]
    final = (ord(syllable) - FIRST_SYLLABLE) % FINALS
    is_closed = final != 0 and not (both == "(으)로" and final == RIEUL)
    after_consonant, after_vowel = PARTICLES[both]
    return f"{before}{between}{after_consonant if is_closed else after_vowel}"
