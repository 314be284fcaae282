"""The application: NiceGUI with the pages, behind the gate, and routes of our own beside it."""

from pathlib import Path

from fastapi import FastAPI
from nicegui import app as nicegui_app
from nicegui import ui
from starlette.responses import FileResponse, RedirectResponse
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from noonbit.studio.data import pad, upload
from noonbit.studio.draw import exported_page
from noonbit.studio.frame import register_pages
from noonbit.studio.look import routes as look_routes
from noonbit.studio.look.own import own_inputs
from noonbit.studio.look.process import processes
from noonbit.studio.pages import PAGES
from noonbit.studio.runs import routes as runs_routes
from noonbit.studio.runs.servers import servers
from noonbit.studio.security import LocalGate
from noonbit.studio.settings import StudioSettings
from noonbit.studio.state import studio
from noonbit.studio.watch import routes as watch_routes

STATIC = Path(__file__).parent / "static"
RECONNECT_SECONDS = 30.0
"""For which a page that is silent is kept. With NiceGUI's three, a browser that has to share its
processors with a training was taken for gone, and its page loaded again under one's hands."""


def create_app(settings: StudioSettings) -> ASGIApp:
    """Return the application. NiceGUI has one of it a process."""
    studio.data_dir = studio.trainings.data_dir = settings.data_dir
    register_pages()
    nicegui_app.on_startup(studio.warm_up)
    nicegui_app.on_shutdown(servers.stop_all)
    nicegui_app.on_shutdown(processes.close)
    nicegui_app.on_shutdown(own_inputs.close)
    app = FastAPI(openapi_url=None)
    app.router.routes.extend(own_routes())
    ui.run_with(
        app,
        title="noonbit studio",
        dark=None,
        tailwind=False,  # it would compile styles in the browser
        gzip_middleware_factory=None,  # nothing leaves the machine
        show_welcome_message=False,
        reconnect_timeout=RECONNECT_SECONDS,
    )
    return LocalGate(app)


def own_routes() -> list[BaseRoute]:
    """Return what is served beside NiceGUI's pages."""
    start = PAGES[0].path
    return [
        Route("/", lambda request: RedirectResponse(start)),
        Route("/favicon.ico", lambda request: FileResponse(STATIC / "icon.svg")),
        WebSocketRoute("/live/{run}/frames", watch_routes.frames),
        Route("/runs/{run}/report", watch_routes.report),
        Route("/runs/{run}/page", exported_page.show),
        Route("/runs/{run}/export/model.onnx", runs_routes.onnx_file),
        Route("/look/{run}/items/{item:int}.png", look_routes.picture),
        Route("/look/{run}/{key}/original", look_routes.original),
        Route("/look/{run}/{key}/layers", look_routes.layers),
        Route("/look/{run}/own", look_routes.take_own, methods=["POST"]),
        Route("/data/upload", upload.upload, methods=["POST"]),
        Route("/pad.js", pad.script),
        Mount("/static", StaticFiles(directory=STATIC)),
    ]
