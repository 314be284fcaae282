"""PyTorch's operators as C functions, which need neither Python nor its lock.

operators = load()                    None where PyTorch does not export them

PyTorch exports them for models that were compiled ahead of time (AOTInductor), with an interface
that later versions keep.
"""

import contextlib
import ctypes
from ctypes import Structure, byref, c_char_p, c_int32, c_int64, c_void_p
from functools import cache
from pathlib import Path

import torch
from torch import Tensor

from noonbit.system import cpp_extension

SOURCE = Path(__file__).with_name("operators.cpp")
LIBRARIES = ("libtorch_cpu.so", "libtorch_cpu.dylib", "torch_cpu.dll")
LAST_ERROR = "torch_exception_get_what_without_backtrace"
"""Says why a function failed; older versions lack it."""
FUNCTIONS = (
    *("aoti_torch_create_tensor_from_blob", "aoti_torch_empty_strided"),
    *("aoti_torch_delete_tensor_object", "aoti_torch_get_data_ptr", "aoti_torch_get_strides"),
    *("aoti_torch_copy_", "aoti_torch_cpu_mm_out", "aoti_torch_cpu_addmm_out"),
    *("aoti_torch_cpu_convolution", "aoti_torch_cpu_convolution_backward", LAST_ERROR),
)
"""In the order of operators.cpp."""


class Addresses(Structure):
    """The addresses of `FUNCTIONS`."""

    _fields_ = [(name, c_void_p) for name in FUNCTIONS]


class Layout(Structure):
    """The shape of a tensor, and its order in memory, in elements."""

    _fields_ = [
        ("dimensions", c_int64),
        ("sizes", c_int64 * 4),
        ("strides", c_int64 * 4),
        ("dtype", c_int32),
    ]

    @classmethod
    def make(cls, shape: tuple[int, ...], strides: tuple[int, ...], dtype: torch.dtype) -> "Layout":
        """Describe up to four dimensions of float32 or bfloat16 numbers."""
        sizes = c_int64 * 4
        return cls(len(shape), sizes(*shape), sizes(*strides), dtype_codes()[dtype])

    @classmethod
    def of(cls, tensor: Tensor | None) -> "Layout":
        """Describe a tensor; without one, the result is not read."""
        return cls() if tensor is None else cls.make(tensor.shape, tensor.stride(), tensor.dtype)


def load() -> ctypes.CDLL | None:
    """Load the library of operators.cpp; None if it cannot be, or if PyTorch lacks a function."""
    library, pytorch = cpp_extension.load(SOURCE), find_pytorch()
    if library is None or pytorch is None:
        return None
    addresses = Addresses()
    for name in FUNCTIONS:
        function = getattr(pytorch, name, None)
        if function is not None:
            setattr(addresses, name, ctypes.cast(function, c_void_p))
        elif name != LAST_ERROR:
            return None
    library.connect_pytorch(byref(addresses))
    library.last_refusal.restype = c_char_p
    return library


@cache
def find_pytorch() -> ctypes.CDLL | None:
    """Return PyTorch's own library, which this process has loaded; None if it is elsewhere."""
    folder = Path(torch.__file__).parent / "lib"
    for name in LIBRARIES:
        with contextlib.suppress(OSError):
            return ctypes.CDLL(str(folder / name))
    return None


@cache
def dtype_codes() -> dict[torch.dtype, int]:
    """Return PyTorch's numbers for the dtypes of values."""
    pytorch = find_pytorch()
    assert pytorch is not None  # noqa: S101 - `load` has found it
    return {
        torch.float32: pytorch.aoti_torch_dtype_float32(),
        torch.bfloat16: pytorch.aoti_torch_dtype_bfloat16(),
    }
