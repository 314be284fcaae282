"""Who the members of an ensemble are: how many, what sets them apart, how they are combined.

The networks of a cross-validation are an ensemble too, whose members differ by what they train on.
"""

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from noonbit.config.recipe import Recipe, validation_reasons
from noonbit.errors import UsageError, plural

Combine = Literal["sum", "probabilities", "vote"]
DEFAULT_COMBINE: Combine = "sum"
"""What the lecture labs do. Once calibrated, it had the lowest loss in each of eight ensembles of 3
to 7 members, of one network or of several, on the digits and MNIST: 0.04 to 0.21, against 1 to 42 %
more for probabilities and 8 to 155 % more for a vote. The accuracies lay within each other's
intervals."""


class EnsembleSettings(BaseModel):
    """The settings of an ensemble; those of its members' training are the recipe's."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    members: Annotated[int, Field(ge=2, le=1000)] | None = None
    """Train so many networks, each from a seed of its own, and let them answer as one."""
    folds: Annotated[int, Field(ge=2, le=1000)] | None = None
    """Cross-validate: of so many parts of all items but the source's own test part, every class in
    proportion, each tests a network that the others train."""
    combine: Combine | None = None
    """The sum of the members' outputs, the mean of their probabilities, or a vote."""
    member_models: str | None = None
    """Networks for the members to take in turn: cnn,deep-cnn."""
    member_augment: str | None = None
    """Augmentations for the members to take in turn: "none; shift=2; rotation=10"."""
    member_folds: bool = False
    """Each member validates on another one of as many parts of the training items."""

    @classmethod
    def from_settings(cls, settings: dict[str, Any], *, origin: str) -> Self:
        """A lineup from plain values; raises `UsageError` naming the wrong one and its origin."""
        try:
            return cls.model_validate(settings)
        except ValidationError as error:
            raise UsageError(f"{origin}: {'; '.join(validation_reasons(error))}.") from None

    @property
    def count(self) -> int:
        """How many networks there will be."""
        return self.folds or self.members or 1

    def require_whole(self) -> None:
        """Raise `UsageError` for settings of members where no number of members was given.

        And for those that would set the networks of a cross-validation apart, since its mean is
        that of one recipe.
        """
        if self.folds is not None and (apart := self.model_fields_set - {"folds", "combine"}):
            name = min(apart).replace("_", "-")
            raise UsageError(
                "--folds trains one network a fold, all by the same recipe; leave out --folds, or "
                f"--{name}."
            )
        if self.count == 1 and self.model_fields_set:
            name = min(self.model_fields_set).replace("_", "-")
            raise UsageError(
                f"--{name} is a setting of an ensemble; say of how many members with --members, "
                "7 for instance."
            )

    def recipes(self, recipe: Recipe) -> list[Recipe]:
        """Each member's recipe, in order: the seeds count up from the recipe's.

        So each member can be repeated alone, and a larger ensemble begins with the smaller one's.
        Raises `UsageError` for two settings that contradict each other.
        """
        self.require_whole()
        count = self.count
        parts = [f"{number}/{count}" for number in range(1, count + 1)]
        turns = {
            "model": self.listed("member_models", ","),
            "augment": self.listed("member_augment", ";"),
            "fold": parts if self.member_folds else [],
            "test_fold": parts if self.folds is not None else [],
        }
        refuse_both(recipe, turns, ("validation", "validation_rows") if self.member_folds else ())
        return [
            Recipe.from_settings(
                recipe.explicit_settings()
                | {"seed": recipe.seed + index}
                | {name: values[index % len(values)] for name, values in turns.items() if values},
                origin=f"Member {index + 1} of {count}",
            )
            for index in range(count)
        ]

    def listed(self, field: str, separator: str) -> list[str]:
        """The pieces of a setting that members take in turn."""
        text: str | None = getattr(self, field)
        if text is None:
            return []
        values = [piece.strip() for piece in text.split(separator)]
        flag = f"--{field.replace('_', '-')}"
        if not all(values):
            raise UsageError(
                f"{flag} '{text}' has an empty place; write {separator.join(('one', 'another'))}."
            )
        if len(values) > self.count:
            raise UsageError(
                f"{flag} names {len(values)} for {plural(self.count, 'member')}, so some "
                "would never be used. Raise --members, or name fewer."
            )
        return values


def refuse_both(
    recipe: Recipe, turns: dict[str, list[str]], decided_by_folds: tuple[str, ...]
) -> None:
    """Raise `UsageError` where one setting is stated for all members and again for each."""
    flags = {
        "model": "member-models",
        "augment": "member-augment",
        "fold": "member-folds",
        "test_fold": "folds",
    }
    for field, flag in flags.items():
        if turns[field] and field in recipe.model_fields_set:
            name = field.replace("_", "-")
            raise UsageError(f"--{flag} decides each member's {name}; leave out --{name}.")
    for name in decided_by_folds:
        if name in recipe.model_fields_set:
            raise UsageError(
                f"--member-folds decides what each member validates on; leave out "
                f"--{name.replace('_', '-')}."
            )


def name_of(models: list[str]) -> str:
    """What an ensemble of these networks is called: `7 x glance`, `cnn + deep-cnn`."""
    shown = [short_name(model) for model in models]
    if len(set(models)) == 1:
        return f"{len(models)} x {shown[0]}"
    return " + ".join(shown) if len(shown) <= 3 else f"{len(shown)} networks"


def short_name(model: str) -> str:
    """A network's name without the path that leads to it."""
    return model.rpartition(".py:")[2]
