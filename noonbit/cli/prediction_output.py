"""Print or write what noonbit predict was answered, by a run, a file or a server."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from noonbit.cli.output import (
    print_json,
    print_line,
    print_table,
    say,
    say_adjustments,
    write_rows,
)
from noonbit.errors import DataError, UsageError, plural

if TYPE_CHECKING:
    from collections.abc import Sequence

    from noonbit.data.preprocess.base import Preprocessor
    from noonbit.evaluation.inference import Predictions
    from noonbit.explain.ngrams import NGramExplanation

SHOWN_NGRAMS = 8
"""N-grams printed per sentence, and in a row of a CSV, those with the largest contributions."""
SHOWN_ROWS = 50
"""Rows printed at most; --out writes all."""
MOST_LEFT_OUT = 20
"""Inputs that could not be read which are printed; --json has all."""


class Answer(NamedTuple):
    """What was predicted, and by whom."""

    predictions: "Predictions"
    kind: "Preprocessor | type[Preprocessor]"
    """Has the words for the inputs."""
    origin: dict[str, str]
    """Says in JSON who answered."""
    explanations: "Sequence[NGramExplanation]" = ()


def require_form_of_output(out: Path | None, like: Path | None) -> None:
    """Raise `UsageError` or `DataError` for a file that predictions cannot be written as."""
    if out is not None and out.suffix not in (".csv", ".json", ".parquet"):
        raise UsageError(f"--out {out} ends in '{out.suffix}'; use .csv, .json or .parquet.")
    if like is not None and (out is None or out.suffix != ".csv"):
        raise UsageError(f"--like {like} shows the form of a file: add --out submission.csv.")
    if like is not None:
        from noonbit.evaluation.submission import require_form

        require_form(like)


def give_predictions(
    answer: Answer,
    *,
    top: int,
    out: Path | None,
    like: Path | None,
    escape_formulas: bool,
    json: bool,
) -> None:
    """Print predictions, or write them to `out`; raises `DataError` if there are none."""
    predictions, kind, origin, explanations = answer
    rows = predictions.rows(top)
    nested = rows
    if explanations:
        whole = [explanation.as_dict(predictions.class_names) for explanation in explanations]
        nested = [row | {"explanation": one} for row, one in zip(rows, whole, strict=True)]
    say_notes(kind, predictions)
    if out is not None and rows:
        if like is not None:
            write_like(like, out, predictions)
        elif explanations and out.suffix == ".csv":
            flat = add_weights(rows, explanations, predictions.class_names)
            write_rows(out, flat, escape_formulas=escape_formulas)
        else:
            write_rows(out, nested, escape_formulas=escape_formulas)
        say(f"wrote    {out} ({plural(len(rows), 'row') if like is None else f'as {like}'})")
    if json:
        left_out = [{"name": item.name, "reason": item.reason} for item in predictions.bad]
        print_json({**origin, "predictions": nested, "left_out": left_out})
    elif out is None:
        print_rows(rows, explanations, predictions.class_names)
    if not rows:
        raise DataError("None of the inputs could be read; see the lines above.")


def say_notes(kind: "Preprocessor | type[Preprocessor]", predictions: "Predictions") -> None:
    """Print which inputs could not be read, and what was changed in others."""
    for item in predictions.bad[:MOST_LEFT_OUT]:
        say(f"left out {item}")
    if len(predictions.bad) > MOST_LEFT_OUT:
        say(f"left out {len(predictions.bad) - MOST_LEFT_OUT:,} more; --json has all")
    counts = {name: len(found) for name, found in predictions.adjusted.items()}
    say_adjustments(kind, counts)


def print_rows(
    rows: "list[dict[str, Any]]",
    explanations: "Sequence[NGramExplanation]",
    class_names: "Sequence[str]",
) -> None:
    """Print the first predictions, each with its explanation if there is one."""
    shown = rows[:SHOWN_ROWS]
    if explanations:
        for row, explanation in zip(shown, explanations, strict=False):
            print_explanation(row, explanation, class_names)
    elif rows:
        # What was adjusted is said in the notes already.
        columns = [column for column in rows[0] if column != "adjusted"]
        print_table(
            [column.replace("_", " ") for column in columns],
            [[format_value(row[column]) for column in columns] for row in shown],
        )
    if len(rows) > len(shown):
        say(f"... and {len(rows) - len(shown):,} more; --out predictions.csv keeps them all")


def print_explanation(
    row: dict[str, Any], explanation: "NGramExplanation", class_names: "Sequence[str]"
) -> None:
    """Print a sentence, its class, and the n-grams that count for or against the class."""
    name = row["prediction"]
    print_line(f"{name} {row['probability']:.4f}  {' '.join(explanation.tokens)}")
    for line in explanation.lines(class_names.index(name), SHOWN_NGRAMS):
        print_line(line)


def add_weights(
    rows: "list[dict[str, Any]]",
    explanations: "Sequence[NGramExplanation]",
    class_names: "Sequence[str]",
) -> "list[dict[str, Any]]":
    """Return the rows with columns for the n-grams that count most for or against the class."""
    table = []
    for row, explanation in zip(rows, explanations, strict=True):
        weights = explanation.for_class(class_names.index(row["prediction"]))
        columns: dict[str, Any] = {}
        for rank in range(SHOWN_NGRAMS):
            ngram, weight = weights[rank] if rank < len(weights) else (None, None)
            columns[f"words_{rank + 1}"] = None if ngram is None else " ".join(ngram.words)
            columns[f"weight_{rank + 1}"] = weight
        table.append(row | columns)
    return table


def write_like(form: Path, out: Path, predictions: "Predictions") -> None:
    """Write the predictions in the form of a competition's sample."""
    from noonbit.evaluation.submission import fill_form
    from noonbit.system.files import write_text

    write_text(out, fill_form(form, predictions))


def format_value(value: object) -> str:
    """Format a probability with four digits, anything else with `str`."""
    return f"{value:.4f}" if isinstance(value, float) else str(value)
