"""Processors and memory that a machine or its container allows a process."""

import os
from pathlib import Path

import pytest

from noonbit.system import hardware
from noonbit.system.hardware import available_memory_bytes, peak_memory_bytes, usable_cpus

PROCESSORS = len(os.sched_getaffinity(0))
NO_LIMIT = "9223372036854771712"
"""The memory limit that cgroup version 1 reports for no limit."""


@pytest.fixture
def groups(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Return the cgroup root of a fake machine with 4,000 kB of available memory."""
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    for name in ("CGROUP_MEMBERSHIP", "CGROUP_ROOT", "MEMORY_INFO"):
        monkeypatch.setattr(hardware, name, tmp_path / name)
    (tmp_path / "MEMORY_INFO").write_text("MemTotal: 9000 kB\nMemAvailable:    4000 kB\n")
    folder = tmp_path / "CGROUP_ROOT"
    folder.mkdir()
    return folder


def member_of(folder: Path, *lines: str) -> None:
    """Write the process's list of cgroups."""
    (folder.parent / "CGROUP_MEMBERSHIP").write_text("".join(f"{line}\n" for line in lines))


def write(folder: Path, **files: str) -> None:
    """Write files of a cgroup; the first `_` of a name stands for its dot."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        kind, _, rest = name.partition("_")
        (folder / f"{kind}.{rest}").write_text(f"{text}\n")


def test_omp_num_threads_decides_how_many_processors_are_used(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert usable_cpus() == 3


@pytest.mark.parametrize("useless", ["0", "many", "", "-1"])
def test_a_useless_omp_num_threads_is_not_listened_to(useless, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", useless)
    assert 1 <= usable_cpus() <= PROCESSORS


@pytest.mark.parametrize(
    ("quota", "processors"), [("50000 100000", 1), ("150000 100000", min(2, PROCESSORS))]
)
def test_the_quota_of_a_container_limits_the_threads(groups, quota, processors):
    limit, period = quota.split()
    write(groups, cpu_max=quota)
    member_of(groups, "0::/")
    assert usable_cpus() == processors
    write(groups, cpu_max="max 100000")
    assert usable_cpus() == PROCESSORS
    write(groups / "cpu", cpu_cfs_quota_us=limit, cpu_cfs_period_us=period)
    member_of(groups, "3:cpu,cpuacct:/of/outside", "0::/")  # as version 1 lists it in a container
    assert usable_cpus() == processors
    write(groups / "cpu", cpu_cfs_quota_us="-1")
    assert usable_cpus() == PROCESSORS


def test_without_groups_all_that_is_there_may_be_used(groups):
    assert usable_cpus() == PROCESSORS
    assert available_memory_bytes() == 4000 * 1024
    member_of(groups, "12:devices:/", "0::/session.scope")
    assert usable_cpus() == PROCESSORS
    assert available_memory_bytes() == 4000 * 1024


def test_the_memory_of_a_container_counts_less_the_files_that_can_be_dropped(groups):
    member_of(groups, "0::/")
    write(groups, memory_max="3000000", memory_current="1500000")
    write(groups, memory_stat="anon 900000\nactive_file 400000\ninactive_file 100000")
    assert available_memory_bytes() == 2_000_000
    write(groups, memory_max="max")
    assert available_memory_bytes() == 4000 * 1024
    member_of(groups, "4:memory:/of/outside")
    write(groups / "memory", memory_limit_in_bytes="3000000", memory_usage_in_bytes="1500000")
    write(
        groups / "memory",
        memory_stat="inactive_file 7\ntotal_active_file 1\ntotal_inactive_file 599999",
    )
    assert available_memory_bytes() == 2_100_000
    write(groups / "memory", memory_limit_in_bytes=NO_LIMIT)
    assert available_memory_bytes() == 4000 * 1024
    write(groups / "memory", memory_limit_in_bytes="1000", memory_usage_in_bytes="700000")
    assert available_memory_bytes() == 0


def test_the_narrowest_of_the_groups_around_a_process_counts(groups):
    member_of(groups, "0::/user.slice/session.scope")
    for folder, room in (("user.slice", 1_000_000), ("user.slice/session.scope", 2_000_000)):
        write(groups / folder, memory_max=f"{room}", memory_current="0", memory_stat="anon 0")
        write(groups / folder, cpu_max="max 100000")
    write(groups / "user.slice", cpu_max="100000 100000")
    assert available_memory_bytes() == 1_000_000
    assert usable_cpus() == 1


def test_where_the_system_says_nothing_of_memory_nothing_is_known(groups):
    (groups.parent / "MEMORY_INFO").unlink()
    assert available_memory_bytes() is None


def test_peak_memory_is_in_bytes():
    assert 50e6 < peak_memory_bytes() < 100e9
