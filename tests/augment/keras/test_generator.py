"""`ImageDataGenerator`: its settings, the split, what `fit` measures, and the batches of `flow`."""

import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import noonbit
from noonbit import ImageDataGenerator
from noonbit.errors import UsageError

EVERYTHING: dict[str, Any] = {
    "rotation_range": 30,
    "width_shift_range": 0.2,
    "height_shift_range": [1, 2],
    "shear_range": 10,
    "zoom_range": 0.2,
    "channel_shift_range": 20,
    "brightness_range": (0.5, 1.5),
    "horizontal_flip": True,
    "vertical_flip": True,
}
LABELS = np.repeat(np.arange(4), 10)


def noise(count: int = 40, height: int = 8, width: int = 6, channels: int = 1) -> np.ndarray:
    shape = (count, height, width, channels)
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


def numbered(count: int = 40) -> np.ndarray:
    """Create images whose pixel values are the image's number."""
    return np.broadcast_to(
        np.arange(count, dtype=np.float32)[:, None, None, None], (count, 4, 4, 1)
    )


def refusal(**arguments: Any) -> str:
    with pytest.raises(UsageError) as caught:
        ImageDataGenerator(**arguments)
    return str(caught.value)


def epoch_of(flow: Any) -> np.ndarray:
    return np.concatenate([next(flow)[0] for _ in range(len(flow))])


# Settings


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"zoom_range": 2}, "zoom_range should be a share below 1, such as 0.1"),
        ({"zoom_range": (1.5, 0.5)}, "or a pair of factors above 0, the smaller one first"),
        ({"zoom_range": (0.5, 1, 2)}, "got (0.5, 1, 2)"),
        ({"fill_mode": "reflekt"}, "got 'reflekt'; did you mean 'reflect'?"),
        ({"data_format": "channel_last"}, "data_format should be 'channels_last' or"),
        ({"validation_split": 1}, "validation_split should be less than 1 (got 1)"),
        ({"validation_split": -0.1}, "validation_split should be greater than or equal to 0"),
        ({"width_shift_range": "wide"}, "width_shift_range should be a share of the size below 1"),
        ({"width_shift_range": -0.1}, "width_shift_range should be a share of the size below 1"),
        ({"height_shift_range": []}, "or a list of such numbers to choose from"),
        ({"brightness_range": 0.5}, "brightness_range should be a pair of factors from 0"),
        ({"rotation_range": float("nan")}, "rotation_range should be a finite number"),
        ({"interpolation_order": 3}, "interpolation_order should be 0 or 1 (got 3)"),
        ({"dtype": "uint8"}, "dtype should be 'float32' or 'float64' (got 'uint8')"),
        ({"compat": "torch"}, "compat should be 'keras'"),
        ({"rotation": 15}, "has no setting 'rotation'. Did you mean 'rotation_range'?"),
    ],
)
def test_a_setting_that_does_not_fit_is_refused_in_one_sentence(
    arguments: dict[str, Any], sentence: str
) -> None:
    assert sentence in refusal(**arguments)


def test_two_wrong_settings_are_both_named() -> None:
    sentence = refusal(zoom_range=2, rotation_range=-1)
    assert "zoom_range" in sentence and "rotation_range" in sentence


def test_settings_that_need_others_bring_them_along() -> None:
    assert ImageDataGenerator(featurewise_std_normalization=True).featurewise_center
    assert ImageDataGenerator(samplewise_std_normalization=True).samplewise_center
    assert ImageDataGenerator(zca_whitening=True).featurewise_center


def test_whitening_warns_where_it_takes_the_place_of_another_setting() -> None:
    with pytest.warns(UserWarning, match="featurewise_std_normalization is left out"):
        generator = ImageDataGenerator(zca_whitening=True, featurewise_std_normalization=True)
    assert not generator.featurewise_std_normalization


def test_none_means_the_default_as_in_keras() -> None:
    generator = ImageDataGenerator(data_format=None, dtype=None, brightness_range=None)
    assert (generator.data_format, generator.dtype) == ("channels_last", "float32")
    assert ImageDataGenerator(dtype=np.float64).dtype == "float64"


def test_it_is_a_public_name() -> None:
    assert noonbit.ImageDataGenerator is ImageDataGenerator


# Batches


@pytest.mark.parametrize("compat", [None, "keras"])
def test_batches_have_kerass_shapes_and_go_on_after_an_epoch(compat: Any) -> None:
    generator = ImageDataGenerator(compat=compat, rotation_range=10)
    flow = generator.flow(noise(), LABELS, batch_size=16)
    sizes = [next(flow)[0].shape for _ in range(5)]
    assert (len(flow), flow.n, flow.samples, flow.image_shape) == (3, 40, 40, (8, 6, 1))
    assert sizes == [(16, 8, 6, 1), (16, 8, 6, 1), (8, 8, 6, 1), (16, 8, 6, 1), (16, 8, 6, 1)]
    assert next(flow)[0].dtype == np.float32
    assert iter(flow) is flow
    assert repr(flow) == "<Flow: 40 images, 3 batches of 16>"


@pytest.mark.parametrize("compat", [None, "keras"])
def test_every_image_comes_once_an_epoch_with_its_own_answer_and_weight(compat: Any) -> None:
    generator = ImageDataGenerator(compat=compat)
    flow = generator.flow(
        numbered(), np.arange(40) * 10, sample_weight=np.arange(40) / 40, batch_size=7
    )
    for _ in range(2):
        batches = [next(flow) for _ in range(len(flow))]
        x, y, weights = (np.concatenate(column) for column in zip(*batches, strict=True))
        assert sorted(y) == list(range(0, 400, 10))
        assert list(y) != sorted(y)
        assert np.array_equal(x[:, 0, 0, 0] * 10, y)
        assert np.allclose(weights * 400, y)


@pytest.mark.parametrize("compat", [None, "keras"])
def test_without_shuffling_the_order_is_that_of_x(compat: Any) -> None:
    flow = ImageDataGenerator(compat=compat).flow(numbered(), batch_size=16, shuffle=False)
    assert np.array_equal(next(flow)[:, 0, 0, 0], np.arange(16))
    flow.reset()
    assert np.array_equal(next(flow)[:, 0, 0, 0], np.arange(16))
    assert np.array_equal(flow[2][:, 0, 0, 0], np.arange(32, 40))


def test_channels_first_gives_the_same_images_with_their_axes_moved() -> None:
    images = noise(channels=3)
    last = ImageDataGenerator(**EVERYTHING).flow(images, shuffle=False)
    first = ImageDataGenerator(**EVERYTHING, data_format="channels_first").flow(
        np.moveaxis(images, -1, 1), shuffle=False
    )
    assert np.array_equal(np.moveaxis(next(first), 1, -1), next(last))


def test_an_image_is_a_function_of_seed_epoch_and_number() -> None:
    generator = ImageDataGenerator(**EVERYTHING)

    def epochs(batch_size: int, seed: int | None = None) -> list[np.ndarray]:
        flow = generator.flow(
            noise(), np.arange(40), batch_size=batch_size, shuffle=True, seed=seed
        )
        found = []
        for _ in range(2):
            batches = [next(flow) for _ in range(len(flow))]
            x, y = (np.concatenate(column) for column in zip(*batches, strict=True))
            found.append(x[np.argsort(y)])
        return found

    first, second = epochs(16)
    for batch_size in (1, 7, 40):
        again = epochs(batch_size)
        assert np.array_equal(again[0], first) and np.array_equal(again[1], second)
    assert not np.array_equal(first, second)
    assert not np.array_equal(epochs(16, seed=1)[0], first)


def test_a_batch_can_be_asked_for_by_its_number() -> None:
    flow = ImageDataGenerator(**EVERYTHING).flow(noise(), LABELS, batch_size=16)
    third = flow[2]
    assert all(np.array_equal(one, other) for one, other in zip(flow[2], third, strict=True))
    first, second = next(flow), next(flow)
    assert flow.batch_index == 2
    assert np.array_equal(flow[0][0], first[0]) and np.array_equal(flow[1][0], second[0])
    assert np.array_equal(next(flow)[0], third[0])
    with pytest.raises(UsageError, match="There is no batch 3: an epoch has 3 batches"):
        flow[3]


def test_batches_prepared_together_are_those_prepared_one_by_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def epochs() -> list[Any]:
        flow = ImageDataGenerator(**EVERYTHING).flow(noise(), LABELS, batch_size=7, seed=3)
        return [next(flow) for _ in range(2 * len(flow))]

    together = epochs()
    together[0][0][:] = -1  # a batch is the reader's own
    monkeypatch.setattr("noonbit.augment.keras.iterator.PREFETCHED_VALUES", 1)
    for one, other in zip(together[1:], epochs()[1:], strict=True):
        assert np.array_equal(one[0], other[0])
        assert np.array_equal(one[1], other[1])


def test_resetting_leaves_an_epoch_that_was_begun_and_no_other() -> None:
    def flow() -> Any:
        return ImageDataGenerator(**EVERYTHING).flow(noise(), batch_size=16)

    whole, fresh, broken_off = flow(), flow(), flow()
    epochs = [np.concatenate([next(whole) for _ in range(3)]) for _ in range(2)]
    fresh.reset()
    assert np.array_equal(next(fresh), epochs[0][:16])
    next(broken_off)
    broken_off.reset()
    assert np.array_equal(next(broken_off), epochs[1][:16])
    broken_off.on_epoch_end()
    assert broken_off.batch_index == 0


def test_what_is_given_is_never_changed() -> None:
    images = noise().astype(np.float32)
    before = images.copy()
    generator = ImageDataGenerator(
        **EVERYTHING, rescale=1 / 255, featurewise_center=True, samplewise_center=True
    )
    generator.fit(images, augment=True)
    epoch_of(generator.flow(images, LABELS))
    generator.standardize(images)
    generator.standardize(images[0])
    generator.random_transform(images[0])
    assert np.array_equal(images, before)


def test_turning_one_transform_on_leaves_the_others_as_they_were() -> None:
    some = ImageDataGenerator(rotation_range=30, zoom_range=0.2)
    more = ImageDataGenerator(
        rotation_range=30, zoom_range=0.2, width_shift_range=3, horizontal_flip=True
    )
    one, other = (generator.get_random_transform((8, 8, 1), seed=4) for generator in (some, more))
    assert (one["theta"], one["zx"], one["zy"]) == (other["theta"], other["zx"], other["zy"])


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=50, deadline=None)
def test_draws_stay_within_their_settings(seed: int) -> None:
    drawn = ImageDataGenerator(**EVERYTHING).get_random_transform((10, 20, 1), seed)
    assert abs(drawn["theta"]) <= 30 and abs(drawn["shear"]) <= 10
    assert abs(drawn["tx"]) in (1, 2) and abs(drawn["ty"]) <= 4
    assert 0.8 <= drawn["zx"] <= 1.2 and 0.8 <= drawn["zy"] <= 1.2
    assert abs(drawn["channel_shift_intensity"]) <= 20
    assert 0.5 <= drawn["brightness"] <= 1.5


@pytest.mark.parametrize(
    ("reach", "expected"),
    [(3, {-2, -1, 0, 1, 2}), ([1, 4], {-4, -1, 1, 4}), ([0.5], {-5, 5}), (0, {0})],
)
def test_shifts_by_whole_pixels_and_by_lists_take_all_their_values(
    reach: Any, expected: set[int]
) -> None:
    generator = ImageDataGenerator(width_shift_range=reach)
    drawn = {generator.get_random_transform((10, 10, 1))["ty"] for _ in range(200)}
    assert drawn == expected


@pytest.mark.parametrize("compat", [None, "keras"])
def test_a_seed_repeats_a_transform_and_no_seed_draws_another(compat: Any) -> None:
    generator = ImageDataGenerator(**EVERYTHING, compat=compat)
    shape = (8, 8, 1)
    assert generator.get_random_transform(shape, 3) == generator.get_random_transform(shape, 3)
    assert generator.get_random_transform(shape) != generator.get_random_transform(shape)
    image = noise(1, 8, 8)[0]
    drawn = generator.get_random_transform(shape, 3)
    transformed = generator.random_transform(image, seed=3)
    assert np.array_equal(transformed, generator.apply_transform(image, drawn))
    assert not np.array_equal(transformed, image)


def test_the_global_random_numbers_are_left_alone() -> None:
    np.random.seed(1)
    expected = np.random.random()
    np.random.seed(1)
    for compat in (None, "keras"):
        generator = ImageDataGenerator(**EVERYTHING, compat=compat)  # type: ignore[arg-type]
        generator.fit(noise(), augment=True, seed=3)
        next(generator.flow(noise(), seed=3))
        generator.random_transform(noise()[0], seed=3)
    assert np.random.random() == expected


# The split


def test_the_validation_split_is_stratified_and_the_same_for_every_seed() -> None:
    def parts(**arguments: Any) -> dict[str, list[int]]:
        found = {}
        for subset in ("training", "validation"):
            generator = ImageDataGenerator(validation_split=0.2, **arguments)
            flow = generator.flow(numbered(), LABELS, batch_size=40, subset=subset)  # type: ignore[arg-type]
            x, y = next(flow)
            found[subset] = sorted(x[:, 0, 0, 0].astype(int))
            assert np.bincount(y).tolist() == ([8] * 4 if subset == "training" else [2] * 4)
        return found

    split = parts()
    assert sorted(split["training"] + split["validation"]) == list(range(40))
    assert split["validation"] != list(range(8))
    assert parts(seed=7, horizontal_flip=True) == split


def test_a_split_knows_classes_in_one_hot_rows_too_and_none_in_a_regression() -> None:
    generator = ImageDataGenerator(validation_split=0.2)
    flow = generator.flow(noise(), np.eye(4)[LABELS], subset="validation")
    assert next(flow)[1].sum(axis=0).tolist() == [2, 2, 2, 2]
    assert len(generator.flow(noise(), np.linspace(0, 1, 40), subset="validation").labels) == 8
    assert generator.flow(noise(), subset="validation").n == 8


def test_validation_is_never_augmented() -> None:
    images = noise()
    generator = ImageDataGenerator(**EVERYTHING, validation_split=0.25, rescale=1 / 255)
    x, _ = next(generator.flow(images, LABELS, subset="validation", shuffle=False))
    plain = {image.tobytes() for image in images.astype(np.float32) * np.float32(1 / 255)}
    assert len(x) == 8
    assert all(image.tobytes() in plain for image in x)
    x, _ = next(generator.flow(images, LABELS, subset="training"))
    assert not any(image.tobytes() in plain for image in x)


def test_kerass_split_takes_the_first_rows_and_augments_them() -> None:
    images, labels = noise(), np.arange(40) % 4
    generator = ImageDataGenerator(compat="keras", validation_split=0.25, rotation_range=40)
    flow = generator.flow(images, labels, subset="validation", shuffle=False)
    x, y = next(flow)
    assert np.array_equal(y, labels[:10])
    assert not np.array_equal(x, images[:10])


def test_kerass_split_refuses_sorted_labels_and_the_default_takes_them() -> None:
    generator = ImageDataGenerator(compat="keras", validation_split=0.25)
    with pytest.raises(UsageError, match="y is sorted. Shuffle x and y together"):
        generator.flow(noise(), LABELS, subset="training")
    ImageDataGenerator(validation_split=0.25).flow(noise(), LABELS, subset="training")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            {"x": noise()[..., 0]},
            r"x should hold numbers .* Grey images need a channel: x\[..., None\]",
        ),
        ({"x": noise()[:0]}, r"is uint8 of the shape \(0, 8, 6, 1\)"),
        ({"x": [[1], [2, 3]]}, "x should hold numbers with four axes"),
        ({"y": LABELS[:39]}, "x has 40 images, but y has 39."),
        ({"y": 3}, "x has 40 images, but y has one number."),
        ({"sample_weight": [1.0]}, "but sample_weight has 1."),
        ({"batch_size": 0}, "batch_size is 0"),
        ({"subset": "validation"}, r"needs ImageDataGenerator\(validation_split=...\)"),
        ({"subset": "valid"}, "subset is 'valid'. Did you mean 'validation'?"),
    ],
)
def test_a_flow_of_what_does_not_fit_is_refused_in_one_sentence(
    change: dict[str, Any], sentence: str
) -> None:
    arguments: dict[str, Any] = {"x": noise(), "y": LABELS, **change}
    with pytest.raises(UsageError, match=sentence):
        ImageDataGenerator().flow(**arguments)


@pytest.mark.parametrize(("compat", "count"), [("keras", 4), (None, 1)])
def test_a_split_that_leaves_nothing_is_refused(compat: Any, count: int) -> None:
    generator = ImageDataGenerator(validation_split=0.01, compat=compat)
    with pytest.raises(UsageError, match="validation_split=0.01 of .* leaves none for validation"):
        generator.flow(noise(count), subset="validation")


# Statistics


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_fitted_images_have_channels_of_mean_0_and_deviation_1(data_format: Any) -> None:
    images = noise(channels=3)
    if data_format == "channels_first":
        images = np.moveaxis(images, -1, 1)
    generator = ImageDataGenerator(featurewise_std_normalization=True, data_format=data_format)
    generator.fit(images)
    x = next(generator.flow(images, batch_size=40))
    axes = (0, 1, 2) if data_format == "channels_last" else (0, 2, 3)
    assert np.allclose(x.mean(axes), 0, atol=1e-5)
    assert np.allclose(x.std(axes), 1, atol=1e-5)
    assert generator.mean is not None and generator.std is not None
    assert generator.mean.shape == generator.std.shape
    assert generator.mean.size == 3


def test_samplewise_images_have_mean_0_and_deviation_1_each() -> None:
    generator = ImageDataGenerator(samplewise_std_normalization=True)
    x = next(generator.flow(noise(channels=3)))
    assert np.allclose(x.mean((1, 2, 3)), 0, atol=1e-5)
    assert np.allclose(x.std((1, 2, 3)), 1, atol=1e-4)
    assert np.allclose(generator.standardize(noise(channels=3))[:32].mean((1, 2, 3)), 0, atol=1e-5)


def test_fit_measures_what_is_fed() -> None:
    def halved(image: np.ndarray) -> np.ndarray:
        assert image.shape == (8, 6, 1)
        return image / 2 + 10

    images = noise()
    generator = ImageDataGenerator(
        featurewise_center=True, preprocessing_function=halved, rescale=1 / 255
    )
    generator.fit(images)
    assert generator.mean == pytest.approx((images.mean() / 2 + 10) / 255, rel=1e-5)
    keras = ImageDataGenerator(
        featurewise_center=True, preprocessing_function=halved, rescale=1 / 255, compat="keras"
    )
    keras.fit(images)
    assert keras.mean == pytest.approx(images.mean() / 255, rel=1e-5)


def test_fit_leaves_the_validation_images_out() -> None:
    generator = ImageDataGenerator(featurewise_center=True, validation_split=0.2)
    x = numbered()
    generator.fit(x, y=LABELS)
    training = next(generator.flow(x, LABELS, subset="training", batch_size=40))[0]
    assert training.mean() == pytest.approx(0, abs=1e-5)
    validation = next(generator.flow(x, LABELS, subset="validation", batch_size=40))[0]
    assert abs(validation.mean()) > 0.01


def test_fit_with_another_split_than_flow_is_refused() -> None:
    generator = ImageDataGenerator(featurewise_center=True, validation_split=0.2)
    generator.fit(noise())
    for subset in ("training", "validation"):
        with pytest.raises(UsageError, match=r"Call fit\(x, y=y\) with the y of flow"):
            generator.flow(noise(), LABELS, subset=subset)  # type: ignore[arg-type]
    generator.flow(noise(), subset="training")
    generator.flow(noise(30), LABELS[:30], subset="training")


def test_fit_can_measure_transformed_copies() -> None:
    generator = ImageDataGenerator(
        featurewise_center=True, height_shift_range=[2], fill_mode="constant", cval=1000.0
    )
    generator.fit(noise())
    plain = generator.mean
    generator.fit(noise(), augment=True, rounds=3, seed=1)
    assert generator.mean is not None and plain is not None and generator.mean > plain + 100
    again = generator.mean
    generator.fit(noise(), augment=True, rounds=3, seed=1)
    assert np.array_equal(generator.mean, again)
    with pytest.raises(UsageError, match="rounds is 0"):
        generator.fit(noise(), augment=True, rounds=0)


def test_featurewise_standardizing_before_fit_is_refused() -> None:
    generator = ImageDataGenerator(zca_whitening=True)
    sentence = "featurewise_center and zca_whitening need the statistics of the training images"
    with pytest.raises(UsageError, match=sentence):
        next(generator.flow(noise()))
    with pytest.raises(UsageError, match="four axes"):
        generator.fit(noise()[0])


def test_featurewise_standardizing_before_fit_is_left_out_with_a_warning_as_in_keras() -> None:
    generator = ImageDataGenerator(zca_whitening=True, compat="keras")
    with pytest.warns(UserWarning, match="call generator.fit.* Until then it is left out"):
        x = next(generator.flow(noise(), shuffle=False))
    assert np.array_equal(x, noise()[:32])


def test_a_preprocessing_function_that_changes_the_shape_is_refused() -> None:
    generator = ImageDataGenerator(preprocessing_function=lambda image: image[:4])
    with pytest.raises(UsageError, match=r"gave float32 \(4, 6, 1\) for an image of \(8, 6, 1\)"):
        next(generator.flow(noise()))


def test_a_preprocessing_function_may_change_its_image_and_give_any_number_type() -> None:
    def to_bytes(image: np.ndarray) -> np.ndarray:
        image *= 2
        return image.astype(np.int64)

    images = noise()
    x = next(ImageDataGenerator(preprocessing_function=to_bytes).flow(images, shuffle=False))
    assert x.dtype == np.float32
    assert np.array_equal(x, images[:32] * 2.0)


def test_nothing_warns_in_a_usual_session() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        generator = ImageDataGenerator(
            **EVERYTHING, zca_whitening=True, validation_split=0.2, dtype="float64"
        )
        generator.fit(noise(), y=LABELS)
        x, _ = next(generator.flow(noise(), LABELS, subset="training"))
    assert x.dtype == np.float64 and np.isfinite(x).all()
