"""What came of an experiment, and the file that keeps it."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from noonbit.runs.migrate import renamed
from noonbit.system.files import read_json, write_json

REPRODUCED = Path("reproduced")
"""Where results are kept by default, in the folder where a person works."""
FORMAT = 1
"""Of result.json; a result of another format counts as none."""

Outcome = Literal["met", "not met", "not comparable", "no claim", "quick"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of a claim."""

    outcome: Outcome
    sentence: str
    """The figures that it rests on."""
    difference: float | None = None
    """Measured minus documented, or winner minus loser, as a share."""
    low: float | None = None
    """95 % interval of the difference."""
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """What result.json holds."""

    name: str
    quick: bool
    source: str
    """What was opened."""
    verdict: Verdict
    runs: list[dict[str, Any]]
    """Of each run: arm, seed, folder, accuracy, interval, parameters, epochs, seconds, members."""
    table: list[list[str]]
    """The printed lines of the network by hand; empty for the others."""
    machine: dict[str, Any]
    finished: str
    """When, ISO 8601."""


def folder_of(name: str, out: Path, *, quick: bool = False) -> Path:
    """Where an experiment's runs and its result lie."""
    return out / (f"{name}-quick" if quick else name)


def keep_result(result: Result, out: Path) -> None:
    """Put result.json in place."""
    folder = folder_of(result.name, out, quick=result.quick)
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / "result.json", {"format": FORMAT, **asdict(result)})


def last_result(name: str, out: Path) -> Result | None:
    """What the last full run of an experiment gave; None where there was none."""
    path = folder_of(name, out) / "result.json"
    if not path.exists():
        return None
    stored = renamed(read_json(path))
    if stored.pop("format", None) != FORMAT:
        return None
    return Result(**{**stored, "verdict": Verdict(**stored["verdict"])})
