"""What this process may use of the machine or its container: processors, memory, instructions.

Containers are limited by Linux control groups (cgroups), version 2 or 1; see docs.kernel.org,
admin-guide/cgroup-v2 and admin-guide/cgroup-v1.
"""

import math
import os
import platform
import re
import sys
from collections.abc import Iterator
from pathlib import Path

CPU_INFO = Path("/proc/cpuinfo")
MEMORY_INFO = Path("/proc/meminfo")
CGROUP_MEMBERSHIP = Path("/proc/self/cgroup")
"""Lists the process's cgroups as number:controllers:path; version 2 has no controllers."""
CGROUP_ROOT = Path("/sys/fs/cgroup")

MEMORY_FILES = (
    ("memory.max", "memory.current", ("active_file", "inactive_file")),
    (
        "memory.limit_in_bytes",
        "memory.usage_in_bytes",
        ("total_active_file", "total_inactive_file"),
    ),
)
"""For versions 2 and 1: the limit, the usage, and the statistics of reclaimable page cache."""


def usable_cpus() -> int:
    """Count the usable processors: OMP_NUM_THREADS, else by CPU affinity and cgroup quota."""
    requested = os.environ.get("OMP_NUM_THREADS", "")
    if requested.isdecimal() and int(requested):
        return int(requested)
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    quotas = [
        quota for folder in cgroup_folders("cpu") if (quota := cgroup_cpu_quota(folder)) is not None
    ]
    return max(1, math.ceil(min([count or 1, *quotas])))


def available_memory_bytes() -> int | None:
    """Return the bytes this process may still allocate; None if unknown (not Linux)."""
    if not MEMORY_INFO.exists():
        return None
    fields = dict(line.split(":", 1) for line in MEMORY_INFO.read_text().splitlines())
    available = int(fields["MemAvailable"].split()[0]) * 1024
    left = [
        room
        for folder in cgroup_folders("memory")
        if (room := cgroup_memory_left(folder)) is not None
    ]
    return max(0, min([available, *left]))


def peak_memory_bytes() -> int:
    """Return this process's peak resident memory in bytes; 0 if unknown (Windows)."""
    try:
        import resource
    except ImportError:  # Windows
        return 0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if platform.system() == "Darwin" else peak * 1024


def cpu_has_native_bfloat16() -> bool:
    """Tell whether the CPU multiplies bfloat16 natively; emulated, it is slower than float32."""
    if not CPU_INFO.exists():
        return False
    flags = CPU_INFO.read_text(errors="replace")
    return "avx512_bf16" in flags or "amx_bf16" in flags


X86_64_LEVELS = {
    "x86-64-v3": {"avx", "avx2", "bmi1", "bmi2", "f16c", "fma", "abm", "movbe", "xsave"},
    "x86-64-v4": {"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"},
}
"""Level of the x86-64 psABI -> the instructions it adds, as /proc/cpuinfo calls them."""


def x86_64_levels() -> tuple[str, ...]:
    """Return the levels of `X86_64_LEVELS` that this processor has; empty for others.

    Where there is no /proc/cpuinfo, PyTorch is asked, if the process has it.
    """
    if not CPU_INFO.exists():
        torch = sys.modules.get("torch")
        found = "" if torch is None else torch.backends.cpu.get_cpu_capability()
        return tuple(X86_64_LEVELS)[: {"AVX2": 1, "AVX512": 2}.get(found, 0)]
    match = re.search(r"^flags\s*:\s*(.*)$", CPU_INFO.read_text(errors="replace"), re.MULTILINE)
    flags = set(match[1].split()) if match else set()
    levels: list[str] = []
    for level, instructions in X86_64_LEVELS.items():
        if not instructions <= flags:
            break
        levels.append(level)
    return tuple(levels)


def processor_features() -> str:
    """Describe the processor and its instructions; code compiled for one may fail on another."""
    features = [platform.machine(), platform.processor()]
    if CPU_INFO.exists():
        text = CPU_INFO.read_text(errors="replace")
        features += re.findall(r"^(?:model name|flags|Features)\s*:\s*(.*)$", text, re.MULTILINE)[
            :2
        ]
    return " ".join(features)


def processor_name() -> str:
    """Return the processor's name from /proc/cpuinfo, else from Python's `platform`."""
    if CPU_INFO.exists():
        for line in CPU_INFO.read_text(errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor()


def cgroup_folders(controller: str) -> Iterator[Path]:
    """Yield the folders of the process's cgroups, innermost first, then their parents.

    In a container the root folder is the container's own, and the listed path may belong to the
    host and not exist inside.
    """
    lines = CGROUP_MEMBERSHIP.read_text().splitlines() if CGROUP_MEMBERSHIP.exists() else []
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controller not in controllers.split(",") and controllers:
            continue
        root = CGROUP_ROOT / controller if controllers else CGROUP_ROOT
        own = root / path.lstrip("/")
        yield from (folder for folder in (own, *own.parents) if folder.is_relative_to(root))


def cgroup_cpu_quota(folder: Path) -> float | None:
    """Return the number of processors that a cgroup may keep busy; None without a quota."""
    one_file = folder / "cpu.max"
    if one_file.exists():
        limit, period = one_file.read_text().split()
    elif (folder / "cpu.cfs_quota_us").exists():
        limit, period = (
            (folder / f"cpu.cfs_{name}_us").read_text().strip() for name in ("quota", "period")
        )
    else:
        return None
    return int(limit) / int(period) if limit.isdecimal() else None  # "max" or -1: no quota


def cgroup_memory_left(folder: Path) -> int | None:
    """Return the bytes that a cgroup may still allocate; None without a limit.

    Page cache that the kernel can drop counts as free.
    """
    for limit, used, droppable in MEMORY_FILES:
        if (folder / limit).exists():
            text = (folder / limit).read_text().strip()
            if text == "max":
                return None
            usage = int((folder / used).read_text())
            stat = dict(line.split() for line in (folder / "memory.stat").read_text().splitlines())
            return int(text) - usage + sum(int(stat.get(name, 0)) for name in droppable)
    return None
