"""The documented experiments of five course documents and a public speed record.

    NAME.toml ──> Experiment ──reproduce──> runs, a verdict, and a page

Each file holds the document's recipe and its claim about the result. `reproduce.py` runs it,
`verdict.py` judges the claim, `page.py` writes the page.
"""

import tomllib
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from noonbit.config.ensemble import Combine
from noonbit.config.recipe import Recipe
from noonbit.errors import UsageError, did_you_mean

FOLDER = Path(__file__).parent


class FrozenModel(BaseModel):
    """A validated, immutable model that refuses unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


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
    reason: str
    """Why its figures cannot be compared with the document's."""


class Experiment(FrozenModel):
    """One documented experiment."""

    name: str
    title: str
    document: str
    says: str
    """The document's result, in words."""
    note: str = ""
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

    def recipes(self) -> dict[str, Recipe]:
        """Build each arm's recipe, not yet with one of `seeds`. Raises `UsageError`."""
        arms = self.arms or {self.name: {}}
        return {
            name: Recipe.from_settings({**self.recipe, **extra}, origin=f"experiment {self.name}")
            for name, extra in arms.items()
        }


@cache
def load_experiments() -> dict[str, Experiment]:
    """Load all experiments by name, in the order of `DOCUMENTS`, then of the names."""
    found = [
        Experiment.model_validate({"name": path.stem, **tomllib.loads(path.read_text("utf-8"))})
        for path in FOLDER.glob("*.toml")
    ]
    documents = list(DOCUMENTS)
    found.sort(key=lambda one: (documents.index(one.document), one.name))
    return {one.name: one for one in found}


DOCUMENTS = (
    "Keras course, MNIST",
    "sign-language course",
    "lecture on convolutional networks, labs",
    "slides: DNN against CNN, augmentation, architectures",
    "a network by hand in NumPy",
    "the CIFAR-10 speed records",
)


def load_experiment(name: str) -> Experiment:
    """Load an experiment by name; raises `UsageError` with the nearest name if there is none."""
    known = load_experiments()
    if name not in known:
        raise UsageError(
            f"No experiment is called '{name}'.{did_you_mean(name, known)} "
            f"There are: {', '.join(known)}; or all."
        )
    return known[name]
