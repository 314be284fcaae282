"""What a run answers about itself, against its own folder."""

import io
import json
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from noonbit.data.prepared import PreparedDataset
from noonbit.errors import DataError, UsageError
from noonbit.live.frame import Tile, decode_frame, maps_of
from noonbit.runs.predictions import StoredPredictions, read_predictions
from noonbit.runs.run import Run
from noonbit.studio.look.inspector import Inspector


@pytest.fixture(scope="module")
def inspector(digits_run: Run) -> Inspector:
    return Inspector(digits_run.path, data_dir=None)


@pytest.fixture(scope="module")
def stored(digits_run: Run) -> StoredPredictions:
    return read_predictions(digits_run)


@pytest.fixture(scope="module")
def items(digits_run: Run) -> PreparedDataset:
    return digits_run.items()


def ask(inspector: Inspector, question: str, **values: Any) -> Any:
    media_type, content = inspector.answer(question, **values)
    assert media_type == "application/json"
    return json.loads(content)


def test_the_overview_has_the_figures_of_the_run(inspector: Inspector, digits_run: Run) -> None:
    overview, evaluation = ask(inspector, "overview"), digits_run.evaluation
    assert evaluation is not None
    assert overview["accuracy"] == evaluation.accuracy
    assert overview["calibration_error"] == evaluation.calibration_error
    assert overview["matrix"]["names"] == list(digits_run.class_names)
    assert overview["matrix"]["counts"] == [list(row) for row in evaluation.confusion]
    assert [row[2] for row in overview["reliability"]] == [n for _, _, n in evaluation.reliability]
    scores = [row["f1"] for row in overview["classes"]]
    assert scores == sorted(scores)


def test_a_cell_has_the_items_that_it_counts_the_most_confident_first(
    inspector: Inspector, stored: StoredPredictions
) -> None:
    counts = ask(inspector, "overview")["matrix"]["counts"]
    for row, column in ((3, 3), *np.argwhere(np.array(counts) > 0)[:4].tolist()):
        found = ask(inspector, "rows", selection="cell", cell=[row, column], first=0, count=1000)
        inside = (stored.labels == row) & (stored.predictions == column)
        assert found["total"] == counts[row][column] == inside.sum()
        assert {each["item"] for each in found["rows"]} == set(stored.items[inside].tolist())
        confidence = [each["confidence"] for each in found["rows"]]
        assert confidence == sorted(confidence, reverse=True)


def test_the_worst_mistakes_have_the_highest_loss(
    inspector: Inspector, stored: StoredPredictions
) -> None:
    loss = -np.log(stored.probabilities[np.arange(len(stored)), stored.labels])
    wrong = stored.predictions != stored.labels
    found = ask(inspector, "rows", selection="worst", first=0, count=3)
    assert found["total"] == wrong.sum()
    expected = stored.items[np.argsort(np.where(wrong, -loss, np.inf), kind="stable")[:3]]
    assert [each["item"] for each in found["rows"]] == expected.tolist()
    later = ask(inspector, "rows", selection="worst", first=2, count=5)
    assert later["rows"][0] == found["rows"][2]


def test_close_ones_are_right_and_the_least_sure_first(inspector: Inspector) -> None:
    rows = ask(inspector, "rows", selection="close", first=0, count=20)["rows"]
    assert all(each["label"] == each["prediction"] for each in rows)
    confidence = [each["confidence"] for each in rows]
    assert confidence == sorted(confidence)


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"selection": "best"}, "no selection best"),
        ({"selection": "cell", "cell": [10, 0]}, "has 10 rows"),
        ({"selection": "cell", "cell": [0, -1]}, "has 10 rows"),
    ],
)
def test_what_there_is_not_is_refused(
    inspector: Inspector, values: dict[str, Any], reason: str
) -> None:
    with pytest.raises(UsageError, match=reason):
        inspector.answer("rows", first=0, count=1, **values)


def test_a_picture_is_what_the_network_takes(inspector: Inspector, items: PreparedDataset) -> None:
    media_type, content = inspector.answer("picture", item=17)
    assert media_type == "image/png"
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(content))), items.values[17][0])
    with pytest.raises(UsageError, match="no item 1797"):
        inspector.answer("picture", item=1797)


def test_the_classes_beyond_the_matrix_are_one_cell(
    inspector: Inspector, stored: StoredPredictions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("noonbit.report.confusion_matrix.MOST_CONFUSED_CLASSES", 4)
    few = Inspector(inspector.run.path, data_dir=None)
    matrix = ask(few, "overview")["matrix"]
    assert not matrix["whole"]
    assert matrix["names"][-1] == "6 others"
    shown = [int(name) for name in matrix["names"][:-1]]
    for row, column in ((4, 4), (4, 0), (1, 4)):
        is_other = [
            np.isin(classes, shown, invert=True) if line == 4 else classes == shown[line]
            for classes, line in ((stored.labels, row), (stored.predictions, column))
        ]
        found = ask(few, "rows", selection="cell", cell=[row, column], first=0, count=1000)
        expected = stored.items[is_other[0] & is_other[1]]
        assert {each["item"] for each in found["rows"]} == set(expected.tolist())
        assert found["total"] == matrix["counts"][row][column]


def test_an_item_is_explained_with_its_maps(inspector: Inspector, items: PreparedDataset) -> None:
    found = ask(inspector, "explain", subject=17)
    assert found["label"] == items.data.class_names[items.labels[17]]
    assert found["split"] == "train" if 17 in items.split.train else found["split"] != "train"
    assert sum(found["answers"].values()) == pytest.approx(1, abs=1e-4)
    assert found["explained"] == max(found["answers"], key=found["answers"].get)
    assert list(found["maps"]) == ["occlusion"]  # the plain network has no convolution
    assert found["maps"]["occlusion"]["picture"].startswith("data:image/png;base64,")


def test_another_class_can_be_explained(inspector: Inspector) -> None:
    assert ask(inspector, "explain", subject=17, class_name="3")["explained"] == "3"
    with pytest.raises(UsageError, match="no class '10'"):
        inspector.answer("explain", subject=17, class_name="10")


def test_a_training_picture_is_most_like_itself(
    inspector: Inspector, items: PreparedDataset
) -> None:
    number = int(items.split.train[5])
    found = ask(inspector, "nearest", subject=number)
    assert found["compared"] == len(items.split.train)
    assert found["nearest"][0]["item"] == number
    assert found["nearest"][0]["similarity"] == pytest.approx(1, abs=1e-5)


def test_an_own_picture_is_explained_as_the_item_that_it_shows(
    inspector: Inspector, items: PreparedDataset, tmp_path: Path
) -> None:
    path = tmp_path / "own-0123456789abcdef"  # told by its content
    Image.fromarray(items.values[17][0]).save(path, "PNG")
    own, item = (ask(inspector, "explain", subject=each) for each in (str(path), 17))
    assert own["answers"] == pytest.approx(item["answers"], abs=1e-5)
    assert own["label"] is None
    assert own["item"] is None


def test_what_is_no_picture_is_refused(inspector: Inspector, tmp_path: Path) -> None:
    path = tmp_path / "own-0123456789abcdef"
    path.write_bytes(b"no picture at all")
    with pytest.raises((DataError, UsageError)):
        inspector.answer("explain", subject=str(path))


def test_the_layers_come_as_a_frame_from_the_first_to_the_answer(
    inspector: Inspector, items: PreparedDataset
) -> None:
    media_type, content = inspector.answer("layers", subject=17, whole=[])
    assert media_type == "application/octet-stream"
    header, pixels = decode_frame(content)
    last = header["layers"][-1]
    assert last["output"] == [10]
    values = maps_of(Tile(**last["activations"]), pixels).ravel()
    answers = ask(inspector, "explain", subject=17)["answers"]
    assert items.data.class_names[int(values.argmax())] == max(answers, key=answers.get)


def test_a_picture_of_ones_own_has_its_original(inspector: Inspector, tmp_path: Path) -> None:
    path = tmp_path / "own-0123456789abcdef"
    Image.new("RGB", (40, 30), "red").save(path, "PNG")
    assert ask(inspector, "explain", subject=str(path))["has_original"]
    media_type, content = inspector.answer("original", subject=str(path))
    assert media_type == "image/png"
    assert Image.open(io.BytesIO(content)).size == (40, 30)
    with pytest.raises(UsageError, match="no other picture than the prepared one"):
        inspector.answer("original", subject=17)


def test_without_captum_all_but_the_regions_is_explained(
    digits_run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "captum", None)
    monkeypatch.setitem(sys.modules, "captum.attr", None)
    found = ask(Inspector(digits_run.path, data_dir=None), "explain", subject=17)
    assert found["maps"] == {} and "pip install 'noonbit[explain]'" in found["no_maps"]
    assert len(found["answers"]) == 10


@pytest.fixture
def lost(digits_run: Run, tmp_path: Path) -> Inspector:
    """A run whose data are gone."""
    shutil.copytree(digits_run.path, tmp_path / "run")
    described = json.loads((tmp_path / "run" / "run.json").read_text(encoding="utf-8"))
    described["source_path"] = str(tmp_path / "gone")
    (tmp_path / "run" / "run.json").write_text(json.dumps(described), encoding="utf-8")
    return Inspector(tmp_path / "run", data_dir=None)


def test_of_a_run_without_its_data_the_stored_answers_are_shown(
    lost: Inspector, stored: StoredPredictions, items: PreparedDataset
) -> None:
    assert ask(lost, "overview")["items"] == len(stored)
    assert ask(lost, "rows", selection="worst", first=0, count=3)["rows"]
    number = int(stored.items[4])
    found = ask(lost, "explain", subject=number)
    assert found["kind"] == "stored" and "gone does not exist" in found["reason"]
    assert found["label"] == items.data.class_names[items.labels[number]]
    assert (
        max(found["answers"], key=found["answers"].get)
        == (items.data.class_names[stored.predictions[4]])
    )
    with pytest.raises(DataError, match="gone does not exist"):  # of which nothing is stored
        lost.answer("explain", subject=int(items.split.train[0]))
