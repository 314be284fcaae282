"""The export of a run in the user's cache."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from noonbit.errors import ArtefactError, ArtefactNotFound
from noonbit.export.onnx_model import OnnxModel
from noonbit.runs.run import Run
from noonbit.serve import exported
from noonbit.serve.exported import (
    FILE_NAME,
    MOST_ENTRIES,
    entries_folder,
    open_run,
    remove_old_entries,
    run_digest,
)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A cache of the test's own."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("NOONBIT_CACHE", str(folder))
    yield folder


@pytest.fixture
def run_folder(digits_run: Run, tmp_path: Path) -> Path:
    """A copy of the run, which may be changed."""
    return Path(shutil.copytree(digits_run.path, tmp_path / "run"))


def forbid_export(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object, **settings: object) -> None:
        raise AssertionError("it was exported again")

    monkeypatch.setattr(exported, "export_in_child", fail)


@pytest.mark.parametrize("name", ["weights.safetensors", "contract.json", "recipe.toml"])
def test_an_entry_depends_on_weights_contract_and_recipe(run_folder: Path, name: str) -> None:
    before = run_digest(run_folder)
    assert run_digest(run_folder) == before
    with (run_folder / name).open("ab") as file:
        file.write(b"\n")
    changed = run_digest(run_folder)
    assert changed != before
    (run_folder / name).unlink()
    assert run_digest(run_folder) not in (before, changed)


def test_an_entry_does_not_depend_on_the_name_of_the_run(run_folder: Path) -> None:
    before = run_digest(run_folder)
    assert run_digest(Path(shutil.move(run_folder, run_folder.with_name("other")))) == before


def test_what_was_exported_is_opened_without_exporting(
    run_folder: Path, digits_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = entries_folder() / run_digest(run_folder)
    entry.mkdir(parents=True)
    shutil.copy(digits_file, entry / FILE_NAME)
    forbid_export(monkeypatch)
    assert open_run(str(run_folder), trust=False).path == entry / FILE_NAME


def test_only_the_last_used_entries_are_kept(tmp_path: Path) -> None:
    for number in range(MOST_ENTRIES + 3):
        (tmp_path / f"{number:02}").mkdir()
        (tmp_path / f"{number:02}" / FILE_NAME).touch()
        os.utime(tmp_path / f"{number:02}", (number, number))
    os.utime(tmp_path / "00")
    remove_old_entries(tmp_path)
    kept = sorted(entry.name for entry in tmp_path.iterdir())
    assert kept == ["00", *(f"{number:02}" for number in range(4, MOST_ENTRIES + 3))]


def test_a_run_that_is_not_there_is_said_before_anything_is_exported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forbid_export(monkeypatch)
    with pytest.raises(ArtefactNotFound, match="is not a run"):
        open_run(str(tmp_path), trust=False)


def test_a_cache_that_others_can_change_is_not_used(
    run_folder: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.mkdir()
    cache.chmod(0o777)
    with pytest.raises(ArtefactError, match="Set NOONBIT_CACHE to another folder"):
        open_run(str(run_folder), trust=False)


@pytest.mark.slow
def test_a_run_is_exported_once_and_again_if_its_entry_is_damaged(
    run_folder: Path, digits_run: Run
) -> None:
    model = open_run(str(run_folder), trust=False)
    assert model.card.run == "run"
    assert model.contract == digits_run.contract
    stamp = model.path.stat().st_mtime_ns
    assert open_run(str(run_folder), trust=False).path.stat().st_mtime_ns == stamp
    model.path.write_bytes(model.path.read_bytes()[:1000])
    assert OnnxModel.open(open_run(str(run_folder), trust=False).path).card.run == "run"


@pytest.mark.slow
def test_a_run_that_cannot_be_exported_says_why(
    run_folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (run_folder / "weights.safetensors").write_bytes(b"x")
    with pytest.raises(ArtefactError, match="could not be exported: see above"):
        open_run(str(run_folder), trust=False)
    assert "weights.safetensors" in capfd.readouterr().err
    assert not list(entries_folder().rglob(FILE_NAME))
