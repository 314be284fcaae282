"""Pictures of a run's items, for the Look page, and the user's own that are explained there.

GET  /look/RUN/items/N.png         the item as the network takes it; a board as SVG
GET  /look/RUN/items/N/original    the picture of its file
GET  /look/RUN/KEY/layers          every layer's maps as a frame, of an item or an own input
GET  /look/RUN/KEY/picture         an own picture as the network takes it
POST /look/RUN/own                 an own input; answers {"key": ...}
"""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from noonbit.errors import NoonbitError
from noonbit.studio.look.process import processes
from noonbit.studio.state import studio

CACHE = "private, max-age=600"
"""A run's items do not change; a folder may be replaced by another of its name."""


async def answer(request: Request, question: str, **values: object) -> Response:
    """Ask the process of the run that a path names, and send what it answers."""
    training = studio.trainings.find(request.path_params["run"])
    if training is None:
        return JSONResponse({"error": "There is no such run."}, status_code=404)
    try:
        media_type, content = await processes.fetch(training.path, question, **values)
    except NoonbitError as error:
        return JSONResponse({"error": str(error)}, status_code=404)
    return Response(content, media_type=media_type, headers={"Cache-Control": CACHE})


async def picture(request: Request) -> Response:
    """Send an item as the network takes it."""
    return await answer(request, "picture", item=request.path_params["item"])


async def original(request: Request) -> Response:
    """Send the picture of an item's file."""
    return await answer(request, "original", item=request.path_params["item"])
