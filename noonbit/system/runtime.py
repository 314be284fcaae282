"""Where the arithmetic runs: device, threads, allocator, precision, seeds.

The only module that sets them. `Runtime.start()` sets what is global to the process, once, and
says why; everything else takes the `Runtime` as an argument.
"""

import ctypes
import platform
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from functools import cache
from typing import TypeVar

import torch
from torch import Tensor, nn

from noonbit.config.recipe import Engine, Precision, Recipe
from noonbit.errors import UsageError
from noonbit.system.hardware import cpu_multiplies_bfloat16, usable_cpus

Piece = TypeVar("Piece")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Runtime:
    """The machine as a training sees it."""

    device: torch.device
    threads: int
    precision: Precision
    reasons: dict[str, str]
    """Why the device, the threads and the precision are what they are."""
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
        """Choose what was left open, set the process up, and return what came of it.

        Raises `UsageError` for a device that this machine does not have.
        """
        reasons: dict[str, str] = {}
        keep_freed_memory()
        if threads is None:
            threads = usable_cpus()
            reasons["threads"] = "the processors this process may use"
        torch.get_num_threads()  # or this thread would forget the number; see `use_one_thread`
        torch.set_num_threads(threads)
        chosen = choose_device(device, reasons)
        if chosen.type == "cuda":
            # The same bits each time; costs some speed in convolutions that offer a choice. The
            # records let cuDNN try its algorithms and keep the fastest, which on another day is
            # another one with other bits, so `cifar10-94` does without as any training does.
            torch.backends.cudnn.deterministic = True
            torch.backends.cudnn.benchmark = False
        if precision is None:
            precision = choose_precision(chosen, reasons)
        return cls(chosen, threads, precision, reasons, engine)

    @classmethod
    def wanted(cls, recipe: Recipe) -> "Runtime":
        """The machine as a recipe wants it."""
        return cls.start(
            device=recipe.device,
            threads=recipe.threads,
            precision=recipe.precision,
            engine=recipe.engine,
        )

    @property
    def dtype(self) -> torch.dtype:
        """`precision` as PyTorch names it."""
        return torch.bfloat16 if self.precision == "bfloat16" else torch.float32

    def autocast(self) -> AbstractContextManager[object]:
        """Matrix products and convolutions in `precision`, sums and losses in float32."""
        if self.precision == "float32":
            return nullcontext()
        return torch.autocast(self.device.type, self.dtype)

    def place(self, model: nn.Module) -> nn.Module:
        """Bring a model to the device, its convolutions in the memory order that is fastest."""
        # `Module.to` takes a memory format too, but its annotations do not say so.
        return model.to(self.device).to(memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]

    def spread(self, work: Callable[[Piece], Result], pieces: Sequence[Piece]) -> list[Result]:
        """`work` on every piece, each by one of `threads` threads; the results in order.

        The operators inside use one thread, so a result does not depend on how many there are. A
        single piece stays in the calling thread, which is sooner.
        """
        if self.device.type != "cpu":
            return [work(piece) for piece in pieces]
        if self.threads == 1 or len(pieces) == 1:
            with operators_use(1):
                return [work(piece) for piece in pieces]
        return list(workers(self.threads).map(work, pieces))

    @contextmanager
    def own_stream(self) -> Iterator[None]:
        """What the calling thread asks of a GPU inside is done beside what others ask of it."""
        if self.device.type != "cuda":  # whose threads wait for nothing of each other's
            yield
            return
        with torch.cuda.device(self.device), torch.cuda.stream(torch.cuda.Stream(self.device)):
            yield

    def clock(self) -> float:
        """Seconds, after the device has done what the calling thread asked it to."""
        if self.device.type == "cuda":
            torch.cuda.current_stream(self.device).synchronize()
        return time.perf_counter()


@contextmanager
def operators_use(threads: int) -> Iterator[None]:
    """PyTorch's operators use so many threads inside, in the calling thread.

    They wait for each other in every operator: on two cores that were busy with other work, one of
    20 us took 18 ms on average.
    """
    before = torch.get_num_threads()  # which also makes the thread keep what it sets
    torch.set_num_threads(threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)


POOLS = threading.local()


def workers(threads: int) -> ThreadPoolExecutor:
    """The threads for `Runtime.spread`; PyTorch's operators use one thread in each.

    Each thread that spreads work has some of its own, since trainings may go on side by side.
    """
    pools: dict[int, ThreadPoolExecutor] = POOLS.__dict__.setdefault("by_count", {})
    if threads not in pools:
        pools[threads] = ThreadPoolExecutor(threads, "noonbit", use_one_thread)
    return pools[threads]


def use_one_thread() -> None:
    """PyTorch's operators use one thread inside, in the calling thread from now on.

    A thread that never asked PyTorch for its number takes, at its first operator, the one that any
    thread set last, and forgets its own.
    """
    torch.get_num_threads()
    torch.set_num_threads(1)


def choose_device(wanted: str | None, reasons: dict[str, str]) -> torch.device:
    """The named device, or the fastest one here."""
    if wanted is None:
        if torch.cuda.is_available():
            reasons["device"] = "a GPU is here"
            return torch.device("cuda")
        reasons["device"] = "no GPU was found"
        return torch.device("cpu")
    try:
        device = torch.device(wanted)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError):
        raise UsageError(
            f"The device '{wanted}' is not on this machine. "
            "Use --device cpu, or leave it out: the best one is found."
        ) from None
    return device


def choose_precision(device: torch.device, reasons: dict[str, str]) -> Precision:
    """bfloat16 where the hardware multiplies it natively, else float32."""
    native = (
        torch.cuda.is_bf16_supported(including_emulation=False)
        if device.type == "cuda"
        else device.type == "cpu" and cpu_multiplies_bfloat16()
    )
    if native:
        reasons["precision"] = "this processor multiplies it natively; weights stay float32"
        return "bfloat16"
    reasons["precision"] = "no native bfloat16 here"
    return "float32"


def keep_freed_memory() -> None:
    """Tell glibc to keep what is freed instead of giving it back to the system.

    By default each large tensor is mapped afresh and its pages are faulted in and zeroed again at
    every step, which made training 1.5 to 2 times slower on two cores.
    """
    if platform.system() != "Linux" or platform.libc_ver()[0] != "glibc":
        return
    mallopt = ctypes.CDLL(None).mallopt
    trim_threshold, mmap_max = -1, -4  # M_TRIM_THRESHOLD, M_MMAP_MAX of <malloc.h>
    mallopt(mmap_max, 0)
    mallopt(trim_threshold, -1)  # -1 turns trimming off


@cache
def constant(
    values: tuple[float, ...], device: torch.device, dtype: torch.dtype = torch.float32
) -> Tensor:
    """Numbers on a device, made once: whoever makes a tensor of them at each step waits for a GPU
    to finish all that it was asked before. Nothing may write into it."""
    with torch.inference_mode(False):  # it may be asked for there first, and in training later
        return torch.tensor(values, dtype=dtype, device=device)
