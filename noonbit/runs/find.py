"""Name a run folder, and find it by path, unique prefix or `last`; imports no PyTorch."""

import os
from pathlib import Path

from noonbit.errors import ArtefactError, ArtefactNotFound
from noonbit.system.files import cut_name
from noonbit.system.paths import absolute, is_file, is_folder, user_path

RUN_JSON = "run.json"
"""The file that makes a folder a run."""
RUNS = Path("runs")
"""Where runs are created and looked for, relative to the working directory."""


def find_run(name: str | Path, runs: Path = RUNS) -> Path:
    """Return the folder of a run; raises `ArtefactError` if there is none or more than one."""
    path = user_path(name)
    if os.path.lexists(path / RUN_JSON):  # what else than a file is there is said when it is read
        return path
    if is_file(path):
        raise ArtefactError(f"{path} is a file, not a run folder; the run comes first.")
    if is_folder(path) and str(name) != "last":
        raise ArtefactNotFound(f"{path} is not a run: it has no run.json.")
    found = sorted(entry.parent for entry in runs.glob("*/run.json"))
    if not found:
        raise ArtefactNotFound(
            f"There is no run in {absolute(runs)}"
            + ("" if str(name) == "last" else f", and {name} is no folder of one")
            + ". Make one with `noonbit train SOURCE`, or give the path of a run folder."
        )
    if str(name) == "last":
        return max(found, key=lambda entry: (entry / "run.json").stat().st_mtime_ns)
    matches = [entry for entry in found if entry.name.startswith(str(name))]
    if len(matches) == 1:
        return matches[0]
    names = ", ".join(entry.name for entry in (matches or found)[-5:])
    what = "Several runs begin" if matches else "No run begins"
    raise (ArtefactError if matches else ArtefactNotFound)(
        f"{what} with '{name}' in {absolute(runs)}. "
        f"{'They are' if matches else 'The latest are'}: {names}."
    )


def slug(text: str) -> str:
    """Return a name that is safe in a path: `../data/my digits.csv` -> `my-digits`.

    It is short, so that two of them and a time fit into the name of a folder.
    """
    stem = Path(text.rpartition(":")[0] or text).name.split(".")[0] or "data"
    safe = "".join(c if c.isalnum() or c in "-_" else "-" for c in stem)
    return cut_name(safe[:40], most_bytes=100)
