"""Ask a server of noonbit: the answers are those of the run that it serves.

    with RemoteModel.open("http://127.0.0.1:8000", key) as model:
        model.predict(["photos/", "more.zip"])

Sources are read here by noonbit's own readers, and their contents sent in batches; no path is. All
preparation is the server's.
"""

import io
import json
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydantic import BaseModel, ValidationError

from noonbit.config.read_options import ReadOptions
from noonbit.data import open_inputs
from noonbit.data.dataset import BadItem, Part, Picture, input_kind_of
from noonbit.data.preprocess.base import Preprocessor
from noonbit.data.preprocess.pixels import picture_axes
from noonbit.data.preprocess.registry import INPUT_KINDS
from noonbit.errors import ArtefactError, InputRefused
from noonbit.evaluation.inference import Predictions, concatenate_predictions, make_text_part
from noonbit.serve.connection import Address, ServerConnection
from noonbit.serve.messages import ModelAnswer, PredictAnswer, Prediction

MOST_INPUTS, MOST_BYTES = 64, 8 * 2**20
"""Of a request, whatever more the server would take: others want to be answered too."""
SPARE_BYTES = 65_536
"""Of a body, for what stands between the inputs."""

Answer = TypeVar("Answer", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class RemoteModel:
    """A model behind a connection."""

    connection: ServerConnection
    description: ModelAnswer
    preprocessor: type[Preprocessor]
    """Of its kind of input."""

    @classmethod
    @contextmanager
    def open(cls, url: str, key: str | None) -> Iterator["RemoteModel"]:
        """Connect, and ask what is served there.

        Raises `UsageError` for what is no URL and for a wrong key, `ArtefactError` where no server
        of noonbit answers.
        """
        connection = ServerConnection(Address.parse(url), key)
        try:
            description = read_answer(ModelAnswer, connection.ask("GET", "/v1/model"), url)
            if description.input.kind not in INPUT_KINDS:
                raise ArtefactError(
                    f"{url} takes {description.input.kind[:50]}, which this version does not know. "
                    "Update noonbit."
                )
            yield cls(connection, description, INPUT_KINDS[description.input.kind])
        finally:
            connection.close()

    def predict(
        self,
        sources: Sequence[str],
        *,
        texts: Sequence[str] = (),
        options: ReadOptions = ReadOptions(),  # noqa: B008 - frozen
    ) -> Predictions:
        """Predict sentences, and every input at some paths; raises as `Run.predict`."""
        each = [self.predict_part(make_text_part(texts))] if texts else []
        for source in sources:
            inputs = open_inputs(
                source,
                value_range=self.description.input.array_range,
                on_bad="skip",
                options=options,
            )
            predictions = self.predict_part(inputs.part)
            each.append(
                replace(
                    predictions,
                    bad=(*inputs.bad, *predictions.bad),
                    ids=inputs.ids,
                    id_column=inputs.id_column,
                )
            )
        return concatenate_predictions(each)

    def predict_part(self, part: Part) -> Predictions:
        """Predict every input of a part; those that are refused are listed in `bad`.

        Raises `InputRefused` for another kind of input than the model's.
        """
        kind = input_kind_of(part.raw)
        if kind != self.description.input.kind:
            raise InputRefused(
                part.names[0] if len(part) else "the source",
                f"is {INPUT_KINDS[kind].one_of_them}, but this server takes "
                f"{self.description.input.kind}",
            )
        bad: dict[int, BadItem] = {}
        answers: dict[int, Prediction] = {}
        for batch in self._batches(part, bad):
            for index, row in zip(batch, self._ask(kind, list(batch.values())), strict=True):
                if isinstance(row, Prediction):
                    answers[index] = row
                else:
                    reason = row.error.removeprefix(f"{row.name} ").removesuffix(".")
                    bad[index] = BadItem(part.names[index], reason)
        return self._collect(part, answers, bad)

    def _batches(self, part: Part, bad: dict[int, BadItem]) -> Iterator[dict[int, bytes]]:
        """Yield the inputs of a part as what is sent, by position; what cannot be goes to `bad`."""
        limits = self.description.limits
        most_bytes = limits.body_bytes - SPARE_BYTES
        batch: dict[int, bytes] = {}
        size = 0
        for index in range(len(part)):
            try:
                content = encode_input(part.raw[index], self.description.input.kind)
            except InputRefused as refusal:
                bad[index] = BadItem(part.names[index], refusal.reason)
                continue
            if len(content) > most_bytes:
                bad[index] = BadItem(
                    part.names[index],
                    f"has {len(content):,} bytes; the server takes up to {most_bytes:,}",
                )
                continue
            is_full = len(batch) == min(MOST_INPUTS, limits.inputs)
            if batch and (is_full or size + len(content) > min(MOST_BYTES, most_bytes)):
                yield batch
                batch, size = {}, 0
            batch[index] = content
            size += len(content)
        if batch:
            yield batch

    def _ask(self, kind: str, contents: Sequence[bytes]) -> Sequence[Any]:
        """Return the server's row for each input; raises `NoonbitError`."""
        classes = len(self.description.classes)
        body, content_type = join_inputs(kind, contents)
        answer = self.connection.ask("POST", f"/v1/predict?top={classes}", body, content_type)
        rows = read_answer(PredictAnswer, answer, self.connection.address.url).predictions
        if len(rows) != len(contents):
            raise ArtefactError(
                f"{self.connection.address.url} answers {len(rows):,} of {len(contents):,} inputs."
            )
        return rows

    def _collect(
        self, part: Part, answers: dict[int, Prediction], bad: dict[int, BadItem]
    ) -> Predictions:
        """Put the rows of a part together."""
        columns = {name: column for column, name in enumerate(self.description.classes)}
        probabilities = np.zeros((len(answers), len(columns)), np.float32)
        adjusted: dict[str, list[int]] = {}
        for row, answer in enumerate(answers.values()):
            for each in answer.top:
                if each.class_name not in columns:
                    raise ArtefactError(
                        f"{self.connection.address.url} answers with the class "
                        f"'{each.class_name[:100]}', which it does not list."
                    )
                probabilities[row, columns[each.class_name]] = each.probability
            for adjustment in answer.adjusted:
                if adjustment in self.preprocessor.adjustments:
                    adjusted.setdefault(adjustment, []).append(row)
        return Predictions(
            tuple(part.names[index] for index in answers),
            probabilities,
            tuple(self.description.classes),
            {name: np.array(adjusted[name], np.int64) for name in sorted(adjusted)},
            tuple(bad[index] for index in sorted(bad)),
        )


def read_answer(kind: type[Answer], content: bytes, url: str) -> Answer:
    """Read a message of the server; raises `ArtefactError` for what is none."""
    try:
        return kind.model_validate_json(content)
    except ValidationError:
        raise ArtefactError(
            f"What answers at {url} is no server of noonbit, or of another version."
        ) from None


def encode_input(raw: Any, kind: str) -> bytes:
    """Return one raw input as it is sent: a picture's file, or a sentence or planes in JSON.

    Raises `InputRefused` for a file that cannot be read.
    """
    if isinstance(raw, Picture):
        return raw.read()
    if kind == "pictures":
        return encode_png(raw)
    return json.dumps(raw if isinstance(raw, str) else raw.tolist()).encode()


def encode_png(pixels: NDArray[np.uint8]) -> bytes:
    """Return pixels (C, H, W), C 1 or 3, as a PNG, which keeps every bit."""
    stream = io.BytesIO()
    Image.fromarray(picture_axes(pixels)).save(stream, "PNG", compress_level=1)
    return stream.getvalue()


def join_inputs(kind: str, contents: Sequence[bytes]) -> tuple[bytes, str]:
    """Return the body of a request about some inputs, and its Content-Type."""
    if kind != "pictures":
        key = {"sentences": b"texts", "boards": b"planes"}[kind]
        return b'{"%s": [%s]}' % (key, b", ".join(contents)), "application/json"
    boundary = secrets.token_hex(16)
    parts = [
        b'--%s\r\nContent-Disposition: form-data; name="file"; filename="%d"\r\n\r\n%s\r\n'
        % (boundary.encode(), number, content)
        for number, content in enumerate(contents)
    ]
    body = b"".join([*parts, b"--%s--\r\n" % boundary.encode()])
    return body, f"multipart/form-data; boundary={boundary}"
