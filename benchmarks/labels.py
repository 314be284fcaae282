"""Which wrong labels, near-duplicates and foreign pictures noonbit finds, of those put in.

The labels of a share of the training items are changed at random, and a cross-validation is asked
which they are; cleanlab answers on the same probabilities, where it is installed. Test pictures are
replaced by changed training pictures. Networks that may answer `unknown` are given foreign sets.
"""

import io
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageEnhance

from benchmarks.record import RESULTS, facts, keep
from noonbit.cli.output import print_table
from noonbit.config.ensemble import EnsembleSettings
from noonbit.config.recipe import DEFAULT_PRETRAINED, Recipe
from noonbit.data import open_data
from noonbit.data.checks.near_duplicates import find_near_duplicates
from noonbit.data.prepared import load
from noonbit.errors import UsageError
from noonbit.evaluation.intervals import wilson_interval
from noonbit.evaluation.label_errors import find_label_errors
from noonbit.jobs.pretrained import with_pretrained_settings
from noonbit.jobs.train import train
from noonbit.runs.predictions import read_predictions
from noonbit.system.hardware import usable_cpus

FOLDS = 5
USUAL_MODEL = "glimpse"
Change = Callable[[Image.Image, np.random.Generator], Image.Image]


def labels(
    source: str = "mnist",
    *,
    share: float = 0.02,
    model: str | None = None,
    pretrained: bool = False,
    foreign: tuple[str, ...] = ("fashion-mnist",),
    seed: int = 0,
    data_dir: Path | None = None,
    out: Path = RESULTS / "labels.json",
) -> None:
    """Precision and recall of what a check finds, among labels and pictures changed on purpose.

    Parameters
    ----------
    source
        Pictures with a test part of their own.
    share
        Of the training labels that are changed.
    model
        The network of the cross-validation, and of the one that may answer `unknown`; by default
        glimpse.
    pretrained
        Take the usual published weights instead.
    foreign
        Sets of other things, for `unknown`.
    seed
        Of the changes.
    data_dir
        Where known data lie, if not where noonbit looks for them.
    out
        The file for the result.
    """
    if pretrained and model is not None:
        raise UsageError("--model and --pretrained both name the network; leave one out.")
    started = time.perf_counter()
    recipe = Recipe(model=model or USUAL_MODEL)
    if pretrained:
        recipe = Recipe(pretrained=DEFAULT_PRETRAINED)
    result: dict[str, Any] = {
        "source": source,
        "share": share,
        "model": recipe.pretrained or recipe.model,
        "pretrained": pretrained,
        "seed": seed,
        **facts(threads=usable_cpus(), rounds=1),
        "labels": measure_labels(source, share, recipe, seed, data_dir),
        "near_duplicates": measure_near_duplicates(source, seed, data_dir),
        "unknown": measure_unknown(source, foreign, recipe, data_dir),
    }
    result["seconds"] = time.perf_counter() - started
    for name in ("labels", "near_duplicates", "unknown"):
        rows = result[name]
        print_table(list(rows[0]), [[show(value) for value in row.values()] for row in rows])
        print()
    keep(result, out)


def show(value: Any) -> Any:
    """Round a share for the table."""
    return f"{value:.3f}" if isinstance(value, float) else value


def measure_labels(
    source: str, share: float, recipe: Recipe, seed: int, data_dir: Path | None
) -> list[dict[str, Any]]:
    """Change labels, cross-validate, and return what each way finds of them."""
    resolved_recipe = recipe if recipe.pretrained is None else with_pretrained_settings(recipe)
    loading_recipe = Recipe(
        image_size=resolved_recipe.image_size, channels=resolved_recipe.channels
    )
    items = load(source, loading_recipe, data_dir=data_dir)
    rng = np.random.default_rng(seed)
    trained = np.sort(np.concatenate([items.split.train, items.split.validation]))
    given = items.labels.copy()
    wrong = rng.choice(trained, round(share * len(trained)), replace=False)
    classes = len(items.data.class_names)
    given[wrong] = (given[wrong] + rng.integers(1, classes, len(wrong))) % classes
    with TemporaryDirectory() as folder:
        path = Path(folder, "changed.npz")
        pixels = np.asarray(items.values).transpose(0, 2, 3, 1)
        np.savez(path, images=pixels[trained], labels=given[trained])
        run = train(path, recipe, EnsembleSettings(folds=FOLDS), out=Path(folder, "run"))
        predictions = read_predictions(run)
        assert run.evaluation is not None  # noqa: S101 - just evaluated
        accuracy = run.evaluation.accuracy
    is_wrong = np.isin(trained[predictions.items], wrong)
    found = {"noonbit": find_label_errors(predictions.probabilities, predictions.labels).rows}
    try:
        from cleanlab.filter import find_label_issues  # type: ignore[import-not-found]
    except ImportError:
        print("cleanlab is not installed here, so nothing is compared with it.")
    else:
        found["cleanlab"] = find_label_issues(
            predictions.labels,
            predictions.probabilities,
            return_indices_ranked_by="self_confidence",
            n_jobs=1,
        )
    return [
        {
            "by": name,
            "items": len(is_wrong),
            "changed": len(wrong),
            "found": len(rows),
            "right": int(is_wrong[rows].sum()),
            "precision": float(is_wrong[rows].mean()),
            "recall": float(is_wrong[rows].sum() / len(wrong)),
            "accuracy": accuracy,
        }
        for name, rows in found.items()
    ]


def reencode(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Save a picture as JPEG of low quality."""
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=int(rng.integers(30, 60)))
    return Image.open(buffer)


def crop(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Cut 4 to 12 % off both sides, anywhere."""
    width, height = picture.size
    kept = rng.uniform(0.88, 0.96)
    left, top = rng.uniform(0, width * (1 - kept)), rng.uniform(0, height * (1 - kept))
    box = (left, top, left + width * kept, top + height * kept)
    return picture.resize(picture.size, Image.Resampling.BICUBIC, box=box)


def brighten(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Make a picture darker or brighter by 30 %."""
    return ImageEnhance.Brightness(picture).enhance(float(rng.choice([0.7, 1.3])))


CHANGES: dict[str, Change] = {"re-encoded": reencode, "cropped": crop, "brightened": brighten}


def measure_near_duplicates(source: str, seed: int, data_dir: Path | None) -> list[dict[str, Any]]:
    """Put changed training pictures into the test split, and return how many are found."""
    items = load(source, Recipe(), data_dir=data_dir)
    test = items.split.test[:1000]
    trained = np.sort(np.concatenate([items.split.train, items.split.validation]))
    rows = [near_duplicate_row("nothing", np.asarray(items.values), test, trained, {})]
    for name, change in CHANGES.items():
        rng = np.random.default_rng(seed)
        count = len(test) // 30
        places = rng.choice(test, count, replace=False)
        copied = rng.choice(trained, count, replace=False)
        values = np.array(items.values)
        for place, original in zip(places, copied, strict=True):
            values[place] = to_pixels(change(to_picture(values[original]), rng))
        pairs = dict(zip(places.tolist(), copied.tolist(), strict=True))
        rows.append(near_duplicate_row(name, values, test, trained, pairs))
    return rows


def near_duplicate_row(
    name: str,
    values: NDArray[np.uint8],
    test: NDArray[np.int64],
    trained: NDArray[np.int64],
    pairs: dict[int, int],
) -> dict[str, Any]:
    """Return how many of the pairs (test item: training item) are found, and what else is."""
    found = find_near_duplicates(values, test, trained)
    named = dict(zip(found.items.tolist(), found.others.tolist(), strict=True))
    return {
        "change": name,
        "test pictures": len(test),
        "changed": len(pairs),
        "found": sum(named.get(place) == original for place, original in pairs.items()),
        "others named": len(named.keys() - pairs.keys()),
        "limit": found.limit,
    }


def to_picture(values: NDArray[np.uint8]) -> Image.Image:
    """uint8 (C, H, W) as a Pillow image."""
    return Image.fromarray(values[0] if len(values) == 1 else values.transpose(1, 2, 0))


def to_pixels(picture: Image.Image) -> NDArray[np.uint8]:
    """Return a grey or colour Pillow image as uint8 (C, H, W)."""
    pixels = np.asarray(picture)
    return pixels[None] if pixels.ndim == 2 else pixels.transpose(2, 0, 1)


def measure_unknown(
    source: str, foreign: tuple[str, ...], recipe: Recipe, data_dir: Path | None
) -> list[dict[str, Any]]:
    """Train a network that may answer `unknown`, and return how often it does on each set."""
    with TemporaryDirectory() as folder:
        run = train(
            source,
            recipe.model_copy(update={"unknown": True}),
            out=Path(folder, "run"),
            data_dir=data_dir,
        )
        rows = []
        for name in (source, *foreign):
            data = open_data(name, data_dir=data_dir)
            part = data.test or data.train
            unknown = run.predict(part).unknown
            if unknown is None:
                print("The network is unsure of its own items, so nothing is answered `unknown`.")
                return [{"set": name, "threshold": None}]
            low, high = wilson_interval(int(unknown.sum()), len(unknown))
            rows.append(
                {
                    "set": name,
                    "threshold": run.contract.unknown_below,
                    "pictures": len(unknown),
                    "unknown": float(unknown.mean()),
                    "low": low,
                    "high": high,
                }
            )
    return rows
