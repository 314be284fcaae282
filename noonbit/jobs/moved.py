"""Load the data of a run that is resumed, which may have been moved."""

from pathlib import Path

from noonbit.data.prepared import PreparedDataset, load
from noonbit.errors import DataError, SourceNotFound
from noonbit.runs.metadata import place_of
from noonbit.runs.run import Run
from noonbit.terminal import shell_word


def load_items(run: Run, source: str | Path | None, data_dir: Path | None) -> PreparedDataset:
    """Load the data of a run with its stored split, from `source` if it was moved there.

    The run then notes the new place. Raises `DataError` if other data lies there, and
    `SourceNotFound` with what to do if there is none at the old place.
    """
    if source is not None:
        return load_moved(run, source, data_dir)
    try:
        return run.items(data_dir=data_dir)
    except SourceNotFound as error:
        raise SourceNotFound(
            f"{error} If the data was moved: noonbit train NEW_PLACE --resume {run.word}"
        ) from None


def load_moved(run: Run, source: str | Path, data_dir: Path | None) -> PreparedDataset:
    """Load the data of a run from a new place; see `load_items`."""
    items = load(source, run.recipe, data_dir=data_dir, preprocessor=run.contract.preprocessor)
    if items.fingerprint != run.metadata["data"]["fingerprint"]:
        raise DataError(
            f"{source} is not the data that {run.path.name} was trained on: the fingerprint of its "
            "items, labels and class names is another. Restore the data, or begin a run on this "
            f"one: noonbit train {shell_word(str(source))} --from {run.word}"
        )
    items = run.with_stored_split(items)
    run.update(**place_of(items.data.source, data_dir))
    return items
