"""Labels that stand in the names of files: `cat.0.jpg`, `Abyssinian_12.jpg`, `3_00012.png`."""

import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence

from noonbit.config.read_options import flag_of
from noonbit.data.dataset import PART_WORDS, natural_key
from noonbit.data.readers.folder_names import PICTURE_WORDS, words_of
from noonbit.errors import UsageError, join_first, plural
from noonbit.terminal import shell_value, shell_word

WORD = "word"
_WORD_PATTERN = re.compile(r"([^\W\d].*?)[\W_]*(?=\d)")
"""What stands before the first digit, without the signs between them."""
PATTERN_SECONDS = 10
"""How long a pattern may take for all names; a million take a simple one a second."""
_SEARCH = """
import json, re, sys
option, names = json.load(sys.stdin)
matches = [re.search(option, name) for name in names]
json.dump([match and match[1] for match in matches], sys.stdout)
"""
"""A program that searches a pattern in names, and prints the first group of each."""
_OFFERED = (WORD, r"^([^\W_]+)[_ -]", r"[\W_]([^\W_]+)\.\w+$")
"""Patterns that are tried for names: the word, the first and the last piece."""


def find_name_labels(
    option: str, names: Sequence[str], *, seconds: float = PATTERN_SECONDS
) -> list[str | None]:
    """Return the label in each file's name, without folders, or None where it has none.

    A pattern of the user's is searched in a process of its own, which takes 20 ms: one such as
    `(a+)+$` takes longer than anybody waits, and only a process can be stopped. Raises `UsageError`
    for a pattern that is none, has no group, or takes longer than `seconds`.
    """
    if option == WORD:
        return [_clean(_WORD_PATTERN.match(name)) for name in names]
    require_group(option)
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-c", _SEARCH],
            input=json.dumps([option, names]),
            capture_output=True,
            text=True,
            check=True,
            timeout=seconds,
        )
    except subprocess.TimeoutExpired:
        raise UsageError(
            f"{flag_of('label_from_name')} '{option}' takes longer than {seconds:g} s for "
            f"{plural(len(names), 'name')}. Write it without a repetition inside a repetition, "
            r"such as '^(\w+?)_'."
        ) from None
    labels: list[str | None] = json.loads(done.stdout)
    return [(label or "").strip() or None for label in labels]


def require_group(option: str) -> None:
    """Raise `UsageError` for a pattern that is none, or has no group."""
    flag = flag_of("label_from_name")
    try:
        pattern = re.compile(option)
    except (re.error, RecursionError, OverflowError) as error:
        raise UsageError(
            f"{flag} '{option}' is no regular expression ({error}). Give `{WORD}` for what "
            r"stands before the first digit, or a pattern with a group, such as '^(\w+?)_'."
        ) from None
    if not pattern.groups:
        raise UsageError(
            f"{flag} '{option}' has no group. Put what is the label into brackets, as in "
            r"'^(\w+?)_'."
        )


def _clean(match: re.Match[str] | None) -> str | None:
    """Return the first group without white space around it; None if nothing is left."""
    return (match[1] or "").strip() or None if match else None


def offer_name_labels(names: Sequence[str], source: str) -> str:
    """Return a sentence with the command that takes the labels from such names; "" if none fits.

    `names` are without folders.
    """
    for option in _OFFERED:
        found = map(_WORD_PATTERN.match if option == WORD else re.compile(option).search, names)
        labels = [_clean(match) for match in found]
        rests = {
            name.replace(label, "", 1)
            for name, label in zip(names, labels, strict=True)
            if label is not None
        }
        counts = Counter(label for label in labels if label is not None)
        told = {label for label in counts if label.lower() in PART_WORDS.keys() | PICTURE_WORDS}
        if len(counts) < 2 or told or 2 * counts.total() <= len(names):
            continue
        # Each label comes again, or the names differ in nothing else: A_test.jpg, B_test.jpg.
        if 2 * len(counts) <= counts.total() or (
            len(rests) == 1 and len(words_of(*rests)) > 1 and not any(map(str.isdecimal, counts))
        ):
            example = next(name for name, label in zip(names, labels, strict=True) if label)
            return (
                f" Their names may hold the label ({example}): noonbit check {shell_word(source)} "
                f"--label-from-name {shell_value(option)} takes {len(counts):,} classes "
                f"({join_first(sorted(counts, key=natural_key), 3)})."
            )
    return ""
