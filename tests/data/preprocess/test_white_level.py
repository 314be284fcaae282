from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from noonbit.data import open_data
from noonbit.data.checks.check import check
from noonbit.data.preprocess import white_level
from noonbit.data.preprocess.images import ImagePreprocessor
from noonbit.data.preprocess.registry import fit_preprocessor
from noonbit.errors import InputRefused


def drawing(number: int) -> np.ndarray:
    """Dark ink on light paper that is not even, 8 bits, (16, 16)."""
    pixels = np.random.default_rng(number).integers(180, 255, (16, 16)).astype(np.uint16)
    pixels[6:10, 4 + number % 3 : 12] = 30
    pixels[15, 9] = 255
    return pixels


def folder_of(place: Path, scale: int, count: int = 12) -> Path:
    for name in ("a", "b"):
        (place / name).mkdir(parents=True)
        for number in range(count):
            levels = drawing(number + 100 * (name == "b")) * scale
            Image.fromarray(levels).save(place / name / f"{number}.png")
    return place


def fitted(source: Path) -> ImagePreprocessor:
    preprocessor, _ = fit_preprocessor(open_data(source))
    assert isinstance(preprocessor, ImagePreprocessor)
    return preprocessor


@pytest.mark.parametrize("scale", [1, 4, 16, 64])
def test_the_bits_in_use_are_scaled_to_all_levels_with_a_note(tmp_path, scale: int) -> None:
    source = folder_of(tmp_path / "set", scale)
    preprocessor = fitted(source)
    assert preprocessor.white_level == 255 * scale
    assert preprocessor.polarity == "dark on light"
    pixels, done = preprocessor.transform_one(Image.fromarray(drawing(0) * scale))
    np.testing.assert_array_equal(pixels[0], drawing(0))
    assert done == []
    titles = [finding.title for finding in check(open_data(source)).findings]
    words = f"go up to {255 * scale:,} of 65,535 ({(255 * scale).bit_length()} bits in 16)"
    assert f"The levels {words}, so that level is white." in titles


def test_a_set_that_uses_all_bits_is_as_it_was_and_its_first_pictures_say_so(
    tmp_path, monkeypatch
) -> None:
    source = folder_of(tmp_path / "set", 257)
    asked = []
    monkeypatch.setattr(white_level, "PICTURES_AT_ONCE", 2)
    measure = white_level.highest_level
    monkeypatch.setattr(
        white_level, "highest_level", lambda *each: asked.append(each) or measure(*each)
    )
    preprocessor = fitted(source)
    assert preprocessor.white_level == 65_535 and len(asked) == 2
    np.testing.assert_array_equal(
        preprocessor.transform_one(Image.fromarray(drawing(0) * 257))[0][0], drawing(0)
    )
    assert not any(finding.kind == "bit depth" for finding in check(open_data(source)).findings)


def test_one_picture_alone_is_treated_as_in_its_set_and_other_depths_are_refused(tmp_path) -> None:
    preprocessor = fitted(folder_of(tmp_path / "set", 16))
    stored = ImagePreprocessor.model_validate(preprocessor.model_dump())
    dark = drawing(3) * 4  # a quarter of the light
    pixels, _ = stored.transform_one(Image.fromarray(dark))
    np.testing.assert_array_equal(pixels[0], np.floor(drawing(3) / 4 + 0.5))
    with pytest.raises(InputRefused, match="levels up to 65,535, where white is 4,080"):
        stored.transform_one(Image.fromarray(drawing(3) * 257))


def test_arrays_of_twelve_bits_are_scaled_alike(tmp_path) -> None:
    images = np.stack([drawing(number) for number in range(24)])
    np.savez(tmp_path / "set.npz", x=images * 16, y=np.arange(24) % 2)
    data = open_data(tmp_path / "set.npz")
    assert data.value_range == (0, 4080)
    np.testing.assert_array_equal(np.asarray(data.train.raw)[:, 0], images)
    assert any("(12 bits in 16)" in finding.title for finding in check(data).findings)
    preprocessor = fitted(tmp_path / "set.npz")
    lighter = preprocessor.transform_given(images * 16 + 15)  # within 12 bits
    assert np.asarray(lighter.values).max() == 255
    with pytest.raises(InputRefused, match="trained on 0 to 4080"):
        preprocessor.transform_given(images * 257)


def test_levels_of_32_bits_are_scaled_by_their_highest(tmp_path: Path) -> None:
    for number, name in enumerate(("a/0", "a/1", "b/0", "b/1")):
        path = tmp_path / f"{name}.tif"
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(drawing(number).astype(np.int32) * 1_000).save(path)
    assert fitted(tmp_path).white_level == 255_000
