"""The documented experiments: what five course documents and a public record train, and what they
say came of it.

    NAME.toml ──> Experiment ──reproduce──> runs, a verdict, and a page

Each file names its document and the claim, and holds the recipe as documented. `verdict.py` judges,
`reproduce.py` runs, `page.py` shows.
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


class Frozen(BaseModel):
    """Checked once, then never changed."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Figure(Frozen):
    """One network reaches an accuracy on its test images."""

    kind: Literal["figure"]
    arm: str
    accuracy: Annotated[float, Field(gt=0, le=1)]


class Better(Frozen):
    """One arm beats another on the same test images."""

    kind: Literal["better"]
    winner: str
    loser: str
    smaller: bool = False
    """Whether the winner must also have fewer parameters."""


class EnsembleFigure(Frozen):
    """An ensemble reaches an accuracy and beats the mean of its members."""

    kind: Literal["ensemble"]
    arm: str
    accuracy: Annotated[float, Field(gt=0, le=1)]


class Table(Frozen):
    """The network by hand prints the documented table, digit by digit."""

    kind: Literal["table"]


Claim = Annotated[Figure | Better | EnsembleFigure | Table, Field(discriminator="kind")]


class Substitute(Frozen):
    """What runs where the documented data cannot be had; its figures prove nothing."""

    source: str
    """Below a data directory."""
    reason: str
    """Why its figures cannot be compared."""


class Experiment(Frozen):
    """One documented experiment."""

    name: str
    title: str
    document: str
    says: str
    """What the document says came of it."""
    note: str = ""
    """What the document leaves open or contradicts, and what is done here."""
    source: str
    """A known name."""
    substitute: Substitute | None = None
    recipe: dict[str, Any] = {}
    """What all arms share, by the names of `Recipe`."""
    arms: dict[str, dict[str, Any]] = {}
    """What each arm adds; without any, there is one arm of the experiment's name."""
    seeds: tuple[int, ...] = (0,)
    members: int = 1
    combine: Combine = "sum"
    claim: Claim | None = None
    """None where the document gives no figure."""

    def recipes(self) -> dict[str, Recipe]:
        """The recipe of every arm; the seed is still the first of all."""
        arms = self.arms or {self.name: {}}
        return {
            name: Recipe.checked({**self.recipe, **extra}, origin=f"experiment {self.name}")
            for name, extra in arms.items()
        }


@cache
def experiments() -> dict[str, Experiment]:
    """All of them by name, in the order of the documents."""
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


def experiment(name: str) -> Experiment:
    """The experiment of a name; raises `UsageError` with the nearest where there is none."""
    known = experiments()
    if name not in known:
        raise UsageError(
            f"No experiment is called '{name}'.{did_you_mean(name, known)} "
            f"There are: {', '.join(known)}; or all."
        )
    return known[name]
