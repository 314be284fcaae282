"""noonbit predict RUN|MODEL.onnx INPUTS, or --url URL INPUTS"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

from cyclopts import Parameter, validators

from noonbit.cli.go_move import NUMBERED, draw_move
from noonbit.cli.model_file import is_model_file, open_run_or_file, refuse_flag
from noonbit.cli.output import DataDir, Json, OutFile, convert_path
from noonbit.cli.prediction_output import Answer, give_predictions, require_form_of_output
from noonbit.cli.trust import Trust, open_run
from noonbit.errors import UsageError

if TYPE_CHECKING:
    from noonbit.cli.model_file import RunOrFile
    from noonbit.config.read_options import ReadOptions
    from noonbit.evaluation.inference import Predictions
    from noonbit.runs.run import Run


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
        from noonbit.cli.predict_url import predict_by_server, refuse_flags_of_runs

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
        answer = predict_by_server(url, (run, *inputs) if run else (), text, options)
    else:
        refuse_unfit_flags(run, inputs, text, explain=explain, move=move, random=random, seed=seed)
        if random is not None:
            from noonbit.cli.random_items import show_random_items

            show_random_items(
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
