"""A run as the page of `noonbit export RUN --to page`, made once for its weights, kept in the run.

/runs/RUN/page               in a sandbox: it may compute, and reaches nothing of the studio
/runs/RUN/page?download=1    as a file to keep
"""

import asyncio
import hashlib
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response

from noonbit import __version__
from noonbit.errors import ArtefactError
from noonbit.studio.engine import run
from noonbit.studio.state import studio
from noonbit.studio.trainings import Training

WEIGHTS = "weights.safetensors"
PAGE_POLICY = "sandbox allow-scripts allow-downloads; frame-ancestors 'self'"
"""Beside the stricter one that stands in the page itself: there it loads nothing at all."""


class ExportedPages:
    """The pages that are there or are being made, each once however many ask for it."""

    def __init__(self) -> None:
        self._made: dict[Path, asyncio.Task[None]] = {}

    async def make(self, training: Training) -> None:
        """Make the page of a run if it is not there; raises `NoonbitError` with the reason."""
        path = page_path(training)
        if path.is_file():
            return
        if path not in self._made:
            self._made[path] = asyncio.ensure_future(self._export(training, path))
        try:
            await asyncio.shield(self._made[path])
        finally:
            if path in self._made and self._made[path].done():
                del self._made[path]

    async def _export(self, training: Training, path: Path) -> None:
        try:
            path.parent.mkdir(exist_ok=True)
        except OSError as error:
            raise ArtefactError(f"{path.parent} cannot be made: {error}.") from None
        await run("export", str(training.path), "--to=page", f"--out={path}", *studio.data_flags())
        for other in path.parent.glob("studio-*.html"):  # of earlier weights
            if other != path:
                other.unlink(missing_ok=True)


exported_pages = ExportedPages()


def page_path(training: Training) -> Path:
    """Return where the page of a run's present weights lies, or will lie.

    Raises `ArtefactError` for a run without weights.
    """
    try:
        facts = (training.path / WEIGHTS).stat()
    except OSError:
        raise ArtefactError(
            f"{training.name} has no weights yet: they are there after the first epoch."
        ) from None
    key = f"{__version__} {facts.st_size} {facts.st_mtime_ns}"
    digest = hashlib.sha256(key.encode()).hexdigest()[:12]
    return training.path / "export" / f"studio-{digest}.html"


async def show(request: Request) -> Response:
    """Send the page of a run, if it has been made."""
    training = studio.trainings.find(request.path_params["run"])
    try:
        path = None if training is None else page_path(training)
    except ArtefactError:
        path = None
    if training is None or path is None or not path.is_file():
        return PlainTextResponse("There is no such page.", status_code=404)
    return FileResponse(
        path,
        media_type="text/html",
        filename=f"{training.name}.html" if "download" in request.query_params else None,
        headers={"Content-Security-Policy": PAGE_POLICY, "Cache-Control": "no-store"},
    )
