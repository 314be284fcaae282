"""A run's process: kept between questions, started again when it has ended."""

import asyncio
import os
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from noonbit.errors import ArtefactError
from noonbit.runs.run import Run
from noonbit.studio.look import process
from noonbit.studio.look.process import RunProcesses


@pytest.fixture
def folder(digits_run: Run, tmp_path: Path) -> Path:
    return Path(shutil.copytree(digits_run.path, tmp_path / "run"))


def number(processes: RunProcesses, folder: Path) -> int:
    """The number of the process of a run."""
    running = processes._of[folder]._process
    assert running is not None
    return running.pid


def with_processes(story: Callable[[RunProcesses], Awaitable[None]]) -> None:
    async def tell() -> None:
        processes = RunProcesses()
        try:
            await story(processes)
        finally:
            await end(processes)

    async def end(processes: RunProcesses) -> None:
        running = [each._process for each in processes._of.values() if each._process is not None]
        processes.close()
        for each in running:
            await each.wait()

    asyncio.run(tell())


def test_one_process_answers_until_it_is_killed_and_then_another(folder: Path) -> None:
    async def story(processes: RunProcesses) -> None:
        overview = await processes.ask(folder, "overview")
        first = number(processes, folder)
        with pytest.raises(ArtefactError, match="no selection best"):
            await processes.ask(folder, "rows", selection="best", first=0, count=1)
        asked = [processes.ask(folder, "rows", selection="worst", first=n, count=1) for n in (0, 1)]
        left = asyncio.ensure_future(processes.ask(folder, "overview"))
        await asyncio.sleep(0)
        left.cancel()  # its answer comes all the same, and is nobody else's
        one, other = await asyncio.gather(*asked)
        assert one["total"] == other["total"] == overview["items"] - overview["correct"]
        assert number(processes, folder) == first

        running = processes._of[folder]._process
        assert running is not None
        running.kill()
        await running.wait()
        assert await processes.ask(folder, "overview") == overview
        assert number(processes, folder) != first

    with_processes(story)


def test_a_run_that_has_changed_gets_another_process(folder: Path) -> None:
    async def story(processes: RunProcesses) -> None:
        running = [await processes._process_of(folder)._running() for _ in range(2)]
        assert running[0] is running[1]
        os.utime(folder / "run.json", ns=(1, 1))
        running.append(await processes._process_of(folder)._running())
        assert running[2] is not running[1]
        await running[1].wait()

    with_processes(story)


def test_the_one_asked_longest_ago_gives_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "MOST_PROCESSES", 2)

    async def story(processes: RunProcesses) -> None:
        for name in ("a", "b", "a", "c"):
            with pytest.raises(ArtefactError, match="is no run any more"):
                await processes.ask(tmp_path / name, "overview")
        assert [path.name for path in processes._of] == ["a", "c"]

    with_processes(story)
