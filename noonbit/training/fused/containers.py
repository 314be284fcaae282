"""Fused layers that contain others: sequences and residual blocks."""

from collections.abc import Sequence

from noonbit.training.fused.batch_norm import FusedBatchNorm
from noonbit.training.fused.layers import FusedLayer
from noonbit.training.fused.program import Program, Values


class FusedSequential:
    """Fused layers, one after the other."""

    def __init__(self, layers: Sequence[FusedLayer]) -> None:
        self.layers = layers
        self.compute_parameters = [each for layer in layers for each in layer.compute_parameters]
        is_trainable = [
            any(each.requires_grad for each in layer.compute_parameters) for layer in layers
        ]
        self.first = is_trainable.index(True) if True in is_trainable else len(layers)
        """The first trainable layer: backward stops there, unless the input's gradient is asked
        for."""

    def forward(self, program: Program, values: Values) -> Values:
        """Add all layers."""
        for layer in self.layers:
            values = layer.forward(program, values)
        return values

    def backward(
        self, program: Program, gradient: Values, *, needs_input_grad: bool
    ) -> Values | None:
        """See `FusedLayer`."""
        current: Values | None = gradient
        last = 0 if needs_input_grad else self.first
        for index in range(len(self.layers) - 1, last - 1, -1):
            assert current is not None  # noqa: S101
            current = self.layers[index].backward(
                program, current, needs_input_grad=needs_input_grad or index > last
            )
        return current if needs_input_grad else None


class FusedResidual:
    """A path and a shortcut over the same input; the path's last norm adds the shortcut's output
    before its activation."""

    def __init__(
        self, path: FusedSequential, shortcut: FusedSequential, last: FusedBatchNorm
    ) -> None:
        self.path, self.shortcut, self.last = path, shortcut, last
        self.compute_parameters = [
            *path.compute_parameters,
            *last.compute_parameters,
            *shortcut.compute_parameters,
        ]

    def forward(self, program: Program, values: Values) -> Values:
        """(N, C, H, W) -> maps of the path's shape."""
        path, shortcut = self.path.forward(program, values), self.shortcut.forward(program, values)
        return self.last.forward(program, path, shortcut)

    def backward(
        self, program: Program, gradient: Values, *, needs_input_grad: bool
    ) -> Values | None:
        """See `FusedLayer`; the input's gradient is the sum of both branches'."""
        path_gradient, shortcut_gradient = self.last.backward_both(program, gradient)
        from_path = self.path.backward(program, path_gradient, needs_input_grad=needs_input_grad)
        from_shortcut = self.shortcut.backward(
            program, shortcut_gradient, needs_input_grad=needs_input_grad
        )
        if from_path is None or from_shortcut is None:
            return None
        program.call("add", from_shortcut, from_path, from_path.count)
        return from_path
