"""Go on with a training beyond the epochs that were planned.

From there on it is what a training with so many epochs would do at that point: the learning rate
jumps to where that schedule has it, and ends as that schedule does. The network is another one than
if all epochs had been planned at once.
"""

import tomli_w

from noonbit.config.recipe import Recipe
from noonbit.errors import UsageError, plural
from noonbit.runs.run import Run
from noonbit.system.files import write_json, write_text
from noonbit.training.learning_rate import make_learning_rate
from noonbit.training.setup import PreparedTraining
from noonbit.training.steering import Steering, steps_per_epoch

RESULTS = ("evaluation.json", "predictions.parquet", "report.html", "weights.safetensors")
"""Files of a finished run that its continuation writes anew; the checkpoint has the weights."""


def extended_recipe(recipe: Recipe, epochs: int) -> Recipe:
    """Return the recipe for so many epochs in all, which no budget and no patience ends before."""
    return recipe.model_copy(update={"epochs": epochs, "time_budget": None, "patience": None})


def extend(run: Run, prepared: PreparedTraining, epochs: int) -> None:
    """Turn a run into one of so many epochs; `prepared` stands where it stopped.

    Raises `UsageError` if it has that many already.
    """
    state, context = prepared.state, prepared.context
    if epochs <= state.epoch:
        raise UsageError(
            f"{run.word} has {plural(state.epoch, 'epoch')} behind it, and --epochs counts them "
            f"too; give {state.epoch + 1} or more."
        )
    steps = steps_per_epoch(len(context.train), context.plan.batch_size)
    steering = Steering(state, context, make_learning_rate(state, context, steps))
    steering.apply_changes()
    extension = {
        "epoch": state.epoch,
        "step": state.step,
        "planned": run.recipe.epochs,
        "epochs": epochs,
        "lr": steering.next_rate(),
        "schedule": context.plan.schedule,
    }
    run.recipe = extended_recipe(run.recipe, epochs)
    write_text(run.path / "recipe.toml", tomli_w.dumps(run.recipe.model_dump(exclude_none=True)))
    run.metadata.pop("result", None)
    reasons = {name: why for name, why in run.metadata["reasons"].items() if name != "epochs"}
    # First of all the run is no longer finished, so that a kill leaves none without its results.
    run.update(
        status="training",
        reasons=reasons,
        extensions=[*run.metadata.get("extensions", []), extension],
    )
    for name in RESULTS:
        (run.path / name).unlink(missing_ok=True)
    # Temperature and threshold belong to the weights of before.
    run.contract = run.contract.model_copy(update={"temperature": 1.0, "unknown_below": None})
    write_json(run.path / "contract.json", run.contract.model_dump())
