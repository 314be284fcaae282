"""Every text of the studio's pages: a key, its English, its Korean.

Values stand in braces and are filled in by `Speech`. Sentences of the engine (a refused source, a
setting that does not fit) are shown as the engine wrote them, in English.
"""

from collections.abc import Mapping

TEXTS: Mapping[str, tuple[str, str]] = {
    # The frame
    "studio": ("noonbit studio", "noonbit 스튜디오"),
    "skip": ("Skip to the content", "본문으로 건너뛰기"),
    "pages": ("Pages", "페이지"),
    "language": ("Language", "언어"),
    "theme": ("Light or dark", "밝게 또는 어둡게"),
    "theme.auto": ("Theme: as the system", "테마: 시스템 설정"),
    "theme.light": ("Theme: light", "테마: 밝게"),
    "theme.dark": ("Theme: dark", "테마: 어둡게"),
    "no_page": ("There is no such page.", "그런 페이지가 없습니다."),
    "to_the_start": ("To the first page", "첫 페이지로"),
    # The pages
    "page.train": ("Train", "학습"),
    "page.network": ("Network", "신경망"),
    "page.draw": ("Draw", "그리기"),
}
