"""noonbit predict RUN INPUTS"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter, validators

from noonbit.commands.output import Json, print_json, print_table, say
from noonbit.errors import DataError, UsageError, plural

if TYPE_CHECKING:
    from noonbit.predict import Predictions

SHOWN_ROWS = 50
"""More are counted, not printed; --out keeps them all."""


def predict(
    run: str,
    /,
    *inputs: str,
    top: Annotated[int, Parameter(validator=validators.Number(gte=1))] = 1,
    out: Path | None = None,
    json: Json = False,
) -> None:
    """Name the classes of new images.

    Parameters
    ----------
    run
        A run folder, a unique beginning of its name, or `last`.
    inputs
        Pictures, folders of pictures, archives, arrays (.npy, .npz) or tables of pixels.
    top
        How many classes to give for each image, the most probable first.
    out
        Write all rows here: .csv, .json or .parquet, by the ending.
    json
        Print one JSON object on stdout.
    """
    if not inputs:
        raise UsageError("noonbit predict takes a run and at least one picture, folder or array.")
    if out is not None and out.suffix not in (".csv", ".json", ".parquet"):
        raise UsageError(f"--out {out} ends in '{out.suffix}'; use .csv, .json or .parquet.")
    from noonbit.runs import load_run

    loaded = load_run(run)
    predictions = loaded.predict(list(inputs))
    rows = predictions.rows(top)
    for item in predictions.bad:
        say(f"left out {item}")
    for adjustment, found in predictions.adjusted.items():
        say(f"note     {plural(len(found), 'image')} {was(adjustment, len(found))}")
    if out is not None and rows:
        write_rows(out, rows)
        say(f"wrote    {out} ({plural(len(rows), 'row')})")
    if json:
        print_json(
            {"run": str(loaded.path), "predictions": rows, "left_out": left_out(predictions)}
        )
    elif out is None and rows:
        print_table(
            [column.replace("_", " ") for column in rows[0]],
            [[format_value(value) for value in row.values()] for row in rows[:SHOWN_ROWS]],
        )
        if len(rows) > SHOWN_ROWS:
            say(f"... and {len(rows) - SHOWN_ROWS:,} more; --out predictions.csv keeps them all")
    if not rows:
        raise DataError("None of the inputs could be read; see the lines above.")


def was(adjustment: str, count: int) -> str:
    """How an adjustment reads in a sentence."""
    verb = "is" if count == 1 else "are"
    if adjustment == "blank":
        return f"{verb} blank: one level everywhere, so the prediction means nothing"
    if adjustment == "inverted":
        return f"{verb} inverted, since the network learned from the other polarity"
    return f"{verb} {adjustment} to fit the network"


def left_out(predictions: "Predictions") -> list[dict[str, str]]:
    """The inputs without a row."""
    return [{"name": item.name, "reason": item.reason} for item in predictions.bad]


def format_value(value: object) -> str:
    """Probabilities with four digits, names as they are."""
    return f"{value:.4f}" if isinstance(value, float) else str(value)


def write_rows(path: Path, rows: list[dict[str, Any]]) -> None:
    """The rows as CSV, JSON or Parquet, whole or not at all."""
    import pyarrow as pa
    import pyarrow.csv
    import pyarrow.parquet

    from noonbit.atomic import write, write_json

    table = pa.Table.from_pylist(rows)
    if path.suffix == ".json":
        write_json(path, rows)
    elif path.suffix == ".csv":
        write(path, lambda temporary: pyarrow.csv.write_csv(table, temporary))
    else:
        write(path, lambda temporary: pyarrow.parquet.write_table(table, temporary))
