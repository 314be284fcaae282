"""Reading sentences: a text file a class, tables, JSON lines, and encodings."""

import gzip
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from noonbit.config.read_options import ReadOptions
from noonbit.data import RawDataset, open_data, open_inputs
from noonbit.data.dataset import Sentences
from noonbit.data.readers.text import decode_text
from noonbit.errors import DataError, UsageError

GOOD = ["a gripping film", "warm and funny", "moving"]
BAD = ["dull", "a lifeless mess", "simplistic , silly and tedious"]


def write_lines(folder: Path, files: dict[str, list[str]]) -> Path:
    for name, lines in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        text = "".join(f"{line}\n" for line in lines).encode()
        path.write_bytes(gzip.compress(text) if name.endswith(".gz") else text)
    return folder


def texts(data: RawDataset, part: str = "train") -> dict[str, list[str]]:
    """The sentences of a part by class."""
    found = data.parts[part]  # type: ignore[index]
    assert isinstance(found.raw, Sentences) and found.labels is not None
    each: dict[str, list[str]] = {name: [] for name in data.class_names}
    for text, label in zip(found.raw, found.labels, strict=True):
        each[data.class_names[label]].append(text)
    return each


@pytest.mark.parametrize(
    "names",
    [
        ("pos.txt", "neg.txt"),
        ("pos", "neg"),
        ("rt-polarity.pos.gz", "rt-polarity.neg.gz"),
        ("reviews/pos.txt", "reviews/neg.txt"),
        ("pos_train.txt", "neg_train.txt"),
    ],
)
def test_a_text_file_a_class_is_named_by_what_sets_it_apart(
    tmp_path: Path, names: tuple[str, str]
) -> None:
    data = open_data(write_lines(tmp_path / "s", dict(zip(names, (GOOD, BAD), strict=True))))
    assert data.format == "a text file a class"
    assert texts(data) == {"neg": BAD, "pos": GOOD}


def test_an_archive_of_text_files_with_parts_is_read(tmp_path: Path) -> None:
    folder = write_lines(
        tmp_path / "s",
        {
            "train/pos.txt": GOOD,
            "train/neg.txt": BAD,
            "test/pos.txt": ["fine"],
            "test/neg.txt": ["bad"],
            "README.txt": ["about"],
        },
    )
    with tarfile.open(tmp_path / "s.tar.gz", "w:gz") as archive:
        archive.add(folder, "s")
    data = open_data(tmp_path / "s.tar.gz")
    assert texts(data) == {"neg": BAD, "pos": GOOD}
    assert texts(data, "test") == {"neg": ["bad"], "pos": ["fine"]}
    assert data.notes == ("Left out, because they hold no lines of text: s/README.txt.",)


def test_empty_lines_are_left_out_and_counted(tmp_path: Path) -> None:
    data = open_data(write_lines(tmp_path, {"pos.txt": ["", *GOOD, "  "], "neg.txt": BAD}))
    assert texts(data)["pos"] == GOOD
    assert data.notes == ("2 empty lines are left out.",)
    assert data.train.names[len(BAD)] == "pos.txt line 2"


def test_one_text_file_is_no_classifier(tmp_path: Path) -> None:
    folder = write_lines(tmp_path, {"all.txt": GOOD})
    with pytest.raises(DataError, match=r"holds only all\.txt; a classifier needs a text file a"):
        open_data(folder)


def test_hundreds_of_text_files_are_no_class_each(tmp_path: Path) -> None:
    folder = write_lines(tmp_path, {f"{number}.txt": GOOD for number in range(201)})
    with pytest.raises(DataError, match="201 text files. noonbit takes one text file a class"):
        open_data(folder)


def test_latin_1_is_read_and_said(tmp_path: Path) -> None:
    (tmp_path / "pos.txt").write_bytes("un caf\u00e9 d\u00e9licieux\n".encode("latin-1"))
    (tmp_path / "neg.txt").write_bytes(b"bad\n")
    data = open_data(tmp_path)
    assert texts(data)["pos"] == ["un caf\u00e9 d\u00e9licieux"]
    assert data.notes == ("pos.txt is not UTF-8 and was read as Windows-1252.",)


def test_a_few_broken_bytes_in_utf_8_are_passed_over_and_named() -> None:
    raw = ("\u00e9" * 30 + "\nfine\n").encode() + b"bro\xffken\n"
    text, notes = decode_text(raw, "pos.txt")
    assert text.endswith("bro\ufffdken\n")
    assert notes == (
        "pos.txt has 1 character that is not UTF-8, the first in line 3; it was passed over.",
    )


def test_utf_16_is_read_and_bytes_of_zero_are_refused() -> None:
    assert decode_text("a film\n".encode("utf-16"), "a")[0] == "a film\n"
    with pytest.raises(DataError, match="it holds bytes of zero"):
        decode_text(b"a\0b", "a")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", 'text,label\n"a gripping film",pos\n"dull, and\nlifeless",neg\n'),
        ("a.csv", 'pos,"a gripping film of note"\nneg,"dull, and\nlifeless"\n'),
        ("a.tsv", 'label\tsentence\npos\ta gripping film\nneg\tdull, and "so\n'),
        ("a.csv", "id;review;sentiment\n1;a gripping film;pos\n2;dull, and so;neg\n"),
    ],
)
def test_a_table_of_texts_and_labels_is_found_by_its_columns(
    tmp_path: Path, name: str, text: str
) -> None:
    (tmp_path / name).write_text(text)
    data = open_data(tmp_path / name)
    assert data.format == "a table of texts and labels"
    found = texts(data)
    assert [each.startswith(begin) for begin, each in (("a gripping", found["pos"][0]),)] == [True]
    assert found["neg"][0].startswith("dull, and")


def test_a_column_of_splits_makes_parts(tmp_path: Path) -> None:
    rows = ["a good one,pos,train", "a bad one,neg,train", "so good,pos,test", "so bad,neg,test"]
    (tmp_path / "a.csv").write_text("\n".join(["text,label,split", *rows]))
    data = open_data(tmp_path / "a.csv")
    assert texts(data, "test") == {"neg": ["so bad"], "pos": ["so good"]}


def test_rows_that_cannot_be_used_are_named_and_the_rest_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('text,label\ngood,pos\nbad,neg\n"too",many,fields\nno label,\n,pos\n')
    with pytest.raises(
        DataError, match=r"a\.csv row 4 has 3 fields instead of 2; a\.csv row 5 has"
    ):
        open_data(path)
    data = open_data(path, on_bad="skip")
    assert texts(data) == {"neg": ["bad"], "pos": ["good"]}
    assert data.notes == ("1 empty line is left out.",)


def test_json_lines_are_read_and_broken_ones_named(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(
        '{"text": "good", "label": 1}\n\n{"text": "bad", "label": 0}\n{"text": "cut\n'
        '[1]\n{"label": 1}\n{"text": "no label"}\n'
    )
    data = open_data(path, on_bad="skip")
    assert data.format == "JSON lines"
    assert texts(data) == {"0": ["bad"], "1": ["good"]}
    reasons = [str(item) for item in data.bad]
    assert reasons[0].startswith("a.jsonl line 4 is not JSON")
    assert reasons[1:] == [
        "a.jsonl line 5 is no JSON object",
        "a.jsonl line 6 has no text",
        "a.jsonl line 7 has no label",
    ]


def test_half_a_letter_in_a_text_is_read_and_in_a_label_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "half \\ud83d", "label": 1}\n{"text": "whole", "label": 0}\n')
    assert texts(open_data(path)) == {"0": ["whole"], "1": ["half \ud83d"]}
    path.write_text('{"text": "a", "label": "\\ud83d"}\n{"text": "b", "label": 0}\n')
    with pytest.raises(DataError, match=r"has the label '\\ud83d', with .* half a letter"):
        open_data(path)


def test_a_label_of_thousands_of_digits_is_no_class(tmp_path: Path) -> None:
    digits = "1" * 5000
    (tmp_path / "a.jsonl").write_text(f'{{"text": "a", "label": {digits}}}\n' * 2)
    (tmp_path / "a.csv").write_text(f"text,label\ngood film,{digits}\nbad film,2\n")
    for name in ("a.jsonl", "a.csv"):
        with pytest.raises(DataError, match=r"has a label of 5,000 characters"):
            open_data(tmp_path / name)
    with pytest.raises(UsageError, match=r"--label-column 1+ names no column"):
        open_data(tmp_path / "a.csv", options=ReadOptions(label_column=digits))


@pytest.mark.parametrize("length", [255, 300, 200_000])
def test_a_text_may_have_more_bytes_than_the_name_of_a_file(tmp_path: Path, length: int) -> None:
    long = ("어떤 영화는 길다 " * length)[: length - 1] + "."
    write_lines(tmp_path, {"a.csv": ["text,label", f"{long},1", "bad film,0", "poor film,0"]})
    assert texts(open_data(tmp_path / "a.csv")) == {"0": ["bad film", "poor film"], "1": [long]}


def test_a_quote_that_is_never_closed_is_said(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('text,label\n"never closed,1\n' + "good film,1\n" * 3)
    with pytest.raises(
        DataError, match=r"has no row that ends within its first 6\d bytes\. Is a q"
    ):
        open_data(path)
    path.write_text('text,label\n"' + "long " * 2**18 + '",1\nshort,0\n')
    with pytest.raises(DataError, match=r"within its first 1,048,576 bytes\. Is a quote missing"):
        open_data(path)


def test_lines_and_tables_are_inputs_too(tmp_path: Path) -> None:
    write_lines(tmp_path, {"new.txt": ["one film", "", "another"]})
    inputs = open_inputs(tmp_path / "new.txt", on_bad="skip")
    assert list(inputs.part.raw) == ["one film", "another"]
    assert list(inputs.part.names) == ["new.txt line 1", "new.txt line 3"]
    assert [str(item) for item in inputs.bad] == ["new.txt line 2 is empty"]
    (tmp_path / "new.csv").write_text("text,label\none film,\nanother one,pos\n")
    assert list(open_inputs(tmp_path / "new.csv").part.raw) == ["one film", "another one"]
    (tmp_path / "new.jsonl").write_text('{"text": "one film"}\n')
    assert list(open_inputs(tmp_path / "new.jsonl").part.raw) == ["one film"]


def test_an_archive_beside_a_note_is_still_opened(tmp_path: Path) -> None:
    folder = write_lines(tmp_path / "inside", {"pos.txt": GOOD, "neg.txt": BAD})
    (tmp_path / "outside").mkdir()
    with tarfile.open(tmp_path / "outside" / "data.tar", "w") as archive:
        archive.add(folder, "data")
    (tmp_path / "outside" / "note.txt").write_text("take care\n")
    assert open_data(tmp_path / "outside").class_names == ("neg", "pos")


def test_the_movie_reviews_are_all_there(shared_data: Callable[[str], Path]) -> None:
    data = open_data(shared_data("rt-polarity"))
    assert {name: len(found) for name, found in texts(data).items()} == {"neg": 5331, "pos": 5331}
    assert "rt-polarity.neg.gz is not UTF-8 and was read as Windows-1252." in data.notes


@pytest.mark.parametrize("option", ["kind", "2"])
def test_a_label_column_of_texts_may_be_named(tmp_path: Path, option: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text("text,kind,site\na long film,x,1\na short film,y,1\nno film at all,x,2\n")
    with pytest.raises(DataError, match="say which is the label with --label-column"):
        open_data(path)
    data = open_data(path, options=ReadOptions(label_column=option))
    assert data.class_names == ("x", "y")


def test_a_field_of_json_lines_may_be_named_as_the_label(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "a film", "kind": "x"}\n{"text": "two films", "kind": "y"}\n')
    assert open_data(path, options=ReadOptions(label_column="kind")).class_names == ("x", "y")


def test_a_table_of_texts_does_not_depend_on_what_lies_beside_it(tmp_path: Path) -> None:
    (tmp_path / "system").symlink_to("/proc")
    rows = [f"a text about {i},{'ab'[i % 2]}" for i in range(20)]
    (tmp_path / "texts.csv").write_text("text,label\n" + "\n".join(rows))
    assert open_data(tmp_path / "texts.csv").class_names == ("a", "b")
    rows = [f"{i}.png,{'ab'[i % 2]}" for i in range(20)]
    (tmp_path / "pictures.csv").write_text("path,label\n" + "\n".join(rows))
    with pytest.raises(DataError, match="which the system makes up"):
        open_data(tmp_path / "pictures.csv")
