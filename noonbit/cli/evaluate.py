"""noonbit evaluate RUN [SOURCE], or MODEL.onnx SOURCE"""

from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from noonbit.cli.model_file import is_model_file, open_run_or_file
from noonbit.cli.output import (
    MOST_CLASS_ROWS,
    DataDir,
    Json,
    print_json,
    print_line,
    print_table,
    say,
    say_adjustments,
)
from noonbit.cli.trust import Trust
from noonbit.config.ranges import Range
from noonbit.config.read_options import ReadOptions
from noonbit.errors import CheckFailed, plural

if TYPE_CHECKING:
    from noonbit.evaluation.metrics import Evaluation


def evaluate(
    run: str = "last",
    source: str | None = None,
    /,
    *,
    fail_under: Annotated[float | None, Parameter(validator=Range(0, 1, above_least=True))] = None,
    read_options: Annotated[ReadOptions, Parameter(name="*")] = ReadOptions(),  # noqa: B008 - frozen
    data_dir: DataDir = None,
    trust: Trust = False,
    json: Json = False,
) -> None:
    """Measure a run on its test split, or on another source with the same classes.

    Parameters
    ----------
    run
        A run folder, a unique beginning of its name, `last`, or a file of noonbit export, which
        answers without PyTorch: model.onnx.
    source
        Labelled items to measure on instead; their classes are matched by name. A file has no data
        of its own, so it needs some.
    fail_under
        Exit with 5 when the accuracy is below this share, 0.98 for instance.
    """
    loaded = open_run_or_file(run, trust=trust)
    evaluation = loaded.evaluate(source, data_dir=data_dir, options=read_options)
    if json:
        facts = {"run": str(loaded.path), "source": source or loaded.source}
        print_json(facts | evaluation.as_dict() | {"test_items": evaluation.items})
    else:
        preprocessor = loaded.contract.preprocessor
        print_evaluation(evaluation, preprocessor.noun)
        say_adjustments(preprocessor, evaluation.adjusted)
        new = f"predict {loaded.word} {preprocessor.example}"
        say(f"\nnext     noonbit {new if is_model_file(run) else f'errors {loaded.word}'}")
    if fail_under is not None and evaluation.accuracy < fail_under:
        raise CheckFailed(
            f"The accuracy {evaluation.accuracy:.4f} is below --fail-under {fail_under:g}."
        )


def print_evaluation(evaluation: "Evaluation", noun: str) -> None:
    """Print accuracy and loss, a row per class, and the confusion matrix; cut for many classes."""
    print_line(
        f"accuracy {evaluation.accuracy:.2%} of {plural(evaluation.items, noun)} (95 % interval "
        f"{evaluation.accuracy_low:.2%} to {evaluation.accuracy_high:.2%})"
    )
    print_line(f"loss {evaluation.loss:.4f}, calibration error {evaluation.calibration_error:.2%}")
    print_line()
    if evaluation.split == "folds":
        say("note     each item was named by the network that did not train on it")
    if evaluation.split == "all":
        say(f"note     all {noun}s of the source were measured; any that trained it flatter it")
    scores = evaluation.classes
    if len(scores) > MOST_CLASS_ROWS:
        print_line(f"the {MOST_CLASS_ROWS} weakest of {len(scores):,} classes; --json prints all")
        scores = tuple(sorted(scores, key=lambda score: score.f1)[:MOST_CLASS_ROWS])
    print_table(
        ("class", f"{noun}s", "precision", "recall", "F1"),
        [(s.name, s.items, f"{s.precision:.3f}", f"{s.recall:.3f}", f"{s.f1:.3f}") for s in scores],
    )
    names = [score.name for score in evaluation.classes]
    if len(names) > MOST_CLASS_ROWS:
        print_line(f"\nA confusion matrix of {len(names):,} classes is too wide to print.")
        return
    print_line("\nconfusion matrix (rows are the true classes)")
    print_table(
        ("", *names),
        [(name, *row) for name, row in zip(names, evaluation.confusion, strict=True)],
    )
