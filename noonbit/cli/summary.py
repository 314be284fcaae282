"""noonbit summary MODEL"""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from noonbit.cli.output import Json, print_json, print_line, print_table, say
from noonbit.config.ranges import MOST_CLASSES, Range
from noonbit.config.recipe import LARGEST_BATCH
from noonbit.terminal import shell_word

if TYPE_CHECKING:
    from noonbit.models.memory import TrainingMemory
    from noonbit.models.receptive_field import Pair
    from noonbit.models.summary import Summary

USUAL_BATCH = 512
"""The default batch size for data sets of 8,192 images and more."""


def summary(
    model: str,
    /,
    *,
    input: str | None = None,
    classes: Annotated[int | None, Parameter(validator=Range(1, MOST_CLASSES))] = None,
    batch_size: Annotated[int, Parameter(validator=Range(1, LARGEST_BATCH))] = USUAL_BATCH,
    json: Json = False,
) -> None:
    """Print a network's layer table: shapes, parameters, multiply-adds, receptive fields, memory.

    Parameters
    ----------
    model
        A network of `noonbit models`, layers in a file.toml, or path.py:function.
    input
        One image: height x width x channels, by default 28x28x1; or one sentence: length x words,
        by default 56x18767, as the movie reviews have them.
    classes
        The number of classes, by default 10 for images.
    batch_size
        Images a step, for the memory that training takes.
    """
    from noonbit.data.preprocess.registry import INPUT_KINDS
    from noonbit.models.catalogue import MODELS, outline
    from noonbit.models.custom import trust_named
    from noonbit.models.layer_network import LayerNetwork
    from noonbit.models.memory import training_memory
    from noonbit.models.network_file import read_if_file
    from noonbit.models.summary import summarise

    trust_named([model])
    entry = MODELS.get(model)
    kind = INPUT_KINDS["pictures" if entry is None else entry.input_kind]
    usual_classes, channels, size = kind.usual_input
    if input is not None:
        channels, size = kind.parse_size(input)
    classes = classes or usual_classes
    shape = kind.input_shape(channels, size)
    network = outline(model, classes, channels, size)
    counts_statistics = entry is not None and entry.counts_statistics
    table = summarise(network, shape, of_words=kind.of_words, counts_statistics=counts_statistics)
    optimizer = "adamw" if entry is None else entry.optimizer
    memory = training_memory(network, shape, optimizer, of_words=kind.of_words)
    if json:
        facts = {"model": model, "input": [*size, channels], "classes": classes} | asdict(table)
        facts["receptive_field"] = table.receptive_field
        facts["memory_bytes"] = asdict(memory) | {
            "optimizer": optimizer,
            "batch_size": batch_size,
            "training": memory.of_batch(batch_size),
        }
        print_json(facts)
        return
    print_layers(table)
    if isinstance(file := read_if_file(model), LayerNetwork):
        print_line("")
        for row in file.table(classes, channels, size).rows:
            print_line(row.explanation)
    one_input = f"{'an' if kind.noun[0] in 'aeiou' else 'a'} {kind.noun}"
    print_totals(table, one_input, counts_statistics=counts_statistics)
    print_memory(memory, one_input, optimizer, batch_size)
    if entry is not None and (changes := entry.changes(size)):
        say(f"\nsmall-image form: {changes}")
    source = "digits" if kind is INPUT_KINDS["pictures"] else "SOURCE"
    say(f"\nnext     noonbit train {source} --model {shell_word(model)}")


def print_layers(table: "Summary") -> None:
    """Print a row per layer."""
    print_table(
        ("layer", "kind", "output", "parameters", "multiply-adds", "receptive field"),
        [
            (
                layer.name,
                layer.kind,
                " x ".join(map(str, layer.output)),
                layer.parameters,
                layer.multiply_adds,
                in_pixels(layer.receptive_field),
            )
            for layer in table.layers
        ],
    )


def print_totals(table: "Summary", noun: str, *, counts_statistics: bool) -> None:
    """Print the totals of all layers."""
    counted = " (batch-norm statistics included)" if counts_statistics else ""
    print_line(f"\nparameters {table.parameters:,}{counted}")
    if table.auxiliary_parameters:
        print_line(f"of them in heads for training alone {table.auxiliary_parameters:,}")
    print_line(f"multiply-adds {table.multiply_adds:,} {noun}")
    if table.receptive_field is not None:
        print_line(
            f"receptive field {in_pixels(table.receptive_field)} pixels, of the last map's units"
        )


def print_memory(memory: "TrainingMemory", noun: str, optimizer: str, batch_size: int) -> None:
    """Print the memory of the weights and of training."""
    print_line(
        f"memory {human(memory.weights)} of weights; to train batches of {batch_size:,}, with "
        f"{human(memory.gradients)} of gradients, {human(memory.optimizer_state)} of {optimizer} "
        f"and {human(memory.activations)} {noun}, {human(memory.of_batch(batch_size))}"
    )


def in_pixels(receptive_field: "Pair | None") -> str:
    """Format `14 x 14`, or `n/a` if there is no map."""
    return "n/a" if receptive_field is None else " x ".join(map(str, receptive_field))


def human(count: float) -> str:
    """Format bytes with one to three digits before the point: `3.4 MB`, in powers of 1,000."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if count < 999.5:
            return f"{count:.0f} {unit}" if unit == "bytes" else f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:.3g} TB"
