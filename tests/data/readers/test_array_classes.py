"""Arrays say their class by their name or folder, and stay what they are by the usual names."""

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from noonbit.data.source import open_data, open_inputs
from noonbit.errors import DataError


def pictures(*shape: int) -> NDArray[np.uint8]:
    return np.random.default_rng(0).integers(0, 256, shape, np.uint8)


def test_an_array_a_class_is_named_by_what_is_its_own(tmp_path: Path) -> None:
    for name in ("cat", "ice cream", "car"):
        np.save(tmp_path / f"full_numpy_bitmap_{name}.npy", pictures(5, 784))
    data = open_data(tmp_path)
    assert data.class_names == ("car", "cat", "ice cream")
    assert data.train.raw.shape == (15, 1, 28, 28)
    np.testing.assert_array_equal(data.train.raw[:5], pictures(5, 784).reshape(5, 1, 28, 28))
    assert data.notes == ("3 arrays are read as the pictures of a class each.",)


@pytest.mark.parametrize("shape", [(6, 6), (6, 6, 3), (5, 7)])
def test_an_array_a_picture_is_read_from_class_folders(
    tmp_path: Path, shape: tuple[int, ...]
) -> None:
    for part in ("train", "test"):
        for kind in ("cat", "dog"):
            (tmp_path / part / kind).mkdir(parents=True)
            for i in range(3):
                np.save(tmp_path / part / kind / f"{i}.npy", pictures(*shape))
    data = open_data(tmp_path)
    assert (data.class_names, list(data.parts)) == (("cat", "dog"), ["train", "test"])
    assert data.train.raw.shape == (6, shape[2] if len(shape) == 3 else 1, *shape[:2])
    assert data.train.names[0] == "train/cat/0"
    (one,) = open_inputs(tmp_path / "train" / "cat" / "0.npy").part.raw
    np.testing.assert_array_equal(one, data.train.raw[0])
    assert len(open_inputs(tmp_path / "train" / "cat").part) == 3


def test_usual_names_in_part_folders_are_arrays_of_pictures(tmp_path: Path) -> None:
    for part in ("train", "test"):
        (tmp_path / part).mkdir()
        np.save(tmp_path / part / "images.npy", pictures(4, 6, 6))
        np.save(tmp_path / part / "labels.npy", np.eye(4, dtype=np.uint8))
    data = open_data(tmp_path)
    assert data.train.raw.shape == (4, 1, 6, 6)
    assert data.train.labels is not None and data.train.labels.tolist() == [0, 1, 2, 3]


def test_many_shapes_are_refused_in_a_short_sentence(tmp_path: Path) -> None:
    for kind in ("cat", "dog"):
        (tmp_path / kind).mkdir()
        for i in range(5):
            np.save(tmp_path / kind / f"{i}.npy", pictures(6, 6 + i))
    with pytest.raises(DataError) as error:
        open_data(tmp_path)
    assert str(error.value).endswith(
        "holds arrays of 5 shapes ((6, 6), (6, 7), (6, 8), ...). Save them as PNG files, which may "
        "differ in size."
    )


def test_npz_files_of_one_array_are_a_set_together(tmp_path: Path) -> None:
    for part, count in (("train", 8), ("test", 4)):
        np.savez_compressed(tmp_path / f"kmnist-{part}-imgs.npz", pictures(count, 28, 28))
        np.savez_compressed(tmp_path / f"kmnist-{part}-labels.npz", np.arange(count) % 2)
    (tmp_path / "kmnist_classmap.csv").write_text("index,codepoint,char\n0,U+304A,o\n1,U+304D,k\n")
    data = open_data(tmp_path)
    assert [len(part) for part in data.parts.values()] == [8, 4]
    np.testing.assert_array_equal(data.train.raw, pictures(8, 28, 28)[:, None])
    assert data.notes == ("Left out, as no part of the data: kmnist_classmap.csv.",)


def test_an_archive_a_part_is_one_source(tmp_path: Path) -> None:
    for part in ("train", "test"):
        with zipfile.ZipFile(tmp_path / f"{part}.zip", "w") as archive:
            for kind in ("cat", "dog"):
                stream = io.BytesIO()
                Image.new("L", (4, 4)).save(stream, "PNG")
                archive.writestr(f"{kind}/1.png", stream.getvalue())
    data = open_data(tmp_path)
    assert {name: list(part.names) for name, part in data.parts.items()} == {
        part: [f"{part}/cat/1.png", f"{part}/dog/1.png"] for part in ("train", "test")
    }
