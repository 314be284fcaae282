"""Bring the inputs of requests to what the network takes, in threads beside the event loop.

Decoding is most of the work of a small network's server, and Pillow does it outside the
interpreter's lock. There are as many threads as processors, so a request of many pictures waits
for itself and not for memory.
"""

import asyncio
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any, TypeVar

from numpy.typing import NDArray

from noonbit.data.dataset import Picture
from noonbit.data.preprocess.base import Adjustment, Preprocessor
from noonbit.errors import InputRefused, refuse_as
from noonbit.serve.inputs import Input

Result = TypeVar("Result")

INPUTS_PER_TASK = 8
"""Inputs that a thread prepares before it takes another task; handing one over takes 0.1 ms."""
LARGE_PIXELS = 8_000_000
"""Pictures of more pixels are decoded one at a time, since each takes some 10 bytes a pixel."""


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """An input that the network takes."""

    name: str
    values: NDArray[Any]
    """Of the preprocessor's shape."""
    adjusted: tuple[Adjustment, ...]
    """What was done to make it fit, such as `resized`."""


class Preparation:
    """The threads that prepare inputs."""

    def __init__(self, preprocessor: Preprocessor, *, threads: int) -> None:
        self._preprocessor = preprocessor
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="noonbit-prepare")
        self._large = threading.Lock()

    async def run(self, function: Callable[..., Result], *arguments: Any) -> Result:
        """Call a function in one of the threads; what is cancelled before it began never runs."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, function, *arguments)

    async def prepare(self, inputs: Sequence[Input]) -> list[Prepared | InputRefused]:
        """Prepare inputs, in order; one that cannot be used is the reason why."""
        given_up = threading.Event()
        tasks = [
            self.run(self._prepare_some, inputs[first : first + INPUTS_PER_TASK], given_up)
            for first in range(0, len(inputs), INPUTS_PER_TASK)
        ]
        try:
            done = await asyncio.gather(*tasks)
        finally:
            given_up.set()
        return [each for some in done for each in some]

    def close(self) -> None:
        """End the threads, without waiting for what nobody waits for any more."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _prepare_some(
        self, inputs: Sequence[Input], given_up: threading.Event
    ) -> list[Prepared | InputRefused]:
        """Prepare inputs one by one, until the request is given up."""
        done: list[Prepared | InputRefused] = []
        for one in inputs:
            if given_up.is_set():
                break
            try:
                done.append(self._prepare_one(one))
            except InputRefused as refusal:
                done.append(refusal)
        return done

    def _prepare_one(self, one: Input) -> Prepared:
        """Prepare an input; raises `InputRefused`, whatever it makes a library raise."""
        with refuse_as(one.name, "cannot be used"):
            raw = one.read()
            is_large = isinstance(raw, Picture) and raw.width * raw.height > LARGE_PIXELS
            with self._large if is_large else nullcontext():
                values, adjusted = self._preprocessor.transform_one(raw, name=one.name)
        return Prepared(one.name, values, tuple(adjusted))
