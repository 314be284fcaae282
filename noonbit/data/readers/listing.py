"""What a reader is given: the files of a source, and how the user said to read them."""

from dataclasses import dataclass, field

from noonbit.config.read_options import ReadOptions
from noonbit.data.files import File


@dataclass(frozen=True)
class Listing:
    """The files of one source."""

    files: list[File]
    """In natural order of their names."""
    source: str
    """As the user named it, for errors."""
    options: ReadOptions = field(default_factory=ReadOptions)
