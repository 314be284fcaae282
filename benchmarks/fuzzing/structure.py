"""Changes that keep a file's structure, so that they get past its parser: odd values, other types.

JSON (also in a safetensors header, and a line of JSON lines) is walked; tables, TOML, XML, SGF and
other texts have tokens; NumPy's arrays and Parquet's columns are replaced by odd ones.
"""

import io
import json
import pickle
import random
import re
import struct
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

CANARY = "noonbit_fuzz_canary"
"""A builtin function that reports its call: whatever calls it has executed what was only data."""
CODE = f"__import__('builtins').{CANARY}()"
ODD_TEXTS = (
    *("", " ", "0", "-1", "-0.0", "1e400", "1e-400", "nan", "inf", "-inf", "2147483648"),
    *(str(2**63), str(10**30), "9" * 5000, "1.5", "true", "null", "None", "x" * 200_000),
    *(
        "\0",
        "\x1b[31m",
        "\x1b]0;x\x07",
        "\n",
        "\r",
        "\t",
        "\u202e",
        "\ufeff",
        "가" * 255,
        "é" * 300,
    ),
    *(
        "=cmd|' /C calc'!A0",
        "+1",
        "@SUM(A1)",
        "<script>",
        "{{7*7}}",
        "${HOME}",
        "%s%n",
        "'\"`$(id)",
    ),
    *("../../etc/passwd", "/etc/passwd", "/dev/zero", "/proc/self/mem", "~nouser", "a\\b", "C:\\x"),
    *("canary.py:network", CODE, "[" * 1000 + "]" * 1000, '"', "a,b", "a;b", "1 2 3", "http://x/"),
)
ODD_JSON = (
    *("null", "true", "false", "0", "-1", "1.5", "-0.0", "1e400", "1e-400", "NaN", "Infinity"),
    *("2147483648", str(2**63), str(-(2**63) - 1), "9" * 400, "9" * 5000, '""', "[]", "{}", "[[]]"),
    *(
        '"\\ud800"',
        '"\\u0000"',
        '"\\u001b[31m"',
        "[" * 1000 + "]" * 1000,
        "[" * 100_000,
        '{"a":' * 9,
    ),
    *(json.dumps(text) for text in ODD_TEXTS),
)
SEAM = "@seam@"
"""Stands for a value until the document is text again."""
LARGEST_TEXT = 2**20
PICKLE_SIGNATURE = b"\x80\x02"
SAFETENSORS_LENGTH = struct.Struct("<Q")

Structural: TypeAlias = Callable[[bytes, random.Random], tuple[bytes, str]]


def is_text(raw: bytes) -> bool:
    """Whether bytes are a text that has tokens."""
    return 0 < len(raw) <= LARGEST_TEXT and b"\0" not in raw[:4096] and decodes(raw)


def decodes(raw: bytes) -> bool:
    """Whether bytes are UTF-8."""
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def change_token(raw: bytes, rng: random.Random) -> tuple[bytes, str]:
    """Replace a number or a word by an odd one."""
    text = raw.decode()
    tokens = [*re.finditer(r"[^\s,;:<>\[\](){}\"'=/]+", text)]
    token = rng.choice(tokens)
    odd = rng.choice(ODD_TEXTS)
    new = text[: token.start()] + odd + text[token.end() :]
    return encode(new), f"token {token[0][:20]!a} to {odd[:20]!a}"


def change_lines(raw: bytes, rng: random.Random) -> tuple[bytes, str]:
    """Repeat, drop, cut, join or exchange lines, or fields of a line."""
    lines = raw.decode().split("\n")
    place, other = rng.randrange(len(lines)), rng.randrange(len(lines))
    kind = rng.choice(("repeat", "drop", "exchange", "drop field", "add fields", "quote", "first"))
    line = lines[place]
    separator = max(",\t; ", key=line.count)
    if kind == "repeat":
        lines[place:place] = [line] * rng.choice((1, 100))
    elif kind == "drop":
        del lines[place]
    elif kind == "exchange":
        lines[place], lines[other] = lines[other], line
    elif kind == "drop field":
        lines[place] = line.rpartition(separator)[0]
    elif kind == "add fields":
        lines[place] = line + (separator + rng.choice(ODD_TEXTS)) * rng.choice((1, 1000))
    elif kind == "quote":
        at = rng.randrange(len(line) + 1)
        lines[place] = f'{line[:at]}"{line[at:]}'
    else:
        lines[0] = separator.join(rng.choice(ODD_TEXTS) for _ in lines[0].split(separator))
    return encode("\n".join(lines)), f"lines: {kind} at {place}"


def encode(text: str) -> bytes:
    """UTF-8, with lone surrogates as other programs leave them."""
    return text.encode("utf-8", "surrogatepass")


def is_json(raw: bytes) -> bool:
    """Whether bytes are one JSON document, or a line of them each."""
    return raw[:1] in (b"{", b"[") and is_text(raw)


def change_json(raw: bytes, rng: random.Random) -> tuple[bytes, str]:
    """Change one value of a document, or of one of its lines."""
    try:
        document = json.loads(raw)
    except json.JSONDecodeError:
        lines = raw.split(b"\n")
        place = rng.randrange(len(lines))
        lines[place], done = change_json(lines[place], rng)
        return b"\n".join(lines), done
    text, done = change_document(document, rng)
    return encode(text), done


def change_document(document: Any, rng: random.Random) -> tuple[str, str]:
    """Return the text of a document with a value replaced, removed, wrapped, renamed or doubled."""
    places = [*walk(document)]
    if not places:
        return rng.choice(ODD_JSON), "document"
    holder, key = rng.choice(places)
    kind = rng.choice(("odd", "odd", "odd", "remove", "wrap", "take", "grow", "key"))
    new = rng.choice(ODD_JSON)
    if kind == "remove":
        del holder[key]
    elif kind == "wrap":
        holder[key] = [holder[key]]
    elif kind == "take":
        other, place = rng.choice(places)
        holder[key] = json.loads(json.dumps(other[place]))
    elif kind == "grow":
        value = holder[key]
        holder[key] = value * 1000 if isinstance(value, list | str) else [value] * 1000
    elif kind == "key" and isinstance(holder, dict):
        holder[rng.choice(ODD_TEXTS)[:1000]] = holder.pop(key)
    else:
        holder[key] = SEAM
    text = json.dumps(document).replace(f'"{SEAM}"', new)
    return text, f"JSON {kind} at {str(key)[:30]!a}, {new[:30]!a}"


def walk(value: Any) -> Any:
    """Yield every place in a document: what holds it, and its key or index."""
    if isinstance(value, dict | list):
        for key, child in value.items() if isinstance(value, dict) else enumerate(value):
            yield value, key
            yield from walk(child)


def is_safetensors(raw: bytes) -> bool:
    """Whether bytes begin with the length of a JSON header, and the header."""
    return raw[8:9] == b"{" and SAFETENSORS_LENGTH.unpack(raw[:8])[0] < len(raw)


def change_safetensors(raw: bytes, rng: random.Random) -> tuple[bytes, str]:
    """Change the header, or make numbers infinite or not a number."""
    (length,) = SAFETENSORS_LENGTH.unpack(raw[:8])
    header, body = raw[8 : 8 + length], raw[8 + length :]
    if rng.random() < 0.25:
        odd = np.float32(rng.choice((np.nan, np.inf, -np.inf, 1e38))).tobytes()
        place = rng.randrange(len(body) // 4) * 4
        return raw[: 8 + length] + body[:place] + odd + body[place + 4 :], "odd weight"
    document = json.loads(header)
    text, done = change_document(document, rng)
    new = encode(text)
    new += b" " * (-len(new) % 8)
    return SAFETENSORS_LENGTH.pack(len(new)) + new + body, f"header: {done}"


def is_npy(raw: bytes) -> bool:
    """Whether bytes are an array of NumPy's."""
    return raw.startswith(b"\x93NUMPY")


def change_npy(raw: bytes, rng: random.Random) -> tuple[bytes, str]:
    """Save the array with another type, other axes or other values."""
    array = np.load(io.BytesIO(raw))
    kind, make = rng.choice([*odd_arrays(array, rng).items()])
    stream = io.BytesIO()
    with np.errstate(all="ignore"):
        np.save(stream, make(), allow_pickle=True)
    return stream.getvalue(), f"array: {kind}"


def odd_arrays(array: Any, rng: random.Random) -> dict[str, Callable[[], Any]]:
    """Arrays that are not what was expected of this one."""
    kind = rng.choice(("S", "U", "O", "M8[s]", "m8[D]", "c16", "f2", "f8", "i1", "i8", "u8", "?"))
    odd = rng.choice((np.nan, np.inf, -1.0, 2.0**31, 2.0**62, 1e30))
    place = rng.randrange(max(array.size, 1))

    def spoil(dtype: str) -> Any:
        spoiled = array.astype(dtype).reshape(-1)
        spoiled[place : place + 1] = np.array(odd).astype(dtype)
        return spoiled.reshape(array.shape)

    return {
        f"a value of {odd}": lambda: spoil("f8"),
        f"a whole value of {odd}": lambda: spoil("i8"),
        f"type {kind}": lambda: array.astype("i8").astype(kind),
        "no axes": lambda: np.array(array.reshape(-1)[0]),
        "no items": lambda: array[:0],
        "no width": lambda: array[..., :0],
        "fewer": lambda: array[:-1],
        "more": lambda: np.concatenate([array, array]),
        "flat": lambda: array.reshape(-1),
        "many axes": lambda: array.reshape(*array.shape, *[1] * 20),
        "turned": lambda: array.T,
        "structured": lambda: np.zeros(3, [("a", "i4"), ("b", "f4")]),
        "objects": lambda: np.array([Payload()], object),
        "zeros": lambda: np.zeros_like(array),
    }


class Payload:
    """What a pickle can make Python call."""

    def __reduce__(self) -> tuple[Any, ...]:
        return eval, (CODE,)


def is_pickle(raw: bytes) -> bool:
    """Whether bytes are a pickle, as CIFAR's."""
    return raw.startswith(PICKLE_SIGNATURE)


def change_pickle(raw: bytes, rng: random.Random) -> tuple[bytes, str]:
    """Put a call into the pickle, or other types into its place."""
    payload = pickle.dumps(Payload(), 2)
    choices: tuple[tuple[str, bytes], ...] = (
        ("a call before", payload[:-1] + b"0" + raw[2:]),
        ("a call alone", payload),
        ("a call inside", pickle.dumps({b"data": Payload(), b"labels": [Payload()]}, 2)),
        ("other types", pickle.dumps({b"data": [1, "a"], b"labels": {"a": None}}, 2)),
        ("a list", pickle.dumps([[]] * 100, 2)),
        ("much memory", PICKLE_SIGNATURE + b"]" + b"(2" * 40 + b"l" * 10 + b"."),
        ("a frame", b"\x80\x04\x95" + b"\xff" * 8 + b"."),
        ("a global", PICKLE_SIGNATURE + b"cos\nsystem\n(S'true'\ntR."),
        ("deep", PICKLE_SIGNATURE + b"(" * 10_000 + b"l" * 10_000 + b"."),
    )
    kind, new = rng.choice(choices)
    return new, f"pickle: {kind}"


def is_parquet(raw: bytes) -> bool:
    """Whether bytes are a Parquet file."""
    return raw.startswith(b"PAR1")


def change_parquet(raw: bytes, rng: random.Random) -> tuple[bytes, str]:
    """Write the table again with a column that is odd, missing or there twice."""
    import pyarrow as pa
    from pyarrow import parquet

    table = parquet.read_table(io.BytesIO(raw))
    place = rng.randrange(table.num_columns)
    name, column = table.column_names[place], table.column(place)
    rows = table.num_rows
    odd: dict[str, Callable[[], Any]] = {
        "remove": lambda: table.remove_column(place),
        "twice": lambda: table.append_column(name, column),
        "nulls": lambda: table.set_column(place, name, pa.nulls(rows, column.type)),
        "null type": lambda: table.set_column(place, name, pa.nulls(rows)),
        "texts": lambda: table.set_column(place, name, [[rng.choice(ODD_TEXTS)[:999]] * rows]),
        "floats": lambda: table.set_column(place, name, [[float("nan")] * rows]),
        "numbers": lambda: table.set_column(place, name, [[rng.choice((-1, 2**62, 9))] * rows]),
        "bytes": lambda: table.set_column(place, name, [[rng.randbytes(9)] * rows]),
        "structs": lambda: table.set_column(place, name, [[[{"a": [1]}]] * rows]),
        "times": lambda: table.set_column(place, name, [pa.array([0] * rows, pa.timestamp("s"))]),
        "lists": lambda: table.set_column(place, name, [[[[1, None], []]] * rows]),
        "fewer": lambda: table.slice(0, rng.randrange(rows + 1)),
        "more": lambda: pa.concat_tables([table] * 3),
        "rename": lambda: table.rename_columns(
            [
                rng.choice(ODD_TEXTS) if k == place else each
                for k, each in enumerate(table.column_names)
            ]
        ),
        "metadata": lambda: table.replace_schema_metadata(
            {"huggingface": odd_metadata(table.schema.metadata or {}, rng)}
        ),
    }
    kind = rng.choice([*odd])
    stream = io.BytesIO()
    parquet.write_table(odd[kind](), stream)
    return stream.getvalue(), f"Parquet: {kind} {name!a}"


def odd_metadata(metadata: dict[bytes, bytes], rng: random.Random) -> str:
    """Hugging Face's description of the columns, changed."""
    raw = metadata.get(b"huggingface", b'{"info": {"features": {}}}')
    return change_document(json.loads(raw), rng)[0].replace("\\ud800", "")


CHANGES: tuple[tuple[Callable[[bytes], bool], Structural], ...] = (
    (is_json, change_json),
    (is_json, change_json),
    (is_text, change_token),
    (is_text, change_lines),
    (is_safetensors, change_safetensors),
    (is_npy, change_npy),
    (is_pickle, change_pickle),
    (is_parquet, change_parquet),
)
"""What fits, and the change; a document is walked more often than taken as text."""
