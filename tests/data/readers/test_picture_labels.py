"""Pictures find the labels that stand in small files beside them."""

import io
import json
import tarfile
from pathlib import Path

import pytest
from listings import listing_of
from PIL import Image

from noonbit.data.readers.picture_labels import recognise
from noonbit.data.source import open_data, open_inputs
from noonbit.errors import DataError


def png(value: int) -> bytes:
    stream = io.BytesIO()
    Image.new("L", (5, 4), value).save(stream, "PNG")
    return stream.getvalue()


def write_metadata(folder: Path, labels: list[object], begin: str = "") -> None:
    folder.mkdir(parents=True)
    lines = []
    for i, label in enumerate(labels):
        path = folder / f"{begin}{i:04}.png"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(png(i))
        lines.append(json.dumps({"file_name": f"{begin}{i:04}.png", "label": label}))
    (folder / "metadata.jsonl").write_text("\n".join(lines) + "\n")


def test_metadata_of_an_imagefolder_gives_the_labels(tmp_path: Path) -> None:
    write_metadata(tmp_path / "data" / "train", ["cat", "dog"] * 3)
    write_metadata(tmp_path / "data" / "test", ["dog", "cat"])
    data = open_data(tmp_path)
    assert {name: len(part) for name, part in data.parts.items()} == {"train": 6, "test": 2}
    assert (data.class_names, data.notes) == (("cat", "dog"), ())
    test = data.parts["test"]
    assert test.labels is not None and test.labels.tolist() == [1, 0]
    assert len(open_inputs(tmp_path).part) == 8


def test_one_metadata_file_speaks_of_the_folders_below_it(tmp_path: Path) -> None:
    write_metadata(tmp_path / "a", [0, 1, 0, 1], begin="images/")
    (tmp_path / "a" / "images" / "extra.png").write_bytes(png(9))
    (tmp_path / "a" / "notes.txt").write_text("May\n")
    data = open_data(tmp_path / "a")
    assert data.class_names == ("0", "1")
    assert data.notes == (
        "1 picture without a label: left out.",
        "Left out, as no part of the data: notes.txt.",
    )


def test_a_line_without_its_picture_is_said(tmp_path: Path) -> None:
    write_metadata(tmp_path / "a", ["x", "y"] * 2)
    (tmp_path / "a" / "0003.png").unlink()
    with pytest.raises(DataError, match=r"metadata\.jsonl line 4 names no picture"):
        open_data(tmp_path / "a")


@pytest.mark.parametrize("kind", ["cls", "json"])
@pytest.mark.parametrize("shards", [1, 2])
def test_shards_of_a_web_dataset_are_read(tmp_path: Path, kind: str, shards: int) -> None:
    for shard in range(shards):
        with tarfile.open(tmp_path / f"train-{shard:06}.tar", "w") as archive:
            for i in range(4):
                label = str(i % 2) if kind == "cls" else json.dumps({"label": i % 2, "id": i})
                for suffix, raw in (("png", png(i)), (kind, label.encode())):
                    member = tarfile.TarInfo(f"{i:06}.{suffix}")
                    member.size = len(raw)
                    archive.addfile(member, io.BytesIO(raw))
    data = open_data(tmp_path if shards > 1 else tmp_path / "train-000000.tar")
    assert (data.class_names, len(data.train), data.notes) == (("0", "1"), 4 * shards, ())
    assert data.train.labels is not None
    assert data.train.labels.tolist() == [0, 1, 0, 1] * shards


def test_json_beside_pictures_that_holds_no_label_says_nothing(tmp_path: Path) -> None:
    for kind in ("cat", "dog"):
        (tmp_path / kind).mkdir()
        for i in range(3):
            (tmp_path / kind / f"{i}.png").write_bytes(png(i))
            (tmp_path / kind / f"{i}.json").write_text('{"by": "hand"}')
    assert not recognise(listing_of(tmp_path))
