"""Say which files of a source are left out, in a short list."""

from collections import Counter
from collections.abc import Collection, Sequence
from pathlib import PurePosixPath

from noonbit.errors import plural

_SHOWN = 3


def list_left_out(unused: Sequence[str], used: Collection[str]) -> str:
    """List names of files, at most three and a count: `test/ (60 files), a.txt and 5 more`.

    Of a folder in which no file is used, only its name.
    """
    used_folders = {str(folder) for name in used for folder in PurePosixPath(name).parents}
    groups: Counter[str] = Counter()
    for name in unused:
        folders = map(str, reversed(PurePosixPath(name).parents))
        outermost = next((folder for folder in folders if folder not in used_folders), None)
        groups[name if outermost in (None, ".") else f"{outermost}/"] += 1
    shown = [
        f"{name} ({plural(count, 'file')})" if name.endswith("/") else name
        for name, count in groups.items()
    ]
    more = len(shown) - _SHOWN
    return ", ".join(shown[:_SHOWN]) + (f" and {more:,} more" if more > 0 else "")
