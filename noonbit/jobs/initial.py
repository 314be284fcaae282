"""Begin a training with the weights of a finished run, on the same data or on other data.

The run brings its network, its classes, and how an input is preprocessed and normalised, since its
weights have learned to expect that. The schedule and the optimiser begin anew.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from torch import nn

from noonbit.config.ensemble import EnsembleSettings
from noonbit.config.recipe import Recipe
from noonbit.data.prepared import PreparedDataset, load
from noonbit.data.preprocess.base import require_fitting_settings
from noonbit.data.split import Split
from noonbit.errors import DataError, UsageError, join_first, plural
from noonbit.runs.network import best_weights, require_rebuildable
from noonbit.runs.network_code import name_to_build
from noonbit.runs.run import Run
from noonbit.terminal import shell_word
from noonbit.training.setup import InitialWeights

BROUGHT = ("model", "image_size", "channels", "normalise", "vectors")
"""Settings that the run brings, so nothing else can be asked for."""


@dataclass(frozen=True, slots=True)
class Beginning:
    """What a training begins with that begins with the weights of a run."""

    weights: InitialWeights
    recipe: Recipe
    """With the settings that the run brings."""
    items: PreparedDataset
    metadata: dict[str, Any]
    """For run.json: the run, and what is known of its training items."""


def begin_from(
    run: Run, source: str | Path, recipe: Recipe, *, model: nn.Module | None, data_dir: Path | None
) -> Beginning:
    """Load `source` as the inputs of `run`, to train its network further.

    Raises `UsageError` for settings that contradict the run, and for an ensemble, `ArtefactError`
    for a run that has no weights yet, and `DataError` for other classes.
    """
    if run.is_ensemble:
        member = run.metadata["model"]["members"][0]["run"]
        raise UsageError(
            f"{run.word} answers with several networks, and --from begins with one: "
            f"--from {shell_word(str(run.path / member))}, for instance."
        )
    if model is None:
        require_rebuildable(run)
    recipe = with_brought_settings(recipe, run, takes_model=model is None)
    if model is None:
        _ = run.model  # raises if the weights do not fit it
    weights, epoch = best_weights(run)
    preprocessor = run.contract.preprocessor
    require_fitting_settings(preprocessor, recipe.explicit_settings(), str(source))
    items = load(source, recipe, data_dir=data_dir, preprocessor=preprocessor)
    require_same_classes(items, run)
    contract = run.contract.model_copy(update={"temperature": 1.0})
    metadata = {
        "run": str(run.path),
        "source": run.metadata["source"],
        "epoch": epoch,
        "tensors": len(weights),
        "learned_test_items": count_learned(items, run),
    }
    return Beginning(InitialWeights(weights, contract, run.word), recipe, items, metadata)


def refuse_several(ensemble: EnsembleSettings) -> None:
    """Raise `UsageError` for an ensemble or a cross-validation."""
    if ensemble.folds is not None:
        raise UsageError(
            "--folds tests each network on items that it did not learn from, and the weights of "
            "--from may have learned from all of them; leave out --folds, or --from."
        )
    if ensemble.members is not None:
        raise UsageError(
            "The members of an ensemble differ by how they begin, so they cannot all begin with "
            "the weights of --from; leave out --members, or --from."
        )


def with_brought_settings(recipe: Recipe, run: Run, *, takes_model: bool) -> Recipe:
    """Return the recipe with the settings that the run brings.

    Raises `UsageError` if the recipe has another value for one of them.
    """
    brought = {}
    of_run = run.recipe
    if takes_model:
        model = name_to_build(run.path, run.metadata["model"])
        of_run = of_run.model_copy(update={"model": model})
    for name in BROUGHT if takes_model else BROUGHT[1:]:
        value, asked = getattr(of_run, name), getattr(recipe, name)
        if asked not in (None, value):
            flag = f"--{name.replace('_', '-')}"
            own = f"has {value}" if value is not None else "was trained without"
            raise UsageError(
                f"{flag} {asked} does not go with --from {run.word}, which {own}; the weights fit "
                f"nothing else, so leave out {flag}."
            )
        if value is not None:
            brought[name] = value
    return Recipe.model_validate({**recipe.explicit_settings(), **brought})


def require_same_classes(items: PreparedDataset, run: Run) -> None:
    """Raise `DataError` unless the items have the classes of the run."""
    here, there = items.data.class_names, run.class_names
    if here == there:
        return
    only_here = [name for name in here if name not in there]
    only_there = [name for name in there if name not in here]
    difference = (
        f"{join_first(only_here, 3)} only in the source"
        if only_here
        else f"{join_first(only_there, 3)} only in the run"
        if only_there
        else "the same ones in another order"
    )
    raise DataError(
        f"{items.data.source} has {plural(len(here), 'class', 'classes')}, and {run.word} knows "
        f"{len(there):,}: {difference}. --from needs data with the same classes by the same names."
    )


def count_learned(items: PreparedDataset, run: Run) -> int | None:
    """Return how many of the test items the run has learned from, or was chosen by.

    On the same data, by their numbers; on other data, those that are exact copies. None if its
    items cannot be loaded any more, or are computed on demand.
    """
    if items.fingerprint == run.metadata["data"]["fingerprint"]:
        return len(np.intersect1d(items.split.test, seen_by(run.split)))
    try:
        learned = run.items()
    except DataError:
        return None
    if not isinstance(learned.values, np.ndarray) or not isinstance(items.values, np.ndarray):
        return None
    contents = {learned.values[number].tobytes() for number in seen_by(learned.split)}
    return sum(items.values[number].tobytes() in contents for number in items.split.test)


def seen_by(split: Split) -> "np.ndarray[Any, np.dtype[np.int64]]":
    """Return the numbers of the items that a training saw: all but the test items."""
    return np.concatenate([split.train, split.validation])
