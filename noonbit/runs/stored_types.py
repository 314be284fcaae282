"""The plain types of what run.json holds, and its format number; imports no PyTorch.

run_json.py has all of them put together; listing.py, which must be quick, those few that a list of
runs shows.
"""

from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from noonbit.errors import ArtefactError
from noonbit.runs.find import RUN_JSON
from noonbit.system.artefacts import read_artefact_json

FORMAT = 2
"""The version of the run folder; incremented when older versions can no longer read it, or when a
network of the catalogue is changed."""
LARGEST_COUNT = 2**53
"""Up to here, every whole number is a float too."""


def check_time(text: str) -> str:
    """Accept a time such as 2026-11-22T14:15:02+01:00."""
    datetime.fromisoformat(text)
    return text


Count = Annotated[int, Field(ge=0, le=LARGEST_COUNT)]
Number = Annotated[int, Field(ge=1, le=LARGEST_COUNT)]
"""From 1."""
Share = Annotated[float, Field(ge=0, le=1)]
Amount = Annotated[float, Field(ge=0)]
"""Seconds, a learning rate or a standard deviation."""
Time = Annotated[str, AfterValidator(check_time)]


class Stored(BaseModel):
    """An object in run.json: of the very types that were written, and finite."""

    model_config = ConfigDict(strict=True, allow_inf_nan=False)


def read_known_format(folder: Path) -> dict[str, Any]:
    """Return what run.json says, of a format that this version reads; its types are not checked.

    Raises `ArtefactError` for a folder that is no run, or is of a later format.
    """
    path = folder / RUN_JSON
    metadata = read_artefact_json(path)
    number = metadata.get("format") if isinstance(metadata, dict) else None
    if not isinstance(number, int) or isinstance(number, bool):
        raise ArtefactError(f"{path} has no format number; it is no run of noonbit's.")
    if number > FORMAT:
        raise ArtefactError(
            f"{folder} has run format {number}; this noonbit {version('noonbit')} reads up "
            f"to {FORMAT}. "
            "Update noonbit to open it."
        )
    return dict(metadata)
