"""Receptive fields: how many input pixels one unit of a map looks at.

Followed through the operators of a forward pass, so it holds for any module, with branches and
shortcuts too (the widest path counts). With `size` the pixels that a unit looks at and `jump` the
pixels from one unit to the next:

    filter or pool F, stride S:  size + (F - 1) x jump,  jump x S        begins with size 1, jump 1

Padding counts as pixels, so a field can be larger than the image. Batch norm looks at the whole
batch in training; as everywhere, that does not count.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any, TypeAlias

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.weak import WeakIdKeyDictionary

Pair: TypeAlias = tuple[int, int]
"""(along the height, along the width)."""


@dataclass(frozen=True, slots=True)
class Field:
    """What a unit of a map (N, C, H, W) looks at."""

    size: Pair = (1, 1)
    jump: Pair = (1, 1)

    def through(self, kernel: Pair, stride: Pair) -> "Field":
        """The field after a filter or a pool that reaches over `kernel` units."""
        (down, across), (jump_down, jump_across) = self.size, self.jump
        return Field(
            (down + (kernel[0] - 1) * jump_down, across + (kernel[1] - 1) * jump_across),
            (jump_down * stride[0], jump_across * stride[1]),
        )

    def joined(self, other: "Field") -> "Field":
        """The field of a unit that two paths lead to."""
        return Field(
            (max(self.size[0], other.size[0]), max(self.size[1], other.size[1])),
            (max(self.jump[0], other.jump[0]), max(self.jump[1], other.jump[1])),
        )


class FieldTracker(TorchDispatchMode):
    """Within this context, every tensor that comes from the image gets a field.

    None where there is no map any more (dense layers, a mean over the map) or an operator is not
    known; what does not come from the image (weights) has no entry.
    """

    def __init__(self, image: Tensor) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.fields = WeakIdKeyDictionary()
        self.fields[image] = Field()

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """PyTorch's own switch: without it, the first operator waits 1.5 s for the compiler."""
        return False

    def size_of(self, tensor: Tensor) -> Pair | None:
        """The receptive field of a unit of `tensor`, in pixels; None where there is none."""
        field = self.fields.get(tensor)
        return None if field is None else field.size

    def __torch_dispatch__(
        self,
        func: Any,
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Run an operator, and note the field of what it gives."""
        result = func(*args, **(kwargs or {}))
        before = [self.fields[each] for each in tensors(args) if each in self.fields]
        if before:
            for output in tensors([result]):
                self.fields[output] = field_after(func, args, before, output)
        return result


def tensors(values: Any) -> Iterator[Tensor]:
    """The tensors among arguments or results, also those in lists."""
    for value in values:
        if isinstance(value, Tensor):
            yield value
        elif isinstance(value, list | tuple):
            yield from tensors(value)


def field_after(
    func: Any, args: tuple[Any, ...], before: list[Field | None], output: Tensor
) -> Field | None:
    """The field of an operator's output, from those of its inputs."""
    known = [each for each in before if each is not None]
    if len(known) < len(before):
        return None
    field = reduce(Field.joined, known)
    aten = torch.ops.aten
    match func.overloadpacket:
        case aten.convolution:
            return after_convolution(field, args)
        case aten.max_pool2d_with_indices:
            return after_pool(field, args, has_dilation=True)
        case aten.avg_pool2d | aten.avg_pool3d:
            return after_pool(field, args, has_dilation=False)
        case aten.slice:
            dimension, step = argument(args, 1, 0), argument(args, 4, 1)
            strides = [1] * args[0].ndim
            strides[dimension] = step
            return field.through((1, 1), (strides[-2], strides[-1]))
        case aten.constant_pad_nd:
            return field
    is_pointwise = torch.Tag.pointwise in func.tags or "norm" in func.overloadpacket.__name__
    keeps_map = is_pointwise or func.overloadpacket in (
        aten.cat,
        aten.clone,
        aten.detach,
        aten.native_dropout,
        aten.squeeze,
        aten.unsqueeze,
        aten.view,
        aten._unsafe_view,
    )
    sides = {each.shape[-2:] for each in tensors(args) if each.ndim >= 4}
    return field if keeps_map and output.ndim >= 4 and output.shape[-2:] in sides else None


def after_convolution(field: Field, args: tuple[Any, ...]) -> Field | None:
    """Of two-dimensional convolutions; a transposed one is not followed."""
    weight, stride, dilation, is_transposed = args[1], args[3], args[5], args[6]
    if is_transposed or weight.ndim != 4:
        return None
    reach = [
        (side - 1) * dilated + 1 for side, dilated in zip(weight.shape[2:], dilation, strict=True)
    ]
    return field.through((reach[0], reach[1]), (stride[0], stride[1]))


def after_pool(field: Field, args: tuple[Any, ...], *, has_dilation: bool) -> Field:
    """Of pools; those in three dimensions come from norms over neighbouring maps."""
    kernel = args[1]
    stride = argument(args, 2, None) or kernel
    dilation = argument(args, 4, [1]) if has_dilation else [1]
    reach = [
        (side - 1) * dilated + 1
        for side, dilated in zip(last_two(kernel), last_two(dilation), strict=True)
    ]
    return field.through((reach[0], reach[1]), last_two(stride))


def last_two(numbers: Sequence[int]) -> Pair:
    """(along the height, along the width) of an operator's list, which may hold one for both."""
    return (numbers[0], numbers[0]) if len(numbers) == 1 else (numbers[-2], numbers[-1])


def argument(args: tuple[Any, ...], index: int, default: Any) -> Any:
    """An operator's argument; trailing ones are left out where they are the defaults."""
    return args[index] if len(args) > index else default
