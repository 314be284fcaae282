"""`save_to_dir`: every image that comes is a picture in a folder."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from noonbit import ImageDataGenerator
from noonbit.augment.keras.saved_pictures import stretch_to_picture
from noonbit.errors import ArtefactError, UsageError


def images(channels: int = 1, count: int = 6) -> np.ndarray:
    shape = (count, 5, 4, channels)
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


def saved(folder: Path) -> dict[str, np.ndarray]:
    return {path.name: np.asarray(Image.open(path)) for path in sorted(folder.iterdir())}


def stretched(image: np.ndarray) -> np.ndarray:
    levels = image.astype(np.float32) - image.min()
    return (levels * (255 / levels.max())).astype(np.uint8)


def test_each_image_is_written_when_its_batch_comes(tmp_path: Path) -> None:
    x = images()
    flow = ImageDataGenerator().flow(
        x, batch_size=4, shuffle=False, save_to_dir=tmp_path / "new", save_prefix="digit"
    )
    assert saved(tmp_path / "new") == {}
    next(flow)
    found = saved(tmp_path / "new")
    assert [name.rsplit("_", 1)[0] for name in found] == [f"digit_{n}" for n in range(4)]
    for picture, image in zip(found.values(), x, strict=False):
        assert np.array_equal(picture, stretched(image[..., 0]))


def test_the_same_picture_is_one_file_and_another_one_is_another(tmp_path: Path) -> None:
    flow = ImageDataGenerator(rotation_range=40).flow(images(), save_to_dir=tmp_path)
    flow[0], flow[0]
    assert len(saved(tmp_path)) == 6
    flow.on_epoch_end()
    flow[0]
    assert len(saved(tmp_path)) == 12


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
@pytest.mark.parametrize("save_format", ["png", "bmp"])
def test_colour_is_written_in_either_data_format(
    tmp_path: Path, data_format: Any, save_format: Any
) -> None:
    x = images(3)
    given = np.moveaxis(x, -1, 1) if data_format == "channels_first" else x
    generator = ImageDataGenerator(data_format=data_format, rescale=1 / 255)
    next(generator.flow(given, shuffle=False, save_to_dir=tmp_path, save_format=save_format))
    for (name, picture), image in zip(saved(tmp_path).items(), x, strict=True):
        assert name.endswith(f".{save_format}")
        assert np.abs(picture.astype(int) - stretched(image)).max() <= 1


def test_the_number_in_the_name_is_the_place_in_the_flow(tmp_path: Path) -> None:
    generator = ImageDataGenerator(validation_split=0.5)
    flow = generator.flow(images(), subset="validation", save_to_dir=tmp_path)
    next(flow)
    assert [name.split("_")[1] for name in saved(tmp_path)] == ["0", "1", "2"]


def test_files_and_tables_are_saved_too(tmp_path: Path) -> None:
    (tmp_path / "data" / "a").mkdir(parents=True)
    Image.fromarray(images(3)[0]).save(tmp_path / "data" / "a" / "1.png")
    how: dict[str, Any] = {"target_size": (5, 4), "save_to_dir": tmp_path / "out"}
    generator = ImageDataGenerator()
    next(generator.flow_from_directory(tmp_path / "data", **how))
    next(
        generator.flow_from_dataframe(
            {"filename": ["a/1.png"]}, tmp_path / "data", class_mode=None, save_prefix="t", **how
        )
    )
    assert [name[:3] for name in saved(tmp_path / "out")] == ["_0_", "t_0"]


def test_an_image_of_one_level_is_black() -> None:
    assert np.asarray(stretch_to_picture(np.full((2, 2, 1), 7.0))).max() == 0


@pytest.mark.parametrize(
    ("channels", "save_format", "sentence"),
    [
        (1, "webp", "save_format is 'webp'.* It can be 'png', 'jpeg'"),
        (2, "png", "cannot write 2 channels as png"),
        (4, "jpeg", "cannot write 4 channels as jpeg: .* 4 as png"),
    ],
)
def test_what_cannot_be_written_is_refused_before_the_first_batch(
    tmp_path: Path, channels: int, save_format: Any, sentence: str
) -> None:
    with pytest.raises(UsageError, match=sentence):
        ImageDataGenerator().flow(
            images(channels), save_to_dir=tmp_path / "new", save_format=save_format
        )
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("save_format", ["png", "bmp", "gif", "tif"])
def test_transparency_is_written_by_the_formats_that_have_it(
    tmp_path: Path, save_format: Any
) -> None:
    next(ImageDataGenerator().flow(images(4), save_to_dir=tmp_path, save_format=save_format))
    assert len(list(tmp_path.iterdir())) == 6


def test_a_folder_that_cannot_be_made_or_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ArtefactError, match="file could not be written"):
        ImageDataGenerator().flow(images(), save_to_dir=tmp_path / "file")
    flow = ImageDataGenerator().flow(images(), save_to_dir=tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    with pytest.raises(ArtefactError, match="png could not be written"):
        next(flow)


def test_kerass_numbers_in_the_names_come_from_its_stream(tmp_path: Path) -> None:
    generator = ImageDataGenerator(compat="keras", seed=5)
    next(generator.flow(images(), shuffle=False, save_to_dir=tmp_path))
    state = np.random.RandomState(5)
    for _ in range(6):  # each transform draws two numbers, for the flips
        state.random_sample(2)
    expected = {f"_{number}_{state.randint(10**4)}.png" for number in range(6)}
    assert set(saved(tmp_path)) == expected
