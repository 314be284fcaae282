"""What the networks of the catalogue cost on given data, and how long training them takes."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from noonbit.config.plan import derive
from noonbit.config.recipe import Recipe
from noonbit.data.prepared import PreparedDataset, load
from noonbit.models.catalogue import MODELS, outline_for
from noonbit.models.forecast import Work
from noonbit.models.summary import Summary, summarise
from noonbit.system.multiply_rate import multiply_adds_per_second
from noonbit.training.setup import plan_inputs


@dataclass(frozen=True, slots=True)
class NetworkForecast:
    """One network on given data, trained as it is where nothing is asked for."""

    name: str
    summary: Summary
    epochs: float
    batch_size: int
    seconds_per_epoch: float
    """On this machine's processor; see `noonbit.models.forecast`."""

    @property
    def seconds(self) -> float:
        """All epochs; loading, start-up and the report come on top."""
        return self.epochs * self.seconds_per_epoch


def forecast_networks(
    source: str | Path, recipe: Recipe, *, data_dir: Path | None = None
) -> tuple[PreparedDataset, Iterator[NetworkForecast]]:
    """Return the data, and a forecast for each network of the catalogue that takes such inputs.

    Raises as `data.prepared.load`.
    """
    items = load(source, recipe, data_dir=data_dir)
    kind = items.preprocessor.input_kind
    names = [name for name, entry in MODELS.items() if entry.input_kind == kind]
    return items, (forecast_network(name, items, recipe) for name in names)


def forecast_network(name: str, items: PreparedDataset, recipe: Recipe) -> NetworkForecast:
    """Forecast the training of one network of the catalogue."""
    preprocessor = items.preprocessor
    summary = summarise(
        outline_for(preprocessor, name, len(items.data.class_names)),
        preprocessor.shape,
        of_words=preprocessor.of_words,
        counts_statistics=MODELS[name].counts_statistics,
    )
    plan = derive(recipe, plan_inputs(items, recipe, name, summary.multiply_adds))
    train, validation = len(items.split.train), len(items.split.validation)
    seconds = Work.of(summary.layers).seconds_per_epoch(
        train=train,
        validation=validation,
        batch_size=plan.batch_size,
        rate=multiply_adds_per_second(),
    )
    return NetworkForecast(name, summary, plan.epochs, plan.batch_size, seconds)
