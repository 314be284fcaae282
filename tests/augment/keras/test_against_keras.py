"""`compat="keras"` against Keras itself; needs Keras 3 and pandas.

Keras's generator is deprecated and uses old names of scipy, so warnings are no errors here.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from noonbit import ImageDataGenerator

pytest.importorskip("keras")
pandas = pytest.importorskip("pandas")
Theirs = pytest.importorskip("keras.src.legacy.preprocessing.image").ImageDataGenerator
pytestmark = pytest.mark.filterwarnings("default")

MOVES: dict[str, Any] = {
    "rotation_range": 40,
    "width_shift_range": 0.3,
    "height_shift_range": [1, 2, 3],
    "shear_range": 20,
    "zoom_range": 0.4,
    "channel_shift_range": 30.0,
    "horizontal_flip": True,
    "vertical_flip": True,
}
ULP = 2e-7
"""Tolerance relative to the largest value: a difference in the last bit of float32."""
IMAGES = (np.random.RandomState(3).random_sample((50, 9, 7, 3)) * 255).astype(np.float32)
LABELS = np.arange(50) % 5


def pair(**arguments: Any) -> tuple[Any, Any]:
    """Create Keras's generator and ours, with the same seed."""
    np.random.seed(11)
    return Theirs(**arguments), ImageDataGenerator(**arguments, compat="keras", seed=11)


def assert_same_batches(theirs: Any, ours: Any, batches: int = 9) -> None:
    assert len(theirs) == len(ours) and theirs.n == ours.n
    for _ in range(batches):
        (x, y), (our_x, our_y) = next(theirs), next(ours)
        assert np.array_equal(y, our_y) and y.dtype == our_y.dtype
        assert x.dtype == our_x.dtype
        assert np.abs(x - our_x).max() <= ULP * np.abs(x).max()


@pytest.mark.parametrize("fill_mode", ["nearest", "constant", "reflect", "wrap"])
@pytest.mark.parametrize("order", [0, 1])
@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
@pytest.mark.parametrize("shape", [(9, 9, 1), (8, 12, 3), (11, 7, 4)])
def test_transforms_are_kerass_for_the_same_seed(
    fill_mode: str, order: int, data_format: str, shape: tuple[int, int, int]
) -> None:
    arguments: dict[str, Any] = {**MOVES, "fill_mode": fill_mode, "interpolation_order": order}
    if data_format == "channels_last":  # Keras's brightness knows no other format
        arguments["brightness_range"] = (0.4, 1.7)
    theirs, ours = pair(**arguments, data_format=data_format, cval=7.0)
    image = (np.random.RandomState(0).random_sample(shape) * 255).astype(np.float32)
    if data_format == "channels_first":
        image = np.moveaxis(image, -1, 0).copy()
    for seed in range(20):
        drawn = theirs.get_random_transform(image.shape, seed)
        assert ours.get_random_transform(image.shape, seed) == drawn
        expected = theirs.apply_transform(image.copy(), drawn)
        found = ours.apply_transform(image, drawn)
        assert found.dtype == expected.dtype
        assert np.abs(found - expected).max() <= ULP * 255
        assert np.array_equal(ours.random_transform(image, seed), found)


@pytest.mark.parametrize("reach", [3, 2.5, 0.3, [0.1, 0.2], [1, 2, 5], [1.0, 2.5]])
def test_shifts_of_every_form_are_kerass(reach: Any) -> None:
    theirs, ours = pair(width_shift_range=reach, height_shift_range=reach)
    for seed in range(30):
        assert theirs.get_random_transform((9, 7, 3), seed) == ours.get_random_transform(
            (9, 7, 3), seed
        )


@pytest.mark.parametrize("subset", [None, "training", "validation"])
@pytest.mark.parametrize("shuffle", [True, False])
@pytest.mark.parametrize("seed", [None, 5])
def test_flows_are_kerass(subset: Any, shuffle: bool, seed: int | None) -> None:
    theirs, ours = pair(**MOVES, validation_split=0.3 if subset else 0.0)
    how: dict[str, Any] = {"batch_size": 8, "shuffle": shuffle, "seed": seed, "subset": subset}
    assert_same_batches(theirs.flow(IMAGES, LABELS, **how), ours.flow(IMAGES, LABELS, **how))


@pytest.mark.parametrize("seed", [None, 5])
def test_batches_asked_for_by_number_are_kerass(seed: int | None) -> None:
    theirs, ours = (
        generator.flow(IMAGES, LABELS, batch_size=8, seed=seed) for generator in pair(**MOVES)
    )
    for index in [0, 3, 1, 6, 0]:
        (x, y), (our_x, our_y) = theirs[index], ours[index]
        assert np.array_equal(y, our_y)
        assert np.abs(x - our_x).max() <= ULP * 255
        if index == 6:
            theirs.on_epoch_end()
            ours.on_epoch_end()
    theirs.reset()
    ours.reset()
    assert_same_batches(theirs, ours)


def scaled(image: np.ndarray) -> np.ndarray:
    return image.astype(np.float64) / 127.5 - 1


@pytest.mark.parametrize(
    ("arguments", "how"),
    [
        ({"featurewise_center": True, "rescale": 1 / 255}, {}),
        ({"featurewise_std_normalization": True, "rescale": 1 / 255}, {}),
        ({"featurewise_std_normalization": True}, {"augment": True, "rounds": 2, "seed": 3}),
        ({"samplewise_std_normalization": True, "featurewise_center": True}, {}),
        ({"zca_whitening": True, "rescale": 1 / 255, "zca_epsilon": 1e-3}, {}),
        ({"zca_whitening": True, "dtype": "float64"}, {}),
        ({"preprocessing_function": scaled, "rescale": 0.5, "featurewise_center": True}, {}),
        ({"featurewise_center": True, "brightness_range": (0.3, 2)}, {"augment": True}),
    ],
)
def test_statistics_and_standardized_batches_are_kerass(
    arguments: dict[str, Any], how: dict[str, Any]
) -> None:
    theirs, ours = pair(**MOVES, **arguments)
    theirs.fit(IMAGES, **how)
    ours.fit(IMAGES, **how)
    for name in ("mean", "std", "zca_whitening_matrix"):
        expected, found = getattr(theirs, name), getattr(ours, name)
        if expected is None:
            assert found is None
            continue
        assert found.shape == expected.shape and found.dtype == expected.dtype
        assert np.abs(found - expected).max() <= ULP * np.abs(expected).max()
    assert_same_batches(theirs.flow(IMAGES, LABELS), ours.flow(IMAGES, LABELS))
    expected = theirs.standardize(IMAGES[:4].astype(ours.dtype))
    found = ours.standardize(IMAGES[:4])
    assert np.abs(found - expected).max() <= ULP * np.abs(expected).max()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    random = np.random.RandomState(0)
    for name, count in {"a": 5, "b": 7, "10": 4, ".hidden": 2}.items():
        (tmp_path / name / "deeper").mkdir(parents=True)
        for index in range(count):
            shape = (random.randint(5, 30), random.randint(5, 30), 3)
            place = tmp_path / name / ("deeper" if index == 1 else "")
            picture = Image.fromarray(random.randint(0, 256, shape).astype(np.uint8))
            picture.convert("L" if index == 2 else "RGB").save(place / f"{index}.png")
    return tmp_path


@pytest.mark.parametrize("color_mode", ["rgb", "grayscale", "rgba"])
@pytest.mark.parametrize("interpolation", ["nearest", "bilinear"])
@pytest.mark.parametrize("subset", [None, "training", "validation"])
def test_flows_from_folders_are_kerass(
    folder: Path, color_mode: str, interpolation: str, subset: Any
) -> None:
    theirs, ours = (
        generator.flow_from_directory(
            folder,
            target_size=(9, 7),
            color_mode=color_mode,
            interpolation=interpolation,
            batch_size=4,
            subset=subset,
        )
        for generator in pair(**MOVES, validation_split=0.4 if subset else 0.0)
    )
    for name in ("class_indices", "filenames", "filepaths", "num_classes", "samples"):
        assert getattr(theirs, name) == getattr(ours, name)
    assert np.array_equal(theirs.classes, ours.classes)
    assert theirs.image_shape == ours.image_shape
    assert_same_batches(theirs, ours)


@pytest.mark.parametrize("class_mode", ["categorical", "sparse", "raw"])
@pytest.mark.parametrize("subset", [None, "training", "validation"])
def test_flows_from_frames_are_kerass(folder: Path, class_mode: Any, subset: Any) -> None:
    names = [str(path.relative_to(folder)) for path in sorted(folder.rglob("*.png"))]
    frame = pandas.DataFrame({"filename": [*names, "gone.png"]})
    frame["class"] = [name.split("/")[0] for name in names] + ["a"]
    if class_mode == "raw":
        frame["class"] = np.arange(len(frame)) / 2
    theirs, ours = (
        generator.flow_from_dataframe(
            frame,
            folder,
            target_size=(9, 7),
            class_mode=class_mode,
            batch_size=4,
            subset=subset,
        )
        for generator in pair(**MOVES, validation_split=0.4 if subset else 0.0)
    )
    assert theirs.filenames == ours.filenames
    assert np.array_equal(theirs.labels, ours.labels)
    assert_same_batches(theirs, ours)


# What becomes of a flow in Keras's hands


def small_network(classes: int) -> Any:
    keras = pytest.importorskip("keras")
    network = keras.Sequential(
        [keras.layers.Flatten(), keras.layers.Dense(classes, activation="softmax")]
    )
    network.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return network


@pytest.mark.parametrize("compat", [None, "keras"])
def test_a_network_of_kerass_is_trained_and_asked_by_flows(compat: Any) -> None:
    generator = ImageDataGenerator(**MOVES, rescale=1 / 255, validation_split=0.2, compat=compat)
    training, validation = (
        generator.flow(IMAGES, LABELS, batch_size=8, subset=subset, shuffle=subset == "training")
        for subset in ("training", "validation")
    )
    network = small_network(5)
    history = network.fit(
        training, epochs=2, validation_data=validation, class_weight=dict.fromkeys(range(5), 2.0)
    ).history
    assert len(history["loss"]) == len(history["val_accuracy"]) == 2
    assert len(network.evaluate(validation)) == 2
    assert network.predict(validation).shape == (10, 5)
    assert network.predict(generator.flow(IMAGES)).shape == (50, 5)


@pytest.mark.parametrize(("steps", "expected"), [(None, 5), (5, 5), (1, 1)])
def test_an_epoch_has_the_steps_that_were_asked_for(steps: Any, expected: int) -> None:
    keras = pytest.importorskip("keras")
    counts: list[int] = []

    class Counter(keras.callbacks.Callback):  # type: ignore[misc, name-defined]
        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
            counts.append(0)

        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            counts[-1] += 1

    flow = ImageDataGenerator(rescale=1 / 255).flow(IMAGES, LABELS, batch_size=10)
    small_network(5).fit(flow, epochs=3, steps_per_epoch=steps, callbacks=[Counter()])
    assert counts == [expected] * 3


def test_every_image_comes_once_in_each_epoch_of_kerass() -> None:
    keras = pytest.importorskip("keras")
    numbered = np.broadcast_to(np.arange(48, dtype=np.float32)[:, None, None, None], (48, 1, 1, 1))
    flow = ImageDataGenerator().flow(numbered, np.zeros(48), batch_size=8)
    # A loss of the mean of a batch's numbers, so an epoch's loss is the mean of all numbers.
    network = keras.Sequential([keras.layers.Flatten()])
    network.compile("sgd", loss=lambda y, numbers: keras.ops.mean(numbers))
    losses = network.fit(flow, epochs=4, validation_data=flow).history
    assert np.allclose([losses["loss"], losses["val_loss"]], 23.5)


def test_flows_of_files_and_of_several_inputs_are_taken_too(folder: Path) -> None:
    keras = pytest.importorskip("keras")
    generator = ImageDataGenerator(rescale=1 / 255)
    how: dict[str, Any] = {"target_size": (6, 6), "batch_size": 4, "class_mode": "sparse"}
    network = small_network(4)
    network.fit(generator.flow_from_directory(folder, **how))
    names = [str(path.relative_to(folder)) for path in sorted(folder.rglob("*.png"))]
    frame = pandas.DataFrame({"filename": names, "class": [name.split("/")[0] for name in names]})
    network.fit(generator.flow_from_dataframe(frame, folder, **how))
    picture, number = keras.Input((9, 7, 3)), keras.Input((1,))
    both = keras.layers.Concatenate()([keras.layers.Flatten()(picture), number])
    network = keras.Model([picture, number], keras.layers.Dense(1)(both))
    network.compile("sgd", "mse")
    flow = generator.flow((IMAGES, LABELS[:, None]), LABELS, sample_weight=np.ones(50))
    assert len(network.fit(flow, epochs=2).history["loss"]) == 2


@pytest.mark.parametrize("save_format", ["png", "bmp"])
def test_saved_pictures_are_kerass_by_name_and_pixel(tmp_path: Path, save_format: Any) -> None:
    found = []
    for number, generator in enumerate(pair(**MOVES)):
        folder = tmp_path / str(number)
        folder.mkdir()
        flow = generator.flow(
            IMAGES, LABELS, 8, save_to_dir=folder, save_prefix="x", save_format=save_format
        )
        x = [next(flow)[0] for _ in range(3)]
        paths = sorted(folder.iterdir())
        found.append((x, [path.name for path in paths], [Image.open(path) for path in paths]))
    (x, names, pictures), (our_x, our_names, our_pictures) = found
    assert our_names == names and len(names) == 24
    for theirs, ours in zip(pictures, our_pictures, strict=True):
        assert np.abs(np.asarray(theirs).astype(int) - np.asarray(ours)).max() <= 1
    for theirs, ours in zip(x, our_x, strict=True):
        assert np.abs(theirs - ours).max() <= ULP * 255


def test_other_inputs_are_kerass() -> None:
    theirs, ours = (
        each.flow((IMAGES, [LABELS, IMAGES[:, 0]]), LABELS, 8) for each in pair(**MOVES)
    )
    for _ in range(9):
        (x, y), (our_x, our_y) = next(theirs), next(ours)
        assert np.array_equal(y, our_y) and len(x) == len(our_x) == 3
        assert np.array_equal(x[1], our_x[1]) and np.array_equal(x[2], our_x[2])
        assert np.abs(x[0] - our_x[0]).max() <= ULP * 255


@pytest.mark.parametrize("target_size", [(9, 7), (5, 12), (20, 3)])
@pytest.mark.parametrize("interpolation", ["nearest", "bilinear"])
def test_pictures_that_keep_their_aspect_ratio_are_kerass(
    folder: Path, target_size: Any, interpolation: Any
) -> None:
    theirs, ours = (
        each.flow_from_directory(
            folder, target_size, interpolation=interpolation, keep_aspect_ratio=True
        )
        for each in pair()
    )
    assert_same_batches(theirs, ours, batches=1)
