"""The documents that the experiments and their programs are from."""

from typing import Literal, TypeAlias

from pydantic import BaseModel, ConfigDict

Letter = Literal["D0", "D1", "D2", "D3", "D4", "records"]
DOCUMENTS: dict[Letter, str] = {
    "D0": "MNIST with Keras",
    "D1": "NVIDIA 딥러닝 기초 3, 합성곱 신경망 (sign letters from CSV)",
    "D2": "모두의 딥러닝, Convolutional Neural Networks (lecture and labs)",
    "D3": "합성곱 신경망(CNN) 2021 (slides)",
    "D4": "NumPy 로 처음부터 (a network by hand)",
    "records": "the CIFAR-10 speed records",
}
"""Letter -> title, in the order in which experiments are listed."""


Text: TypeAlias = tuple[str, str]
"""The same in English and in Korean."""


class FrozenModel(BaseModel):
    """A validated, immutable model that refuses unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")
