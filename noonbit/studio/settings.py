"""What the studio is told at its start."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class StudioSettings:
    """Where it listens, and where it looks."""

    host: str = "127.0.0.1"
    port: int = 8080
    """0 lets the system choose one."""
    data_dir: Path | None = None
    """Where known data sets are looked for first."""
