"""noonbit predict RUN|MODEL.onnx INPUTS, or --url URL INPUTS"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, cast

from cyclopts import Parameter, validators

from noonbit.cli.model_file import is_model_file, open_run_or_file, refuse_flag
from noonbit.cli.output import (
    DataDir,
    Json,
    OutFile,
    convert_path,
    print_diagram,
    print_json,
    print_line,
    print_table,
    say,
    say_adjustments,
    write_rows,
)
from noonbit.cli.trust import Trust, open_run
from noonbit.errors import DataError, UsageError, plural
from noonbit.system.paths import user_path
from noonbit.terminal import shell_word

if TYPE_CHECKING:
    from collections.abc import Sequence

    from noonbit.cli.model_file import RunOrFile
    from noonbit.config.read_options import ReadOptions
    from noonbit.data.preprocess.base import Preprocessor
    from noonbit.evaluation.inference import Predictions
    from noonbit.explain.ngrams import NGramExplanation
    from noonbit.runs.run import Run

SHOWN_NGRAMS = 8
"""N-grams printed per sentence, and in a row of a CSV, those with the largest contributions."""
SHOWN_ROWS = 50
"""Rows printed at most; --out writes all."""
MOST_LEFT_OUT = 20
"""Inputs that could not be read which are printed; --json has all."""
NUMBERED, MOST_NUMBERED = 5, 9
"""Moves numbered on a board: by default, and at most, since each has one digit."""


def predict(
    run: str = "",
    /,
    *inputs: str,
    url: str | None = None,
    text: tuple[str, ...] = (),
    explain: bool = False,
    move: Annotated[int | None, Parameter(validator=validators.Number(gte=1))] = None,
    top: Annotated[int | None, Parameter(validator=validators.Number(gte=1))] = None,
    random: Annotated[int | None, Parameter(validator=validators.Number(gte=1))] = None,
    seed: Annotated[int | None, Parameter(validator=validators.Number(gte=0))] = None,
    out: OutFile = None,
    escape_formulas: bool = True,
    data_dir: DataDir = None,
    like: Annotated[Path | None, Parameter(converter=convert_path)] = None,
    label_column: str | None = None,
    path_column: str | None = None,
    trust: Trust = False,
    json: Json = False,
) -> None:
    """Name the classes of new images or sentences.

    Parameters
    ----------
    run
        A run folder, a unique beginning of its name, `last`, or a file of noonbit export, which
        answers without PyTorch: model.onnx.
    inputs
        Pictures, folders of pictures, archives, arrays (.npy, .npz) or tables of pixels; text
        files with a sentence a line, and tables or JSON lines of texts.
    url
        Ask the server of noonbit serve there, such as http://127.0.0.1:8000, in place of a run;
        its key is that of the variable NOONBIT_API_KEY. The inputs are read here and sent.
    text
        A sentence; may be given several times.
    explain
        Of sentences: say which words decided, and how much each of them counted.
    move
        Of a game of Go (SGF): draw the position before this move, with the most probable ones.
    top
        How many classes to give for each input, the most probable first: 1 if left out, and of
        moves in Go 5.
    random
        Instead of new inputs: so many random items of the run's own test split, each with its label
        and its prediction.
    seed
        Of that choice; left out: other items each time.
    out
        Write all rows here: .csv, .json or .parquet, by the ending; with --move, the board: .svg;
        with --random, also the pictures: .png. With --explain, a .csv has columns for the words
        that count most (words_1, weight_1, ...), the others all that --json has.
    escape_formulas
        In a .csv, put an apostrophe before text that a spreadsheet would run, such as =1+1;
        --no-escape-formulas writes it as it is. JSON, Parquet and --like always do.
    data_dir
        Where --random looks for the run's data first, if they are a known data set.
    like
        The sample of a competition's submission: --out then has its columns, ids and order.
    label_column
        The column of a table that holds a label, and is no pixel: its name, or its number from 1.
    path_column
        The column of a table that holds the paths of pictures: its name, or its number from 1.
    """
    # Imported after the flags are parsed: cyclopts has pydantic check each of them if it is there.
    from noonbit.config.read_options import ReadOptions

    options = ReadOptions(label_column=label_column, path_column=path_column)
    if url is not None:
        from noonbit.cli.predict_url import refuse_flags_of_runs

        refuse_flags_of_runs(
            {
                "--explain": explain,
                "--move": move is not None,
                "--random": random is not None,
                "--seed": seed is not None,
                "--trust": trust,
            }
        )
        require_form_of_output(out, like)
        answer = ask_server(url, (run, *inputs) if run else (), text, options)
    else:
        refuse_unfit_flags(run, inputs, text, explain=explain, move=move, random=random, seed=seed)
        if random is not None:
            show_random(
                open_run(run, trust=trust),
                random,
                seed=seed,
                top=top or 1,
                out=out,
                escape_formulas=escape_formulas,
                data_dir=data_dir,
                json=json,
            )
            return
        if move is not None:
            numbered = top or NUMBERED
            draw_move(run, inputs, move, numbered=numbered, out=out, trust=trust, json=json)
            return
        require_form_of_output(out, like)
        loaded = open_run_or_file(run, trust=trust)
        answer = ask_network(loaded, inputs, text, options, explain=explain)
    give_predictions(
        answer, top=top or 1, out=out, like=like, escape_formulas=escape_formulas, json=json
    )


class Answer(NamedTuple):
    """What was predicted, and by whom."""

    predictions: "Predictions"
    kind: "Preprocessor | type[Preprocessor]"
    """Has the words for the inputs."""
    origin: dict[str, str]
    """Says in JSON who answered."""
    explanations: "Sequence[NGramExplanation]" = ()


def refuse_unfit_flags(
    run: str,
    inputs: tuple[str, ...],
    text: tuple[str, ...],
    *,
    explain: bool,
    move: int | None,
    random: int | None,
    seed: int | None,
) -> None:
    """Raise `UsageError` for flags that a run or file, or one another, have no use for."""
    if not run:
        raise UsageError("noonbit predict needs a RUN, or --url URL. See noonbit predict --help.")
    if is_model_file(run):
        if random is not None:
            refuse_flag(run, "--random", "shows a run's own test items, and a file has none")
        if explain:
            refuse_flag(run, "--explain", "looks inside a run's network, which a file hides")
        if move is not None:
            refuse_flag(run, "--move", "draws one move as a run sees it")
    if random is not None:
        if inputs or text or explain or move is not None:
            raise UsageError(
                "--random shows test items of the run; leave out inputs, --text, --explain and "
                "--move, or --random."
            )
        return
    if seed is not None:
        raise UsageError("--seed is of --random N; leave it out.")
    if not inputs and not text:
        raise UsageError(
            "noonbit predict takes a run and at least one picture, folder, array or file of "
            "texts, or --text SENTENCE, or --random N."
        )


def ask_server(
    url: str, sources: tuple[str, ...], text: tuple[str, ...], options: "ReadOptions"
) -> Answer:
    """Have a server predict files and sentences."""
    from noonbit.cli.predict_url import predict_by_server

    predictions, kind = predict_by_server(url, sources, text, options)
    return Answer(predictions, kind, {"url": url})


def ask_network(
    loaded: "RunOrFile",
    inputs: tuple[str, ...],
    text: tuple[str, ...],
    options: "ReadOptions",
    *,
    explain: bool,
) -> Answer:
    """Have a run or a file predict files and sentences."""
    kind, origin = loaded.contract.preprocessor, {"run": str(loaded.path)}
    if not text and not explain:
        return Answer(loaded.predict(list(inputs), options=options), kind, origin)
    require_sentences(loaded, "--text" if text else "--explain")
    predictions, texts = predict_texts(loaded, inputs, text)
    if not explain:
        return Answer(predictions, kind, origin)
    from noonbit.explain.ngrams import explain_texts

    network = cast("Run", loaded).model  # of a file, `--explain` was refused before it was opened
    return Answer(predictions, kind, origin, explain_texts(network, loaded.contract, texts))


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


def show_random(
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
    """Show random test items; raises `UsageError` for an ending that they cannot be written as."""
    from noonbit.cli.random_items import show_random_items

    endings = [".csv", ".json", ".parquet"]
    if run.contract.preprocessor.shown_as == "picture":
        endings.append(".png")
    if out is not None and out.suffix not in endings:
        raise UsageError(
            f"--out {out} ends in '{out.suffix}'; use {', '.join(endings[:-1])} or {endings[-1]}."
        )
    show_random_items(
        run,
        count,
        seed=seed,
        top=top,
        out=out,
        escape_formulas=escape_formulas,
        data_dir=data_dir,
        json=json,
    )


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


def require_sentences(run: "RunOrFile", flag: str) -> None:
    """Raise `UsageError` if a flag is for sentences and the run is not."""
    input_kind = run.contract.preprocessor.input_kind
    if input_kind != "sentences":
        raise UsageError(f"{flag} is for sentences, and {run.path.name} takes {input_kind}.")


def predict_texts(
    run: "RunOrFile", inputs: tuple[str, ...], text: tuple[str, ...]
) -> "tuple[Predictions, list[str]]":
    """Predict the sentences of the command line and of files; return the texts too."""
    from dataclasses import replace

    from noonbit.data import open_inputs
    from noonbit.data.dataset import Sentences
    from noonbit.evaluation.inference import concatenate_predictions, make_text_part

    each, texts = [], list(text)
    if text:
        each.append(run.predict(make_text_part(text)))
    for source in inputs:
        opened = open_inputs(source, on_bad="skip")
        predictions = run.predict(opened.part)
        each.append(replace(predictions, bad=(*opened.bad, *predictions.bad)))
        if isinstance(opened.part.raw, Sentences):
            texts += opened.part.raw
    return concatenate_predictions(each), texts


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


def draw_move(
    run: str,
    inputs: tuple[str, ...],
    move: int,
    *,
    numbered: int,
    out: Path | None,
    trust: bool,
    json: bool,
) -> None:
    """Draw the position before a move of one game, on the terminal or into an SVG file."""
    if len(inputs) > 1:
        raise UsageError(f"--move is of one game; {len(inputs)} sources were given.")
    if out is not None and out.suffix != ".svg":
        raise UsageError(f"--out {out} ends in '{out.suffix}'; with --move it is a .svg.")
    if numbered > MOST_NUMBERED:
        raise UsageError(f"--top {numbered} is more than a board can number; use {MOST_NUMBERED}.")
    loaded = open_run(run, trust=trust)
    if loaded.contract.preprocessor.input_kind != "boards":
        raise UsageError(
            f"--move is for games of Go, and {loaded.path.name} takes "
            f"{loaded.contract.preprocessor.input_kind}. Leave it out."
        )
    from noonbit.runs.go_move import predict_move

    answer = predict_move(loaded, user_path(inputs[0]), move, numbered=numbered)
    for finding in answer.findings:
        say(f"note     {finding}")
    if out is not None:
        from noonbit.system.files import write_text

        write_text(out, answer.diagram.svg(answer.title))
        say(f"wrote    {out}")
    if json:
        print_json({"run": str(loaded.path)} | answer.as_dict())
        return
    if out is None:
        print_diagram(answer.title, answer.diagram.text())
    for line in answer.lines():
        print_line(line)
    if out is None:
        words = f"{loaded.word} {shell_word(inputs[0])}"
        say(f"\nnext     noonbit predict {words} --move {move} --out board.svg")


def write_like(form: Path, out: Path, predictions: "Predictions") -> None:
    """Write the predictions in the form of a competition's sample."""
    from noonbit.evaluation.submission import fill_form
    from noonbit.system.files import write_text

    write_text(out, fill_form(form, predictions))


def format_value(value: object) -> str:
    """Format a probability with four digits, anything else with `str`."""
    return f"{value:.4f}" if isinstance(value, float) else str(value)
