"""One model being served: what the routes of every protocol share.

service.bounded(handle)           an endpoint of a POST: handle(request, body) within the limits
service.preparation.prepare(...)  inputs -> what the network takes
service.batcher.reserve(n)        places for n inputs
service.batcher.answer(values)    their logits and probabilities
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from noonbit.serve.batching import Batcher
from noonbit.serve.body import BodyReader, HeldBody
from noonbit.serve.ending import ClientLeft, TimeOver, may_end_early
from noonbit.serve.inputs import require_served
from noonbit.serve.metrics import Metrics
from noonbit.serve.preparation import Preparation, Prepared
from noonbit.serve.refusal import CLIENT_LEFT, Busy, RequestRefused
from noonbit.serve.request import Answer, Endpoint, Request
from noonbit.serve.settings import ServeSettings
from noonbit.system.hardware import usable_cpus

if TYPE_CHECKING:
    from noonbit.export.onnx_model import OnnxModel

RETRY_SECONDS = 1
Handler = Callable[[Request, bytes], Awaitable[Answer]]
"""Answers a request whose body was read."""


class Service:
    """A model with the queue, the threads and the counters around it."""

    def __init__(self, model: "OnnxModel", settings: ServeSettings) -> None:
        """Raises `UsageError` for a model whose inputs no request can hold."""
        preprocessor = model.contract.preprocessor
        require_served(preprocessor.input_kind)
        self.model = model
        self.settings = settings
        self.bodies = BodyReader(settings)
        self.preparation = Preparation(preprocessor, threads=usable_cpus())
        self.batcher = Batcher(
            model.answer_batch,
            max_batch=settings.max_batch,
            max_pending=settings.max_pending,
            on_batch=lambda size: self.metrics.batch_inputs.observe(size),
        )
        self.metrics = Metrics(batch_sizes=self.batcher.sizes)
        self.metrics.watch_queue(lambda: self.batcher.waiting, lambda: self.batcher.pending)
        self.is_ready = False
        """Whether requests are answered: the network is warmed up, and nobody said stop."""
        self.given_up = 0
        """Requests that were taken and had no answer when the server stopped."""

    @property
    def name(self) -> str:
        """The name of the model: that of its run."""
        return self.model.card.run

    @property
    def kind(self) -> str:
        """The kind of input: `pictures`, `sentences` or `boards`."""
        return self.model.contract.preprocessor.input_kind

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Warm up, and answer what comes as long as the block lasts."""
        preprocessor = self.model.contract.preprocessor
        blank = np.zeros((1, *preprocessor.shape), preprocessor.dtype)
        await self.preparation.run(self.batcher.warm_up, blank)
        worker = asyncio.create_task(self.batcher.work(), name="noonbit-batches")
        worker.add_done_callback(lambda _: self.stop())
        self.is_ready = True
        try:
            yield
        finally:
            self.is_ready = False
            worker.cancel()
            await asyncio.wait((worker,))
            self.preparation.close()

    def stop(self) -> None:
        """Take note that nothing new is to be taken."""
        self.is_ready = False

    def bounded(self, handle: Handler, *, may_be_compressed: bool = False) -> Endpoint:
        """Return an endpoint that reads the body and calls `handle`, within the limits.

        It raises `RequestRefused` for a body that is too large or too slow, and for an answer that
        takes too long. Whatever `handle` waits for is cancelled then, and when the client leaves.
        """

        async def endpoint(request: Request) -> Answer:
            seconds = self.settings.timeout_seconds
            has_body = False
            try:
                with HeldBody(self.bodies) as held, may_end_early(request, seconds):
                    body = await held.read(request, may_be_compressed=may_be_compressed)
                    has_body = True
                    return await handle(request, body)
            except ClientLeft:
                return Answer(b"", CLIENT_LEFT)
            except TimeOver:
                raise too_slow(seconds, has_body=has_body) from None
            except asyncio.CancelledError:  # the server stops, and waits no longer
                self.given_up += 1
                raise Busy(
                    "This server stopped before it had an answer; ask again.", RETRY_SECONDS
                ) from None

        return endpoint


def too_slow(seconds: float, *, has_body: bool) -> RequestRefused:
    """Return the refusal of a request whose body, or else whose answer, took too long."""
    if has_body:
        return RequestRefused(
            504,
            f"There is no answer within {seconds:g} seconds; send less at once, or come back "
            "later.",
        )
    return RequestRefused(
        408, f"The body did not arrive within {seconds:g} seconds; send less at once."
    )


def stack_values(prepared: Sequence[Prepared]) -> NDArray[Any]:
    """Return the values of some inputs, at least one, as one array (N, *shape)."""
    return np.stack([each.values for each in prepared])
