"""The structures that kernels take, as the C++ files define them."""

from ctypes import Structure, c_double, c_float, c_int32, c_int64, c_void_p
from typing import Literal, TypeAlias

ActivationName: TypeAlias = Literal["none", "relu", "silu"]
ACTIVATIONS: dict[ActivationName, int] = {"none": 0, "relu": 1, "silu": 2}


class DropoutArguments(Structure):
    """Dropout: a value whose 16 random bits are at least `threshold` is kept, times `scale`."""

    _fields_ = [("random_bits", c_void_p), ("threshold", c_int32), ("scale", c_float)]


class WindowArguments(Structure):
    """A pool of side x side windows: maps (n, h, w, c) -> (n, oh, ow, c)."""

    _fields_ = [(name, c_int64) for name in ("n", "h", "w", "c", "side", "stride", "oh", "ow")]


class FirstArguments(Structure):
    """A convolution over few channels with its pool: (n, h, w, c_in) -> (n, oh, ow, c_out).

    `h` and `w` include the margins; `side` is the pool's, 1 without one. The last four fields are
    the weight's strides, in elements.
    """

    _fields_ = [
        *((name, c_int64) for name in ("n", "h", "w", "c_in", "c_out", "kernel", "margin")),
        *((name, c_int64) for name in ("side", "oh", "ow")),
        ("relu", c_int32),
        *((name, c_int64) for name in ("by_filter", "by_channel", "by_row", "by_column")),
    ]


class NormArguments(Structure):
    """A batch norm of `c` channels, and the activation after it.

    It gets one of `shares` shares of a batch, which have `sums` in common; see `SynchronisedNorms`.
    """

    _fields_ = [
        ("c", c_int64),
        ("gamma", c_void_p),
        ("beta", c_void_p),
        ("epsilon", c_float),
        ("momentum", c_float),
        ("running_mean", c_void_p),
        ("running_variance", c_void_p),
        ("batches", c_void_p),
        ("activation", c_int32),
        ("share", c_int64),
        ("shares", c_int64),
        ("sums", c_void_p),
        ("batch_rows", c_double),
    ]


class PaddingArguments(Structure):
    """Zero margins around images (n, h, w, c)."""

    _fields_ = [(name, c_int64) for name in ("n", "h", "w", "c", "left", "right", "top", "bottom")]


class ShortcutArguments(Structure):
    """Every `stride`-th pixel of maps (n, h, w, c), with zero channels before and after."""

    _fields_ = [(name, c_int64) for name in ("n", "h", "w", "c", "stride", "before", "after")]


class ConvolutionArguments(Structure):
    """What an `nn.Conv2d` says, and which gradients are wanted: of input, weight and bias."""

    _fields_ = [
        ("stride", c_int64 * 2),
        ("padding", c_int64 * 2),
        ("dilation", c_int64 * 2),
        ("groups", c_int64),
        ("wanted", c_int32 * 3),
    ]


class AmxArguments(Structure):
    """A convolution of stride 1: (n, h, w, c) -> (n, h - kernel + 2 margin + 1, .., f).

    The last four fields are the weight's strides, in elements. `margin` is the zero padding.
    """

    _fields_ = [
        (name, c_int64)
        for name in (
            *("n", "h", "w", "c", "f", "kernel", "margin"),
            *("by_filter", "by_channel", "by_row", "by_column"),
        )
    ]
