"""How a process is asked: questions and answers over its stdin and stdout.

A question is a line of JSON on stdin: {"question": "rows", "values": {"selection": ...}}. An answer
is a line of JSON on stdout, {"type": "image/png", "size": 512}, and as many bytes behind it; or the
line {"error": "a sentence"}. It ends with its stdin, so it never outlives the studio.
"""

import json
import os
import sys
import traceback
from collections.abc import Callable
from typing import Any, BinaryIO

from noonbit.errors import NoonbitError

Answer = tuple[str, bytes]
"""A media type, and what is of it."""


def serve(questions: BinaryIO, answers: BinaryIO, answer: Callable[..., Answer]) -> None:
    """Answer every question, in the order in which they come."""
    for line in questions:
        asked = json.loads(line)
        content = b""
        try:
            media_type, content = answer(asked["question"], **asked["values"])
            header: dict[str, Any] = {"type": media_type, "size": len(content)}
        except NoonbitError as error:
            header = {"error": str(error)}
        except Exception as error:  # a bug, which must not leave the page without an answer
            traceback.print_exc()
            header = {"error": f"This is a bug of noonbit: {type(error).__name__}: {error}."}
        answers.write(json.dumps(header).encode() + b"\n" + content)
        answers.flush()


def answer_until_end(answer: Callable[..., Answer]) -> None:
    """Answer the questions of stdin, until it ends."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever else is printed is no answer
    serve(sys.stdin.buffer, answers, answer)
