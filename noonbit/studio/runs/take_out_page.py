"""The page on which a run becomes a file, a page to give away, or a server."""

from collections.abc import Awaitable, Callable
from urllib.parse import quote

from nicegui import ui

from noonbit.errors import NoonbitError
from noonbit.studio.draw.exported_page import WEIGHTS, exported_pages, page_path
from noonbit.studio.elements import say_error, warning, words
from noonbit.studio.engine import ask
from noonbit.studio.find_training import find_training
from noonbit.studio.language import Speech
from noonbit.studio.runs.figures import bytes_text
from noonbit.studio.runs.page import STYLE
from noonbit.studio.runs.routes import exported_file, onnx_path
from noonbit.studio.runs.servers import Server, servers
from noonbit.studio.state import studio
from noonbit.studio.trainings import Training

LOOK_SECONDS = 1.0
"""Between two looks at the server."""


def build(speech: Speech, run: str) -> None:
    """Add the page's content."""
    ui.add_head_html(STYLE)
    training = find_training(run, speech, back=("runs.to_table", "/runs"))
    if training is None:
        return
    with ui.element("div").classes("watch-head"):
        words("h1", speech("take_out.title"))
        words("p", " · ".join((training.source, training.model, training.name))).classes("aside")
        ui.link(speech("runs.to_table"), "/runs")
    if not (training.path / WEIGHTS).is_file():
        words("p", speech("take_out.untrained", name=training.name))
        return
    page = TakeOutPage(training, speech)
    page.build()
    ui.timer(LOOK_SECONDS, page.look)


class TakeOutPage:
    """The page of one run."""

    def __init__(self, training: Training, speech: Speech) -> None:
        self.training = training
        self.speech = speech
        self.shown_server: object = None

    def build(self) -> None:
        """Add the three ways."""
        with ui.element("div").classes("ways"):
            self.show_way("onnx", self.make_onnx, self.has_onnx)
            self.show_way("page", self.make_page, self.has_page)
            with self.section("serve"):
                self.server_place = ui.element("div").classes("rows")
        self.look()

    def section(self, way: str) -> ui.element:
        """Add a way, with what it is good for."""
        section = ui.element("section").classes("panel").props(f'aria-labelledby="{way}"')
        with section:
            words("h2", self.speech(f"take_out.{way}")).props(f'id="{way}"')
            words("p", self.speech(f"take_out.{way}_help"))
        return section

    def show_way(
        self, way: str, make: Callable[[], Awaitable[None]], has_file: Callable[[], bool]
    ) -> None:
        """Add a file that can be made, and downloaded when it is there."""
        speech = self.speech
        with self.section(way):
            place = ui.element("div").classes("rows")

            def show_file() -> None:
                place.clear()
                with place:
                    self.show_download(way)

            async def make_file() -> None:
                button.set_enabled(False)
                place.clear()
                with place, ui.element("div").classes("side-by-side").props('role="status"'):
                    ui.spinner(size="1.5rem")
                    words("p", speech("take_out.making"))
                try:
                    await make()
                except NoonbitError as error:
                    place.clear()
                    with place:
                        warning(speech.engine(str(error)))
                    button.set_enabled(True)
                    return
                show_file()
                button.set_visibility(False)

            button = ui.button(speech("take_out.make"), on_click=make_file)
            button.props(f'outline aria-label="{speech(f"take_out.make_{way}")}"').classes("main")
            if has_file():
                button.set_visibility(False)
                show_file()

    def has_onnx(self) -> bool:
        """Whether the ONNX file is there."""
        return exported_file(self.training) is not None

    def has_page(self) -> bool:
        """Whether the page is there."""
        return page_path(self.training).is_file()

    async def make_onnx(self) -> None:
        """Write the ONNX file; raises `NoonbitError`."""
        await ask("export", str(self.training.path), "--to=onnx", *studio.data_flags())

    async def make_page(self) -> None:
        """Write the page; raises `NoonbitError`."""
        await exported_pages.make(self.training)

    def show_download(self, way: str) -> None:
        """Add the link to a file that has been made."""
        name = self.training.name
        if way == "onnx":
            path, place, file = onnx_path(self.training), "export/model.onnx", f"{name}.onnx"
        else:
            path, place, file = page_path(self.training), "page?download=1", f"{name}.html"
        text = self.speech("take_out.download", file=file, size=bytes_text(path.stat().st_size))
        ui.link(text, f"/runs/{quote(name)}/{place}").props("download")

    def look(self) -> None:
        """Show the server as it is now."""
        server = servers.find(self.training.name)
        state = (server, server and server.is_running, server and server.url)
        if state == self.shown_server:
            return
        self.shown_server = state
        self.server_place.clear()
        with self.server_place:
            self.show_server(server)

    def show_server(self, server: Server | None) -> None:
        """Add what can be said of the server, and the button that starts or stops it."""
        speech = self.speech
        if server is None or not server.is_running:
            if server is not None:
                warning(server.error or speech("take_out.ended"))
            ui.button(speech("take_out.start"), on_click=self.start).props("outline").classes(
                "main"
            )
            return
        if server.url is None:
            with ui.element("div").classes("side-by-side").props('role="status"'):
                ui.spinner(size="1.5rem")
                words("p", speech("take_out.starting"))
        else:
            words("p", speech("take_out.serves", url=server.url)).props('role="status"')
            ui.link(speech("take_out.documentation"), f"{server.url}/docs", new_tab=True)
            if server.command is not None:
                words("p", speech("take_out.ask")).classes("aside")
                words("pre", server.command).classes("log command").props('tabindex="0"')
        ui.button(speech("take_out.stop"), on_click=self.stop).props("outline").classes("main")

    async def start(self) -> None:
        """Start the server."""
        try:
            await servers.start(self.training.name, self.training.path)
        except NoonbitError as error:
            say_error(self.speech.engine(str(error)))
        self.look()

    async def stop(self) -> None:
        """Stop the server."""
        await servers.stop(self.training.name)
        self.look()
