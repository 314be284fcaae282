"""Korean names and paths end no command, whatever the console can show."""

import io
import json
import os
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from PIL import Image

from noonbit.cli.main import run
from noonbit.cli.output import print_json, write_rows
from noonbit.cli.streams import guard_streams

CLASSES = ("가위", "바위")


def test_a_run_is_made_and_read_where_paths_are_no_utf8(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = os.fsencode(tmp_path) + b"/" + "데이터".encode("cp949")
    for number, name in enumerate(CLASSES):
        os.makedirs(folder + b"/" + name.encode("cp949"))
        for i in range(10):
            with open(folder + b"/" + name.encode("cp949") + b"/%d.png" % i, "wb") as file:
                Image.new("L", (8, 8), 20 * i + number).save(file, "PNG")
    source, path = os.fsdecode(folder), os.fsdecode(folder + b"-run")
    for stream in ("stdout", "stderr"):
        monkeypatch.setattr(sys, stream, io.TextIOWrapper(io.BytesIO(), "ascii"))
    guard_streams()
    train = [*("train", source, "--epochs", "1", "--model", "lenet5"), "--threads", "1"]
    assert run([*train, "--out", path]) == 0
    for command in (["check", source], ["evaluate", path], ["errors", path], ["report", path]):
        assert run(command) in (0, 5)
    table = tmp_path / "a.csv"
    assert run(["predict", path, source, "--out", str(table)]) == 0
    sys.stdout.seek(0)
    assert "??" in sys.stdout.read()
    assert "가위/0.png" in table.read_text("utf-8")


def test_half_a_letter_is_written_escaped(tmp_path: Path) -> None:
    row = {"name": "half \ud800", "probability": 0.5}
    for ending in ("csv", "json", "parquet"):
        write_rows(tmp_path / f"rows.{ending}", [row])
    assert r"half \ud800" in (tmp_path / "rows.csv").read_text("utf-8")
    assert json.loads((tmp_path / "rows.json").read_text("utf-8")) == [row]
    assert pq.read_table(tmp_path / "rows.parquet").to_pylist() == [row | {"name": r"half \ud800"}]


@pytest.mark.parametrize("encoding", ["ascii", "cp949", "latin-1", "utf-8"])
def test_json_is_whole_in_every_encoding(monkeypatch: pytest.MonkeyPatch, encoding: str) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding)
    monkeypatch.setattr(sys, "stdout", stream)
    value = {"가위": "\U0001f600", "path": "/\udcb0\udca1"}
    print_json(value)
    stream.seek(0)
    assert json.loads(stream.read()) == value
