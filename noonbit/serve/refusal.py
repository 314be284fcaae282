"""Answers to requests that are not answered: a status and one sentence as JSON."""

import json
from collections.abc import Mapping

from noonbit.serve.request import NO_HEADERS, Answer
from noonbit.terminal import escape_controls

CLIENT_LEFT = 499
"""For the log alone: nobody reads this answer. The number is nginx's."""


class RequestRefused(Exception):
    """A request that is answered with a status and a sentence: what came, what is allowed."""

    def __init__(self, status: int, sentence: str, headers: Mapping[str, str] = NO_HEADERS) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence
        self.headers = headers

    def answer(self) -> Answer:
        """`{"error": sentence}`, in which what a client sent steers no terminal."""
        content = {"error": escape_controls(self.sentence)}
        return Answer(json.dumps(content).encode(), self.status, headers=self.headers)


class Busy(RequestRefused):
    """More waits than is allowed; the client may come back after some seconds."""

    def __init__(self, sentence: str, retry_seconds: int) -> None:
        super().__init__(503, sentence, {"Retry-After": str(retry_seconds)})


def bug_answer() -> Answer:
    """Return the answer after a bug of ours, of which the log says more."""
    sentence = "This is a bug in noonbit; its server's log has the details."
    return RequestRefused(500, sentence).answer()
