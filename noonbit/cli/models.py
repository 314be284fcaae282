"""noonbit models"""

from typing import TYPE_CHECKING, Any

from noonbit.cli.output import DataDir, Json, print_json, print_line, print_table, say

if TYPE_CHECKING:
    from noonbit.jobs.forecast import NetworkForecast


def models(source: str | None = None, /, *, data_dir: DataDir = None, json: Json = False) -> None:
    """List the networks, with their size for 28x28x1 images and 10 classes.

    Those of sentences and boards for their usual inputs: the movie reviews, and moves in Go.

    Parameters
    ----------
    source
        Data: list the networks that take them, with their size for them, and how long training
        takes on this machine's processor, roughly.
    """
    if source is not None:
        forecast(source, data_dir=data_dir, json=json)
        return
    from noonbit.data.preprocess.registry import INPUT_KINDS
    from noonbit.models.catalogue import MODELS, outline
    from noonbit.models.summary import summarise

    rows = []
    for name, entry in MODELS.items():
        kind = INPUT_KINDS[entry.input_kind]
        classes, channels, size = kind.usual_input
        summary = summarise(
            outline(name, classes, channels, size),
            kind.input_shape(channels, size),
            of_words=kind.of_words,
            counts_statistics=entry.counts_statistics,
        )
        rows.append(
            {
                "name": name,
                "takes": entry.input_kind,
                "parameters": summary.parameters,
                "multiply_adds": summary.multiply_adds,
                "title": entry.title,
                "source": entry.source,
            }
        )
    if json:
        print_json(rows)
        return
    print_table(
        ("name", "parameters", "multiply-adds", "what it is", "source"),
        [tuple(value for key, value in row.items() if key != "takes") for row in rows],
    )
    say("\nnext     noonbit summary cnn --input 28x28x1 --classes 10")


def forecast(source: str, *, data_dir: DataDir, json: bool) -> None:
    """List the networks that take these data, with what training them costs."""
    from noonbit.config.recipe import Recipe
    from noonbit.jobs.forecast import forecast_networks
    from noonbit.models.forecast import duration
    from noonbit.system.multiply_rate import multiply_adds_per_second
    from noonbit.terminal import shell_word

    items, forecasts = forecast_networks(source, Recipe(), data_dir=data_dir)
    rows = [row_of(each) for each in forecasts]
    preprocessor, split = items.preprocessor, items.split
    if json:
        print_json(
            {
                "input": [*preprocessor.size, preprocessor.channels],
                "input_kind": preprocessor.input_kind,
                "classes": len(items.data.class_names),
                "train": len(split.train),
                "validation": len(split.validation),
                "difficulty": items.difficulty,
                "multiply_adds_per_second": multiply_adds_per_second(),
                "networks": rows,
            }
        )
        return
    print_table(
        ("name", "parameters", "multiply-adds", "epochs", "an epoch", "training", "what it is"),
        [
            (
                row["name"],
                row["parameters"],
                row["multiply_adds"],
                row["epochs"],
                duration(row["seconds_per_epoch"]),
                duration(row["seconds"]),
                row["title"],
            )
            for row in rows
        ],
    )
    print_line("\nThe times are a forecast for this machine's processor, within a factor of 2.")
    say(f"\nnext     noonbit train {shell_word(source)} --model {preprocessor.default_model}")


def row_of(one: "NetworkForecast") -> dict[str, Any]:
    """Return what a network costs, and its layers, as plain values for JSON."""
    from noonbit.models.catalogue import MODELS

    entry, summary = MODELS[one.name], one.summary
    return {
        "name": one.name,
        "parameters": summary.parameters,
        "multiply_adds": summary.multiply_adds,
        "epochs": one.epochs,
        "batch_size": one.batch_size,
        "seconds_per_epoch": one.seconds_per_epoch,
        "seconds": one.seconds,
        "title": entry.title,
        "source": entry.source,
        "layers": [
            {
                "name": layer.name,
                "kind": layer.kind,
                "output": layer.output,
                "parameters": layer.parameters,
                "multiply_adds": layer.multiply_adds,
            }
            for layer in summary.layers
        ],
    }
