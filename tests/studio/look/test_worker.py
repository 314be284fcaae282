"""Questions that come as lines, and answers of any bytes."""

import io
import json
from typing import Any

import pytest

from noonbit.errors import UsageError
from noonbit.studio.look.worker import Answer, serve


def answer(question: str, **values: Any) -> Answer:
    if question == "refuse":
        raise UsageError("That is not known here.")
    if question == "break":
        raise ZeroDivisionError("division by zero")
    return "image/png", f"{question} {values}\n".encode()


def ask(*questions: tuple[str, dict[str, Any]]) -> io.BytesIO:
    lines = [
        json.dumps({"question": name, "values": values}).encode() + b"\n"
        for name, values in questions
    ]
    answers = io.BytesIO()
    serve(io.BytesIO(b"".join(lines)), answers, answer)
    answers.seek(0)
    return answers


def test_an_answer_is_a_line_and_as_many_bytes_as_it_says() -> None:
    answers = ask(("picture", {"item": 3}), ("rows", {}))
    header = json.loads(answers.readline())
    assert header["type"] == "image/png"
    assert answers.read(header["size"]) == b"picture {'item': 3}\n"
    header = json.loads(answers.readline())
    assert answers.read(header["size"]) == b"rows {}\n"
    assert answers.read() == b""


def test_a_refusal_is_a_sentence_and_the_next_question_is_answered() -> None:
    answers = ask(("refuse", {}), ("rows", {}))
    assert json.loads(answers.readline()) == {"error": "That is not known here."}
    assert json.loads(answers.readline())["size"] == len(b"rows {}\n")


def test_a_bug_is_said_and_does_not_end_the_process(capsys: pytest.CaptureFixture[str]) -> None:
    answers = ask(("break", {}), ("rows", {}))
    assert "ZeroDivisionError" in json.loads(answers.readline())["error"]
    assert "size" in json.loads(answers.readline())
    assert "Traceback" in capsys.readouterr().err
