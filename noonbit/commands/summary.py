"""noonbit summary MODEL"""

import re
from dataclasses import asdict
from typing import Annotated

from cyclopts import Parameter, validators

from noonbit.commands.output import Json, print_json, print_table, say
from noonbit.errors import UsageError


def summary(
    model: str,
    /,
    *,
    input: str = "28x28x1",
    classes: Annotated[int, Parameter(validator=validators.Number(gte=1))] = 10,
    json: Json = False,
) -> None:
    """Print a network's layer table: output shapes, parameters, multiply-adds.

    Parameters
    ----------
    model
        A network of `noonbit models`, or path.py:function.
    input
        One image: height x width x channels, for example 28x28x1 or 32x32x3.
    classes
        The number of classes.
    json
        Print one JSON object on stdout.
    """
    height, width, channels = parse_input(input)
    from noonbit.models import MODELS, outline
    from noonbit.models.summary import summarise

    counts_statistics = model in MODELS and MODELS[model].counts_statistics
    network = outline(model, classes, channels, (height, width))
    table = summarise(network, (channels, height, width), counts_statistics=counts_statistics)
    if json:
        print_json(
            {"model": model, "input": [height, width, channels], "classes": classes} | asdict(table)
        )
        return
    print_table(
        ("layer", "kind", "output", "parameters", "multiply-adds"),
        [
            (
                layer.name,
                layer.kind,
                " x ".join(map(str, layer.output)),
                layer.parameters,
                layer.multiply_adds,
            )
            for layer in table.layers
        ],
    )
    counted = " (batch-norm statistics included)" if counts_statistics else ""
    print(f"\nparameters {table.parameters:,}{counted}")
    if table.auxiliary_parameters:
        print(f"of them in heads for training alone {table.auxiliary_parameters:,}")
    print(f"multiply-adds {table.multiply_adds:,} an image")
    if model in MODELS and (changes := MODELS[model].changes((height, width))):
        say(f"\nsmall-image form: {changes}")
    say(f"\nnext     noonbit train digits --model {model}")


def parse_input(text: str) -> tuple[int, int, int]:
    """`28x28x1` -> (height, width, channels); `28x28` is grey."""
    match = re.fullmatch(r"(\d+)x(\d+)(?:x(\d+))?", text.lower())
    if match is None or not all(int(group or 1) for group in match.groups()):
        raise UsageError(
            f"--input {text} is not a size; write height x width x channels, such as 28x28x1."
        )
    return int(match[1]), int(match[2]), int(match[3] or 1)
