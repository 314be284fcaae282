"""Forms with files."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noonbit.serve.multipart import FormPart, parse_multipart
from noonbit.serve.refusal import RequestRefused

TYPE = "multipart/form-data; boundary=xyz"


def part(content: bytes, disposition: str = 'form-data; name="file"; filename="a.png"') -> bytes:
    head = f"--xyz\r\nContent-Disposition: {disposition}\r\nContent-Type: image/png\r\n\r\n"
    return head.encode() + content + b"\r\n"


def parse(body: bytes, content_type: str = TYPE) -> list[FormPart]:
    return parse_multipart(body, content_type, most_parts=3)


def refusal(body: bytes, content_type: str = TYPE) -> str:
    with pytest.raises(RequestRefused) as refused:
        parse(body, content_type)
    return f"{refused.value.status} {refused.value.sentence}"


def test_parts_come_in_order_with_their_names() -> None:
    second = part(b"--xy\r\nno boundary", 'form-data; name="file"; filename="C:\\\\dir\\\\b.png"')
    third = part(b"", 'form-data; name="text"')
    assert parse(part(b"one") + second + third + b"--xyz--\r\n") == [
        FormPart("a.png", b"one"),
        FormPart("b.png", b"--xy\r\nno boundary"),
        FormPart("", b""),
    ]


@given(st.binary(max_size=200))
def test_any_bytes_pass_unchanged(content: bytes) -> None:
    if b"\r\n--xyz" not in content:
        assert parse(part(content) + b"--xyz--") == [FormPart("a.png", content)]


@given(st.binary(max_size=200), st.integers(0, 400))
def test_a_form_cut_anywhere_is_refused(content: bytes, cut: int) -> None:
    if b"\r\n--xyz" in content:
        return
    whole = part(content) + b"--xyz--"
    assert refusal(whole[: min(cut, len(whole) - 1)]).startswith("400 ")


@given(st.binary(max_size=300))
def test_any_body_is_read_or_refused(body: bytes) -> None:
    for given_body in (body, b"--xyz\r\n" + body, part(body)):
        with pytest.raises(RequestRefused) as refused:
            parse(given_body)
        assert refused.value.status in (400, 413)


@pytest.mark.parametrize(
    ("content_type", "words"),
    [
        ("multipart/form-data", "400 The Content-Type of the form states no boundary."),
        ("multipart/form-data; boundary=", "states no boundary"),
        (f"multipart/form-data; boundary={'x' * 71}", "states no boundary"),
        ("multipart/form-data; boundary=other", "400 The form cannot be read"),
    ],
)
def test_a_wrong_boundary_is_said(content_type: str, words: str) -> None:
    assert words in refusal(part(b"one") + b"--xyz--", content_type)


def test_a_part_without_a_name_is_refused() -> None:
    assert "400 A part of the form has no name" in refusal(part(b"", "form-data") + b"--xyz--")


def test_the_last_part_that_is_allowed_is_read_and_not_one_more() -> None:
    assert len(parse(part(b"a") * 3 + b"--xyz--")) == 3
    assert "413 The form has more than 3 parts" in refusal(part(b"a") * 4 + b"--xyz--")
