"""The protocol for people: POST /v1/predict and GET /v1/model.

    curl -F file=@seven.png http://localhost:8000/v1/predict
    curl -H 'Content-Type: image/png' --data-binary @seven.png 'localhost:8000/v1/predict?top=3'
    curl --json '{"texts": ["a fine film"]}' http://localhost:8000/v1/predict

answers with a row for each input, in order:

    {"predictions": [{"name": "seven.png", "prediction": "7", "probability": 0.98,
                      "top": [{"class": "7", "probability": 0.98}], "adjusted": ["inverted"],
                      "unfamiliar": false},
                     {"name": "cut.png", "error": "cut.png is cut off after 30 bytes."}]}
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from noonbit.data.preprocess.contract import UNKNOWN
from noonbit.errors import InputRefused
from noonbit.evaluation.out_of_distribution import find_unknown
from noonbit.serve.familiarity import flag_unfamiliar
from noonbit.serve.inputs import describe_bodies, read_inputs
from noonbit.serve.json_answer import answer_message
from noonbit.serve.messages import (
    ClassProbability,
    Limits,
    ModelAnswer,
    ModelInput,
    PredictAnswer,
    Prediction,
    RefusedInput,
)
from noonbit.serve.preparation import Prepared
from noonbit.serve.refusal import RequestRefused
from noonbit.serve.request import Answer, Request, Route
from noonbit.serve.service import Service, stack_values


def routes(service: Service) -> list[Route]:
    """The routes of this protocol."""

    async def predict(request: Request, body: bytes) -> Answer:
        top = read_top(request)
        content_type = request.header(b"content-type") or ""
        inputs = await service.preparation.run(
            read_inputs, body, content_type, service.kind, service.settings
        )
        with service.batcher.reserve(len(inputs)):
            prepared = await service.preparation.prepare(inputs)
            rows = await answer_rows(service, prepared, top)
        status = 200 if any(isinstance(row, Prediction) for row in rows) else 422
        return answer_message(PredictAnswer(predictions=rows), status)

    async def model(request: Request) -> Answer:
        return answer_message(describe_model(service))

    return [
        Route("POST", "/v1/predict", service.bounded(predict)),
        Route("GET", "/v1/model", model),
    ]


def read_top(request: Request) -> int:
    """Return how many classes an answer names; raises `RequestRefused`."""
    query = request.query()
    unknown = [name for name, _ in query if name != "top"]
    if unknown:
        raise RequestRefused(400, f"There is no use for ?{unknown[0][:50]}; ?top=3 is all.")
    values = [value for _, value in query]
    if not values:
        return 1
    if len(values) > 1 or not (values[0].isdecimal() and len(values[0]) <= 9 and int(values[0])):
        raise RequestRefused(400, "?top is one whole number from 1, of the classes to name.")
    return int(values[0])


async def answer_rows(
    service: Service, prepared: Sequence[Prepared | InputRefused], top: int
) -> list[Prediction | RefusedInput]:
    """Answer prepared inputs: a row for each, in order."""
    metrics = service.metrics
    good = [each for each in prepared if isinstance(each, Prepared)]
    rows = []
    if good:
        answers = await service.batcher.answer(stack_values(good))
        unfamiliar = flag_unfamiliar(service.model.card.unfamiliar, good, answers.probabilities)
        metrics.unfamiliar.inc(unfamiliar.count(True))
        contract = service.model.contract
        class_names = contract.class_names
        rows = [
            describe_answer(
                one,
                probabilities,
                class_names,
                top=top,
                unfamiliar=flagged,
                unknown_below=contract.unknown_below,
            )
            for one, probabilities, flagged in zip(
                good, answers.probabilities, unfamiliar, strict=True
            )
        ]
    metrics.inputs.inc(len(good))
    metrics.refused.inc(len(prepared) - len(good))
    for one in good:
        for adjustment in one.adjusted:
            metrics.adjusted.labels(adjustment).inc()
    answered = iter(rows)
    return [
        next(answered)
        if isinstance(each, Prepared)
        else RefusedInput(name=each.name, error=str(each))
        for each in prepared
    ]


def describe_answer(
    one: Prepared,
    probabilities: NDArray[np.float32],
    class_names: Sequence[str],
    *,
    top: int,
    unfamiliar: bool | None,
    unknown_below: float | None,
) -> Prediction:
    """Return the row of an input with its probabilities (classes,)."""
    best = np.argsort(-probabilities, kind="stable")[:top]
    classes = [
        ClassProbability(class_name=class_names[index], probability=float(probabilities[index]))
        for index in best
    ]
    rows = {name: np.zeros(1, np.int64) for name in one.adjusted}
    unknown = find_unknown(unknown_below, probabilities[None], rows)
    return Prediction(
        name=one.name,
        prediction=UNKNOWN if unknown is not None and unknown[0] else classes[0].class_name,
        probability=classes[0].probability,
        top=classes,
        adjusted=list(one.adjusted),
        unfamiliar=unfamiliar,
    )


def describe_model(service: Service) -> ModelAnswer:
    """Return what is served, what it takes, and within which limits."""
    model, settings = service.model, service.settings
    preprocessor = model.contract.preprocessor
    return ModelAnswer(
        name=service.name,
        card=model.card,
        classes=list(model.contract.class_names),
        input=ModelInput(
            kind=preprocessor.input_kind,
            shape=list(preprocessor.shape),
            description=preprocessor.describe_in_full(),
            conversion=preprocessor.describe_conversion(),
            send=describe_bodies(preprocessor.input_kind),
            array_range=preprocessor.array_range,
        ),
        limits=Limits(
            inputs=settings.max_inputs,
            pending_inputs=settings.max_pending,
            body_bytes=settings.max_body_bytes,
            pixels=settings.max_pixels,
            seconds=settings.timeout_seconds,
        ),
    )
