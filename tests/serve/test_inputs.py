"""Inputs in the bodies of requests."""

import base64
import json
from typing import Any

import numpy as np
import pytest
from encoded_pictures import empty_png, noise_picture

from noonbit.data.dataset import Picture
from noonbit.errors import InputRefused, UsageError
from noonbit.serve.inputs import MOST_JSON_VALUES, read_inputs, require_served
from noonbit.serve.refusal import RequestRefused
from noonbit.serve.settings import ServeSettings

SETTINGS = ServeSettings(max_inputs=3, max_pixels=10_000)
GAME = "(;GM[1]FF[4]SZ[19];B[pd];W[dd];B[pq])"


def read_json(value: Any, kind: str = "pictures") -> list[Any]:
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    return [one.read() for one in read_inputs(body, "application/json", kind, SETTINGS)]


def refusal(body: bytes, content_type: str = "application/json", kind: str = "pictures") -> str:
    """The status and the sentence with which a body is refused."""
    with pytest.raises(RequestRefused) as refused:
        read_inputs(body, content_type, kind, SETTINGS)
    return f"{refused.value.status} {refused.value.sentence}"


def reason(value: Any, kind: str = "pictures") -> str:
    """Why the only input of a JSON object cannot be used."""
    with pytest.raises(InputRefused) as refused:
        read_json(value, kind)
    return refused.value.reason


def test_a_picture_is_the_whole_body() -> None:
    (one,) = read_inputs(noise_picture(20, 10), "image/png", "pictures", SETTINGS)
    picture = one.read()
    assert isinstance(picture, Picture)
    assert (picture.width, picture.height) == (20, 10)


def test_pictures_are_base64_with_and_without_the_words_of_a_data_url() -> None:
    text = base64.b64encode(noise_picture()).decode()
    one, two = read_json({"images": [text, f"data:image/png;base64,{text}"]})
    assert one.read() == two.read() == noise_picture()


def test_arrays_keep_their_numbers() -> None:
    whole, parts = read_json({"arrays": [[[1, 2], [3, 4]], [[0.5, 1.0], [0.0, 0.25]]]})
    assert whole.dtype.kind == "i"
    assert whole.tolist() == [[1, 2], [3, 4]]
    assert parts.tolist() == [[0.5, 1.0], [0.0, 0.25]]


def test_sentences_are_texts_or_files() -> None:
    assert read_json({"texts": ["a fine film", "좋다"]}, "sentences") == ["a fine film", "좋다"]
    form = b'--x\r\nContent-Disposition: form-data; name="t"\r\n\r\na fine film\r\n--x--\r\n'
    (one,) = read_inputs(form, "multipart/form-data; boundary=x", "sentences", SETTINGS)
    assert one.read() == "a fine film"


def test_a_game_is_its_last_position() -> None:
    pytest.importorskip("numba")
    (planes,) = read_json({"games": [GAME]}, "boards")
    assert planes.shape == (48, 19, 19)
    assert planes.dtype == np.uint8
    # White is to play, so its one stone is the own one and Black's two are the opponent's.
    assert planes[0].sum() == 1
    assert planes[1].sum() == 2
    (again,) = read_json({"planes": [planes.tolist()]}, "boards")
    assert again.dtype == np.uint8
    assert (again == planes).all()


@pytest.mark.parametrize(
    ("game", "words"),
    [
        ("", "cannot be read as SGF"),
        ("(;GM[1]SZ[19])", "has no moves"),
        ("(;GM[1]SZ[9];B[aa])", "is played on 9x9"),
        ("(;SZ[19];B[pd];W[pd])", "goes wrong at move 2"),
        (f"{GAME}{GAME}", "holds 2 games"),
        ("x" * 1_000_001, "has 1,000,001 bytes"),
        (None, "is null; a game is text in SGF"),
    ],
)
def test_a_game_that_is_not_what_it_says_is_refused(game: str | None, words: str) -> None:
    pytest.importorskip("numba")
    assert words in reason({"games": [game]}, "boards")


@pytest.mark.parametrize(
    ("item", "words"),
    [
        (5, "is a number; a picture is text in base64"),
        (None, "is null"),
        ("!!!", "is no base64"),
        ("바", "is no base64"),
        ("AAAA", "is not an image"),
        ("", "is empty"),
    ],
)
def test_one_picture_of_json_is_refused_alone(item: Any, words: str) -> None:
    assert words in reason({"images": [item]})


@pytest.mark.parametrize(
    ("item", "words"),
    [
        (5, "is a number; an array is lists"),
        ([[1, 2], [3]], "different lengths"),
        ([["a", "b"]], "no array of numbers"),
        ([[10**30]], "no array of numbers"),
        ([[None]], "no array of numbers"),
        ([[True, False]], "no array of numbers"),
        ([[{}]], "no array of numbers"),
    ],
)
def test_one_array_is_refused_alone(item: Any, words: str) -> None:
    assert words in reason({"arrays": [item]})


@pytest.mark.parametrize("item", [[[1.5]], [[-1]], [[256]]])
def test_planes_are_bytes(item: Any) -> None:
    assert "not whole, or not of 0 to 255" in reason({"planes": [item]}, "boards")


def test_pixels_are_counted_before_anything_is_decoded() -> None:
    (one,) = read_inputs(empty_png(50_000, 1_000), "image/png", "pictures", SETTINGS)
    with pytest.raises(InputRefused, match="has 50,000 x 1,000 pixels; at most 10,000"):
        one.read()


def test_the_largest_picture_is_taken_and_one_row_more_is_not() -> None:
    (fits,) = read_inputs(noise_picture(100, 100), "image/png", "pictures", SETTINGS)
    assert fits.read().width == 100
    (exceeds,) = read_inputs(noise_picture(100, 101), "image/png", "pictures", SETTINGS)
    with pytest.raises(InputRefused, match="100 x 101 pixels"):
        exceeds.read()


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "400 The body is no JSON: Expecting value at line 1, column 1."),
        (b"{", "400 The body is no JSON"),
        (b'{"images": [NaN]}', "400 The JSON cannot be used: NaN is no number of JSON."),
        (b'{"images": [-Infinity]}', "-Infinity is no number"),
        (b'{"images": [], "images": []}', 'has the name "images" twice'),
        (b"\xff\xfe{}", "400 The JSON is not UTF-8: byte 0 is 0xff."),
        (b"[" * 100_000, "400 The JSON has too many brackets inside brackets."),
        (b'{"a":' * 100_000, "400 The JSON has too many brackets inside brackets."),
        (b'{"images": [' + b"1" * 5_000 + b"]}", "400 The JSON cannot be used: Exceeds the limit"),
        (b"[]", '400 The JSON is a list; send {"images": [...]} or {"arrays": [...]}.'),
        (b"null", "400 The JSON is null"),
        (b"{}", "400 The JSON object has 0 keys"),
        (b'{"images": [], "arrays": []}', "400 The JSON object has 2 keys"),
        (b'{"image": []}', '400 There is no use for "image"; send {"images"'),
        (b'{"images": "AAAA"}', '400 "images" is text; it is a list, one an input.'),
        (b'{"images": []}', "400 The body holds no image; send at least one."),
        (b'{"images": [1,2,3,4]}', "413 The body holds 4 inputs; send at most 3 at once."),
        (b'{"texts": ["a"]}', '400 There is no use for "texts"'),
        (b"[" + b"," * (MOST_JSON_VALUES + 1), "413 The JSON has more than 4,000,000 values"),
    ],
)
def test_a_body_that_is_wrong_as_a_whole_is_refused_with_the_reason(
    body: bytes, words: str
) -> None:
    assert words in refusal(body)


@pytest.mark.parametrize(
    ("content_type", "kind", "words"),
    [
        ("", "pictures", "415 The body has no Content-Type; send multipart/form-data with files"),
        ("application/x-www-form-urlencoded", "pictures", "415 The body is application/x-www-form"),
        ("text/html; charset=utf-8", "boards", '{"games": [...]} or {"planes": [...]}'),
        ("image/png", "sentences", "415 The body is image/png; send multipart/form-data"),
    ],
)
def test_another_type_of_body_is_refused_with_those_that_are_taken(
    content_type: str, kind: str, words: str
) -> None:
    assert words in refusal(b"", content_type, kind)


def test_a_name_is_cut_where_it_is_repeated() -> None:
    form = b'--x\r\nContent-Disposition: form-data; name="f"; filename="%s"\r\n\r\n\r\n--x--'
    (one,) = read_inputs(
        form % (b"a" * 3_000), "multipart/form-data; boundary=x", "pictures", SETTINGS
    )
    assert one.name == "a" * 200


def test_another_kind_of_input_is_not_served() -> None:
    with pytest.raises(UsageError, match="takes pictures, sentences, boards, and this .* sounds"):
        require_served("sounds")
