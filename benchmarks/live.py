"""What watching a training costs: one training with --live, watched and not, in turns.

    noonbit train SOURCE --live  <--files-->  the benchmark reads each new frame, or leaves

Both turns are of the same process, so seed, engine and machine are the same. A turn begins once the
training has noticed who watches.
"""

import signal
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.record import RESULTS, facts, keep
from benchmarks.side_by_side import Spread, surroundings
from noonbit.cli.output import print_table
from noonbit.errors import NoonbitError
from noonbit.live.folder import WATCHED_SECONDS, LiveFolder
from noonbit.system.hardware import usable_cpus

NETWORKS = {"convnetjs": 4, "resnet20": 128}
"""The batch sizes of their papers, by network."""
LOOK_SECONDS, TOUCH_SECONDS = 0.03, 0.5
"""Between two looks for a new frame and two touches, as the studio watches for a page."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What a turn saw."""

    steps_per_second: float
    ticks_per_second: float
    """Lines of numbers."""
    frames_per_second: float
    memory_bytes: int
    """Resident, of the training, at the end."""


def live(
    *,
    source: str = "cifar10",
    rounds: int = 6,
    seconds: float = 10.0,
    threads: int | None = None,
    out: Path = RESULTS / "live.json",
) -> None:
    """Steps/s of a training that is watched, in times of the same one unwatched.

    Parameters
    ----------
    source
        The data.
    rounds
        How often each has its turn.
    seconds
        The length of a turn.
    threads
        Of the training; left out: the processors this process may use.
    out
        The file for the result.
    """
    threads = threads or usable_cpus()
    result = {
        "benchmark": "live",
        **facts(threads=threads, rounds=rounds, seconds=seconds),
        "source": source,
        "networks": {},
    }
    rows = []
    for network, batch_size in NETWORKS.items():
        watched, alone = measure(source, network, batch_size, rounds, seconds, threads)
        ratio = Spread.of(
            [
                one.steps_per_second / other.steps_per_second
                for one, other in zip(watched, alone, strict=True)
            ]
        )
        ticks = Spread.of([each.ticks_per_second for each in watched])
        frames = Spread.of([each.frames_per_second for each in watched])
        memory = [each.memory_bytes / 1e6 for each in (watched[0], watched[-1])]
        rows.append(
            [network, str(Spread.of([each.steps_per_second for each in alone])), str(ratio)]
            + [str(ticks), str(frames), f"{memory[0]:.0f} to {memory[1]:.0f}"]
        )
        result["networks"][network] = {
            "watched": [asdict(each) for each in watched],
            "alone": [asdict(each) for each in alone],
            "watched_is_times": asdict(ratio),
        }
    print_table(
        ["network", "steps/s alone", "watched is times", "ticks/s", "frames/s", "memory, MB"], rows
    )
    print(keep(result, out))


def measure(
    source: str, network: str, batch_size: int, rounds: int, seconds: float, threads: int
) -> tuple[list[Turn], list[Turn]]:
    """Train one network, and return its watched and its other turns."""
    watched, alone = [], []
    with TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        command = [sys.executable, "-m", "noonbit", "train", source, "--live", "--out", str(run)]
        command += ["--model", network, "--batch-size", str(batch_size), "--epochs", "1000"]
        process = subprocess.Popen(
            [*command, "--threads", str(threads)],
            stderr=subprocess.DEVNULL,
            env=surroundings(threads, {}),
        )
        try:
            files = LiveFolder(run)
            while not any(line["kind"] == "tick" for line in files.read_log()[0]):
                if process.poll() is not None:
                    raise NoonbitError(f"The training of {network} ended before it began.")
                time.sleep(0.1)
            for _ in range(rounds):
                watched.append(take_turn(files, process.pid, seconds, watches=True))
                alone.append(take_turn(files, process.pid, seconds, watches=False))
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()
    return watched, alone


def take_turn(files: LiveFolder, process: int, seconds: float, *, watches: bool) -> Turn:
    """Watch for a turn, or let the training alone."""
    settle = time.monotonic() + (1.0 if watches else WATCHED_SECONDS + 1.0)
    look(files, settle, watches=watches)
    _, offset = files.read_log()
    frames = look(files, time.monotonic() + seconds, watches=watches)
    ticks = [line for line in files.read_log(offset)[0] if line["kind"] == "tick"]
    took = ticks[-1]["seconds"] - ticks[0]["seconds"]
    return Turn(
        (ticks[-1]["step"] - ticks[0]["step"]) / took,
        len(ticks) / seconds,
        frames / seconds,
        resident_bytes(process),
    )


def look(files: LiveFolder, until: float, *, watches: bool) -> int:
    """Read each new frame until a time of `time.monotonic`, if anybody watches; how many came."""
    count, stamp, touched = 0, files.frame_stamp(), 0.0
    while (now := time.monotonic()) < until:
        if watches:
            if now >= touched + TOUCH_SECONDS:
                touched = now
                files.touch()
            if (latest := files.frame_stamp()) != stamp:
                stamp = latest
                files.read_frame()
                count += 1
        time.sleep(LOOK_SECONDS)
    return count


def resident_bytes(process: int) -> int:
    """The memory that a process has now; 0 where the system does not say so."""
    path = Path(f"/proc/{process}/statm")
    return int(path.read_text().split()[1]) * 4096 if path.exists() else 0
