"""noonbit errors RUN"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter, validators

from noonbit.cli.output import DataDir, Json, OutFile, print_json, print_table, say
from noonbit.errors import UsageError, plural

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from noonbit.data.prepared import PreparedDataset
    from noonbit.runs.predictions import StoredPredictions
    from noonbit.runs.run import Run

COLUMNS = 5
"""Pictures per row of the sheet."""


def errors(
    run: str = "last",
    *,
    count: Annotated[int, Parameter(validator=validators.Number(gte=1))] = 25,
    order: Literal["worst", "first"] = "worst",
    out: OutFile = None,
    data_dir: DataDir = None,
    json: Json = False,
) -> None:
    """Draw the test images that a run got wrong, each titled with its real and predicted class.

    Of sentences, print them.

    Parameters
    ----------
    run
        A run folder, a unique beginning of its name, or `last`.
    count
        How many of them at most.
    order
        `worst`: the most confident mistakes first; `first`: in the order of the data.
    out
        The PNG to write; by default errors.png in the run folder.
    """
    from noonbit.runs.folder import load_run
    from noonbit.runs.predictions import read_predictions

    loaded = load_run(run)
    preprocessor = loaded.contract.preprocessor
    if out is not None and preprocessor.shown_as != "picture":
        raise UsageError(
            f"--out draws pictures, and {loaded.path.name} takes {preprocessor.input_kind}."
        )
    answers = read_predictions(loaded)
    wrong = answers.wrong(order)
    mistakes = mistake_rows(loaded, answers, wrong[:count])
    picture = None
    if mistakes and preprocessor.shown_as == "picture":
        picture = out or loaded.path / "errors.png"
        draw(picture, loaded.items(data_dir=data_dir), mistakes)
    elif mistakes and preprocessor.shown_as == "text":
        items = loaded.items(data_dir=data_dir)
        mistakes = [one | {"text": items.text(one["item"])} for one in mistakes]
    if json:
        print_json(
            {
                "run": str(loaded.path),
                "test_items": len(answers),
                "wrong": len(wrong),
                "order": order,
                "picture": None if picture is None else str(picture),
                "mistakes": mistakes,
            }
        )
    elif mistakes:
        print_mistakes(mistakes)
    say(f"\n{len(wrong):,} of {plural(len(answers), f'test {preprocessor.noun}')} wrong")
    if picture is not None:
        say(f"picture  {picture} ({plural(len(mistakes), 'image')})")
    say(f"next     noonbit report {loaded.word}")


def mistake_rows(
    run: "Run", answers: "StoredPredictions", rows: "NDArray[np.int64]"
) -> list[dict[str, Any]]:
    """Return the predictions at `rows` as plain values, in that order."""
    return [
        {
            "item": int(answers.items[row]),
            "name": answers.names[row],
            "label": run.class_names[answers.labels[row]],
            "prediction": run.class_names[answers.predictions[row]],
            "probability": float(answers.confidence[row]),
            "label_probability": float(answers.probabilities[row, answers.labels[row]]),
        }
        for row in rows
    ]


def draw(path: Path, items: "PreparedDataset", mistakes: Sequence[dict[str, Any]]) -> None:
    """Write a PNG sheet of the pictures, titled with their real and predicted classes."""
    from noonbit.data.contact_sheet import draw_grid, write_png

    titles = [f"real {one['label']}\npredicted {one['prediction']}" for one in mistakes]
    numbers = [one["item"] for one in mistakes]
    write_png(path, draw_grid(items.values[numbers], titles, columns=COLUMNS))


def print_mistakes(mistakes: Sequence[dict[str, Any]]) -> None:
    """Print a line per mistake, with the text of a sentence or the name of any other item."""
    last = "text" if "text" in mistakes[0] else "name"
    print_table(
        ("item", "real", "predicted", "probability", last),
        [
            (
                str(one["item"]),
                one["label"],
                one["prediction"],
                f"{one['probability']:.4f}",
                one[last],
            )
            for one in mistakes
        ],
    )
