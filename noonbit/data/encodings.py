"""Find the encoding of bytes that are not UTF-8: names of files, tables, texts.

Windows writes in the encoding of its language. In those of East Asia a letter is two bytes, and
almost any pair is a letter in each of them; but a text in one of them, read as another, is made of
rare letters. So the encoding is the one in which most letters are usual ones.
"""

import re
from collections.abc import Iterable, Sequence
from itertools import islice
from math import inf, log
from typing import NamedTuple

EAST_ASIAN_NAMES = {
    "cp949": "CP949 (Korean)",
    "cp932": "CP932 (Japanese)",
    "gbk": "GBK (Chinese)",
    "big5": "Big5 (Chinese)",
}
WINDOWS, DOS = "cp1252", ("cp437", "cp850")
"""The encodings of western Windows, and of the names in its zip archives."""
LEAST_USUAL = 0.8
"""Minimum share of usual letters; a western text that happens to decode has hardly any."""
MOST_LETTERS = 20_000
"""Letters that are looked at."""


class _Rows(NamedTuple):
    """The pairs of an encoding that stand for usual letters, and the first bytes of its signs."""

    first: bytes
    last: bytes
    signs: range
    least_second: int = 0
    """The second byte of a usual letter is at least this."""
    kana: tuple[tuple[bytes, bytes], ...] = ()


_ROWS = {
    # KS X 1001 has 2,350 syllables. Korean Windows put the other 8,822 at other places.
    "cp949": _Rows(b"\xb0\xa1", b"\xc8\xfe", range(0xA1, 0xAD), 0xA1),
    # Level 1 of JIS X 0208, hiragana and katakana.
    "cp932": _Rows(
        *(b"\x88\x9f", b"\x98\x72", range(0x81, 0x82)),
        kana=((b"\x82\x9f", b"\x82\xf1"), (b"\x83\x40", b"\x83\x96")),
    ),
    # Level 1 of GB 2312: 3,755 characters.
    "gbk": _Rows(b"\xb0\xa1", b"\xd7\xf9", range(0xA1, 0xAA), 0xA1),
    # Level 1 of Big5: 5,401 characters.
    "big5": _Rows(b"\xa4\x40", b"\xc6\x7e", range(0xA1, 0xA4)),
}
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_LEAST_KOREAN = -1.2
"""Minimum mean of `_korean_likeness`: Korean names have -0.3, the syllables that Chinese names
look like -1.9."""

_FREQUENCIES = (
    # How often (of 1,000 and more) each letter of the Korean alphabet begins a syllable, stands in
    # its middle, and ends it, roughly, in the order of Unicode.
    (130, 10, 70, 80, 7, 80, 55, 50, 3, 90, 5, 200, 80, 3, 25, 12, 22, 22, 70),
    (200, 55, 15, 1, 110, 50, 70, 10, 120, 20, 2, 12, 18, 100, 12, 1, 10, 15, 70, 15, 160),
    (
        480,
        80,
        2,
        1,
        150,
        1,
        1,
        8,
        90,
        1,
        1,
        1,
        1,
        1,
        1,
        1,
        70,
        25,
        1,
        25,
        10,
        110,
        2,
        2,
        1,
        3,
        4,
        2,
    ),
)
_LOGARITHMS = [[log(each / sum(column)) for each in column] for column in _FREQUENCIES]
_FIRST_SYLLABLE, _LAST_SYLLABLE = "가", "힣"


def detect_encoding(raw: bytes, western: Sequence[str] = (WINDOWS,)) -> str:
    """Return the name of Python's codec for bytes that are not UTF-8.

    It is one of `EAST_ASIAN_NAMES` if the bytes read as usual letters of it, else the first of
    `western` in which every byte above 127 is a letter, else the first of them.
    """
    scores = {encoding: _usual_share(raw, encoding) for encoding in EAST_ASIAN_NAMES}
    best = max(scores, key=lambda encoding: scores[encoding])
    if scores[best] >= LEAST_USUAL:
        return best
    for encoding in western:
        if all(letter.isalpha() for letter in raw.decode(encoding, "replace") if ord(letter) > 127):
            return encoding
    return western[0]


def describe_encoding(encoding: str) -> str:
    """Return the name of an encoding for people: `CP949 (Korean)`, `Windows-1252`."""
    if encoding == WINDOWS:
        return "Windows-1252"
    return EAST_ASIAN_NAMES.get(encoding, encoding.upper())


def _usual_share(raw: bytes, encoding: str) -> float:
    """Return the share of usual letters among all that are neither ASCII nor signs."""
    text = raw.decode(encoding, "replace")
    letters = [match.start() for match in islice(_NOT_ASCII.finditer(text), MOST_LETTERS)]
    pairs = {letter: letter.encode(encoding, "replace") for letter in {text[i] for i in letters}}
    usual = total = 0
    for i in letters:
        pair = pairs[text[i]]
        if len(pair) == 2 and pair[0] in _ROWS[encoding].signs:
            continue
        total += 1
        usual += _is_usual(pair, encoding) and not _is_within_word(pair, text, i)
    if not total:
        return 0.0
    if encoding == "cp949" and _korean_likeness(text[i] for i in letters) < _LEAST_KOREAN:
        return 0.0
    return usual / total


def _is_usual(pair: bytes, encoding: str) -> bool:
    rows = _ROWS[encoding]
    if len(pair) != 2:
        return False
    if rows.first <= pair <= rows.last:
        return pair[1] >= rows.least_second
    return any(first <= pair <= last for first, last in rows.kana)


def _is_within_word(pair: bytes, text: str, at: int) -> bool:
    """Whether a pair is rather a western letter and the next one of its word: `sch|\\x94n`."""
    if not pair[1:].isalpha():
        return False
    return any(near.isascii() and near.isalpha() for near in text[max(at - 1, 0) : at + 2])


def _korean_likeness(letters: Iterable[str]) -> float:
    """Return how much likelier these syllables are in Korean than drawn by lot: the mean logarithm.

    Chinese in GBK decodes as Korean syllables too, but as ones that hardly any word has.
    """
    total = mean = 0.0
    for letter in letters:
        if _FIRST_SYLLABLE <= letter <= _LAST_SYLLABLE:
            number = ord(letter) - ord(_FIRST_SYLLABLE)
            places = number // (21 * 28), number // 28 % 21, number % 28
            mean += sum(log_of[at] for log_of, at in zip(_LOGARITHMS, places, strict=True))
            total += 1
    return mean / total + log(2350) if total else -inf
