"""noonbit.models.summary: a network without numbers is summarised as one with them."""

import pytest

from noonbit.models.catalogue import build, outline
from noonbit.models.summary import summarise


@pytest.mark.parametrize("name", ["resnet20", "airbench"])
def test_an_outline_has_the_summary_of_the_network(name: str) -> None:
    form = (name, 10, 3, (32, 32))
    assert summarise(outline(*form), (3, 32, 32)) == summarise(build(*form), (3, 32, 32))
