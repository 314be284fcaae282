"""The types of run.json, by which it is validated once, when a run is loaded.

They have the entries that are used by name; others are for people, and may be anything. The values
themselves stay a dictionary, so that a run writes back what it has read. metadata.py makes them.
"""

from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BeforeValidator,
    Field,
    TypeAdapter,
    model_validator,
)

from noonbit.config.ensemble import Combine, EnsembleSettings
from noonbit.config.recipe import MOST_THREADS, Engine, Precision, Recipe
from noonbit.errors import ArtefactError
from noonbit.evaluation.out_of_distribution import OutOfDistributionRule
from noonbit.models.catalogue import MODELS
from noonbit.models.network_file import is_network_file
from noonbit.runs.find import RUN_JSON
from noonbit.runs.stored_types import (
    Amount,
    Count,
    Number,
    Share,
    Stored,
    Time,
    read_known_format,
)
from noonbit.system.artefacts import parse_artefact

MEMBERS = "members"
"""The folder of the run folders of members that were trained together."""


def check_given(value: object) -> object:
    """Refuse null for what may be left out."""
    if value is None:
        raise ValueError("should be left out or have a value")
    return value


Gains = Annotated[float, Field(ge=-1, le=1)]
IfGiven = BeforeValidator(check_given)


class Counts(Stored):
    """The items of each class in each part of the split."""

    train: list[Count]
    validation: list[Count]
    test: list[Count]


class SplitReasons(Stored):
    """How the parts of the split were chosen."""

    validation: str
    test: str


class FindingEntry(Stored):
    """See `Finding`."""

    severity: str
    title: str
    detail: list[str]


class DataEntry(Stored):
    """The data."""

    format: str
    notes: list[str]
    classes: Annotated[list[str], Field(min_length=1)]
    counts: Counts
    split: SplitReasons
    left_out: list[str]
    findings: list[FindingEntry]
    fingerprint: str

    @model_validator(mode="after")
    def check_counts(self) -> Self:
        """Every class is counted in every part."""
        for part, counts in self.counts:
            if len(counts) != len(self.classes):
                raise ValueError(
                    f"counts {len(counts)} classes in {part}, and names {len(self.classes)}"
                )
        return self


class MemberEntry(Stored):
    """One network of an ensemble."""

    name: str
    views: str
    run: str


class ModelEntry(Stored):
    """The network, or those of an ensemble."""

    name: str
    python: bool
    parameters: Count
    multiply_adds: Count
    members: Annotated[list[MemberEntry], Field(min_length=1)] = []
    combine: Combine | None = None

    @model_validator(mode="after")
    def check_networks(self) -> Self:
        """Every network can be named, and several are combined in some way."""
        for name in [member.name for member in self.members] or [self.name]:
            if not self.python and name not in MODELS and not is_network_file(name):
                raise ValueError(f"names the network '{name}', which does not exist here")
        if self.members and self.combine is None:
            raise ValueError("does not say how its members are combined")
        return self


class MachineEntry(Stored):
    """The machine that trained; a resumed training takes its settings of it."""

    python: str
    platform: str
    processor: str | None
    device: str
    threads: Annotated[int, Field(ge=1, le=MOST_THREADS)]
    precision: Precision
    engine: Engine | None
    versions: dict[str, str]


class TrainingEntry(Stored):
    """How the members of an ensemble are trained."""

    at_once: Number
    threads: Number
    reason: str
    settings: EnsembleSettings
    recipe: Recipe
    recipes: list[Recipe]


class InitialEntry(Stored):
    """The run whose weights the training began with."""

    run: str
    source: str
    epoch: Count | None
    tensors: Count
    learned_test_items: Count | None


class PretrainedEntry(Stored):
    """The published weights that the training began with, and the head that was fitted to them."""

    network: str
    """Of the catalogue."""
    names: str
    """The library whose names the tensors had."""
    tensors: Count
    """Their number, without the last layer."""
    place: str
    """A path, or an installed package with its version."""
    licence: str
    """As its publisher states it, or `unknown`."""
    sha256: str
    """Of the file."""
    features: Count | None = None
    """Of each picture: the inputs of the head."""
    penalty: Amount | None = None
    """On the squared weights of the head; the folds chose it."""
    cross_validated_loss: Amount | None = None
    """The mean over the training items, each answered by a fold that did not learn from it."""
    cross_validated_accuracy: Share | None = None
    """Of the same answers."""
    head_seconds: Amount | None = None
    """For the features and the head."""
    temperature: Annotated[float, Field(gt=0)] | None = None
    """By the folds' answers; given only where no item validates and the head alone answers, without
    further training and views. Likewise the next two."""
    unknown_below: Share | None = None
    """The highest probability below which the answer is `unknown`."""
    out_of_distribution_rule: OutOfDistributionRule | None = None
    """By which an exported network flags inputs."""
    from_nothing: str | None = None
    """The best run beside it that began with random weights, on the same source."""
    from_nothing_accuracy: Share | None = None
    """Of that run, on the test items."""


class ExtensionEntry(Stored):
    """Where a training was extended."""

    epoch: Count
    step: Count
    planned: Count | None
    epochs: Number
    lr: Amount
    schedule: str


class TimeBudgetEntry(Stored):
    """What a time budget held."""

    seconds: Amount
    spent_seconds: Amount
    steps: Count
    steps_per_epoch: Number
    last_lr: Amount
    highest_lr: Annotated[float, Field(gt=0)]
    ended_by: Literal["time", "epochs", "patience"]
    too_short_to_validate: bool


class Result(Stored):
    """The figures of a finished run."""

    accuracy: Share | None
    """None without test items."""
    accuracy_low: Share
    accuracy_high: Share
    test_items: Count
    loading_seconds: Amount
    train_seconds: Amount
    peak_memory_bytes: Count | None = None
    total_seconds: Annotated[Amount | None, IfGiven] = None
    forecast_seconds: Annotated[Amount | None, IfGiven] = None
    """What was forecast before the first step, from there to the tested network."""


class TrainingResult(Result):
    """Of one network."""

    epochs: Number
    best_epoch: Number
    val_accuracy: Share | None
    time_budget: Annotated[TimeBudgetEntry | None, IfGiven] = None

    @model_validator(mode="after")
    def check_best_epoch(self) -> Self:
        """The best epoch is one of those that were trained."""
        if self.best_epoch > self.epochs:
            raise ValueError(f"best_epoch is {self.best_epoch} of {self.epochs} epochs")
        return self


class MemberResult(Stored):
    """Of a member of an ensemble."""

    name: str
    differs: dict[str, Any]
    accuracy: Share
    accuracy_low: Share
    accuracy_high: Share
    train_seconds: Amount


class GainEntry(Stored):
    """A difference of accuracies with its interval."""

    gain: Gains
    low: Gains
    high: Gains


class MembersResult(Result):
    """Of an ensemble."""

    members: list[MemberResult]
    members_mean_accuracy: Share
    best_member: Number
    gain_over_mean: GainEntry
    gain_over_best: GainEntry
    not_unanimous: Share
    pairwise_disagreement: Share

    @model_validator(mode="after")
    def check_best_member(self) -> Self:
        """The best member is one of them."""
        if self.best_member > len(self.members):
            raise ValueError(f"best_member is {self.best_member} of {len(self.members)}")
        return self


class FoldResult(Stored):
    """Of a fold of a cross-validation."""

    fold: Number
    items: Count
    correct: Count
    accuracy: Share
    accuracy_low: Share
    accuracy_high: Share
    train_items: Count
    validation_items: Count
    train_seconds: Amount


class FoldsResult(Result):
    """Of a cross-validation."""

    folds: Annotated[list[FoldResult], Field(min_length=1)]
    folds_mean_accuracy: Share
    folds_standard_deviation: Amount


class RunEntry(Stored):
    """All of run.json."""

    status: Literal["training", "interrupted", "finished", "diverged"]
    created: Time
    source: str
    source_path: str
    data_dir: str | None
    data: DataEntry
    model: ModelEntry
    reasons: dict[str, str]
    machine: MachineEntry
    warnings: list[str] = []
    training: Annotated[TrainingEntry | None, IfGiven] = None
    initial: Annotated[InitialEntry | None, IfGiven] = None
    pretrained: Annotated[PretrainedEntry | None, IfGiven] = None
    extensions: list[ExtensionEntry] = []
    result: Annotated[dict[str, Any] | None, IfGiven] = None

    @model_validator(mode="after")
    def check_members(self) -> Self:
        """Members that are trained together have a recipe each, and lie inside the run's folder.

        Resuming clears away what a killed member left, and must not do so anywhere else.
        """
        if self.training is None:
            return self
        count = len(self.model.members)
        if not count == len(self.training.recipes) == self.training.settings.count:
            raise ValueError(
                f"has {count} members, {len(self.training.recipes)} recipes for them, and settings "
                f"for {self.training.settings.count}"
            )
        for number, member in enumerate(self.model.members, start=1):
            if member.run != f"{MEMBERS}/{number}":
                raise ValueError(f"says that member {number} is in '{member.run}'")
        return self

    @model_validator(mode="after")
    def check_result(self) -> Self:
        """A finished run has the figures of its kind."""
        if self.status != "finished" and self.result is None:
            return self
        if self.result is None:
            raise ValueError("is finished, and has no result")
        kind: type[Result] = TrainingResult
        if self.training is not None and self.training.settings.folds is not None:
            kind = FoldsResult
        elif self.model.members:
            kind = MembersResult
        result = kind.model_validate(self.result)
        several = getattr(result, "members", None) or getattr(result, "folds", None)
        if several is not None and len(several) != len(self.model.members):
            raise ValueError(f"has figures of {len(several)} of {len(self.model.members)} networks")
        return self


RUN_ADAPTER = TypeAdapter(RunEntry)


CHANGED_NETWORKS = {"glimpse": 2}
"""Networks of the catalogue that were changed, by the first format of runs that have today's form.
Older weights would fit, and answer wrongly."""


def read_run_json(folder: Path) -> dict[str, Any]:
    """Return the metadata of a run; raises `ArtefactError` unless a `RunEntry` could be made of it.

    Also for a folder that is no run, is of a later format, or has a network that was changed since.
    """
    metadata = read_known_format(folder)
    model = parse_artefact(RUN_ADAPTER, metadata, folder / RUN_JSON).model
    for name in (model.name, *(member.name for member in model.members)):
        if metadata["format"] < CHANGED_NETWORKS.get(name, 0) and not model.python:
            raise ArtefactError(
                f"{folder} was trained when {name} was another network, so its weights would "
                "answer wrongly now. Train it again, or open it with the noonbit that trained it."
            )
    return metadata
