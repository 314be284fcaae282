"""What this machine, or a container on it, gives a process: instructions, processors, memory.

Linux limits a process by control groups, of version 2 or 1; docs.kernel.org has both:
admin-guide/cgroup-v2 and admin-guide/cgroup-v1.
"""

import math
import os
import platform
import re
from collections.abc import Iterator
from pathlib import Path

CPU_INFO = Path("/proc/cpuinfo")
MEMORY_INFO = Path("/proc/meminfo")
GROUPS = Path("/proc/self/cgroup")
"""Which groups the process is in: lines of number:controllers:path, no controllers in version 2."""
GROUP_FOLDERS = Path("/sys/fs/cgroup")

MEMORY_FILES = (
    ("memory.max", "memory.current", ("active_file", "inactive_file")),
    (
        "memory.limit_in_bytes",
        "memory.usage_in_bytes",
        ("total_active_file", "total_inactive_file"),
    ),
)
"""Of either version: the limit, what is taken, and how much of it is files that can be dropped."""


def usable_cpus() -> int:
    """Processors this process may use: OMP_NUM_THREADS, else its affinity and its groups' quota."""
    stated = os.environ.get("OMP_NUM_THREADS", "")
    if stated.isdecimal() and int(stated):
        return int(stated)
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    quotas = [quota for folder in groups("cpu") if (quota := cpu_quota(folder)) is not None]
    return max(1, math.ceil(min([count or 1, *quotas])))


def available_memory_bytes() -> int | None:
    """What this process may still take; None where the system does not say (not Linux)."""
    if not MEMORY_INFO.exists():
        return None
    facts = dict(line.split(":", 1) for line in MEMORY_INFO.read_text().splitlines())
    available = int(facts["MemAvailable"].split()[0]) * 1024
    left = [room for folder in groups("memory") if (room := memory_left(folder)) is not None]
    return max(0, min([available, *left]))


def peak_memory_bytes() -> int:
    """The most resident memory this process has had, in bytes; 0 where the system cannot tell."""
    try:
        import resource
    except ImportError:  # Windows
        return 0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if platform.system() == "Darwin" else peak * 1024


def cpu_multiplies_bfloat16() -> bool:
    """Whether bfloat16 products are instructions here; emulated, they are slower than float32."""
    if not CPU_INFO.exists():
        return False
    flags = CPU_INFO.read_text(errors="replace")
    return "avx512_bf16" in flags or "amx_bf16" in flags


def processor_features() -> str:
    """What the processor can do, as far as the system says; code for one may fail on another."""
    facts = [platform.machine(), platform.processor()]
    if CPU_INFO.exists():
        text = CPU_INFO.read_text(errors="replace")
        facts += re.findall(r"^(?:model name|flags|Features)\s*:\s*(.*)$", text, re.MULTILINE)[:2]
    return " ".join(facts)


def processor_name() -> str:
    """As Linux knows it, else what Python says."""
    if CPU_INFO.exists():
        for line in CPU_INFO.read_text(errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor()


def groups(controller: str) -> Iterator[Path]:
    """The folders of the process's control groups, its own first, then those around it.

    In a container the outermost folder is the container's, and a path may be one of outside.
    """
    lines = GROUPS.read_text().splitlines() if GROUPS.exists() else []
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controller not in controllers.split(",") and controllers:
            continue
        outermost = GROUP_FOLDERS / controller if controllers else GROUP_FOLDERS
        own = outermost / path.lstrip("/")
        yield from (each for each in (own, *own.parents) if each.is_relative_to(outermost))


def cpu_quota(folder: Path) -> float | None:
    """Processors that a group may keep busy; None where it does not say."""
    one_file = folder / "cpu.max"
    if one_file.exists():
        limit, period = one_file.read_text().split()
    elif (folder / "cpu.cfs_quota_us").exists():
        limit, period = (
            (folder / f"cpu.cfs_{name}_us").read_text().strip() for name in ("quota", "period")
        )
    else:
        return None
    return int(limit) / int(period) if limit.isdecimal() else None  # else max, or -1


def memory_left(folder: Path) -> int | None:
    """Bytes that a group may still take; None where it does not say."""
    for limit, used, droppable in MEMORY_FILES:
        if (folder / limit).exists():
            text = (folder / limit).read_text().strip()
            if text == "max":
                return None
            taken = int((folder / used).read_text())
            facts = dict(line.split() for line in (folder / "memory.stat").read_text().splitlines())
            return int(text) - taken + sum(int(facts.get(name, 0)) for name in droppable)
    return None
