"""Kill commands at random moments, go on with them, and compare with those never disturbed.

Every command runs in a process of its own that is forked from one that has imported everything, so
a kill (SIGKILL) meets the work and not the start of Python. After it the same command is given
again, or `--resume` where there is a run to resume, and some are killed twice or three times. Where
two processes work at one run, one --out or one cache, nobody is killed. What is compared, bit for
bit: weights, predictions, contract and figures of the test split.
"""

import json
import multiprocessing
import os
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import cycle
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.record import RESULTS, facts, keep
from benchmarks.side_by_side import say
from noonbit.cli.output import print_table
from noonbit.errors import CheckFailed

PRELOADED = [
    "noonbit.cli.train",
    "noonbit.cli.ensemble",
    "noonbit.cli.report",
    "noonbit.jobs.train",
]
COMPARED = ("weights.safetensors", "predictions.parquet", "contract.json", "evaluation.json")
MOST_KILLS = 3
"""Of one run."""
SHARE_WRITING = 0.7
"""Of the kills that come when the run folder is there; the others come at any moment."""
POLL_SECONDS = 0.002
MOST_SECONDS: float = 300
"""That a command may take, before it counts as one that hangs."""
PICTURES, SIDE = 200, 150
"""So many files of so many pixels are worth an entry in the cache."""
RESUME = ("train", "--resume", "run")
SMALL = ("--model", "mlp", "--batch-size", "8")


@dataclass(frozen=True)
class Scenario:
    """A command that is killed, in a folder of its own. Its run is `run`, in that folder."""

    command: tuple[str, ...]
    before: tuple[tuple[str, ...], ...] = ()
    """Commands that make what it needs."""
    epochs: int | None = None
    """Of the finished run, for one that is extended."""
    again: bool = False
    """Whether it is given again until it ends, as it changes no state."""
    own_cache: bool = False

    def next_words(self, folder: Path) -> tuple[str, ...] | None:
        """Return what a person would type after a kill; None if the run is finished."""
        path = folder / "run" / "run.json"
        run = json.loads(path.read_text(encoding="utf-8")) if path.exists() else None
        if run is None or "members" in run["model"] and "training" not in run:
            if run is not None and run["status"] == "finished":
                return None
            shutil.rmtree(folder / "run", ignore_errors=True)
            return self.command
        if run["status"] != "finished":
            return RESUME
        is_over = self.epochs in (None, run["result"].get("epochs")) and not self.again
        return None if is_over else self.command


def scenarios(data: str, pictures: str) -> dict[str, Scenario]:
    """Return all scenarios by name."""
    train = ("train", data, *SMALL)
    single = (*train, "--threads", "1", "--epochs", "6", "--out")
    return {
        "training": Scenario((*single, "run")),
        "members": Scenario(
            (*train, "--threads", "2", "--members", "3", "--epochs", "3", "--out", "run")
        ),
        "folds": Scenario(
            (*train, "--threads", "1", "--folds", "3", "--epochs", "2", "--out", "run")
        ),
        "first load": Scenario(
            (
                "train",
                pictures,
                *SMALL,
                "--image-size",
                "16",
                "--threads",
                "1",
                "--epochs",
                "2",
                "--out",
                "run",
            ),
            own_cache=True,
        ),
        "more epochs": Scenario(
            ("train", "--resume", "run", "--epochs", "9"), ((*single, "run"),), epochs=9
        ),
        "report": Scenario(("report", "run"), ((*single, "run"),), again=True),
        "ensemble": Scenario(
            ("ensemble", "one", "two", "--out", "run"),
            ((*single, "one"), (*single, "two", "--seed", "1")),
        ),
    }


@dataclass
class Tally:
    """What happened in one scenario."""

    runs: int = 0
    """That ended and were compared."""
    kills: int = 0
    resumed: int = 0
    """Kills after which there was a run to resume; after the others the command was given again."""
    seconds: float = 0.0
    """Of the undisturbed command, or of both at once."""
    writing_seconds: float = 0.0
    """Of the undisturbed command, from when its run folder is there."""
    problems: list[str] = field(default_factory=list)


def crash(*, kills: int = 100, seed: int = 0, out: Path = RESULTS / "crash.json") -> None:
    """Kill trainings and other commands at random moments, and compare what they end with.

    Exits with 5 where anything differs from a run that was never killed.

    Parameters
    ----------
    kills
        How many; for every ten, two processes work three times at one run, one --out, one cache.
    seed
        Of the moments.
    out
        The file for the result.
    """
    work = Path(tempfile.mkdtemp(prefix="noonbit-crash-"))
    tallies = Harness(work, random.Random(seed)).run(kills)
    print_table(
        ["", "runs", "kills", "resumed", "problems"],
        [
            [name, f"{each.runs}", f"{each.kills}", f"{each.resumed}", f"{len(each.problems)}"]
            for name, each in tallies.items()
        ],
    )
    result = {"benchmark": "crash"} | facts(threads=2, rounds=kills) | {"seed": seed}
    print(keep(result | {"scenarios": {name: asdict(each) for name, each in tallies.items()}}, out))
    problems = [problem for each in tallies.values() for problem in each.problems]
    if problems:
        raise CheckFailed(f"{problems[0]} In all {len(problems)}; everything lies in {work}.")
    shutil.rmtree(work)


class Harness:
    """Prepares every scenario once, and disturbs copies of it."""

    def __init__(self, work: Path, moments: random.Random) -> None:
        self.work, self.moments = work, moments
        self.context = multiprocessing.get_context("forkserver")
        self.context.set_forkserver_preload(PRELOADED)
        write_data(work / "data.npz")
        self.scenarios = scenarios(str(work / "data.npz"), str(work / "pictures"))
        self.tallies: dict[str, Tally] = {}

    def run(self, kills: int, names: Sequence[str] = ()) -> dict[str, Tally]:
        """Kill so many times, in the scenarios in turn, and return what happened in each."""
        names = names or list(self.scenarios)
        for name in names:
            self.prepare(name)
        for name in cycle(names):
            left = kills - sum(each.kills for each in self.tallies.values())
            if left <= 0:
                break
            self.disturb(name, min(left, self.moments.randint(1, MOST_KILLS)))
        if {"training", "first load"} <= set(names):
            for _ in range(max(1, kills // 10)):
                self.make_one_folder()
                self.resume_one_run()
                self.fill_one_cache()
        return self.tallies

    def prepare(self, name: str) -> None:
        """Make what a scenario needs, and the result that is undisturbed."""
        scenario, tally = self.scenarios[name], self.tallies.setdefault(name, Tally())
        start, whole = self.work / name / "start", self.work / name / "whole"
        start.mkdir(parents=True)
        if scenario.own_cache:
            write_pictures(self.work / "pictures")
        for words in scenario.before:
            self.require(self.perform(words, start), 0, words)
        shutil.copytree(start, whole)
        process = self.start(scenario.command, whole, scenario)
        started = time.perf_counter()
        wait_for_run(process, whole)
        made = time.perf_counter()
        self.require(self.wait(process, MOST_SECONDS), 0, scenario.command)
        tally.seconds = time.perf_counter() - started
        tally.writing_seconds = time.perf_counter() - made
        say(f"{name}: {tally.seconds:.1f} s undisturbed")

    def disturb(self, name: str, kills: int) -> None:
        """Kill a command up to so many times, let it end, and compare."""
        scenario, tally = self.scenarios[name], self.tallies[name]
        folder = self.copy(name)
        words: tuple[str, ...] | None = scenario.command
        while words is not None:
            seconds, process = MOST_SECONDS, self.start(words, folder, scenario)
            if kills > 0 and self.moments.random() < SHARE_WRITING:
                wait_for_run(process, folder)
                seconds = self.moments.uniform(0, tally.writing_seconds)
            elif kills > 0:
                seconds = self.moments.uniform(0, tally.seconds)
            kills -= 1
            code = self.wait(process, seconds)
            if code == 0:
                break
            if code != -9 or seconds == MOST_SECONDS:
                tally.problems.append(f"{folder}: {' '.join(words)} exits with {code}.")
                return
            tally.kills += 1
            words = scenario.next_words(folder)
            tally.resumed += words == RESUME
        self.compare(name, folder / "run", tally)

    def make_one_folder(self) -> None:
        """Let two trainings make one folder: one of them does."""
        words, folder = self.scenarios["training"].command, self.copy("training")
        self.pair("two at one --out", [words, words], folder, [0, 2])

    def resume_one_run(self) -> None:
        """Let two processes resume one run: one of them does."""
        scenario, folder = self.scenarios["training"], self.copy("training")
        seconds = self.tallies["training"].seconds
        while scenario.next_words(folder) != RESUME:
            shutil.rmtree(folder)
            folder = self.copy("training")
            self.perform(scenario.command, folder, seconds=self.moments.uniform(0, seconds))
        self.pair("two at one run", [RESUME, RESUME], folder, [0, 2])

    def fill_one_cache(self) -> None:
        """Let two trainings read the same pictures for the first time."""
        scenario, folder = self.scenarios["first load"], self.copy("first load")
        words = [(*scenario.command[:-1], name) for name in ("run", "other")]
        self.pair("two at one cache", words, folder, [0, 0], scenario, "first load")
        self.compare("first load", folder / "other", self.tallies["two at one cache"])

    def pair(
        self,
        name: str,
        commands: Sequence[tuple[str, ...]],
        folder: Path,
        expected: list[int],
        scenario: Scenario | None = None,
        undisturbed: str = "training",
    ) -> None:
        """Run two commands at once, and compare their exit codes and their run."""
        tally = self.tallies.setdefault(name, Tally())
        started = time.perf_counter()
        processes = [self.start(words, folder, scenario) for words in commands]
        codes = sorted(self.wait(process, MOST_SECONDS) for process in processes)
        tally.seconds = time.perf_counter() - started
        if codes != expected:
            tally.problems.append(f"{folder}: two commands at once exit with {codes}.")
        self.compare(undisturbed, folder / "run", tally)

    def copy(self, name: str) -> Path:
        """Copy what a scenario begins with to a new folder."""
        folder = Path(tempfile.mkdtemp(prefix="disturbed-", dir=self.work / name))
        shutil.copytree(self.work / name / "start", folder, dirs_exist_ok=True)
        return folder

    def compare(self, name: str, run: Path, tally: Tally) -> None:
        """Note what differs from the undisturbed run, and remove what does not."""
        tally.runs += 1
        whole = self.work / name / "whole" / "run"
        differing = [
            each
            for each in COMPARED
            if not (run / each).exists() or (run / each).read_bytes() != (whole / each).read_bytes()
        ]
        if differing:
            tally.problems.append(f"{run}: {', '.join(differing)} differ from {whole}.")

    def perform(
        self,
        words: tuple[str, ...],
        folder: Path,
        scenario: Scenario | None = None,
        *,
        seconds: float = MOST_SECONDS,
    ) -> int:
        """Run a command and kill it after so many seconds; return its exit code, or -9."""
        return self.wait(self.start(words, folder, scenario), seconds)

    def start(
        self, words: tuple[str, ...], folder: Path, scenario: Scenario | None
    ) -> ForkServerProcess:
        """Start a command, and return when it begins."""
        environment = {}
        if scenario is not None and scenario.own_cache:
            # Compiling takes longer than all the rest of a scenario with an empty cache.
            environment = {
                "NOONBIT_CACHE": str(folder / "cache"),
                "NOONBIT_DECODED_GB": "1",
                "NOONBIT_KERNELS": "off",
            }
        ours, theirs = self.context.Pipe()
        process = self.context.Process(target=command, args=(words, folder, environment, theirs))
        process.start()
        theirs.close()
        ours.recv()
        return process

    def wait(self, process: ForkServerProcess, seconds: float) -> int:
        """Wait for the end of a process, and kill it after so many seconds."""
        process.join(seconds)
        process.kill()
        process.join()
        code = process.exitcode
        process.close()
        return -9 if code is None else code

    def require(self, code: int, expected: int, words: Sequence[str]) -> None:
        """Raise `CheckFailed` for an undisturbed command that fails."""
        if code != expected:
            raise CheckFailed(
                f"noonbit {' '.join(words)} exits with {code}, undisturbed; see {self.work}."
            )


def wait_for_run(process: ForkServerProcess, folder: Path) -> None:
    """Wait until a command has made its run folder, or has ended."""
    while process.is_alive() and not (folder / "run").exists():
        time.sleep(POLL_SECONDS)


def command(
    words: Sequence[str], folder: Path, environment: Mapping[str, str], begins: Connection
) -> None:
    """Run a noonbit command in this process, which ends with its exit code."""
    from noonbit.cli.main import run
    from noonbit.jobs import recorder

    recorder.CHECKPOINT_SECONDS = 0.0  # a checkpoint after every epoch, so that kills meet some
    os.environ.update(environment)
    os.chdir(folder)
    log = os.open("log.txt", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for stream in (1, 2):
        os.dup2(log, stream)
    begins.send(None)
    sys.exit(run(words))


def write_data(path: Path) -> None:
    """Write two hundred 16x16 images of four classes."""
    labels = np.arange(200) % 4
    images = np.random.default_rng(0).integers(0, 100, (200, 16, 16)) + 40 * labels[:, None, None]
    np.savez(path, images=images.astype(np.uint8), labels=labels)


def write_pictures(folder: Path) -> None:
    """Write pictures of two classes, as a folder a class."""
    pixels = np.random.default_rng(0)
    for number in range(PICTURES):
        place = folder / ("dark", "light")[number % 2] / f"{number:03}.png"
        place.parent.mkdir(parents=True, exist_ok=True)
        noise = pixels.integers(0, 100, (SIDE, SIDE)) + 100 * (number % 2)
        Image.fromarray(noise.astype(np.uint8)).save(place)
