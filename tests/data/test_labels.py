"""Which labels can be learned, and what is said of others."""

import numpy as np
import pytest

from noonbit.config.ranges import MOST_CLASSES
from noonbit.data.labels import check_classes
from noonbit.errors import DataError


def test_numbers_of_items_are_no_classes() -> None:
    names = tuple(map(str, range(MOST_CLASSES + 1)))
    with pytest.raises(DataError, match="holds 100,001 classes .* at most 100,000 are learned"):
        check_classes({"train": np.arange(len(names))}, names, source="ids.csv")


def test_as_many_classes_as_are_learned_are_taken() -> None:
    names = tuple(map(str, range(MOST_CLASSES)))
    check_classes({"train": np.arange(len(names))}, names, source="names.csv")
