"""The process that holds one run and answers questions about it, until nobody asks any more.

    python -m noonbit.studio.look.worker RUN [DATA_DIR]

A question is a line of JSON on stdin: {"question": "rows", "values": {"selection": ...}}. An answer
is a line of JSON on stdout, {"type": "image/png", "size": 512}, and as many bytes behind it; or the
line {"error": "a sentence"}. It ends with its stdin, so it never outlives the studio.
"""

import json
import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
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


def main() -> None:
    """Hold the run that the command line names."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever is printed goes elsewhere
    from noonbit.studio.look.inspector import Inspector

    path, *data_dir = map(Path, sys.argv[1:])
    inspector = Inspector(path, data_dir=data_dir[0] if data_dir else None)
    serve(sys.stdin.buffer, answers, inspector.answer)


if __name__ == "__main__":
    main()
