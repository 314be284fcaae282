"""Games of Go as a source of data.

The rules are compiled with numba, which takes a second to import, so only a source that holds games
waits for it.
"""

from noonbit.data.dataset import Data, Inputs, Part
from noonbit.data.files import File
from noonbit.data.go.files import SUFFIX, is_sgf

FORMAT = "games of Go (SGF)"


def recognise(files: list[File]) -> bool:
    """Whether most of these are called SGF files, or the only one is one."""
    called = sum(SUFFIX.search(file.name) is not None for file in files)
    return 2 * called > len(files) or (len(files) == 1 and is_sgf(files[0]))


def read(files: list[File], source: str) -> Data:
    """All positions of the games in them, the move that was played as label.

    Raises `DataError` where there is no game, and `MissingExtra`.
    """
    from noonbit.data.go.boards import positions_of

    return positions_of(files, source, FORMAT)


def read_inputs(files: list[File], source: str, value_range: tuple[float, float] | None) -> Inputs:
    """The same without labels."""
    data = read(files, source)
    part = Part(data.train.raw, None, data.train.names)
    return Inputs(source, FORMAT, part, notes=data.notes)
