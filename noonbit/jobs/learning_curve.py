"""Train on parts of the training items too, to learn what more of them would bring.

    runs/20261128-101500-glance-mnist/
      ...                     the run of all training items
      learning_curve.json     what came out
      learning_curve/1/ ..    the runs of an eighth, a quarter and half of them

Each part is trained by the same recipe, with what it leaves open derived for so many items, and is
measured on the same test items. A smaller part lies in the larger ones.
"""

from pathlib import Path

import numpy as np

from noonbit.config.recipe import Recipe
from noonbit.errors import DataError
from noonbit.evaluation.learning_curve import SHARES, CurvePoint, LearningCurve, gain_of_twice
from noonbit.evaluation.significance import paired_gain
from noonbit.jobs.observer import Observer
from noonbit.jobs.single import train_one
from noonbit.report.page import write_report
from noonbit.runs.learning_curve import FOLDER, write_learning_curve
from noonbit.runs.predictions import read_predictions
from noonbit.runs.run import Run


def add_learning_curve(
    run: Run, source: str | Path, recipe: Recipe, *, data_dir: Path | None, observer: Observer
) -> LearningCurve:
    """Train on the parts of a finished run's training items, and write its learning curve.

    `recipe` is that of the run, as it was given. Raises as `train_one`, and `DataError` for a run
    without test items.
    """
    whole = read_predictions(run)
    if not len(whole):
        raise DataError(
            f"{run.word} has no test items, so no learning curve can be measured. Add a test part."
        )
    runs = [
        train_one(
            source,
            recipe.model_copy(update={"training_share": share * recipe.training_share}),
            out=run.path / FOLDER / str(number),
            data_dir=data_dir,
            observer=observer,
        )
        for number, share in enumerate(SHARES[:-1], start=1)
    ]
    points = [*(point_of(each, f"{FOLDER}/{each.path.name}") for each in runs), point_of(run, "")]
    gain = paired_gain(whole.right, read_predictions(runs[-1]).right)
    curve = LearningCurve(
        points=tuple(points),
        last_gain=gain.gain,
        last_gain_low=gain.low,
        last_gain_high=gain.high,
        gain_of_twice=gain_of_twice(
            [point.train_items for point in points],
            [point.accuracy for point in points],
            len(whole),
        ),
    )
    write_learning_curve(run, curve)
    write_report(run, run.items(data_dir=data_dir))
    return curve


def point_of(run: Run, folder: str) -> CurvePoint:
    """Return a finished run as a point of the curve."""
    evaluation = run.evaluation
    assert evaluation is not None  # noqa: S101 - the run has just been trained
    return CurvePoint(
        run=folder,
        train_items=int(np.sum(run.metadata["data"]["counts"]["train"])),
        test_items=evaluation.items,
        correct=evaluation.correct,
        accuracy=evaluation.accuracy,
        low=evaluation.accuracy_low,
        high=evaluation.accuracy_high,
    )
