"""Read the names of files whatever system wrote them: one form of Unicode, one kind of slash.

Linux stores the bytes of a name and does not know their encoding, and a zip archive from Korean
Windows has names in CP949. macOS writes 가 as two letters (NFD), other systems as one (NFC).
"""

import re
import unicodedata
from collections.abc import Sequence

from noonbit.data.encodings import EAST_ASIAN_NAMES, WINDOWS, detect_encoding

_FIRST_OF_THREE_BYTES = "\u0800"


def decode_names(
    names: Sequence[str], western: Sequence[str] = (WINDOWS,)
) -> tuple[list[str], dict[str, str]]:
    """Decode the names of one source together, and compose their letters (NFC).

    `names` are as Python lists a folder: bytes that are not UTF-8 are surrogates. Their encoding is
    what `detect_encoding` finds for all of them. Returns the names in the same order, and those
    that were not UTF-8 with their encoding.
    """
    raws = {name: name.encode("utf-8", "surrogateescape") for name in names if not name.isascii()}
    pieces = {piece for raw in raws.values() for piece in raw.split(b"/") if not piece.isascii()}
    unknown = sorted(piece for piece in pieces if not _decodes(piece, "utf-8"))
    if not unknown:
        return [compose(raws[name].decode()) if name in raws else name for name in names], {}
    encoding = detect_encoding(b"/".join(unknown), western)
    encoding_of = {piece: _encoding_of_piece(piece, encoding) for piece in pieces}
    decoded, encodings = [], {}
    for name in names:
        if name not in raws:
            decoded.append(name)
            continue
        split = [(piece, encoding_of.get(piece, "ascii")) for piece in raws[name].split(b"/")]
        text = compose("/".join(piece.decode(each, "replace") for piece, each in split))
        decoded.append(text)
        if any(each == encoding for _, each in split):
            encodings[text] = encoding
    return decoded, encodings


def compose(text: str) -> str:
    """Return text with composed letters (Unicode's form NFC); names are compared in it."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def relative_name(name: str) -> str:
    """Return a member's name below the root, as tar unpacks it: `/a/b`, `./a/b`, `C:/a/b` -> `a/b`.

    `..` stays, so that such a member can be refused.
    """
    pieces = re.sub(r"^[A-Za-z]:(?=/)", "", name).split("/")
    return "/".join(piece for piece in pieces if piece not in ("", "."))


def _encoding_of_piece(piece: bytes, encoding: str) -> str:
    """Return `utf-8` or `encoding`, the one that other names of the source have, if any.

    Two bytes of GBK may be a letter of UTF-8 (猫 is è). No others can be taken for three bytes of
    UTF-8, which a letter of East Asia has.
    """
    if not _decodes(piece, "utf-8"):
        return encoding
    is_doubtful = encoding in EAST_ASIAN_NAMES and max(piece.decode()) < _FIRST_OF_THREE_BYTES
    if is_doubtful and _decodes(piece, encoding):
        return encoding
    return "utf-8"


def _decodes(raw: bytes, encoding: str) -> bool:
    try:
        raw.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True
