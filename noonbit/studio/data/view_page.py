"""The page that shows a data set: what it is, what check found, samples, and it augmented.

A query names it: /data/view?data=digits
"""

from typing import Any
from urllib.parse import urlencode

from nicegui import ui

from noonbit.errors import NoonbitError
from noonbit.studio.data.augmentation_panel import AugmentationPanel
from noonbit.studio.data.inspector import Inspector
from noonbit.studio.elements import warning, words
from noonbit.studio.language import Speech

STYLE = '<link rel="stylesheet" href="/static/data.css">'
SPLIT_REASONS = {
    "the source's own": "view.from.own",
    "set aside, every class in proportion": "view.from.drawn",
}
"""How the engine's reasons end, and what they are called here."""


def build(speech: Speech) -> None:
    """Add the page's content; the data come when the engine has opened them."""
    ui.add_head_html(STYLE)
    source = ui.context.client.request.query_params.get("data", "")
    if not source:
        ui.navigate.to("/data")
        return
    page = DataView(speech, source)
    page.build()
    ui.timer(0, page.show, once=True)


class DataView:
    """One data set on one page."""

    def __init__(self, speech: Speech, source: str) -> None:
        self.speech = speech
        self.source = source
        self.inspector = Inspector(source)
        self.has_unreadable = False

    def build(self) -> None:
        """Add the title, and the place of all else."""
        ui.context.client.on_delete(self.inspector.close)
        with ui.element("div").classes("watch-head"):
            words("h1", self.source)
            ui.link(self.speech("view.others"), "/data")
        self.place = ui.element("div").classes("data-view")
        with self.place, ui.element("div").classes("waiting").props('role="status"'):
            ui.spinner(size="2.5rem")
            words("p", self.speech("view.opening"))

    async def show(self) -> None:
        """Open the data, and show them."""
        try:
            description = await self.inspector.describe()
        except NoonbitError as error:
            self.place.clear()
            with self.place:
                warning(self.speech.engine(str(error)))
            return
        self.has_unreadable = description["has_unreadable"]
        self.place.clear()
        with self.place:
            self.show_ways_on()
            with ui.element("div").classes("data-columns"):
                show_findings(self.speech, description)
                show_facts(self.speech, description)
            if description["samples"]:
                show_classes(self.speech, description)
            if description["is_pictures"]:
                panel = AugmentationPanel(self.speech, self.inspector, description["shape"])
                panel.on_change = self.point_to_training
                panel.build()
                await panel.start()

    def show_ways_on(self) -> None:
        """Add the links to where something is done with the data."""
        with ui.element("div").classes("side-by-side"):
            self.train = ui.link(self.speech("view.train"), "").classes("main-link")
            ui.link(self.speech("view.networks"), f"/network?{urlencode({'data': self.source})}")
        self.point_to_training(None)

    def point_to_training(self, augment: str | None) -> None:
        """Let the link carry the augmentation, unless it is the one that noonbit chooses anyway."""
        query = {"data": self.source}
        if augment is not None:
            query["augment"] = augment
        if self.has_unreadable:  # else the training would end at the first such file
            query["on_bad"] = "skip"
        self.train.props["href"] = f"/train?{urlencode(query)}"
        self.train.update()


def show_findings(speech: Speech, description: dict[str, Any]) -> None:
    """Add what is wrong, with the pictures in question."""
    with ui.element("section").classes("panel").props('aria-labelledby="check"'):
        words("h2", speech("view.check")).props('id="check"')
        if not description["problems"]:
            words("p", speech("view.clean")).classes("clean")
        if description["findings"]:
            words("p", speech("view.check_help")).classes("aside")
        with ui.element("ul").classes("findings"):
            for finding in description["findings"]:
                show_finding(speech, finding)
        for note in description["notes"]:
            words("p", note).classes("aside")


def show_finding(speech: Speech, finding: dict[str, Any]) -> None:
    """Add one finding."""
    severity = finding["severity"]
    with ui.element("li").classes(f"finding {severity}"):
        with words("p"):
            words("b", f"{speech(f'view.{severity}')}: ")
            words("span", speech.engine(finding["title"]))
        with ui.element("ul").classes("entries"):
            for entry in finding["entries"]:
                with ui.element("li"):
                    if "strip" in entry:
                        show_strip(entry["strip"], speech("view.pictures_of", names=entry["text"]))
                    words("span", entry["text"])
        if finding["more"]:
            words("p", speech("view.more", count=finding["more"])).classes("aside")


def show_strip(strip: str, said: str) -> None:
    """Add some pictures side by side."""
    picture = ui.element("img").classes("strip")
    picture.props["src"] = strip
    picture.props["alt"] = said


def show_facts(speech: Speech, description: dict[str, Any]) -> None:
    """Add what the data are."""
    with ui.element("section").classes("panel").props('aria-labelledby="facts"'):
        words("h2", speech("view.facts")).props('id="facts"')
        with ui.element("dl").classes("data-facts"):
            for name, value in facts_of(speech, description):
                words("dt", name)
                words("dd", value)


def facts_of(speech: Speech, description: dict[str, Any]) -> list[tuple[str, str]]:
    """Return names and values of what the data are."""
    facts = [(speech("view.format"), description["format"])]
    if description["samples"]:  # else the kind of input defines them
        facts.append((speech("view.classes"), speech.number(len(description["classes"]))))
    if description["is_pictures"]:
        facts += picture_facts(speech, description)
    else:
        facts += [(name, value) for name, value in description["lines"]]
    for part, split in description["split"].items():
        facts.append((speech(f"view.split.{part}"), describe_part(speech, part, split)))
    return facts


def describe_part(speech: Speech, part: str, split: dict[str, Any]) -> str:
    """Return the number of a part's items and, of a part that may be drawn, where they are from."""
    count, reason = speech.number(split["items"]), split["from"]
    if part == "train":
        return count
    for ending, key in SPLIT_REASONS.items():
        if reason.endswith(ending):
            reason = speech(key)
    return f"{count} ({reason})"


def picture_facts(speech: Speech, description: dict[str, Any]) -> list[tuple[str, str]]:
    """Return size, channels and polarity."""
    sizes = description["sizes"]
    size = f"{sizes[0]['width']}x{sizes[0]['height']}"
    if len(sizes) > 1:
        size = speech("view.sizes", count=len(sizes), size=size)
    channels = [
        f"{speech(f'view.{name}')}: {speech.number(count)}"
        for name, count in description["channels"].items()
    ]
    facts = [(speech("view.size"), size), (speech("view.channels"), ", ".join(channels))]
    if polarity := description["polarity"]:
        facts.append((speech("view.polarity"), speech(f"view.polarity.{polarity}")))
    return facts


def show_classes(speech: Speech, description: dict[str, Any]) -> None:
    """Add a row for each class: its counts, and samples."""
    counts, samples = description["counts"], description["samples"]
    with ui.element("section").classes("panel").props('aria-labelledby="classes"'):
        words("h2", speech("view.counts")).props('id="classes"')
        with ui.element("div").classes("table-place").props('tabindex="0"'), words("table"):
            with words("thead"), words("tr"):
                titles = [speech(f"view.part.{part}") for part in counts]
                for title in (speech("view.class"), *titles, speech("view.samples")):
                    words("th", title).props('scope="col"')
            with words("tbody"):
                for label, sample in enumerate(samples):
                    with words("tr"):
                        name = description["classes"][label]
                        words("th", name).props('scope="row" dir="auto"')
                        for of_part in counts.values():
                            words("td", speech.number(of_part[label])).classes("number")
                        with words("td"):
                            show_sample(speech, sample, name)
        if len(samples) < len(description["classes"]):
            words(
                "p",
                speech("view.counts_more", shown=len(samples), count=len(description["classes"])),
            ).classes("aside")


def show_sample(speech: Speech, sample: dict[str, Any], name: str) -> None:
    """Add the samples of a class."""
    if "strip" in sample:
        said = speech("view.samples_of", count=sample["count"], name=name)
        show_strip(sample["strip"], said)
    elif "text" in sample:
        words("span", sample["text"]).props('dir="auto"')
