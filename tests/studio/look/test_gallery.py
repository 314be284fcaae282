"""Which items an address asks for."""

from urllib.parse import parse_qsl

import pytest

from noonbit.studio.look.gallery import Selection


@pytest.mark.parametrize(
    "selection",
    [
        Selection(),
        Selection("close"),
        Selection("worst", None, 48),
        Selection("cell", (3, 12)),
        Selection("cell", (0, 0), 24),
    ],
)
def test_an_address_says_which_items_are_shown(selection: Selection) -> None:
    query = dict(parse_qsl(selection.query().removeprefix("?")))
    assert Selection.from_query(query) == selection


@pytest.mark.parametrize(
    "query",
    [
        {"cell": "3"},
        {"cell": "3,x"},
        {"cell": "-1,2"},
        {"cell": "3,10000"},
        {"items": "all"},
        {"first": "-24"},
        {"first": "1e3"},
        {"first": "9" * 5000},
    ],
)
def test_what_an_address_says_wrong_is_left_out(query: dict[str, str]) -> None:
    assert Selection.from_query(query) == Selection()
