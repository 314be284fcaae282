"""Labels in the names of files, whatever pattern takes them."""

import pytest

from noonbit.data.readers.name_labels import find_name_labels
from noonbit.errors import UsageError


def test_a_pattern_takes_its_first_group_of_any_name() -> None:
    names = ["cat_1.png", "고양이_2.png", "3.png", "\udcb0 _4.png"]
    assert find_name_labels(r"^(\D+)_", names) == ["cat", "고양이", None, "\udcb0"]
    assert find_name_labels("word", names[:3]) == ["cat", "고양이", None]


def test_a_pattern_that_never_ends_is_stopped() -> None:
    with pytest.raises(UsageError, match=r"takes longer than 0\.5 s for 1 name\. Write it without"):
        find_name_labels("^(a+)+$", ["a" * 60 + "b"], seconds=0.5)


@pytest.mark.parametrize("option", ["(", "a{99999999999999999999}(b)"])
def test_a_pattern_that_is_none_is_refused(option: str) -> None:
    with pytest.raises(UsageError, match="is no regular expression"):
        find_name_labels(option, [])
