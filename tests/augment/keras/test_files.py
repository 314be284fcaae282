"""`flow_from_directory` and `flow_from_dataframe` on real files."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from noonbit import ImageDataGenerator
from noonbit.augment.keras import decode
from noonbit.errors import DataError, InputRefused, SourceNotFound, UsageError

CLASSES = {"cats": 10, "10": 5, "2": 10, "empty": 0}
"""How many pictures each class folder holds."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Create images whose colour encodes class and number, a hidden folder and a text file."""
    for number, (name, count) in enumerate(CLASSES.items()):
        (tmp_path / name).mkdir()
        for index in range(count):
            colour = (20 * number, 10 * index, 255)
            Image.new("RGB", (12, 6), colour).save(tmp_path / name / f"{index}.png")
    (tmp_path / ".ipynb_checkpoints").mkdir()
    Image.new("L", (3, 3)).save(tmp_path / ".ipynb_checkpoints" / "0.png")
    (tmp_path / "cats" / "notes.txt").write_text("no picture")
    return tmp_path


def table_of(folder: Path) -> dict[str, list[Any]]:
    names = [path.relative_to(folder).as_posix() for path in sorted(folder.glob("[!.]*/*.png"))]
    classes = [name.split("/")[0] for name in names]
    weights = [float(number) for number in range(len(names))]
    return {"filename": names, "class": classes, "weight": weights}


def test_a_folder_a_class_gives_batches_with_one_hot_answers(folder: Path) -> None:
    flow = ImageDataGenerator(rescale=1 / 255).flow_from_directory(
        folder, target_size=(3, 4), batch_size=8, shuffle=False
    )
    assert flow.class_indices == {"2": 0, "10": 1, "cats": 2, "empty": 3}
    assert (flow.samples, flow.num_classes, len(flow)) == (25, 4, 4)
    assert flow.image_shape == (3, 4, 3)
    assert repr(flow) == "<Flow: 25 images of 4 classes, 4 batches of 8>"
    x, y = next(flow)
    assert x.shape == (8, 3, 4, 3) and x.dtype == np.float32
    assert np.allclose(x[3], np.array([40, 30, 255]) / 255)
    assert np.array_equal(y, np.eye(4, dtype=np.float32)[[0] * 8])
    assert flow.filenames[10] == "10/0.png"
    assert Path(flow.filepaths[10]) == folder / "10" / "0.png"
    assert np.bincount(flow.classes).tolist() == [10, 5, 10]
    assert np.array_equal(flow.labels, flow.classes)


@pytest.mark.parametrize("class_mode", ["categorical", "sparse", "binary", "input", None])
def test_answers_come_in_the_mode_that_was_asked_for(folder: Path, class_mode: Any) -> None:
    flow = ImageDataGenerator(rotation_range=20).flow_from_directory(
        folder, target_size=(6, 12), classes=["cats", "2"], class_mode=class_mode, shuffle=False
    )
    assert flow.class_indices == {"cats": 0, "2": 1}
    batch = next(flow)
    if class_mode is None:
        assert batch.shape == (20, 6, 12, 3)
        return
    x, y = batch
    numbers = np.repeat([0, 1], 10)
    if class_mode == "input":
        assert np.array_equal(x, y) and not np.shares_memory(x, y)
    elif class_mode == "categorical":
        assert np.array_equal(y, np.eye(2)[numbers])
    else:
        assert y.dtype == np.float32 and np.array_equal(y, numbers)


@pytest.mark.parametrize(
    ("color_mode", "channels", "first"), [("rgb", 3, [0, 20, 255]), ("grayscale", 1, [41])]
)
@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_pictures_come_in_the_colours_and_the_format_asked_for(
    folder: Path, color_mode: Any, channels: int, first: list[int], data_format: Any
) -> None:
    flow = ImageDataGenerator(data_format=data_format).flow_from_directory(
        folder, target_size=(6, 12), color_mode=color_mode, classes=["cats"], shuffle=False
    )
    x, _ = next(flow)
    if data_format == "channels_first":
        assert flow.image_shape == (channels, 6, 12)
        x = np.moveaxis(x, 1, -1)
    assert x.shape == (10, 6, 12, channels)
    assert (x[2] == first).all()


def test_subsets_are_stratified_and_disjoint(folder: Path) -> None:
    generator = ImageDataGenerator(validation_split=0.2, horizontal_flip=True)
    parts = {
        subset: generator.flow_from_directory(folder, target_size=(6, 12), subset=subset)  # type: ignore[arg-type]
        for subset in ("training", "validation")
    }
    assert np.bincount(parts["validation"].classes).tolist() == [2, 1, 2]
    names = [*parts["training"].filenames, *parts["validation"].filenames]
    assert sorted(names) == sorted(table_of(folder)["filename"])
    assert parts["validation"].class_indices == parts["training"].class_indices


def test_kerass_rules_for_folders_stay_with_compat(folder: Path) -> None:
    generator = ImageDataGenerator(compat="keras", validation_split=0.4)
    flow = generator.flow_from_directory(
        folder, target_size=(6, 12), subset="validation", shuffle=False
    )
    assert list(flow.class_indices) == [".ipynb_checkpoints", "10", "2", "cats", "empty"]
    assert flow.filenames[:3] == ["10/0.png", "10/1.png", "2/0.png"]
    assert flow.samples == 0 + 2 + 4 + 4


def test_pictures_are_decoded_once_where_there_is_room(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def count_reads(available: int | None) -> int:
        reads = []
        read = decode.DecodeSettings.read

        def counting(self: Any, file: Any) -> Any:
            reads.append(file.name)
            return read(self, file)

        with monkeypatch.context() as patch:
            patch.setattr(decode, "available_memory_bytes", lambda: available)
            patch.setattr(decode.DecodeSettings, "read", counting)
            flow = ImageDataGenerator().flow_from_directory(folder, target_size=(6, 12))
            epochs = [[next(flow)[0].sum() for _ in range(len(flow))] for _ in range(3)]
        assert sum(epochs[0]) == pytest.approx(sum(epochs[2]))
        return len(reads)

    assert count_reads(4 * 25 * 6 * 12 * 3) == 25
    assert count_reads(4 * 25 * 6 * 12 * 3 - 1) == 75
    assert count_reads(None) == 75


def test_pictures_without_classes_need_no_class_folder(tmp_path: Path) -> None:
    Image.new("L", (5, 5), 7).save(tmp_path / "a.png")
    generator = ImageDataGenerator()
    flow = generator.flow_from_directory(tmp_path, target_size=(5, 5), class_mode=None)
    assert (next(flow) == 7).all()
    with pytest.raises(DataError, match="class_mode=None takes pictures without classes"):
        generator.flow_from_directory(tmp_path, target_size=(5, 5))


def test_a_sideways_photograph_comes_upright_unlike_in_keras(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    image = Image.new("RGB", (8, 4), "white")
    exif = image.getexif()
    exif[274] = 6  # to be turned by a quarter
    image.paste("black", (0, 0, 2, 4))
    image.save(tmp_path / "a" / "1.jpg", exif=exif, quality=100)
    x, _ = next(ImageDataGenerator().flow_from_directory(tmp_path, target_size=(8, 4)))
    assert x[0, 0].mean() < 50 and x[0, -1].mean() > 200
    keras = ImageDataGenerator(compat="keras")
    x, _ = next(keras.flow_from_directory(tmp_path, target_size=(4, 8)))
    assert x[0, :, 0].mean() < 50


def test_deep_grey_keeps_its_levels_with_compat_only(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    Image.fromarray(np.full((4, 4), 40_000, np.uint16)).save(tmp_path / "a" / "1.png")
    how: dict[str, Any] = {"target_size": (4, 4), "color_mode": "grayscale"}
    assert next(ImageDataGenerator().flow_from_directory(tmp_path, **how))[0].max() == 156
    keras = ImageDataGenerator(compat="keras")
    assert next(keras.flow_from_directory(tmp_path, **how))[0].max() == 40_000


def test_transparency_is_there_with_compat_only(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    Image.new("RGBA", (4, 4), (1, 2, 3, 0)).save(tmp_path / "a" / "1.png")
    how: dict[str, Any] = {"target_size": (4, 4), "color_mode": "rgba"}
    keras = ImageDataGenerator(compat="keras")
    assert next(keras.flow_from_directory(tmp_path, **how))[0][0, 0, 0].tolist() == [1, 2, 3, 0]
    with pytest.raises(UsageError, match="Use 'rgb'"):
        ImageDataGenerator().flow_from_directory(tmp_path, **how)
    assert next(ImageDataGenerator().flow_from_directory(tmp_path, (4, 4)))[0].min() == 255


def test_files_that_cannot_be_read_are_named_before_the_first_batch(folder: Path) -> None:
    (folder / "2" / "broken.png").write_bytes(b"no picture")
    with pytest.raises(DataError, match="1 file of 26 cannot be read, first 2/broken.png is not"):
        ImageDataGenerator().flow_from_directory(folder)
    flow = ImageDataGenerator(compat="keras").flow_from_directory(folder, shuffle=False)
    with pytest.raises(InputRefused, match="2/broken.png cannot be decoded"):
        for _ in range(len(flow)):
            next(flow)


def test_a_file_that_is_cut_off_is_named_when_its_batch_comes(folder: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (20, 20, 3), dtype=np.uint8)
    Image.fromarray(noise).save(folder / "2" / "long.png")
    whole = (folder / "2" / "long.png").read_bytes()
    (folder / "2" / "long.png").write_bytes(whole[: len(whole) // 2])
    flow = ImageDataGenerator().flow_from_directory(folder, batch_size=26)
    with pytest.raises(InputRefused, match="2/long.png is cut off after"):
        next(flow)


@pytest.mark.parametrize(
    ("arguments", "error", "sentence"),
    [
        ({"directory": "nowhere"}, SourceNotFound, "nowhere is no folder"),
        ({"classes": ["cat"]}, UsageError, "no class folder 'cat'. Did you mean 'cats'?"),
        ({"class_mode": "binary"}, UsageError, "has 4 classes, but class_mode='binary' is for two"),
        ({"class_mode": "catagorical"}, UsageError, "Did you mean 'categorical'?"),
        ({"class_mode": "raw"}, UsageError, "class_mode is 'raw'."),
        ({"color_mode": "gray"}, UsageError, "color_mode is 'gray'. Did you mean 'grayscale'?"),
        ({"interpolation": "cubic"}, UsageError, "Did you mean 'bicubic'?"),
        ({"target_size": 64}, UsageError, r"target_size is 64; it should be \(height, width\)"),
        ({"target_size": (64, 0)}, UsageError, r"target_size is \(64, 0\)"),
    ],
)
def test_a_folder_asked_for_wrongly_is_refused_in_one_sentence(
    folder: Path, arguments: dict[str, Any], error: type[Exception], sentence: str
) -> None:
    with pytest.raises(error, match=sentence):
        ImageDataGenerator().flow_from_directory(**{"directory": folder, **arguments})


# Tables


@pytest.mark.parametrize("compat", [None, "keras"])
def test_a_table_gives_its_pictures_classes_and_weights(folder: Path, compat: Any) -> None:
    table = table_of(folder)
    flow = ImageDataGenerator(compat=compat).flow_from_dataframe(
        table, folder, weight_col="weight", target_size=(6, 12), batch_size=25, shuffle=False
    )
    in_order = ["2", "10", "cats"] if compat is None else ["10", "2", "cats"]
    assert list(flow.class_indices) == in_order
    x, y, weights = next(flow)
    assert [in_order[row.argmax()] for row in y] == table["class"]
    assert np.array_equal(weights, np.arange(25))
    assert flow.filenames == table["filename"]
    colours = {"cats": 0, "10": 20, "2": 40}
    assert [colours[name] for name in table["class"]] == x[:, 0, 0, 0].tolist()


def test_a_table_without_a_folder_holds_whole_paths(folder: Path) -> None:
    paths = [str(folder / name) for name in table_of(folder)["filename"]]
    flow = ImageDataGenerator().flow_from_dataframe(
        {"path": paths}, x_col="path", class_mode=None, target_size=(6, 12)
    )
    assert flow.n == 25 and flow.labels is None and flow.classes is None


def test_raw_numbers_and_several_outputs_come_as_they_are(folder: Path) -> None:
    table = table_of(folder)
    flow = ImageDataGenerator(validation_split=0.2).flow_from_dataframe(
        table, folder, y_col="weight", class_mode="raw", target_size=(6, 12), subset="training"
    )
    assert np.array_equal(np.sort(next(flow)[1]), np.sort(flow.labels))
    flow = ImageDataGenerator(validation_split=0.2).flow_from_dataframe(
        table,
        folder,
        y_col=["weight", "class"],
        class_mode="multi_output",
        target_size=(6, 12),
        subset="validation",
        shuffle=False,
    )
    numbers, names = next(flow)[1]
    assert [table["class"][int(number)] for number in numbers] == names.tolist()
    assert np.array_equal(flow.labels[0], numbers) and len(numbers) == 5


def test_an_image_of_several_classes_has_several_ones(folder: Path) -> None:
    table = table_of(folder)
    labels: list[Any] = [["a", "b"], "b", ["c"], ["x"]] + ["a"] * 21
    table["class"] = labels
    flow = ImageDataGenerator().flow_from_dataframe(
        table, folder, classes=["b", "a", "c"], target_size=(6, 12), shuffle=False
    )
    assert flow.n == 24
    assert next(flow)[1][:4].tolist() == [[1, 1, 0], [1, 0, 0], [0, 0, 1], [0, 1, 0]]
    assert flow.labels[:3] == [[1, 0], [0], [2]]


def test_numbers_can_be_classes(folder: Path) -> None:
    table = table_of(folder)
    table["class"] = [10, 9] * 12 + [10]
    flow = ImageDataGenerator().flow_from_dataframe(
        table, folder, class_mode="binary", target_size=(6, 12), shuffle=False
    )
    assert flow.class_indices == {9: 0, 10: 1}
    assert next(flow)[1][:4].tolist() == [1, 0, 1, 0]


def test_missing_files_are_named_and_kerass_way_leaves_them_out(folder: Path) -> None:
    table = table_of(folder)
    table["filename"][3] = "cats/gone.png"
    with pytest.raises(
        DataError, match="1 file of the column 'filename' is not there, first .*gone"
    ):
        ImageDataGenerator().flow_from_dataframe(table, folder)
    with pytest.warns(
        UserWarning, match=r"1 file of the column 'filename' is not there, or .*gone"
    ):
        flow = ImageDataGenerator(compat="keras").flow_from_dataframe(table, folder)
    assert flow.n == 24
    unchecked = ImageDataGenerator().flow_from_dataframe(
        table, folder, validate_filenames=False, shuffle=False
    )
    with pytest.raises(InputRefused, match=r"cats/gone.png is not there"):
        next(unchecked)
    table["filename"] = ["gone.png"] * 25
    with pytest.warns(UserWarning, match="25 files of the column 'filename' are not there"):
        empty = ImageDataGenerator(compat="keras").flow_from_dataframe(
            table, folder, classes=["cats", "2"]
        )
    assert (empty.n, len(empty), list(empty)) == (0, 0, [])
    assert empty.class_indices == {"cats": 0, "2": 1}
    table["class"] = ["bird"] * 25
    with pytest.raises(DataError, match="No row of the table names a picture that is there"):
        ImageDataGenerator().flow_from_dataframe(
            table, folder, classes=["cat"], validate_filenames=False
        )


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"x_col": "file"}, "no column 'file'; name one with x_col. There are: filename, class, w"),
        ({"y_col": "label"}, "no column 'label'; name one with y_col"),
        ({"y_col": ["weight"]}, r"no column \['weight'\]"),
        ({"weight_col": "w"}, "name one with weight_col"),
        ({"class_mode": "binary"}, "'class' has 3 classes, but class_mode='binary' is for two"),
        ({"class_mode": "other"}, "class_mode is 'other'."),
    ],
)
def test_a_table_asked_for_wrongly_is_refused_in_one_sentence(
    folder: Path, arguments: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(UsageError, match=sentence):
        ImageDataGenerator().flow_from_dataframe(table_of(folder), folder, **arguments)


@pytest.mark.parametrize("compat", [None, "keras"])
@pytest.mark.parametrize(
    ("change", "arguments", "sentence"),
    [
        ({"filename": [1.5] * 25}, {}, "'filename' holds file names, but row 0 is 1.5"),
        ({"weight": ["2"] * 25}, {"weight_col": "weight"}, "'weight' should hold numbers, .* '2'"),
        ({"class": ["a", None] + ["b"] * 23}, {}, "'class' is empty in 1 row, first that of 10/1"),
        ({"class": ["a"] * 23 + [float("nan")] * 2}, {}, "'class' is empty in 2 rows"),
        ({}, {"class_mode": "multi_output"}, r"a list of columns as y_col, such as \['class'\]"),
        ({}, {"dataframe": "labels.csv"}, r"is of the type str; give a pandas frame"),
        ({}, {"x_column": "filename"}, "no argument 'x_column'. Did you mean 'x_col'"),
    ],
)
def test_a_column_of_the_wrong_type_is_a_type_error(
    folder: Path, change: dict[str, Any], arguments: dict[str, Any], sentence: str, compat: Any
) -> None:
    given = {"dataframe": {**table_of(folder), **change}, "directory": folder, **arguments}
    with pytest.raises(TypeError, match=sentence):
        ImageDataGenerator(compat=compat).flow_from_dataframe(**given)


@pytest.mark.parametrize("name", ["has_ext", "sort", "drop_duplicates"])
def test_an_argument_of_early_keras_warns_and_does_nothing(folder: Path, name: str) -> None:
    with pytest.warns(DeprecationWarning, match=f"{name} does nothing any more: .* Leave it out"):
        flow = ImageDataGenerator().flow_from_dataframe(table_of(folder), folder, **{name: False})
    assert flow.n == 25


@pytest.mark.parametrize("compat", [None, "keras"])
def test_the_centre_is_cropped_where_the_aspect_ratio_is_kept(tmp_path: Path, compat: Any) -> None:
    (tmp_path / "a").mkdir()
    picture = np.zeros((6, 12), np.uint8)
    picture[:, 3:9] = 200
    Image.fromarray(picture).save(tmp_path / "a" / "1.png")
    how: dict[str, Any] = {"target_size": (3, 3), "color_mode": "grayscale", "class_mode": None}
    generator = ImageDataGenerator(compat=compat)
    x = next(generator.flow_from_directory(tmp_path, keep_aspect_ratio=True, **how))
    assert (x == 200).all()
    assert (next(generator.flow_from_directory(tmp_path, **how)) == 0).any()


def test_links_to_folders_are_followed_by_default_and_in_kerass_way_on_request(
    folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    root = tmp_path_factory.mktemp("links")
    (root / "a").mkdir()
    (root / "a" / "cats").symlink_to(folder / "cats", target_is_directory=True)
    assert ImageDataGenerator().flow_from_directory(root).n == 10
    keras = ImageDataGenerator(compat="keras")
    assert keras.flow_from_directory(root, follow_links=True).n == 10
    with pytest.raises(DataError, match="holds no pictures in class folders"):
        keras.flow_from_directory(root)
