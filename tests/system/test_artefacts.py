"""Files of a run folder, which anybody may have written."""

import os
from pathlib import Path

import pytest

from noonbit.errors import ArtefactError, ArtefactNotFound
from noonbit.system.artefacts import read_artefact, read_artefact_json

NESTED = b"[" * 100_000
DIGITS = b"9" * 5_000


def test_a_missing_and_a_damaged_json_file_are_said(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    with pytest.raises(ArtefactNotFound) as error:
        read_artefact_json(path)
    assert str(error.value) == f"{path} is missing; the run folder is not complete."
    for content in (b"{", b"", b"\xff\xfe", NESTED, DIGITS):
        path.write_bytes(content)
        with pytest.raises(ArtefactError, match=r"is damaged .*Restore it, or train again\."):
            read_artefact_json(path)


def test_a_pipe_and_a_folder_are_no_files_of_a_run(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")  # opening it would wait for a writer
    for path in (tmp_path / "pipe", tmp_path):
        with pytest.raises(ArtefactError, match="is no regular file"):
            read_artefact(path)


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "history.csv"
    path.write_bytes(b"12345")
    assert read_artefact(path, most_bytes=5) == b"12345"
    with pytest.raises(ArtefactError, match="has 5 bytes; at most 4 are read"):
        read_artefact(path, most_bytes=4)
