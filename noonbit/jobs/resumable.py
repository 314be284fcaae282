"""Whether a stopped training can go on, and with which settings."""

from noonbit.config.recipe import Recipe
from noonbit.errors import ArtefactError, UsageError, plural
from noonbit.runs.network_code import name_to_build
from noonbit.runs.run import Run
from noonbit.runs.stored_run import CHECKPOINT


def require_resumable(run: Run, epochs: int | None = None) -> None:
    """Raise `UsageError` for a run that is diverged, or finished and not to be extended."""
    who = "A member of " if run.is_ensemble else ""
    if epochs is not None and run.recipe.fits_head_alone:
        raise UsageError(
            f"{run.path.name} fitted its last layer at once, so there are no epochs to go on with. "
            "To train the other layers too: noonbit train SOURCE --pretrained --finetune"
        )
    if run.metadata["status"] == "finished" and epochs is None:
        further = (
            ""
            if run.is_ensemble or run.recipe.fits_head_alone
            else (
                f" To go on beyond its {plural(run.metadata['result']['epochs'], 'epoch')}: "
                f"noonbit train --resume {run.word} --epochs N"
            )
        )
        raise UsageError(f"{run.path.name} is finished; there is nothing to resume.{further}")
    if run.metadata["status"] == "diverged":
        raise UsageError(
            f"{who}{run.path.name} diverged and would again. "
            "Train anew with a smaller --learning-rate or a longer --warmup."
        )


def require_no_checkpoint_needed(run: Run) -> None:
    """Raise `ArtefactError` if a training cannot start over from its recipe."""
    if run.metadata["status"] == "finished":
        raise ArtefactError(
            f"{run.path / CHECKPOINT} is missing, so the training cannot go on. Begin another "
            f"with its weights: noonbit train SOURCE --from {run.word}"
        )
    if "initial" in run.metadata:
        raise ArtefactError(
            f"{run.path.name} was stopped before it had saved the weights of "
            f"{run.metadata['initial']['run']}. Begin it again with --from."
        )


def recipe_as_started(run: Run) -> Recipe:
    """Return the run's recipe with the threads, precision and engine of its start.

    Rounding depends on them. The network is that of run.json, a file's from the run's copy.
    """
    machine, model = run.metadata["machine"], run.metadata["model"]
    update = {name: machine[name] for name in ("threads", "precision", "engine")}
    if not model["python"]:
        update["model"] = name_to_build(run.path, model)
    return run.recipe.model_copy(update=update)
