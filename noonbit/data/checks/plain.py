"""What `noonbit check` says of a kind of input that has nothing of its own to say.

The module that a `Preprocessor` names in `checks` defines these four functions.
"""

from collections.abc import Iterable
from typing import Any

from noonbit.data.checks.findings import Finding
from noonbit.data.prepared import PreparedDataset


def facts(items: PreparedDataset) -> dict[str, Any]:
    """Figures of the inputs as plain values, for `--json`."""
    return dict(items.preprocessor.facts())


def lines(items: PreparedDataset) -> list[tuple[str, str]]:
    """The same for people: a word, and what there is to say."""
    return [("inputs", items.preprocessor.describe())]


def findings(items: PreparedDataset) -> Iterable[Finding]:
    """What is wrong with the transformed inputs; also asked before a training."""
    return ()


def file_findings(items: PreparedDataset) -> Iterable[Finding]:
    """What is wrong with the files as they were found; asked by `noonbit check` alone."""
    return ()
