"""A studio for the tests of its pages, and the browser that opens them."""

from collections.abc import Iterator

import pytest
from browser import chromium, page
from playwright.sync_api import expect
from running_studio import RunningStudio, running_studio

__all__ = ["chromium", "page"]

# What a page waits for is a process that imports PyTorch, on a machine that tests keep busy.
expect.set_options(timeout=120_000)


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStudio]:
    """A studio in an empty folder, for all tests of a file."""
    with running_studio(tmp_path_factory.mktemp("studio")) as running:
        yield running
        running.stop_trainings()
