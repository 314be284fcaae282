"""Thousands of damaged and hostile inputs, each met by one command in a child of its own.

What a child does is a function of the seed and the input's number, so these two reproduce it. A
fault is an exception that is no `NoonbitError`, an end by a signal, a hang, too much memory, a file
written outside of the output, anything executed, or a stdout of --json that is no JSON value.
"""

import gc
import importlib
import json
import os
import pkgutil
import random
import re
import shutil
import sys
import time
from collections import Counter, defaultdict, deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import noonbit
from benchmarks.fuzzing.containers import Files
from benchmarks.fuzzing.isolation import Command, Limits, Outcome, finish, start
from benchmarks.fuzzing.mutations import mutate
from benchmarks.fuzzing.run_folders import RUNS, read_files, train_runs
from benchmarks.fuzzing.samples import SAMPLES, Sample
from benchmarks.record import facts, keep
from noonbit.cli.output import print_table
from noonbit.data import open_data
from noonbit.errors import CheckFailed, NoonbitError, UsageError, did_you_mean, plural

ENVIRONMENT = {
    "NOONBIT_KERNELS": "off",  # no compiler runs, so whatever is started is a fault
    "OMP_NUM_THREADS": "1",  # threads do not survive a fork
    "OPENBLAS_NUM_THREADS": "1",
    "MPLBACKEND": "agg",
}
TINY = ("--model", "mlp", "--epochs", "1", "--threads", "1", "--device", "cpu")
SOURCE_COMMANDS = {"check": 60, "predict": 25, "train": 5, "data": 4, "show": 3, "evaluate": 3}
RUN_COMMANDS = {
    "predict": 30,
    "random": 5,
    "evaluate": 20,
    "errors": 12,
    "report": 12,
    "ensemble": 8,
    "resume": 8,
    "from": 5,
}
"""Command -> how often, of a hundred; a training takes a second, a check a twentieth of it."""
MODULES = "modules.json"
BATCH = 20
"""Inputs of a child, if none of them breaks it."""


class Case(NamedTuple):
    """One input: `17` of the sources, `r17` of the run folders."""

    number: int
    of_run: bool

    def __str__(self) -> str:
        return f"{'r' if self.of_run else ''}{self.number}"


@dataclass(frozen=True, slots=True)
class Corpus:
    """What is valid, from which every input is made."""

    seed: int
    samples: dict[str, Files]
    runs: dict[str, Files]
    folder: Path
    """Of the valid runs, which commands take beside what was changed."""
    source_commands: Mapping[str, int] = field(default_factory=SOURCE_COMMANDS.copy)
    """What is done with sources, and how often of a hundred times."""

    @property
    def contents(self) -> list[bytes]:
        """Every file, to be spliced into another one."""
        return [raw for files in self.samples.values() for raw in files.values()]


def fuzz(
    *,
    inputs: int = 2_000,
    runs: int = 100,
    seed: int = 0,
    formats: str | None = None,
    only: str | None = None,
    processes: int = 2,
    seconds: float = 10.0,
    memory_gb: float = 1.0,
    keep_inputs: Path | None = None,
    out: Path | None = None,
) -> None:
    """Find what damaged and hostile inputs do to noonbit; exits with 5 where it is a fault.

    Parameters
    ----------
    inputs
        Damaged sources.
    runs
        Run folders that were tampered with.
    seed
        Of all that is drawn at random; another one makes other inputs.
    formats
        Only these, parted by commas; left out: all.
    only
        Do this one again, and show what it printed: 17, or r17 of the run folders.
    processes
        Inputs at a time.
    seconds
        After which a command hangs.
    memory_gb
        That a command may take at its peak, more than when it began.
    keep_inputs
        Put the inputs of faults into this folder.
    out
        A file for the result.
    """
    if not sys.platform.startswith("linux"):
        raise UsageError("fuzz needs Linux, whose processes fork and have limits.")
    os.environ |= ENVIRONMENT
    limits = Limits(seconds, int(memory_gb * 2**30))
    cases = [only_case(only)] if only else list_cases(inputs, runs)
    with TemporaryDirectory(prefix="noonbit-fuzz-", ignore_cleanup_errors=True) as scratch:
        folder = Path(scratch).resolve()
        corpus = make_corpus(folder, seed, chosen_samples(formats))
        began = time.perf_counter()
        tally = Tally(corpus, formats)
        try:
            for case, command, outcome in run_cases(cases, corpus, folder, limits, processes):
                tally.add(case, outcome)
                if only:
                    show(command, outcome)
                if outcome.faults and keep_inputs is not None:
                    shutil.copytree(command.folder, keep_inputs / str(case), symlinks=True)
                shutil.rmtree(command.folder)
        finally:  # also where somebody ends it early
            elapsed = time.perf_counter() - began
            tally.print(elapsed)
    if out is not None:
        result = {"benchmark": "fuzz"} | facts(threads=processes, rounds=1)
        keep(result | tally.as_dict() | {"seconds": elapsed}, out)
    tally.require_none()


def only_case(text: str) -> Case:
    """Parse `17` or `r17`; raises `UsageError`."""
    match = re.fullmatch(r"(r?)(\d+)", text)
    if match is None:
        raise UsageError(f"--only {text} is no number of an input, such as 17, or r17 of a run.")
    return Case(int(match[2]), of_run=bool(match[1]))


def list_cases(inputs: int, runs: int) -> list[Case]:
    """All inputs: the run folders spread among the sources, since they take longer."""
    cases = [Case(number, of_run=False) for number in range(inputs)]
    cases += [Case(number, of_run=True) for number in range(runs)]
    return sorted(cases, key=lambda case: (case.number + 0.5) / (runs if case.of_run else inputs))


def chosen_samples(formats: str | None) -> dict[str, Sample]:
    """The samples of some formats, or of all whose libraries are installed."""
    if formats is None:
        missing = [name for name, sample in SAMPLES.items() if not sample.is_available()]
        if missing:
            print(f"left out, as libraries are missing: {', '.join(missing)}", file=sys.stderr)
        return {name: sample for name, sample in SAMPLES.items() if sample.is_available()}
    for name in formats.split(","):
        if name not in SAMPLES:
            raise UsageError(
                f"No format is called '{name}'.{did_you_mean(name, SAMPLES)} "
                f"There are: {', '.join(SAMPLES)}."
            )
    return {name: SAMPLES[name] for name in formats.split(",")}


def make_corpus(folder: Path, seed: int, samples: dict[str, Sample]) -> Corpus:
    """Train the valid runs in a child, and import here what they and the commands imported.

    Nothing is computed in this process: the threads of libraries would not survive a fork.
    """
    for module in pkgutil.walk_packages(noonbit.__path__, "noonbit."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    process = os.fork()
    if process == 0:
        os._exit(prepare_in_child(folder, samples))
    _, status = os.waitpid(process, 0)
    if status:
        raise NoonbitError("The valid samples could not be made; see the lines above.")
    for name in json.loads((folder / MODULES).read_text(encoding="utf-8")):
        with suppress(Exception):  # parts of libraries that cannot be imported by themselves
            importlib.import_module(name)
    if "sgf" in samples:
        # numba compiles the rules at the first game, for a second, and unpickles while it does.
        open_data(folder / "samples" / "sgf", on_bad="skip")
    made = {name: read_files(folder / "samples" / name) for name in samples}
    trained = {name: read_files(folder / "runs" / name) for name in RUNS}
    gc.freeze()  # what lives for ever is neither walked nor copied in a child
    return Corpus(seed, made, trained, folder / "runs")


def prepare_in_child(folder: Path, samples: dict[str, Sample]) -> int:
    """Write valid samples and runs, use each command once, and note the modules that it took."""
    from noonbit.cli import main

    log = os.open(folder / "log", os.O_WRONLY | os.O_CREAT)
    console = os.dup(2)
    os.dup2(log, 1)
    os.dup2(log, 2)
    try:
        for name, sample in samples.items():
            write_files(folder / "samples" / name, sample.make())
        runs = folder / "runs"
        runs.mkdir()
        train_runs(runs)
        run, pictures = str(runs / "single"), str(runs / "pictures.npz")
        for arguments in (
            ["check", pictures, "--json"],
            ["predict", run, pictures, "--out", str(folder / "a.csv")],
            ["predict", run, "--random", "1"],
            ["evaluate", run],
            ["errors", run, "--out", str(folder / "errors.png")],
            ["report", run],
            ["show", pictures, "--out", str(folder / "a.png")],
            ["data", pictures, "--out", str(folder / "written")],
            *(["check", str(folder / "samples" / name)] for name in samples),
        ):
            main.run(arguments)
    except BaseException as error:
        sys.stderr.flush()
        os.write(console, (folder / "log").read_bytes()[-4096:] + f"{error!r}\n".encode())
        return 1
    (folder / MODULES).write_text(json.dumps([*sys.modules]), encoding="utf-8")
    return 0


def run_cases(
    cases: Sequence[Case], corpus: Corpus, folder: Path, limits: Limits, processes: int
) -> Iterator[tuple[Case, Command, Outcome]]:
    """Run the inputs in children, several at a time; yield them as they end."""
    running: dict[int, list[tuple[Case, Command]]] = {}
    waiting = deque(cases)
    while waiting or running:
        if waiting and len(running) < processes:
            batch = [waiting.popleft() for _ in range(min(BATCH, len(waiting)))]
            begun = [(case, command_of(case, corpus, folder / str(case))) for case in batch]
            running[start([command for _, command in begun], limits)] = begun
            continue
        process, status = os.waitpid(-1, 0)
        for case, command in running.pop(process, []):
            outcome = finish(command, status)
            if outcome is None:
                waiting.appendleft(case)
            else:
                yield case, command, outcome


def command_of(case: Case, corpus: Corpus, folder: Path) -> Command:
    """What the child of an input does."""

    def prepare(folder: Path) -> list[str]:
        rng = random.Random(f"{corpus.seed}-{case}")
        of = prepare_run if case.of_run else prepare_source
        return of(folder, case.number, corpus, rng)

    return Command(folder, prepare)


def prepare_source(folder: Path, number: int, corpus: Corpus, rng: random.Random) -> list[str]:
    """Write a damaged source, and choose a command for it."""
    name = [*corpus.samples][number % len(corpus.samples)]
    sample = SAMPLES[name]
    files, changes = mutate(corpus.samples[name], corpus.contents, rng)
    written = write_files(folder / "input", files)
    (folder / "changes.txt").write_text("\n".join([name, *changes, ""]), encoding="utf-8")
    source = folder / "input" / sample.source
    if len(written) == 1 and rng.random() < 0.7:
        source = written[0]
    run = str(corpus.folder / ("sentences" if sample.texts else "single"))
    json_flag = ["--json"] if rng.random() < 0.4 else []
    train_flags = [
        flag if flag.startswith("--") else str(folder / "input" / flag)
        for flag in sample.train_flags
    ]
    commands: dict[str, list[str]] = {
        "check": ["check", str(source), *json_flag],
        "predict": ["predict", run, str(source), "--out", "rows.csv", *json_flag],
        "evaluate": ["evaluate", run, str(source), *json_flag],
        "data": ["data", str(source), "--out", "written", *json_flag],
        "show": ["show", str(source), *json_flag],
        "train": ["train", str(source), *train_flags, *TINY, "--out", "run", *json_flag],
    }
    if sample.texts:
        commands["train"] = [each for each in commands["train"] if each not in TINY[:2]]
    if sample.train_flags and rng.random() < 0.5:
        return commands["train"]
    return commands[choose(corpus.source_commands, rng)]


def prepare_run(folder: Path, number: int, corpus: Corpus, rng: random.Random) -> list[str]:
    """Write a run folder that was tampered with, and choose a command for it."""
    name = [*corpus.runs][number % len(corpus.runs)]
    # A page and pictures are never read again.
    kept = {
        path: raw for path, raw in corpus.runs[name].items() if not path.endswith((".html", ".png"))
    }
    files, changes = mutate(kept, corpus.contents, rng)
    run = folder / "out" / "run"
    write_files(run, files)
    (folder / "changes.txt").write_text("\n".join([name, *changes, ""]), encoding="utf-8")
    source = str(corpus.folder / RUNS[name][0])
    json_flag = ["--json"] if rng.random() < 0.4 else []
    commands: dict[str, list[str]] = {
        "predict": ["predict", "run", source, "--out", "rows.csv"],
        "random": ["predict", "run", "--random", "3", "--seed", "1"],
        "evaluate": ["evaluate", "run"],
        "errors": ["errors", "run"],
        "report": ["report", "run"],
        "ensemble": ["ensemble", "run", str(corpus.folder / name), "--out", "together"],
        "resume": ["train", "--resume", "run", "--epochs", "3"],
        "from": ["train", source, "--from", "run", "--epochs", "1", "--out", "new"],
    }
    return [*commands[choose(RUN_COMMANDS, rng)], *json_flag]


def choose(shares: Mapping[str, int], rng: random.Random) -> str:
    """One of the names, as often as its share."""
    return rng.choices([*shares], [*shares.values()])[0]


def write_files(folder: Path, files: Files) -> list[Path]:
    """Write the files whose names a disk can have, never outside of the folder; their paths."""
    folder.mkdir(parents=True)
    written = []
    for name, raw in files.items():
        path = folder.joinpath(*(piece for piece in name.split("/") if piece not in ("", "..")))
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(raw)
        except (OSError, ValueError):  # too long, a NUL, a lone surrogate, a file where a folder is
            continue
        written.append(path)
    return written


def show(command: Command, outcome: Outcome) -> None:
    """Print all that is known of one input."""
    print((command.folder / "changes.txt").read_text(encoding="utf-8"))
    print("noonbit", *outcome.arguments)
    for name in ("stdout", "stderr"):
        path = command.folder / name
        print(f"--- {name}")
        print(ascii_lines(path.read_bytes()) if path.exists() else "")


def ascii_lines(raw: bytes) -> str:
    """Printed bytes, harmless to a terminal."""
    lines = raw.decode("utf-8", "backslashreplace").splitlines()
    return "\n".join(line.encode("unicode_escape").decode() for line in lines)


class Tally:
    """Counts of outcomes, and the first inputs of each fault."""

    def __init__(self, corpus: Corpus, formats: str | None) -> None:
        self.corpus, self.formats = corpus, formats
        self.cases = Counter[str]()
        self.exit_codes = Counter[str]()
        self.faults: dict[str, list[str]] = defaultdict(list)
        self.boundaries: dict[str, list[str]] = defaultdict(list)
        self.library_lines: dict[str, list[str]] = defaultdict(list)

    def add(self, case: Case, outcome: Outcome) -> None:
        """Count one outcome."""
        self.cases["runs" if case.of_run else "inputs"] += 1
        self.exit_codes[str(outcome.exit_code)] += 1
        for fault in outcome.faults:
            self.faults[fault].append(str(case))
        if outcome.boundary:
            self.boundaries[outcome.boundary].append(str(case))
        for line in set(outcome.library_lines):
            self.library_lines[ascii_lines(line.encode())[:100]].append(str(case))

    def as_dict(self) -> dict[str, Any]:
        """All counts, for a file."""
        return {
            "seed": self.corpus.seed,
            "formats": len(self.corpus.samples),
            "inputs": self.cases["inputs"],
            "runs": self.cases["runs"],
            "exit_codes": dict(sorted(self.exit_codes.items())),
            "faults": self.faults,
            "general_sentences": self.boundaries,
            "lines_of_libraries": self.library_lines,
        }

    def print(self, seconds: float) -> None:
        """Say what was found, and how each kind is seen again."""
        counts = ", ".join(f"{code}: {count:,}" for code, count in sorted(self.exit_codes.items()))
        print(
            f"{plural(self.cases['inputs'], 'input')} in {len(self.corpus.samples)} formats, "
            f"{plural(self.cases['runs'], 'tampered run folder')}, seed {self.corpus.seed}, "
            f"{seconds:.0f} s; exit codes {counts}"
        )
        for title, found in (
            ("fault", self.faults),
            ("general sentence, no fault", self.boundaries),
            ("line of a library, no fault", self.library_lines),
        ):
            if found:
                rows = sorted(found.items(), key=lambda item: -len(item[1]))
                table = [(kind, len(cases), " ".join(cases[:5])) for kind, cases in rows]
                print_table((title, "times", "inputs"), table)

    def require_none(self) -> None:
        """Raise `CheckFailed` if there was any fault."""
        if self.faults:
            count = len({case for cases in self.faults.values() for case in cases})
            first = next(iter(self.faults.values()))[0]
            formats = f" --formats {self.formats}" if self.formats else ""
            raise CheckFailed(
                f"{plural(count, 'input')} made noonbit do what no input may. See one again: "
                f"python -m benchmarks fuzz --seed {self.corpus.seed}{formats} --only {first}"
            )
