"""What a reader is given, for the tests of single readers."""

from pathlib import Path

from noonbit.config.read_options import ReadOptions
from noonbit.data.files import open_files
from noonbit.data.readers.listing import Listing


def listing_of(path: Path, **options: str) -> Listing:
    """List the files at a path as the registry does; `options` are read options."""
    return Listing(open_files(path), path.name, ReadOptions(**options))
