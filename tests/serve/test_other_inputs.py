"""Sentences and positions of Go, trained, exported and served."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from paths import PROJECT
from running_server import RunningServer, running_server

from noonbit.config.recipe import Recipe
from noonbit.data.dataset import Sentences
from noonbit.export.onnx_file import write_onnx
from noonbit.export.onnx_model import OnnxModel
from noonbit.jobs.train import train
from noonbit.runs.run import Run

TINY = f"{PROJECT / 'tests' / 'helpers' / 'tiny_policy.py'}:tiny"
MOVES = 12


@pytest.fixture(scope="module")
def sentence_run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("sentences")
    rows = [f"a good film of w{n},yes\nno such film w{n} here,no\n" for n in range(30)]
    (folder / "texts.csv").write_text("text,label\n" + "".join(rows))
    return train(folder / "texts.csv", Recipe(epochs=1, threads=1), out=folder / "run")


@pytest.fixture(scope="module")
def sentences(sentence_run: Run, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    path = tmp_path_factory.mktemp("exported") / "sentences.onnx"
    write_onnx(sentence_run, path)
    with running_server(OnnxModel.open(path, threads=1)) as server:
        yield server


def test_sentences_get_the_answers_of_the_run(sentences: RunningServer, sentence_run: Run) -> None:
    texts = ["a good film", "no film", "words never seen", "", "a \x00 film\n" * 100]
    expected = sentence_run.predict(Sentences(texts))
    response = sentences.client.post("/v1/predict", json={"texts": texts})
    rows = response.json()["predictions"]
    assert [row["prediction"] for row in rows] == expected.labels
    assert [row["probability"] for row in rows] == pytest.approx(
        expected.probabilities.max(axis=1), abs=1e-5
    )
    assert rows[2]["adjusted"] == rows[3]["adjusted"] == ["blank"]
    assert rows[4]["adjusted"][0] == "shortened"
    assert [row["unfamiliar"] for row in rows] == [None, None, True, True, None]  # has no rule


def test_a_sentence_is_a_field_of_a_form_too(sentences: RunningServer) -> None:
    by_form = sentences.client.post("/v1/predict", files={"text": (None, "a good film")})
    by_json = sentences.client.post("/v1/predict", json={"texts": ["a good film"]})
    assert by_form.json() == by_json.json()


def test_what_is_no_sentence_is_refused(sentences: RunningServer) -> None:
    for item, words in ((5, "is a number"), (["a"], "is a list")):
        response = sentences.client.post("/v1/predict", json={"texts": [item]})
        assert response.status_code == 422
        assert words in response.json()["predictions"][0]["error"]
    picture = sentences.client.post(
        "/v1/predict", content=b"x", headers={"Content-Type": "image/png"}
    )
    assert picture.status_code == 415
    assert '{"texts": [...]}' in picture.json()["error"]


@pytest.mark.slow
def test_games_get_the_answers_of_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("numba")
    pytest.importorskip("sgfmill")
    from go_boards import random_game, sgf_of

    from noonbit.data.go.positions import planes_after
    from noonbit.data.go.sgf import read_sgf
    from noonbit.models.custom import CustomNetwork

    CustomNetwork.read(TINY).trust()
    (tmp_path / "games").mkdir()
    records = [sgf_of(random_game(seed, size=19, moves=MOVES)) for seed in range(20)]
    for number, record in enumerate(records):
        (tmp_path / "games" / f"{number}.sgf").write_bytes(record)
    recipe = Recipe(model=TINY, epochs=1, batch_size=32, threads=1)
    run = train(tmp_path / "games", recipe, out=tmp_path / "run")
    write_onnx(run, tmp_path / "go.onnx")
    positions = []
    for number, record in enumerate(records):
        (game,), _ = read_sgf(record, f"{number}.sgf")
        positions.append(planes_after(game, len(game.points)))
    expected = run.predict(positions)
    with running_server(OnnxModel.open(tmp_path / "go.onnx", threads=1)) as server:
        texts = {"games": [record.decode() for record in records]}
        by_text = server.client.post("/v1/predict?top=3", json=texts).json()["predictions"]
        files = [("file", (f"{number}.sgf", record)) for number, record in enumerate(records)]
        by_file = server.client.post("/v1/predict?top=3", files=files).json()["predictions"]
        planes = {"planes": [positions[0].tolist(), [[1]]]}
        by_planes = server.client.post("/v1/predict?top=3", json=planes).json()["predictions"]
    for rows in (by_text, by_file):
        assert [row["prediction"] for row in rows] == expected.labels
    assert by_planes[0]["top"] == by_text[0]["top"]
    assert "a position is uint8 (48, 19, 19)" in by_planes[1]["error"]
