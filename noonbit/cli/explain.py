"""noonbit explain RUN INPUT"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter, validators

from noonbit.cli.output import (
    DataDir,
    Json,
    OutFile,
    print_diagram,
    print_json,
    print_line,
    say,
    say_adjustments,
)
from noonbit.cli.trust import Trust, open_run
from noonbit.errors import UsageError
from noonbit.explain.method import Method
from noonbit.terminal import shell_word

if TYPE_CHECKING:
    from noonbit.explain.explainer import Explanation
    from noonbit.runs.run import Run

LARGEST_SEED = 2**31


def explain(
    run: str,
    input: str | None = None,
    /,
    *,
    class_: str | None = None,
    method: Method | None = None,
    top: Annotated[int, Parameter(validator=validators.Number(gte=1))] = 6,
    move: Annotated[int | None, Parameter(validator=validators.Number(gte=1))] = None,
    random: Annotated[bool, Parameter(negative=())] = False,
    seed: Annotated[int | None, Parameter(validator=validators.Number(gte=0))] = None,
    out: OutFile = None,
    layers: OutFile = None,
    data_dir: DataDir = None,
    trust: Trust = False,
    json: Json = False,
) -> None:
    """Say why a run answers as it does.

    Parameters
    ----------
    run
        A run folder, a unique beginning of its name, or `last`.
    input
        One picture; or of a run on sentences a sentence, and of a run on Go a game (SGF).
    class_
        The class to explain: why so much, or so little? Left out: the most probable one.
    method
        How the regions of a picture are found: grad-cam, from the last convolution, or occlusion,
        by covering them one after the other. Left out: both, where the network allows it.
    top
        How many training pictures like it to name, or n-grams, or stones.
    move
        Of a game: explain the position before this move. Left out: the one at its end.
    random
        Instead of an input: a random item of the run's own test split.
    seed
        Of that choice; left out: another item each time.
    out
        Draw the explanation here: a picture as .png, a position as .svg; anything as .json.
    layers
        Of a picture: draw what each layer makes of it here, as .png.
    data_dir
        Where to look for the run's data first, if they are a known data set.
    """
    from functools import partial

    from noonbit.explain.explainer import Explainer, Request

    if (input is None) != random:
        raise UsageError("noonbit explain takes one input, or --random for a test item of the run.")
    if seed is not None and not random:
        raise UsageError("--seed is of --random; leave it out.")
    loaded = open_run(run, trust=trust)
    refuse_unfit_flags(loaded, out=out, layers=layers, method=method, move=move)
    loaded.warn_if_unfinished()
    again = [] if input is None else [shell_word(input)]
    item: str | int = input or ""
    if random:
        seed, item = choose_test_item(loaded, seed)
        again = ["--random", "--seed", str(seed)]
    explainer = Explainer(
        loaded.classifier(loaded.runtime), partial(loaded.items, data_dir=data_dir)
    )
    explanation = explainer.explain(item, Request(class_, method, top=top, move=move))
    give(loaded, explanation, out=out, layers=layers, json=json)
    words = " ".join(["noonbit explain", loaded.word, *again])
    if out is None:
        say(f"\nnext     {words} --out why{endings_of(loaded)[0]}")
    elif random:
        say(f"again    {words}")


def endings_of(run: "Run") -> tuple[str, ...]:
    """Return the endings of files that an explanation can be written as, its drawing first."""
    kind = run.contract.preprocessor.input_kind
    return {"pictures": (".png", ".json"), "boards": (".svg", ".json")}.get(kind, (".json",))


def refuse_unfit_flags(
    run: "Run", *, out: Path | None, layers: Path | None, method: Method | None, move: int | None
) -> None:
    """Raise `UsageError` for flags of another kind of input, before anything is computed."""
    preprocessor = run.contract.preprocessor
    kind = preprocessor.input_kind
    if kind != "pictures" and (layers is not None or method is not None):
        flag = "--layers" if layers is not None else "--method"
        raise UsageError(f"{flag} is for pictures, and {run.path.name} takes {kind}. Leave it out.")
    if kind != "boards" and move is not None:
        raise UsageError(f"--move is for games of Go, and {run.path.name} takes {kind}.")
    endings = endings_of(run)
    if out is not None and out.suffix not in endings:
        raise UsageError(f"--out {out} ends in '{out.suffix}'; use {' or '.join(endings)}.")
    if layers is not None and layers.suffix != ".png":
        raise UsageError(f"--layers {layers} ends in '{layers.suffix}'; use .png.")


def choose_test_item(run: "Run", seed: int | None) -> tuple[int, int]:
    """Return the seed, chosen unless it is given, and the number of a random test item."""
    import numpy as np

    if seed is None:
        seed = int(np.random.default_rng().integers(LARGEST_SEED))
    return seed, int(np.random.default_rng(seed).choice(run.split.test))


def give(
    run: "Run", explanation: "Explanation", *, out: Path | None, layers: Path | None, json: bool
) -> None:
    """Write the explanation, or print it."""
    from noonbit.explain.picture import PictureExplanation
    from noonbit.explain.position import PositionExplanation

    answer = explanation.answer
    say_adjustments(
        run.contract.preprocessor, {word: 1 for word in answer.adjusted.split(", ") if word}
    )
    if isinstance(explanation, PictureExplanation):
        for note in explanation.notes:
            say(f"note     {note}")
        if layers is not None:
            from noonbit.data.contact_sheet import write_png

            write_png(layers, explanation.draw_layers())
            say(f"wrote    {layers} ({len(explanation.layers)} layers)")
    if out is not None:
        explanation.save(out)
        say(f"wrote    {out}")
    if json:
        print_json({"run": str(run.path)} | explanation.as_dict())
        return
    if isinstance(explanation, PositionExplanation):
        print_diagram(explanation.title, explanation.diagram.text())
    else:
        print_line(answer.name)
    for line in explanation.lines():
        print_line(line)
