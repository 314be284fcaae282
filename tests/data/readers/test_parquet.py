"""Parquet: encoded images and pixel lists, with labels and class names as people write them."""

import io
import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest
from listings import listing_of
from PIL import Image

from noonbit.data.dataset import Pictures, RawDataset
from noonbit.data.readers.parquet import read, read_inputs, recognise
from noonbit.data.source import open_data, open_inputs
from noonbit.errors import DataError, UsageError

LABELS = [1, 0, 1]


def png(value: int) -> bytes:
    stream = io.BytesIO()
    Image.new("L", (5, 4), value).save(stream, "PNG")
    return stream.getvalue()


CELLS = [png(1), png(2), png(3)]
STRUCTS = [{"bytes": cell, "path": f"{i}.png"} for i, cell in enumerate(CELLS)]
PIXELS = np.arange(3 * 4 * 4, dtype=np.uint8).reshape(3, 4, 4) * 5


def write(path: Path, columns: dict, metadata: dict | None = None) -> Path:
    table = pa.table(columns)
    if metadata is not None:
        table = table.replace_schema_metadata({"huggingface": json.dumps(metadata)})
    pyarrow.parquet.write_table(table, path)
    return path


def open_parquet(path: Path) -> RawDataset:
    listing = listing_of(path)
    assert recognise(listing)
    return read(listing)


def sentence(path: Path) -> str:
    with pytest.raises(DataError) as error:
        open_parquet(path)
    return str(error.value)


def hugging_face(names: list[str]) -> dict:
    return {"info": {"features": {"label": {"names": names, "_type": "ClassLabel"}}}}


@pytest.mark.parametrize("images", [CELLS, STRUCTS])
def test_encoded_images_become_pictures(tmp_path: Path, images) -> None:
    data = open_parquet(write(tmp_path / "a.parquet", {"image": images, "label": LABELS}))
    assert isinstance(data.train.raw, Pictures)
    assert [picture.read() for picture in data.train.raw] == CELLS
    assert (data.train.raw[0].width, data.train.raw[0].height) == (5, 4)
    assert list(data.train.names) == [f"a.parquet row {i}" for i in range(3)]
    assert data.train.labels is not None and data.train.labels.tolist() == LABELS
    assert data.class_names == ("0", "1")


def test_class_names_of_hugging_face_keep_their_order(tmp_path: Path) -> None:
    metadata = hugging_face(["zebra", "ant"])
    path = write(tmp_path / "a.parquet", {"image": STRUCTS, "label": LABELS}, metadata)
    assert open_parquet(path).class_names == ("zebra", "ant")
    write(path, {"image": STRUCTS, "label": [0, 1, 7]}, metadata)
    assert "has the label 7 (item 2), but its metadata names 2 classes" in sentence(path)


def test_text_labels_are_class_names(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", {"img": CELLS, "species": ["b", "a", "b"]})
    assert open_parquet(path).class_names == ("a", "b")


@pytest.mark.parametrize(
    "images",
    [
        PIXELS.reshape(3, 16).tolist(),
        PIXELS.tolist(),
        pa.FixedSizeListArray.from_arrays(PIXELS.ravel(), 16),
    ],
)
def test_pixel_lists_become_arrays(tmp_path: Path, images) -> None:
    data = open_parquet(write(tmp_path / "a.parquet", {"pixels": images, "label": LABELS}))
    np.testing.assert_array_equal(data.train.raw, PIXELS[:, None])
    assert data.value_range == (0, 255)


def test_nested_colour_lists_become_channels_first(tmp_path: Path) -> None:
    colour = np.random.default_rng(0).integers(0, 256, (3, 5, 6, 3))
    data = open_parquet(write(tmp_path / "a.parquet", {"x": colour.tolist(), "y": LABELS}))
    np.testing.assert_array_equal(data.train.raw, colour.transpose(0, 3, 1, 2))


def test_shards_and_parts_are_told_by_their_names(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    for name in ("train-00000-of-00002", "train-00001-of-00002", "test-00000-of-00001"):
        write(tmp_path / "data" / f"{name}.parquet", {"image": STRUCTS, "label": LABELS})
    data = open_parquet(tmp_path)
    assert (len(data.train), len(data.parts["test"])) == (6, 3)
    assert data.train.names[3] == "data/train-00001-of-00002.parquet row 0"


def test_a_test_part_without_labels_is_left_out_with_a_note(tmp_path: Path) -> None:
    write(tmp_path / "train.parquet", {"image": STRUCTS, "label": LABELS})
    write(tmp_path / "test.parquet", {"image": STRUCTS, "label": [-1, -1, -1]})
    data = open_parquet(tmp_path)
    assert list(data.parts) == ["train"]
    assert data.notes == ("test has no labels but -1 and is left out.",)


def test_cells_that_hold_no_image_are_bad_items(tmp_path: Path) -> None:
    cells = [{"bytes": None, "path": "x.png"}, {"bytes": b"hello", "path": "y.png"}, *STRUCTS]
    data = open_parquet(write(tmp_path / "a.parquet", {"image": cells, "label": [0, 0, 1, 0, 1]}))
    assert [str(item) for item in data.bad] == [
        "a.parquet row 0 is empty (0 bytes)",
        "a.parquet row 1 is not an image (it begins with b'hello')",
    ]
    assert data.train.labels is not None and data.train.labels.tolist() == LABELS


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"name": ["a", "b", "c"], "label": LABELS}, "name: string, label: int64; none holds"),
        ({"image": CELLS}, "none is named label"),
        ({"image": CELLS, "label": [1, None, 0]}, "a.parquet row 1 has no label"),
        ({"image": CELLS, "label": [[1], [0], [1]]}, "has labels of type list"),
        ({"x": [[1] * 16, [1] * 16, [1] * 15], "y": LABELS}, "pixel lists of different lengths"),
        ({"image": CELLS, "label": [1, 1, 1]}, "holds only the class '1'"),
    ],
)
def test_wrong_columns_are_refused(tmp_path: Path, columns: dict, said: str) -> None:
    assert said in sentence(write(tmp_path / "a.parquet", columns))


def test_a_truncated_file_is_said(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", {"image": CELLS, "label": LABELS})
    path.write_bytes(path.read_bytes()[:100])
    assert sentence(path).startswith("a.parquet is cut off or damaged")


@pytest.mark.parametrize("images", [STRUCTS, PIXELS.tolist()])
def test_inputs_need_no_labels(tmp_path: Path, images) -> None:
    path = write(tmp_path / "a.parquet", {"image": images})
    inputs = read_inputs(listing_of(path), None)
    assert len(inputs.part) == 3 and inputs.part.labels is None


@pytest.mark.parametrize("kind", ["stream", "file"])
def test_what_save_to_disk_leaves_is_read(tmp_path: Path, kind: str) -> None:
    features = {"label": {"names": ["cat", "dog"], "_type": "ClassLabel"}}
    metadata = {"huggingface": json.dumps({"info": {"features": features}})}
    stream = io.BytesIO()
    Image.new("L", (5, 4), 9).save(stream, "PNG")
    pictures = [{"bytes": stream.getvalue(), "path": None}] * 4
    table = pa.table({"image": pictures, "label": [0, 1, 0, 1]}).replace_schema_metadata(metadata)
    for part in ("train", "test"):
        (tmp_path / part).mkdir()
        path = str(tmp_path / part / "data-00000-of-00001.arrow")
        new = pa.ipc.new_stream if kind == "stream" else pa.ipc.new_file
        with pa.OSFile(path, "wb") as sink, new(sink, table.schema) as writer:
            writer.write_table(table)
        (tmp_path / part / "state.json").write_text("{}")
    (tmp_path / "dataset_dict.json").write_text('{"splits": ["train", "test"]}')
    data = open_data(tmp_path)
    assert (data.format, data.class_names, data.notes) == ("Arrow", ("cat", "dog"), ())
    assert [len(part) for part in data.parts.values()] == [4, 4]
    assert len(open_inputs(tmp_path).part) == 8


def test_a_label_column_may_be_named(tmp_path: Path) -> None:
    columns = {"image": CELLS, "site": ["a", "b", "b"], "kind": LABELS}
    path = write(tmp_path / "a.parquet", columns)
    assert "Say which is with --label-column" in sentence(path)
    for option in ("kind", "3"):
        assert read(listing_of(path, label_column=option)).class_names == ("0", "1")
    with pytest.raises(UsageError, match="--label-column x names no column of a.parquet"):
        read(listing_of(path, label_column="x"))


@pytest.mark.parametrize("name", ["image", "label"])
def test_two_columns_of_one_name_are_refused_by_that_name(tmp_path: Path, name: str) -> None:
    columns = [("image", pa.array(CELLS)), ("label", pa.array(LABELS))]
    columns += [column for column in columns if column[0] == name]
    table = pa.Table.from_arrays([array for _, array in columns], [key for key, _ in columns])
    pyarrow.parquet.write_table(table, tmp_path / "a.parquet")
    assert f"a.parquet has 2 columns named {name}" in sentence(tmp_path / "a.parquet")


@pytest.mark.parametrize(
    "metadata",
    [
        "{",
        "null",
        "[" * 100_000,
        '{"info": [1]}',
        '{"info": {"features": "label"}}',
        *(
            json.dumps(hugging_face(names))  # type: ignore[arg-type]
            for names in ("ab", {"a": 0, "b": 1}, [["a"], ["b"]], [1, 2], ["a", "a"], ["a", " "], 7)
        ),
    ],
)
def test_metadata_that_names_no_classes_is_passed_over(tmp_path: Path, metadata: str) -> None:
    table = pa.table({"image": CELLS, "label": LABELS})
    table = table.replace_schema_metadata({"huggingface": metadata})
    pyarrow.parquet.write_table(table, tmp_path / "a.parquet")
    assert open_parquet(tmp_path / "a.parquet").class_names == ("0", "1")


@pytest.mark.parametrize("labels", [[0, 0.5, 1], ["0", "a", "1"], [0.0, float("nan"), 1.0]])
def test_labels_that_are_no_numbers_of_named_classes_are_refused(tmp_path: Path, labels) -> None:
    metadata = hugging_face(["zebra", "ant"])
    path = write(tmp_path / "a.parquet", {"image": STRUCTS, "label": labels}, metadata)
    assert "but its metadata names 2 classes" in sentence(path)


@pytest.mark.parametrize("image", [None, b"", b"garbage"])
def test_a_table_without_any_readable_image_says_what_is_wrong(tmp_path: Path, image) -> None:
    images = pa.array([image] * 3, pa.binary())
    path = write(tmp_path / "a.parquet", {"image": images, "label": LABELS})
    with pytest.raises(DataError, match="holds nothing to train on: a.parquet row 0 is"):
        open_data(path, on_bad="skip")


def test_an_arrow_file_whose_numbers_point_outside_of_it_is_damaged(tmp_path: Path) -> None:
    indices = pa.array([1, 0, 1], pa.int32())
    labels = pa.DictionaryArray.from_arrays(indices, ["a", "b"])
    table = pa.table({"image": CELLS, "label": labels})
    path = tmp_path / "a.arrow"
    with pa.ipc.new_file(path, table.schema) as writer:
        writer.write_table(table)
    raw = path.read_bytes()
    wrong = pa.array([1, 9, 1], pa.int32()).buffers()[1].to_pybytes()
    path.write_bytes(raw.replace(indices.buffers()[1].to_pybytes(), wrong))
    assert path.read_bytes() != raw
    assert "a.arrow is cut off or damaged" in sentence(path)
