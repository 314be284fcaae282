"""What int8 costs in accuracy and gains in speed, measured on the test items of the run."""

import time
from pathlib import Path
from statistics import median
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from noonbit.data.preprocess.base import Values
from noonbit.errors import plural
from noonbit.evaluation.significance import paired_gain
from noonbit.export.onnx_model import OnnxModel
from noonbit.system.hardware import processor_name, usable_cpus

BATCH_SIZES = (1, 64)
"""Inputs a call whose speed is measured: one picture, and what the server answers together."""
ROUNDS = 9
TURN_SECONDS = 0.05
"""Of a turn of one file; both take turns, so that background load hits both alike."""

Share = Annotated[float, Field(ge=0, le=1)]
Difference = Annotated[float, Field(ge=-1, le=1)]
Positive = Annotated[float, Field(gt=0)]
Count = Annotated[int, Field(gt=0)]


class SpeedRatio(BaseModel):
    """How many times as fast int8 is as float32, of `ROUNDS` rounds."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    batch_size: Count
    ratio: Positive
    """The median."""
    lowest: Positive
    highest: Positive
    float32_ms: Positive
    """Milliseconds a call, the median."""
    int8_ms: Positive

    def describe_batch(self, noun: str) -> str:
        """Return `one image`, `64 images at once`."""
        return f"one {noun}" if self.batch_size == 1 else f"{self.batch_size} {noun}s at once"


class QuantisationCost(BaseModel):
    """Accuracy, agreement, speed and size of an int8 file beside its float32 file."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    items: Count
    float32_accuracy: Share
    int8_accuracy: Share
    gain: Difference
    """`int8_accuracy - float32_accuracy`; below 0, int8 is worse."""
    gain_low: Difference
    gain_high: Difference
    """The 95 % interval of `gain` for the same items: see `paired_gain`."""
    agreement: Share
    """The share of items that both give the same class."""
    worst_difference: Share
    """Of any probability."""
    speed: tuple[SpeedRatio, ...]
    threads: Count
    processor: str
    float32_bytes: Count
    int8_bytes: Count

    def lines(self, noun: str) -> list[str]:
        """Return what to print; `noun` is one input: `image`."""
        lines = [
            f"int8     {self.int8_accuracy:.2%} of {self.items:,} test {noun}s right, float32 "
            f"{self.float32_accuracy:.2%} (difference {100 * self.gain:+.2f} points, 95 % interval "
            f"{100 * self.gain_low:+.2f} to {100 * self.gain_high:+.2f}); the same class for "
            f"{self.agreement:.2%}, probabilities differ by up to {self.worst_difference:.3f}"
        ]
        for each in self.speed:
            lines.append(
                f"speed    {each.describe_batch(noun)}: {each.ratio:.2f} times as fast as float32 "
                f"({each.lowest:.2f} to {each.highest:.2f}; {each.int8_ms:.2f} and "
                f"{each.float32_ms:.2f} ms; {plural(self.threads, 'thread')} of {self.processor})"
            )
        lines.append(
            f"size     {self.int8_bytes:,} bytes, float32 {self.float32_bytes:,} "
            f"({self.int8_bytes / self.float32_bytes:.0%})"
        )
        if self.gain_high < 0:
            lines.append("warning  int8 is worse here, by more than chance explains")
        slower = [each.describe_batch(noun) for each in self.speed if each.ratio < 1]
        if slower:
            batches = " and ".join(slower)
            lines.append(f"warning  int8 is slower than float32 on this processor, for {batches}")
        return lines


def measure_quantisation(
    float32_path: Path,
    int8_path: Path,
    values: Values,
    rows: NDArray[np.int64],
    labels: NDArray[np.int64],
    *,
    groups: NDArray[np.int64] | None = None,
    threads: int | None = None,
) -> QuantisationCost:
    """Compare two files on the items at `rows` (M,), at least one, of values (N, *shape).

    `labels` (M,) are those of the items at `rows`; `groups` (M,) are the items' groups, for
    boards. `threads` None is what the server uses. Takes two passes over the items, and some
    seconds for the speed. Raises as `OnnxModel.open`.
    """
    threads = threads or usable_cpus()
    one, other = (OnnxModel.open(path, threads=threads) for path in (float32_path, int8_path))
    before, after = one.probabilities(values, rows), other.probabilities(values, rows)
    float32_right, int8_right = (each.argmax(axis=1) == labels for each in (before, after))
    batch = np.asarray(values[rows[np.arange(max(BATCH_SIZES)) % len(rows)]])
    gain = paired_gain(int8_right, float32_right, groups=groups)
    return QuantisationCost(
        items=len(rows),
        float32_accuracy=float(float32_right.mean()),
        int8_accuracy=float(int8_right.mean()),
        gain=gain.gain,
        gain_low=gain.low,
        gain_high=gain.high,
        agreement=float((before.argmax(axis=1) == after.argmax(axis=1)).mean()),
        worst_difference=float(np.abs(before - after).max()),
        speed=tuple(measure_speed(one, other, batch[:size]) for size in BATCH_SIZES),
        threads=threads,
        processor=processor_name(),
        float32_bytes=float32_path.stat().st_size,
        int8_bytes=int8_path.stat().st_size,
    )


def measure_speed(float32: OnnxModel, int8: OnnxModel, batch: NDArray[Any]) -> SpeedRatio:
    """Time calls with a batch (N, *shape)."""
    seconds: tuple[list[float], list[float]] = ([], [])
    for number in range(ROUNDS + 1):
        order = (0, 1) if number % 2 else (1, 0)
        for index in order:
            taken = seconds_a_call((float32, int8)[index], batch)
            if number:  # the first round only warms up
                seconds[index].append(taken)
    ratios = [one / other for one, other in zip(*seconds, strict=True)]
    return SpeedRatio(
        batch_size=len(batch),
        ratio=median(ratios),
        lowest=min(ratios),
        highest=max(ratios),
        float32_ms=1e3 * median(seconds[0]),
        int8_ms=1e3 * median(seconds[1]),
    )


def seconds_a_call(model: OnnxModel, batch: NDArray[Any]) -> float:
    """Answer a batch for `TURN_SECONDS`, at least once; the mean of the calls."""
    started, calls = time.perf_counter(), 0
    while calls == 0 or time.perf_counter() - started < TURN_SECONDS:
        model.answer_batch(batch)
        calls += 1
    return (time.perf_counter() - started) / calls
