"""On one GPU: the experiment `cifar10-94` against the speed records' own scripts, and MNIST.

    python -m benchmarks gpu --airbench ~/cifar10-airbench/airbench94_muon.py --seeds 40
    python -m benchmarks.gpu '{"source": ...}'      what a process of noonbit's does

The scripts are copies of the user's own (https://github.com/KellerJordan/cifar10-airbench and
https://github.com/hiverge/cifar10-speedrun), run unchanged in their folder, where they look for
their data; they need torchvision. Each contestant is a process that trains again and again, seed
after seed, and is stopped while another one works. Seconds are what the scripts count: whitening,
training, and answering the test images with all views in the training's precision; not starting,
loading, compiling or warming up. A seed can be lucky: what has to reach a goal is the mean.
"""

import itertools
import json
import re
import signal
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.record import RESULTS, facts, keep
from benchmarks.side_by_side import Settings, Spread, say, stdout_to_tell, surroundings
from noonbit.cli.output import print_table
from noonbit.errors import NoonbitError, UsageError
from noonbit.system.hardware import usable_cpus

CIFAR, MNIST = "cifar10-94", "mnist-99.4"
GOALS = {CIFAR: 0.94, MNIST: 0.994}
SCRIPTS = {"airbench": CIFAR, "hiverge": CIFAR}
"""The task of each."""
ENGINES = ("graph", "autograd")
MNIST_SETTINGS: Settings = {
    "model": "glimpse",
    "epochs": 5,
    "test_time_augmentation": "shift=1",
    "keep": "last",
    "validation": 0,
}
"""As the goal of the same name in `benchmarks.accuracy`, on all training images."""

LAST_ROW = re.compile(
    r"\|\s*eval\s*\|[^|]*\|[^|]*\|\s*(?P<accuracy>[\d.]+)\s*\|\s*(?P<seconds>[\d.]+)\s*\|"
)
"""Of a training in a script's log, whose columns are run, epoch, training accuracy, test accuracy,
test accuracy with all views, and seconds."""


@dataclass(frozen=True, slots=True)
class Told:
    """One training as a contestant tells it."""

    seconds: float
    accuracy: float


Read = Callable[[str], Told | None]
"""A line of a contestant's stdout -> the training that ends with it, if one does."""
Rounds = Sequence[Sequence[Told]]


def gpu(
    *,
    airbench: Path | None = None,
    hiverge: Path | None = None,
    seeds: int = 40,
    rounds: int = 8,
    data_dir: Path | None = None,
    out: Path = RESULTS / "gpu.json",
) -> None:
    """Seconds to 94 % on CIFAR-10 on a GPU, against the speed records' own scripts; and MNIST.

    Parameters
    ----------
    airbench
        Your copy of airbench94_muon.py; left out: it is not compared.
    hiverge
        Your copy of cifar10_speedrun.py.
    seeds
        Trainings of every contestant.
    rounds
        Turns in which they take them.
    data_dir
        Where to look for noonbit's data sets first; the scripts have their own.
    out
        The file for the result.
    """
    scripts = {"airbench": airbench, "hiverge": hiverge}
    for path in scripts.values():
        if path is not None and not path.is_file():
            raise UsageError(f"{path} is no file; give your copy of the script.")
    machine = require_gpu()
    threads, rounds = usable_cpus(), min(rounds, seeds)
    result = {"benchmark": "gpu", **facts(threads=threads, rounds=rounds), **machine}
    programs = dict(contestants(scripts, data_dir, threads))
    told: dict[str, list[list[Told]]] = {name: [] for name in programs}
    line = ""
    with ExitStack() as running:
        for program in programs.values():
            running.callback(program.end)
            program.begin()
        for number in range(rounds):
            count = seeds * (number + 1) // rounds - seeds * number // rounds
            for name in rotated(list(programs), number):
                told[name].append(programs[name].trainings(count))
                say(f"{name}, round {number + 1} of {rounds}: {described(told[name][-1])}")
            line = keep(result | figures(told), out)  # what was measured is not lost
    print_figures(figures(told))
    print(line)


def contestants(
    scripts: Mapping[str, Path | None], data_dir: Path | None, threads: int
) -> Iterator[tuple[str, "Program"]]:
    """The scripts that there are, and noonbit's engines at both tasks."""
    for name, path in scripts.items():
        if path is not None:
            script = path.resolve()
            command = [sys.executable, "-u", str(script)]
            yield name, Program(name, command, script_told, threads, folder=script.parent)
    place = None if data_dir is None else str(data_dir)
    for task, engine in itertools.product(GOALS, ENGINES):
        settings = {"task": task, "engine": engine, "data_dir": place}
        command = [sys.executable, "-m", "benchmarks.gpu", json.dumps(settings)]
        name = f"noonbit {engine}, {task}"
        yield name, Program(name, command, noonbit_told, threads)


def require_gpu() -> Settings:
    """What GPU there is; raises `UsageError` where PyTorch finds none."""
    import torch

    if not torch.cuda.is_available():
        raise UsageError(
            "This benchmark needs a CUDA device, and PyTorch finds none here. "
            "Run it on a machine with an NVIDIA GPU and a PyTorch built for CUDA."
        )
    return {
        "gpu": torch.cuda.get_device_name(),
        "cuda": torch.version.cuda,
        "cudnn": torch.backends.cudnn.version(),
    }


def rotated(names: Sequence[str], number: int) -> list[str]:
    """Nobody always comes first."""
    first = number % len(names)
    return [*names[first:], *names[:first]]


def script_told(line: str) -> Told | None:
    """Of a script: the last row of a training."""
    row = LAST_ROW.search(line)
    if row is None:
        return None
    return Told(seconds=float(row["seconds"]), accuracy=float(row["accuracy"]))


def noonbit_told(line: str) -> Told | None:
    """Of noonbit's process: every line."""
    return Told(**json.loads(line))


class Program:
    """A contestant's process as the benchmark sees it."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        read: Read,
        threads: int,
        *,
        folder: Path | None = None,
    ) -> None:
        self.name, self.command, self.read, self.folder = name, command, read, folder
        self.environment = surroundings(threads, {})

    def begin(self) -> None:
        """Start it, and stop it after its first training, in which everything is compiled."""
        self.noise = tempfile.TemporaryFile()  # noqa: SIM115 - closed in `end`
        self.process = subprocess.Popen(
            self.command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self.noise,
            text=True,
            cwd=self.folder,
            env=self.environment,
        )
        self.hear()
        self.process.send_signal(signal.SIGSTOP)
        say(f"{self.name} is ready")

    def trainings(self, count: int) -> list[Told]:
        """Let it go on for so many.

        The one that it was stopped in comes first and does not count: its clock went on meanwhile.
        """
        self.process.send_signal(signal.SIGCONT)
        told = [self.hear() for _ in range(1 + count)]
        self.process.send_signal(signal.SIGSTOP)
        return told[1:]

    def hear(self) -> Told:
        """The next training that it tells; raises `NoonbitError` where it has ended."""
        assert self.process.stdout is not None  # noqa: S101 - it is a pipe
        for line in self.process.stdout:
            if told := self.read(line):
                return told
        self.noise.seek(0)
        last = self.noise.read().decode(errors="replace").strip().splitlines()[-1:]
        raise NoonbitError(f"{self.name} ended too early: {' '.join(last) or 'it said nothing'}")

    def end(self) -> None:
        """Leave nothing of it behind, wherever it stands."""
        if hasattr(self, "process"):
            self.process.kill()
            self.process.communicate()
            self.noise.close()


def figures(told: Mapping[str, Rounds]) -> Settings:
    """What the trainings come to, and how much longer scripts take than noonbit in each round."""
    contestants = {}
    for name, rounds in told.items():
        every = [one for trainings in rounds for one in trainings]
        if not every:
            continue
        accuracies = [one.accuracy for one in every]
        mean = statistics.fmean(accuracies)
        contestants[name] = {
            "n": len(every),
            "seconds": asdict(Spread.of([one.seconds for one in every])),
            "mean_accuracy": mean,
            "deviation": statistics.stdev(accuracies) if len(every) > 1 else None,
            "reached": mean >= GOALS[task_of(name)],
            "times_noonbit": {
                ours: asdict(times(rounds, told[ours]))
                for ours in told
                if name in SCRIPTS and ours.startswith("noonbit") and task_of(ours) == task_of(name)
            },
            "rounds": [[asdict(one) for one in trainings] for trainings in rounds],
        }
    return {"contestants": contestants}


def task_of(name: str) -> str:
    """Which of the goals a contestant trains for."""
    return SCRIPTS.get(name) or name.rpartition(", ")[2]


def times(theirs: Rounds, ours: Rounds) -> Spread:
    """Their seconds in times of ours, each round by itself."""
    medians = [
        [statistics.median(one.seconds for one in trainings) for trainings in rounds]
        for rounds in (theirs, ours)
    ]
    return Spread.of([one / other for one, other in zip(*medians, strict=False)])


def described(trainings: Sequence[Told]) -> str:
    """`2.59 s, 94.02 %`."""
    seconds = statistics.median(one.seconds for one in trainings)
    return f"{seconds:.3f} s, {statistics.fmean(one.accuracy for one in trainings):.2%}"


def print_figures(results: Settings) -> None:
    """The table for people."""
    print_table(
        ["", "n", "accuracy", "goal", "seconds", "times noonbit's"],
        [
            [
                name,
                one["n"],
                f"{one['mean_accuracy']:.2%}"
                + (f" +- {100 * one['deviation']:.2f}" if one["deviation"] is not None else ""),
                f"{GOALS[task_of(name)]:.1%}{'' if one['reached'] else ' missed'}",
                str(Spread(**one["seconds"])),
                "; ".join(
                    f"{Spread(**ratio)} ({ours.split(',')[0]})"
                    for ours, ratio in one["times_noonbit"].items()
                ),
            ]
            for name, one in results["contestants"].items()
        ],
    )


def trainings(source: str, settings: Settings, *, data_dir: Path | None = None) -> Iterator[Told]:
    """noonbit's, seed after seed, without end: the path of `noonbit train`, with the set loaded."""
    from noonbit.config.recipe import Recipe
    from noonbit.data.loader import TensorDataset, tensor_dataset
    from noonbit.data.prepared import load
    from noonbit.models.catalogue import model_of
    from noonbit.models.tta import with_tta
    from noonbit.system.runtime import Runtime
    from noonbit.training.engine import choose_engine
    from noonbit.training.loop import fit, init_training, validate
    from noonbit.training.setup import build_seeded, contract_for, plan_for, summary_for
    from noonbit.training.state import TrainingContext

    recipe = Recipe.from_settings(settings, origin="benchmarks/gpu.py")
    runtime = Runtime.from_recipe(recipe)
    items = load(source, recipe, data_dir=data_dir)
    name = model_of(recipe, items.preprocessor)
    network = build_seeded(name, items, 0)
    summary = summary_for(network, items.preprocessor, name)
    plan = plan_for(recipe, items, network, name, runtime, summary)
    contract = contract_for(items, plan)
    train, test = (tensor_dataset(items, part, runtime) for part in ("train", "test"))
    nothing = TensorDataset(train.values[:0], train.labels[:0])
    context = TrainingContext(contract, train, nothing, plan, runtime)
    runtime = choose_engine(network, context, recipe)
    for seed in itertools.count():
        network = runtime.to_device(build_seeded(name, items, seed))
        seeded = replace(context, plan=replace(plan, seed=seed), runtime=runtime)
        started = runtime.clock()
        fit(init_training(network, seeded), seeded)
        answering = with_tta(network, plan.test_time_augmentation)
        _, accuracy = validate(answering, contract, test, runtime)
        yield Told(runtime.clock() - started, accuracy)


def main(task: str, engine: str, data_dir: str | None) -> None:
    """What a process of noonbit's does: train for a goal, and tell each training in a line."""
    from noonbit.course.experiments.experiment import load_experiment

    told = stdout_to_tell()
    source, settings = "mnist", MNIST_SETTINGS
    if task == CIFAR:
        documented = load_experiment(CIFAR)
        source, settings = documented.source, documented.recipe
    place = None if data_dir is None else Path(data_dir)
    on_gpu: dict[str, Any] = {"device": "cuda", "engine": engine}
    for one in trainings(source, settings | on_gpu, data_dir=place):
        told.write(json.dumps(asdict(one)) + "\n")


if __name__ == "__main__":
    main(**json.loads(sys.argv[1]))
