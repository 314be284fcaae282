"""A small valid source in every format that noonbit reads, with the same bytes every time."""

import bz2
import gzip
import io
import json
import lzma
import pickle
import struct
from collections.abc import Callable, Iterable
from functools import partial
from importlib.util import find_spec
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from benchmarks.fuzzing.containers import GZ_LEVEL, Files, pack_tar, pack_zip

Pixels: TypeAlias = NDArray[np.uint8]
CLASSES = ("cat", "dog")
COUNT, SIDE = 12, 8
LABELS = np.arange(COUNT) % len(CLASSES)
WORDS = ("good", "bad", "film", "very", "not", "plot", "actor", "좋은", "영화")
PICTURES = {
    "png": ("PNG", "L"),
    "png-16-bit": ("PNG", "I;16"),
    "png-palette": ("PNG", "P"),
    "png-transparent": ("PNG", "RGBA"),
    "jpeg": ("JPEG", "RGB"),
    "bmp": ("BMP", "RGB"),
    "gif": ("GIF", "P"),
    "ico": ("ICO", "RGB"),
    "jpeg-2000": ("JPEG2000", "RGB"),
    "ppm": ("PPM", "RGB"),
    "pbm": ("PPM", "1"),
    "tiff": ("TIFF", "RGB"),
    "tiff-lzw": ("TIFF", "L"),
    "webp": ("WEBP", "RGB"),
    "avif": ("AVIF", "RGB"),
    "heic": ("HEIF", "RGB"),
}
"""Name -> Pillow's format and mode."""
BOX_KINDS = ("coco", "yolo", "voc", "csv")
SAVE_OPTIONS: dict[str, dict[str, Any]] = {
    "tiff-lzw": {"compression": "tiff_lzw"},
    "jpeg-2000": {"no_jp2": False},
}


class Sample(NamedTuple):
    """A valid source: how it is made, and how a command is given it."""

    make: Callable[[], Files]
    train_flags: tuple[str, ...] = ()
    """Flags of a training that name another of the files."""
    needs: str | None = None
    """A library that is not always installed."""
    source: str = ""
    """The source among the files, where there are others beside it."""
    texts: bool = False
    """Whether it holds sentences rather than pictures."""

    def is_available(self) -> bool:
        """Whether the library that it needs is installed."""
        return self.needs is None or find_spec(self.needs) is not None


def pixels(*shape: int) -> Pixels:
    """Noise that is the same at every call."""
    return np.random.default_rng(0).integers(0, 256, shape, np.uint8)


def encode_picture(kind: str, grey: Pixels) -> bytes:
    """One picture in a format of `PICTURES`."""
    from PIL import Image

    form, mode = PICTURES[kind]
    if form == "HEIF":
        import pillow_heif

        pillow_heif.register_heif_opener()
    if mode == "I;16":
        picture = Image.fromarray(grey.astype(np.uint16) * 257)
    else:
        picture = Image.fromarray(grey).convert(mode)
    stream = io.BytesIO()
    picture.save(stream, form, **SAVE_OPTIONS.get(kind, {}))
    return stream.getvalue()


def name_pictures(suffix: str) -> list[str]:
    """A name for each item: `cat/00.png`."""
    return [f"{CLASSES[label]}/{number:02}.{suffix}" for number, label in enumerate(LABELS)]


def picture_folder(kind: str) -> Files:
    """A folder a class."""
    suffix = {"jpeg": "jpg", "jpeg-2000": "jp2"}.get(kind, kind.partition("-")[0])
    images = pixels(COUNT, 16, 20)
    return {
        name: encode_picture(kind, image)
        for name, image in zip(name_pictures(suffix), images, strict=True)
    }


def parts_of(files: Files) -> Files:
    """The same items as training and test part."""
    return {f"{part}/{name}": raw for part in ("train", "test") for name, raw in files.items()}


def idx_bytes(array: NDArray[Any]) -> bytes:
    """LeCun's format: a magic number, the sizes, bytes."""
    header = struct.pack(f">4B{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
    return header + array.astype(np.uint8).tobytes()


def idx(compress: bool) -> Files:
    """MNIST's four files."""
    files = {}
    for part in ("train", "t10k"):
        files[f"{part}-images-idx3-ubyte"] = idx_bytes(pixels(COUNT, SIDE, SIDE))
        files[f"{part}-labels-idx1-ubyte"] = idx_bytes(LABELS)
    return {f"{name}.gz": pack_gz(raw) for name, raw in files.items()} if compress else files


def emnist() -> Files:
    """Transposed pictures, labels from 1, and the table of their letters."""
    return {
        "emnist-letters-train-images-idx3-ubyte": idx_bytes(pixels(COUNT, 28, 28)),
        "emnist-letters-train-labels-idx1-ubyte": idx_bytes(LABELS + 1),
        "emnist-letters-mapping.txt": b"1 65 97\n2 66 98\n",
    }


def cifar_binary() -> Files:
    """Records of a label and three planes."""
    records = np.concatenate([LABELS.astype(np.uint8)[:, None], pixels(COUNT, 3072)], axis=1)
    names = ("data_batch_1.bin", "test_batch.bin")
    return {f"cifar-10-batches-bin/{name}": records.tobytes() for name in names}


def cifar_python(key: bytes) -> Files:
    """Pickles as Python 2 wrote them."""
    batch = {b"data": pixels(COUNT, 3072), key: LABELS.tolist(), b"filenames": [b"a.png"] * COUNT}
    raw = pickle.dumps(batch, protocol=2)
    raw = raw.replace(b"cnumpy._core.multiarray", b"cnumpy.core.multiarray")
    names = ("data_batch_1", "test_batch") if key == b"labels" else ("train", "test")
    return {f"cifar-python/{name}": raw for name in names}


def npy_bytes(array: NDArray[Any]) -> bytes:
    """NumPy's own format."""
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


def npz_bytes(arrays: dict[str, NDArray[Any]], compress: bool = False) -> bytes:
    """Several arrays, without the time that NumPy would write down."""
    members = {f"{name}.npy": npy_bytes(array) for name, array in arrays.items()}
    return pack_zip(members, compress=compress)


def npz_keras() -> Files:
    """The four arrays of Keras's mnist.npz."""
    images = pixels(COUNT, SIDE, SIDE)
    arrays = {"x_train": images, "y_train": LABELS, "x_test": images, "y_test": LABELS}
    return {"mnist.npz": npz_bytes(arrays)}


def npz_floats() -> Files:
    """Compressed, in colour, with values from 0 to 1."""
    images = pixels(COUNT, SIDE, SIDE, 3).astype(np.float32) / 255
    return {"data.npz": npz_bytes({"images": images, "labels": LABELS}, compress=True)}


def npy_classes() -> Files:
    """An array a class, as Quick, Draw! has them."""
    rows = pixels(len(CLASSES), COUNT, 784)
    return {f"{name}.npy": npy_bytes(each) for name, each in zip(CLASSES, rows, strict=True)}


def npy_pictures() -> Files:
    """An array a picture in class folders."""
    images = pixels(COUNT, SIDE, SIDE)
    return {
        name: npy_bytes(image) for name, image in zip(name_pictures("npy"), images, strict=True)
    }


def hdf5(course: bool) -> Files:
    """USPS's file, or the pair of a course."""
    import h5py

    parts: dict[str, dict[str, Any]] = {}
    if course:
        for part in ("train", "test"):
            parts[f"{part}_cats.h5"] = {
                f"{part}_set_x": pixels(COUNT, SIDE, SIDE, 3),
                f"{part}_set_y": LABELS,
                "list_classes": np.array([name.encode() for name in CLASSES]),
            }
    else:
        rows = pixels(COUNT, 256).astype(np.float32) / 255
        parts["usps.h5"] = {
            f"{part}/{name}": array
            for part in ("train", "test")
            for name, array in (("data", rows), ("target", LABELS))
        }
    files = {}
    for name, arrays in parts.items():
        stream = io.BytesIO()
        with h5py.File(stream, "w") as file:
            for path, array in arrays.items():
                file.create_dataset(path, data=array, track_times=False)
        files[name] = stream.getvalue()
    return files


def matlab(compress: bool) -> Files:
    """SVHN's two files."""
    import scipy.io

    arrays = {
        "X": pixels(COUNT, 32, 32, 3).transpose(1, 2, 3, 0),
        "y": (LABELS + 1).astype(np.uint8)[:, None],
    }
    stream = io.BytesIO()
    scipy.io.savemat(stream, arrays, do_compression=compress)
    time_free = b"MATLAB 5.0 MAT-file".ljust(116)
    raw = time_free + stream.getvalue()[len(time_free) :]
    return {"train_32x32.mat": raw, "test_32x32.mat": raw}


def stl10() -> Files:
    """Planes of columns, labels from 1, and class names."""
    images = pixels(4, 3, 96, 96).tobytes()
    return {
        "train_X.bin": images,
        "train_y.bin": bytes([1, 2, 1, 2]),
        "test_X.bin": images,
        "test_y.bin": bytes([2, 1, 2, 1]),
        "class_names.txt": "\n".join(CLASSES).encode(),
    }


def parquet_bytes(columns: dict[str, Any], names: Iterable[str] = ()) -> bytes:
    """A table, with the metadata of Hugging Face if classes are named."""
    import pyarrow as pa
    from pyarrow import parquet

    table = pa.table(columns)
    if names:
        features = {"label": {"names": [*names], "_type": "ClassLabel"}}
        table = table.replace_schema_metadata(
            {"huggingface": json.dumps({"info": {"features": features}})}
        )
    stream = io.BytesIO()
    parquet.write_table(table, stream)
    return stream.getvalue()


def picture_cells() -> list[dict[str, Any]]:
    """Pictures as Hugging Face stores them."""
    return [
        {"bytes": encode_picture("png", image), "path": f"{number}.png"}
        for number, image in enumerate(pixels(COUNT, 5, 4))
    ]


def parquet_pictures() -> Files:
    """Encoded pictures, two parts, named classes."""
    raw = parquet_bytes({"image": picture_cells(), "label": LABELS}, CLASSES)
    return {f"data/{part}-00000-of-00001.parquet": raw for part in ("train", "test")}


def parquet_pixels() -> Files:
    """Lists of pixels, and labels that are text."""
    labels = [CLASSES[label] for label in LABELS]
    return {"a.parquet": parquet_bytes({"label": labels, "pixels": [*pixels(COUNT, 16)]})}


def arrow_folder() -> Files:
    """What Hugging Face's `save_to_disk` leaves."""
    import pyarrow as pa

    table = pa.table({"image": picture_cells(), "label": LABELS})
    features = {
        "image": {"_type": "Image"},
        "label": {"names": [*CLASSES], "_type": "ClassLabel"},
    }
    info = {"info": {"features": features}}
    table = table.replace_schema_metadata({"huggingface": json.dumps(info)})
    stream = io.BytesIO()
    with pa.ipc.new_stream(stream, table.schema) as writer:
        writer.write_table(table)
    state = {"_data_files": [{"filename": "data-00000-of-00001.arrow"}], "_split": "train"}
    files = {}
    for part in ("train", "test"):
        files[f"{part}/data-00000-of-00001.arrow"] = stream.getvalue()
        files[f"{part}/state.json"] = json.dumps(state | {"_split": part}).encode()
        files[f"{part}/dataset_info.json"] = json.dumps({"features": features}).encode()
    return files | {"dataset_dict.json": b'{"splits": ["train", "test"]}'}


def table_bytes(
    rows: Iterable[Iterable[object]], separator: str = ",", encoding: str = "utf-8"
) -> bytes:
    """Rows as lines."""
    return "".join(separator.join(map(str, row)) + "\n" for row in rows).encode(encoding)


def pixel_rows(header: bool = True) -> list[list[object]]:
    """A label and sixteen pixels a row; enough rows to tell the label from a pixel."""
    count = 24
    smooth = pixels(count, 16) // 64 + np.arange(0, 160, 10, np.uint8)
    rows = [[number % 3, *row] for number, row in enumerate(smooth.tolist())]
    return [["label", *(f"pixel{place}" for place in range(16))], *rows] if header else rows


def one_hot_rows() -> list[list[object]]:
    """Pixels, then a column a class."""
    header = [*(f"pixel{place}" for place in range(16)), *CLASSES]
    return [header, *([*row, 1 - k, k] for row, k in zip(pixels(COUNT, 16), LABELS, strict=True))]


def cell_rows() -> list[list[object]]:
    """All pixels of a picture in one cell, as FER2013 has them."""
    cells = [" ".join(map(str, row)) for row in pixels(COUNT, 16)]
    parts = ("Training", "PublicTest", "PrivateTest")
    rows = zip(LABELS, cells, (parts[number % 3] for number in range(COUNT)), strict=True)
    return [["emotion", "pixels", "Usage"], *map(list, rows)]


def path_table() -> Files:
    """Pictures in one folder, and a table with their labels and parts."""
    files = {
        f"images/{number}.png": raw for number, raw in enumerate(picture_folder("png").values())
    }
    rows = [
        [f"images/{number}.png", CLASSES[label], ("train", "test")[number % 4 == 3]]
        for number, label in enumerate(LABELS)
    ]
    return files | {"labels.csv": table_bytes([["path", "label", "split"], *rows])}


def path_lists() -> Files:
    """Lists of paths and labels parted by spaces."""
    files = {
        f"images/{number}.png": raw for number, raw in enumerate(picture_folder("png").values())
    }
    lines = [[f"images/{number}.png", label] for number, label in enumerate(LABELS)]
    return files | {
        "train.txt": table_bytes(lines[:8], " "),
        "val.txt": table_bytes(lines[8:], " "),
    }


def sentences() -> list[str]:
    """A text an item."""
    chosen = np.random.default_rng(0).integers(0, len(WORDS), (COUNT, 6))
    return [" ".join(WORDS[number] for number in row) + f" {k}" for k, row in enumerate(chosen)]


def text_rows() -> list[list[object]]:
    """A table of sentences."""
    rows = zip(sentences(), (CLASSES[label] for label in LABELS), strict=True)
    return [["sentence", "label"], *([f'"{text}, ok"', label] for text, label in rows)]


def json_lines() -> Files:
    """A JSON object a sentence."""
    rows = [
        json.dumps({"text": text, "label": CLASSES[label], "id": number})
        for number, (text, label) in enumerate(zip(sentences(), LABELS, strict=True))
    ]
    return {"train.jsonl": "\n".join(rows).encode(), "test.jsonl": "\n".join(rows[:4]).encode()}


def text_lines() -> Files:
    """A text file a class, one of them compressed."""
    texts = sentences()
    return {
        "polarity.pos": "\n".join(texts[::2]).encode(),
        "polarity.neg.gz": pack_gz("\n".join(texts[1::2]).encode()),
    }


def games() -> Files:
    """Records of Go: a handicap, a capture, a pass, comments, a variation."""
    game = (
        b"(;GM[1]FF[4]CA[UTF-8]SZ[19]KM[6.5]RE[B+R]PB[A]PW[B]HA[2]AB[pd][dp]"
        b";W[dd]C[a \\] b];B[pp];W[];B[qd](;W[qe];B[re])(;W[cc]))"
    )
    small = b"(;GM[1]FF[4]SZ[9]KM[7.5]RE[W+2.5];B[ee];W[ed];B[dd];W[de];B[fd];W[cd];B[ec])"
    return {"a.sgf": game, "b.sgf": game + b"\n" + small, "c.sgf": small}


def image_folder() -> Files:
    """Hugging Face's imagefolder: labels in metadata.jsonl."""
    files = {
        f"train/{number}.png": raw for number, raw in enumerate(picture_folder("png").values())
    }
    lines = [
        json.dumps({"file_name": f"{number}.png", "label": CLASSES[label]})
        for number, label in enumerate(LABELS)
    ]
    return files | {"train/metadata.jsonl": "\n".join(lines).encode()}


def web_dataset(kind: str) -> Files:
    """Shards whose pictures lie beside their labels."""
    members: Files = {}
    for number, raw in enumerate(picture_folder("png").values()):
        label = int(LABELS[number])
        members[f"{number:06}.png"] = raw
        text = str(label) if kind == "cls" else json.dumps({"label": label, "id": number})
        members[f"{number:06}.{kind}"] = text.encode()
    return {f"train-{shard:06}.tar": pack_tar(members) for shard in range(2)}


def detection(kind: str) -> Files:
    """Boxes in pictures, which noonbit names and refuses."""
    files = {
        f"images/{number}.png": raw for number, raw in enumerate(picture_folder("png").values())
    }
    box = [1, 2, 5, 6]
    if kind == "coco":
        document = {
            "images": [{"id": k, "file_name": f"{k}.png"} for k in range(COUNT)],
            "annotations": [
                {"id": k, "image_id": k, "category_id": 1, "bbox": box} for k in range(COUNT)
            ],
            "categories": [{"id": 1, "name": "cat"}],
        }
        return files | {"annotations.json": json.dumps(document).encode()}
    if kind == "yolo":
        return files | {f"labels/{k}.txt": b"0 0.5 0.5 0.2 0.2\n" for k in range(COUNT)}
    if kind == "csv":
        header = ["filename", "class", "xmin", "ymin", "xmax", "ymax"]
        rows = [[f"images/{k}.png", CLASSES[LABELS[k]], *box] for k in range(COUNT)]
        return files | {"boxes.csv": table_bytes([header, *rows])}
    document = (
        b'<?xml version="1.0"?><annotation><filename>%d.png</filename><object><name>cat</name>'
        b"<bndbox><xmin>1</xmin><ymin>2</ymin><xmax>5</xmax><ymax>6</ymax></bndbox></object>"
        b"</annotation>"
    )
    return files | {f"Annotations/{k}.xml": document % k for k in range(COUNT)}


def word_vectors(kind: str) -> Files:
    """Sentences, and vectors of their words in word2vec's or GloVe's format."""
    vectors = np.random.default_rng(0).normal(size=(len(WORDS), 300)).astype("<f4")
    if kind == "word2vec":
        lines = [
            f"{word} ".encode() + row.tobytes() for word, row in zip(WORDS, vectors, strict=True)
        ]
        raw = f"{len(WORDS)} 300\n".encode() + b"\n".join(lines)
        name = "vectors.bin"
    else:
        rows = zip(WORDS, vectors.tolist(), strict=True)
        raw = pack_gz(table_bytes(([word, *row] for word, row in rows), " "))
        name = "glove.txt.gz"
    return {"texts/data.csv": table_bytes(text_rows()), name: raw}


SETTINGS = b"""model = "glimpse"
epochs = 1
learning_rate = 0.1
threads = 1
augment = "shift=1,flip"
validation = 0.2
seed = 3
on_bad = "skip"
"""


def settings_file() -> Files:
    """Pictures, and settings for --config."""
    pictures = {f"data/{name}": raw for name, raw in picture_folder("png").items()}
    return pictures | {"settings.toml": SETTINGS}


def pack_gz(raw: bytes) -> bytes:
    """Compress without a time."""
    return gzip.compress(raw, GZ_LEVEL, mtime=0)


TABLES: dict[str, Callable[[], bytes]] = {
    "pixels.csv": lambda: table_bytes(pixel_rows()),
    "no-header.csv": lambda: table_bytes(pixel_rows(header=False)),
    "pixels.tsv": lambda: table_bytes(pixel_rows(), "\t"),
    "semicolons.csv": lambda: table_bytes(pixel_rows(), ";"),
    "spaces.txt": lambda: table_bytes(pixel_rows(header=False), " "),
    "pixels.csv.gz": lambda: pack_gz(table_bytes(pixel_rows())),
    "pixels.csv.bz2": lambda: bz2.compress(table_bytes(pixel_rows())),
    "pixels.csv.xz": lambda: lzma.compress(table_bytes(pixel_rows())),
    "one-hot.csv": lambda: table_bytes(one_hot_rows()),
    "cells.csv": lambda: table_bytes(cell_rows()),
    "utf-16.csv": lambda: table_bytes(pixel_rows(), encoding="utf-16"),
}
TEXT_TABLES: dict[str, Callable[[], bytes]] = {
    "texts.csv": lambda: table_bytes(text_rows()),
    "texts.tsv": lambda: table_bytes(text_rows(), "\t"),
    "texts-cp949.csv": lambda: table_bytes(text_rows(), encoding="cp949"),
    "texts-utf-16.csv": lambda: table_bytes(text_rows(), encoding="utf-16"),
}


def table_sample(name: str, make: Callable[[], bytes], *, texts: bool) -> Sample:
    """A source of one table."""
    return Sample(lambda: {name: make()}, texts=texts)


def picture_sample(kind: str) -> Sample:
    """A folder of pictures of one kind."""
    needs = "pillow_heif" if kind == "heic" else None
    return Sample(lambda: picture_folder(kind), needs=needs)


SAMPLES: dict[str, Sample] = {
    **{kind: picture_sample(kind) for kind in PICTURES},
    "parts": Sample(lambda: parts_of(picture_folder("png"))),
    "zip": Sample(lambda: {"a.zip": pack_zip(parts_of(picture_folder("bmp")), compress=True)}),
    "zips": Sample(
        lambda: {
            f"{part}.zip": pack_zip(picture_folder("jpeg"), compress=False)
            for part in ("train", "test")
        }
    ),
    "tar": Sample(lambda: {"a.tar": pack_tar(picture_folder("png"))}),
    "tar.gz": Sample(lambda: {"a.tar.gz": pack_gz(pack_tar(picture_folder("png")))}),
    "tar.bz2": Sample(lambda: {"a.tar.bz2": bz2.compress(pack_tar(picture_folder("png")))}),
    "tar.xz": Sample(lambda: {"a.tar.xz": lzma.compress(pack_tar(picture_folder("png")))}),
    "idx": Sample(lambda: idx(compress=False)),
    "idx.gz": Sample(lambda: idx(compress=True)),
    "emnist": Sample(emnist),
    "cifar-binary": Sample(cifar_binary),
    "cifar-python": Sample(lambda: cifar_python(b"labels")),
    "cifar-100-python": Sample(lambda: cifar_python(b"fine_labels")),
    "npz": Sample(npz_keras),
    "npz-floats": Sample(npz_floats),
    "npy-classes": Sample(npy_classes),
    "npy-pictures": Sample(npy_pictures),
    "hdf5-usps": Sample(lambda: hdf5(course=False), needs="h5py"),
    "hdf5-course": Sample(lambda: hdf5(course=True), needs="h5py"),
    "matlab": Sample(lambda: matlab(compress=False)),
    "matlab-compressed": Sample(lambda: matlab(compress=True)),
    "stl10": Sample(stl10),
    "parquet-pictures": Sample(parquet_pictures),
    "parquet-pixels": Sample(parquet_pixels),
    "arrow": Sample(arrow_folder),
    **{name: table_sample(name, make, texts=False) for name, make in TABLES.items()},
    **{name: table_sample(name, make, texts=True) for name, make in TEXT_TABLES.items()},
    "path-table": Sample(path_table),
    "path-lists": Sample(path_lists),
    "json-lines": Sample(json_lines, texts=True),
    "text-lines": Sample(text_lines, texts=True),
    "sgf": Sample(games, needs="sgfmill"),
    "image-folder": Sample(image_folder),
    "web-dataset-cls": Sample(lambda: web_dataset("cls")),
    "web-dataset-json": Sample(lambda: web_dataset("json")),
    **{f"boxes-{kind}": Sample(partial(detection, kind)) for kind in BOX_KINDS},
    "word2vec": Sample(
        lambda: word_vectors("word2vec"), ("--vectors", "vectors.bin"), source="texts", texts=True
    ),
    "glove": Sample(
        lambda: word_vectors("glove"), ("--vectors", "glove.txt.gz"), source="texts", texts=True
    ),
    "settings": Sample(settings_file, ("--config", "settings.toml"), source="data"),
}
"""Name -> the sample, in the order in which they take turns."""
