"""Formats that are not read are named, with what to do, and never opened."""

import gzip
import pickle
import zipfile
from pathlib import Path

import pytest

from noonbit.data.source import open_data
from noonbit.errors import DataError


class _Trap:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (print, ("opened",))


def sentence(path: Path) -> str:
    with pytest.raises(DataError) as error:
        open_data(path)
    return str(error.value)


@pytest.mark.parametrize("name", ["mnist.pkl", "mnist.pkl.gz", "data"])
def test_a_pickle_is_never_opened(
    tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    raw = pickle.dumps(_Trap())
    (tmp_path / name).write_bytes(gzip.compress(raw) if name.endswith("gz") else raw)
    for path in (tmp_path / name, tmp_path):
        assert sentence(path).startswith(f"{name} is a pickle, which can run code")
    assert "opened" not in capsys.readouterr().out


def test_a_spreadsheet_is_named_alone_and_in_a_folder(tmp_path: Path) -> None:
    path = tmp_path / "labels.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("xl/_rels/workbook.xml.rels", "<Relationships/>")
    for source in (path, tmp_path):
        assert sentence(source).endswith(
            "labels.xlsx is a spreadsheet. Save the sheet as CSV, and give that."
        )


@pytest.mark.parametrize(
    ("name", "raw", "begin"),
    [
        ("a.rar", b"Rar!\x1a\x07\x00" + bytes(9), "a.rar is an archive that noonbit does not open"),
        ("a.tfrecord", bytes(9), "a.tfrecord holds TensorFlow's records. Save its arrays"),
        ("data.mdb", bytes(9), "data.mdb is an LMDB database"),
    ],
)
def test_other_formats_are_named(tmp_path: Path, name: str, raw: bytes, begin: str) -> None:
    (tmp_path / name).write_bytes(raw)
    (tmp_path / "README.md").write_text("# data\n")
    assert sentence(tmp_path).startswith(begin)


def test_files_of_pytorch_are_named(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "training.pt", "w") as archive:
        archive.writestr("archive/data.pkl", b"\x80\x02")
        archive.writestr("archive/version", "3\n")
    for path in (tmp_path / "training.pt", tmp_path):
        assert "training.pt is a pickle, which can run code" in sentence(path)
