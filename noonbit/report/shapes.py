"""The shapes that charts consist of: each has coordinates in pixels, and a class of style.css."""

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

Box: TypeAlias = tuple[int, int, int, int]
"""Left, top, right and bottom."""


class Line(NamedTuple):
    """A straight line between two points."""

    x1: float
    y1: float
    x2: float
    y2: float
    style: str

    def svg(self) -> str:
        """Return the SVG element."""
        x1, y1, x2, y2, style = self
        return f'<line class="{style}" x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}"/>'


class Text(NamedTuple):
    """A text whose baseline begins at a point, or is anchored as the style says."""

    x: float
    y: float
    words: str
    style: str

    def svg(self) -> str:
        """Return the SVG element."""
        return f'<text class="{self.style}" x="{self.x}" y="{self.y}">{self.words}</text>'


class Dot(NamedTuple):
    """A filled circle."""

    x: float
    y: float
    radius: int
    style: str

    def svg(self) -> str:
        """Return the SVG element."""
        return f'<circle class="{self.style}" cx="{self.x}" cy="{self.y}" r="{self.radius}"/>'


class Curve(NamedTuple):
    """A line through points, perhaps clipped to a box."""

    points: Sequence[tuple[float, float]]
    style: str
    clip: Box | None = None

    def svg(self) -> str:
        """Return the SVG element, in an inner svg element if it is clipped."""
        points = " ".join(f"{x},{y}" for x, y in self.points)
        drawn = f'<polyline class="{self.style}" points="{points}"/>'
        if self.clip is None:
            return drawn
        left, top, right, bottom = self.clip
        box = f"{left} {top} {right - left} {bottom - top}"
        size = f'width="{right - left}" height="{bottom - top}"'
        return f'<svg x="{left}" y="{top}" {size} viewBox="{box}">{drawn}</svg>'


Shape: TypeAlias = Line | Text | Dot | Curve
