"""What a page sends becomes a data set, streamed to the disk as it comes.

POST /data/upload?name=animals    multipart/form-data; each part is a file, whose name may have
                                  folders: `cats/1.png`
{"source": "data/animals"}        or {"error": "a sentence"}
"""

from collections.abc import AsyncIterable
from typing import BinaryIO

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from noonbit.errors import NoonbitError
from noonbit.serve.multipart import PartReader, make_parser, refusing_broken_forms
from noonbit.serve.refusal import RequestRefused
from noonbit.studio.data.data_sets import NewDataSet
from noonbit.studio.state import studio

MOST_BYTES = 2**32
MOST_FILES = 100_000
SETS_NAME = "pictures"
"""Of a data set that nobody named."""


async def upload(request: Request) -> Response:
    """Make a data set of the files of a form."""
    name = request.query_params.get("name", "").strip() or SETS_NAME
    try:
        require_size(request)
        with studio.data_sets.new(name) as made:
            await receive(request.stream(), request.headers.get("content-type", ""), made)
        return JSONResponse({"source": made.source})
    except RequestRefused as refusal:
        return JSONResponse({"error": refusal.sentence}, status_code=refusal.status)
    except NoonbitError as error:
        return JSONResponse({"error": str(error)}, status_code=400)
    except ClientDisconnect:
        return Response(status_code=400)  # which nobody reads


def require_size(request: Request) -> None:
    """Raise `RequestRefused` for what says that it is too large, before any of it is read."""
    stated = request.headers.get("content-length", "0")
    if stated.isdecimal() and int(stated) > MOST_BYTES:
        raise too_large()


def too_large() -> RequestRefused:
    """Say what is allowed."""
    return RequestRefused(
        413,
        f"An upload has at most {MOST_BYTES // 2**30} GiB. Larger data need no copy: type their "
        "path on this computer.",
    )


async def receive(
    body: AsyncIterable[bytes],
    content_type: str,
    made: NewDataSet,
    *,
    most_bytes: int = MOST_BYTES,
    most_files: int = MOST_FILES,
) -> None:
    """Write the files of a form into a new data set; raises `RequestRefused` or `NoonbitError`."""
    files = FileParts(made, most_files)
    parser = make_parser(content_type, files)
    size = 0
    try:
        with refusing_broken_forms(files):
            async for piece in body:
                size += len(piece)
                if size > most_bytes:
                    raise too_large()
                parser.write(piece)
            parser.finalize()
    finally:
        files.close()
    if not files.count:
        raise RequestRefused(400, "No file came. Choose pictures, a folder, an archive or a table.")


class FileParts(PartReader):
    """Writes each part of a form to its file."""

    def __init__(self, made: NewDataSet, most: int) -> None:
        super().__init__()
        self._made = made
        self._most = most
        self._file: BinaryIO | None = None
        self.count = 0

    def begin_data(self) -> None:
        """Open the file of a part; hidden ones, which systems leave, are passed over."""
        name = self.file_name()
        if not name:
            raise RequestRefused(400, "A part of the form is no file.")
        if any(piece.startswith(".") for piece in name.split("/")):
            return
        self.count += 1
        if self.count > self._most:
            raise RequestRefused(
                413, f"An upload has at most {self._most:,} files. Put them into one archive."
            )
        self._file = self._made.place(name).open("xb")

    def add_data(self, data: bytes, start: int, end: int) -> None:
        """Write a piece."""
        if self._file is not None:
            self._file.write(data[start:end])

    def end_part(self) -> None:
        """Close the file."""
        self.close()

    def close(self) -> None:
        """Close the file that is open, if any."""
        if self._file is not None:
            self._file.close()
            self._file = None
