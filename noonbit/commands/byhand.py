"""noonbit byhand"""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter, validators

from noonbit.commands.output import DataDir, Json, print_json, say
from noonbit.errors import ArtefactError, CheckFailed, plural

if TYPE_CHECKING:
    from noonbit.byhand import Epoch, Examples

DOCUMENTED_SOURCE = "mnist"


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
        Use the derivative of the error instead of the document's way back.
    batch_size
        Images a step; left out: one at a time, in vectors, as the document does.
    out
        A folder for the curves and five random images as PNG; left out: no picture is written.
    data_dir
        Where to look for known data sets first.
    json
        Print one JSON object on stdout.
    """
    from noonbit.byhand import DOCUMENTED, Network, documented_slope, exact_slope, open_examples

    training, test = open_examples(source, data_dir=data_dir)
    slope = exact_slope if exact else documented_slope
    network = Network(training.pixels.shape[1], len(training.class_names), slope=slope)
    say(
        f"{source}: {plural(len(training.labels), 'training image')}, "
        f"{plural(len(test.labels), 'test image')}; "
        f"{len(network.first)} - {network.first.shape[1]} - {network.second.shape[1]}\n"
    )
    if not json:
        print("epoch  train error  train accuracy  test error  test accuracy", flush=True)
    history: list[Epoch] = []
    for number, epoch in enumerate(network.train(training, test, batch_size=batch_size)):
        history.append(epoch)
        if not json:
            cells = zip(epoch.printed(), (11, 14, 10, 13), strict=True)
            print(
                f"{number:5}", *(f"{cell:>{width}}" for cell, width in cells), sep="  ", flush=True
            )
    is_documented = source == DOCUMENTED_SOURCE and not exact and batch_size is None
    different = [
        number
        for number, epoch in enumerate(history)
        if is_documented and epoch.printed() != DOCUMENTED[number]
    ]
    pictures = [] if out is None else draw(out, history, training)
    if json:
        print_json(
            {
                "source": source,
                "exact": exact,
                "batch_size": batch_size,
                "epochs": [asdict(epoch) for epoch in history],
                "is_the_documents": not different if is_documented else None,
                "pictures": [str(picture) for picture in pictures],
            }
        )
    for picture in pictures:
        say(f"picture  {picture}")
    if different:
        raise CheckFailed(
            f"The line of epoch {different[0]} is not the document's, "
            f"{' '.join(DOCUMENTED[different[0]])}. The images or the arithmetic differ."
        )
    if is_documented:
        say("\nEvery digit is the document's.")
    say(f"next     noonbit gradcheck byhand{'-exact' if exact else ''}")


def draw(folder: Path, history: "list[Epoch]", training: "Examples") -> list[Path]:
    """The two plots and the five images, as files."""
    from noonbit.atomic import unwritable, write
    from noonbit.byhand import draw_curves, draw_random_images

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ArtefactError(unwritable(folder, error)) from None
    curves, images = folder / "byhand-curves.png", folder / "byhand-images.png"
    figure, sheet = draw_curves(history), draw_random_images(training)
    write(curves, lambda temporary: figure.savefig(temporary, format="png", dpi=120))
    write(images, lambda temporary: sheet.save(temporary, "PNG"))
    return [curves, images]
