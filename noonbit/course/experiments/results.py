"""The result of an experiment, and the file that stores it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import TypeAdapter

from noonbit.course.experiments.documents import Text
from noonbit.runs.find import slug
from noonbit.system.artefacts import parse_artefact, read_artefact_json
from noonbit.system.files import write_json
from noonbit.system.paths import is_file

REPRODUCED = Path("reproduced")
"""The default folder of results, in the working directory."""
FORMAT = 2
"""The version of result.json; a result of another version counts as none."""

Outcome = Literal["met", "not met", "not comparable", "no claim", "quick"]
OUTCOME_WORDS: Mapping[Outcome, Text] = {
    "met": ("met", "문서 수치에 도달"),
    "not met": ("not met", "문서 수치에 못 미침"),
    "not comparable": ("not comparable", "비교할 수 없음"),
    "no claim": ("no claim", "문서에 수치 없음"),
    "quick": ("quick", "짧은 실행"),
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """The judgement of a claim."""

    outcome: Outcome
    sentence: Text
    """The figures behind it, in words."""
    difference: float | None = None
    """Measured minus documented, or winner minus loser, as a share."""
    low: float | None = None
    """The ends of the difference's 95 % interval."""
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """The contents of result.json."""

    name: str
    quick: bool
    source: str
    """The data that were opened."""
    verdict: Verdict
    runs: list[dict[str, Any]]
    """For each run: arm, seed, folder, accuracy, interval, parameters, epochs, seconds, members."""
    table: list[list[str]]
    """The NumPy network's printed lines; empty for the other experiments."""
    machine: dict[str, Any]
    finished: str
    """The time, ISO 8601."""


RESULT_ADAPTER = TypeAdapter(Result)


def experiment_folder(
    name: str, out: Path, *, quick: bool = False, own_source: str | None = None
) -> Path:
    """Return the folder of an experiment's runs and result, one for each source of a user's own."""
    on = "" if own_source is None else f"-on-{slug(own_source)}"
    return out / f"{name}{'-quick' if quick else ''}{on}"


def write_result(result: Result, folder: Path) -> None:
    """Write result.json into an experiment's folder."""
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / "result.json", {"format": FORMAT, **asdict(result)})


def read_last_result(name: str, out: Path) -> Result | None:
    """Read the result of an experiment's last full run; None if there is none.

    Raises `ArtefactError` for a file that is damaged.
    """
    path = experiment_folder(name, out) / "result.json"
    if not is_file(path):
        return None
    stored = read_artefact_json(path)
    if not isinstance(stored, dict) or stored.pop("format", None) != FORMAT:
        return None
    return parse_artefact(RESULT_ADAPTER, stored, path)
