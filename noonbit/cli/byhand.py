"""noonbit byhand"""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter, validators

from noonbit.cli.output import DataDir, Json, print_json, say
from noonbit.errors import ArtefactError, CheckFailed, plural

if TYPE_CHECKING:
    from noonbit.course.byhand import Epoch, Examples

DOCUMENTED_SOURCE = "mnist"
COLUMNS = ("train error", "train accuracy", "test error", "test accuracy")


def byhand(
    *,
    source: str = DOCUMENTED_SOURCE,
    exact: Annotated[bool, Parameter(negative=())] = False,
    batch_size: Annotated[int | None, Parameter(validator=validators.Number(gte=1))] = None,
    out: Path | None = None,
    data_dir: DataDir = None,
    json: Json = False,
) -> None:
    """Train a network written by hand in NumPy, and compare it with its document digit by digit.

    Parameters
    ----------
    source
        A path, an archive, or a name of `noonbit data`; the document's is mnist.
    exact
        Use the derivative of the error instead of the document's backward pass.
    batch_size
        Images a step; left out: one at a time, in vectors, as the document does.
    out
        A folder for the curves and five random images as PNG; left out: no picture is written.
    """
    from noonbit.course.byhand import (
        DOCUMENTED,
        Network,
        documented_slope,
        exact_slope,
        open_examples,
    )

    training, test = open_examples(source, data_dir=data_dir)
    slope = exact_slope if exact else documented_slope
    network = Network(training.pixels.shape[1], len(training.class_names), slope=slope)
    say(
        f"{source}: {plural(len(training.labels), 'training image')}, "
        f"{plural(len(test.labels), 'test image')}; "
        f"{len(network.first)} - {network.first.shape[1]} - {network.second.shape[1]}\n"
    )
    if not json:
        print("epoch", *COLUMNS, sep="  ", flush=True)
    history: list[Epoch] = []
    for epoch in network.train(training, test, batch_size=batch_size):
        if not json:
            print_epoch(len(history), epoch)
        history.append(epoch)
    is_documented = source == DOCUMENTED_SOURCE and not exact and batch_size is None
    different = first_difference(history, DOCUMENTED) if is_documented else None
    pictures = [] if out is None else write_pictures(out, history, training)
    if json:
        print_json(
            {
                "source": source,
                "exact": exact,
                "batch_size": batch_size,
                "epochs": [asdict(epoch) for epoch in history],
                "is_the_documents": different is None if is_documented else None,
                "pictures": [str(picture) for picture in pictures],
            }
        )
    for picture in pictures:
        say(f"picture  {picture}")
    if different is not None:
        raise CheckFailed(
            f"The line of epoch {different} is not the document's, "
            f"{' '.join(DOCUMENTED[different])}. The images or the arithmetic differ."
        )
    if is_documented:
        say("\nEvery digit is the document's.")
    say(f"next     noonbit gradcheck byhand{'-exact' if exact else ''}")


def print_epoch(number: int, epoch: "Epoch") -> None:
    """Print a line of the table as the document does."""
    cells = zip(epoch.printed(), COLUMNS, strict=True)
    print(f"{number:5}", *(f"{cell:>{len(name)}}" for cell, name in cells), sep="  ", flush=True)


def first_difference(
    history: "Sequence[Epoch]", documented: Sequence[tuple[str, ...]]
) -> int | None:
    """Return the first epoch, from 0, whose line is not the document's; None if all lines are."""
    lines = (epoch.printed() for epoch in history)
    pairs = enumerate(zip(lines, documented, strict=False))
    return next((number for number, (own, other) in pairs if own != other), None)


def write_pictures(folder: Path, history: "list[Epoch]", training: "Examples") -> list[Path]:
    """Write the curves and five images into `folder`, and return the paths.

    Raises `ArtefactError` if the folder cannot be made.
    """
    from noonbit.course.byhand import draw_curves, draw_random_images
    from noonbit.data.contact_sheet import write_png
    from noonbit.system.files import explain_write_error, write

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ArtefactError(explain_write_error(folder, error)) from None
    curves, images = folder / "byhand-curves.png", folder / "byhand-images.png"
    figure, sheet = draw_curves(history), draw_random_images(training)
    write(curves, lambda temporary: figure.savefig(temporary, format="png", dpi=120))
    write_png(images, sheet)
    return [curves, images]
