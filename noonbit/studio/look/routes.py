"""What the pages that look into a run load, and what people give to be explained there.

GET  /look/RUN/items/N.png         the item as the network takes it; a board as SVG
GET  /look/RUN/KEY/original        the picture before it was prepared; KEY is N, or of an own input
GET  /look/RUN/KEY/layers          every layer's maps as a frame
POST /look/RUN/own?kind=pictures   a file, as the body; answers {"page": ...}
"""

import json
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from noonbit.errors import NoonbitError
from noonbit.studio.look.frame import address_of
from noonbit.studio.look.own import own_inputs, read_body
from noonbit.studio.look.process import processes
from noonbit.studio.state import studio

CACHE = "private, max-age=600"
"""A run's items do not change; a folder may be replaced by another of its name."""
NO_SUBJECT = "There is no such item, and no such file any more."
MOST_LAYERS = 2000
"""Names of layers that are shown whole."""


def refusal(sentence: str, status: HTTPStatus = HTTPStatus.NOT_FOUND) -> Response:
    """Return an answer that says why there is none."""
    return JSONResponse({"error": sentence}, status_code=status)


def subject_of(key: str) -> int | str | None:
    """Return what a key stands for: an item's number, or the path of an own input; else None."""
    if key.isdecimal() and len(key) < 16:
        return int(key)
    path = own_inputs.find(key)
    return None if path is None else str(path)


async def answer(request: Request, question: str, **values: object) -> Response:
    """Ask the process of the run that a path names, and send what it answers."""
    training = studio.trainings.find(request.path_params["run"])
    if training is None:
        return refusal("There is no such run.")
    try:
        media_type, content = await processes.fetch(training.path, question, **values)
    except NoonbitError as error:
        return refusal(str(error))
    return Response(content, media_type=media_type, headers={"Cache-Control": CACHE})


async def picture(request: Request) -> Response:
    """Send an item as the network takes it."""
    return await answer(request, "picture", item=request.path_params["item"])


async def original(request: Request) -> Response:
    """Send a picture before it was prepared."""
    subject = subject_of(request.path_params["key"])
    if subject is None:
        return refusal(NO_SUBJECT)
    return await answer(request, "original", subject=subject)


async def layers(request: Request) -> Response:
    """Send every layer's maps; the query `layers` is JSON with the names of those shown whole."""
    subject = subject_of(request.path_params["key"])
    if subject is None:
        return refusal(NO_SUBJECT)
    try:
        whole = json.loads(request.query_params.get("layers", "[]"))
    except ValueError:
        whole = None
    if not isinstance(whole, list) or not all(isinstance(each, str) for each in whole):
        return refusal("`layers` is a list of names.", HTTPStatus.BAD_REQUEST)
    return await answer(request, "layers", subject=subject, whole=whole[:MOST_LAYERS])


async def take_own(request: Request) -> Response:
    """Keep a file, and say on which page it is explained."""
    training = studio.trainings.find(request.path_params["run"])
    if training is None:
        return refusal("There is no such run.")
    try:
        is_game = request.query_params.get("kind") == "boards"
        key = own_inputs.add(await read_body(request), ending=".sgf" if is_game else "")
    except NoonbitError as error:
        return refusal(str(error), HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    return JSONResponse({"page": f"{address_of(training)}/{key}"})
