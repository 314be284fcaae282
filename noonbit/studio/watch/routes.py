"""A training's frames over a WebSocket, and a run's report.

    /live/RUN/frames    a binary message for each new frame; as long as it is open, somebody watches
                        text messages {"layers": [...], "item": 17} say what is to be shown
    /runs/RUN/report    report.html

Frames are handed on as they lie in the run folder: nothing is decoded on the way. Who cannot keep
up gets fewer of them, since the next is read when the last has been sent.
"""

import asyncio
import json
from contextlib import suppress

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.websockets import WebSocket, WebSocketDisconnect

from noonbit.errors import NoonbitError
from noonbit.live.folder import LiveFolder
from noonbit.live.wishes import Show
from noonbit.studio.state import studio

LOOK_SECONDS = 0.05
"""Between two looks for a new frame; a training writes ten a second at most."""
TOUCH_SECONDS = 0.5
MOST_MESSAGE = 2**16
REPORT_POLICY = (
    "sandbox allow-popups; default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "frame-ancestors 'self'"
)
"""A report may be of a run from elsewhere: it may show, and nothing else."""


async def frames(websocket: WebSocket) -> None:
    """Send each new frame of a run until the page leaves."""
    training = studio.trainings.find(websocket.path_params["run"])
    if training is None or not training.live.exists:
        await websocket.close(1008)
        return
    await websocket.accept()
    sending = asyncio.ensure_future(send_frames(websocket, training.live))
    try:
        while True:
            ask_to_show(await websocket.receive_text(), training.live)
    except (WebSocketDisconnect, KeyError):  # KeyError: of bytes, which nobody sends
        pass
    finally:
        sending.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await sending


async def send_frames(websocket: WebSocket, live: LiveFolder) -> None:
    """Send each new frame, and say that somebody watches."""
    sent, touched = 0, float("-inf")
    clock = asyncio.get_running_loop().time
    while True:
        if clock() - touched >= TOUCH_SECONDS:
            touched = clock()
            with suppress(OSError):  # the run was removed
                live.touch()
        stamp = live.frame_stamp()
        if stamp != sent and (frame := live.read_frame()) is not None:
            sent = stamp
            await websocket.send_bytes(frame)
        await asyncio.sleep(LOOK_SECONDS)


def ask_to_show(message: str, live: LiveFolder) -> None:
    """Hand on what a page wants to see; what is no such wish is passed over."""
    if len(message) > MOST_MESSAGE:
        return
    with suppress(ValueError, ValidationError, TypeError, NoonbitError):
        wish = Show(kind="show", **json.loads(message))
        live.send(wish.model_dump())


async def report(request: Request) -> Response:
    """Send a run's report."""
    training = studio.trainings.find(request.path_params["run"])
    path = None if training is None else training.path / "report.html"
    if path is None or not path.is_file():
        return PlainTextResponse("There is no such report.", status_code=404)
    return FileResponse(
        path,
        media_type="text/html",
        headers={"Content-Security-Policy": REPORT_POLICY, "Cache-Control": "no-store"},
    )
