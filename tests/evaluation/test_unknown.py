"""Networks that answer `unknown`, wherever they are asked."""

from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError
from sklearn.datasets import load_digits

from noonbit.api.estimator import ImageClassifier
from noonbit.config.recipe import Recipe
from noonbit.errors import UsageError
from noonbit.evaluation.out_of_distribution import find_unknown
from noonbit.jobs.train import train
from noonbit.report.page import percent
from noonbit.runs.folder import load_run
from noonbit.runs.predictions import read_predictions
from noonbit.runs.run import Run

LEARNED = Recipe(model="glimpse", epochs=8, threads=1, unknown=True, validation=0.2)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("unknown")
    train("digits", LEARNED, out=folder / "run")
    return load_run(folder / "run")


def test_the_threshold_stands_in_the_contract_and_flags_few_digits(run: Run) -> None:
    assert run.contract.unknown_below is not None
    predictions = run.predict(load_digits().images[run.split.test].astype(np.uint8))
    assert predictions.unknown is not None
    assert 0 < predictions.unknown.mean() < 0.15
    unsure = predictions.probabilities.max(axis=1) < run.contract.unknown_below
    np.testing.assert_array_equal(predictions.unknown, unsure)


def test_the_report_says_below_what_and_how_many_known_digits_are_answered_with_unknown(
    run: Run,
) -> None:
    confidence, threshold = read_predictions(run).confidence, run.contract.unknown_below
    assert threshold is not None
    page = (run.path / "report.html").read_text(encoding="utf-8")
    limits = page[page.index('<section id="limits">') :]
    assert f"below {percent(threshold, 1)} are" in limits
    share = percent(float(np.mean(confidence < threshold)), 1)
    assert f"This happens to {share} of the test images too" in limits
    assert "Every input is given one of" not in limits


def test_a_blank_test_image_counts_as_unknown_however_sure_the_network_is(tmp_path: Path) -> None:
    digits = load_digits()
    images = digits.images.astype(np.uint8)
    images[1600] = 0
    np.savez(
        tmp_path / "x.npz",
        x_train=images[:1600],
        y_train=digits.target[:1600],
        x_test=images[1600:],
        y_test=digits.target[1600:],
    )
    run = train(tmp_path / "x.npz", LEARNED, out=tmp_path / "run")
    predictions = read_predictions(run)
    assert predictions.adjusted["blank"].tolist() == [0]
    assert predictions.unknown_share(0.0)[0] == 1 / 197
    assert run.contract.unknown_below is not None
    answers = run.predict(images[1600:])
    assert answers.unknown is not None
    assert predictions.unknown_share(run.contract.unknown_below)[0] == answers.unknown.mean()


def test_noise_is_answered_with_unknown_and_its_likeliest_class_is_kept(run: Run) -> None:
    noise = np.random.default_rng(0).integers(0, 17, (200, 8, 8)).astype(np.uint8)
    predictions = run.predict(noise)
    assert predictions.labels.count("unknown") > 100
    row = predictions.rows(1)[predictions.labels.index("unknown")]
    assert row["prediction"] == "unknown"
    assert row["likely"] in run.class_names


def test_the_exported_file_answers_alike(run: Run, tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime")
    from noonbit.export.formats import export
    from noonbit.export.onnx_model import OnnxModel

    path = tmp_path / "model.onnx"
    export(run, "onnx", path, run.items())
    noise = np.random.default_rng(0).integers(0, 17, (50, 8, 8)).astype(np.uint8)
    assert OnnxModel.open(path).predict(noise).labels == run.predict(noise).labels


def test_without_the_flag_nothing_is_unknown(tmp_path: Path) -> None:
    plain = train("digits", Recipe(model="glimpse", epochs=1, threads=1), out=tmp_path / "run")
    assert plain.contract.unknown_below is None
    predictions = plain.predict(np.zeros((2, 8, 8), np.uint8))
    assert predictions.unknown is None
    assert "likely" not in predictions.rows(1)[0]
    page = (plain.path / "report.html").read_text(encoding="utf-8")
    assert "Every input is given one of the 10 names" in page


def test_a_preparation_that_finds_an_input_unlike_makes_it_unknown() -> None:
    sure = np.array([[0.99, 0.01]] * 3, np.float32)
    found = find_unknown(0.9, sure, {"unlike": np.array([1]), "resized": np.array([2])})
    assert found is not None
    assert found.tolist() == [False, True, False]


def test_a_class_of_that_name_is_refused(tmp_path: Path) -> None:
    images = np.random.default_rng(0).integers(0, 255, (60, 8, 8), np.uint8)
    np.savez(tmp_path / "x.npz", images=images, labels=np.repeat(["known", "unknown"], 30))
    with pytest.raises(UsageError, match="that is a class of these data"):
        train(tmp_path / "x.npz", LEARNED, out=tmp_path / "run")


def test_a_contract_with_a_class_of_that_name_is_refused(run: Run) -> None:
    plain = run.contract.model_dump() | {"class_names": ["unknown", *run.class_names[1:]]}
    with pytest.raises(ValidationError, match="which is a class too"):
        type(run.contract).model_validate(plain)


def test_the_estimator_tells_what_it_does_not_know() -> None:
    digits = load_digits()
    classifier = ImageClassifier("glimpse", epochs=8, threads=1, unknown=True, validation=0.2)
    classifier.fit(digits.images, digits.target)
    noise = np.random.default_rng(0).integers(0, 17, (200, 8, 8)).astype(float)
    assert classifier.is_unknown(noise).mean() > 0.5
    assert classifier.is_unknown(digits.images).mean() < 0.1
    with pytest.raises(UsageError, match="unknown=True"):
        ImageClassifier("glimpse", epochs=1, threads=1).fit(
            digits.images, digits.target
        ).is_unknown(noise)
