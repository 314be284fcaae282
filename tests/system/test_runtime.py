"""Device, threads, precision and seeds."""

import threading

import pytest
import torch

from noonbit.errors import UsageError
from noonbit.system import hardware
from noonbit.system.runtime import Runtime, list_devices
from noonbit.system.seeding import derive_seed


@pytest.fixture(autouse=True)
def threads_as_before():
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def test_stated_settings_are_taken_without_a_reason():
    started = Runtime.start(device="cpu", threads=1, precision="float32")
    assert (started.device, started.threads) == (torch.device("cpu"), 1)
    assert started.precision == "float32"
    assert started.reasons == {}
    assert torch.get_num_threads() == 1


def test_a_thread_keeps_the_number_of_threads_that_was_set_in_it():
    started, another_set = threading.Event(), threading.Event()
    kept: list[int] = []

    def train() -> None:
        Runtime.start(device="cpu", threads=3, precision="float32")
        started.set()
        another_set.wait()
        torch.ones(8).sum()
        kept.append(torch.get_num_threads())

    thread = threading.Thread(target=train)
    thread.start()
    started.wait()
    torch.set_num_threads(1)
    another_set.set()
    thread.join()
    assert kept == [3]


def test_open_settings_are_chosen_with_a_reason(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    started = Runtime.start()
    assert set(started.reasons) == {"device", "threads", "precision"}
    assert started.threads == 1


@pytest.mark.parametrize(
    "name", ["cuda:99", "gpu", "cuda:x", "", "meta", "cpu:7", "META", "vulkan", "hpu"]
)
def test_a_device_that_is_not_here_is_a_usage_error(name):
    with pytest.raises(UsageError) as error:
        Runtime.start(device=name, threads=1)
    assert str(error.value) == (
        f"The device '{name}' is not on this machine, which has {', '.join(list_devices())}. "
        "Use --device cpu, or leave it out: the best one is found."
    )


def test_native_bfloat16_is_read_from_the_processor_flags(monkeypatch, tmp_path):
    cpuinfo = tmp_path / "cpuinfo"
    monkeypatch.setattr(hardware, "CPU_INFO", cpuinfo)
    assert Runtime.start(device="cpu", threads=1).precision == "float32"
    cpuinfo.write_text("flags : fpu avx2 avx512f\n")
    assert Runtime.start(device="cpu", threads=1).precision == "float32"
    cpuinfo.write_text("flags : fpu avx512f avx512_bf16\n")
    assert Runtime.start(device="cpu", threads=1).precision == "bfloat16"


def test_autocast_multiplies_in_the_precision_and_keeps_the_weights():
    layer = torch.nn.Linear(4, 4)
    started = Runtime.start(device="cpu", threads=1, precision="bfloat16")
    with started.autocast():
        assert layer(torch.zeros(2, 4)).dtype == started.dtype == torch.bfloat16
    assert layer.weight.dtype == torch.float32
    plain = Runtime.start(device="cpu", threads=1, precision="float32")
    with plain.autocast():
        assert layer(torch.zeros(2, 4)).dtype == plain.dtype == torch.float32


def test_to_device_lays_filters_out_channels_last():
    started = Runtime.start(device="cpu", threads=1, precision="float32")
    model = started.to_device(torch.nn.Conv2d(3, 4, 3))
    assert model.weight.is_contiguous(memory_format=torch.channels_last)


def test_a_seed_is_a_function_of_seed_purpose_and_number_alone():
    assert derive_seed(0, "step", 5) == derive_seed(0, "step", 5)
    seeds = {
        derive_seed(seed, purpose, number)
        for seed in (0, 1, 2**31 - 1)
        for purpose in ("step", "order")
        for number in (0, 1, 10**9)
    }
    assert len(seeds) == 18
    assert all(0 <= seed < 2**63 for seed in seeds)


@pytest.mark.parametrize(("threads", "pieces"), [(1, 3), (2, 1), (2, 3), (3, 2)])
def test_work_is_spread_in_order_and_operators_use_one_thread_inside(threads, pieces):
    started = Runtime.start(device="cpu", threads=threads, precision="float32")
    torch.set_num_threads(2)
    working = min(threads, pieces)
    all_work = threading.Barrier(working)

    def work(piece):
        if piece < working:  # nobody takes a second piece before everybody has a first
            all_work.wait(timeout=60)
        return piece, torch.get_num_threads(), threading.get_ident()

    results = started.map_threads(work, range(pieces))
    assert [piece for piece, _, _ in results] == list(range(pieces))
    assert {inside for _, inside, _ in results} == {1}
    taking_part = {thread for _, _, thread in results}
    assert threading.get_ident() in taking_part
    assert len(taking_part) == working
    assert torch.get_num_threads() == 2


def test_a_thread_that_is_late_delays_nobody():
    """As one whose core does something else: the calling thread takes what is left."""
    started = Runtime.start(device="cpu", threads=2, precision="float32")
    caller, others_are_done = threading.get_ident(), threading.Event()
    taken_by = []

    def work(piece):
        if threading.get_ident() != caller:
            assert others_are_done.wait(timeout=60)
        taken_by.append((piece, threading.get_ident()))
        if len(taken_by) == 8:
            others_are_done.set()
        return piece

    assert started.map_threads(work, range(9)) == list(range(9))
    assert sum(thread == caller for _, thread in taken_by) >= 8


def test_a_piece_that_fails_ends_the_work_of_all_threads():
    started = Runtime.start(device="cpu", threads=2, precision="float32")
    begun = []

    def fail_at_three(piece):
        begun.append(piece)
        if piece == 3:
            raise ArithmeticError("three")
        threading.Event().wait(0.001)
        return piece

    with pytest.raises(ArithmeticError, match="three"):
        started.map_threads(fail_at_three, range(1000))
    assert started.map_threads(lambda piece: piece, range(3)) == [0, 1, 2]
    assert 3 in begun
    assert len(begun) < 500
