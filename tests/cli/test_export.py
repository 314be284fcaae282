"""noonbit export"""

import json
import shutil

from noonbit.cli.main import run


def test_a_run_is_exported_into_its_own_folder(digits_run, tmp_path, capsys):
    copied = shutil.copytree(digits_run.path, tmp_path / "run")
    assert run(["export", str(copied)]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("parity   359 of 359 test items agree, worst difference ")
    assert "next     noonbit predict" in err
    assert sorted(path.name for path in (copied / "export").iterdir()) == [
        "model.onnx",
        "parity.json",
    ]


def test_json_has_the_comparison(digits_run, tmp_path, capsys):
    out = tmp_path / "letters.pt2"
    assert run(["export", str(digits_run.path), "--to", "torch", "--out", str(out), "--json"]) == 0
    value = json.loads(capsys.readouterr().out)
    assert value["file"] == str(out)
    assert value["parity"]["agreeing_classes"] == value["parity"]["items"] == 359


def test_a_run_whose_data_are_gone_is_compared_on_made_up_inputs(digits_run, tmp_path, capsys):
    copied = shutil.copytree(digits_run.path, tmp_path / "run")
    stored = json.loads((copied / "run.json").read_text())
    stored["source_path"] = str(tmp_path / "gone.npz")
    (copied / "run.json").write_text(json.dumps(stored))
    assert run(["export", str(copied), "--to", "torch"]) == 0
    out, err = capsys.readouterr()
    assert "256 of 256 made-up inputs agree" in out
    assert "gone.npz does not exist" in err


def test_a_place_that_cannot_be_written_is_refused_before_the_work(digits_run, tmp_path, capsys):
    assert run(["export", str(digits_run.path), "--out", str(tmp_path)]) == 2
    assert "is a folder" in capsys.readouterr().err
