"""The test items of a selection, a page of them at a time; each leads to why."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from nicegui import ui

from noonbit.errors import NoonbitError
from noonbit.studio.elements import warning, words
from noonbit.studio.language import Speech
from noonbit.studio.look.frame import address_of
from noonbit.studio.look.process import processes
from noonbit.studio.trainings import Training

PAGE_ITEMS = 24


@dataclass(frozen=True, slots=True)
class Selection:
    """Which test items are shown: the `worst`, the `close` ones, or those of a `cell`."""

    kind: str = "worst"
    cell: tuple[int, int] | None = None
    """Row and column of the confusion matrix."""
    first: int = 0

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> "Selection":
        """Return what an address says, such as `?cell=3,5&first=24`; what it says wrong is left."""
        first = query.get("first", "")
        start = int(first) if first.isdecimal() and len(first) < 10 else 0
        pieces = query.get("cell", "").split(",")
        if len(pieces) == 2 and all(each.isdecimal() and len(each) < 4 for each in pieces):
            return cls("cell", (int(pieces[0]), int(pieces[1])), start)
        return cls("close" if query.get("items") == "close" else "worst", None, start)

    def query(self) -> str:
        """Return it as the query of an address."""
        values: dict[str, object] = {}
        if self.cell is not None:
            values["cell"] = f"{self.cell[0]},{self.cell[1]}"
        elif self.kind != "worst":
            values["items"] = self.kind
        if self.first:
            values["first"] = self.first
        return f"?{urlencode(values)}" if values else ""


class Gallery:
    """The list of items on the page of a run."""

    def __init__(self, training: Training, overview: dict[str, Any], speech: Speech) -> None:
        self.training, self.overview, self.speech = training, overview, speech
        self.has_pictures = True
        self.on_show: Callable[[tuple[int, int] | None], None] = lambda cell: None
        """Called with the cell of the matrix whose items are shown, or None."""

    def build(self) -> None:
        """Add the choice of the selection, and a place for the items."""
        speech = self.speech
        items, correct = self.overview["items"], self.overview["correct"]
        counts = {"worst": items - correct, "close": correct}
        with ui.element("section").classes("panel gallery").props('aria-labelledby="items"'):
            self.heading = words("h2", speech("look.items")).props('id="items" tabindex="-1"')
            with ui.element("div").classes("choice").props('role="group" aria-labelledby="items"'):
                self.buttons = {
                    kind: words("button", f"{speech(f'look.{kind}')} ({count:,})")
                    .props('type="button"')
                    .on("click", lambda kind=kind: self.show(Selection(kind)))
                    for kind, count in counts.items()
                }
            self.place = ui.element("div").classes("rows")

    async def show(self, selection: Selection, *, moves: bool = False) -> None:
        """Show a selection; `moves` brings it into sight, and the reader to its heading."""
        training = self.training
        try:
            found = await processes.ask(
                training.path,
                "rows",
                selection=selection.kind,
                cell=selection.cell,
                first=selection.first,
                count=PAGE_ITEMS,
            )
        except NoonbitError as error:
            self.place.clear()
            with self.place:
                warning(str(error))
            return
        self.on_show(selection.cell)
        for kind, button in self.buttons.items():
            button.props(f'aria-pressed="{"true" if kind == selection.kind else "false"}"')
        self.heading.set_text(self.title(selection))
        self.place.clear()
        with self.place:
            words("p", self.speech(f"look.{selection.kind}_help")).classes("aside")
            if not found["rows"]:
                words("p", self.speech("look.empty"))
            is_quoted = self.overview["shown_as"] == "text"
            with ui.element("ul").classes("quotes" if is_quoted else "pictures"):
                for row in found["rows"]:
                    self.show_card(row)
            self.add_pages(selection, found["total"])
        ui.navigate.history.replace(f"{address_of(training)}{selection.query()}")
        if moves:
            ui.run_javascript("lookAt('items')")

    def title(self, selection: Selection) -> str:
        """Return what is shown, as a heading."""
        if selection.cell is None:
            return self.speech("look.items")
        names = self.overview["matrix"]["names"]
        real, predicted = (names[line] for line in selection.cell)
        key = "look.of_right_cell" if real == predicted else "look.of_cell"
        return self.speech(key, real=real, predicted=predicted)

    def show_card(self, row: dict[str, Any]) -> None:
        """Add one item: its picture or text, its class, and what it was taken for."""
        speech, item = self.speech, row["item"]
        is_right = row["label"] == row["prediction"]
        confidence = f"{row['confidence']:.0%}"
        label = speech(
            "look.card",
            item=str(item),
            real=row["label"],
            predicted=row["prediction"],
            confidence=confidence,
        )
        with ui.element("li"):
            card = ui.link(target=f"{address_of(self.training)}/{item}").classes("item")
            card.props["aria-label"], card.props["title"] = label, row["name"]
            with card:
                if row["text"] is not None:
                    words("q", row["text"])
                elif self.has_pictures:
                    picture(self.training, item)
                with ui.element("span").classes("answer"):
                    words("b", row["label"])
                    words("span", "✓" if is_right else f"→ {row['prediction']}").classes(
                        "right" if is_right else "wrong"
                    )
                    words("span", confidence).classes("number aside")

    def add_pages(self, selection: Selection, total: int) -> None:
        """Add what leads to the items before and behind these."""
        if total <= PAGE_ITEMS:
            return
        speech, first = self.speech, selection.first

        def go(start: int) -> Any:
            return lambda: self.show(Selection(selection.kind, selection.cell, start), moves=True)

        with ui.element("div").classes("side-by-side"):
            back = ui.button(speech("look.previous"), on_click=go(max(0, first - PAGE_ITEMS)))
            back.props("flat dense").set_enabled(first > 0)
            last = min(first + PAGE_ITEMS, total)
            words("span", speech("look.range", first=first + 1, last=last, total=total)).classes(
                "number"
            )
            on = ui.button(speech("look.next"), on_click=go(first + PAGE_ITEMS))
            on.props("flat dense").set_enabled(last < total)


def picture(training: Training, item: int, text: str = "") -> None:
    """Add an item's picture; without a text it says nothing that does not stand beside it."""
    image = words("img").classes("pixels")
    image.props["src"] = f"{address_of(training)}/items/{item}.png"
    image.props["alt"] = text
    image.props["loading"] = "lazy"
