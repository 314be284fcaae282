"""What `flow` takes in memory: images, other inputs, answers, and how they are split."""

from typing import Any

import numpy as np
import pytest

from noonbit import ImageDataGenerator

IMAGES = np.arange(20, dtype=np.float32)[:, None, None, None] * np.ones((1, 4, 4, 1), np.float32)
NUMBERS = np.arange(20)
ROWS = np.arange(20)[:, None, None] * np.ones((1, 3, 3))


@pytest.mark.parametrize("compat", [None, "keras"])
@pytest.mark.parametrize("shuffle", [True, False])
def test_other_inputs_come_beside_their_images(compat: Any, shuffle: bool) -> None:
    flow = ImageDataGenerator(compat=compat).flow(
        (IMAGES, [NUMBERS, ROWS]), NUMBERS, batch_size=8, shuffle=shuffle
    )
    for _ in range(2 * len(flow)):
        (images, numbers, rows), y = next(flow)
        assert np.array_equal(images[:, 0, 0, 0], y)
        assert np.array_equal(numbers, y) and np.array_equal(rows[:, 2, 2], y)
    assert flow.n == 20 and flow.image_shape == (4, 4, 1)
    assert isinstance(next(flow)[0], tuple)  # a list cannot be given to TensorFlow


@pytest.mark.parametrize("x", [(IMAGES, NUMBERS), [IMAGES, NUMBERS], (IMAGES, [NUMBERS])])
def test_one_other_input_needs_no_list_and_no_answers(x: Any) -> None:
    batch = next(ImageDataGenerator(validation_split=0.2).flow(x, subset="training"))
    assert isinstance(batch, list) and len(batch) == 2
    assert np.array_equal(batch[0][:, 0, 0, 0], batch[1]) and len(batch[1]) == 16


def test_two_images_in_a_list_are_images() -> None:
    assert ImageDataGenerator().flow([IMAGES[0], IMAGES[1]]).n == 2


@pytest.mark.parametrize("other", [NUMBERS[:19], 3, [NUMBERS, NUMBERS[:1]]])
def test_another_length_is_a_value_error_in_words_that_can_be_searched_for(other: Any) -> None:
    with pytest.raises(ValueError, match="All of the arrays in x should have the same length"):
        ImageDataGenerator().flow((IMAGES, other), NUMBERS)
    with pytest.raises(ValueError, match=r"`x` \(images tensor\) and `y` \(labels\) should have"):
        ImageDataGenerator().flow((IMAGES, NUMBERS), NUMBERS[:5])
    with pytest.raises(ValueError, match=r"and `sample_weight` \(weights\) should have"):
        ImageDataGenerator().flow(IMAGES, NUMBERS, sample_weight=[1])


@pytest.mark.parametrize("x", [None, "images", [["a"]], np.array([["a"]])])
def test_what_holds_no_numbers_is_a_type_error(x: Any) -> None:
    with pytest.raises(TypeError, match="x should hold numbers with four axes"):
        ImageDataGenerator().flow(x)


@pytest.mark.parametrize("change", [{"batch_size": "32"}, {"batch_size": 1.5}, {"seed": "a"}])
def test_a_number_that_is_none_is_a_type_error(change: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match="should be a whole number"):
        ImageDataGenerator().flow(IMAGES, **change)


def test_a_split_that_ignores_classes_takes_answers_that_are_none() -> None:
    halves = np.repeat([0, 1], 10)
    keras = ImageDataGenerator(validation_split=0.5, compat="keras")
    with pytest.raises(ValueError, match="Training and validation subsets have different number"):
        keras.flow(IMAGES, halves, subset="validation")
    flow = keras.flow(IMAGES, halves, subset="validation", ignore_class_split=True, shuffle=False)
    assert np.array_equal(flow.labels, np.zeros(10))

    generator = ImageDataGenerator(validation_split=0.25, featurewise_center=True)

    def held_out(y: Any, **how: bool) -> set[float]:
        flow = generator.flow((IMAGES, NUMBERS), y, subset="validation", **how)
        return {int(item) for item in flow._items}

    assert held_out(halves, ignore_class_split=True) == held_out(None) != held_out(halves)
    generator.fit(IMAGES)
    held_out(halves, ignore_class_split=True)
    with pytest.raises(ValueError, match="or fit"):
        held_out(halves)


def test_the_next_batch_has_kerass_older_name_too() -> None:
    generator = ImageDataGenerator(rotation_range=5)
    assert np.array_equal(generator.flow(IMAGES).next(), next(generator.flow(IMAGES)))
