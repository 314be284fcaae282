"""What a benchmark leaves: its figures with all that they need beside them, in one JSON line."""

import json
import platform
import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from benchmarks.side_by_side import Contestant, side_by_side
from noonbit import __version__
from noonbit.system.files import write_text
from noonbit.system.hardware import cpu_has_native_bfloat16

RESULTS = Path(__file__).parent / "results"
LIBRARIES = ("torch", "numpy", "keras", "tensorflow", "jax", "jaxlib", "scikit-learn")
SIDE = 2048
"""Of the square matrices whose product is the peak."""
PEAK_ROUNDS, PEAK_SECONDS = 3, 0.5


def facts(*, threads: int, rounds: int, seconds: float | None = None) -> dict[str, Any]:
    """The machine, the versions, and how it was measured; `seconds` where turns have a length."""
    from noonbit.system.hardware import processor_name

    return {
        "command": shlex.join(["python", "-m", "benchmarks", *sys.argv[1:]]),
        "processor": processor_name(),
        "threads": threads,
        "rounds": rounds,
        **({} if seconds is None else {"seconds_of_a_turn": seconds}),
        "versions": {"python": platform.python_version(), "noonbit": __version__}
        | dict(versions()),
    }


def versions() -> Iterator[tuple[str, str]]:
    """Of every library that is installed."""
    for name in LIBRARIES:
        try:
            yield name, version(name)
        except PackageNotFoundError:
            continue


def precisions() -> list[str]:
    """The number formats that this processor multiplies natively."""
    return ["float32", "bfloat16"] if cpu_has_native_bfloat16() else ["float32"]


def measured_peak(
    threads: int, precisions: Sequence[str], environment: Mapping[str, str]
) -> dict[str, float]:
    """GFLOP/s of a large matrix product in each number format: the fastest of a few turns.

    Measured with the environment variables of those that are compared with it, which may limit the
    processor's instructions.
    """
    products = [
        Contestant(
            name,
            "benchmarks.record:matrix_products",
            {"precision": name},
            environment=environment,
        )
        for name in precisions
    ]
    measured = side_by_side(products, rounds=PEAK_ROUNDS, seconds=PEAK_SECONDS, threads=threads)
    return {name: max(each.speeds) / 1e9 for name, each in measured.items()}


def matrix_products(precision: str) -> Iterator[int]:
    """The operations of one product after another."""
    import torch

    left, right = torch.rand(2, SIDE, SIDE).to(getattr(torch, precision))
    product = torch.empty_like(left)
    while True:
        torch.mm(left, right, out=product)
        yield 2 * SIDE**3


def keep(result: dict[str, Any], out: Path) -> str:
    """Write one JSON line, its figures rounded to what a measurement can mean; the line."""
    line = json.dumps(rounded(result))
    write_text(out, f"{line}\n")
    return line


def rounded(value: Any) -> Any:
    """Every number in it with five digits."""
    if isinstance(value, dict):
        return {name: rounded(each) for name, each in value.items()}
    if isinstance(value, list):
        return [rounded(each) for each in value]
    return float(f"{value:.5g}") if isinstance(value, float) else value
