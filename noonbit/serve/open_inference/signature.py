"""The inputs and outputs of the served model, by the names of the Open Inference Protocol.

Two inputs stand for each other, and a request gives one of them: what the network takes, in one
tensor, or raw inputs as elements of the type BYTES, which the contract brings to that.
"""

from dataclasses import dataclass

from noonbit.data.preprocess.contract import Contract
from noonbit.serve.open_inference.messages import Datatype, ModelMetadata, TensorMetadata
from noonbit.system.files import escape_surrogates

VERSION = "1"
"""Of the one model; `/versions/1` may be named, and no other."""
PLATFORM = "onnxruntime_onnx"
"""The model's framework, by Triton's name."""


@dataclass(frozen=True, slots=True)
class Signature:
    """The inputs and outputs of the served model."""

    model_name: str
    values: TensorMetadata
    """What the network takes."""
    raw: TensorMetadata
    """The raw inputs, which the contract prepares."""
    class_names: tuple[str, ...]
    word_numbers: int
    """Numbers of words that the network knows; 0 of kinds without words."""

    @classmethod
    def of(cls, model_name: str, contract: Contract) -> "Signature":
        """Derive it from the contract."""
        preprocessor = contract.preprocessor
        shape = [-1, *preprocessor.shape]
        values, raw = {
            "pictures": (("images", "UINT8"), "image_bytes"),
            "sentences": (("tokens", "INT64"), "text"),
            "boards": (("planes", "UINT8"), "game"),
        }[preprocessor.input_kind]
        return cls(
            model_name,
            TensorMetadata.model_validate(
                {"name": values[0], "datatype": values[1], "shape": shape}
            ),
            TensorMetadata(name=raw, datatype="BYTES", shape=[-1]),
            tuple(map(escape_surrogates, contract.class_names)),
            preprocessor.channels if preprocessor.of_words else 0,
        )

    @property
    def inputs(self) -> list[TensorMetadata]:
        """The inputs, of which a request gives one."""
        return [self.values, self.raw]

    @property
    def output_names(self) -> list[str]:
        """The names of the outputs."""
        return ["probabilities", "logits", "class"]

    @property
    def outputs(self) -> list[TensorMetadata]:
        """The outputs: a row of classes for each item, and the name of its most probable one."""
        classes = len(self.class_names)
        kinds: list[tuple[Datatype, list[int]]]
        kinds = [("FP32", [-1, classes]), ("FP32", [-1, classes]), ("BYTES", [-1])]
        return [
            TensorMetadata(name=name, datatype=datatype, shape=shape)
            for name, (datatype, shape) in zip(self.output_names, kinds, strict=True)
        ]

    def metadata(self) -> ModelMetadata:
        """Return what `/v2/models/NAME` answers."""
        return ModelMetadata(
            name=self.model_name,
            versions=[VERSION],
            platform=PLATFORM,
            inputs=self.inputs,
            outputs=self.outputs,
        )
