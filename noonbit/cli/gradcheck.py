"""noonbit gradcheck MODEL"""

from dataclasses import asdict
from math import prod
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from noonbit.cli.output import Json, print_json, print_line, print_table, say
from noonbit.config.ranges import MOST_CLASSES, Range
from noonbit.errors import CheckFailed, UsageError, join_first, plural
from noonbit.terminal import shell_word

if TYPE_CHECKING:
    from noonbit.course.gradcheck import GradientCheck, LayerCheck
    from noonbit.data.preprocess.base import Preprocessor

FLOAT64_COPIES = 6
"""Memory of a check, in float32 weights: two copies in float64, and their gradients."""
BY_HAND = ("byhand", "byhand-exact")
WHY_BY_HAND_FAILS = (
    "The document asks whether ReLU's output, not its input, is at least 0, which it always is, "
    "and leaves out that the units which dropout kept were doubled; byhand-exact does neither."
)


def gradcheck(
    model: str,
    /,
    *,
    input: str | None = None,
    classes: Annotated[int | None, Parameter(validator=Range(2, MOST_CLASSES))] = None,
    json: Json = False,
) -> None:
    """Compare backpropagation with differences of the loss in float64, layer by layer.

    Exits with 5 where a gradient is wrong.

    Parameters
    ----------
    model
        A network of `noonbit models`, layers in a file.toml, path.py:function, or `byhand` and
        `byhand-exact`, the network written by hand with its document's backward pass and with the
        derivative.
    input
        One image: height x width x channels, by default 8x8x1; or one sentence: length x words.
        Small ones are quicker and find the same mistakes.
    classes
        The number of classes, by default 3, and of boards their points.
    """
    from noonbit.course.gradcheck import TOLERANCE
    from noonbit.data.preprocess.registry import INPUT_KINDS
    from noonbit.models.catalogue import MODELS

    kind = INPUT_KINDS[MODELS[model].input_kind if model in MODELS else "pictures"]
    channels, size = kind.parse_size(input or kind.small_input)
    classes = classes or (prod(size) if kind.classes_are_given else 3)
    if model in BY_HAND:
        result = run_byhand_check(model, classes, channels, size)
    else:
        result = run_check(model, kind, classes, channels, size)
    if json:
        print_json(
            {
                "model": model,
                "input": [*size, channels],
                "classes": classes,
                "passed": result.passed,
                "worst": result.worst,
                "tolerance": TOLERANCE,
                "layers_in_all": result.layers_in_all,
                "layers": [asdict(layer) | {"passed": layer.passed} for layer in result.layers],
            }
        )
    else:
        print_check(result, TOLERANCE)
    require_right(result, model)
    following = "byhand --exact" if model in BY_HAND else f"summary {shell_word(model)}"
    say(f"\nnext     noonbit {following}")


def run_check(
    model: str, kind: "type[Preprocessor]", classes: int, channels: int, size: tuple[int, ...]
) -> "GradientCheck":
    """Check a newly initialised network on random inputs."""
    import torch

    from noonbit.course.gradcheck import SEED, check, random_batch
    from noonbit.data.mapped import require_memory
    from noonbit.models.catalogue import build
    from noonbit.models.custom import trust_named

    trust_named([model])
    torch.manual_seed(SEED)
    network = build(model, classes, channels, size)
    require_memory(
        FLOAT64_COPIES * sum(parameter.nbytes for parameter in network.parameters()),
        f"The copies of {model} in float64",
        "Choose a smaller --input.",
    )
    shape = kind.input_shape(channels, size)
    words = channels if kind.of_words else None
    return check(network, *random_batch(classes, shape, words=words))


def run_byhand_check(
    model: str, classes: int, channels: int, size: tuple[int, ...]
) -> "GradientCheck":
    """Check the NumPy network; raises `UsageError` unless `channels` is 1."""
    from noonbit.course.byhand import documented_slope, exact_slope
    from noonbit.course.gradcheck import check_byhand

    if channels != 1:
        shown = "x".join(map(str, size))
        raise UsageError(f"{model} takes grey images; write --input {shown}x1.")
    slope = documented_slope if model == "byhand" else exact_slope
    return check_byhand(prod(size), classes, slope)


def require_right(result: "GradientCheck", model: str) -> None:
    """Raise `CheckFailed`, with a layer to look at first, if a gradient is wrong."""
    wrong = [layer.name for layer in result.layers if not layer.passed]
    if not wrong:
        return
    hint = f"Look first at {wrong[-1]} and what follows it."
    raise CheckFailed(
        f"The gradient is wrong in {len(wrong)} of {plural(len(result.layers), 'layer')}: "
        f"{join_first(wrong, 5)} (worst relative error "
        f"{result.worst:.1e}). {WHY_BY_HAND_FAILS if model == 'byhand' else hint}"
    )


def print_check(result: "GradientCheck", tolerance: float) -> None:
    """Print a row per layer, and what a good error is."""
    print_table(
        ("layer", "kind", "parameters", "checked", "largest slope", "worst error", "verdict"),
        [
            (
                layer.name,
                layer.kind,
                layer.parameters,
                layer.checked,
                f"{layer.largest:.1e}",
                f"{layer.worst:.1e}" if layer.checked else "n/a",
                verdict(layer),
            )
            for layer in result.layers
        ],
    )
    print_line(f"\nworst relative error {result.worst:.1e}")
    print_line(
        f"good: 1e-07 or less is usual in float64; above {tolerance:.0e} is a "
        "mistake. A forgotten factor or term gives 1e-02 to 1."
    )
    if len(result.layers) < result.layers_in_all:
        print_line(
            f"{len(result.layers)} of {result.layers_in_all} layers were checked, evenly "
            "spread; a mistake deep in the network shows in every layer before it."
        )


def verdict(layer: "LayerCheck") -> str:
    """Return a layer's verdict in a word or two."""
    if not layer.checked:
        return "frozen"
    if not layer.passed:
        return "wrong"
    return "right" if layer.largest else "no gradient"
