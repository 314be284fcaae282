"""The pages of the studio: where each lies, what it is called, and the function that builds it.

A builder is called with the `Speech` of whoever asked and with what its path names, inside a page
of NiceGUI, and adds its elements. Its module is imported at start, so it imports what is heavy when
it is used.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from noonbit.studio.data import make_page
from noonbit.studio.data import page as data_page
from noonbit.studio.data import view_page as data_view_page
from noonbit.studio.draw import page as draw_page
from noonbit.studio.learn import page as learn_page
from noonbit.studio.look import item_page
from noonbit.studio.look import page as look_page
from noonbit.studio.network import page as network_page
from noonbit.studio.runs import comparison_page, take_out_page
from noonbit.studio.runs import page as runs_page
from noonbit.studio.train import page as train_page
from noonbit.studio.watch import page as watch_page


@dataclass(frozen=True, slots=True)
class Page:
    """One page."""

    path: str
    """`/train`, or with what it is about: `/train/{run}`."""
    title: str
    """The key of its title."""
    build: Callable[..., Awaitable[None] | None]
    is_in_header: bool = True


PAGES: tuple[Page, ...] = (
    Page("/data", "page.data", data_page.build),
    Page("/data/view", "page.data", data_view_page.build, is_in_header=False),
    Page("/data/make", "page.data", make_page.build, is_in_header=False),
    Page("/train", "page.train", train_page.build),
    Page("/train/{run}", "page.train", watch_page.build, is_in_header=False),
    Page("/network", "page.network", network_page.build),
    Page("/draw", "page.draw", draw_page.build),
    Page("/draw/{run}", "page.draw", draw_page.build_run, is_in_header=False),
    Page("/look", "page.look", look_page.build),
    Page("/look/{run}", "page.look", look_page.build_run, is_in_header=False),
    Page("/look/{run}/{item}", "page.look", item_page.build, is_in_header=False),
    Page("/runs", "page.runs", runs_page.build),
    Page("/runs/compare", "page.runs", comparison_page.build, is_in_header=False),
    Page("/export/{run}", "page.runs", take_out_page.build, is_in_header=False),
    Page("/learn", "page.learn", learn_page.build),
    Page("/learn/{document}", "page.learn", learn_page.build_document, is_in_header=False),
)
"""In the order of the header; the first is the one that `/` leads to."""
