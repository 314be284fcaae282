"""The report's texts in the language of its reader.

English stands in the templates (`{% trans %}`, the syntax of Jinja's i18n extension) and in the
calls of `Translator`; the tables in korean/ have each of these texts in Korean. What the rest of
noonbit says about data and settings is Korean where engine_korean.py knows the sentence, and else
shown as it was written, marked as English.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from jinja2 import Environment
from markupsafe import Markup

from noonbit.errors import plural
from noonbit.language import Language, choose_particles
from noonbit.report.engine_korean import translate_engine
from noonbit.report.korean import KOREAN

TABLES: Mapping[Language, Mapping[str, str]] = {"en": {}, "ko": KOREAN}


@dataclass(frozen=True, slots=True)
class Translator:
    """Speaks one language: `translate("%(count)s others", count=3)`."""

    language: Language

    def __call__(self, message: str, **values: object) -> str:
        """Return a text with its values; a percent sign is written twice, as for `%`."""
        return self.settle(self.look_up(message) % values)

    def look_up(self, text: str) -> str:
        """Return the translation of a text without values, or the text if there is none."""
        return TABLES[self.language].get(text, text)

    def settle(self, text: str) -> str:
        """Return a text whose Korean particles fit what stands before them."""
        return choose_particles(text) if self.language == "ko" else text

    def counted(self, count: int, noun: str) -> str:
        """Return a number of things: `1,797 images`, `이미지 1,797개`. `noun` is English."""
        if self.language == "en":
            return plural(count, noun)
        return f"{self.look_up(noun)} {count:,}개"

    def engine(self, text: str) -> str:
        """Return what the engine said, if it is known in the language, else marked as English."""
        if self.language == "en":
            return text
        korean = translate_engine(str(text))
        if korean is None:
            return Markup('<span lang="en">{}</span>').format(text)
        return korean

    def plural(self, noun: str) -> str:
        """Return the plural of an English noun, which Korean does without."""
        return f"{noun}s" if self.language == "en" else self.look_up(noun)

    def date(self, time: datetime) -> str:
        """Return a day and a time of day: `7 November 2026, 09:05`."""
        if self.language == "ko":
            return f"{time.year}년 {time.month}월 {time.day}일 {time:%H:%M}"
        return f"{time.day} {time:%B %Y, %H:%M}"

    def seconds(self, value: float) -> str:
        """Return a duration: `8.6 s`, `2 min 5 s`."""
        if value < 0.1:
            return f"{1000 * value:.0f}\u202fms"
        if self.language == "ko":
            return f"{value:.1f}초" if value < 60 else f"{value // 60:.0f}분 {value % 60:.0f}초"
        if value < 60:
            return f"{value:.1f}\u202fs"
        return f"{value // 60:.0f}\u202fmin {value % 60:.0f}\u202fs"


ENGLISH = Translator("en")


def install_translator(environment: Environment, translate: Translator) -> None:
    """Let the templates of an environment, which escapes values, speak a language."""

    def gettext(message: str, /, **values: object) -> Markup:
        return Markup(translate.settle(Markup(translate.look_up(message)) % values))

    def ngettext(one: str, several: str, count: int, /, **values: object) -> Markup:
        # Korean has one form for any number.
        is_one = count == 1 and translate.language == "en"
        return gettext(one if is_one else several, **values)

    environment.add_extension("jinja2.ext.i18n")
    environment.newstyle_gettext = True  # type: ignore[attr-defined]
    environment.policies["ext.i18n.trimmed"] = True
    environment.globals |= {
        "gettext": gettext,
        "ngettext": ngettext,
        "counted": translate.counted,
        "engine": translate.engine,
        "language": translate.language,
    }
    environment.filters |= {
        "translated": translate.look_up,
        "seconds": translate.seconds,
        "date": translate.date,
    }
