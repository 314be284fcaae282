"""What `/v1` answers, as types: the server writes them, the client reads them, and the OpenAPI
document is made of them.
"""

from pydantic import BaseModel, ConfigDict, Field

from noonbit.export.model_card import ModelCard


class Message(BaseModel):
    """An answer of the server; a client passes over what a later server adds.

    Its fields are described by `Field`: to find attribute docstrings, pydantic has `inspect` look
    through every module there is, at every start of a server.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")


class ClassProbability(Message):
    """A class and its probability."""

    model_config = ConfigDict(validate_by_name=True)

    class_name: str = Field(validation_alias="class", serialization_alias="class")
    probability: float


class Prediction(Message):
    """The answer to one input."""

    name: str = Field(description="Its file's name, or `input 0`.")
    prediction: str = Field(description="The most probable class.")
    probability: float
    top: list[ClassProbability] = Field(
        description="As many classes as were asked for, the most probable first."
    )
    adjusted: list[str] = Field(
        description="What was changed to make it fit, such as `resized` or `inverted`."
    )
    unfamiliar: bool | None = Field(
        description="Whether it is unlike what the network was trained on; null where that was not "
        "measured."
    )


class RefusedInput(Message):
    """Why one input of a request was left out."""

    name: str
    error: str


class PredictAnswer(Message):
    """The answers to the inputs of a request, in their order."""

    predictions: list[Prediction | RefusedInput]


class ModelInput(Message):
    """What a model takes."""

    kind: str = Field(description="`pictures`, `sentences` or `boards`.")
    shape: list[int] = Field(description="Of the values of one input, as the network takes them.")
    description: str
    conversion: str = Field(description="What is done to other inputs.")
    send: str = Field(description="The bodies that /v1/predict takes.")
    array_range: tuple[float, float] | None = Field(
        description="The numbers of an array that stand for black and white; null without such a "
        "scale."
    )


class Limits(Message):
    """What the server takes of one request, and of all."""

    inputs: int
    pending_inputs: int
    body_bytes: int
    pixels: int
    seconds: float


class ModelAnswer(Message):
    """What is served, what it takes, and within which limits."""

    name: str
    card: ModelCard
    classes: list[str]
    input: ModelInput
    limits: Limits


class ErrorAnswer(Message):
    """Why a request was refused, in one sentence."""

    error: str


class AliveAnswer(Message):
    """That the server is alive."""

    alive: bool
