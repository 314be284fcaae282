"""Labels that stand in the names of files: `cat.0.jpg`, `Abyssinian_12.jpg`, `3_00012.png`."""

import re
from collections import Counter
from collections.abc import Callable, Sequence

from noonbit.config.read_options import flag_of
from noonbit.data.dataset import PART_WORDS, natural_key
from noonbit.data.readers.folder_names import PICTURE_WORDS, words_of
from noonbit.errors import UsageError, join_first
from noonbit.terminal import shell_value, shell_word

WORD = "word"
_WORD_PATTERN = re.compile(r"([^\W\d].*?)[\W_]*(?=\d)")
"""What stands before the first digit, without the signs between them."""
_OFFERED = (WORD, r"^([^\W_]+)[_ -]", r"[\W_]([^\W_]+)\.\w+$")
"""Patterns that are tried for names: the word, the first and the last piece."""


def name_labeller(option: str) -> Callable[[str], str | None]:
    """Return a function from a file's name, without folders, to its label, or None if it has none.

    Raises `UsageError` for a pattern that is none, or has no group.
    """
    pattern = _WORD_PATTERN
    if option != WORD:
        flag = flag_of("label_from_name")
        try:
            pattern = re.compile(option)
        except re.error as error:
            raise UsageError(
                f"{flag} '{option}' is no regular expression ({error}). Give `{WORD}` for what "
                r"stands before the first digit, or a pattern with a group, such as '^(\w+?)_'."
            ) from None
        if not pattern.groups:
            raise UsageError(
                f"{flag} '{option}' has no group. Put what is the label into brackets, as in "
                r"'^(\w+?)_'."
            )

    def label_of(name: str) -> str | None:
        match = pattern.match(name) if option == WORD else pattern.search(name)
        label = match.group(1) if match else None
        return label.strip() if label and label.strip() else None

    return label_of


def offer_name_labels(names: Sequence[str], source: str) -> str:
    """Return a sentence with the command that takes the labels from such names; "" if none fits.

    `names` are without folders.
    """
    for option in _OFFERED:
        label_of = name_labeller(option)
        labels = [label_of(name) for name in names]
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
            example = next(name for name in names if label_of(name))
            return (
                f" Their names may hold the label ({example}): noonbit check {shell_word(source)} "
                f"--label-from-name {shell_value(option)} takes {len(counts):,} classes "
                f"({join_first(sorted(counts, key=natural_key), 3)})."
            )
    return ""
