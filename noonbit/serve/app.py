"""The web application around a model.

    app = create_app(OnnxModel.open(path), ServeSettings())

A protocol is a module with a function `routes(service)`, and its place in `PROTOCOLS`. Its POST
routes go through `service.bounded`, which keeps the limits; whatever they cannot answer they raise
as `RequestRefused`. There is one way for all requests: the gate, the route of the path, the answer
with its headers, the log.
"""

from collections.abc import Callable, Iterable, Mapping
from time import perf_counter
from typing import TYPE_CHECKING, Any

from noonbit.serve import docs_routes, probes, v1
from noonbit.serve.access_log import LOGGER, AccessLog
from noonbit.serve.open_inference import routes as open_inference_routes
from noonbit.serve.refusal import CLIENT_LEFT, RequestRefused, bug_answer
from noonbit.serve.request import Answer, Endpoint, Receive, Request, Route, Send
from noonbit.serve.security import SECURITY_HEADERS, Gate
from noonbit.serve.service import Service
from noonbit.serve.settings import ServeSettings

if TYPE_CHECKING:
    from noonbit.export.onnx_model import OnnxModel

PROTOCOLS: tuple[Callable[[Service], list[Route]], ...] = (
    v1.routes,
    open_inference_routes.routes,
    probes.routes,
    docs_routes.routes,
)
"""What makes the routes of each protocol."""
RAW_SECURITY_HEADERS = {
    name.lower().encode("ascii"): value.encode("ascii") for name, value in SECURITY_HEADERS.items()
}


def create_app(model: "OnnxModel", settings: ServeSettings) -> "Application":
    """Return the application; raises `UsageError` for a model that cannot be served."""
    return Application(Service(model, settings))


class Application:
    """What answers HTTP, as ASGI 3 calls it."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.routes = [route for routes in PROTOCOLS for route in routes(service)]
        self._paths = by_path_and_method(self.routes)
        self._gate = Gate(service.settings)
        self._log = AccessLog(service.metrics)

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        """Answer a request, and note how: 499 if its client left before."""
        if scope["type"] == "lifespan":
            await self._run(receive, send)
            return
        began, status = perf_counter(), CLIENT_LEFT
        request = Request(scope, receive)
        try:
            answer = await self._answer(request)
            status = answer.status
            headers = raw_headers(answer)
            await send({"type": "http.response.start", "status": status, "headers": headers})
            await send({"type": "http.response.body", "body": answer.body})
        finally:
            self._log.note(request, status, began)

    async def _run(self, receive: Receive, send: Send) -> None:
        """Keep the service running from the server's start to its end."""
        await receive()
        async with self.service.running():
            await send({"type": "lifespan.startup.complete"})
            await receive()
        await send({"type": "lifespan.shutdown.complete"})

    async def _answer(self, request: Request) -> Answer:
        try:
            self._gate.require_allowed(request)
            return await self._find(request)(request)
        except RequestRefused as refusal:
            return refusal.answer()
        except Exception:
            LOGGER.exception("This is a bug in noonbit; please report it with these lines")
            return bug_answer()

    def _find(self, request: Request) -> Endpoint:
        """Return what answers a request; raises `RequestRefused` where nothing does."""
        methods = self._paths.get(request.path)
        if methods is None:
            open_inference_routes.require_model(request.path, self.service.name)
            raise RequestRefused(
                404,
                f"There is nothing at {request.path[:200]}; see /v1/model for what this server "
                "does.",
            )
        request.route = next(iter(methods.values())).label
        route = methods.get(request.method)
        if route is None:
            raise RequestRefused(
                405,
                f"{request.path[:200]} does not take {request.method}; use "
                f"{' or '.join(sorted(methods))}.",
                {"Allow": ", ".join(sorted(methods))},
            )
        return route.endpoint


def by_path_and_method(routes: Iterable[Route]) -> dict[str, dict[str, Route]]:
    """Return routes by path and method, each with its label; what takes GET takes HEAD too."""
    paths: dict[str, dict[str, Route]] = {}
    for route in routes:
        labelled = route._replace(label=route.label or route.path)
        for method in ("GET", "HEAD") if route.method == "GET" else (route.method,):
            paths.setdefault(route.path, {})[method] = labelled
    return paths


def raw_headers(answer: Answer) -> list[tuple[bytes, bytes]]:
    """Return all headers of an answer, as ASGI wants them."""
    headers = {
        b"content-type": answer.media_type.encode("ascii"),
        b"content-length": b"%d" % len(answer.body),
        **RAW_SECURITY_HEADERS,
    }
    for name, value in answer.headers.items():
        headers[name.lower().encode("ascii")] = value.encode("latin-1")
    return list(headers.items())
