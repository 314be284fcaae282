"""Programs: lists of kernel calls that run without Python.

    program = Program(kernels)
    images = program.input()
    maps = program.empty((32, 8, 12, 12), torch.float32)
    program.call("pool", images, maps, ...)
    program.finish()
    images.point_to(batch)
    program.run()

Python holds a lock while it decides what comes next, and the threads of a training wait for it: of
a step of a small network, that was half. So a fused network writes down its calls once for each
shape of a batch, and a step is one call of C++.

A program also decides where values are stored: those that are never needed at the same time share
memory. All of it is one tensor, which stays; only convolutions allocate their results themselves.
"""

from collections.abc import Callable, Sequence
from ctypes import CFUNCTYPE, Array, Structure, addressof, c_int32, c_int64, c_void_p
from enum import IntEnum
from math import prod
from typing import TypeAlias

import torch
from torch import Tensor

from noonbit.training.fused.kernels import Kernel, Kernels, Value
from noonbit.training.fused.operators import Layout

RELEASE = CFUNCTYPE(c_int32, c_void_p)
"""How the kernel `release` is called."""
ALIGNMENT = 64
"""Bytes: a cache line, and the widest vector. PyTorch aligns its tensors in the same way."""


class Buffer:
    """Memory whose address is decided when all calls of a program are known."""

    def __init__(self, size: int) -> None:
        """`size` is in bytes; 0 if the address is set at each run."""
        self.size, self.address = size, Value()
        self.first_call: int | None = None
        self.last_call = 0
        self.offset = 0

    def note_call(self, number: int) -> None:
        """Note that a call uses this memory."""
        if self.first_call is None:
            self.first_call = number
        self.last_call = number

    def point_to(self, tensor: Tensor) -> None:
        """Use a tensor's memory, which the caller keeps alive."""
        self.address.pointer = tensor.data_ptr()


class Values:
    """Numbers that a program computes: maps (N, C, H, W), channels last in memory, or rows."""

    def __init__(self, shape: tuple[int, ...], dtype: torch.dtype, buffer: Buffer) -> None:
        self.shape, self.dtype, self.buffer = shape, dtype, buffer

    def __len__(self) -> int:
        """Return N."""
        return self.shape[0]

    @property
    def count(self) -> int:
        """Return how many numbers these are."""
        return prod(self.shape)

    @property
    def strides(self) -> tuple[int, ...]:
        """Return the distance in memory between neighbours, for each dimension."""
        if len(self.shape) == 2:
            return self.shape[1], 1
        _, channels, height, width = self.shape
        return height * width * channels, 1, width * channels, channels

    @property
    def layout(self) -> Layout:
        """Return shape and strides as PyTorch's operators take them."""
        return Layout.make(self.shape, self.strides, self.dtype)

    @property
    def transposed_layout(self) -> Layout:
        """Return the same of the transpose of rows."""
        return Layout.make(self.shape[::-1], self.strides[::-1], self.dtype)

    def reshape(self, shape: tuple[int, ...]) -> "Values":
        """Return the same numbers in another shape, without moving them."""
        return Values(shape, self.dtype, self.buffer)


Argument: TypeAlias = Values | Buffer | Value | Tensor | Structure | int | float | None
"""What a call takes. Tensors and structures are passed by their address, so they must stay where
they are; what they contain, and `Value`s, are read at each run."""


class Call(Structure):
    """A kernel and the addresses of its arguments."""

    _fields_ = [("kernel", c_void_p), ("arguments", c_void_p)]


class Execution(Structure):
    """Calls, how many of them were done, how the last one ended, and where gradients are left."""

    _fields_ = [
        ("calls", c_void_p),
        ("count", c_int64),
        ("done", c_int64),
        ("status", c_int32),
        ("gradients", c_void_p),
    ]


class Status(IntEnum):
    """How a call ended."""

    DONE = 0
    NO_MEMORY = 1
    REFUSED = 2
    """By PyTorch."""
    WAITING = 3
    """For the other shares of the batch; it stays so if one of them failed."""


class Program:
    """Kernel calls in the order in which they run, and the memory that they use."""

    def __init__(self, kernels: Kernels) -> None:
        self.kernels = kernels
        self.calls: list[tuple[Kernel, Sequence[Value]]] = []
        self.buffers: list[Buffer] = []
        self.returned: list[tuple[Buffer, Value]] = []
        self.actions: list[Callable[[], object]] = []
        self.kept: list[object] = []
        """What calls have the addresses of."""
        self.finished: Array[Call] = (Call * 0)()
        self.execution = Execution()

    def input(self) -> Buffer:
        """Return memory that the caller sets before each run."""
        return Buffer(0)

    def buffer(self, size: int) -> Buffer:
        """Return so many bytes of the program's memory, uninitialised."""
        self.buffers.append(Buffer(size))
        return self.buffers[-1]

    def empty(self, shape: tuple[int, ...], dtype: torch.dtype) -> Values:
        """Return uninitialised values in the program's memory."""
        return Values(shape, dtype, self.buffer(prod(shape) * dtype.itemsize))

    def empty_like(self, values: Values) -> Values:
        """Return uninitialised values of the same shape and dtype."""
        return self.empty(values.shape, values.dtype)

    def returned_by_pytorch(
        self, shape: tuple[int, ...], dtype: torch.dtype
    ) -> tuple[Values, Value]:
        """Return values in memory that a PyTorch operator allocates, and the memory's owner.

        The program releases the owner after the last call that uses the values.
        """
        values, owner = Values(shape, dtype, Buffer(0)), Value()
        self.returned.append((values.buffer, owner))
        return values, owner

    def call(self, name: str, *arguments: Argument) -> None:
        """Add a call of a kernel."""
        kernel = self.kernels.by_name[name]
        number = len(self.calls)
        for each in arguments:
            if isinstance(each, Values | Buffer):
                (each.buffer if isinstance(each, Values) else each).note_call(number)
        kinds = kernel.kinds.decode()
        values = [
            self.as_value(argument, kind) for argument, kind in zip(arguments, kinds, strict=True)
        ]
        self.calls.append((kernel, values))

    def as_value(self, argument: Argument, kind: str) -> Value:
        """Return where a kernel finds an argument that it takes as a `Kernel` of this kind says."""
        self.kept.append(argument)
        match argument:
            case Values() if kind in "pv":
                return argument.buffer.address
            case Buffer() if kind in "pv":
                return argument.address
            case Value():
                return argument
            case Tensor() if kind == "p":
                return Value(pointer=argument.data_ptr())
            case Structure() if kind == "p":
                return Value(pointer=addressof(argument))
            case None if kind == "p":
                return Value(pointer=None)
            case int() if kind == "i":
                return Value(integer=argument)
            case float() if kind == "n":
                return Value(number=argument)
        raise TypeError(f"a kernel wants {kind}, and got {argument!r}")

    def before(self, action: Callable[[], object]) -> None:
        """Do something before each run, such as drawing random numbers."""
        self.actions.append(action)

    def finish(self, allocate: Callable[[int], Tensor] | None = None) -> None:
        """Give all values their memory; no more calls can be added.

        `allocate` returns a tensor of at least so many bytes, which programs may share that never
        run at the same time.
        """
        release = self.kernels.by_name["release"]
        calls = [[call] for call in self.calls]
        for buffer, owner in self.returned:
            calls[buffer.last_call].append((release, [owner]))
        size = place(self.buffers)
        memory = allocate(size) if allocate else torch.empty(size, dtype=torch.uint8)
        for buffer in self.buffers:
            buffer.address.pointer = memory.data_ptr() + buffer.offset
        self.calls = [call for group in calls for call in group]
        addresses = [(c_void_p * len(values))(*map(addressof, values)) for _, values in self.calls]
        self.finished = (Call * len(self.calls))(
            *(
                Call(kernel.call, addressof(arguments))
                for (kernel, _), arguments in zip(self.calls, addresses, strict=True)
            )
        )
        self.kept += [memory, addresses]
        self.execution = Execution(addressof(self.finished), len(self.calls))

    def prepare(self) -> None:
        """Do what has to be done before each run."""
        for action in self.actions:
            action()

    def run(self) -> None:
        """Run all calls; raises as `check`."""
        self.prepare()
        self.kernels.runner.run_program(addressof(self.execution))
        self.check()

    def check(self) -> None:
        """Raise `MemoryError`, or `RuntimeError` with PyTorch's words, if the last run failed.

        One that stopped because another share failed raises nothing.
        """
        if self.execution.status == Status.DONE:
            return
        self.release()
        name = self.calls[self.execution.done][0].name.decode()
        match self.execution.status:
            case Status.NO_MEMORY:
                raise MemoryError(f"{name} needs more memory than there is.")
            case Status.REFUSED:
                words = " ".join(self.kernels.last_refusal().decode(errors="replace").split())
                raise RuntimeError(f"PyTorch refused a {name}. {words}".rstrip())

    def release(self) -> None:
        """Free what a run that failed has left of PyTorch's memory."""
        release = RELEASE(self.kernels.by_name["release"].call)
        for _, owner in self.returned:
            release((c_void_p * 1)(addressof(owner)))


def place(buffers: Sequence[Buffer]) -> int:
    """Give buffers their offsets, and return how many bytes they need together.

    Each gets the first gap between those that are in use at the same time.
    """
    total = 0
    placed: list[Buffer] = []
    used = [buffer for buffer in buffers if buffer.first_call is not None]
    for buffer in sorted(used, key=lambda each: each.first_call or 0):
        placed = [each for each in placed if each.last_call >= (buffer.first_call or 0)]
        buffer.offset = 0
        for other in sorted(placed, key=lambda each: each.offset):
            if buffer.offset + buffer.size <= other.offset:
                break
            end = other.offset + -(-other.size // ALIGNMENT) * ALIGNMENT
            buffer.offset = max(buffer.offset, end)
        placed.append(buffer)
        total = max(total, buffer.offset + buffer.size)
    return total
