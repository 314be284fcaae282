"""The parts of a body that is multipart/form-data (RFC 7578)."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from noonbit.serve.refusal import RequestRefused


class FormPart(NamedTuple):
    """One field of a form."""

    name: str
    """The file's name without its folders; empty for a field without one."""
    content: bytes


class PartReader:
    """What the parser calls while it reads; a derived class says what becomes of the parts."""

    def __init__(self) -> None:
        self.is_complete = False
        self._header = self._value = b""
        self._headers: dict[bytes, bytes] = {}

    def begin_part(self) -> None:
        """A part begins."""
        self._headers = {}

    def add_field(self, data: bytes, start: int, end: int) -> None:
        """A piece of a header's name."""
        self._header += data[start:end]

    def add_value(self, data: bytes, start: int, end: int) -> None:
        """A piece of a header's value."""
        self._value += data[start:end]

    def end_header(self) -> None:
        """A header is over."""
        self._headers[self._header.lower()] = self._value
        self._header = self._value = b""

    def begin_data(self) -> None:
        """The headers of the part are over."""

    def add_data(self, data: bytes, start: int, end: int) -> None:
        """A piece of a part's content."""

    def end_part(self) -> None:
        """A part is over."""

    def end(self) -> None:
        """The last boundary was found."""
        self.is_complete = True

    def file_name(self) -> str:
        """Return the file name that the part's headers state, perhaps with folders; or nothing.

        Raises `RequestRefused` for a part that is no field.
        """
        disposition = self._headers.get(b"content-disposition", b"")
        _, options = parse_options_header(disposition)
        if b"name" not in options:
            raise RequestRefused(400, "A part of the form has no name (Content-Disposition).")
        return options.get(b"filename", b"").decode("utf-8", "replace").replace("\\", "/")


class PartCollector(PartReader):
    """Collects the parts of a body."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most = most
        self.parts: list[FormPart] = []
        self._pieces: list[bytes] = []

    def begin_part(self) -> None:
        """A part begins."""
        super().begin_part()
        if len(self.parts) == self._most:
            raise RequestRefused(413, f"The form has more than {self._most:,} parts; send less.")
        self._pieces = []

    def add_data(self, data: bytes, start: int, end: int) -> None:
        """A piece of a part's content."""
        self._pieces.append(data[start:end])

    def end_part(self) -> None:
        """A part is over."""
        name = self.file_name().rpartition("/")[2]
        self.parts.append(FormPart(name, b"".join(self._pieces)))


def make_parser(content_type: str, found: PartReader) -> MultipartParser:
    """Return the parser of a body; raises `RequestRefused` if its Content-Type is no form's."""
    _, options = parse_options_header(content_type)
    boundary = options.get(b"boundary", b"")
    if not 0 < len(boundary) <= 70:  # RFC 2046, 5.1.1
        raise RequestRefused(400, "The Content-Type of the form states no boundary.")
    return MultipartParser(
        boundary,
        {
            "on_part_begin": found.begin_part,
            "on_header_field": found.add_field,
            "on_header_value": found.add_value,
            "on_header_end": found.end_header,
            "on_headers_finished": found.begin_data,
            "on_part_data": found.add_data,
            "on_part_end": found.end_part,
            "on_end": found.end,
        },
    )


@contextmanager
def refusing_broken_forms(found: PartReader) -> Iterator[None]:
    """Raise `RequestRefused` if what is parsed in the block is no form, or is cut off."""
    try:
        yield
    except FormParserError as error:
        raise RequestRefused(400, f"The form cannot be read: {str(error)[:200]}.") from None
    if not found.is_complete:
        raise RequestRefused(400, "The form ends before its last boundary; send it whole.")


def parse_multipart(body: bytes, content_type: str, *, most_parts: int) -> list[FormPart]:
    """Return the parts of a body in order.

    Raises `RequestRefused` if it is not what its Content-Type says, is cut off, or has more parts.
    """
    found = PartCollector(most_parts)
    parser = make_parser(content_type, found)
    with refusing_broken_forms(found):
        parser.write(body)
        parser.finalize()
    return found.parts
