"""Which language a page speaks, and its words."""

from collections.abc import Mapping
from dataclasses import dataclass

from noonbit.language import LANGUAGES, Language, choose_particles, known_language
from noonbit.report.engine_korean import translate_engine
from noonbit.studio.texts import TEXTS

QUASAR_LANGUAGES: Mapping[str, str] = {"en": "en-US", "ko": "ko-KR"}
"""What the widgets' own words are called."""
LONGEST_HEADER = 1000
"""Characters of Accept-Language that are looked at."""


@dataclass(frozen=True, slots=True)
class Speech:
    """Speaks one language: `speech("train.title")`."""

    language: Language

    def __call__(self, key: str, **values: object) -> str:
        """Return the text of a key, with {names} replaced by values."""
        said = self.text(key).format_map(
            {name: self.number(value) for name, value in values.items()}
        )
        return choose_particles(said) if self.language == "ko" else said

    def text(self, key: str) -> str:
        """Return the text of a key with its {names}, for a script that fills them in."""
        return TEXTS[key][list(LANGUAGES).index(self.language)]

    def templates(self, prefix: str) -> dict[str, str]:
        """Return the texts whose keys begin so, for a script, which fills in their {names}."""
        return {key: self.text(key) for key in TEXTS if key.startswith(prefix)}

    def engine(self, sentence: str) -> str:
        """Return what the engine said, in this language where it is known, else as it is."""
        korean = translate_engine(sentence) if self.language == "ko" else None
        return sentence if korean is None else korean

    def number(self, value: object) -> str:
        """Return a whole number with separators (`10,000`), and anything else as it is."""
        is_whole = isinstance(value, int) and not isinstance(value, bool)
        return f"{value:,}" if is_whole else str(value)


def choose_language(cookie: str | None, accept_language: str) -> Language:
    """Return the language that was chosen, else the browser's first that there is, else English.

    `accept_language` is the header, such as `ko-KR,ko;q=0.9,en;q=0.8` (RFC 9110, 12.5.4).
    """
    if cookie is not None and (chosen := known_language(cookie)) is not None:
        return chosen
    wishes = []
    for wish in accept_language[:LONGEST_HEADER].split(","):
        name, _, weight = wish.partition(";")
        code = known_language(name.strip().lower().partition("-")[0])
        if code is not None and (quality := read_quality(weight)) > 0:
            wishes.append((quality, code))
    return max(wishes, key=lambda wish: wish[0])[1] if wishes else "en"


def read_quality(weight: str) -> float:
    """Return the number in `q=0.8`; 1 where none is stated, 0 where it is none."""
    if not weight.strip():
        return 1.0
    try:
        return float(weight.partition("=")[2])
    except ValueError:
        return 0.0
