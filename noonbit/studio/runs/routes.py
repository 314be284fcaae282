"""Files of a run to download.

/runs/RUN/export/model.onnx    what `noonbit export RUN` has written
"""

from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response

from noonbit.studio.draw.exported_page import WEIGHTS
from noonbit.studio.state import studio
from noonbit.studio.trainings import Training

FILE_NAME = "model.onnx"


def onnx_path(training: Training) -> Path:
    """Return where the exported file of a run lies, or will lie."""
    return training.path / "export" / FILE_NAME


def exported_file(training: Training) -> Path | None:
    """Return the exported file of a run; None unless there is one of its present weights."""
    path = onnx_path(training)
    try:
        is_new = path.stat().st_mtime_ns >= (training.path / WEIGHTS).stat().st_mtime_ns
    except OSError:
        return None
    return path if is_new else None


async def onnx_file(request: Request) -> Response:
    """Send the exported file of a run."""
    training = studio.trainings.find(request.path_params["run"])
    path = None if training is None else exported_file(training)
    if training is None or path is None:
        return PlainTextResponse("There is no such file.", status_code=404)
    return FileResponse(
        path,
        media_type="application/octet-stream",
        filename=f"{training.name}.onnx",
        headers={"Cache-Control": "no-store"},
    )
