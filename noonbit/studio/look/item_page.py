"""The page of one item of a run, or of an input of the user's own: the answer, and what decided it.

A query names another class to be explained: /look/RUN/17?class=3
"""

from typing import Any
from urllib.parse import urlencode

from nicegui import ui

from noonbit.errors import NoonbitError
from noonbit.studio.elements import warning, words
from noonbit.studio.language import Speech
from noonbit.studio.look.frame import HEAD, address_of, find_tested, short_source
from noonbit.studio.look.gallery import picture
from noonbit.studio.look.process import processes
from noonbit.studio.look.routes import subject_of
from noonbit.studio.trainings import Training

MOST_CLASSES = 10
"""Classes with their probabilities."""
LAYERS_HEAD = '<link rel="stylesheet" href="/static/layers.css">'


def build(speech: Speech, run: str, item: str) -> None:
    """Add the page of an item, or of what was given; it is filled when the answer comes."""
    training = find_tested(run, speech)
    if training is None:
        return
    subject = subject_of(item)
    if subject is None:
        ui.context.client.status_code = 404
        words("h1", speech("why.no_item"))
        ui.link(speech("why.to_run"), address_of(training))
        return
    ui.add_head_html(HEAD + LAYERS_HEAD)
    page = ItemPage(training, item, speech)
    page.build()
    class_name = ui.context.client.request.query_params.get("class")

    async def load() -> None:
        try:
            found = await processes.ask(
                training.path, "explain", subject=subject, class_name=class_name
            )
        except NoonbitError as error:
            page.refuse(str(error))
            return
        page.show(found)
        if found["kind"] == "picture":
            await page.load_nearest(subject)

    ui.timer(0, load, once=True)


class ItemPage:
    """The page of one input."""

    def __init__(self, training: Training, key: str, speech: Speech) -> None:
        self.training, self.key, self.speech = training, key, speech

    def build(self) -> None:
        """Add the head, and that an answer is waited for."""
        speech, is_own = self.speech, not self.key.isdecimal()
        title = speech("why.own") if is_own else speech("why.item", item=self.key)
        with ui.element("div").classes("watch-head"):
            words("h1", title)
            ui.link(
                speech("why.back", source=short_source(self.training)),
                address_of(self.training),
            )
            self.facts = words("p").classes("aside")
        self.place = ui.element("div").classes("rows")
        with self.place, ui.element("div").classes("waiting").props('role="status"'):
            ui.spinner(size="2.5rem")
            words("p", speech("why.waiting"))

    def refuse(self, sentence: str) -> None:
        """Say why there is no explanation."""
        self.place.clear()
        with self.place:
            warning(self.speech.engine(sentence))

    def show(self, found: dict[str, Any]) -> None:
        """Show an explanation."""
        speech = self.speech
        facts = [found["name"]] if found["item"] is not None else []
        if found.get("split"):
            facts.append(speech(f"why.split.{found['split']}"))
        if found["adjusted"]:
            facts.append(speech("why.adjusted", changes=found["adjusted"]))
        self.facts.set_text(" · ".join(facts))
        self.place.clear()
        with self.place:
            if found["kind"] == "stored":
                warning(speech("why.no_data", reason=speech.engine(found["reason"])))
                self.show_answer(found)
                return
            with ui.element("div").classes("why-columns"):
                self.show_input(found)
                self.show_answer(found)
            if found["kind"] == "sentence":
                self.show_sentence(found)  # and no layers: of word vectors there is nothing to see
                return
            if found["kind"] == "picture":
                self.show_picture(found)
            self.show_layers()

    def show_input(self, found: dict[str, Any]) -> None:
        """Add what was given, as the network takes it, and as its file has it."""
        speech = self.speech
        with ui.element("section").classes("panel").props('aria-labelledby="input"'):
            words("h2", speech("why.input")).props('id="input"')
            match found["kind"]:
                case "sentence":
                    words("q", found["text"]).classes("given")
                case "position":
                    image(
                        "diagram", found["diagram"], speech("why.diagram", move=found["explained"])
                    )
                    words("p", speech("why.diagram_help")).classes("aside")
                case _:
                    with ui.element("div").classes("why-pictures"):
                        self.show_figure(found["picture"], speech("why.prepared"))
                        if found.get("has_original"):
                            address = f"{address_of(self.training)}/{self.key}/original"
                            self.show_figure(address, speech("why.original"), is_prepared=False)

    def show_figure(self, address: str, caption: str, *, is_prepared: bool = True) -> None:
        """Add a picture with its caption."""
        with words("figure"):
            image("pixels" if is_prepared else "", address, caption)
            words("figcaption", caption).classes("aside")

    def show_answer(self, found: dict[str, Any]) -> None:
        """Add the probable classes as bars; each leads to why it would be that one."""
        speech, answers = self.speech, found["answers"]
        order = sorted(answers, key=lambda name: -answers[name])
        label = found["label"]
        shown = order[:MOST_CLASSES]
        for name in (label, found["explained"]):
            if name is not None and name not in shown:
                shown.append(name)
        with ui.element("section").classes("panel").props('aria-labelledby="answer"'):
            words("h2", speech("why.answer")).props('id="answer"')
            if label is not None:
                verdict = "right" if label == order[0] else "wrong"
                is_other_move = found["kind"] == "position" and verdict == "wrong"
                said = speech(
                    "why.played" if is_other_move else f"why.{verdict}",
                    real=label,
                    predicted=order[0],
                )
                words("p", said).classes(f"verdict {verdict}")
            if found["explained"] is not None:
                words("p", speech("why.answer_help")).classes("aside")
            with ui.element("ul").classes("bars"):
                for name in shown:
                    with ui.element("li"):
                        self.show_bar(name, answers[name], found)

    def show_bar(self, name: str, probability: float, found: dict[str, Any]) -> None:
        """Add the bar of one class, which leads to why it would be that one, if that is known."""
        if found["explained"] is None:
            link = ui.element("span").classes("bar")
        else:
            query = urlencode({"class": name})
            link = ui.link(target=f"{address_of(self.training)}/{self.key}?{query}").classes("bar")
        if name == found["explained"]:
            link.props('aria-current="true"')
        with link:
            words("span", f"{name} ✓" if name == found["label"] else name).classes("name")
            with ui.element("span").classes("track"):
                ui.element("span").style(f"width: {100 * probability:.2f}%")
            words("span", f"{probability:.2%}").classes("number")

    def show_picture(self, found: dict[str, Any]) -> None:
        """Add the regions that decided, and the training pictures that are most alike."""
        speech = self.speech
        with ui.element("section").classes("panel").props('aria-labelledby="regions"'):
            words("h2", speech("why.regions", name=found["explained"])).props('id="regions"')
            if found["no_maps"] is not None:
                warning(speech.engine(found["no_maps"]))
            else:
                words("p", speech("why.regions_help")).classes("aside")
            with ui.element("div").classes("why-pictures"):
                for method, found_map in found["maps"].items():
                    self.show_map(method, found_map, found["picture"])
            for note in found["notes"]:
                words("p", speech.engine(note)).classes("aside")
            if found["members"] > 1:
                words("p", speech("why.members", count=found["members"])).classes("aside")
        with ui.element("section").classes("panel").props('aria-labelledby="nearest"'):
            words("h2", speech("why.nearest")).props('id="nearest"')
            self.nearest = ui.element("div").classes("rows")
            with self.nearest, ui.element("div").classes("side-by-side").props('role="status"'):
                ui.spinner(size="1.5rem")
                words("p", speech("why.comparing"))

    async def load_nearest(self, subject: int | str) -> None:
        """Show the training pictures that are most alike, when all are compared."""
        speech = self.speech
        try:
            found = await processes.ask(self.training.path, "nearest", subject=subject)
        except NoonbitError as error:
            self.nearest.clear()
            with self.nearest:
                warning(speech("why.no_nearest", reason=speech.engine(str(error))))
            return
        self.nearest.clear()
        with self.nearest:
            words("p", speech("why.nearest_help", count=found["compared"])).classes("aside")
            with ui.element("ul").classes("pictures"):
                for each in found["nearest"]:
                    self.show_neighbour(each)

    def show_map(self, method: str, found_map: dict[str, Any], base: str) -> None:
        """Add a map over the picture."""
        speech, title = self.speech, self.speech(f"why.{method}")
        with words("figure"):
            with ui.element("div").classes("over"):
                image("pixels", base, "")
                image(method, found_map["picture"], self.words_of_map(title, found_map))
            words("figcaption", title)
            words("p", speech(f"why.{method}_help")).classes("aside")
            words("p", self.words_of_map("", found_map)).classes("aside")

    def words_of_map(self, title: str, found_map: dict[str, Any]) -> str:
        """Return where most of a map is."""
        speech, ninth = self.speech, found_map["ninth"]
        if ninth is None:
            said = speech("why.nowhere")
        else:
            place = speech(f"why.ninth.{ninth}")
            said = speech("why.most_of_it", share=f"{found_map['share']:.0%}", place=place)
        return f"{title}: {said}" if title else said

    def show_neighbour(self, each: dict[str, Any]) -> None:
        """Add one training picture."""
        speech = self.speech
        similarity = f"{each['similarity']:.3f}"
        with ui.element("li"):
            card = ui.link(target=f"{address_of(self.training)}/{each['item']}").classes("item")
            card.props["title"] = each["name"]
            card.props["aria-label"] = speech(
                "why.neighbour", item=str(each["item"]), label=each["label"], similarity=similarity
            )
            with card:
                picture(self.training, each["item"])
                with ui.element("span").classes("answer"):
                    words("b", each["label"])
                    words("span", similarity).classes("number aside")

    def show_sentence(self, found: dict[str, Any]) -> None:
        """Add the words in the colour of what they add, and the weightiest n-grams."""
        speech = self.speech
        most = max((abs(word["weight"]) for word in found["words"]), default=0.0) or 1.0
        with ui.element("section").classes("panel").props('aria-labelledby="words"'):
            words("h2", speech("why.words", name=found["explained"])).props('id="words"')
            words("p", speech("why.words_help")).classes("aside")
            with words("p").classes("words"):
                for word in found["words"]:
                    share = word["weight"] / most
                    mark = words("span", word["text"]).classes("for" if share >= 0 else "against")
                    mark.style(f"--share: {abs(share):.2f}")
                    mark.props["title"] = f"{word['weight']:+.3f}"
                    if not word["known"]:
                        mark.classes("unknown")
                        mark.props["title"] = speech("why.unknown")
            with words("table").classes("ngrams"):
                with words("thead"), words("tr"):
                    words("th", speech("why.ngram")).props('scope="col"')
                    words("th", speech("why.weight")).props('scope="col"')
                with words("tbody"):
                    for each in found["ngrams"]:
                        with words("tr"):
                            words("th", each["text"]).props('scope="row"')
                            words("td", f"{each['weight']:+.3f}").classes("number")

    def show_layers(self) -> None:
        """Add every layer's maps."""
        speech = self.speech
        with ui.element("section").classes("panel").props('aria-labelledby="layers"'):
            words("h2", speech("watch.layers")).props('id="layers"')
            words("p", speech("why.layers_help")).classes("aside")
            maps = ui.element("layer-maps")
            maps.props["src"] = f"{address_of(self.training)}/{self.key}/layers"
            maps.props["language"] = speech.language


def image(kind: str, address: str, text: str) -> None:
    """Add a picture."""
    element = words("img").classes(kind)
    element.props["src"], element.props["alt"] = address, text
