"""The documented experiments of five course documents and a public speed record.

    NAME.toml ──> Experiment ──reproduce──> runs, a verdict, and a page

Each file holds the document's recipe and its claim about the result. `reproduce.py` runs it,
`verdict.py` judges the claim, `page.py` writes the page.
"""

import tomllib
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from noonbit.config.ensemble import Combine, EnsembleSettings
from noonbit.config.recipe import Recipe
from noonbit.course.experiments.documents import DOCUMENTS, FrozenModel, Letter, Text
from noonbit.errors import UsageError, did_you_mean, plural

FOLDER = Path(__file__).parent


class Figure(FrozenModel):
    """Claims that an arm reaches an accuracy on the test images."""

    kind: Literal["figure"]
    arm: str
    accuracy: Annotated[float, Field(gt=0, le=1)]


class Better(FrozenModel):
    """Claims that one arm beats another on the same test images."""

    kind: Literal["better"]
    winner: str
    loser: str
    smaller: bool = False
    """Whether the winner must also have fewer parameters."""


class EnsembleFigure(FrozenModel):
    """Claims that an ensemble reaches an accuracy and beats the mean of its members."""

    kind: Literal["ensemble"]
    arm: str
    accuracy: Annotated[float, Field(gt=0, le=1)]


class TableClaim(FrozenModel):
    """Claims that the NumPy network prints the documented table to the last digit."""

    kind: Literal["table"]


Claim = Annotated[Figure | Better | EnsembleFigure | TableClaim, Field(discriminator="kind")]


class Substitute(FrozenModel):
    """Data to run on if the documented data are not available; the claim is not judged then."""

    source: str
    """A path below a data directory."""
    reason: Text
    """Why its figures cannot be compared with the document's."""


class Experiment(FrozenModel):
    """One documented experiment."""

    name: str
    title: Text
    headings: Annotated[dict[Letter, str], Field(min_length=1)]
    """The documents that have it, and under which of their headings; the first one's recipe."""
    says: Text
    """The document's result, in words."""
    note: Text | None = None
    """What the document leaves open or contradicts, and how it is done here."""
    source: str
    """The name of a known data set."""
    substitute: Substitute | None = None
    recipe: dict[str, Any] = {}
    """Settings of all arms, by the names of `Recipe`'s fields."""
    arms: dict[str, dict[str, Any]] = {}
    """Settings that each arm adds; if empty, one arm has the experiment's name."""
    seeds: tuple[int, ...] = (0,)
    members: int = 1
    combine: Combine = "sum"
    claim: Claim | None = None
    """None if the document gives no figure."""

    @property
    def document(self) -> Letter:
        """The letter of the document whose recipe and claim these are."""
        return next(iter(self.headings))

    def recipes(self, source: str | None = None) -> dict[str, Recipe]:
        """Build each arm's recipe for a source, not yet with one of `seeds`. Raises `UsageError`.

        The document's first or last 10,000 rows mean nothing in other data than its own, which may
        have fewer, or be sorted by class; there as large a share of every class validates.
        """
        share = self.validation_share(source)
        held_out = {} if share is None else {"validation": share, "validation_rows": "stratified"}
        arms = self.arms or {self.name: {}}
        return {
            name: Recipe.from_settings(
                {**self.recipe, **extra, **held_out}, origin=f"experiment {self.name}"
            )
            for name, extra in arms.items()
        }

    def validation_share(self, source: str | None = None) -> float | None:
        """Return the share that validates in a source for which the document's count is not meant.

        None where the recipe is taken as it is: for the document's source, and without a count.
        """
        if source in (None, self.source) or self.recipe.get("validation", 0) < 1:
            return None
        from noonbit.data.known.catalogue import KNOWN

        share: float = self.recipe["validation"] / KNOWN[self.source].counts["train"]
        return share

    def recipe_of(self, arm: str, source: str | None = None) -> Recipe:
        """Build the recipe of one arm for a source; `arm` may be empty if there is only one.

        Raises `UsageError` for another arm, and for an experiment that trains by no recipe.
        """
        if isinstance(self.claim, TableClaim):
            raise UsageError(
                f"{self.name} is a network in NumPy, which no recipe trains: noonbit {self.name}"
            )
        recipes = self.recipes(source)
        if not arm and len(recipes) == 1:
            return next(iter(recipes.values()))
        if arm not in recipes:
            choices = " or ".join(f"{self.name}:{each}" for each in recipes)
            raise UsageError(f"{self.name} has {plural(len(recipes), 'recipe')}; give {choices}.")
        return recipes[arm]

    @property
    def ensemble_settings(self) -> EnsembleSettings:
        """How many members answer as one, and how."""
        if self.members == 1:
            return EnsembleSettings()
        return EnsembleSettings(members=self.members, combine=self.combine)


@cache
def load_experiments() -> dict[str, Experiment]:
    """Load all experiments by name, in the order of `DOCUMENTS`, then of the names."""
    found = [
        Experiment.model_validate({"name": path.stem, **tomllib.loads(path.read_text("utf-8"))})
        for path in FOLDER.glob("*.toml")
    ]
    letters = list(DOCUMENTS)
    found.sort(key=lambda one: (letters.index(one.document), one.name))
    return {one.name: one for one in found}


def load_experiment(name: str) -> Experiment:
    """Load an experiment by name; raises `UsageError` with the nearest name if there is none."""
    known = load_experiments()
    if name not in known:
        if name.casefold() in map(str.casefold, DOCUMENTS):
            raise UsageError(f"{name} is a document: noonbit reproduce --of {name} lists it.")
        raise UsageError(
            f"No experiment is called '{name}'.{did_you_mean(name, known)} "
            f"There are: {', '.join(known)}; or all."
        )
    return known[name]


def experiments_of(letter: Letter) -> dict[str, Experiment]:
    """Return the experiments that stand in a document, by name."""
    return {name: one for name, one in load_experiments().items() if letter in one.headings}
