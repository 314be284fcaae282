"""What the registry adds to every format: names of any encoding, and what was left out."""

import io
import os
import tarfile
import unicodedata
from pathlib import Path

import numpy as np
from PIL import Image

from noonbit.data.source import open_data, open_inputs

NAMES = ("가위", "바위", "보")
NOTE = "6 file names are in CP949 (Korean), not in UTF-8; decoded: 가위, 바위, 보."


def png() -> bytes:
    stream = io.BytesIO()
    Image.new("L", (5, 4), 9).save(stream, "PNG")
    return stream.getvalue()


def test_folder_names_in_cp949_are_classes_by_their_names_with_a_note(tmp_path: Path) -> None:
    for name in NAMES:
        folder = os.fsencode(tmp_path) + b"/" + name.encode("cp949")
        os.mkdir(folder)
        for i in range(2):
            with open(folder + b"/%d.png" % i, "wb") as file:
                file.write(png())
    data = open_data(tmp_path)
    assert (data.class_names, data.notes) == (NAMES, (NOTE,))
    assert open_inputs(tmp_path).notes == (NOTE,)


def test_parts_whose_names_are_composed_otherwise_have_the_same_classes(tmp_path: Path) -> None:
    for part, form in (("train", "NFD"), ("test", "NFC")):
        for name in NAMES:
            folder = tmp_path / part / unicodedata.normalize(form, name)
            folder.mkdir(parents=True)
            (folder / "1.png").write_bytes(png())
    data = open_data(tmp_path)
    assert data.class_names == NAMES
    assert [len(part) for part in data.parts.values()] == [3, 3]


def test_a_tar_of_absolute_paths_holds_its_class_folders(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz") as archive:
        for name in ("/home/user/data/cat/1.png", "/home/user/data/dog/1.png"):
            member = tarfile.TarInfo(name)
            member.size = len(png())
            archive.addfile(member, io.BytesIO(png()))
    assert open_data(tmp_path / "a.tar.gz").class_names == ("cat", "dog")


def test_files_that_no_reader_used_are_named(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x=np.zeros((4, 6, 6), np.uint8), y=[0, 1, 0, 1], weights=[1.0])
    assert open_data(tmp_path / "a.npz").notes == (
        "Left out, as no part of the data: weights.npy.",
    )
    for name in ("a.md", "b.json", "c.html", "d.yaml"):
        (tmp_path / name).write_text("{}")
    (note,) = open_data(tmp_path).notes
    assert note == "Left out, as no part of the data: weights.npy, a.md, b.json and 2 more."
