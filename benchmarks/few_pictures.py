"""How much published weights help with few pictures: draws of N a class, with and without.

Each draw trains on N pictures a class of those that are no test items, and is tested on all test
items.
"""

import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from benchmarks.record import RESULTS, facts, keep
from noonbit.cli.output import print_table
from noonbit.config.recipe import DEFAULT_PRETRAINED, Recipe
from noonbit.data.checks.pictures import all_pictures
from noonbit.data.dataset import Indices
from noonbit.data.prepared import PreparedDataset, load
from noonbit.errors import UsageError
from noonbit.jobs.pretrained import with_pretrained_settings
from noonbit.jobs.train import train
from noonbit.runs.run import Run
from noonbit.system.hardware import usable_cpus


def few_pictures(
    source: str = "dogs-vs-cats",
    *,
    each: int = 20,
    draws: int = 5,
    data_dir: Path | None = None,
    out: Path = RESULTS / "few_pictures.json",
) -> None:
    """Accuracy with so few pictures a class, with published weights and from nothing.

    Parameters
    ----------
    source
        Photographs, as files in folders or an archive.
    each
        Pictures of each class to train on.
    draws
        How often they are drawn; the interval of the mean is Student's.
    data_dir
        Where known data lie, if not where noonbit looks for them.
    out
        The file for the result.
    """
    if draws < 2:
        raise UsageError(f"--draws is {draws}; an interval takes 2 or more.")
    started = time.perf_counter()
    recipe = Recipe(pretrained=DEFAULT_PRETRAINED)
    items = load(source, with_pretrained_settings(recipe), data_dir=data_dir)
    found: dict[str, list[dict[str, float]]] = {"--pretrained": [], "from nothing": []}
    for draw in range(draws):
        rows = draw_each(items, each, np.random.default_rng(draw))
        for name, one in (("--pretrained", recipe), ("from nothing", Recipe())):
            found[name].append(measure(items, rows, one))
            print(f"draw {draw + 1}, {name}: {found[name][-1]['accuracy']:.1%}", flush=True)
    rows_of_table = [summary(name, results) for name, results in found.items()]
    result: dict[str, Any] = {
        "source": source,
        "each": each,
        **facts(threads=usable_cpus(), rounds=draws),
        "test_items": len(items.split.test),
        "draws": found,
        "summary": rows_of_table,
        "seconds": time.perf_counter() - started,
    }
    print_table(
        ("", "accuracy", "95 % interval", "seconds"),
        [
            (
                row["name"],
                f"{row['mean']:.2%}",
                f"{row['low']:.2%} to {row['high']:.2%}",
                f"{row['seconds']:.1f}",
            )
            for row in rows_of_table
        ],
    )
    keep(result, out)


def draw_each(items: PreparedDataset, each: int, rng: np.random.Generator) -> Indices:
    """Return so many items of each class, of training and validation, (classes * each,).

    Raises `UsageError` where a class has fewer.
    """
    rows = np.sort(np.concatenate([items.split.train, items.split.validation]))
    drawn = []
    for label, name in enumerate(items.data.class_names):
        of_class = rows[items.labels[rows] == label]
        if len(of_class) < each:
            raise UsageError(
                f"--each is {each:,}, and {name} has {len(of_class):,} pictures that are no test "
                f"items. Take at most {len(of_class):,}."
            )
        drawn.append(rng.choice(of_class, each, replace=False))
    return np.concatenate(drawn)


def measure(items: PreparedDataset, rows: Indices, recipe: Recipe) -> dict[str, float]:
    """Train on the items at `rows`, and return the accuracy on the test items, and the seconds."""
    with tempfile.TemporaryDirectory() as folder:
        for part, numbers in (("train", rows), ("test", items.split.test)):
            write_part(items, numbers, Path(folder, "pictures", part))
        started = time.perf_counter()
        run: Run = train(Path(folder, "pictures"), recipe, out=Path(folder, "run"))
        return {
            "accuracy": run.metadata["result"]["accuracy"],
            "seconds": time.perf_counter() - started,
        }


def write_part(items: PreparedDataset, numbers: Indices, folder: Path) -> None:
    """Write the files of some items as they are, in a folder for each class."""
    pictures = dict(all_pictures(items.data))
    for number in numbers.tolist():
        name = items.data.class_names[items.labels[number]]
        file = folder / name / f"{number}{Path(items.names[number]).suffix}"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(pictures[number].read())


def summary(name: str, results: list[dict[str, float]]) -> dict[str, Any]:
    """Return the mean accuracy of some draws with its interval, and the mean seconds."""
    accuracies: NDArray[np.float64] = np.array([each["accuracy"] for each in results])
    half = float(
        stats.t.ppf(0.975, len(results) - 1) * accuracies.std(ddof=1) / len(results) ** 0.5
    )
    mean = float(accuracies.mean())
    return {
        "name": name,
        "mean": mean,
        "low": mean - half,
        "high": mean + half,
        "seconds": float(np.mean([each["seconds"] for each in results])),
    }
