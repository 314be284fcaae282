"""In which settings runs differ: of the training, the data, the input and the machine."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, TypeAlias

from noonbit.runs.run import Run

Topic: TypeAlias = Literal["training", "data", "input", "machine"]
RECIPE_OF_MACHINE = ("threads", "device", "precision", "engine")
"""Settings of a recipe that ask for what `machine` then says."""
FINGERPRINT_LETTERS = 12
"""As many as tell data apart."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A setting in which runs differ."""

    topic: Topic
    name: str
    values: tuple[Any, ...]
    """A plain value for each run, in their order; None for a run that has no such setting."""

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return asdict(self)


def find_differences(runs: Sequence[Run]) -> tuple[Difference, ...]:
    """Return the settings in which at least two of the runs differ, by topic.

    Settings that were derived are as real as stated ones: both are compared. Raises `ArtefactError`
    for a run whose recipe or contract cannot be read.
    """
    return tuple(differing(list(map(settings_by_topic, runs))))


def differing(settings: Sequence[Mapping[Topic, Mapping[str, Any]]]) -> Iterator[Difference]:
    """Yield what is not the same in all of these settings."""
    for topic in settings[0]:
        for name in dict.fromkeys(name for each in settings for name in each[topic]):
            values = tuple(each[topic].get(name) for each in settings)
            if any(value != values[0] for value in values):
                yield Difference(topic, name, values)


def settings_by_topic(run: Run) -> dict[Topic, dict[str, Any]]:
    """Return all that a run was trained with, as plain values."""
    metadata = run.metadata
    machine, data = metadata["machine"], metadata["data"]
    model, initial = metadata["model"], metadata.get("initial")
    recipe = run.recipe.model_dump(exclude_none=True)
    training = {name: recipe[name] for name in recipe if name not in RECIPE_OF_MACHINE}
    training |= metadata.get("training", {"settings": {}})["settings"]
    training |= {"model": model["name"]}
    if run.is_ensemble:
        training["members"] = [member["name"] for member in model["members"]]
        training["combine"] = model["combine"]
    if initial is not None:
        training["from"] = initial["run"]
    counts = {f"{part} items": sum(numbers) for part, numbers in data["counts"].items()}
    return {
        "training": training,
        "data": {
            "source": metadata["source"],
            "content": data["fingerprint"][:FINGERPRINT_LETTERS],
            **counts,
        },
        "input": run.contract.preprocessor.facts(),
        "machine": {
            **{name: machine[name] for name in ("device", "processor", "threads")},
            **{name: machine[name] for name in ("precision", "engine", "python")},
            **machine["versions"],
        },
    }
