"""Run commands of noonbit in a child of this process, within limits, and watch what they do.

The child starts from a process that has imported everything, so it begins at once; what it breaks,
leaks or leaves behind ends with it. Linux only.
"""

import builtins
import faulthandler
import gc
import io
import json
import os
import platform
import re
import resource
import signal
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from benchmarks.fuzzing.structure import CANARY
from noonbit.errors import NoonbitError

ADDRESS_SPACE = 4
"""How many times the memory limit a child may ask for; beyond that an allocation fails at once."""
GRACE_SECONDS = 1.0
"""Between the stacks of a child that hangs, written down for the report, and its end."""
PATH_EVENTS = {
    **dict.fromkeys(("os.mkdir", "os.rmdir", "os.remove", "os.truncate", "os.chmod"), 1),
    **dict.fromkeys(("os.rename", "os.link", "os.symlink"), 2),
}
"""Audit events that change the disk -> how many paths they name."""
FORBIDDEN = {
    *("os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.system", "pty.spawn"),
    *("subprocess.Popen", "socket.bind", "socket.connect", "socket.getaddrinfo", "urllib.Request"),
    *("pickle.find_class", "webbrowser.open"),
}
"""Audit events (https://docs.python.org/3/library/audit_events.html) that no input may cause."""
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
WRITABLE = ("out", "tmp", "cache")
HARNESS_FAILED = 70
BEFORE_TRAINING = (2, 3, 4, 7)
"""Exit codes that say that nothing was begun, so no folder may be left."""
LAST_FRAME = re.compile(r'File "[^"]*/(noonbit/[^"]+)", line (\d+), in (\S+)')
LIBRARY_LINE = re.compile(r"^(.*Warning: .*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a command may take."""

    seconds: float = 10.0
    memory_bytes: int = 2**30
    """At its peak, more than when it began."""


@dataclass(frozen=True, slots=True)
class Command:
    """One input, and what noonbit is to do with it."""

    folder: Path
    """Its own; all that the command may write lies in `out`, `tmp` and `cache` below."""
    prepare: Callable[[Path], list[str]]
    """Writes the input below the folder; returns noonbit's arguments."""


@dataclass(slots=True)
class Outcome:
    """What a command did."""

    arguments: list[str] = field(default_factory=list)
    exit_code: int | None = None
    """None if it did not come to an end."""
    faults: list[str] = field(default_factory=list)
    """What must never happen, by kind and place: `exception ValueError in noonbit/a.py: f`."""
    boundary: str = ""
    """Where a library's exception became a general sentence; no fault, but a poor sentence."""
    library_lines: list[str] = field(default_factory=list)
    """Lines on stderr that are a library's own words; no fault either."""


def start(commands: Sequence[Command], limits: Limits) -> int:
    """Fork a child that runs the commands one after the other; return its process id.

    A fork of a process that has imported everything costs as much as a command, so a child has
    several of them. Those that come after one that does not end have no outcome.
    """
    process = os.fork()
    if process == 0:
        run_child(commands, limits)
    return process


def run_child(commands: Sequence[Command], limits: Limits) -> NoReturn:
    """Run the commands in this process, write their outcomes down, and end."""
    code = HARNESS_FAILED
    try:
        platform.processor()  # asks another program, once in a process
        bound_memory(limits)
        watch = Watch()
        for command in commands:
            run(command, limits, watch)
        code = 0
    except BaseException:
        os.write(2, traceback.format_exc().encode("utf-8", "backslashreplace"))
    finally:
        os._exit(code)


def run(command: Command, limits: Limits, watch: "Watch") -> None:
    """Run one command and write its outcome down."""
    from noonbit.cli import main

    folder = command.folder
    for name in WRITABLE:
        (folder / name).mkdir(parents=True)
    os.environ |= {
        "TMPDIR": str(folder / "tmp"),
        "XDG_CACHE_HOME": str(folder / "cache"),
        "NOONBIT_CACHE": str(folder / "cache"),
        "HOME": str(folder / "out"),
    }
    tempfile.tempdir = str(folder / "tmp")
    outcome = Outcome(command.prepare(folder))
    os.chdir(folder / "out")
    note(folder, outcome)
    redirect(folder)
    before = reset_peak()
    bound_time(limits.seconds)
    with watch.noting(outcome, folder):
        try:
            outcome.exit_code = main.run(outcome.arguments)
        except BaseException as error:
            outcome.exit_code = 1
            traceback.print_exc()
            outcome.faults.append(f"{type(error).__name__} left noonbit")
        sys.stdout.flush()
        sys.stderr.flush()
    bound_time(0)
    peak = peak_bytes() - before
    if peak > limits.memory_bytes:
        outcome.faults.append(f"memory: {peak / 2**30:.1f} GB at its peak")
    examine(folder, outcome)
    note(folder, outcome)


def redirect(folder: Path) -> None:
    """Send what is printed, by Python or C, to files; read nothing."""
    for number, name in ((1, "stdout"), (2, "stderr")):
        handle = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(handle, number)
        os.close(handle)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    for name, number in (("stdout", 1), ("stderr", 2)):
        raw = io.FileIO(number, "w", closefd=False)
        setattr(sys, name, io.TextIOWrapper(io.BufferedWriter(raw), "utf-8", "replace"))


def bound_memory(limits: Limits) -> None:
    """Let allocations fail that ask for far more than a command may take."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    most = pages * resource.getpagesize() + ADDRESS_SPACE * limits.memory_bytes
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def bound_time(seconds: float) -> None:
    """End this process after so long, its stacks on stderr; 0 for never."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    if seconds:
        faulthandler.enable(2)
        faulthandler.dump_traceback_later(seconds, file=2)
        signal.setitimer(signal.ITIMER_REAL, seconds + GRACE_SECONDS)
    else:
        faulthandler.cancel_dump_traceback_later()
        signal.setitimer(signal.ITIMER_REAL, 0)


def reset_peak() -> int:
    """Forget the most memory that this process had (proc_pid_clear_refs(5)); return what it has."""
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5")
    return peak_bytes()


def peak_bytes() -> int:
    """The most memory that this process had."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


class Watch:
    """Notes what no input may make this process do; a hook for audit events cannot be removed."""

    def __init__(self) -> None:
        import noonbit.errors

        self.outcome: Outcome | None = None
        self.writable: tuple[str, ...] = ()
        self.inputs = ""
        self.describe = noonbit.errors.describe_cause
        noonbit.errors.describe_cause = self.describe_cause
        setattr(builtins, CANARY, lambda *_: self.fault("executed: text of the input"))
        sys.addaudithook(self.hook)

    @contextmanager
    def noting(self, outcome: Outcome, folder: Path) -> Iterator[None]:
        """Note in this outcome what happens in the block."""
        self.writable = tuple(f"{(folder / name).resolve()}{os.sep}" for name in WRITABLE)
        self.inputs = f"{folder.resolve()}{os.sep}"
        self.outcome = outcome
        yield
        self.outcome = None

    def fault(self, kind: str) -> None:
        """Note a fault once, with the function of noonbit in which it happened."""
        outcome, self.outcome = self.outcome, None  # so that nothing is noted meanwhile
        if outcome is not None:
            stack = "".join(traceback.format_list(traceback.extract_stack()))
            fault = f"{kind} in {place_in_noonbit(stack)}"
            outcome.faults += [fault] if fault not in outcome.faults else []
        self.outcome = outcome

    def describe_cause(self, error: BaseException, *rest: Any, **named: Any) -> str:
        """Note that a library's exception becomes a general sentence, and word it."""
        if self.outcome is not None and not self.outcome.boundary:
            lines = "".join(traceback.format_tb(error.__traceback__))
            self.outcome.boundary = f"{type(error).__name__} in {place_in_noonbit(lines)}"
        return self.describe(error, *rest, **named)

    def hook(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Note an audit event that writes outside of the output, or executes anything."""
        if self.outcome is None:
            return
        if event == "open":
            path, _, flags = arguments
            if flags & WRITES and path is not None and not self.may_write(path):
                self.fault(f"written outside: {os.fsdecode(path)!a}")
        elif event in PATH_EVENTS:
            for path, within in path_arguments(event, arguments):
                if not self.may_write(path, within):
                    self.fault(f"{event} outside: {os.fsdecode(path)!a}")
        elif event in FORBIDDEN:
            self.fault(f"executed: {event} {arguments!a:.200}")
        elif event == "exec" and getattr(arguments[0], "co_filename", "").startswith(self.inputs):
            self.fault("executed: code of the input")

    def may_write(self, path: Any, within: int = -1) -> bool:
        """Whether a path, relative to an open folder, lies where the command may write."""
        if isinstance(path, int):
            return True
        base = os.path.realpath(f"/proc/self/fd/{within}" if within >= 0 else ".")
        parent, name = os.path.split(os.path.join(base, os.fsdecode(path)).rstrip(os.sep))
        place = os.path.join(os.path.realpath(parent), name)
        return f"{place}{os.sep}".startswith(self.writable) or place == os.devnull


def path_arguments(event: str, arguments: tuple[Any, ...]) -> list[tuple[Any, int]]:
    """The paths that an event changes, each with the descriptor of the folder it is relative to."""
    if event in ("os.rename", "os.link"):
        source, target, source_folder, target_folder = arguments
        return [(source, source_folder), (target, target_folder)]
    if event == "os.symlink":
        return [(arguments[1], arguments[2])]
    if event == "os.truncate":
        return [(arguments[0], -1)]
    return [(arguments[0], arguments[-1])]


def place_in_noonbit(stack: str) -> str:
    """The last frame of noonbit in a printed stack: `noonbit/data/files.py: head`."""
    frames = LAST_FRAME.findall(stack)
    return f"{frames[-1][0]}:{frames[-1][1]} {frames[-1][2]}" if frames else "no frame of noonbit"


def examine(folder: Path, outcome: Outcome) -> None:
    """Look at what was printed and left behind, and note what is wrong with it."""
    told = (folder / "stderr").read_text(encoding="utf-8", errors="replace")
    printed = (folder / "stdout").read_text(encoding="utf-8", errors="replace")
    outcome.library_lines = LIBRARY_LINE.findall(told)
    if outcome.exit_code == 1 and not outcome.faults:
        place = place_in_noonbit(told)
        kinds = re.findall(r"^([\w.]+)(?::|$)", told.split("Traceback")[-1], re.MULTILINE)
        kinds = [kind for kind in kinds if kind != "error"]
        outcome.faults.append(f"exception {kinds[0] if kinds else '?'} in {place}")
    if "--json" in outcome.arguments and not is_one_json_value(printed, outcome.exit_code):
        outcome.faults.append(f"stdout is not one JSON value (exit {outcome.exit_code})")
    if "--out" in outcome.arguments and outcome.arguments[0] in ("train", "ensemble"):
        out = Path(outcome.arguments[outcome.arguments.index("--out") + 1])
        if outcome.exit_code in BEFORE_TRAINING and out.exists():
            outcome.faults.append(f"exit {outcome.exit_code} left a run folder")


def is_one_json_value(printed: str, exit_code: int | None) -> bool:
    """Whether stdout is one value of the JSON standard, or empty after an error."""
    if not printed.strip():
        return exit_code != 0
    try:
        json.loads(printed, parse_constant=refuse_constant)
    except ValueError:
        return False
    return True


def refuse_constant(name: str) -> NoReturn:
    """Refuse what Python reads and the standard does not have: NaN and Infinity."""
    raise ValueError(name)


def note(folder: Path, outcome: Outcome) -> None:
    """Write down what is known so far."""
    (folder / "outcome.json").write_text(json.dumps(asdict(outcome)), encoding="utf-8")


def finish(command: Command, status: int) -> Outcome | None:
    """Return the outcome of a command whose child has ended; None if it had not begun."""
    written = command.folder / "outcome.json"
    if not written.exists():
        if os.waitstatus_to_exitcode(status) == HARNESS_FAILED:
            raise NoonbitError(f"The child of {command.folder.name} failed; see the lines above.")
        return None
    outcome = Outcome(**json.loads(written.read_text(encoding="utf-8")))
    if outcome.exit_code is None:
        told = command.folder / "stderr"
        stacks = told.read_text(encoding="utf-8", errors="replace") if told.exists() else ""
        # faulthandler writes the innermost frame first, and the thread that broke before others.
        place = place_in_noonbit("\n".join(reversed(stacks.partition("\n\n")[0].splitlines())))
        if not os.WIFSIGNALED(status):
            outcome.faults.append(f"left the process in {place}")
        elif os.WTERMSIG(status) == signal.SIGALRM:
            outcome.faults.append(f"hang in {place}")
        else:
            outcome.faults.append(f"{signal.Signals(os.WTERMSIG(status)).name} in {place}")
    return outcome
