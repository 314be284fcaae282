"""Find the inputs in the body of a request: files of a form, a JSON object, or one picture.

    read_inputs(body, "image/png", "pictures", settings)     [Input(name, read)]

What is wrong with the body as a whole raises `RequestRefused`; what is wrong with one input is
said when that input is read, so that it fails alone. Nothing names a file of the server's disk.
"""

import base64
import binascii
import io
import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from noonbit.data.dataset import Picture
from noonbit.data.files import File
from noonbit.data.preprocess.registry import INPUT_KINDS
from noonbit.data.readers.pictures import inspect
from noonbit.errors import InputRefused, UsageError
from noonbit.serve.multipart import parse_multipart
from noonbit.serve.refusal import RequestRefused
from noonbit.serve.settings import ServeSettings

MOST_JSON_VALUES = 4_000_000
"""Of a body, counted by its commas; Python takes some 40 bytes for each."""
LONGEST_NAME = 200
"""Characters of a file's name that are repeated in the answer."""
LARGEST_GAME_BYTES = 1_000_000
"""Of a game record: a game takes some thousand, with comments a hundred thousand."""


class Input(NamedTuple):
    """One input of a request."""

    name: str
    """Its file's name, or `input 0`."""
    read: Callable[[], Any]
    """What `Preprocessor.transform_one` takes; raises `InputRefused`. May take long."""


def read_inputs(body: bytes, content_type: str, kind: str, settings: ServeSettings) -> list[Input]:
    """Return the inputs of a body in order, at least one; raises `RequestRefused`."""
    forms = FORMS[kind]
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type == "multipart/form-data":
        files = parse_multipart(body, content_type, most_parts=settings.max_inputs)
        inputs = [
            make_input(forms.file, file.content, settings, file.name or f"input {number}")
            for number, file in enumerate(files)
        ]
    elif media_type == "application/json":
        key, items = parse_items(body, tuple(forms.keys))
        inputs = [
            make_input(forms.keys[key], item, settings, f"input {number}")
            for number, item in enumerate(items)
        ]
    elif media_type.startswith("image/") and kind == "pictures":
        inputs = [make_input(forms.file, body, settings, "input 0")]
    else:
        came = f"is {media_type[:50]}" if media_type else "has no Content-Type"
        raise RequestRefused(415, f"The body {came}; send {describe_bodies(kind)}.")
    if not inputs:
        raise RequestRefused(400, f"The body holds no {INPUT_KINDS[kind].noun}; send at least one.")
    if len(inputs) > settings.max_inputs:
        raise RequestRefused(
            413,
            f"The body holds {len(inputs):,} inputs; send at most {settings.max_inputs:,} at once.",
        )
    return inputs


def require_served(kind: str) -> None:
    """Raise `UsageError` for a kind of input that has no form here."""
    if kind not in FORMS:
        raise UsageError(f"A server takes {', '.join(FORMS)}, and this network takes {kind}.")


def describe_bodies(kind: str) -> str:
    """Say what a body may be: `multipart/form-data with files, or ...`."""
    ways = ["multipart/form-data with files"]
    ways += ["one picture as image/png or the like"] if kind == "pictures" else []
    keys = " or ".join(f'{{"{key}": [...]}}' for key in FORMS[kind].keys)
    return f"{', '.join(ways)}, or application/json with {keys}"


def make_input(
    read: "Callable[[Any, str, ServeSettings], Any]",
    content: Any,
    settings: ServeSettings,
    name: str,
) -> Input:
    """Return an input that is read by `read` when it is asked for."""
    name = name[:LONGEST_NAME]
    return Input(name, partial(read, content, name, settings))


# JSON


def parse_items(body: bytes, keys: Sequence[str]) -> tuple[str, list[Any]]:
    """Return the key of a JSON object and the list behind it; raises `RequestRefused`."""
    value = parse_json(body)
    names = " or ".join(f'{{"{key}": [...]}}' for key in keys)
    if not isinstance(value, dict):
        raise RequestRefused(400, f"The JSON is {json_type(value)}; send {names}.")
    unknown = [key for key in value if key not in keys]
    if unknown:
        raise RequestRefused(400, f'There is no use for "{unknown[0][:50]}"; send {names}.')
    if len(value) != 1:
        raise RequestRefused(400, f"The JSON object has {len(value)} keys; send {names}.")
    ((key, items),) = value.items()
    if not isinstance(items, list):
        raise RequestRefused(400, f'"{key}" is {json_type(items)}; it is a list, one an input.')
    return key, items


def parse_json(body: bytes) -> Any:
    """Return the value of strict JSON in UTF-8.

    Raises `RequestRefused` for anything else, and for NaN, a name that an object has twice, and
    more values or brackets in brackets than a request can need.
    """
    if body.count(b",") > MOST_JSON_VALUES:
        raise RequestRefused(
            413, f"The JSON has more than {MOST_JSON_VALUES:,} values; send less at once."
        )
    try:
        return json.loads(
            body.decode("utf-8"), parse_constant=refuse_constant, object_pairs_hook=unique_names
        )
    except RecursionError:
        raise RequestRefused(400, "The JSON has too many brackets inside brackets.") from None
    except UnicodeDecodeError as error:
        raise RequestRefused(
            400, f"The JSON is not UTF-8: byte {error.start:,} is {body[error.start]:#04x}."
        ) from None
    except json.JSONDecodeError as error:
        raise RequestRefused(
            400,
            f"The body is no JSON: {error.msg} at line {error.lineno}, column {error.colno}.",
        ) from None
    except ValueError as error:  # of the two functions above, or a number of thousands of digits
        raise RequestRefused(400, f"The JSON cannot be used: {str(error)[:200]}.") from None


def refuse_constant(word: str) -> None:
    """Refuse NaN and Infinity, which Python reads though JSON has no such numbers."""
    raise ValueError(f"{word} is no number of JSON")


def unique_names(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object; raises `ValueError` for one that has a name twice."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise ValueError(f'an object has the name "{name[:50]}" twice')
        found[name] = value
    return found


def json_type(value: Any) -> str:
    """Name the type of a JSON value in a sentence."""
    names = {dict: "an object", list: "a list", str: "text", bool: "true or false"}
    return "null" if value is None else names.get(type(value), "a number")


# One input


def read_picture(content: bytes, name: str, settings: ServeSettings) -> Picture:
    """Read a picture's header; raises `InputRefused` if it is none, or has too many pixels."""
    picture = inspect(File(name, len(content), lambda: io.BytesIO(content)))
    if picture.width * picture.height > settings.max_pixels:
        raise InputRefused(
            name,
            f"has {picture.width:,} x {picture.height:,} pixels; at most "
            f"{settings.max_pixels:,} are decoded",
        )
    return picture


def read_base64(item: Any, name: str, settings: ServeSettings) -> Picture:
    """Read a picture in base64, also after the words of a data URL."""
    if not isinstance(item, str):
        raise InputRefused(name, f"is {json_type(item)}; a picture is text in base64")
    text = item.partition(",")[2] if item.startswith("data:") else item
    try:
        content = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise InputRefused(name, "is no base64") from None
    return read_picture(content, name, settings)


def read_array(item: Any, name: str, settings: ServeSettings) -> NDArray[Any]:
    """Read the numbers of a picture from lists of lists."""
    del settings
    if not isinstance(item, list):
        raise InputRefused(name, f"is {json_type(item)}; an array is lists of lists of numbers")
    try:
        array = np.array(item)
    except (ValueError, OverflowError):
        raise InputRefused(name, "is no array: its lists have different lengths") from None
    if array.dtype.kind not in "iuf":
        raise InputRefused(name, "is no array of numbers that 64 bits can hold")
    return array


def read_planes(item: Any, name: str, settings: ServeSettings) -> NDArray[np.uint8]:
    """Read the planes of a position, whole numbers of 0 to 255."""
    array = read_array(item, name, settings)
    if array.dtype.kind != "i" or (array.size and not 0 <= array.min() <= array.max() <= 255):
        raise InputRefused(name, "has numbers that are not whole, or not of 0 to 255")
    return array.astype(np.uint8)


def read_text(item: Any, name: str, settings: ServeSettings) -> str:
    """Read a sentence: text, or bytes of a file in UTF-8."""
    del settings
    if isinstance(item, bytes):
        try:
            return item.decode("utf-8")
        except UnicodeDecodeError:
            raise InputRefused(name, "is no text in UTF-8") from None
    if not isinstance(item, str):
        raise InputRefused(name, f"is {json_type(item)}; a sentence is text")
    return item


def read_game(item: Any, name: str, settings: ServeSettings) -> NDArray[np.uint8]:
    """Read the position at the end of a game: a record in SGF, as text or as bytes of a file."""
    from noonbit.data.go.positions import planes_after
    from noonbit.data.go.sgf import read_sgf

    del settings
    if not isinstance(item, str | bytes):
        raise InputRefused(name, f"is {json_type(item)}; a game is text in SGF")
    record = item.encode("utf-8", "replace") if isinstance(item, str) else item
    if len(record) > LARGEST_GAME_BYTES:
        raise InputRefused(
            name, f"has {len(record):,} bytes; a game has at most {LARGEST_GAME_BYTES:,}"
        )
    games, findings = read_sgf(record, name)
    # A record that is kept in part ends at another position than the one that was asked about.
    broken = [each for each in findings if each.done != "both moves were kept"]
    if broken:
        raise InputRefused(name, broken[0].what)
    if len(games) != 1:
        raise InputRefused(name, f"holds {len(games):,} games; send one an input")
    return planes_after(games[0], len(games[0].points))


class Forms(NamedTuple):
    """How the inputs of a kind are sent."""

    file: Callable[[Any, str, ServeSettings], Any]
    """Reads the bytes of a file."""
    keys: Mapping[str, Callable[[Any, str, ServeSettings], Any]]
    """The keys of a JSON object, and what reads an item of the list behind each."""


FORMS: dict[str, Forms] = {
    "pictures": Forms(read_picture, {"images": read_base64, "arrays": read_array}),
    "sentences": Forms(read_text, {"texts": read_text}),
    "boards": Forms(read_game, {"games": read_game, "planes": read_planes}),
}
