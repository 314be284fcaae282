"""Let one worker answer the inputs of all requests, many at once.

    batcher = Batcher(model.answer, max_batch=64, max_pending=1024)
    with batcher.reserve(3):                                        Busy if there is no room
        answers = await batcher.answer(values)                      of values (3, *shape)

Inputs are counted, not requests: a request of 300 inputs takes several batches, and ten of one
input share one. The worker takes what waits as soon as it is free; since a batch then holds what
came while the one before was computed, waiting for more on purpose would only add to the time.

A batch has one of a few sizes, the powers of two up to the largest: 7 inputs are answered as 4, 2
and 1. Networks whose batches have many different sizes keep memory for each of them
(onnxruntime#22271), and padding would compute what nobody asked.
"""

import asyncio
import math
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from time import perf_counter
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from noonbit.errors import plural
from noonbit.serve.refusal import Busy

LONGEST_RETRY_SECONDS = 60
SMOOTHING = 0.1
"""The weight of the newest batch in the mean time that an input takes."""


class Outputs(Protocol):
    """What a network answers."""

    @property
    def logits(self) -> NDArray[np.float32]:
        """(N, classes), float32."""

    @property
    def probabilities(self) -> NDArray[np.float32]:
        """(N, classes), float32."""


class Answers(NamedTuple):
    """The answers to the inputs of one request, in order."""

    logits: NDArray[np.float32]
    """(N, classes)."""
    probabilities: NDArray[np.float32]
    """(N, classes)."""


class Waiting:
    """The inputs of one request, part of which may be answered already."""

    def __init__(self, values: NDArray[Any], done: asyncio.Future[Answers]) -> None:
        self.values = values
        self.taken = 0
        """Rows that went into a batch."""
        self.pieces: list[Answers] = []
        """The answers so far, in order, since batches are answered one after the other."""
        self.done = done

    @property
    def left(self) -> int:
        """Rows that are in no batch yet."""
        return len(self.values) - self.taken

    def take(self, most: int) -> NDArray[Any]:
        """Take up to so many of the rows that are left."""
        rows = self.values[self.taken : self.taken + most]
        self.taken += len(rows)
        return rows

    def receive(self, piece: Answers) -> None:
        """Add the answers of a batch, the last of which completes the request."""
        self.pieces.append(piece)
        if sum(len(each.logits) for each in self.pieces) == len(self.values):
            columns = zip(*self.pieces, strict=True)
            whole = (
                self.pieces[0] if len(self.pieces) == 1 else Answers(*map(np.concatenate, columns))
            )
            if not self.done.done():
                self.done.set_result(whole)


class Batch(NamedTuple):
    """What is answered at once: rows of some requests."""

    rows: list[NDArray[Any]]
    requests: list[Waiting]


class Batcher:
    """The queue in front of the one worker that answers."""

    def __init__(
        self,
        answer: Callable[[NDArray[Any]], Outputs],
        *,
        max_batch: int,
        max_pending: int,
        on_batch: Callable[[int], None] = lambda size: None,
    ) -> None:
        """`answer` is called in a thread with (N, *shape), N one of `sizes`.

        `on_batch` is called with the size of each batch that was answered.
        """
        self.sizes = batch_sizes(max_batch)
        """The sizes of batches, the largest first."""
        self.pending = 0
        """Inputs of requests that hold a place, waiting or being answered."""
        self._answer = answer
        self._max_pending = max_pending
        self._on_batch = on_batch
        self._queue: deque[Waiting] = deque()
        self._has_work = asyncio.Event()
        self._seconds_per_input = 0.0

    @property
    def waiting(self) -> int:
        """Inputs that are in no batch yet."""
        return sum(request.left for request in self._queue)

    @contextmanager
    def reserve(self, count: int) -> Iterator[None]:
        """Hold places for the inputs of a request; raises `Busy` if there are too few."""
        if self.pending + count > self._max_pending:
            raise Busy(
                f"{plural(self.pending, 'input')} of other requests "
                f"{'is' if self.pending == 1 else 'are'} being answered, and {count:,} more are "
                f"too many for {self._max_pending:,} places; come back later.",
                self._retry_seconds(),
            )
        self.pending += count
        try:
            yield
        finally:
            self.pending -= count

    async def answer(self, values: NDArray[Any]) -> Answers:
        """Answer values (N, *shape), N at least 1; raises what the network raised.

        Whoever is cancelled while it waits leaves the queue, so nothing is computed for it.
        """
        request = Waiting(values, asyncio.get_running_loop().create_future())
        self._queue.append(request)
        self._has_work.set()
        try:
            return await request.done
        finally:
            self._remove(request)

    async def work(self) -> None:
        """Answer what comes, one batch after the other, until this is cancelled."""
        loop = asyncio.get_running_loop()
        with ThreadPoolExecutor(1, thread_name_prefix="noonbit-network") as thread:
            while True:
                await self._has_work.wait()
                batch = self._take()
                if not batch.requests:
                    self._has_work.clear()
                    continue
                try:
                    answers = await loop.run_in_executor(thread, self._compute, batch.rows)
                except Exception as error:  # of this batch alone: the next one may be all right
                    self._fail(batch, error)
                    continue
                self._on_batch(len(answers.logits))
                first = 0
                for rows, request in zip(*batch, strict=True):
                    request.receive(Answers(*(each[first : first + len(rows)] for each in answers)))
                    first += len(rows)

    def warm_up(self, values: NDArray[Any]) -> None:
        """Answer a batch of every size, made of one input (1, *shape), so that none is slow."""
        for size in self.sizes:
            self._compute([np.repeat(values, size, axis=0)])

    def _compute(self, rows: list[NDArray[Any]]) -> Answers:
        """Answer rows of several requests at once; runs in the worker's thread."""
        values = rows[0] if len(rows) == 1 else np.concatenate(rows)
        began = perf_counter()
        outputs = self._answer(values)
        each = (perf_counter() - began) / len(values)
        self._seconds_per_input += SMOOTHING * (each - self._seconds_per_input)
        return Answers(outputs.logits, outputs.probabilities)

    def _take(self) -> Batch:
        """Take the largest batch that what waits fills; an empty one if nothing waits."""
        waiting = self.waiting
        room = next((size for size in self.sizes if size <= waiting), 0)
        batch = Batch([], [])
        while room:
            request = self._queue[0]
            rows = request.take(room)
            batch.rows.append(rows)
            batch.requests.append(request)
            room -= len(rows)
            if not request.left:
                self._queue.popleft()
        return batch

    def _fail(self, batch: Batch, error: Exception) -> None:
        for request in batch.requests:
            self._remove(request)
            if not request.done.done():
                request.done.set_exception(error)

    def _remove(self, request: Waiting) -> None:
        if request.left and request in self._queue:
            self._queue.remove(request)

    def _retry_seconds(self) -> int:
        """Return after how many whole seconds what is pending should be answered."""
        seconds = math.ceil(self.pending * self._seconds_per_input)
        return min(LONGEST_RETRY_SECONDS, max(1, seconds))


def batch_sizes(largest: int) -> tuple[int, ...]:
    """Return `largest` and the powers of two below it, the largest first: 6 -> (6, 4, 2, 1)."""
    powers = [2**exponent for exponent in reversed(range(largest.bit_length()))]
    return tuple(sorted({largest, *powers}, reverse=True))
