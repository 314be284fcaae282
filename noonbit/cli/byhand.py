"""noonbit byhand"""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, TypeAlias

from cyclopts import Parameter

from noonbit.cli.output import DataDir, Json, OutFolder, print_json, print_line, print_table, say
from noonbit.config.ranges import Range
from noonbit.config.recipe import LARGEST_RATE, LARGEST_SEED, MOST_EPOCHS
from noonbit.errors import CheckFailed, plural

if TYPE_CHECKING:
    from noonbit.course.byhand import Epoch, Examples

DOCUMENTED_SOURCE = "mnist"
COLUMNS = ("train error", "train accuracy", "test error", "test accuracy")
ONE_HOT_ROWS = 3
Count: TypeAlias = Annotated[int, Parameter(validator=Range(1, MOST_EPOCHS))]
Rate: TypeAlias = Annotated[float, Parameter(validator=Range(0, LARGEST_RATE, above_least=True))]
Seed: TypeAlias = Annotated[int, Parameter(validator=Range(0, LARGEST_SEED))]


def byhand(
    *,
    source: str = DOCUMENTED_SOURCE,
    epochs: Count = 20,
    learning_rate: Rate = 0.005,
    hidden_units: Count = 100,
    items: Count = 1000,
    seed: Seed = 884736743,
    exact: Annotated[bool, Parameter(negative=())] = False,
    batch_size: Count | None = None,
    out: OutFolder = None,
    data_dir: DataDir = None,
    json: Json = False,
) -> None:
    """Train a network written by hand in NumPy, and compare it with its document digit by digit.

    Prints the arrays and the first one-hot labels, then a line an epoch.

    Parameters
    ----------
    source
        A path, an archive, or a name of `noonbit data`; the document's is mnist.
    epochs
        Passes over the training images.
    learning_rate
        How far a step goes.
    hidden_units
        Between the pixels and the outputs.
    items
        The first so many training images, and as many test images, as far as there are.
    seed
        Of the first weights and of dropout.
    exact
        Use the derivative of the error instead of the document's backward pass.
    batch_size
        Images a step; left out: one at a time, in vectors, as the document does.
    out
        A folder for the curves and five random training images as PNG; left out: no picture is
        written.
    """
    from noonbit.course.byhand import (
        HIDDEN_UNITS,
        ITEMS,
        LEARNING_RATE,
        SEED,
        Network,
        documented_slope,
        exact_slope,
        first_difference,
        open_examples,
    )

    all_training, all_test = open_examples(source, data_dir=data_dir)
    training, test = all_training.first(items), all_test.first(items)
    network = Network(
        training.pixels.shape[1],
        len(training.class_names),
        hidden_units=hidden_units,
        learning_rate=learning_rate,
        seed=seed,
        slope=exact_slope if exact else documented_slope,
    )
    say(
        f"{source}: {plural(len(training.labels), 'training image')}, "
        f"{plural(len(test.labels), 'test image')}; "
        f"{len(network.first)} - {hidden_units} - {network.second.shape[1]}"
    )
    say()
    if not json:
        print_data(all_training, all_test, items)
        print_line("  ".join(("epoch", *COLUMNS)))
    history: list[Epoch] = []
    for epoch in network.train(training, test, epochs=epochs, batch_size=batch_size):
        if not json:
            print_epoch(len(history), epoch)
        history.append(epoch)
    settings = {
        "source": source,
        "learning_rate": learning_rate,
        "hidden_units": hidden_units,
        "items": items,
        "seed": seed,
        "exact": exact,
        "batch_size": batch_size,
    }
    documented = {
        "source": DOCUMENTED_SOURCE,
        "learning_rate": LEARNING_RATE,
        "hidden_units": HIDDEN_UNITS,
        "items": ITEMS,
        "seed": SEED,
        "exact": False,
        "batch_size": None,
    }
    is_documented = settings == documented
    different = first_difference(history) if is_documented else None
    pictures = []
    if out is not None:
        from noonbit.course.byhand_pictures import write_pictures

        pictures = write_pictures(out, history, all_training)
    if json:
        print_json(
            {
                **settings,
                "epochs": [asdict(epoch) for epoch in history],
                "is_the_documents": different is None if is_documented else None,
                "pictures": [str(picture) for picture in pictures],
            }
        )
    for picture in pictures:
        say(f"picture  {picture}")
    if is_documented:
        say_comparison(len(history), different)
    say(f"next     noonbit gradcheck byhand{'-exact' if exact else ''}")


def print_data(training: "Examples", test: "Examples", items: int) -> None:
    """Print shapes and dtypes, the labels of the images that the document shows, and one-hot rows.

    `training` and `test` are all images of the source, of which the first `items` are used.
    """
    from noonbit.course.byhand import list_arrays
    from noonbit.course.byhand_pictures import draw_random_items

    def class_of(item: int) -> str:
        return training.class_names[int(training.labels[item])]

    print_table(("array", "shape", "dtype"), list_arrays(training, test, items=items))
    last = len(training.labels) - 1
    drawn = ", ".join(f"{item} is {class_of(item)}" for item in draw_random_items(last + 1))
    print_line(f"\ntraining image {last} is {class_of(last)}; at random: {drawn}")
    print_line()
    first = training.first(ONE_HOT_ROWS)
    for item, row in enumerate(first.targets):
        print_line(f"label {class_of(item)} is {' '.join(str(row).split())}")
    print_line()


def print_epoch(number: int, epoch: "Epoch") -> None:
    """Print a line of the table as the document does."""
    cells = zip(epoch.printed(), COLUMNS, strict=True)
    print_line("  ".join((f"{number:5}", *(f"{cell:>{len(name)}}" for cell, name in cells))))


def say_comparison(epochs: int, different: int | None) -> None:
    """Say that all lines are the document's; raises `CheckFailed` with the first that is not."""
    from noonbit.course.byhand import DOCUMENTED

    if different is not None:
        raise CheckFailed(
            f"The line of epoch {different} is not the document's, "
            f"{' '.join(DOCUMENTED[different])}. The images or the arithmetic differ."
        )
    compared = min(epochs, len(DOCUMENTED))
    lines = "" if compared == epochs else f" of the first {compared} lines"
    say(f"\nEvery digit{lines} is the document's.")
