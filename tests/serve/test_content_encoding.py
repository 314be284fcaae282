"""Bodies that a client packed."""

import gzip
import tracemalloc
import zlib

import pytest

from noonbit.serve.content_encoding import decompress_body
from noonbit.serve.refusal import RequestRefused

CONTENT = b"images " * 1000


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        ("", CONTENT),
        ("identity", CONTENT),
        ("gzip", gzip.compress(CONTENT)),
        (" GZIP ", gzip.compress(CONTENT)),
        ("deflate", zlib.compress(CONTENT)),
    ],
    ids=["none", "identity", "gzip", "padded", "deflate"],
)
def test_a_body_is_unpacked_as_its_header_says(encoding: str, packed: bytes) -> None:
    assert decompress_body(packed, encoding, most_bytes=len(CONTENT)) == CONTENT


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_one_byte_more_than_is_taken_is_refused(encoding: str) -> None:
    packed = {"gzip": gzip.compress, "deflate": zlib.compress}[encoding](CONTENT)
    with pytest.raises(RequestRefused, match="unpacks to more than 6,999 bytes"):
        decompress_body(packed, encoding, most_bytes=len(CONTENT) - 1)


def test_a_bomb_is_not_held_in_memory() -> None:
    bomb = gzip.compress(bytes(200_000_000), compresslevel=9)
    tracemalloc.start()
    with pytest.raises(RequestRefused):
        decompress_body(bomb, "gzip", most_bytes=1_000_000)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20_000_000


def test_a_stream_that_is_cut_off_is_refused() -> None:
    with pytest.raises(RequestRefused, match="cut off"):
        decompress_body(gzip.compress(CONTENT)[:-9], "gzip", most_bytes=10**6)


def test_bytes_that_are_no_stream_are_refused() -> None:
    with pytest.raises(RequestRefused, match="is no deflate stream"):
        decompress_body(b"{}", "deflate", most_bytes=10**6)


def test_a_second_stream_is_refused() -> None:
    with pytest.raises(RequestRefused, match="more than one gzip stream"):
        decompress_body(gzip.compress(b"a") + gzip.compress(b"b"), "gzip", most_bytes=10**6)


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, gzip", "x" * 100])
def test_another_encoding_is_refused(encoding: str) -> None:
    with pytest.raises(RequestRefused, match="send the body as it is, in gzip or deflate"):
        decompress_body(CONTENT, encoding, most_bytes=10**6)
