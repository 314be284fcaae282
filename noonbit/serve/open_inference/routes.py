"""The Open Inference Protocol at `/v2`, with the same limits, queue and batches as all else.

A request is answered as a whole: one picture that cannot be decoded refuses it. What the network
takes is framed and inverted as `Run.predict` does with an array, so both answer alike.
"""

from importlib.metadata import version
from typing import Any

import numpy as np
from numpy.typing import NDArray

from noonbit.data.preprocess.images import ImagePreprocessor
from noonbit.errors import InputRefused
from noonbit.serve.inputs import FORMS, Input, make_input
from noonbit.serve.json_answer import answer_message
from noonbit.serve.open_inference.infer_request import RawInputs, Values, read_request
from noonbit.serve.open_inference.infer_response import write_response
from noonbit.serve.open_inference.messages import (
    ModelReady,
    ServerLive,
    ServerMetadata,
    ServerReady,
)
from noonbit.serve.open_inference.signature import VERSION, Signature
from noonbit.serve.preparation import Prepared
from noonbit.serve.probes import RETRY_SECONDS
from noonbit.serve.refusal import RequestRefused
from noonbit.serve.request import Answer, Request, Route
from noonbit.serve.service import Service, stack_values

EXTENSIONS = ["binary_tensor_data", "classification"]
HEADER_LENGTH = "Inference-Header-Content-Length"
HEADER_LENGTH_KEY = HEADER_LENGTH.lower().encode()
READ_AT_ONCE = 65_536
"""Bytes of JSON that are parsed in the event loop, within a millisecond; a thread parses more."""
MODEL_PATHS = ("/v2/models/{model}", f"/v2/models/{{model}}/versions/{VERSION}")


def routes(service: Service) -> list[Route]:
    """The routes of this protocol."""
    signature = Signature.of(service.name, service.model.contract)

    async def live(request: Request) -> Answer:
        return answer_message(ServerLive(live=True))

    async def ready(request: Request) -> Answer:
        return answer_ready(ServerReady(ready=service.is_ready))

    async def server(request: Request) -> Answer:
        return answer_message(
            ServerMetadata(name="noonbit", version=version("noonbit"), extensions=EXTENSIONS)
        )

    async def model(request: Request) -> Answer:
        return answer_message(signature.metadata())

    async def model_ready(request: Request) -> Answer:
        return answer_ready(ModelReady(name=signature.model_name, ready=service.is_ready))

    async def infer(request: Request, body: bytes) -> Answer:
        return await answer_inference(service, signature, request, body)

    bounded = service.bounded(infer, may_be_compressed=True)
    found = [
        Route("GET", "/v2", server),
        Route("GET", "/v2/health/live", live),
        Route("GET", "/v2/health/ready", ready),
    ]
    for label in MODEL_PATHS:
        path = label.format(model=signature.model_name)
        found += [
            Route("GET", path, model, label),
            Route("GET", f"{path}/ready", model_ready, f"{label}/ready"),
            Route("POST", f"{path}/infer", bounded, f"{label}/infer"),
        ]
    return found


def answer_ready(message: ServerReady | ModelReady) -> Answer:
    """Return 200 if requests are answered, else 503."""
    if message.ready:
        return answer_message(message)
    return answer_message(message, 503, {"Retry-After": str(RETRY_SECONDS)})


def require_model(path: str, name: str) -> None:
    """Raise `RequestRefused` for a path of another model than `name`, the one that is served."""
    asked = path.removeprefix("/v2/models/").partition("/")[0]
    if path.startswith("/v2/models/") and asked not in ("", name):
        raise RequestRefused(404, f"There is no model '{asked[:100]}'; this server has '{name}'.")


async def answer_inference(
    service: Service, signature: Signature, request: Request, body: bytes
) -> Answer:
    """Answer a question; raises `RequestRefused`."""
    header_length = request.header(HEADER_LENGTH_KEY)
    if header_length is None and len(body) > READ_AT_ONCE:
        question, given = await service.preparation.run(
            read_request, body, header_length, signature
        )
    else:
        question, given = read_request(body, header_length, signature)
    most = service.settings.max_inputs
    if len(given) > most:
        raise RequestRefused(
            413, f"The request holds {len(given):,} inputs; send at most {most:,} at once."
        )
    with service.batcher.reserve(len(given)):
        if isinstance(given, Values):
            values = await frame(service, given.array)
        else:
            values = await prepare(service, given)
        answers = await service.batcher.answer(values)
    service.metrics.inputs.inc(len(given))
    written = write_response(question, answers.probabilities, answers.logits, signature)
    if written.header_length is None:
        return Answer(written.body)
    return Answer(
        written.body,
        media_type="application/octet-stream",
        headers={HEADER_LENGTH: str(written.header_length)},
    )


async def frame(service: Service, values: NDArray[Any]) -> NDArray[Any]:
    """Return values as the contract frames them.

    The network inverts by itself, so this has work only where training images were strokes that
    were centred and scaled.
    """
    preprocessor = service.model.contract.preprocessor
    if isinstance(preprocessor, ImagePreprocessor) and preprocessor.strokes is not None:
        transformed = await service.preparation.run(preprocessor.transform, values)
        return np.asarray(transformed.values)
    return values


async def prepare(service: Service, given: RawInputs) -> NDArray[Any]:
    """Return raw inputs as what the network takes; raises `RequestRefused` if one cannot be."""
    read = FORMS[service.kind].file
    inputs: list[Input] = [
        make_input(read, element, service.settings, f"input {number}")
        for number, element in enumerate(given.elements)
    ]
    prepared = await service.preparation.prepare(inputs)
    refused = [each for each in prepared if isinstance(each, InputRefused)]
    if refused:
        service.metrics.refused.inc(len(refused))
        others = f" So are {len(refused) - 1:,} others." if len(refused) > 1 else ""
        raise RequestRefused(422, f"{refused[0]}{others}")
    good = [each for each in prepared if isinstance(each, Prepared)]
    for one in good:
        for adjustment in one.adjusted:
            service.metrics.adjusted.labels(adjustment).inc()
    return stack_values(good)
