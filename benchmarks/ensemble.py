"""An ensemble's training against that of one member: `noonbit train --members 7` and without.

Steps are the seconds that run.json states, of members that share the threads each by its share.
Training is what passes between the first step of the first member and the last epoch of the last
one: with what members do in between, which is to begin, validate, save and measure. All is
the whole command: libraries, opening the source, planning, training, measuring, the report.
"""

import time
from dataclasses import asdict
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeAlias

from benchmarks.processes import alone, in_turn, ratios
from benchmarks.record import RESULTS, facts, keep
from benchmarks.side_by_side import Spread
from noonbit.cli.output import print_table
from noonbit.config.recipe import Engine
from noonbit.system.hardware import usable_cpus

Seconds: TypeAlias = dict[str, float]
"""Of each of `KINDS`."""
KINDS = ("steps", "training", "all")


def ensemble(
    *,
    source: str = "mnist",
    model: str = "cnn",
    epochs: int = 5,
    engine: Engine | None = None,
    members: int = 7,
    rounds: int = 5,
    data_dir: Path | None = None,
    threads: int | None = None,
    out: Path = RESULTS / "ensemble.json",
) -> None:
    """Training time of an ensemble, in times of one member's.

    Parameters
    ----------
    source
        What is trained on.
    model
        The network of every member.
    epochs
        Passes of every member.
    engine
        How gradients are computed; `graph` trains all members in one go on a GPU.
    members
        How many answer as one.
    rounds
        How often each of the two is trained.
    data_dir
        Where to look for known data sets first.
    threads
        Of one member alone, and of all members together; left out: the processors this process may
        use.
    out
        The file for the result.
    """
    threads = threads or usable_cpus()
    settings = {"source": source, "model": model, "epochs": epochs, "engine": engine}
    settings |= {"data_dir": None if data_dir is None else str(data_dir)}
    function = "benchmarks.ensemble:trained"
    one, all_of_them = "one member", f"{members} members"
    measured = in_turn(
        {
            name: partial(alone, function, settings | {"members": count}, threads=threads)
            for name, count in ((one, None), (all_of_them, members))
        },
        rounds=rounds,
    )
    seconds = {
        name: {kind: [each[kind] for each in rows] for kind in KINDS}
        for name, rows in measured.items()
    }
    times = {kind: ratios(seconds[all_of_them][kind], seconds[one][kind]) for kind in KINDS}
    print_table(
        [f"{source}, {model}, epochs: {epochs}", "steps, s", "training, s", "in all, s"],
        [
            *(
                [name, *(str(Spread.of(each[kind])) for kind in each)]
                for name, each in seconds.items()
            ),
            ["times one member's", *map(str, times.values())],
        ],
    )
    result: dict[str, Any] = {
        "benchmark": "ensemble",
        **facts(threads=threads, rounds=rounds),
        **settings,
        "members": members,
        "seconds": seconds,
        "times_one_member": {kind: asdict(each) for kind, each in times.items()},
    }
    print(keep(result, out))


def trained(
    source: str,
    model: str,
    epochs: int,
    engine: Engine | None,
    members: int | None,
    data_dir: str | None,
) -> Seconds:
    """Train one network, or an ensemble of them."""
    started = time.perf_counter()
    from noonbit.config.ensemble import EnsembleSettings
    from noonbit.config.plan import Plan
    from noonbit.config.recipe import Recipe
    from noonbit.data.prepared import PreparedDataset
    from noonbit.jobs.ensemble import load_members, train_members
    from noonbit.jobs.observer import Observer
    from noonbit.jobs.train import train
    from noonbit.runs.run import Run
    from noonbit.training.state import TrainingState

    class Clock(Observer):
        """Notes when the first step is about to be taken, and when the last one was."""

        first = last = 0.0

        def on_start(
            self, run: Run, items: PreparedDataset, plan: Plan, state: TrainingState
        ) -> None:
            self.first = time.perf_counter()

        def on_epoch(self, state: TrainingState) -> None:
            self.last = time.perf_counter()

        def on_ensemble_start(self, run: Run, items: PreparedDataset) -> None:
            self.first = time.perf_counter()

        def on_member_epoch(self, number: int, epoch: int, epochs: int) -> None:
            self.last = time.perf_counter()

    def step_seconds(run: Run) -> float:
        """Of all threads together."""
        share = run.metadata["machine"]["threads"] / usable_cpus()
        return float(share * run.metadata["result"]["train_seconds"])

    clock, recipe = Clock(), Recipe(model=model, epochs=epochs, engine=engine)
    place = None if data_dir is None else Path(data_dir)
    with TemporaryDirectory() as folder:
        out = Path(folder) / "run"
        if members is None:
            run = train(source, recipe, out=out, data_dir=place, observer=clock)
        else:
            ensemble_settings = EnsembleSettings(members=members)
            run = train_members(
                source, recipe, ensemble_settings, out=out, data_dir=place, observer=clock
            )
        seconds = time.perf_counter() - started
        networks = [run] if members is None else load_members(run)
        steps = sum(step_seconds(each) for each in networks)
    return {"steps": steps, "training": clock.last - clock.first, "all": seconds}
