"""Finished runs of every kind, small enough to be copied and tampered with a thousand times."""

from pathlib import Path

from benchmarks.fuzzing.containers import Files
from benchmarks.fuzzing.samples import npz_bytes, pixels, table_bytes, text_rows
from noonbit.cli import main
from noonbit.errors import NoonbitError

RUNS = {
    "single": ("pictures.npz", ("--model", "mlp", "--epochs", "2")),
    "ensemble": ("pictures.npz", ("--model", "mlp", "--epochs", "1", "--members", "2")),
    "folds": ("pictures.npz", ("--model", "mlp", "--epochs", "1", "--folds", "2")),
    "sentences": ("texts.csv", ("--epochs", "1")),
}
"""Name -> its source, and the flags of its training."""
IMAGES = 60


def write_sources(folder: Path) -> None:
    """Write pictures of two classes, and sentences."""
    import numpy as np

    labels = np.arange(IMAGES) % 2
    images = pixels(IMAGES, 8, 8) // 2 + (100 * labels[:, None, None]).astype(np.uint8)
    (folder / "pictures.npz").write_bytes(npz_bytes({"images": images, "labels": labels}))
    header, *rows = text_rows()
    many = [[f'"{number} {str(row[0])[1:]}', row[1]] for number, row in enumerate(rows * 4)]
    (folder / "texts.csv").write_bytes(table_bytes([header, *many]))


def train_runs(folder: Path) -> None:
    """Train a run of each kind into `folder`, from sources that lie beside them."""
    write_sources(folder)
    for name, (source, flags) in RUNS.items():
        out = str(folder / name)
        arguments = ["train", str(folder / source), *flags, "--threads", "1", "--out", out]
        if main.run(arguments):
            raise NoonbitError(f"noonbit {' '.join(arguments)} failed, so nothing can be tampered.")


def read_files(folder: Path) -> Files:
    """All files below a folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
