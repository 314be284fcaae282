"""The Python face: the command line's job with values instead of flags.

run = noonbit.train("mnist", model="cnn", epochs=3)
run = noonbit.load_run("last")
"""

from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from torch import nn

from noonbit.config.ensemble import Combine, EnsembleSettings
from noonbit.config.recipe import Recipe
from noonbit.jobs.combine import combine_runs as ensemble_runs
from noonbit.jobs.observer import Observer
from noonbit.jobs.progress import display
from noonbit.jobs.train import resume as resume_run
from noonbit.jobs.train import train as train_source
from noonbit.models.custom import trust_named
from noonbit.runs.folder import load_run
from noonbit.runs.run import Run
from noonbit.system.paths import output_path, user_path

__all__ = ["ensemble", "load_run", "resume", "train"]


def train(
    source: str | Path,
    *,
    model: str | nn.Module | None = None,
    from_run: Run | str | Path | None = None,
    out: str | Path | None = None,
    data_dir: str | Path | None = None,
    live: bool = False,
    observer: Observer | None = None,
    **settings: Any,
) -> Run:
    """Train a classifier and return its run, whose folder holds weights, figures and report.

    `model` is a name of the catalogue, `file.toml`, `path.py:function`, or a `torch.nn.Module` that
    takes float32 images (N, C, H, W) and gives logits (N, classes). The training begins with the
    weights of `from_run`, a run or its name, whose network and classes it then has, or with
    published ones (`pretrained="efficientnet-lite0"`, or a file). `settings` are the fields of
    `Recipe`, and for an ensemble or a cross-validation those of `EnsembleSettings` (`members=7`,
    `folds=10`), checked by name and value. With `live`, others can watch and steer it through its
    folder (`noonbit watch`, `noonbit studio`). `observer` shows the progress; by default a bar or
    lines on stderr. Raises the errors of errors.py.
    """
    network = model if isinstance(model, nn.Module) else None
    if model is not None and network is None:
        settings["model"] = model
    of_ensemble = {
        name: settings.pop(name) for name in EnsembleSettings.model_fields if name in settings
    }
    recipe = Recipe.from_settings(settings, origin="noonbit.train")
    ensemble = EnsembleSettings.from_settings(of_ensemble, origin="noonbit.train")
    trust_named([recipe.model, *(ensemble.member_models or "").split(",")])
    with nullcontext(observer) if observer is not None else display() as shown:
        return train_source(
            source,
            recipe,
            ensemble,
            model=network,
            from_run=load_run(from_run) if isinstance(from_run, str | Path) else from_run,
            out=None if out is None else output_path(out),
            data_dir=as_path(data_dir),
            live=live,
            observer=shown,
        )


def ensemble(
    runs: Sequence[Run | str | Path],
    *,
    combine: Combine | None = None,
    out: str | Path | None = None,
    data_dir: str | Path | None = None,
    observer: Observer | None = None,
) -> Run:
    """Let finished runs on the same data answer as one, and return that run.

    `runs` are runs, their paths or unique beginnings of their names. `combine` is `sum` (of
    the networks' outputs, the default), `probabilities` (their mean) or `vote`. Raises the errors
    of errors.py.
    """
    settings = EnsembleSettings.from_settings({"combine": combine}, origin="noonbit.ensemble")
    members = [run if isinstance(run, Run) else load_run(run) for run in runs]
    with nullcontext(observer) if observer is not None else display() as shown:
        return ensemble_runs(
            members,
            combine=settings.combine,
            out=None if out is None else output_path(out),
            data_dir=as_path(data_dir),
            observer=shown,
        )


def resume(
    run: Run | str | Path = "last",
    *,
    source: str | Path | None = None,
    epochs: int | None = None,
    model: nn.Module | None = None,
    trust: bool = False,
    data_dir: str | Path | None = None,
    live: bool = False,
    observer: Observer | None = None,
) -> Run:
    """Continue a training that was stopped or killed, as if it never had been.

    `run` is a run, its path, a unique beginning of its name, or `last`. `source` is the new place
    of data that was moved. With `epochs`, in all, the training goes on beyond its plan, also if it
    is finished; from here on it has the learning rates of a training of so many epochs. `model` is
    the network of a run that was trained with a Python object, freshly initialised as it was then.
    `trust` is that of `load_run`, `live` that of `train`. Raises the errors of errors.py.
    """
    begun = run if isinstance(run, Run) else load_run(run)
    if trust:
        begun.trust()
    with nullcontext(observer) if observer is not None else display() as shown:
        return resume_run(
            begun,
            source=source,
            epochs=epochs,
            model=model,
            data_dir=as_path(data_dir),
            live=live,
            observer=shown,
        )


def as_path(path: str | Path | None) -> Path | None:
    """Return a path that may have been given as text; raises `TypeError` for anything else."""
    return None if path is None else user_path(path)
