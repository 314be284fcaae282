"""What watches a server asks: is the process alive, does it take requests, how many did it take."""

from noonbit.serve.json_answer import answer_message
from noonbit.serve.messages import AliveAnswer
from noonbit.serve.open_inference.messages import ServerReady
from noonbit.serve.refusal import Busy
from noonbit.serve.request import Answer, Request, Route
from noonbit.serve.service import Service

RETRY_SECONDS = 1


def routes(service: Service) -> list[Route]:
    """The routes /health, /ready and /metrics."""

    async def health(request: Request) -> Answer:
        return answer_message(AliveAnswer(alive=True))

    async def ready(request: Request) -> Answer:
        if service.is_ready:
            return answer_message(ServerReady(ready=True))
        raise Busy("This server is starting or stopping.", RETRY_SECONDS)

    async def metrics(request: Request) -> Answer:
        return Answer(service.metrics.text(), media_type=service.metrics.content_type)

    return [
        Route("GET", "/health", health),
        Route("GET", "/ready", ready),
        Route("GET", "/metrics", metrics),
    ]
