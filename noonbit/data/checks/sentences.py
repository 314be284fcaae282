"""What `noonbit check` says of sentences."""

from typing import Any

import numpy as np

from noonbit.data.checks.plain import file_findings, findings
from noonbit.data.prepared import PreparedDataset
from noonbit.data.preprocess.text import FIRST_WORD, PADDING

__all__ = ["facts", "file_findings", "findings", "lines"]


def facts(items: PreparedDataset) -> dict[str, Any]:
    """Lengths and words of sentences, as plain values."""
    values = np.asarray(items.values)
    lengths = (values != PADDING).sum(axis=1)
    _, counts = np.unique(values[values >= FIRST_WORD], return_counts=True)
    return {
        "sentence_words": {
            "fewest": int(lengths.min()),
            "median": float(np.median(lengths)),
            "most": int(lengths.max()),
        },
        "different_words": len(counts),
        "words_found_once": int((counts == 1).sum()),
    }


def lines(items: PreparedDataset) -> list[tuple[str, str]]:
    """The same facts for people."""
    found = facts(items)
    words, different = found["sentence_words"], found["different_words"]
    return [
        (
            "length",
            f"{words['fewest']:,} to {words['most']:,} words, half of the sentences have at most "
            f"{words['median']:g}",
        ),
        ("words", f"{different:,} different, of which {found['words_found_once']:,} occur once"),
    ]
