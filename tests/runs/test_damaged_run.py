"""Run folders with damaged or made-up files: a sentence that names the file, and no answer."""

import json
import os
import shutil
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from safetensors.torch import load, save
from torch import Tensor, nn

from noonbit.cli.main import run as command_line
from noonbit.config.recipe import Recipe
from noonbit.errors import ArtefactError
from noonbit.jobs.member import MemberTraining, SharedSource
from noonbit.jobs.observer import Observer
from noonbit.report.page import write_report
from noonbit.runs.checkpoint import load_state
from noonbit.runs.find import find_run
from noonbit.runs.folder import load_run
from noonbit.runs.history import read_history
from noonbit.runs.predictions import read_predictions
from noonbit.runs.run import Run
from noonbit.runs.run_json import read_run_json
from noonbit.runs.timed_steps import read_timed_steps
from noonbit.system.artefacts import read_artefact

NAN, INFINITY = float("nan"), float("inf")
IMAGE = np.eye(8, dtype=np.uint8)
Edit = Callable[[Any], object]


@pytest.fixture
def copied(digits_run: Run, tmp_path: Path) -> Path:
    """A finished run that a test may damage."""
    return Path(shutil.copytree(digits_run.path, tmp_path / "run"))


def edit_json(path: Path, edit: Edit) -> None:
    """Change the value in a JSON file."""
    value = json.loads(path.read_text())
    edit(value)
    path.write_text(json.dumps(value))


def put(*place: Any) -> Edit:
    """Set what lies under the keys to the last value: `put("model", "name", 3)`."""

    def edit(value: Any) -> None:
        *keys, last, new = place
        for key in keys:
            value = value[key]
        value[last] = new

    return edit


def edit_weights(path: Path, edit: Callable[[dict[str, Tensor]], object]) -> None:
    """Change the tensors of a safetensors file without metadata."""
    tensors = load(path.read_bytes())
    edit(tensors)
    path.write_bytes(save(tensors))


@contextmanager
def without_rights() -> Iterator[None]:
    """Be a user who may not read everything, if the tests run as root."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(user)


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        (put("status", "done"), "status should be 'training', 'interrupted', 'finished' or"),
        (put("source", None), "source should be a valid string"),
        (put("created", "yesterday"), "created Invalid isoformat string"),
        (put("model", []), "model should be a valid dictionary"),
        (put("model", "name", "nope"), "model names the network 'nope', which does not exist"),
        (put("model", "python", 1), "model.python should be a valid boolean"),
        (put("model", "members", None), "model.members should be a valid list"),
        (put("model", "multiply_adds", 10**30), "model.multiply_adds should be less than"),
        (put("machine", "threads", 10**6), "machine.threads should be less than"),
        (put("data", "counts", "test", [1, 2]), "data counts 2 classes in test, and names 10"),
        (put("data", "counts", "test", 0, -1), "data.counts.test.0 should be greater than"),
        (put("data", "findings", [{}]), "data.findings.0.severity is missing"),
        (put("result", None), "result should be left out or have a value"),
        (put("result", "best_epoch", 9), "it best_epoch is 9 of 2 epochs"),
        (put("result", "accuracy", NAN), "accuracy should be a finite number"),
        (put("reasons", "threads", {}), "reasons.threads should be a valid string"),
        (lambda value: value.pop("machine"), "machine is missing"),
        (lambda value: value.pop("result"), "it is finished, and has no result"),
    ],
)
def test_a_wrong_entry_of_run_json_is_named(edit: Edit, reason: str, copied: Path) -> None:
    edit_json(copied / "run.json", edit)
    with pytest.raises(ArtefactError) as error:
        load_run(copied)
    assert str(error.value).startswith(f"{copied / 'run.json'} is damaged: ")
    assert reason in str(error.value)


def test_members_outside_the_run_are_refused_since_resuming_clears_their_folders(
    copied: Path,
) -> None:
    def add_member(value: Any) -> None:
        value["status"] = "interrupted"
        value["model"] |= {
            "combine": "sum",
            "members": [{"name": "mlp", "views": "none", "run": run} for run in runs],
        }
        settings = {"members": 2}
        value["training"] = {"at_once": 1, "threads": 1, "reason": "", "settings": settings}
        value["training"] |= {"recipe": {}, "recipes": [{}, {"seed": 1}]}
        del value["result"]

    runs = ["members/1", "members/2"]
    edit_json(copied / "run.json", add_member)
    assert load_run(copied).is_ensemble
    edit_json(copied / "run.json", put("model", "members", 1, "run", "../precious"))
    with pytest.raises(ArtefactError, match=r"says that member 2 is in '\.\./precious'"):
        load_run(copied)


def test_the_folder_behind_a_link_is_not_cleared_for_a_member(tmp_path: Path) -> None:
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "thesis.txt").touch()
    (tmp_path / "members").symlink_to(tmp_path / "precious")
    (tmp_path / "precious" / "1").mkdir()
    (tmp_path / "precious" / "1" / "notes.txt").touch()
    member = MemberTraining(1, 2, Recipe(), tmp_path / "members" / "1")
    with (
        pytest.raises(ArtefactError, match="not inside the run's own folder, but a link to"),
        member.start_or_resume(SharedSource("digits", None), Observer()),
    ):
        pass
    assert (tmp_path / "precious" / "1" / "notes.txt").exists()


@pytest.mark.parametrize("what", ["pipe", "folder", "loop", "dangling", "device"])
@pytest.mark.parametrize(
    "name", ["run.json", "contract.json", "recipe.toml", "weights.safetensors"]
)
def test_what_is_no_file_is_refused_and_not_waited_for(name: str, what: str, copied: Path) -> None:
    path = copied / name
    path.unlink()
    make: dict[str, Callable[[], object]] = {
        "pipe": lambda: os.mkfifo(path),
        "folder": path.mkdir,
        "loop": lambda: path.symlink_to(path),
        "dangling": lambda: path.symlink_to("/nowhere"),
        "device": lambda: path.symlink_to("/dev/zero"),
    }
    make[what]()
    with pytest.raises(ArtefactError, match=rf"{name} (is no regular|cannot be read|is missing)"):
        load_run(copied).predict(IMAGE)


def test_a_file_that_may_not_be_read_is_said_to_be_so(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    path.touch(mode=0)
    with without_rights(), pytest.raises(ArtefactError, match="cannot be read: Permission denied"):
        read_artefact(path)


def test_a_file_is_read_up_to_a_size(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    path.write_bytes(bytes(100))
    assert read_artefact(path, most_bytes=100) == bytes(100)
    with pytest.raises(ArtefactError, match="has 100 bytes; at most 99 are read"):
        read_artefact(path, most_bytes=99)


def test_json_that_is_nested_too_deeply_is_called_damaged(copied: Path) -> None:
    (copied / "run.json").write_text("[" * 100_000)
    with pytest.raises(ArtefactError, match=r"run\.json is damaged \(RecursionError"):
        read_run_json(copied)


def test_a_name_that_no_disk_takes_is_no_run(tmp_path: Path) -> None:
    with pytest.raises(ArtefactError, match="There is no run in"):
        find_run("x" * 300, tmp_path)


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        (put("mean", [NAN]), "mean.0 should be a finite number"),
        (put("mean", []), "it has 0 means and 1 deviations for 1 channels"),
        (put("std", [0.0]), "std.0 should be greater than"),
        (put("std", [INFINITY]), "std.0 should be a finite number"),
        (put("temperature", 0), "temperature should be greater than"),
        (put("temperature", 1e-300), "temperature should be greater than"),
        (put("class_names", ["0"] * 10), "it has a class name twice"),
        (lambda value: value["class_names"].reverse(), "its classes are not those of run.json"),
        (put("preprocessor", "input_kind", ["pictures"]), "should have an input_kind out of"),
        (put("preprocessor", "height", 10**9), "preprocessor.height should be less than"),
        (put("preprocessor", "width", 0), "preprocessor.width should be greater than"),
        (put("preprocessor", "value_range", [16, 0]), "has the value_range (16.0, 0.0), which is"),
        (put("preprocessor", "strokes", {}), "preprocessor.strokes.height is missing"),
    ],
)
def test_a_wrong_entry_of_the_contract_is_named(edit: Edit, reason: str, copied: Path) -> None:
    edit_json(copied / "contract.json", edit)
    with pytest.raises(ArtefactError) as error:
        _ = load_run(copied).contract
    assert str(error.value).startswith(f"{copied / 'contract.json'} is damaged: ")
    assert reason in str(error.value)


def test_a_contract_of_larger_images_than_the_weights_is_refused_before_it_takes_memory(
    copied: Path,
) -> None:
    edit_json(copied / "contract.json", put("preprocessor", "strokes", None))  # has its own size
    for side in ("height", "width"):
        edit_json(copied / "contract.json", put("preprocessor", side, 1024))
    with pytest.raises(ArtefactError, match="256x64, and the network has float32 of 256x1048576"):
        load_run(copied).predict(IMAGE)


@pytest.mark.parametrize("value", [NAN, INFINITY, -INFINITY])
def test_weights_that_are_no_numbers_do_not_answer(
    value: float, copied: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edit_weights(copied / "weights.safetensors", lambda t: t["head.0.bias"].fill_(value))
    np.save(copied.parent / "image.npy", IMAGE)
    assert command_line(["predict", str(copied), str(copied.parent / "image.npy")]) == 4
    out, err = capsys.readouterr()
    assert out == ""
    assert "weights.safetensors is damaged: head.0.bias has numbers that are not finite" in err


def test_weights_whose_outputs_are_no_numbers_do_not_answer(copied: Path) -> None:
    edit_weights(
        copied / "weights.safetensors", lambda t: [each.fill_(1e38) for each in t.values()]
    )
    with pytest.raises(ArtefactError, match="The network's outputs are not finite"):
        load_run(copied).predict(IMAGE)


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        (lambda t: t.update({"head.0.bias": torch.zeros(10, dtype=torch.int64)}), "int64 of 10,"),
        (lambda t: t.update({"head.0.bias": t["head.0.bias"].half()}), "float16 of 10, and the"),
        (lambda t: t.update({"head.0.bias": torch.tensor(0.0)}), "float32 of one number, and"),
        (lambda t: t.update(more=torch.zeros(2)), "it has no more"),
        (lambda t: t.pop("head.0.bias"), "head.0.bias is missing"),
    ],
)
def test_weights_unlike_those_of_the_network_are_named(
    edit: Callable[[dict[str, Tensor]], object], reason: str, copied: Path
) -> None:
    edit_weights(copied / "weights.safetensors", edit)
    with pytest.raises(ArtefactError, match=rf"does not fit the network: .*{reason}"):
        _ = load_run(copied).model


def test_a_network_may_have_constants_that_are_infinite(tmp_path: Path) -> None:
    network = nn.Linear(2, 2)
    network.register_buffer("mask", torch.tensor([0.0, -INFINITY]))
    load_state(network, dict(network.state_dict()), tmp_path)
    mask = torch.tensor([-INFINITY, 0.0])
    with pytest.raises(ArtefactError, match="mask has numbers that are not finite"):
        load_state(network, {**network.state_dict(), "mask": mask}, tmp_path)


ROW = "1,0.5,0.9,nan,nan,0.01,1.0,100.0"


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        (["2" + ROW[1:]], "epoch 2 is in the place of epoch 1"),
        ([ROW, ROW], "epoch 1 is in the place of epoch 2"),
        ([ROW.replace("0.5", "nan")], "0.loss should be a finite number"),
        ([ROW.replace("0.9", "1.1")], "0.accuracy should be less than or equal to 1"),
        ([ROW.replace("nan,nan", "nan,0.5")], "epoch 1 has val_accuracy 0.5 and val_loss nan"),
        ([ROW.replace("nan,nan", "inf,0.5")], "0.val_loss should be finite"),
        ([ROW + ",1"], "0.None Keys should be strings"),
        (["1,0.5"], "0.accuracy should be a valid number"),
    ],
)
def test_a_wrong_row_of_the_history_is_named(rows: list[str], reason: str, tmp_path: Path) -> None:
    header = "epoch,loss,accuracy,val_loss,val_accuracy,lr,seconds,items_per_second"
    (tmp_path / "history.csv").write_text("\n".join([header, ROW, ""]))
    assert len(read_history(tmp_path)) == 1
    (tmp_path / "history.csv").write_text("\n".join([header, *rows, ""]))
    with pytest.raises(ArtefactError) as error:
        read_history(tmp_path)
    assert reason in str(error.value)


def test_the_history_of_a_finished_run_has_all_its_epochs(copied: Path) -> None:
    lines = (copied / "history.csv").read_text().splitlines()
    (copied / "history.csv").write_text("\n".join(lines[:2]) + "\n")
    with pytest.raises(ArtefactError, match="it has 1 epochs, and run.json has others"):
        _ = load_run(copied).history
    (copied / "history.csv").unlink()
    with pytest.raises(ArtefactError, match=r"history\.csv is missing"):
        _ = load_run(copied).history


@pytest.mark.parametrize("line", ["nan,0.1", "-1,0.1", "0.1,inf", "9.0,0.1\n8.0,0.1", "0.1", "a,b"])
def test_a_step_of_no_time_or_rate_is_called_damaged(line: str, tmp_path: Path) -> None:
    (tmp_path / "schedule.csv").write_text(f"seconds,lr\n{line}\n")
    with pytest.raises(ArtefactError, match=r"schedule\.csv is damaged"):
        read_timed_steps(tmp_path, at_least=0)


def test_a_split_of_more_items_than_the_data_is_refused(copied: Path) -> None:
    run = load_run(copied)
    arrays = dict(np.load(copied / "split.npz"))
    np.savez(copied / "split.npz", **{**arrays, "test": arrays["test"] + 10**6})
    with pytest.raises(ArtefactError, match="it has item 1,001,"):
        run.evaluate()


def replaced(name: str, values: Any) -> Callable[[pa.Table], pa.Table]:
    """Put other values into a column."""

    def edit(table: pa.Table) -> pa.Table:
        column = values(table) if callable(values) else pa.array(values * len(table))
        return table.set_column(table.column_names.index(name), name, column)

    return edit


def probabilities(change: Callable[[Any], Any]) -> Callable[[pa.Table], pa.Table]:
    """Change the probabilities (N, classes)."""

    def column(table: pa.Table) -> pa.Array:
        rows = change(np.stack(table["probabilities"].to_numpy()))
        return pa.FixedSizeListArray.from_arrays(pa.array(rows.ravel()), rows.shape[1])

    return replaced("probabilities", column)


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        (lambda table: table.slice(1), "it has 358 rows for 359 test items"),
        (lambda table: table.drop_columns(["label"]), "is damaged"),
        (replaced("label", ["zebra"]), "a class is none of the run's"),
        (replaced("item", [-1]), "its items are not the test items of split.npz"),
        (replaced("item", [0.5]), "is damaged"),
        (replaced("name", [None]), "a value is missing"),
        (replaced("adjusted", [None]), "a value is missing"),
        (replaced("prediction", ["3"]), "a prediction is not the most probable class"),
        (probabilities(lambda rows: rows * 2), "its probabilities do not add up to 1"),
        (probabilities(lambda rows: rows * NAN), "its probabilities do not add up to 1"),
        (probabilities(lambda rows: rows[:, :5]), "is damaged"),
    ],
)
def test_predictions_that_cannot_be_the_runs_are_refused(
    edit: Callable[[pa.Table], pa.Table], reason: str, copied: Path
) -> None:
    path = copied / "predictions.parquet"
    pq.write_table(edit(pq.read_table(path)), path)
    with pytest.raises(ArtefactError) as error:
        read_predictions(load_run(copied))
    assert str(error.value).startswith(f"{path} is damaged")
    assert reason in str(error.value)


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        (put("accuracy", 0.5), "its accuracy is 0.5 with"),
        (put("accuracy", 1e400), "accuracy is inf"),
        (put("loss", -1), "loss is -1"),
        (put("classes", 0, "name", "zero"), "its classes are not those of contract.json"),
        (put("confusion", [[1]]), "does not have a row and a column for each class"),
        (put("confusion", 0, 0, 9), "its confusion matrix has other counts than its classes"),
        (put("reliability", []), "its bins of reliability, do not have 359 items"),
        (put("classes", 0, "items", 9), "its classes, or its bins"),
    ],
)
def test_figures_that_contradict_each_other_are_refused(
    edit: Edit, reason: str, copied: Path
) -> None:
    edit_json(copied / "evaluation.json", edit)
    with pytest.raises(ArtefactError) as error:
        _ = load_run(copied).evaluation
    assert str(error.value).startswith(f"{copied / 'evaluation.json'} is damaged: ")
    assert reason in str(error.value)


def test_a_report_of_labels_that_the_data_does_not_have_is_refused(copied: Path) -> None:
    path = copied / "predictions.parquet"
    table = pq.read_table(path)
    # Another wrong label for each mistake, so that as many predictions are right as before.
    labels = [
        label if label == prediction else str((int(prediction) + 1) % 10)
        for label, prediction in zip(
            table["label"].to_pylist(), table["prediction"].to_pylist(), strict=True
        )
    ]
    assert labels != table["label"].to_pylist()
    pq.write_table(
        table.set_column(table.column_names.index("label"), "label", pa.array(labels)), path
    )
    run = load_run(copied)
    with pytest.raises(ArtefactError, match="its labels are not those of the data"):
        write_report(run, run.items())


def test_a_split_that_holds_a_file_of_another_kind_is_refused(copied: Path) -> None:
    with zipfile.ZipFile(copied / "split.npz") as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(copied / "split.npz", "w") as archive:
        for name, content in files.items():
            archive.writestr(name, b"no array" if name == "train.npy" else content)
    with pytest.raises(ArtefactError, match=r"split\.npz is damaged"):
        load_run(copied).split  # noqa: B018 - reading it is the test
