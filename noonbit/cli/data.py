"""noonbit data [SOURCE --out FOLDER]"""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from noonbit.cli.output import DataDir, Json, OutFolder, print_json, print_table, say
from noonbit.config.read_options import ReadOptions
from noonbit.errors import UsageError
from noonbit.terminal import shell_word


def data(
    source: str | None = None,
    /,
    *,
    out: OutFolder = None,
    read_options: Annotated[ReadOptions, Parameter(name="*")] = ReadOptions(),  # noqa: B008 - frozen
    data_dir: DataDir = None,
    json: Json = False,
) -> None:
    """List the known data sets and where each was found, or write one as a folder of pictures.

    Parameters
    ----------
    source
        A path, an archive, or one of the names: what to write. Left out, the names are listed and
        nothing is downloaded.
    out
        The folder to make: a folder a part, in it a folder a class.
    """
    if (source is None) != (out is None):
        folder = shell_word(str(out or "FOLDER"))
        raise UsageError(
            "noonbit data writes a source into a folder when it has both: "
            f"noonbit data {shell_word(source or 'shapes')} --out {folder}"
        )
    if source is not None and out is not None:
        write_source(source, out, read_options, data_dir, json)
    else:
        list_known(data_dir, json)


def write_source(
    source: str, out: Path, options: ReadOptions, data_dir: Path | None, json: bool
) -> None:
    """Write a source as a folder of pictures and print the number of each class."""
    import numpy as np

    from noonbit.data import open_data
    from noonbit.data.export import require_new, write_folder

    require_new(out)
    opened = open_data(source, data_dir=data_dir, options=options)
    write_folder(opened, out)
    counts = {
        name: np.bincount(part.labels, minlength=len(opened.class_names)).tolist()
        for name, part in opened.parts.items()
        if part.labels is not None
    }
    if json:
        images = {
            name: dict(zip(opened.class_names, each, strict=True)) for name, each in counts.items()
        }
        print_json({"source": source, "folder": str(out), "images": images})
    else:
        print_table(
            ("class", *counts),
            [
                (name, *(each[label] for each in counts.values()))
                for label, name in enumerate(opened.class_names)
            ],
        )
    for note in opened.notes:
        say(f"note     {note}")
    say(f"\nfolder   {out}")
    say(f"next     noonbit train {shell_word(str(out))}")


def list_known(data_dir: Path | None, json: bool) -> None:
    """Print every known data set with its place, or how to get it."""
    from noonbit.data import cache
    from noonbit.data.known.locate import locate_all

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
    if used := cache.used_bytes():
        say(f"\ncache    {used / 1e6:,.0f} MB of decoded pictures in {cache.folder()}")
    say("\nnext     noonbit check digits")
