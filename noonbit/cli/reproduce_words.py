"""What `noonbit reproduce` prints around claims and verdicts, in English and in Korean."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from noonbit.course.experiments.results import OUTCOME_WORDS
from noonbit.language import LANGUAGES, Language, preferred_language

if TYPE_CHECKING:
    from noonbit.course.experiments.documents import Text
    from noonbit.course.experiments.results import Result

WORDS: "Mapping[str, Text]" = {
    "title": ("{title}; the document says: {says}", "{title}; 문서의 결과: {says}"),
    "verdict": ("verdict  {outcome}: {sentence}", "판정     {outcome}: {sentence}"),
    "says": (
        "the document says: {says}; last verdict: {verdict}",
        "문서의 결과: {says}; 지난 판정: {verdict}",
    ),
    "not_run": ("not run yet", "아직 실행하지 않음"),
    "quick": ("quick: {command}", "짧은 실행: {command}"),
    "quick_on": ("quick: {command}  (on {data})", "짧은 실행: {command}  (데이터: {data})"),
    "experiment": ("experiment", "실험"),
    "outcome": ("verdict", "판정"),
    "figures": ("figures", "수치"),
    "name": ("name", "이름"),
    "where": ("where", "제목"),
    "document_says": ("the document says", "문서의 결과"),
    "last_verdict": ("last verdict", "지난 판정"),
}


class Words:
    """Speaks one language."""

    def __init__(self, language: Language | None) -> None:
        self.language: Language = language or preferred_language()
        self.index = list(LANGUAGES).index(self.language)

    def __call__(self, key: str, **values: str) -> str:
        """Return a text of `WORDS` with its values."""
        return WORDS[key][self.index].format(**values)

    def of(self, text: "Text") -> str:
        """Return a text in this language."""
        return text[self.index]

    def outcome(self, result: "Result | None") -> str:
        """Return the outcome of a result, which may not be there yet."""
        return self("not_run") if result is None else self.of(OUTCOME_WORDS[result.verdict.outcome])
