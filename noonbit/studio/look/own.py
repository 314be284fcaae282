"""What people give to be explained: files in a temporary folder, under names of ours."""

import re
import secrets
import shutil
import tempfile
from pathlib import Path

from starlette.requests import Request

from noonbit.errors import UsageError

MOST_BYTES = 32 * 2**20
"""Of one file, as a server takes them."""
MOST_FILES = 16
"""That are kept; the oldest goes."""
KEY = re.compile("own-[0-9a-f]{16}")


class OwnInputs:
    """The files that were given, until the studio ends."""

    def __init__(self) -> None:
        self._folder: Path | None = None  # made with the first file

    def add(self, content: bytes, *, ending: str = "") -> str:
        """Keep a file, and return the key by which it is found.

        Pictures are told by their content, whatever they are called; games by the `ending`.
        """
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="noonbit-look-"))
        folder = self._folder
        kept = sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime_ns)
        for oldest in kept[: len(kept) + 1 - MOST_FILES]:
            oldest.unlink(missing_ok=True)
        key = f"own-{secrets.token_hex(8)}"
        (folder / f"{key}{ending}").write_bytes(content)
        return key

    def find(self, key: str) -> Path | None:
        """Return the file of a key; None for what is none, or is not kept any more."""
        if self._folder is None or KEY.fullmatch(key) is None:
            return None
        return next(self._folder.glob(f"{key}*"), None)

    def close(self) -> None:
        """Remove what was given."""
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
        self._folder = None


own_inputs = OwnInputs()
"""Those of this studio."""


async def read_body(request: Request) -> bytes:
    """Return the body of a request; raises `UsageError` if it is empty or too large."""
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > MOST_BYTES:
            raise UsageError(
                f"The file is larger than {MOST_BYTES // 2**20} MB; give a smaller one."
            )
    if not content:
        raise UsageError("The file is empty; give one with a picture, a sentence or a game.")
    return bytes(content)
