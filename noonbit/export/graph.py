"""The network of a run with all that a foreign runtime would otherwise have to know, as one module.

    values -> polarity -> normalise -> network -> mask -> logits -> temperature, softmax

Whoever runs the exported file gives it bytes of the contract's size, and gets probabilities. What
comes before (decode, turn, resize) stays outside: no runtime resizes as Pillow does, onnxruntime's
Resize differs by a level or more in up to 20 % of the values.
"""

from copy import deepcopy

import torch
from torch import Tensor, nn

from noonbit.data.preprocess.contract import Contract
from noonbit.data.preprocess.polarity import DARK_BELOW, LIGHT_ABOVE, Polarity
from noonbit.runs.run import Run

INPUT_NAMES = {"pictures": "images", "sentences": "tokens", "boards": "planes"}
"""What the graph's input is called, by the kind of input."""


class ExportedNetwork(nn.Module):
    """A trained network (in evaluation mode) between its contract's preparation and probabilities.

    `with_polarity=False` leaves the pictures' polarity to the caller, who has brought them to it.
    """

    def __init__(self, network: nn.Module, contract: Contract, *, with_polarity: bool) -> None:
        super().__init__()
        self.network = network
        self.preprocessor = contract.preprocessor
        self.temperature = contract.temperature
        polarity = getattr(contract.preprocessor, "polarity", None) if with_polarity else None
        self.polarity = None if polarity is None else ToPolarity(polarity)
        mean, std = (
            255 * torch.tensor(each).view(-1, 1, 1) for each in (contract.mean, contract.std)
        )
        self.register_buffer("mean", mean)
        self.register_buffer("std", std)

    def forward(self, values: Tensor) -> tuple[Tensor, Tensor]:
        """uint8 (N, C, H, W), or int64 word indices (N, length) -> logits, probabilities.

        Both are float32 (N, classes).
        """
        inputs = values
        if self.preprocessor.normalised_channels:
            levels = values.float()
            if self.polarity is not None:
                levels = self.polarity(levels)
            inputs = (levels - self.get_buffer("mean")) / self.get_buffer("std")
        logits = self.preprocessor.mask_logits(self.network(inputs).float(), values)
        return logits, (logits / self.temperature).softmax(dim=1)


class ToPolarity(nn.Module):
    """Inverts pictures whose border has the other polarity, as `ImagePreprocessor` does.

    A picture that was prepared before stays as it is.
    """

    def __init__(self, polarity: Polarity) -> None:
        super().__init__()
        self.wanted = polarity

    def forward(self, levels: Tensor) -> Tensor:
        """Levels 0 to 255, float32 (N, 1, H, W)."""
        rows, columns = levels[:, :, (0, -1), :], levels[:, :, :, (0, -1)]
        border = torch.cat([rows.flatten(1), columns.flatten(1)], dim=1)
        # There are as many pixels above the median of an even number as below; it lies between
        # the two in the middle, whose sum is twice the median.
        middle = border.topk(border.shape[1] // 2 + 1, dim=1).values[:, -2:].sum(dim=1)
        flat = levels.flatten(1)
        darkest, lightest = flat.amin(dim=1), flat.amax(dim=1)
        width = lightest - darkest
        # (middle / 2 - darkest) * 255 / width against a threshold, without a division, so exact
        # in float32; a picture of one level has no range, and its level is compared itself.
        above = torch.where(width > 0, 255 * (middle - 2 * darkest), middle)
        scale = torch.where(width > 0, 2 * width, torch.full_like(width, 2))
        if self.wanted == "light on dark":
            is_opposite = above > LIGHT_ABOVE * scale
        else:
            is_opposite = above < DARK_BELOW * scale
        return torch.where(is_opposite.view(-1, 1, 1, 1), 255 - levels, levels)


def exportable(run: Run, *, with_polarity: bool = True) -> ExportedNetwork:
    """Return a copy of the network of a run, ready to be exported, on the CPU."""
    # A copy, since the run's own answers depend in their last bits on how its weights lie.
    model = deepcopy(run.model).to("cpu", memory_format=torch.contiguous_format)  # type: ignore[call-overload]
    return ExportedNetwork(model, run.contract, with_polarity=with_polarity).eval()


def example_input(contract: Contract, batch: int = 2) -> Tensor:
    """Return an input to trace with; of 2, since a batch of 1 would be frozen into the graph.

    pytorch/pytorch#148886.
    """
    preprocessor = contract.preprocessor
    if preprocessor.of_words:
        return torch.ones((batch, *preprocessor.shape), dtype=torch.int64)
    return torch.zeros((batch, *preprocessor.shape), dtype=torch.uint8)
