"""Text on a terminal: it can neither steer it nor flood it, and its commands can be typed as shown.

Names of files and classes come from anywhere. On a terminal, a control character in one can move
the cursor, hide what was printed, or order the letters of a line anew; a newline makes one line
two. What goes out for people is therefore shown escaped; JSON and files keep every character.
"""

import re
import shlex

LONGEST_WORD = 600
"""Characters of a word of a sentence that are shown, a name of a class for instance: more than two
names of files, so that paths are seldom cut."""
LONGEST_SENTENCE = 4_000
"""Characters of a sentence that are shown; what is beyond is left out of its middle."""

_CONTROLS = re.compile(
    "[\x00-\x08\x0a-\x1f\x7f-\x9f"  # all of C0 but the tab, DEL, and C1
    "\u200b\u2028-\u202e\u2060\u2066-\u2069\ufeff"  # invisible, or turning the order of a line
    "\ud800-\udfff]"  # bytes of a path that are no UTF-8, which no encoding has
)


def escape_controls(text: str) -> str:
    r"""Return text with its control characters written as Python writes them: `\x1b[31m`, `\n`.

    Tabs stay, and so do letters of all languages and emoji.
    """
    return _CONTROLS.sub(lambda match: ascii(match[0])[1:-1], text)


def escape_controls_in_json(text: str) -> str:
    r"""As `escape_controls`, for JSON on several lines, which reads `\u009b` as that character."""
    return _CONTROLS.sub(
        lambda match: match[0] if match[0] == "\n" else f"\\u{ord(match[0]):04x}", text
    )


def shorten_sentence(sentence: str) -> str:
    """Return a sentence without the middle of words, or of itself, that are too long to be read."""
    words = re.sub(
        rf"\S{{{LONGEST_WORD + 1},}}", lambda match: cut_middle(match[0], LONGEST_WORD), sentence
    )
    return cut_middle(words, LONGEST_SENTENCE)


def cut_middle(text: str, most: int) -> str:
    """Return text of up to `most` characters, and a count of those left out of its middle."""
    if len(text) <= most:
        return text
    kept = most // 2
    return f"{text[:kept]}[... {len(text) - 2 * kept:,} characters ...]{text[-kept:]}"


def shell_word(text: str) -> str:
    r"""Quote a path or a name, so that a shell gives it to a command as it is.

    A leading dash would be taken for a flag, so `-x` becomes `./-x`. Control characters are written
    as bash, zsh and ksh read them: `$'a\nb'`.
    """
    return shell_value(f"./{text}" if text.startswith("-") else text)


def shell_value(text: str) -> str:
    """As `shell_word`, for what is no path; a leading dash stays, so write `--flag=VALUE`."""
    if not _CONTROLS.search(text):
        return shlex.quote(text)
    quoted = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"$'{_CONTROLS.sub(_escape_for_shell, quoted)}'"


def _escape_for_shell(match: re.Match[str]) -> str:
    r"""Write each byte of a character in octal: `\033`."""
    is_byte = "\udc80" <= match[0] <= "\udcff"  # of a path that is no UTF-8
    encoded = match[0].encode("utf-8", "surrogateescape" if is_byte else "surrogatepass")
    return "".join(f"\\{byte:03o}" for byte in encoded)
