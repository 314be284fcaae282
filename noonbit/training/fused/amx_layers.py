"""Fused layers that multiply on AMX tiles, in bfloat16.

They round the float32 weights while reading them and write float32 gradients straight to the
optimiser's memory, so nothing is converted before or after a step.
"""

from ctypes import addressof

import torch
from torch import Tensor, nn

from noonbit.training.fused.amx import AmxKernels, Geometry
from noonbit.training.fused.kernels import data_pointer
from noonbit.training.fused.parameter import WeightAndBias


class AmxLayer(WeightAndBias):
    """A convolution of stride 1: forward, backward, and the gradients of weight and bias."""

    def __init__(self, kernels: AmxKernels, layer: nn.Conv2d | nn.Linear) -> None:
        super().__init__(layer, torch.float32)
        self.kernels = kernels
        self.geometry = Geometry()
        self.shape: tuple[int, ...] = ()
        """The input shape that `geometry` describes."""

    def multiply(self, values: Tensor, result: Tensor) -> Tensor:
        """Write the output into `result`, laid out as `geometry` says, and return it."""
        self.values = values
        self.kernels.convolve(
            values.data_ptr(),
            self.weight.value.data_ptr(),
            data_pointer(self.bias_value),
            result.data_ptr(),
            addressof(self.geometry),
        )
        return result

    def backward(self, gradient: Tensor, *, needs_input_grad: bool) -> Tensor | None:
        """See `FusedLayer`."""
        self.set_parameter_gradients(gradient)
        if not needs_input_grad:
            return None
        input_gradient = torch.empty_like(self.values)  # keeps the memory order
        self.kernels.convolve_back(
            gradient.data_ptr(),
            self.weight.value.data_ptr(),
            input_gradient.data_ptr(),
            addressof(self.geometry),
        )
        return input_gradient

    def set_parameter_gradients(self, gradient: Tensor) -> None:
        """Set the gradients of weight and bias, as far as they are trained."""
        trainable = [each for each in self.compute_parameters if each.requires_grad]
        if not trainable:
            return
        self.kernels.convolve_weights(
            self.values.data_ptr(),
            gradient.data_ptr(),
            self.weight.gradient.data_ptr(),
            None if self.bias is None else self.bias.gradient.data_ptr(),
            addressof(self.geometry),
        )
        for parameter in trainable:
            parameter.publish_gradient()


class AmxConvolution(AmxLayer):
    """A square convolution of stride 1."""

    def __init__(self, kernels: AmxKernels, layer: nn.Conv2d) -> None:
        super().__init__(kernels, layer)
        self.kernel, self.margin = layer.kernel_size[0], int(layer.padding[0])

    def forward(self, values: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, filters, h, w)."""
        weight = self.weight.value
        if values.shape != self.shape:
            self.shape = values.shape
            self.geometry = make_geometry(self.shape, weight, margin=self.margin)
        height, width = (side + 2 * self.margin - self.kernel + 1 for side in values.shape[2:])
        result = values.new_empty((len(values), height, width, len(weight)))
        return self.multiply(values, result).permute(0, 3, 1, 2)


class AmxDense(AmxLayer):
    """A dense layer, computed as a 1x1 convolution over one image whose pixels are the items."""

    def forward(self, values: Tensor) -> Tensor:
        """(N, inputs) -> (N, outputs)."""
        weight = self.weight.value
        if values.shape != self.shape:
            self.shape = values.shape
            count, inputs = self.shape
            self.geometry = make_geometry((1, inputs, 1, count), weight[:, :, None, None], margin=0)
        return self.multiply(values, values.new_empty((len(values), len(weight))))


def make_geometry(shape: tuple[int, ...], weight: Tensor, *, margin: int) -> Geometry:
    """Describe a convolution of maps (N, C, H, W) with filters (F, C, k, k)."""
    count, channels, height, width = shape
    filters, _, kernel, _ = weight.shape
    return Geometry(count, height, width, channels, filters, kernel, margin, *weight.stride())
