"""noonbit predict RUN --random N: show test items of a run with their labels and predictions.

The predictions are those of predictions.parquet, which holds the test split and nothing else. In a
cross-validation each is that of the one network that did not train on the item.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from noonbit.cli.output import print_diagram, print_json, print_line, say, write_rows
from noonbit.cli.terminal_picture import picture_text
from noonbit.errors import DataError, UsageError, plural
from noonbit.runs.predictions import StoredPredictions, read_predictions

if TYPE_CHECKING:
    from noonbit.data.prepared import PreparedDataset
    from noonbit.runs.run import Run

SHOWN_ITEMS = 20
"""Items shown at most; --out writes all."""
LARGEST_SEED = 2**31


def show_random_items(
    run: "Run",
    count: int,
    *,
    seed: int | None,
    top: int,
    out: Path | None,
    escape_formulas: bool,
    data_dir: Path | None,
    json: bool,
) -> None:
    """Show `count` different test items of a run, others each time unless there is a `seed`.

    `out` gets their rows (.csv, .json, .parquet), or a sheet of the pictures (.png). Raises
    `UsageError` for another ending and for more items than the test split has, and `ArtefactError`
    for an unfinished run.
    """
    preprocessor = run.contract.preprocessor
    if out is not None:
        require_ending(out, draws_pictures=preprocessor.shown_as == "picture")
    answers = read_predictions(run)
    if count > len(answers):
        raise UsageError(
            f"--random {count} is more than the {plural(len(answers), f'test {preprocessor.noun}')}"
            f" of {run.path.name}; give 1 to {len(answers):,}."
        )
    if seed is None:
        seed = int(np.random.default_rng().integers(LARGEST_SEED))
    chosen = np.random.default_rng(seed).choice(len(answers), size=count, replace=False)
    rows = list_rows(run, answers, chosen, top)
    items = None
    if preprocessor.shown_as == "text" or not json or (out is not None and out.suffix == ".png"):
        items = open_items(run, data_dir)
    if items is not None and preprocessor.shown_as == "text":
        rows = [row | {"text": items.text(row["item"]).strip()} for row in rows]
    if out is not None:
        write(out, rows, items, escape_formulas=escape_formulas)
    if json:
        print_json({"run": str(run.path), "seed": seed, "test_items": len(answers), "items": rows})
    elif out is None:
        for row, number in zip(rows[:SHOWN_ITEMS], chosen, strict=False):
            show(row, items, answers.probabilities[number])
        if len(rows) > SHOWN_ITEMS:
            say(f"... and {len(rows) - SHOWN_ITEMS:,} more; --out items.csv keeps them all")
    say(f"again    noonbit predict {run.word} --random {count} --seed {seed}")
    say(f"next     noonbit errors {run.word}")


def require_ending(out: Path, *, draws_pictures: bool) -> None:
    """Raise `UsageError` for the ending of a file that items cannot be written as."""
    endings = [".csv", ".json", ".parquet", *([".png"] if draws_pictures else [])]
    if out.suffix not in endings:
        raise UsageError(
            f"--out {out} ends in '{out.suffix}'; use {', '.join(endings[:-1])} or {endings[-1]}."
        )


def list_rows(
    run: "Run", answers: StoredPredictions, chosen: NDArray[np.int64], top: int
) -> list[dict[str, Any]]:
    """Return the answers at `chosen` as plain values, with the `top` most probable classes."""
    rows = []
    for number in chosen:
        probabilities = answers.probabilities[number]
        row: dict[str, Any] = {
            "item": int(answers.items[number]),
            "name": answers.names[number],
            "label": run.class_names[answers.labels[number]],
            "prediction": run.class_names[answers.predictions[number]],
            "probability": float(answers.confidence[number]),
        }
        best = np.argsort(-probabilities, kind="stable")[:top]
        for rank, label in enumerate(best[1:], start=2):
            row[f"prediction_{rank}"] = run.class_names[label]
            row[f"probability_{rank}"] = float(probabilities[label])
        rows.append(row)
    return rows


def open_items(run: "Run", data_dir: Path | None) -> "PreparedDataset | None":
    """Open the run's data again; None, with a note, if they are gone or have changed."""
    try:
        return run.items(data_dir=data_dir)
    except DataError as error:
        say(f"note     the items themselves are not shown: {error}")
        return None


def show(
    row: dict[str, Any], items: "PreparedDataset | None", probabilities: NDArray[np.float32]
) -> None:
    """Print an item as a person sees it, then its label and prediction."""
    title = f"test item {row['item']}: {row['name']}"
    if items is None:
        print_line(title)
    elif items.preprocessor.shown_as == "picture":
        print_diagram(title, picture_text(items.values[row["item"]]))
    elif items.preprocessor.shown_as == "text":
        print_line(title)
        print_line(row["text"])
    elif items.preprocessor.input_kind == "boards":
        from noonbit.data.go.boards import as_boards

        boards = as_boards(items.data.train.raw)
        diagram = boards.diagram(row["item"], probabilities)
        title += f", {boards.to_play(row['item'])} to play"
        print_diagram(title, diagram.text())
    else:
        print_line(title)
    best = [(row["prediction"], row["probability"])]
    for rank in range(2, 2 + sum(key.startswith("prediction_") for key in row)):
        best.append((row[f"prediction_{rank}"], row[f"probability_{rank}"]))
    print_line(f"label       {row['label']}")
    shown = ", ".join(f"{name} {probability:.4f}" for name, probability in best)
    print_line(f"prediction  {shown}")
    print_line()


def write(
    out: Path,
    rows: list[dict[str, Any]],
    items: "PreparedDataset | None",
    *,
    escape_formulas: bool,
) -> None:
    """Write a sheet of the pictures with their labels and predictions, or the rows."""
    from noonbit.data.contact_sheet import draw_grid, write_png

    if out.suffix != ".png":
        write_rows(out, rows, escape_formulas=escape_formulas)
    elif items is not None:
        titles = [f"label {row['label']}\nprediction {row['prediction']}" for row in rows]
        numbers = [row["item"] for row in rows]
        write_png(out, draw_grid(items.values[numbers], titles, columns=5))
    else:
        raise DataError(f"{out} cannot be drawn without the pictures.")
    say(f"wrote    {out} ({plural(len(rows), 'item')})")
