"""Read games of Go (SGF files) as a data set.

`noonbit.data.go` is imported only when games are read, since importing numba takes a second.
"""

from noonbit.data.dataset import Inputs, Part, RawDataset
from noonbit.data.go.files import SUFFIX, is_sgf
from noonbit.data.readers.listing import Listing

FORMAT = "games of Go (SGF)"


def recognise(listing: Listing) -> bool:
    """Whether most files are named as SGF, or the only file has the content of one."""
    files = listing.files
    named = sum(SUFFIX.search(file.name) is not None for file in files)
    return 2 * named > len(files) or (len(files) == 1 and is_sgf(files[0]))


def read(listing: Listing) -> RawDataset:
    """Read all positions of all games, with the move that was played as the label.

    Raises `DataError` if there is no game, and `MissingExtra` without the `go` extra.
    """
    files, source = listing.files, listing.source
    from noonbit.data.go.boards import read_positions

    return read_positions(files, source, FORMAT)


def read_inputs(listing: Listing, value_range: tuple[float, float] | None) -> Inputs:
    """Read all positions without labels. Raises as `read` does."""
    data = read(listing)
    part = Part(data.train.raw, None, data.train.names)
    return Inputs(listing.source, FORMAT, part, notes=data.notes)
