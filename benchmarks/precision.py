"""Whether bfloat16 costs accuracy: the same trainings in both number formats, seed by seed.

Every seed gives one difference, and their mean its 95 % interval by Student's t: a format that
loses nothing has 0 inside. Test images and steps are the same, order and first weights too.
"""

import statistics
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.processes import alone
from benchmarks.record import RESULTS, facts, keep, precisions
from benchmarks.side_by_side import Settings, say
from noonbit.cli.output import print_table
from noonbit.errors import UsageError
from noonbit.system.hardware import usable_cpus

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Difference:
    """Of bfloat16 from float32, in percentage points of accuracy."""

    mean: float
    low: float
    high: float

    @classmethod
    def of(cls, differences: list[float]) -> "Difference":
        """The mean of paired differences and its interval; it takes two of them or more."""
        from scipy.stats import t

        mean, count = statistics.fmean(differences), len(differences)
        error = statistics.stdev(differences) / count**0.5
        reach = float(t.ppf((1 + CONFIDENCE) / 2, count - 1)) * error
        return cls(mean, mean - reach, mean + reach)

    def __str__(self) -> str:
        return f"{self.mean:+.3f} ({self.low:+.3f} to {self.high:+.3f})"


def precision(
    *,
    networks: str = "glimpse,mlp,cnn",
    source: str = "mnist",
    epochs: int = 3,
    seeds: int = 10,
    data_dir: Path | None = None,
    threads: int | None = None,
    out: Path = RESULTS / "precision.json",
) -> None:
    """Test accuracy in bfloat16 against float32, over seeds.

    Parameters
    ----------
    networks
        Some of the catalogue, separated by commas.
    source
        What is trained on.
    epochs
        Of every training.
    seeds
        How many trainings each network gets in each format.
    data_dir
        Where to look for known data sets first.
    threads
        Of a training; left out: the processors this process may use.
    out
        The file for the result.
    """
    if "bfloat16" not in precisions():
        raise UsageError("This processor does not multiply bfloat16; there is nothing to compare.")
    threads = threads or usable_cpus()
    settings = {"source": source, "epochs": epochs}
    place = {"data_dir": None if data_dir is None else str(data_dir)}
    accuracies: dict[str, dict[str, list[float]]] = {}
    for network in networks.split(","):
        train = partial(accuracy_of, settings | place | {"model": network}, threads)
        rows = [{name: train(name, seed) for name in precisions()} for seed in range(seeds)]
        accuracies[network] = {name: [row[name] for row in rows] for name in precisions()}
        say(f"{network} is done")
    differences = {
        network: Difference.of(
            [
                100 * (one - other)
                for one, other in zip(each["bfloat16"], each["float32"], strict=True)
            ]
        )
        for network, each in accuracies.items()
    }
    print_table(
        [f"{source}, epochs: {epochs}", "float32, %", "bfloat16, %", "difference, points"],
        [
            [
                network,
                *(f"{100 * statistics.fmean(each[name]):.2f}" for name in precisions()),
                str(differences[network]),
            ]
            for network, each in accuracies.items()
        ],
    )
    result = {
        "benchmark": "precision",
        **facts(threads=threads, rounds=seeds),
        **settings,
        "accuracies": accuracies,
        "differences": {name: asdict(each) for name, each in differences.items()},
    }
    print(keep(result, out))


def accuracy_of(settings: Settings, threads: int, precision: str, seed: int) -> float:
    """Of one training, in a process of its own."""
    more = {"precision": precision, "seed": seed}
    return float(alone("benchmarks.precision:trained", settings | more, threads=threads))


def trained(
    source: str, model: str, epochs: int, precision: str, seed: int, data_dir: str | None
) -> float:
    """Train one network; the share of the test images that it answers rightly."""
    from noonbit.config.recipe import Recipe
    from noonbit.jobs.train import train

    recipe = Recipe.from_settings(
        {"model": model, "epochs": epochs, "precision": precision, "seed": seed, "keep": "last"},
        origin="benchmarks/precision.py",
    )
    place = None if data_dir is None else Path(data_dir)
    with TemporaryDirectory() as folder:
        run = train(source, recipe, out=Path(folder) / "run", data_dir=place)
        return float(run.metadata["result"]["accuracy"])
