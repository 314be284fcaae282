"""The pad on which is drawn: the very script of the exported page, so both draw alike.

/pad.js    noonbit/page/draw.js
"""

from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response

import noonbit.page

DRAW = Path(noonbit.page.__file__).parent / "draw.js"


def script(request: Request) -> Response:
    """Send the script."""
    return FileResponse(DRAW, media_type="text/javascript")
