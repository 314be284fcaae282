"""`RemoteModel` against a real server: its answers are those of the run."""

import zipfile
from pathlib import Path

import numpy as np
import pytest
from answering_server import answering
from running_server import RunningServer, running_server

from noonbit.data.dataset import Part, Sentences
from noonbit.errors import ArtefactError, DataError, InputRefused, UsageError
from noonbit.evaluation.inference import Predictions
from noonbit.export.onnx_model import OnnxModel
from noonbit.runs.run import Run
from noonbit.serve import client
from noonbit.serve.client import RemoteModel, join_inputs


@pytest.fixture
def folder(pictures: list[bytes], tmp_path: Path) -> Path:
    """Forty pictures, the third of which is cut off."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number, content in enumerate(pictures):
        (folder / f"{number:02}.png").write_bytes(content[:60] if number == 2 else content)
    return folder


def require_same(answered: Predictions, expected: Predictions) -> None:
    assert answered.names == expected.names
    assert answered.labels == expected.labels
    assert answered.class_names == expected.class_names
    assert answered.bad == expected.bad
    assert {name: rows.tolist() for name, rows in answered.adjusted.items()} == {
        name: rows.tolist() for name, rows in expected.adjusted.items()
    }
    np.testing.assert_allclose(answered.probabilities, expected.probabilities, atol=1e-5, rtol=0)


def test_a_folder_gets_the_answers_of_the_run(
    server: RunningServer, digits_run: Run, folder: Path
) -> None:
    with RemoteModel.open(server.url, None) as model:
        answered = model.predict([str(folder)])
    assert len(answered) == 39 and "cut off after 60 bytes" in answered.bad[0].reason
    require_same(answered, digits_run.predict([str(folder)]))


def test_an_archive_and_raw_numbers_get_the_answers_of_the_run(
    server: RunningServer, digits_run: Run, folder: Path, digits: np.ndarray, tmp_path: Path
) -> None:
    with zipfile.ZipFile(tmp_path / "more.zip", "w") as archive:
        for path in sorted(folder.iterdir())[3:9]:
            archive.write(path, path.name)
    # Below 1, and of a range up to 16: without the run's range they would be taken for light.
    np.save(tmp_path / "raw.npy", digits[:70, 0].astype(np.float32) * 16 / 255 * 0.05)
    sources = [str(tmp_path / "more.zip"), str(tmp_path / "raw.npy")]
    with RemoteModel.open(server.url, None) as model:
        answered = model.predict(sources)
    require_same(answered, digits_run.predict(sources))


def test_inputs_are_sent_in_batches_within_the_servers_limits(
    digits_model: OnnxModel, digits_run: Run, digits: np.ndarray
) -> None:
    part = Part(digits[:100], None, [str(number) for number in range(100)])
    with (
        running_server(digits_model, max_inputs=7) as server,
        RemoteModel.open(server.url, None) as model,
    ):
        answered = model.predict_part(part)
        requests = server.metric('noonbit_requests_total{route="/v1/predict",status="200"}')
    assert requests == 15  # 14 of 7, and 2 more
    require_same(answered, digits_run.predict(part))


def test_one_picture_that_is_too_large_is_left_out_alone(
    digits_model: OnnxModel, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "SPARE_BYTES", 1_000)
    (folder / "99.png").write_bytes((folder / "05.png").read_bytes() + bytes(60_000))
    with (
        running_server(digits_model, max_body_bytes=50_000) as server,
        RemoteModel.open(server.url, None) as model,
    ):
        answered = model.predict([str(folder)])
    assert [item.name for item in answered.bad] == ["02.png", "99.png"]
    assert "the server takes up to 49,000" in answered.bad[1].reason
    assert len(answered) == 39


def test_none_of_the_inputs_is_left(server: RunningServer, folder: Path) -> None:
    with RemoteModel.open(server.url, None) as model:
        answered = model.predict([str(folder / "02.png")])
    assert len(answered) == 0 and len(answered.bad) == 1


def test_another_kind_of_input_is_refused_before_it_is_sent(server: RunningServer) -> None:
    with (
        RemoteModel.open(server.url, None) as model,
        pytest.raises(InputRefused, match="is a sentence, but this server takes pictures"),
    ):
        model.predict_part(Part(Sentences(["fine"]), None, ["fine"]))


def test_a_wrong_key_is_refused_and_the_right_one_is_taken(
    digits_model: OnnxModel, folder: Path
) -> None:
    with running_server(digits_model, api_key="secret") as server:
        for key in (None, "wrong"):
            with (
                pytest.raises(UsageError, match="NOONBIT_API_KEY"),
                RemoteModel.open(server.url, key),
            ):
                pass
        with RemoteModel.open(server.url, "secret") as model:
            assert len(model.predict([str(folder)])) == 39


def test_what_is_no_server_of_noonbit_is_said_so() -> None:
    with (
        answering(lambda number: (200, {}, b'{"hello": 1}')) as (url, _),
        pytest.raises(ArtefactError, match="is no server of noonbit"),
        RemoteModel.open(url, None),
    ):
        pass


def test_a_source_that_is_not_there_is_an_error_of_its_own(server: RunningServer) -> None:
    with RemoteModel.open(server.url, None) as model, pytest.raises(DataError, match="nowhere"):
        model.predict(["nowhere.png"])


def test_sentences_and_planes_are_one_list_of_json() -> None:
    assert join_inputs("sentences", [b'"a"', b'"b"']) == (
        b'{"texts": ["a", "b"]}',
        "application/json",
    )
    assert join_inputs("boards", [b"[[0]]"])[0] == b'{"planes": [[[0]]]}'
