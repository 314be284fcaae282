"""Where a window lands on an image, and what a layer of such windows costs; without PyTorch.

    output size = (N + 2P - F) / S + 1        N image, P padding, F filter, S stride, in pixels

Padding is a number of zeros on every side, `"valid"` or `"same"`. Both words mean what they mean in
TensorFlow: `valid` adds none and leaves out pixels at the right and the bottom that fill no window;
`same` adds as many as make the output N / S, rounded up, and puts an odd zero at the right and the
bottom.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

Padding: TypeAlias = int | Literal["valid", "same"]
Shape: TypeAlias = tuple[int, int, int]
"""(height, width, channels), the order that papers use."""


@dataclass(frozen=True, slots=True)
class Placement:
    """The positions of a filter along one axis of an image, height or width."""

    size: int
    """Pixels of the image."""
    kernel: int
    stride: int
    before: int
    """Zeros on the left or at the top."""
    after: int

    @property
    def padded(self) -> int:
        """Pixels including the padding."""
        return self.before + self.size + self.after

    @property
    def output(self) -> int:
        """The number of positions."""
        return (self.padded - self.kernel) // self.stride + 1

    @property
    def starts(self) -> range:
        """The first pixel under the filter at each position; negative in the padding."""
        return range(-self.before, self.output * self.stride - self.before, self.stride)

    @property
    def unused(self) -> int:
        """Pixels at the end that no position covers."""
        return max(0, self.size + self.before - (self.output - 1) * self.stride - self.kernel)


@dataclass(frozen=True, slots=True)
class Layer:
    """The sizes and costs of a convolution or a pooling layer on one image."""

    input: Shape
    height: Placement
    width: Placement
    filters: int | None
    """None for pooling, which keeps the channels apart and has no weights."""

    @classmethod
    def of(
        cls, image: Shape, *, kernel: int, stride: int, padding: Padding, filters: int | None
    ) -> "Layer":
        """Place square windows along both axes; nothing is checked."""
        down, across = (
            Placement(side, kernel, stride, *split_padding(side, kernel, stride, padding))
            for side in image[:2]
        )
        return cls(image, down, across, filters)

    @property
    def output(self) -> Shape:
        """(height, width, channels) of the output."""
        channels = self.input[2] if self.filters is None else self.filters
        return (self.height.output, self.width.output, channels)

    @property
    def weights(self) -> int:
        """Learned numbers, not counting one bias per filter."""
        kernel = self.height.kernel
        return 0 if self.filters is None else kernel * kernel * self.input[2] * self.filters

    @property
    def multiply_adds(self) -> int:
        """Multiply-adds for one image: each weight at each position."""
        return self.weights * self.height.output * self.width.output


def split_padding(size: int, kernel: int, stride: int, padding: Padding) -> tuple[int, int]:
    """Return the numbers of zeros before and after `size` pixels."""
    if padding == "valid":
        return 0, 0
    if padding == "same":
        missing = max(0, (-(-size // stride) - 1) * stride + kernel - size)
        return missing // 2, missing - missing // 2
    return padding, padding


def format_shape(shape: Sequence[int]) -> str:
    """`28x28x6`."""
    return "x".join(map(str, shape))
