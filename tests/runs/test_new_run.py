"""A run folder is made by one process, held while it is written, and left behind only if of use."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from noonbit.errors import ArtefactError, UsageError
from noonbit.runs.find import find_run
from noonbit.runs.folder import new_run
from noonbit.runs.lock import LOCK, hold

MAKERS, ROUNDS = 4, 15


def make(
    out: Path, error: BaseException | None = None, *files: str, status: str = "training"
) -> None:
    """Make a run with these files, and fail."""
    metadata = {"model": {"name": "mlp", "python": False}, "source": "digits"}
    with new_run(out, model="mlp", source="digits", metadata=metadata) as run:
        run.update(status=status)
        for name in files:
            (out / name).parent.mkdir(exist_ok=True)
            (out / name).touch()
        if error is not None:
            raise error


@pytest.mark.parametrize("is_there", [False, True])
def test_of_several_that_make_one_folder_at_once_one_gets_it(
    is_there: bool, tmp_path: Path
) -> None:
    start = Barrier(MAKERS)

    def try_to_make(out: Path) -> str:
        start.wait()
        try:
            make(out)
        except UsageError as error:
            return str(error)
        return "made"

    with ThreadPoolExecutor(MAKERS) as pool:
        for number in range(ROUNDS):
            out = tmp_path / f"{number}"
            if is_there:
                out.mkdir()
            outcomes = sorted(pool.map(try_to_make, [out] * MAKERS))
            refused, made = outcomes[:-1], outcomes[-1]
            assert made == "made"
            assert all(each.startswith(f"{out} already exists, and nothing is") for each in refused)


def test_while_a_run_is_written_nobody_else_makes_or_resumes_it(tmp_path: Path) -> None:
    with new_run(tmp_path / "run", model="mlp", source="digits", metadata={}):
        with pytest.raises(UsageError, match="already exists"):
            make(tmp_path / "run")
        with pytest.raises(UsageError, match=r"^busy$"), hold(tmp_path / "run", "busy"):
            pass
    with hold(tmp_path / "run", "busy"):
        pass
    assert not (tmp_path / "run" / LOCK).exists()


def test_what_a_kill_leaves_of_the_lock_is_in_nobodys_way(tmp_path: Path) -> None:
    out = tmp_path / "run"
    out.mkdir()
    (out / LOCK).touch()
    make(out)
    assert (out / "run.json").exists()


def test_what_a_killed_process_was_writing_is_removed_by_the_next(tmp_path: Path) -> None:
    (tmp_path / ".checkpoint.safetensors.k1ll3d").touch()
    (tmp_path / "checkpoint.safetensors").touch()
    with hold(tmp_path, "busy"):
        assert set(os.listdir(tmp_path)) == {LOCK, "checkpoint.safetensors"}


def test_a_run_that_fails_before_its_first_epoch_leaves_nothing_that_last_would_pick(
    tmp_path: Path,
) -> None:
    make(tmp_path / "older")
    with pytest.raises(MemoryError):
        make(tmp_path / "younger", MemoryError(), "recipe.toml", "split.npz", "weights.safetensors")
    assert os.listdir(tmp_path) == ["older"]
    assert find_run("last", tmp_path) == tmp_path / "older"


def test_an_empty_folder_that_was_there_stays_when_a_run_fails(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    with pytest.raises(MemoryError):
        make(tmp_path / "run", MemoryError(), "recipe.toml", "new/file")
    assert os.listdir(tmp_path / "run") == []


@pytest.mark.parametrize(
    ("error", "file", "status"),
    [
        (MemoryError(), "history.csv", "training"),
        (MemoryError(), "members/1", "training"),
        (ArtefactError("The disk is full."), "contract.json", "interrupted"),
        (ArtefactError("The loss is nan."), "contract.json", "diverged"),
        (KeyboardInterrupt(), "contract.json", "training"),
    ],
)
def test_what_can_be_resumed_or_read_is_never_removed(
    error: BaseException, file: str, status: str, tmp_path: Path
) -> None:
    with pytest.raises(type(error)):
        make(tmp_path / "run", error, file, status=status)
    assert {file.partition("/")[0], "run.json"} <= set(os.listdir(tmp_path / "run"))


def test_a_folder_that_cannot_be_locked_is_one_sentence() -> None:
    if not Path("/sys").is_dir():
        pytest.skip("needs Linux's /sys, which is read-only even for root")
    with (
        pytest.raises(ArtefactError, match=r"^/sys cannot be written to: "),
        hold(Path("/sys"), ""),
    ):
        pass
