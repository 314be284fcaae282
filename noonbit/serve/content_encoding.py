"""Decompress a request's body up to a limit, as `Content-Encoding` names it."""

import zlib

from noonbit.serve.refusal import RequestRefused

WINDOW_BITS = {"gzip": 31, "x-gzip": 31, "deflate": 15}
"""What zlib takes each for; deflate is zlib's format in HTTP (RFC 9110, 8.4.1.2)."""


def decompress_body(body: bytes, encoding: str, *, most_bytes: int) -> bytes:
    """Return the body that `encoding` (Content-Encoding, or nothing) packed.

    Never holds more than `most_bytes` of it. Raises `RequestRefused` for more, for another
    encoding, and for a broken stream.
    """
    name = encoding.strip().lower()
    if name in ("", "identity"):
        return body
    if name not in WINDOW_BITS:
        raise RequestRefused(
            415,
            f"Content-Encoding is '{encoding[:40]}'; send the body as it is, in gzip or deflate.",
        )
    stream = zlib.decompressobj(wbits=WINDOW_BITS[name])
    try:
        unpacked = stream.decompress(body, most_bytes + 1)
    except zlib.error as error:
        raise RequestRefused(400, f"The body is no {name} stream ({error}).") from None
    if len(unpacked) > most_bytes:
        raise RequestRefused(413, f"The body unpacks to more than {most_bytes:,} bytes; send less.")
    if not stream.eof:
        raise RequestRefused(400, f"The body's {name} stream is cut off before its end.")
    if stream.unused_data:
        raise RequestRefused(400, f"The body holds more than one {name} stream; send one.")
    return unpacked
