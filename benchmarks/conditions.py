"""The conditions of a measurement: instructions, other programs that run, our kernels or not."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, Literal, TypeAlias

from cyclopts import Parameter

from benchmarks.record import precisions
from benchmarks.side_by_side import confine
from noonbit.errors import UsageError
from noonbit.system.cpp_extension import SWITCH
from noonbit.system.hardware import x86_64_levels

Isa: TypeAlias = Literal["avx2", "avx512", "native"]

LEVELS = {"avx2": "x86-64-v3", "avx512": "x86-64-v4"}
"""Instruction set -> the level of processors that has it, for which our kernels are compiled."""
ONEDNN = {"avx2": "AVX2", "avx512": "AVX512_CORE"}
SPIN = "import os\nparent = os.getppid()\nwhile os.getppid() == parent:\n    sum(range(100_000))"
"""A program that never waits, and ends with the one that started it."""


@dataclass(frozen=True, slots=True)
class Conditions:
    """Under which everybody is measured; raises `UsageError` for what this processor has not."""

    isa: Isa = "native"
    """The newest vector instructions that PyTorch and noonbit may use."""
    busy: int = 0
    """Processes that spin meanwhile."""
    kernels: bool = True
    """With noonbit's compiled kernels, or without."""

    def __post_init__(self) -> None:
        if self.isa != "native" and LEVELS[self.isa] not in x86_64_levels():
            raise UsageError(
                f"This processor does not have the instructions of --isa {self.isa} "
                f"({LEVELS[self.isa]}); leave --isa out to measure with what it has."
            )
        if self.busy < 0:
            raise UsageError(f"--busy is {self.busy}; it is a number of processes, from 0 on.")

    @property
    def environment(self) -> dict[str, str]:
        """What the processes that are measured need in their environment."""
        variables = {}
        if self.isa != "native":
            variables = {
                "ATEN_CPU_CAPABILITY": self.isa,
                "ONEDNN_MAX_CPU_ISA": ONEDNN[self.isa],
                "MKL_ENABLE_INSTRUCTIONS": self.isa.upper(),
                SWITCH: LEVELS[self.isa],
            }
        return variables if self.kernels else variables | {SWITCH: "off"}

    @property
    def precisions(self) -> list[str]:
        """Number formats to measure; neither AVX2 nor the first AVX-512 multiplies bfloat16."""
        return precisions() if self.isa == "native" else ["float32"]

    @contextmanager
    def neighbours(self, threads: int) -> Iterator[None]:
        """Keep `busy` processes spinning on the processors of those that are measured."""
        running: list[subprocess.Popen[bytes]] = []
        try:
            for _ in range(self.busy):
                running.append(subprocess.Popen([sys.executable, "-c", SPIN]))
                confine(running[-1].pid, threads)
            yield
        finally:
            for process in running:
                process.kill()
                process.wait()

    def __str__(self) -> str:
        """`avx2, 2 busy processes, without kernels`."""
        busy = f"{self.busy} busy process{'es' if self.busy > 1 else ''} beside it"
        parts = (self.isa, busy if self.busy else "", "" if self.kernels else "without kernels")
        return ", ".join(filter(None, parts))


ConditionFlags: TypeAlias = Annotated[Conditions, Parameter(name="*")]
"""A flag for each condition, without a common prefix."""
