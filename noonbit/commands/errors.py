"""noonbit errors RUN"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter, validators

from noonbit.commands.output import DataDir, Json, print_json, print_table, say
from noonbit.errors import UsageError, plural

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from noonbit.report.answers import Answers
    from noonbit.run import Run

COLUMNS = 5
"""Pictures in a row of the sheet."""


def errors(
    run: str = "last",
    *,
    count: Annotated[int, Parameter(validator=validators.Number(gte=1))] = 25,
    order: Literal["worst", "first"] = "worst",
    out: Path | None = None,
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
        How many images to draw at most.
    order
        `worst`: the most confident mistakes first; `first`: in the order of the data.
    out
        The PNG to write; by default errors.png in the run folder.
    data_dir
        Where to look for known data sets first.
    json
        Print one JSON object on stdout.
    """
    from noonbit.atomic import write
    from noonbit.gallery import grid
    from noonbit.report.answers import read_answers
    from noonbit.runs import load_run

    loaded = load_run(run)
    answers = read_answers(loaded)
    wrong = answers.wrong(order)
    mistakes = described(loaded, answers, wrong[:count])
    takes = loaded.contract.framing.takes
    if out is not None and takes != "pictures":
        raise UsageError(f"--out draws pictures, and {loaded.path.name} takes {takes}.")
    picture = (out or loaded.path / "errors.png") if mistakes and takes == "pictures" else None
    if mistakes and takes == "sentences":
        items = loaded.items(data_dir=data_dir)
        for one in mistakes:
            one["text"] = items.text(one["item"])
    if picture is not None:
        items = loaded.items(data_dir=data_dir)
        sheet = grid(
            items.values[answers.items[wrong[:count]]],
            [f"real {one['label']}\npredicted {one['prediction']}" for one in mistakes],
            columns=COLUMNS,
        )
        write(picture, lambda temporary: sheet.save(temporary, "PNG"))
    if json:
        print_json(
            {
                "run": str(loaded.path),
                "test_images": len(answers),
                "wrong": len(wrong),
                "order": order,
                "picture": None if picture is None else str(picture),
                "mistakes": mistakes,
            }
        )
    elif mistakes:
        print_table(
            (
                "item",
                "real",
                "predicted",
                "probability",
                "text" if takes == "sentences" else "name",
            ),
            [
                (
                    str(one["item"]),
                    one["label"],
                    one["prediction"],
                    f"{one['probability']:.4f}",
                    one.get("text", one["name"]),
                )
                for one in mistakes
            ],
        )
    noun = loaded.contract.framing.noun
    say(f"\n{len(wrong):,} of {plural(len(answers), f'test {noun}')} wrong")
    if picture is not None:
        say(f"picture  {picture} ({plural(len(mistakes), 'image')})")
    say(f"next     noonbit report {loaded.word}")


def described(run: "Run", answers: "Answers", rows: "NDArray[np.int64]") -> list[dict[str, Any]]:
    """The answers at `rows` as plain values, in that order."""
    return [
        {
            "item": int(answers.items[row]),
            "name": answers.names[row],
            "label": run.class_names[answers.labels[row]],
            "prediction": run.class_names[answers.predictions[row]],
            "probability": float(answers.stated[row]),
            "label_probability": float(answers.probabilities[row, answers.labels[row]]),
        }
        for row in rows
    ]
