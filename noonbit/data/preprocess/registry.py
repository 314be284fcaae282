"""The kinds of input, by name.

    INPUT_KINDS["pictures"]                    ImagePreprocessor
    fit_preprocessor(data, recipe)             the preprocessor that suits the data, and the reasons

A further kind is a class derived from `Preprocessor`, and one line in `INPUT_KINDS`; from outside
the package, `register_input_kind(YourPreprocessor)`.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

from pydantic import PlainSerializer, PlainValidator

from noonbit.data.dataset import InputKind, RawDataset, input_kind_of
from noonbit.data.preprocess.base import Preprocessor
from noonbit.data.preprocess.boards import BoardPreprocessor
from noonbit.data.preprocess.images import ImagePreprocessor
from noonbit.data.preprocess.text import TextPreprocessor

if TYPE_CHECKING:
    from noonbit.config.recipe import Recipe

INPUT_KINDS: dict[InputKind, type[Preprocessor]] = {
    "pictures": ImagePreprocessor,
    "sentences": TextPreprocessor,
    "boards": BoardPreprocessor,
}


def register_input_kind(preprocessor: type[Preprocessor]) -> None:
    """Add a kind of input, under the default of its field `input_kind`."""
    INPUT_KINDS[preprocessor.model_fields["input_kind"].default] = preprocessor


def fit_preprocessor(
    data: RawDataset, recipe: "Recipe | None" = None
) -> tuple[Preprocessor, dict[str, str]]:
    """The preprocessor that suits the data, and the reason for each choice.

    Choices that need the training items alone are made later, by `Preprocessor.fit_to_train`.
    """
    from noonbit.config.recipe import Recipe  # predictions need none, and it is slow to import

    return INPUT_KINDS[input_kind_of(data.train.raw)].fit(data, recipe or Recipe())


def restore_preprocessor(stored: object) -> Preprocessor:
    """A preprocessor from the plain values of contract.json; raises `ValueError` otherwise."""
    if isinstance(stored, Preprocessor):
        return stored
    kind = stored.get("input_kind") if isinstance(stored, Mapping) else None
    if not isinstance(kind, str) or kind not in INPUT_KINDS:
        raise ValueError(f"should have an input_kind out of {', '.join(INPUT_KINDS)}")
    return INPUT_KINDS[kind].model_validate(stored)


def plain_values(preprocessor: Preprocessor) -> dict[str, Any]:
    """A preprocessor as contract.json holds it."""
    return preprocessor.model_dump()


AnyPreprocessor: TypeAlias = Annotated[
    Preprocessor, PlainValidator(restore_preprocessor), PlainSerializer(plain_values)
]
"""A field of a pydantic model that holds a preprocessor of any registered kind."""
