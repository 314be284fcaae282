"""The NumPy network: its documented table on the real images, and its two backward passes."""

import json
import re

import numpy as np
import pytest
from PIL import Image

from noonbit.cli.main import run as command_line
from noonbit.course.byhand import (
    DOCUMENTED,
    EPOCHS,
    HIDDEN_UNITS,
    LEARNING_RATE,
    Epoch,
    Examples,
    Network,
    Signals,
    cut,
    documented_slope,
    exact_slope,
    open_examples,
)
from noonbit.course.byhand_pictures import draw_curves, draw_random_images
from noonbit.errors import TrainingDiverged


@pytest.fixture(scope="module")
def digits() -> tuple[Examples, Examples]:
    return open_examples("digits")


@pytest.fixture(scope="module")
def some(digits) -> tuple[Examples, Examples]:
    """The first thousand images of each."""
    return digits[0].first(1000), digits[1].first(1000)


def network_for(examples: Examples, slope=documented_slope) -> Network:
    return Network(examples.pixels.shape[1], len(examples.class_names), slope=slope)


def test_the_documented_table_is_the_one_that_was_read() -> None:
    assert len(DOCUMENTED) == EPOCHS
    assert DOCUMENTED[0] == ("0.898", "0.397", "0.680", "0.582")
    assert DOCUMENTED[3] == ("0.556", "0.7", "0.540", "0.708")
    assert DOCUMENTED[-1] == ("0.429", "0.785", "0.436", "0.784")


def test_the_whole_table_comes_out_to_the_last_digit(shared_data, capsys, tmp_path) -> None:
    folder = shared_data("mnist")
    arguments = ["byhand", "--data-dir", str(folder.parent), "--out", str(tmp_path / "new")]
    assert command_line(arguments) == 0
    out, err = capsys.readouterr()
    lines = out.splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("epoch"))
    rows = [tuple(line.split()) for line in lines[start + 1 :]]
    assert rows == [(str(number), *cells) for number, cells in enumerate(DOCUMENTED)]
    assert "mnist: 1,000 training images, 1,000 test images; 784 - 100 - 10" in err
    assert "Every digit is the document's." in err
    assert err.endswith("next     noonbit gradcheck byhand\n")
    for name in ("byhand-curves.png", "byhand-images.png"):
        with Image.open(tmp_path / "new" / name) as picture:
            assert picture.format == "PNG" and min(picture.size) > 100


def test_arrays_and_one_hot_rows_are_printed_as_the_document_has_them(shared_data, capsys) -> None:
    arguments = ["byhand", "--epochs", "1", "--data-dir", str(shared_data("mnist").parent)]
    assert command_line(arguments) == 0
    out, err = capsys.readouterr()
    arrays, drawn, one_hot, table = out.split("\n\n")
    assert [tuple(re.split(r"  +", line.strip())) for line in arrays.splitlines()[1:]] == [
        ("training images", "(60000, 784)", "uint8"),
        ("training labels", "(60000,)", "uint8"),
        ("test images", "(10000, 784)", "uint8"),
        ("test labels", "(10000,)", "uint8"),
        ("training images / 255", "(1000, 784)", "float64"),
        ("training labels, one-hot", "(1000, 10)", "float64"),
        ("test images / 255", "(1000, 784)", "float64"),
        ("test labels, one-hot", "(1000, 10)", "float64"),
    ]
    # numpy.random.default_rng(147197952744).choice(x_train, size=5, replace=False)
    assert drawn == (
        "training image 59999 is 8; "
        "at random: 43428 is 3, 57133 is 8, 6514 is 9, 37231 is 6, 41521 is 5"
    )
    assert one_hot.splitlines() == [
        "label 5 is [0. 0. 0. 0. 0. 1. 0. 0. 0. 0.]",
        "label 0 is [1. 0. 0. 0. 0. 0. 0. 0. 0. 0.]",
        "label 4 is [0. 0. 0. 0. 1. 0. 0. 0. 0. 0.]",
    ]
    assert tuple(table.splitlines()[1].split()) == ("0", *DOCUMENTED[0])
    assert "Every digit is the document's." in err  # of one epoch too


@pytest.mark.parametrize(
    "other", [["--learning-rate", "0.01"], ["--hidden-units", "50"], ["--seed", "1"]]
)
def test_every_setting_changes_the_network_and_ends_the_comparison(other, capsys) -> None:
    base = ["byhand", "--source", "digits", "--epochs", "1", "--items", "200", "--json"]
    histories = []
    for arguments in (base, [*base, *other]):
        assert command_line(arguments) == 0
        result = json.loads(capsys.readouterr().out)
        assert result["is_the_documents"] is None and result["items"] == 200
        histories.append(result["epochs"])
    assert len(histories[0]) == 1 and histories[0] != histories[1]


def test_items_are_the_first_of_each_set_as_far_as_there_are(digits, capsys) -> None:
    arguments = ["byhand", "--source", "digits", "--epochs", "1", "--batch-size", "20"]
    assert command_line([*arguments, "--items", "9999", "--hidden-units", "7"]) == 0
    err = capsys.readouterr().err
    assert "digits: 1,438 training images, 359 test images; 64 - 7 - 10" in err
    assert len(digits[0].first(9999).labels) == 1438
    assert np.array_equal(digits[0].first(3).images, digits[0].images[:3])


def test_the_images_of_mnist_are_in_the_order_of_their_files(shared_data) -> None:
    from noonbit.data import open_data

    folder = shared_data("mnist").parent
    data = open_data("mnist", data_dir=folder)
    for examples, part in zip(
        open_examples("mnist", data_dir=folder), (data.train, data.test), strict=True
    ):
        assert np.array_equal(examples.images, part.raw)
        assert np.array_equal(examples.labels, part.labels)


def test_another_digit_fails_the_check(monkeypatch, digits, capsys) -> None:
    monkeypatch.setattr("noonbit.course.byhand.open_examples", lambda *_, **__: digits)
    assert command_line(["byhand", "--epochs", "1"]) == 5
    assert (
        "The line of epoch 0 is not the document's, 0.898 0.397 0.680 0.582."
        in capsys.readouterr().err
    )


def test_a_batch_of_one_learns_what_one_by_one_learns(some) -> None:
    training, test = some
    alone, batched = network_for(training), network_for(training)
    histories = [
        list(alone.train(training, test, epochs=2)),
        list(batched.train(training, test, epochs=2, batch_size=1)),
    ]
    for one, other in zip(*histories, strict=True):
        assert one.printed() == other.printed()
    assert np.allclose(alone.first, batched.first, rtol=0, atol=1e-12)
    assert np.allclose(alone.second, batched.second, rtol=0, atol=1e-12)


@pytest.mark.parametrize("batch_size", [7, 20])
def test_batches_learn_as_well_as_one_by_one(some, batch_size: int) -> None:
    training, test = some
    *_, last = network_for(training).train(training, test, epochs=10, batch_size=batch_size)
    assert last.test_accuracy > 0.85


def test_the_derivative_learns_more_than_the_document(some) -> None:
    training, test = some
    errors = []
    for slope in (documented_slope, exact_slope):
        *_, last = network_for(training, slope).train(training, test, epochs=10, batch_size=10)
        errors.append(last.train_error)
    assert errors[1] < 0.9 * errors[0]


def test_a_step_is_the_arithmetic_of_the_page() -> None:
    network = Network(2, 2)
    first, second = network.first.copy(), network.second.copy()
    image, target = np.array([0.5, 1.0]), np.array([0.0, 1.0])
    network.learn_one_by_one(image[None], target[None])
    again = Network(2, 2)
    mask = again.random.integers(low=0, high=2, size=HIDDEN_UNITS)
    hidden = np.maximum(image @ first, 0) * mask * 2
    wanted = target - hidden @ second
    expected = second + LEARNING_RATE * np.outer(hidden, wanted)
    assert np.allclose(network.second, expected, rtol=0, atol=1e-15)
    asked = (wanted @ second.T) * mask
    expected = first + LEARNING_RATE * np.outer(image, asked)
    assert np.allclose(network.first, expected, rtol=0, atol=1e-15)


def test_the_two_slopes_differ_where_the_document_errs() -> None:
    signals = Signals(np.array([-1.0, -1.0, 2.0, 2.0]), np.array([0.0, 0, 4, 0]), np.zeros(3))
    mask = np.array([1, 0, 1, 0])
    assert documented_slope(signals, mask).tolist() == [1, 0, 1, 0]
    assert exact_slope(signals, mask).tolist() == [0, 0, 2, 0]


def test_test_images_are_seen_without_dropout() -> None:
    network = Network(3, 2)
    pixels = np.ones((1, 3))
    assert np.array_equal(
        network.forward(pixels).output, np.maximum(pixels @ network.first, 0) @ network.second
    )


def test_errors_are_cut_and_accuracies_printed_bare() -> None:
    assert Epoch(0.8989, 0.68, 12.34567, 359 / 1000).printed() == (
        "0.898",
        "0.68",
        "12.345",
        "0.359",
    )
    assert cut(0.6) == "0.600"


def test_steps_that_are_too_large_are_said(some) -> None:
    training, test = some
    with pytest.raises(TrainingDiverged) as error:
        list(network_for(training).train(training, test, batch_size=1000))
    assert (
        "in epoch 0: the steps are too large. Choose a smaller learning rate or a smaller batch"
        in str(error.value)
    )


def test_any_grey_source_is_trained_without_a_comparison(capsys) -> None:
    assert command_line(["byhand", "--source", "digits", "--batch-size", "20", "--json"]) == 0
    out, err = capsys.readouterr()
    result = json.loads(out)
    assert result["is_the_documents"] is None
    assert len(result["epochs"]) == 20
    assert result["epochs"][-1]["test_accuracy"] > 0.88
    assert "digits: 1,000 training images, 359 test images; 64 - 100 - 10" in err
    assert "document" not in err


def test_a_folder_that_cannot_be_made_is_said(capsys, tmp_path) -> None:
    (tmp_path / "file").write_text("")
    out = tmp_path / "file" / "folder"
    arguments = ["byhand", "--source", "digits", "--batch-size", "50", "--out", str(out)]
    assert command_line(arguments) == 4
    assert f"{out} cannot be made" in capsys.readouterr().err


def test_the_curves_are_those_of_both_sets() -> None:
    history = [Epoch(0.9, 0.3, 0.7, 0.5), Epoch(0.6, 0.6, 0.65, 0.55)]
    training, test = draw_curves(history).axes
    drawn = [[list(line.get_ydata()) for line in axes.lines] for axes in (training, test)]
    assert drawn == [[[0.9, 0.6], [0.3, 0.6]], [[0.7, 0.65], [0.5, 0.55]]]
    assert test.get_title() == "Test set"


def test_five_images_are_drawn_and_always_the_same(digits) -> None:
    sheets = [draw_random_images(digits[0]) for _ in range(2)]
    assert sheets[0].tobytes() == sheets[1].tobytes()
    assert sheets[0].width > 4 * sheets[0].height / 2
