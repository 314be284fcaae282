"""What the appearance of pictures tells: near-duplicates across the split, pictures that stand out,
and properties that give classes away. It takes some seconds, so no training begins with it."""

from collections.abc import Iterator

import numpy as np

from noonbit.data.checks.findings import Finding, labelled_name, named_pairs, readable_parts
from noonbit.data.checks.near_duplicates import NearDuplicates, find_near_duplicates
from noonbit.data.checks.properties import Giveaway, giveaways, measure, outliers
from noonbit.data.dataset import Indices
from noonbit.data.prepared import PreparedDataset
from noonbit.errors import plural

FEWEST = 50
"""Pictures; of fewer, quartiles say little of what is usual."""
MOST_COMPARED = 100_000
"""Pictures on either side of the comparison, evenly taken from more."""


def findings(items: PreparedDataset) -> Iterator[Finding]:
    """Find what appearance tells, each as a note: a person has to say what it means.

    Nothing of fewer than `FEWEST` pictures.
    """
    if sum(map(len, readable_parts(items).values())) < FEWEST or not isinstance(
        items.values, np.ndarray
    ):
        return
    found = across_split(items)
    if len(found):
        count = len(items.split.test)
        yield Finding(
            "note",
            "near duplicates",
            f"{len(found):,} of {plural(count, 'test picture')} "
            f"{'is' if len(found) == 1 else 'are'} nearly a picture of train (their grey levels "
            f"correlate by {found.limit:.3f} or more), so the test accuracy may measure memory "
            "there.",
            named_pairs(items, list(zip(found.items.tolist(), found.others.tolist(), strict=True))),
            tuple(zip(found.items.tolist(), found.others.tolist(), strict=True)),
        )
    measured = measure(items, np.concatenate(list(readable_parts(items).values())))
    for reason, numbers in outliers(measured):
        yield Finding(
            "note",
            "stands out",
            f"{plural(len(numbers), 'picture')} {'is' if len(numbers) == 1 else 'are'} far more "
            f"{reason} than the others.",
            tuple(labelled_name(items, number) for number in numbers.tolist()),
            tuple((number,) for number in numbers.tolist()),
        )
    train = measured.among(readable_parts(items)["train"])
    for one in giveaways(train, items.labels[train.items]):
        yield Finding("note", "giveaway", describe(one))


def across_split(items: PreparedDataset) -> NearDuplicates:
    """Return the test pictures that are nearly one of train or validation, without exact copies."""
    split = items.split
    return without_copies(
        items,
        find_near_duplicates(
            items.values,
            spread(split.test),
            spread(np.sort(np.concatenate([split.train, split.validation]))),
        ),
    )


def without_copies(items: PreparedDataset, found: NearDuplicates) -> NearDuplicates:
    """Leave out pairs of equal pictures, which are findings of their own."""
    copy_of = np.full(len(items.labels), -1)
    for number, group in enumerate(items.copies):
        copy_of[group] = number
    is_near = (copy_of[found.items] < 0) | (copy_of[found.items] != copy_of[found.others])
    return NearDuplicates(
        found.items[is_near], found.others[is_near], found.correlations[is_near], found.limit
    )


def describe(one: Giveaway) -> str:
    """Return a sentence on a property that gives classes away."""
    return (
        f"The {one.property} alone tells the class of {one.correct / one.items:.1%} of "
        f"{plural(one.items, 'picture')} (the largest class has "
        f"{one.most_frequent / one.items:.1%}), so a network may learn that in place of what they "
        "show."
    )


def spread(numbers: Indices) -> Indices:
    """Return at most `MOST_COMPARED` of the numbers, evenly taken."""
    if len(numbers) <= MOST_COMPARED:
        return numbers
    places = np.linspace(0, len(numbers) - 1, MOST_COMPARED).astype(np.int64)
    return numbers[places]
