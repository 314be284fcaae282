"""Seconds until a source is ready to be trained on: opened, checked, framed and split.

Sources of the shapes that courses use, made for the occasion; each is loaded twice, in a process of
its own each time, with nothing kept from before. Pictures are decoded the first time and recalled
the second; arrays lie on the disk as they are and are read both times. The files themselves are in
the system's memory, so no disk is measured.
"""

import gzip
import zipfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeAlias

from benchmarks.processes import alone, ratios
from benchmarks.record import RESULTS, facts, keep
from benchmarks.side_by_side import Spread
from noonbit.cli.output import print_table
from noonbit.system.hardware import usable_cpus

PIXELS, SIDE = 784, 28
CSV_CLASSES, CLASSES = 24, 10
CLASS_NAMES = ("cats", "dogs")
PICTURE_SIDE = 96
"""Of a JPEG file; larger ones take longer to decode, and no longer to recall."""
INK = 0.2
"""The share of an IDX image's pixels that is not 0: it compresses as handwritten digits do."""
Loads: TypeAlias = list[tuple[float, float]]
"""Seconds of the first and of the second load, a round each."""


def loading(
    *,
    csv_rows: int = 27_455,
    idx_images: int = 60_000,
    pictures: int = 3_000,
    rounds: int = 5,
    threads: int | None = None,
    out: Path = RESULTS / "loading.json",
) -> None:
    """Seconds to load CSV, IDX and JPEG files, the first and the second time.

    Parameters
    ----------
    csv_rows
        Rows of 785 columns: a label and 28x28 pixels.
    idx_images
        Training images of 28x28 in MNIST's four files; a sixth as many test.
    pictures
        JPEG files in two folders, also as a zip and as a table of their paths.
    rounds
        How often each is loaded twice, in turn.
    threads
        For every process; left out: the processors this process may use.
    out
        The file for the result.
    """
    threads = threads or usable_cpus()
    with TemporaryDirectory() as folder:
        sources = {
            f"CSV, {csv_rows:,} rows of 785 columns": write_csv(Path(folder), csv_rows),
            f"IDX, {idx_images:,} images, gz": write_idx(Path(folder), idx_images),
            **write_pictures(Path(folder), pictures),
        }
        loads: dict[str, Loads] = {name: [] for name in sources}
        for _ in range(rounds):
            for name, source in sources.items():
                loads[name].append(loaded_twice(source, threads))
    rows = {
        name: {
            "first_seconds": Spread.of([first for first, _ in each]),
            "second_seconds": Spread.of([second for _, second in each]),
            "times_as_fast": ratios(*map(list, zip(*each, strict=True))),
        }
        for name, each in loads.items()
    }
    print_table(
        ["", "first, s", "second, s", "times as fast"],
        [[name, *map(str, row.values())] for name, row in rows.items()],
    )
    result = {"benchmark": "loading"} | facts(threads=threads, rounds=rounds)
    result["sources"] = {
        name: {kind: asdict(each) for kind, each in row.items()} for name, row in rows.items()
    }
    print(keep(result, out))


def loaded_twice(source: Path, threads: int) -> tuple[float, float]:
    """Seconds of the first and of the second load, with a cache that is empty before."""
    with TemporaryDirectory() as cache:
        environment = {"XDG_CACHE_HOME": cache, "NOONBIT_CACHE": "", "NOONBIT_DECODED_GB": "10"}
        first, second = (
            alone(
                "benchmarks.loading:load_seconds",
                {"source": str(source)},
                threads=threads,
                environment=environment,
            )
            for _ in range(2)
        )
    return first, second


def load_seconds(source: str) -> float:
    """Load a source as `noonbit train` does; what it imports meanwhile is part of it."""
    import time

    from noonbit.config.recipe import Recipe
    from noonbit.data.prepared import load

    started = time.perf_counter()
    load(source, Recipe(), data_dir=None)
    return time.perf_counter() - started


def write_csv(folder: Path, rows: int) -> Path:
    """A table with a header, a label column and 784 of pixels."""
    import numpy as np
    import pyarrow as pa
    from pyarrow import csv

    generator = np.random.default_rng(0)
    labels = np.arange(rows) % CSV_CLASSES
    pixels = generator.integers(0, 256, (PIXELS, rows), np.uint8)
    names = ["label", *(f"pixel{number}" for number in range(1, PIXELS + 1))]
    path = folder / "table.csv"
    csv.write_csv(pa.table([labels, *pixels], names=names), path)
    return path


def write_idx(folder: Path, images: int) -> Path:
    """MNIST's four files (LeCun's page has the format): a magic number, the sizes, bytes."""
    import numpy as np

    generator = np.random.default_rng(0)
    place = folder / "idx"
    place.mkdir()
    for part, count in (("train", images), ("t10k", images // 6)):
        pixels = generator.integers(0, 256, (count, SIDE, SIDE), np.uint8)
        pixels[generator.random(pixels.shape, np.float32) > INK] = 0
        labels = (np.arange(count) % CLASSES).astype(np.uint8)
        for name, array in (("images-idx3", pixels), ("labels-idx1", labels)):
            header = np.array([0x0800 + array.ndim, *array.shape], ">i4").tobytes()
            with gzip.open(place / f"{part}-{name}-ubyte.gz", "wb", compresslevel=6) as file:
                file.write(header + array.tobytes())
    return place


def write_pictures(folder: Path, count: int) -> dict[str, Path]:
    """JPEG files as a folder a class, as a zip of it, and as a table of their paths."""
    tree, archive, table = folder / "tree", folder / "pictures.zip", folder / "paths.csv"
    lines = ["path,label"]
    with zipfile.ZipFile(archive, "w") as zipped:
        for name, content in jpeg_files(count):
            path = tree / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            zipped.writestr(name, content)
            lines.append(f"tree/{name},{path.parent.name}")
    table.write_text("\n".join(lines) + "\n", encoding="utf-8")
    about = f"{count:,} JPEG files of {PICTURE_SIDE} pixels a side"
    return {
        f"folder, {about}": tree,
        f"zip, {about}": archive,
        f"table of paths, {about}": table,
    }


def jpeg_files(count: int) -> Iterator[tuple[str, bytes]]:
    """Names and bytes of smooth colour pictures, which compress as photographs do."""
    import io

    import numpy as np
    from PIL import Image

    generator = np.random.default_rng(0)
    for number in range(count):
        rough = Image.fromarray(generator.integers(0, 256, (12, 12, 3), np.uint8))
        picture = rough.resize((PICTURE_SIDE, PICTURE_SIDE), Image.Resampling.BICUBIC)
        buffer = io.BytesIO()
        picture.save(buffer, "JPEG", quality=90)
        yield f"{CLASS_NAMES[number % len(CLASS_NAMES)]}/{number:05}.jpg", buffer.getvalue()
