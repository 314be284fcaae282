"""What watches a server asks: is the process alive, does it take requests, how many did it take."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from noonbit.serve.json_answer import answer_message
from noonbit.serve.messages import AliveAnswer
from noonbit.serve.open_inference import ServerReady
from noonbit.serve.refusal import error_response
from noonbit.serve.service import Service

RETRY_SECONDS = "1"


def routes(service: Service) -> list[BaseRoute]:
    """The routes /health, /ready and /metrics."""

    async def health(request: Request) -> Response:
        return answer_message(AliveAnswer(alive=True))

    async def ready(request: Request) -> Response:
        if service.is_ready:
            return answer_message(ServerReady(ready=True))
        return error_response(
            503, "This server is starting or stopping.", {"Retry-After": RETRY_SECONDS}
        )

    async def metrics(request: Request) -> Response:
        return Response(service.metrics.text(), media_type=service.metrics.content_type)

    return [
        Route("/health", health, methods=["GET"]),
        Route("/ready", ready, methods=["GET"]),
        Route("/metrics", metrics, methods=["GET"]),
    ]
