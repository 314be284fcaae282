"""Device, threads, memory allocator and precision.

The only module that sets them. `Runtime.start()` sets what is global to the process and records the
reasons for its choices; all other code takes the `Runtime` as an argument.
"""

import ctypes
import platform
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from functools import cache
from typing import TypeVar

import torch
from torch import Tensor, nn

from noonbit.config.ranges import shown
from noonbit.config.recipe import Engine, Precision, Recipe
from noonbit.errors import UsageError
from noonbit.system.hardware import cpu_has_native_bfloat16, usable_cpus

SLOW_CORE, SLOW_GPU = 3e9, 1e12
"""Multiply-adds a second of an older processor core, and of a small GPU, in training."""

Piece = TypeVar("Piece")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Runtime:
    """The device, threads, precision and engine of one training."""

    device: torch.device
    threads: int
    precision: Precision
    reasons: dict[str, str]
    """The reason for each of device, threads and precision that was chosen here, by name."""
    engine: Engine | None = None
    """How gradients are computed; None leaves it to `gradients.engines_for`."""

    @classmethod
    def start(
        cls,
        *,
        device: str | None = None,
        threads: int | None = None,
        precision: Precision | None = None,
        engine: Engine | None = None,
    ) -> "Runtime":
        """Choose what is None, set up the process, and return the resulting `Runtime`.

        Raises `UsageError` for a device that this machine does not have.
        """
        reasons: dict[str, str] = {}
        keep_freed_memory()
        if threads is None:
            threads = usable_cpus()
            reasons["threads"] = "the processors this process may use"
        torch.get_num_threads()  # else this thread loses its setting; see `use_one_operator_thread`
        torch.set_num_threads(threads)
        chosen = choose_device(device, reasons)
        if chosen.type == "cuda":
            # Reproducible bits, at some cost in speed. The CIFAR-10 speed records let cuDNN
            # benchmark its algorithms and keep the fastest, which can be another one with other
            # bits in the next run; so not even `cifar10-94` does that here.
            torch.backends.cudnn.deterministic = True
            torch.backends.cudnn.benchmark = False
        if precision is None:
            precision = choose_precision(chosen, reasons)
        return cls(chosen, threads, precision, reasons, engine)

    @classmethod
    def from_recipe(cls, recipe: Recipe) -> "Runtime":
        """Start the runtime that a recipe asks for."""
        return cls.start(
            device=recipe.device,
            threads=recipe.threads,
            precision=recipe.precision,
            engine=recipe.engine,
        )

    @property
    def dtype(self) -> torch.dtype:
        """`precision` as a PyTorch dtype."""
        return torch.bfloat16 if self.precision == "bfloat16" else torch.float32

    @property
    def multiply_adds_per_second(self) -> float:
        """What this machine does at least when it trains, to the nearest power of ten or so."""
        return SLOW_GPU if self.device.type == "cuda" else SLOW_CORE * self.threads

    def autocast(self) -> AbstractContextManager[object]:
        """Compute matrix products and convolutions in `precision`, sums and losses in float32."""
        if self.precision == "float32":
            return nullcontext()
        return torch.autocast(self.device.type, self.dtype)

    def to_device(self, model: nn.Module) -> nn.Module:
        """Move a model to the device, with channels-last filters, which convolve fastest."""
        # `Module.to` accepts a memory format, which its annotations omit.
        return model.to(self.device).to(memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]

    def map_threads(self, work: Callable[[Piece], Result], pieces: Sequence[Piece]) -> list[Result]:
        """Call `work` on every piece, on up to `threads` threads; return the results in order.

        See `map_on_threads`. On a GPU, no threads are used.
        """
        if self.device.type != "cpu":
            return [work(piece) for piece in pieces]
        return map_on_threads(work, pieces, self.threads)

    @contextmanager
    def own_stream(self) -> Iterator[None]:
        """Run this thread's GPU work on its own CUDA stream; do nothing on a CPU."""
        if self.device.type != "cuda":
            yield
            return
        with torch.cuda.device(self.device), torch.cuda.stream(torch.cuda.Stream(self.device)):
            yield

    def clock(self) -> float:
        """Return a time in seconds, after waiting for this thread's CUDA stream to finish."""
        if self.device.type == "cuda":
            torch.cuda.current_stream(self.device).synchronize()
        return time.perf_counter()


def map_on_threads(
    work: Callable[[Piece], Result], pieces: Sequence[Piece], threads: int
) -> list[Result]:
    """Call `work` on every piece, on up to `threads` threads; return the results in order.

    Whichever thread is free takes the next piece, the calling one too. So where there are more
    pieces than threads, one whose core does something else delays the end by a piece at most.
    PyTorch's operators use one thread inside, so results do not depend on `threads`.
    """
    if threads == 1 or len(pieces) == 1:
        with set_operator_threads(1):
            return [work(piece) for piece in pieces]
    results: dict[int, Result] = {}
    left = deque(enumerate(pieces))

    def take_pieces() -> None:
        try:
            while True:
                try:
                    number, piece = left.popleft()
                except IndexError:  # all are taken
                    return
                results[number] = work(piece)
        except BaseException:
            left.clear()
            raise

    running: list[Future[None]] = []
    try:
        for _ in range(min(threads, len(pieces)) - 1):
            running.append(thread_pool(threads - 1).submit(take_pieces))
        with set_operator_threads(1):
            take_pieces()
    except BaseException:
        left.clear()
        raise
    finally:
        running = [each for each in running if not each.cancel()]  # those that came to work
        wait(running)
    for each in running:
        each.result()  # raises what its piece raised
    return [results[number] for number in range(len(pieces))]


@contextmanager
def set_operator_threads(threads: int) -> Iterator[None]:
    """Let PyTorch's operators use `threads` threads in the calling thread, inside the block.

    An operator waits for all of its threads: with two on two busy cores, one of 20 us took 18 ms.
    """
    before = torch.get_num_threads()  # also makes this thread keep its own setting
    if before == threads:
        yield
        return
    torch.set_num_threads(threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)


POOLS = threading.local()


def thread_pool(threads: int) -> ThreadPoolExecutor:
    """Return the pool for `map_on_threads`; PyTorch's operators use one thread in each worker.

    Every calling thread has its own pool, since trainings may run side by side.
    """
    pools: dict[int, ThreadPoolExecutor] = POOLS.__dict__.setdefault("by_count", {})
    if threads not in pools:
        pools[threads] = ThreadPoolExecutor(threads, "noonbit", use_one_operator_thread)
    return pools[threads]


def use_one_operator_thread() -> None:
    """Let PyTorch's operators use one thread in the calling thread from now on.

    Without the call of `get_num_threads`, the thread's first operator would replace this setting by
    the one that any thread made last.
    """
    torch.get_num_threads()
    torch.set_num_threads(1)


def choose_device(wanted: str | None, reasons: dict[str, str]) -> torch.device:
    """Return the named device, or the fastest one here; raises `UsageError` if it is missing."""
    if wanted is None:
        if torch.cuda.is_available():
            reasons["device"] = "a GPU is here"
            return torch.device("cuda")
        reasons["device"] = "no GPU was found"
        return torch.device("cpu")
    here = list_devices()
    if wanted not in here:
        raise UsageError(
            f"The device {shown(wanted)} is not on this machine, which has {', '.join(here)}. "
            "Use --device cpu, or leave it out: the best one is found."
        )
    return torch.device(wanted)


def list_devices() -> list[str]:
    """Return the names of the devices on which a network can be trained here, the processor first.

    PyTorch knows more words, such as `meta`, which computes nothing.
    """
    devices = ["cpu"]
    for kind, is_here, count in (
        ("cuda", torch.cuda.is_available, torch.cuda.device_count),
        ("xpu", torch.xpu.is_available, torch.xpu.device_count),
        ("mps", torch.backends.mps.is_available, lambda: 0),
    ):
        if is_here():
            devices += [kind, *(f"{kind}:{number}" for number in range(count()))]
    return devices


def choose_precision(device: torch.device, reasons: dict[str, str]) -> Precision:
    """Return bfloat16 if the hardware multiplies it natively, else float32."""
    native = (
        torch.cuda.is_bf16_supported(including_emulation=False)
        if device.type == "cuda"
        else device.type == "cpu" and cpu_has_native_bfloat16()
    )
    if native:
        reasons["precision"] = "this processor multiplies it natively; weights stay float32"
        return "bfloat16"
    reasons["precision"] = "no native bfloat16 here"
    return "float32"


def keep_freed_memory() -> None:
    """Make glibc keep freed memory instead of returning it to the system.

    By default every large tensor is mapped anew and its pages are zeroed again at every step, which
    made training 1.5 to 2 times slower.
    """
    if platform.system() != "Linux" or platform.libc_ver()[0] != "glibc":
        return
    mallopt = ctypes.CDLL(None).mallopt
    trim_threshold, mmap_max = -1, -4  # M_TRIM_THRESHOLD, M_MMAP_MAX of <malloc.h>
    mallopt(mmap_max, 0)
    mallopt(trim_threshold, -1)  # -1 turns trimming off


@cache
def constant_tensor(
    values: tuple[float, ...], device: torch.device, dtype: torch.dtype = torch.float32
) -> Tensor:
    """Return a cached tensor of `values`; nothing may write into it.

    Creating a tensor from Python numbers at every step would wait for the GPU's queued work.
    """
    with torch.inference_mode(False):  # the first call may be in inference, a later one in training
        return torch.tensor(values, dtype=dtype, device=device)
