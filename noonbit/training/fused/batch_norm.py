"""A fused batch norm, whose statistics may be those of all shares of a batch."""

import torch
from torch import Tensor, nn

from noonbit.training.fused.arguments import ACTIVATIONS, ActivationName, NormArguments
from noonbit.training.fused.parameter import ComputeParameter
from noonbit.training.fused.program import Program, Values


class FusedBatchNorm:
    """Batch norm with the batch's statistics, then an optional residual sum and an activation.

    Of a share of a batch, the statistics are those of the share, until it is synchronised.
    """

    def __init__(self, layer: nn.BatchNorm2d, activation: ActivationName = "none") -> None:
        self.channels = layer.num_features
        self.weight = ComputeParameter(layer.weight, torch.float32)
        self.bias = ComputeParameter(layer.bias, torch.float32)
        self.compute_parameters = (self.weight, self.bias)
        assert layer.running_mean is not None and layer.running_var is not None  # noqa: S101
        assert layer.num_batches_tracked is not None  # noqa: S101
        self.statistics = (layer.running_mean, layer.running_var, layer.num_batches_tracked)
        """Kept alive, as `arguments` has their addresses."""
        self.arguments = NormArguments(
            c=layer.num_features,
            gamma=layer.weight.data_ptr(),
            beta=layer.bias.data_ptr(),
            epsilon=layer.eps,
            momentum=layer.momentum,
            running_mean=layer.running_mean.data_ptr(),
            running_variance=layer.running_var.data_ptr(),
            batches=layer.num_batches_tracked.data_ptr(),
            activation=ACTIVATIONS[activation],
            shares=1,
        )
        self.use_sums(torch.empty(sums_length(self.channels), dtype=torch.float64))
        self.is_synchronised = False

    def use_sums(self, sums: Tensor) -> None:
        """Leave what this layer adds up over the images in a tensor, and read it there."""
        self.sums = sums  # kept alive
        self.arguments.sums = sums.data_ptr()

    def synchronise(self, share: int, sums: Tensor) -> None:
        """Use the statistics of the whole batch; this layer computes share number `share` of it.

        `sums` are those of all shares.
        """
        self.use_sums(sums)
        self.arguments.share = share
        self.is_synchronised = True

    def forward(self, program: Program, values: Values, residual: Values | None = None) -> Values:
        """(N, C, H, W) and a residual of the same shape -> the same shape."""
        self.values, self.residual = values, residual
        self.rows = values.count // self.channels
        self.saved = program.buffer(4 * self.channels * torch.float32.itemsize)
        result = program.empty_like(values)
        program.call("norm_statistics", values, self.rows, self.arguments)
        if self.is_synchronised:
            program.call("wait_for_shares")
        program.call("norm", values, residual, result, self.rows, self.arguments, self.saved)
        return result

    def backward(
        self, program: Program, gradient: Values, *, needs_input_grad: bool
    ) -> Values | None:
        """See `FusedLayer`; the gradient of the maps alone."""
        return self.backward_both(program, gradient)[0]

    def backward_both(self, program: Program, gradient: Values) -> tuple[Values, Values]:
        """The gradients of the maps and of the residual; the latter overwrites `gradient`."""
        maps_gradient = program.empty_like(gradient) if self.residual is not None else gradient
        program.call(
            "norm_back_sums",
            *(gradient, self.values, self.residual, gradient, self.rows),
            *(self.arguments, self.saved, self.weight.gradient, self.bias.gradient),
        )
        if self.is_synchronised:
            program.call("wait_for_shares")
        program.call(
            "norm_back",
            *(gradient, self.values, maps_gradient, self.rows, self.arguments, self.saved),
        )
        return maps_gradient, gradient


def sums_length(channels: int) -> int:
    """Return how many numbers the kernels of a batch norm leave for each share of a batch: rows,
    means, variances, and two sums of gradients."""
    return 1 + 4 * channels
