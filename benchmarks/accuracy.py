"""Time to accuracy: seconds until the test images are answered as well as a goal says.

noonbit: whole commands, each in a process of its own, whose length was fixed before the first step;
the mean accuracy over the seeds has to reach the goal. The settings were found on images set aside
from the training images. Beside the command's seconds stand those of the training steps alone.

On MNIST the peer is Keras's own introduction, which gets every advantage: the epoch that counts is
the first after which the mean of its test accuracies reaches the goal, known only afterwards, and
neither its start nor any evaluation is counted.
"""

import json
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeAlias

from benchmarks.conditions import Conditions, Isa
from benchmarks.networks import STEPS
from benchmarks.processes import alone, python_seconds
from benchmarks.record import RESULTS, facts, keep
from benchmarks.side_by_side import LeftOut, Settings, Spread, described, say
from benchmarks.throughput import TENSORFLOW
from noonbit.cli.output import print_table
from noonbit.errors import UsageError, did_you_mean
from noonbit.system.hardware import usable_cpus


@dataclass(frozen=True, slots=True)
class Goal:
    """An accuracy on a source's test images, and how to train to get there."""

    source: str
    accuracy: float
    arguments: tuple[str, ...]
    """Of `noonbit train SOURCE`: the least time that reaches it."""


LAST = ("--keep", "last")
FLIP = ("--test-time-augmentation", "flip")
GOALS = {
    # One pass over 32,000 images is enough; the others choose nothing.
    "mnist-99.0": Goal("mnist", 0.990, ("--fast", "--epochs", "1", "--validation", "28000", *LAST)),
    "mnist-99.4": Goal("mnist", 0.994, ("--fast", "--epochs", "2", *LAST)),
    "fashion-mnist-92": Goal(
        "fashion-mnist", 0.92, ("--epochs", "3", "--augment", "shift=2,flip", *FLIP, *LAST)
    ),
    "cifar10-80": Goal("cifar10", 0.80, ("--fast", "--epochs", "3", *FLIP, *LAST)),
    "cifar10-90": Goal("cifar10", 0.90, ("--epochs", "6", *FLIP, *LAST)),
}
EXAMPLE, EXAMPLE_SOURCE = "benchmarks.peers.keras_mnist:train", "mnist"
"""The peer, and what it is trained on."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One training of noonbit's."""

    round: int
    seconds: float
    """Of the whole command, by wall clock."""
    train_seconds: float
    accuracy: float


@dataclass(frozen=True, slots=True)
class Training:
    """One training of a peer's."""

    form: Settings
    curve: list[dict[str, float]]
    """After each epoch: seconds of training so far, test accuracy."""


Attempts: TypeAlias = Mapping[str, Sequence[Attempt]]
"""By goal."""
Trainings: TypeAlias = Mapping[str, Sequence[Training]]
"""By peer, one a round."""


def accuracy(
    *,
    goals: str = ",".join(GOALS),
    seeds: int = 10,
    peer_seeds: int = 3,
    data_dir: Path | None = None,
    threads: int | None = None,
    isa: Isa = "native",
    out: Path = RESULTS / "accuracy.json",
) -> None:
    """Seconds until a goal's accuracy is reached, against Keras's own MNIST example.

    Parameters
    ----------
    goals
        Some of them, separated by commas.
    seeds
        Trainings of noonbit's for each goal.
    peer_seeds
        Trainings of each peer's, one after every share of noonbit's; 0 leaves the peers out.
    data_dir
        Where to look for the data sets first.
    threads
        For every process; left out: the processors this process may use.
    isa
        The newest vector instructions that anybody may use; TensorFlow's own loops keep theirs.
    out
        The file for the result.
    """
    wanted = {name: goal_named(name) for name in goals.split(",")}
    threads = threads or usable_cpus()
    conditions = Conditions(isa)
    rounds = max(1, peer_seeds)
    attempts: dict[str, list[Attempt]] = {name: [] for name in wanted}
    meets_peers = peer_seeds and EXAMPLE_SOURCE in {goal.source for goal in wanted.values()}
    forms = peer_forms(conditions) if meets_peers else {}
    trainings: dict[str, list[Training]] = {name: [] for name in forms}
    result: dict[str, Any] = {
        "benchmark": "accuracy",
        "isa": isa,
        **facts(threads=threads, rounds=rounds),
        "seeds": seeds,
    }
    line = ""
    for number in range(rounds):
        for name, goal in wanted.items():
            for seed in range(seeds * number // rounds, seeds * (number + 1) // rounds):
                one = attempt(goal, number, seed, data_dir, threads, conditions)
                attempts[name].append(one)
                say(
                    f"{name}, seed {seed}: {one.accuracy:.2%}, training {one.train_seconds:.1f} s, "
                    f"whole command {one.seconds:.1f} s"
                )
        for name in list(trainings):
            try:
                told = peer_training(forms[name], number, data_dir, threads, conditions)
            except LeftOut as reason:
                del trainings[name]
                say(f"{name} is left out: {reason}")
            else:
                forms[name] = [told.form]  # the fastest is found once
                trainings[name].append(told)
                end = told.curve[-1]
                say(
                    f"{name}, seed {number}: {end['accuracy']:.2%} at the end, "
                    f"training {end['seconds']:.1f} s"
                )
        # An hour's work is not lost with its last minute.
        line = keep(result | figures(attempts, trainings), out)
    print_goals(figures(attempts, trainings))
    print(line)


def goal_named(name: str) -> Goal:
    """One of `GOALS`; raises `UsageError`."""
    if name in GOALS:
        return GOALS[name]
    raise UsageError(
        f"No goal here is called '{name}'.{did_you_mean(name, GOALS)} "
        f"There are: {', '.join(GOALS)}."
    )


def attempt(
    goal: Goal,
    number: int,
    seed: int,
    data_dir: Path | None,
    threads: int,
    conditions: Conditions,
) -> Attempt:
    """Run the command once."""
    with TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        where = [] if data_dir is None else ["--data-dir", str(data_dir)]
        command = ["-m", "noonbit", "train", goal.source, *goal.arguments, *where]
        if conditions.isa != "native":  # noonbit would ask the processor, which has more
            command += ["--precision", "float32"]
        seconds = python_seconds(
            [*command, "--seed", str(seed), "--out", str(run)],
            threads=threads,
            environment=conditions.environment,
        )
        result = json.loads((run / "run.json").read_text(encoding="utf-8"))["result"]
    return Attempt(number, seconds, result["train_seconds"], result["accuracy"])


def peer_forms(conditions: Conditions) -> dict[str, list[Settings]]:
    """The peer as it is written, and the forms of which the fastest is its best."""
    at_best: list[Settings] = [
        {"precision": precision, "jit_compile": jit, "steps_per_execution": STEPS}
        for precision in conditions.precisions
        for jit in (False, True)
    ]
    return {"Keras as written": [{}], "Keras at its best": at_best}


def peer_training(
    forms: list[Settings],
    seed: int,
    data_dir: Path | None,
    threads: int,
    conditions: Conditions,
) -> Training:
    """Train the peer once; raises `LeftOut` where it is not installed."""
    place = None if data_dir is None else str(data_dir)
    settings: Settings = {"seed": seed, "data_dir": place, "forms": forms}
    environment = TENSORFLOW | conditions.environment
    return Training(**alone(EXAMPLE, settings, threads=threads, environment=environment))


def figures(attempts: Attempts, trainings: Trainings) -> dict[str, Any]:
    """All that was measured, and what it comes to."""
    results = {}
    for name, tried in attempts.items():
        if not tried:
            continue
        goal = GOALS[name]
        mean = statistics.fmean(one.accuracy for one in tried)
        results[name] = {
            **asdict(goal),
            "mean_accuracy": mean,
            "reached": mean >= goal.accuracy,
            "command_seconds": asdict(Spread.of([one.seconds for one in tried])),
            "train_seconds": asdict(Spread.of([one.train_seconds for one in tried])),
            "attempts": [asdict(one) for one in tried],
            "peers": {
                peer: comparison(tried, curves, goal.accuracy)
                for peer, curves in trainings.items()
                if goal.source == EXAMPLE_SOURCE
            },
        }
    peers = {peer: [asdict(one) for one in each] for peer, each in trainings.items()}
    return {"goals": results, "peers": peers}


def comparison(
    attempts: Sequence[Attempt], trainings: Sequence[Training], goal: float
) -> dict[str, Any]:
    """How long a peer trains for the goal, and in times of noonbit's trainings of the same round.

    Where it does not get there, `epoch` is None, and all of its epochs are what it takes at least.
    """
    curves = [training.curve for training in trainings]
    means = [
        statistics.fmean(point["accuracy"] for point in points)
        for points in zip(*curves, strict=True)
    ]
    epoch = next((number for number, mean in enumerate(means, start=1) if mean >= goal), None)
    seconds = [curve[(epoch or 0) - 1]["seconds"] for curve in curves]
    times = [seconds[one.round] / one.train_seconds for one in attempts if one.round < len(seconds)]
    return {
        "epoch": epoch,
        "best_mean_accuracy": max(means),
        "train_seconds": asdict(Spread.of(seconds)),
        "times_noonbit": asdict(Spread.of(times)),
        "form": described(trainings[0].form),
    }


def print_goals(results: dict[str, Any]) -> None:
    """A table of the goals, and one of what a peer takes for them."""
    print_table(
        ["goal", "noonbit train", "n", "accuracy", "reached", "training, s", "whole command, s"],
        [
            [
                name,
                " ".join([one["source"], *one["arguments"]]),
                len(one["attempts"]),
                f"{one['mean_accuracy']:.2%}",
                "yes" if one["reached"] else "no",
                str(Spread(**one["train_seconds"])),
                str(Spread(**one["command_seconds"])),
            ]
            for name, one in results["goals"].items()
        ],
    )
    rows = []
    for name, one in results["goals"].items():
        for peer, each in one["peers"].items():
            best = f"never: {each['best_mean_accuracy']:.2%} at best"
            sign = "" if each["epoch"] else "more than "
            rows.append(
                [
                    name,
                    peer,
                    str(each["epoch"] or best),
                    sign + str(Spread(**each["train_seconds"])),
                    sign + str(Spread(**each["times_noonbit"])),
                    each["form"],
                ]
            )
    if rows:
        print()
        print_table(["goal", "peer", "epoch", "training, s", "times noonbit's", "form"], rows)
