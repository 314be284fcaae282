"""The settings of an ensemble: its members, their differences, and how they are combined.

A cross-validation is an ensemble too, whose members differ by their training and test folds.
"""

from pathlib import PurePath
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from noonbit.config.ranges import within
from noonbit.config.recipe import Recipe
from noonbit.config.settings_error import settings_error
from noonbit.errors import UsageError, plural

MOST_MEMBERS = 1000
"""Networks of an ensemble, or folds."""
Combine = Literal["sum", "probabilities", "vote"]
DEFAULT_COMBINE: Combine = "sum"
"""As in the lecture labs. Once calibrated, it had the lowest test loss in each of eight ensembles
on the digits and MNIST: the loss was 1 to 42 % higher for probabilities, 8 to 155 % for a vote."""


class EnsembleSettings(BaseModel):
    """The settings of an ensemble; those of its members' training are the recipe's."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    members: Annotated[int, within(2, MOST_MEMBERS)] | None = None
    """Train so many networks, each from a seed of its own, and let them answer as one."""
    folds: Annotated[int, within(2, MOST_MEMBERS)] | None = None
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
        """Validate plain values; raises `UsageError` naming the invalid setting and its origin."""
        try:
            return cls.model_validate(settings)
        except ValidationError as error:
            raise settings_error(origin, error) from None

    def with_defaults(self, other: "EnsembleSettings") -> "EnsembleSettings":
        """Take the settings that are not given here from others."""
        given = self.model_dump(include=self.model_fields_set)
        return EnsembleSettings.model_validate(
            other.model_dump(include=other.model_fields_set) | given
        )

    @property
    def count(self) -> int:
        """The number of networks."""
        return self.folds or self.members or 1

    def require_consistent(self) -> None:
        """Raise `UsageError` for settings that do not go together.

        These are settings of members without a number of members, and settings that would make the
        networks of a cross-validation different, since its mean is that of one recipe.
        """
        if self.folds is not None and (extra := self.model_fields_set - {"folds", "combine"}):
            name = min(extra).replace("_", "-")
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
        """Return each member's recipe, in order; the seeds count up from the recipe's seed.

        So each member can be trained again alone, and a larger ensemble starts with the members of
        a smaller one. Raises `UsageError` for settings that contradict each other.
        """
        self.require_consistent()
        count = self.count
        parts = [f"{number}/{count}" for number in range(1, count + 1)]
        turns = {
            "model": self.split_setting("member_models", ","),
            "augment": self.split_setting("member_augment", ";"),
            "fold": parts if self.member_folds else [],
            "test_fold": parts if self.folds is not None else [],
        }
        refuse_conflicts(
            recipe, turns, ("validation", "validation_rows") if self.member_folds else ()
        )
        return [
            Recipe.from_settings(
                recipe.explicit_settings()
                | {"seed": recipe.seed + index}
                | {name: values[index % len(values)] for name, values in turns.items() if values},
                origin=f"Member {index + 1} of {count}",
            )
            for index in range(count)
        ]

    def split_setting(self, field: str, separator: str) -> list[str]:
        """Return the values of a setting that members take in turn; none if it is not set.

        Raises `UsageError` for an empty value, and for more values than members.
        """
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


def refuse_conflicts(
    recipe: Recipe, turns: dict[str, list[str]], decided_by_folds: tuple[str, ...]
) -> None:
    """Raise `UsageError` for a setting of the recipe that a setting of the ensemble decides."""
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


def ensemble_name(models: list[str]) -> str:
    """Return the name of an ensemble of these networks: `7 x glance`, `cnn + deep-cnn`."""
    names = [short_name(model) for model in models]
    if len(set(models)) == 1:
        return f"{len(models)} x {names[0]}"
    return " + ".join(names) if len(names) <= 3 else f"{len(names)} networks"


def short_name(model: str) -> str:
    """Return a network's name without the path of its file."""
    return PurePath(model).stem if model.endswith(".toml") else model.rpartition(".py:")[2]
