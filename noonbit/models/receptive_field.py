"""Receptive fields: how many input pixels one unit of a feature map depends on.

They are tracked through the operators of a forward pass, so this works for any module; where paths
meet, the largest field counts. `size` is the receptive field in pixels, `jump` the distance in
pixels between neighbouring units:

    filter or pool F, stride S:  size + (F - 1) x jump,  jump x S        initially size 1, jump 1

Padding counts as pixels, so a field can be larger than the image. That batch norm depends on the
whole batch in training is not counted, as is usual.
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
    """The receptive field of a unit of a map (N, C, H, W), in pixels."""

    size: Pair = (1, 1)
    jump: Pair = (1, 1)

    def after_window(self, kernel: Pair, stride: Pair) -> "Field":
        """The field after a filter or pool whose window spans `kernel` units."""
        (down, across), (jump_down, jump_across) = self.size, self.jump
        return Field(
            (down + (kernel[0] - 1) * jump_down, across + (kernel[1] - 1) * jump_across),
            (jump_down * stride[0], jump_across * stride[1]),
        )

    def merge(self, other: "Field") -> "Field":
        """The field of a unit where two paths meet."""
        return Field(
            (max(self.size[0], other.size[0]), max(self.size[1], other.size[1])),
            (max(self.jump[0], other.jump[0]), max(self.jump[1], other.jump[1])),
        )


class FieldTracker(TorchDispatchMode):
    """Tracks the field of every tensor computed from the image within this context.

    The field is None if the tensor is no feature map (after dense layers or a mean over the map) or
    an operator is unknown. Tensors that do not depend on the image, such as weights, have no entry.
    """

    def __init__(self, image: Tensor) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.fields = WeakIdKeyDictionary()
        self.fields[image] = Field()

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """Tell PyTorch not to import its compiler at the first operator, which takes 1.5 s."""
        return False

    def size_of(self, tensor: Tensor) -> Pair | None:
        """The receptive field of a unit of `tensor`, in pixels; None if it has none."""
        field = self.fields.get(tensor)
        return None if field is None else field.size

    def __torch_dispatch__(
        self,
        func: Any,
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Run an operator, and store the field of its output."""
        result = result_without_numbers(func, args)
        if result is None:
            result = func(*args, **(kwargs or {}))
        before = [self.fields[each] for each in iter_tensors(args) if each in self.fields]
        if before:
            for output in iter_tensors([result]):
                self.fields[output] = field_after(func, args, before, output)
        return result


def result_without_numbers(func: Any, args: tuple[Any, ...]) -> Any:
    """The result of an operator that keeps the shape of a tensor without numbers; None for others.

    PyTorch finds such shapes with operators written in Python: of an outline with batch norm, three
    quarters of the time.
    """
    if not args or not isinstance(args[0], Tensor) or not args[0].is_meta:
        return None
    aten = torch.ops.aten
    match func:
        case aten.relu.default:
            return args[0].detach()
        case aten.add.Tensor if isinstance(args[1], Tensor) and is_alike(args[0], args[1]):
            return args[0].detach()
        case aten.native_batch_norm.default if not args[5]:  # in evaluation
            return args[0].detach(), args[0].new_empty(0), args[0].new_empty(0)
    return None


def is_alike(one: Tensor, other: Tensor) -> bool:
    """Whether the sum of two tensors is a tensor like them."""
    return one.shape == other.shape and one.dtype == other.dtype and one.device == other.device


def iter_tensors(values: Any) -> Iterator[Tensor]:
    """Yield the tensors among arguments or results, nested lists included."""
    for value in values:
        if isinstance(value, Tensor):
            yield value
        elif isinstance(value, list | tuple):
            yield from iter_tensors(value)


def field_after(
    func: Any, args: tuple[Any, ...], before: list[Field | None], output: Tensor
) -> Field | None:
    """The field of an operator's output, from the fields of its inputs."""
    known = [each for each in before if each is not None]
    if len(known) < len(before):
        return None
    field = reduce(Field.merge, known)
    aten = torch.ops.aten
    match func.overloadpacket:
        case aten.convolution:
            return after_convolution(field, args)
        case aten.max_pool2d_with_indices:
            return after_pool(field, args, has_dilation=True)
        case aten.avg_pool2d | aten.avg_pool3d:
            return after_pool(field, args, has_dilation=False)
        case aten.slice:
            dimension, step = argument_at(args, 1, 0), argument_at(args, 4, 1)
            strides = [1] * args[0].ndim
            strides[dimension] = step
            return field.after_window((1, 1), (strides[-2], strides[-1]))
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
    sides = {each.shape[-2:] for each in iter_tensors(args) if each.ndim >= 4}
    return field if keeps_map and output.ndim >= 4 and output.shape[-2:] in sides else None


def after_convolution(field: Field, args: tuple[Any, ...]) -> Field | None:
    """The field after a 2D convolution; None after others and transposed ones."""
    weight, stride, dilation, is_transposed = args[1], args[3], args[5], args[6]
    if is_transposed or weight.ndim != 4:
        return None
    span = [
        (side - 1) * dilated + 1 for side, dilated in zip(weight.shape[2:], dilation, strict=True)
    ]
    return field.after_window((span[0], span[1]), (stride[0], stride[1]))


def after_pool(field: Field, args: tuple[Any, ...], *, has_dilation: bool) -> Field:
    """The field after a pool; 3D pools are part of local response normalisation."""
    kernel = args[1]
    stride = argument_at(args, 2, None) or kernel
    dilation = argument_at(args, 4, [1]) if has_dilation else [1]
    span = [
        (side - 1) * dilated + 1
        for side, dilated in zip(last_two(kernel), last_two(dilation), strict=True)
    ]
    return field.after_window((span[0], span[1]), last_two(stride))


def last_two(numbers: Sequence[int]) -> Pair:
    """(height, width) of an operator's argument, which may hold one number for both."""
    return (numbers[0], numbers[0]) if len(numbers) == 1 else (numbers[-2], numbers[-1])


def argument_at(args: tuple[Any, ...], index: int, default: Any) -> Any:
    """An operator's positional argument; PyTorch omits trailing ones that equal the default."""
    return args[index] if len(args) > index else default
