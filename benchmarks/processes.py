"""Work from a cold start, in a process of its own: a function, or a whole command.

    alone("benchmarks.loading:load", {"source": "digits"}, threads=2)     what it returns
    python_seconds(["-m", "noonbit", "--help"], threads=2)                by wall clock

What a machine does once is not part of it: the first training ever compiles kernels for some 3 s.
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from benchmarks.side_by_side import (
    LeftOut,
    Settings,
    Spread,
    confine,
    imported,
    stdout_to_tell,
    surroundings,
)
from noonbit.errors import NoonbitError

Result = TypeVar("Result")


def alone(
    function: str, settings: Settings, *, threads: int, environment: Mapping[str, str] | None = None
) -> Any:
    """What `module:function` returns, of values that JSON knows, in a process of its own.

    Raises `LeftOut` where its module needs what is not installed.
    """
    process = subprocess.run(
        [
            sys.executable,
            "-m",
            "benchmarks.processes",
            function,
            json.dumps(settings),
            f"{threads}",
        ],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env=surroundings(threads, environment or {}),
    )
    if process.returncode:
        raise NoonbitError(f"{function} failed:\n{process.stderr}")
    told = json.loads(process.stdout)
    if "missing" in told:
        raise LeftOut(told["missing"])
    return told["answer"]


def python_seconds(
    arguments: Sequence[str], *, threads: int, environment: Mapping[str, str] | None = None
) -> float:
    """Seconds of `python ARGUMENTS` by wall clock, from before its process to after it.

    Raises `NoonbitError` with its last line where it fails.
    """
    started = time.perf_counter()
    process = subprocess.run(
        [sys.executable, *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env=surroundings(threads, environment or {}),
    )
    seconds = time.perf_counter() - started
    if process.returncode:
        last = (process.stderr.strip().splitlines() or [f"exit code {process.returncode}"])[-1]
        raise NoonbitError(f"{' '.join(arguments)}: {last.removeprefix('error: ')}")
    return seconds


def in_turn(tasks: Mapping[str, Callable[[], Result]], *, rounds: int) -> dict[str, list[Result]]:
    """What every task returns in every round; the order rotates, so nobody always comes first."""
    names = list(tasks)
    results: dict[str, list[Result]] = {name: [] for name in names}
    for number in range(rounds):
        first = number % len(names)
        for name in names[first:] + names[:first]:
            results[name].append(tasks[name]())
    return results


def ratios(these: Sequence[float], those: Sequence[float]) -> Spread:
    """`these` in times of `those`, each round by itself."""
    return Spread.of([one / other for one, other in zip(these, those, strict=True)])


def main(function: str, settings: Settings, threads: int) -> None:
    """What the process of `alone` does."""
    confine(0, threads)
    told = stdout_to_tell()
    try:
        answer = imported(function)
    except LeftOut as reason:
        told.write(json.dumps({"missing": str(reason)}))
    else:
        told.write(json.dumps({"answer": answer(**settings)}))
    told.flush()


if __name__ == "__main__":
    main(sys.argv[1], json.loads(sys.argv[2]), int(sys.argv[3]))
