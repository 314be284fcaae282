"""Start-up: seconds of whole processes, from before an interpreter starts until it has ended."""

import importlib.util
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.processes import in_turn, python_seconds
from benchmarks.record import RESULTS, facts, keep
from benchmarks.side_by_side import Spread, say
from benchmarks.throughput import JAX, TENSORFLOW
from noonbit.cli.output import print_table
from noonbit.system.hardware import usable_cpus


@dataclass(frozen=True, slots=True)
class Start:
    """Arguments of `python`, and what has to be installed for them."""

    arguments: tuple[str, ...]
    needs: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    leaves_run: bool = False
    """Whether it wants `--out` and a folder."""
    predicts: bool = False
    """Whether it wants an exported file and a picture."""


LOAD_ONNXRUNTIME = "from noonbit.system.onnx_runtime import load_onnxruntime as load; load()"

STARTS = {
    "python": Start(("-c", "pass")),
    "noonbit --help": Start(("-m", "noonbit", "--help")),
    "import noonbit": Start(("-c", "import noonbit")),
    "noonbit train digits": Start(("-m", "noonbit", "train", "digits"), leaves_run=True),
    "noonbit predict model.onnx": Start(
        ("-m", "noonbit", "predict"), ("onnx", "onnxruntime", "onnxscript"), predicts=True
    ),
    "import onnxruntime": Start(("-c", LOAD_ONNXRUNTIME), ("onnxruntime",)),
    "import torch": Start(("-c", "import torch")),
    "import keras (TensorFlow)": Start(("-c", "import keras"), ("keras", "tensorflow"), TENSORFLOW),
    "import keras (JAX)": Start(("-c", "import keras"), ("keras", "jax"), JAX),
}


def startup(
    *, rounds: int = 7, threads: int | None = None, out: Path = RESULTS / "startup.json"
) -> None:
    """Seconds until commands answer, against importing Keras.

    Parameters
    ----------
    rounds
        How often each is started, in turn, after once to warm the disk up.
    threads
        For every process; left out: the processors this process may use.
    out
        The file for the result.
    """
    threads = threads or usable_cpus()
    here = {}
    for name, start in STARTS.items():
        missing = [module for module in start.needs if importlib.util.find_spec(module) is None]
        if missing:
            say(f"{name} is left out: {missing[0]} is not here; an extra installs it.")
        else:
            here[name] = start
    with TemporaryDirectory() as folder:
        given = write_given(Path(folder)) if any(each.predicts for each in here.values()) else []
        calls = {name: partial(started, start, threads, given) for name, start in here.items()}
        in_turn(calls, rounds=1)
        seconds = in_turn(calls, rounds=rounds)
    print_table(["", "seconds"], [[name, str(Spread.of(each))] for name, each in seconds.items()])
    spreads = {name: asdict(Spread.of(each)) for name, each in seconds.items()}
    result = {"benchmark": "startup"} | facts(threads=threads, rounds=rounds)
    print(keep(result | {"seconds": spreads}, out))


def write_given(folder: Path) -> list[str]:
    """Export a network of the digits, and write one picture for it; returns both paths."""
    from PIL import Image

    from noonbit.config.recipe import Recipe
    from noonbit.data import open_data
    from noonbit.export.onnx_file import write_onnx
    from noonbit.jobs.train import train

    model, picture = folder / "model.onnx", folder / "picture.png"
    write_onnx(train("digits", Recipe(epochs=1), out=folder / "run"), model)
    Image.fromarray(np.asarray(open_data("digits").train.raw[0])[0]).save(picture)
    return [str(model), str(picture)]


def started(start: Start, threads: int, given: Sequence[str]) -> float:
    """Seconds of one process; `given` is what a start that predicts is given."""
    with TemporaryDirectory() as folder:
        place = ["--out", str(Path(folder) / "run")] if start.leaves_run else []
        return python_seconds(
            [*start.arguments, *(given if start.predicts else place)],
            threads=threads,
            environment=start.environment,
        )
