"""noonbit data"""

from noonbit.commands.output import DataDir, Json, print_json, print_table, say


def data(*, data_dir: DataDir = None, json: Json = False) -> None:
    """List the known data sets and where each was found; nothing is downloaded.

    Parameters
    ----------
    data_dir
        Where to look first.
    json
        Print a list of objects on stdout.
    """
    from noonbit.data.known import locate_all

    located = locate_all(data_dir)
    if json:
        print_json(
            [
                {
                    "name": one.known.name,
                    "title": one.known.title,
                    "path": str(one.found.path) if one.found else None,
                    "place": one.found.place if one.found else None,
                    "how_to_get": one.how_to_get,
                }
                for one in located
            ]
        )
        return
    print_table(
        ("name", "what it is", "where"),
        [
            (
                one.known.name,
                one.known.title,
                f"{one.found.path} ({one.found.place})" if one.found else one.how_to_get,
            )
            for one in located
        ],
    )
    say("\nnext     noonbit check digits")
