"""How time and memory grow: from 1,000 to 1,000,000 images, and from the first epoch to the 200th.

Synthetic 28x28 images in a .npy file, and JPEG files in a folder, which are decoded into the cache
the first time; one epoch, each number in a process of its own. Memory is what the process has taken
for itself, at most (RssAnon, which Linux tells): pages of a mapped file are the system's, which
takes them back when it is short. How much there was to take is in the result: in a control group
with little memory, a folder can be larger than it.
"""

import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.loading import jpeg_files
from benchmarks.processes import alone
from benchmarks.record import RESULTS, facts, keep
from benchmarks.side_by_side import say
from noonbit.cli.output import print_table
from noonbit.errors import UsageError
from noonbit.system.hardware import available_memory_bytes, usable_cpus

MODEL, BATCH = "mlp", 1024
FILE_BATCH, FILE_SIDE = 128, 64
"""Of pictures, which are 96 pixels a side in their files; a row of them is 16 times as long."""
LONG_MODEL, LONG_IMAGES = "cnn", 1_000
"""Of the training of many epochs: all of its time is then epochs, not images."""
SHAPE, CLASSES = (28, 28), 10
BLOCK = 10_000
"""Images that are made at a time."""
STATUS = Path("/proc/self/status")
SAMPLE_SECONDS = 0.02
FOLDER_SECONDS = {
    "training": "second_train_seconds",
    "all else the first time": "first_other_seconds",
    "and the second": "second_other_seconds",
}
"""What is said of a folder, and where it stands in its row."""
CHART = Path(__file__).parents[1] / "docs" / "growth.png"


def growth(
    *,
    counts: str = "1000,10000,100000,1000000",
    pictures: str = "1000,10000,100000",
    epochs: str = "10,100,200",
    rounds: int = 3,
    threads: int | None = None,
    chart: Path = CHART,
    out: Path = RESULTS / "growth.json",
) -> None:
    """Time an image and memory, by the number of images and of epochs, with a chart.

    Parameters
    ----------
    counts
        Numbers of images in a .npy file, separated by commas.
    pictures
        Numbers of JPEG files in a folder.
    epochs
        After which of them the memory of a long training is noted.
    rounds
        How often each number of images is trained on; folders and the long training are one.
    threads
        For every process; left out: the processors this process may use.
    chart
        The PNG file for the curves.
    out
        The file for the result.
    """
    if not STATUS.exists():
        raise UsageError("growth needs Linux, whose /proc tells what a process has for itself.")
    numbers, files, marks = (
        sorted(map(int, text.split(","))) for text in (counts, pictures, epochs)
    )
    threads = threads or usable_cpus()
    rows: list[dict[str, Any]] = []
    with TemporaryDirectory() as folder:
        for count in numbers:
            source = Path(folder) / str(count)
            write_images(source, count)
            settings = {"source": str(source), "batch": min(BATCH, count)}
            tries = [
                alone("benchmarks.growth:one_epoch", settings, threads=threads)
                for _ in range(rounds)
            ]
            # What else a machine does only adds: the least is the best known.
            rows.append(
                {"images": count} | {name: min(t[name] for t in tries) for name in tries[0]}
            )
            say(f"{rows[-1]}")
        folders = [from_files(Path(folder) / f"{count} files", count, threads) for count in files]
        write_images(Path(folder) / "long", LONG_IMAGES)
        settings = {"source": str(Path(folder) / "long"), "epochs": marks}
        memory = alone("benchmarks.growth:many_epochs", settings, threads=threads)
    show(rows, folders, marks, memory)
    draw(rows, folders, marks, memory, chart)
    result = {"benchmark": "growth"} | facts(threads=threads, rounds=rounds)
    result |= {"available_bytes": available_memory_bytes(), "one_epoch": rows, "folders": folders}
    result |= {"epochs": marks, "bytes_after_epochs": memory}
    print(keep(result, out))


def show(
    rows: list[dict[str, Any]], folders: list[dict[str, Any]], marks: list[int], memory: list[int]
) -> None:
    """Print a table of the arrays, of the folders and of the long training."""
    print_table(
        ["images", "training, us an image", "the rest, us an image", "memory, MB"],
        [
            [
                row["images"],
                f"{1e6 * row['train_seconds'] / row['images']:.3g}",
                f"{1e6 * row['other_seconds'] / row['images']:.3g}",
                round(row["peak_bytes"] / 1e6),
            ]
            for row in rows
        ],
    )
    print()
    print_table(
        [
            "JPEG files",
            "decoded, GB",
            *(f"{name}, us a file" for name in FOLDER_SECONDS),
            "memory, MB",
        ],
        [
            [
                row["files"],
                f"{row['decoded_bytes'] / 1e9:.3g}",
                *(f"{1e6 * row[name] / row['files']:.3g}" for name in FOLDER_SECONDS.values()),
                f"{row['first_peak_bytes'] / 1e6:.0f}, then {row['second_peak_bytes'] / 1e6:.0f}",
            ]
            for row in folders
        ],
    )
    print()
    print_table(
        [f"epochs of {LONG_MODEL} on {LONG_IMAGES:,} images", "memory, MB"],
        [[epoch, round(taken / 1e6)] for epoch, taken in zip(marks, memory, strict=True)],
    )


def write_images(folder: Path, count: int) -> None:
    """images.npy and labels.npy: noise, a class brighter than the one before."""
    import numpy as np

    folder.mkdir()
    generator = np.random.default_rng(0)
    labels = (np.arange(count) % CLASSES).astype(np.uint8)
    np.save(folder / "labels.npy", labels)
    images = np.lib.format.open_memmap(
        folder / "images.npy", "w+", dtype=np.uint8, shape=(count, *SHAPE)
    )
    for first in range(0, count, BLOCK):
        part = labels[first : first + BLOCK]
        noise = generator.integers(0, 128, (len(part), *SHAPE), np.uint8)
        images[first : first + BLOCK] = noise + 12 * part[:, None, None]
    images.flush()


def from_files(folder: Path, count: int, threads: int) -> dict[str, Any]:
    """Train on a new folder of so many JPEG files twice: they are decoded the first time."""
    for name, content in jpeg_files(count):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    with TemporaryDirectory() as cache:
        environment = {"XDG_CACHE_HOME": cache, "NOONBIT_CACHE": "", "NOONBIT_DECODED_GB": "1000"}
        settings = {"source": str(folder), "batch": FILE_BATCH, "side": FILE_SIDE}
        first, second = (
            alone("benchmarks.growth:one_epoch", settings, threads=threads, environment=environment)
            for _ in range(2)
        )
    shutil.rmtree(folder)
    row = {"files": count, "decoded_bytes": 3 * FILE_SIDE**2 * count}
    for turn, told in (("first", first), ("second", second)):
        row |= {f"{turn}_{name}": value for name, value in told.items()}
    say(f"{row}")
    return row


def one_epoch(source: str, batch: int, side: int | None = None) -> dict[str, float]:
    """Seconds of the steps and of all else that `noonbit train` does, and the most memory."""
    from noonbit.config.recipe import Recipe
    from noonbit.jobs.train import train

    recipe = Recipe(model=MODEL, epochs=1, batch_size=batch, image_size=side)
    with TemporaryDirectory() as folder, sampled_memory() as peaks:
        started = time.perf_counter()
        run = train(source, recipe, out=Path(folder) / "run")
        seconds = time.perf_counter() - started
    steps = run.metadata["result"]["train_seconds"]
    return {"train_seconds": steps, "other_seconds": seconds - steps, "peak_bytes": max(peaks)}


def many_epochs(source: str, epochs: list[int]) -> list[int]:
    """Bytes that the process has for itself after some epochs of one training."""
    from noonbit.config.recipe import Recipe
    from noonbit.jobs.observer import Observer
    from noonbit.jobs.train import train
    from noonbit.training.state import TrainingState

    taken: list[int] = []

    class Notes(Observer):
        """Notes the memory after the epochs that are asked for."""

        def on_epoch(self, state: TrainingState) -> None:
            if state.epoch in epochs:
                taken.append(own_bytes())

    with TemporaryDirectory() as folder:
        recipe = Recipe(model=LONG_MODEL, epochs=epochs[-1])
        train(source, recipe, out=Path(folder) / "run", observer=Notes())
    return taken


@contextmanager
def sampled_memory() -> Iterator[list[int]]:
    """What this process has for itself, again and again until the block ends."""
    samples, over = [own_bytes()], threading.Event()

    def sample() -> None:
        while not over.wait(SAMPLE_SECONDS):
            samples.append(own_bytes())

    thread = threading.Thread(target=sample)
    thread.start()
    try:
        yield samples
    finally:
        over.set()
        thread.join()


def own_bytes() -> int:
    """RssAnon of this process."""
    lines = STATUS.read_text().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith("RssAnon"))


def draw(
    rows: list[dict[str, Any]],
    folders: list[dict[str, Any]],
    marks: list[int],
    memory: list[int],
    chart: Path,
) -> None:
    """Three curves side by side: time an image, memory by images, memory by epochs."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot
    from matplotlib.ticker import FuncFormatter

    numbers = [row["images"] for row in rows]
    figure, (times, by_images, by_epochs) = pyplot.subplots(
        1, 3, figsize=(11, 3.2), layout="constrained"
    )
    for name, label in (("train_seconds", "training steps"), ("other_seconds", "all else")):
        micros = [1e6 * row[name] / row["images"] for row in rows]
        times.plot(numbers, micros, marker="o", label=label)
    times.set(title="Time an image", xscale="log", yscale="log", xlabel="images", ylabel="us")
    times.legend(frameon=False)
    by_images.plot(numbers, [row["peak_bytes"] / 1e6 for row in rows], marker="o", label=".npy")
    for turn, label in (("first", "folder, decoding"), ("second", "folder, from the cache")):
        taken = [row[f"{turn}_peak_bytes"] / 1e6 for row in folders]
        by_images.plot([row["files"] for row in folders], taken, marker="o", label=label)
    by_images.legend(frameon=False, loc="lower right")
    by_images.set(title="Memory, one epoch", xscale="log", xlabel="images", ylabel="MB")
    by_epochs.plot(marks, [taken / 1e6 for taken in memory], marker="o")
    by_epochs.set(title="Memory of a long training", xlabel="epochs", ylabel="MB", xlim=0)
    for axes in (by_images, by_epochs):
        axes.set_ylim(0, 1.2 * axes.dataLim.y1)
    for axes in (times, by_images):
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
        axes.minorticks_off()
    for axes in (times, by_images, by_epochs):
        axes.grid(alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
    chart.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(chart, dpi=110)
    pyplot.close(figure)
