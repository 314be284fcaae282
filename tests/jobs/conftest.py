"""What several tests of trainings share."""

from pathlib import Path

import pytest
from small_jobs import write_small

from noonbit.jobs import combine, single


@pytest.fixture
def without_report(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the report out, which takes longer than so short a training."""
    for module in (single, combine):
        monkeypatch.setattr(module, "write_report", lambda run, items: None)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return write_small(tmp_path / "small.npz")
