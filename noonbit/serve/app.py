"""The web application around a model.

    app = create_app(OnnxModel.open(path), ServeSettings())

A protocol is a module with a function `routes(service)`, and its place in `PROTOCOLS`. Its POST
routes go through `service.bounded`, which keeps the limits; whatever they cannot answer they raise
as `RequestRefused`.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import BaseRoute

from noonbit.serve import docs_routes, open_inference_routes, probes, v1
from noonbit.serve.access_log import AccessLog
from noonbit.serve.refusal import RequestRefused, answer_refused, answer_unrouted
from noonbit.serve.security import Gate
from noonbit.serve.service import Service
from noonbit.serve.settings import ServeSettings

if TYPE_CHECKING:
    from noonbit.export.onnx_model import OnnxModel

PROTOCOLS: tuple[Callable[[Service], list[BaseRoute]], ...] = (
    v1.routes,
    open_inference_routes.routes,
    probes.routes,
    docs_routes.routes,
)
"""What makes the routes of each protocol."""


def create_app(model: "OnnxModel", settings: ServeSettings) -> Starlette:
    """Return the application; `app.state.service` is its `Service`.

    Raises `UsageError` for a model that cannot be served.
    """
    service = Service(model, settings)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with service.running():
            yield

    app = Starlette(
        routes=[route for make_routes in PROTOCOLS for route in make_routes(service)],
        middleware=[
            Middleware(AccessLog, metrics=service.metrics),
            Middleware(Gate, settings=settings),
        ],
        exception_handlers={
            RequestRefused: answer_refused,
            HTTPException: answer_unrouted,
        },
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False  # a redirect would repeat the client's Host
    app.state.service = service
    return app
