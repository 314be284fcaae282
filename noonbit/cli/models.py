"""noonbit models"""

from noonbit.cli.output import Json, print_json, print_table, say


def models(*, json: Json = False) -> None:
    """List the networks, with their size for 28x28x1 images and 10 classes.

    Those of sentences and boards for their usual inputs: the movie reviews, and moves in Go.
    """
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
