"""Previews show the one image, mixed with others only by mixup and CutMix."""

import numpy as np

from noonbit.augment.preview import EXAMPLES_PER_ROW, preview_sheet, random_examples, shrink
from noonbit.config.augmentation import Augmentation

IMAGE = np.arange(100, 112, dtype=np.uint8).reshape(1, 3, 4)
PARTNERS = np.zeros((2, 1, 3, 4), np.uint8)


def test_every_draw_is_of_the_image() -> None:
    draws = random_examples(IMAGE, Augmentation(flip=True), 0, PARTNERS)
    assert draws.dtype == np.uint8 and draws.shape == (EXAMPLES_PER_ROW, 1, 3, 4)
    sides = {picture.tobytes() for picture in draws}
    assert sides == {IMAGE.tobytes(), IMAGE[:, :, ::-1].tobytes()}


def test_mixing_takes_in_the_partners() -> None:
    draws = random_examples(IMAGE, Augmentation(mixup=1), 0, PARTNERS)
    shares = draws[:, 0] / IMAGE[0]
    assert np.ptp(shares, axis=(1, 2)).max() < 0.02, "each is blended evenly"
    assert 0 <= shares.min() < 0.5 < shares.max() <= 1


def test_a_sheet_has_a_row_for_each_of_the_settings() -> None:
    one = preview_sheet(IMAGE, [Augmentation(flip=True)], seed=0, partners=PARTNERS)
    two = preview_sheet(IMAGE, [Augmentation(flip=True)] * 2, seed=0, partners=PARTNERS)
    assert two.width == one.width and two.height > 1.8 * one.height


def test_only_what_is_larger_than_a_sheet_allows_is_shrunk() -> None:
    assert shrink(IMAGE) is IMAGE
    assert shrink(np.zeros((3, 1000, 500), np.uint8)).shape == (3, 160, 80)
    assert shrink(np.zeros((3, 1, 1000), np.uint8)).shape == (3, 1, 160)
