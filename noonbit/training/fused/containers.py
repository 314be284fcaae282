"""Links that are made of links."""

from collections.abc import Sequence

from torch import Tensor

from noonbit.training.fused.layers import Link, Normalisation


class InTurn:
    """Links one after the other."""

    def __init__(self, links: Sequence[Link]) -> None:
        self.links = links
        self.working = [one for link in links for one in link.working]
        learning = [any(one.learns for one in link.working) for link in links]
        self.first = learning.index(True) if True in learning else len(links)
        """The first link that learns: the way back ends there, unless it goes further."""

    def forward(self, values: Tensor) -> Tensor:
        """Through all of them."""
        for link in self.links:
            values = link.forward(values)
        return values

    def backward(self, gradient: Tensor, *, further: bool) -> Tensor | None:
        """And back."""
        back: Tensor | None = gradient
        last = 0 if further else self.first
        for index in range(len(self.links) - 1, last - 1, -1):
            assert back is not None  # noqa: S101
            back = self.links[index].backward(back, further=further or index > last)
        return back if further else None


class Residual:
    """A path beside a shortcut, added in the path's last norm, before its activation."""

    def __init__(self, path: InTurn, shortcut: InTurn, last: Normalisation) -> None:
        self.path, self.shortcut, self.last = path, shortcut, last
        self.working = [*path.working, *last.working, *shortcut.working]

    def forward(self, values: Tensor) -> Tensor:
        """Maps -> maps."""
        return self.last.forward(self.path.forward(values), self.shortcut.forward(values))

    def backward(self, gradient: Tensor, *, further: bool) -> Tensor | None:
        """Through both, and their sum."""
        along, beside = self.last.backward_both(gradient)
        one = self.path.backward(along, further=further)
        other = self.shortcut.backward(beside, further=further)
        return None if one is None or other is None else one.add_(other)
