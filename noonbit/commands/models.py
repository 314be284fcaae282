"""noonbit models"""

from noonbit.commands.output import Json, print_json, print_table, say


def models(*, json: Json = False) -> None:
    """List the networks, with their size for 28x28x1 images and 10 classes.

    Parameters
    ----------
    json
        Print a list of objects on stdout.
    """
    from noonbit.models import MODELS, outline
    from noonbit.models.summary import summarise

    rows = []
    for name, entry in MODELS.items():
        summary = summarise(
            outline(name, 10, 1, (28, 28)), (1, 28, 28), counts_statistics=entry.counts_statistics
        )
        rows.append(
            {
                "name": name,
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
        [tuple(row.values()) for row in rows],
    )
    say("\nnext     noonbit summary cnn --input 28x28x1 --classes 10")
