"""The server under load, in ratios to bare onnxruntime on the same machine in the same run.

    wrk, one thread  --HTTP-->  noonbit serve model.onnx        images/s, as the client counts them
    the benchmark    <------->  onnxruntime's session.run       images/s, without any server

Both use all processors, in turn; the server's turn pays for wrk too. Requests are those of the Open
Inference Protocol with the pixels in binary, as tritonclient sends them.
"""

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from benchmarks.record import RESULTS, facts, keep
from benchmarks.side_by_side import Contestant, Process, Spread, surroundings
from benchmarks.soak import soak, tensor_request
from noonbit.cli.output import print_table
from noonbit.config.recipe import Recipe
from noonbit.errors import MissingExtra, NoonbitError
from noonbit.system.hardware import usable_cpus
from noonbit.system.onnx_runtime import load_onnxruntime

NETWORK = "glance"
TRAINED = 500
"""Images of the run that is served; its speed does not depend on what it has learned."""
SHAPE, CLASSES = (1, 28, 28), 10
CONNECTIONS = {1: 32, 8: 16, 64: 4}
"""Clients at once, by the images that each sends in a request."""
RIVALS = {"onnxruntime, as it comes": True, "onnxruntime, threads sleep": False}
"""Whether its threads spin while they wait, which is slow where others work too."""
WRK = Path(__file__).with_name("serve.lua")


@dataclass(frozen=True, slots=True)
class Load:
    """What wrk counted in one turn."""

    images_per_second: float
    p50_ms: float
    p99_ms: float
    not_answered: int
    """Requests with another status than 200, or with none."""


def serve(
    *,
    rounds: int = 5,
    seconds: float = 5.0,
    minutes: float = 0.0,
    threads: int | None = None,
    out: Path = RESULTS / "serve.json",
) -> None:
    """Images/s of a server at 1, 8 and 64 images per request, and the latency of one picture.

    Parameters
    ----------
    rounds
        How often the server and bare onnxruntime have their turn, at each size.
    seconds
        The length of a turn.
    minutes
        After that, so long a mixture of good and bad requests, whose answers are checked.
    threads
        Of both; left out: the processors this process may use.
    out
        The file for the result.
    """
    if shutil.which("wrk") is None:
        raise MissingExtra("The benchmark needs wrk: apt-get install wrk.")
    threads = threads or usable_cpus()
    result: dict[str, Any] = {
        "benchmark": "serve",
        **facts(threads=threads, rounds=rounds, seconds=seconds),
        "network": NETWORK,
        "cases": {},
    }
    with TemporaryDirectory() as folder:
        model = exported_run(Path(folder))
        with served(model, threads) as server:
            for count, connections in CONNECTIONS.items():
                result["cases"][str(count)] = compare(
                    server.url, model, count, connections, rounds, seconds, threads
                )
            one = ask_by_wrk(server.url, model, 1, 1, seconds)
            result["one_picture"] = asdict(one)
            print(f"one picture at a time: p50 {one.p50_ms:.2f} ms, p99 {one.p99_ms:.2f} ms")
            if minutes:
                result["soak"] = soak(server.url, server.process.pid, model, minutes)
    print(keep(result, out))


@dataclass(frozen=True, slots=True)
class Served:
    """A running server."""

    url: str
    process: "subprocess.Popen[str]"


def exported_run(folder: Path) -> Path:
    """A run of the network on noise, as an ONNX file."""
    from noonbit.export.onnx_file import write_onnx
    from noonbit.jobs.train import train

    generator = np.random.default_rng(0)
    np.savez(
        folder / "noise.npz",
        images=generator.integers(0, 256, (TRAINED, *SHAPE[1:]), np.uint8),
        labels=generator.integers(0, CLASSES, TRAINED),
    )
    run = train(folder / "noise.npz", Recipe(model=NETWORK, epochs=1), out=folder / "served")
    write_onnx(run, folder / "model.onnx")
    return folder / "model.onnx"


@contextmanager
def served(model: Path, threads: int) -> Iterator[Served]:
    """Serve a file by the command, in a process of its own, as long as the block lasts."""
    process = subprocess.Popen(
        [sys.executable, "-m", "noonbit", "serve", str(model), "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=surroundings(threads, {}),
    )
    assert process.stdout is not None  # noqa: S101
    try:
        url = process.stdout.readline().strip()
        if not url:
            raise NoonbitError("noonbit serve did not start.")
        yield Served(url, process)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()
        process.stdout.close()


def compare(
    url: str, model: Path, count: int, connections: int, rounds: int, seconds: float, threads: int
) -> dict[str, Any]:
    """The server and bare onnxruntime in turn, with so many images a request."""
    settings = {"model": str(model), "count": count, "threads": threads}
    rivals: dict[str, Process] = {}
    speeds: dict[str, list[float]] = {name: [] for name in RIVALS}
    loads = []
    try:
        for name, spins in RIVALS.items():
            contestant = Contestant(name, "benchmarks.serve:bare", {**settings, "spins": spins})
            rivals[name] = Process(contestant, threads)
            rivals[name].begin()
            rivals[name].turn(1.0)  # to warm up
        ask_by_wrk(url, model, count, connections, 1.0)
        for _ in range(rounds):
            loads.append(ask_by_wrk(url, model, count, connections, seconds))
            for name, rival in rivals.items():
                speeds[name].append(rival.turn(seconds))
    finally:
        for rival in rivals.values():
            rival.end()
    served_speeds = [load.images_per_second for load in loads]
    ratios = {
        name: Spread.of([a / b for a, b in zip(served_speeds, each, strict=True)])
        for name, each in speeds.items()
    }
    p50, p99 = (Spread.of([getattr(load, name) for load in loads]) for name in ("p50_ms", "p99_ms"))
    print_table(
        [f"{count} images a request", "images/s", "server is times", "p50 ms", "p99 ms"],
        [
            ["noonbit serve", str(Spread.of(served_speeds)), "1", str(p50), str(p99)],
            *([name, str(Spread.of(speeds[name])), str(ratios[name]), "", ""] for name in RIVALS),
        ],
    )
    return {
        "connections": connections,
        "server_images_per_second": asdict(Spread.of(served_speeds)),
        "rivals_images_per_second": {
            name: asdict(Spread.of(each)) for name, each in speeds.items()
        },
        "server_is_times": {name: asdict(each) for name, each in ratios.items()},
        "p50_ms": asdict(p50),
        "p99_ms": asdict(p99),
        "not_answered": sum(load.not_answered for load in loads),
    }


def bare(model: str, count: int, threads: int, spins: bool) -> Iterator[int]:
    """onnxruntime alone, one batch after another; its threads wait for work as `spins` says."""
    onnxruntime = load_onnxruntime()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.add_session_config_entry("session.intra_op.allow_spinning", str(int(spins)))
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    images = {"images": pixels(count)}
    while True:
        session.run(("probabilities",), images)
        yield count


def pixels(count: int) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """So many images of noise, uint8 (count, *SHAPE)."""
    return np.random.default_rng(1).integers(0, 256, (count, *SHAPE), np.uint8)


def ask_by_wrk(url: str, model: Path, count: int, connections: int, seconds: float) -> Load:
    """Have wrk ask for some seconds over so many connections."""
    body, length = tensor_request(pixels(count))
    content = model.with_name(f"request-{count}.bin")
    content.write_bytes(body)
    name = "served"  # as the run's folder is called
    command = ["wrk", "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s", "--timeout=30s"]
    done = subprocess.run(
        [*command, "-s", str(WRK), f"{url}/v2/models/{name}/infer", str(content), str(length)],
        capture_output=True,
        text=True,
        check=True,
    )
    counted = json.loads(done.stdout.splitlines()[-1])
    answered = counted["requests"] - counted["refused"]
    return Load(
        count * answered / counted["seconds"],
        counted["p50_ms"],
        counted["p99_ms"],
        counted["refused"] + counted["failed"],
    )
