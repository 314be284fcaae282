"""Draw a position: stones, coordinates, the last move, and a network's move probabilities.

    diagram = Diagram(board.stones, last=72, probabilities=answer, played=288)
    Path("board.svg").write_text(diagram.svg("game.sgf, move 57: Black to play"))
    rich.print(diagram.text())

The board is tinted by probability, and the most probable moves are numbered. Or the stones
that speak for one move are ringed in red, and those against it in blue. The SVG needs no font,
script or other file. Several fit into one HTML page, whose text styles do not affect them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

import numpy as np
from numpy.typing import NDArray
from rich.style import Style
from rich.text import Text

from noonbit.data.go.board import BLACK, EMPTY, point_name

CELL = 28
"""Pixels between two lines of the board."""
MARGIN = 40
LEGEND = 220
"""Width of the legend beside the board, in pixels."""
STONE = 13.2
"""Radius of a stone in pixels."""
HALO = 5
"""Width of the ring around a stone of influence, in pixels."""
WOOD, LINES, HEAT, PLAYED = "#eccb8c", "#6b4f2a", "#c81e1e", "#1746b3"
FONT = "font-family='system-ui, sans-serif'"
LEAST_SHOWN = 0.005
"""Points with a lower probability are not tinted."""


@dataclass(frozen=True, slots=True, eq=False)
class Diagram:
    """A position to draw."""

    stones: NDArray[np.int8]
    """(size, size) of EMPTY, BLACK, WHITE."""
    last: int | None = None
    """The point of the last move; None if there was none or it was a pass."""
    probabilities: NDArray[np.floating] | None = None
    """The probability of each point, (size * size,)."""
    played: int | None = None
    """The move that was played in this position."""
    numbered: int = 5
    """How many of the most probable moves get a number; at most 9."""
    explained: int | None = None
    """The move that `influence` is about."""
    influence: NDArray[np.floating] | None = None
    """How much the stone at each point speaks for that move, (size * size,); 0 without a stone."""

    @property
    def size(self) -> int:
        """Points along one side."""
        return len(self.stones)

    def best_moves(self) -> list[tuple[int, float]]:
        """Return the numbered moves, the most probable first: point and probability."""
        if self.probabilities is None:
            return []
        order = np.argsort(-self.probabilities, kind="stable")[: self.numbered]
        return [
            (int(point), float(self.probabilities[point]))
            for point in order
            if self.probabilities[point] > 0
        ]

    def most_influential(self) -> list[tuple[int, float]]:
        """Return the `numbered` most influential stones, for or against: point and value."""
        if self.influence is None:
            return []
        order = np.argsort(-np.abs(self.influence), kind="stable")[: self.numbered]
        return [
            (int(point), float(self.influence[point])) for point in order if self.influence[point]
        ]

    def svg(self, title: str) -> str:
        """Draw as one SVG element, with `title` above the board and as its accessible name."""
        side = 2 * MARGIN + (self.size - 1) * CELL
        width = side + (LEGEND if self.legend_lines() else 0)
        parts = [
            f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {width} {side + 30}' "
            f"width='{width}' height='{side + 30}' role='img' {FONT}>",
            f"<title>{escape(title)}</title>",
            f"<rect width='{width}' height='{side + 30}' fill='#fff'/>",
            "<text x='6' y='20' style='font-size: 15px; font-weight: 600; fill: #222'>"
            f"{escape(title)}</text>",
            "<g transform='translate(0 30)'>",
            f"<rect width='{side}' height='{side}' rx='4' fill='{WOOD}'/>",
            *self._heat(),
            *self._lines(),
            *self._halos(),
            *self._stones(),
            *self._numbers(),
            *self._legend(side),
            "</g></svg>\n",
        ]
        return "\n".join(parts)

    def _pixel_position(self, point: int) -> tuple[int, int]:
        """Return the pixel position (x, y) of a point."""
        row, column = divmod(point, self.size)
        return MARGIN + column * CELL, MARGIN + row * CELL

    def _tints(self) -> Iterator[tuple[int, float]]:
        """Yield points to tint, with a strength from 0 to 1.

        The strength is the square root of the probability, to make a few percent visible.
        """
        if self.probabilities is not None:
            for point in np.flatnonzero(self.probabilities >= LEAST_SHOWN):
                yield int(point), float(np.sqrt(self.probabilities[point]))

    def _heat(self) -> Iterator[str]:
        for point, strength in self._tints():
            x, y = self._pixel_position(point)
            yield (
                f"<rect x='{x - CELL / 2}' y='{y - CELL / 2}' width='{CELL}' height='{CELL}' "
                f"fill='{HEAT}' fill-opacity='{strength:.2f}'/>"
            )

    def _lines(self) -> Iterator[str]:
        first, last = MARGIN, MARGIN + (self.size - 1) * CELL
        path = "".join(
            f"M{first} {at}H{last}M{at} {first}V{last}" for at in range(first, last + 1, CELL)
        )
        yield f"<path d='{path}' stroke='{LINES}' stroke-width='1' fill='none'/>"
        for point in handicap_points(self.size):
            x, y = self._pixel_position(point)
            yield f"<circle cx='{x}' cy='{y}' r='3.2' fill='{LINES}'/>"
        label = f"text-anchor='middle' style='font-size: 12px; fill: {LINES}'"
        for index in range(self.size):
            at = MARGIN + index * CELL
            letter, number = split_point_name(index * self.size + index, self.size)
            for edge in (16, last + 32):
                yield f"<text x='{at}' y='{edge}' {label}>{letter}</text>"
            for edge in (14, last + 26):
                yield f"<text x='{edge}' y='{at + 4}' {label}>{number}</text>"

    def _influences(self) -> Iterator[tuple[int, str, float]]:
        """Yield stones with a colour and a strength from 0 to 1, by the most influential stone."""
        if self.influence is not None and (largest := np.abs(self.influence).max()) > 0:
            for point in np.flatnonzero(self.influence):
                strength = float(self.influence[point] / largest)
                yield int(point), HEAT if strength > 0 else PLAYED, abs(strength)

    def _halos(self) -> Iterator[str]:
        for point, color, strength in self._influences():
            x, y = self._pixel_position(point)
            yield (
                f"<circle cx='{x}' cy='{y}' r='{STONE + HALO}' fill='{color}' "
                f"fill-opacity='{strength:.2f}'/>"
            )
        if self.explained is not None:
            x, y = self._pixel_position(self.explained)
            yield (
                f"<path d='M{x} {y - 11}L{x + 11} {y}L{x} {y + 11}L{x - 11} {y}Z' fill='{HEAT}' "
                "stroke='#fff'/>"
            )

    def _stones(self) -> Iterator[str]:
        for point in np.flatnonzero(self.stones):
            x, y = self._pixel_position(int(point))
            is_black = self.stones.flat[point] == BLACK
            fill, edge = ("#1b1b1b", "#000") if is_black else ("#fdfdfb", "#4a4a4a")
            yield f"<circle cx='{x}' cy='{y}' r='{STONE}' fill='{fill}' stroke='{edge}'/>"
            if point == self.last:
                ring = "#fff" if is_black else "#000"
                yield (
                    f"<circle cx='{x}' cy='{y}' r='6.5' fill='none' stroke='{ring}' "
                    "stroke-width='2'/>"
                )

    def _numbers(self) -> Iterator[str]:
        for rank, (point, _) in enumerate(self.best_moves(), start=1):
            x, y = self._pixel_position(point)
            yield f"<circle cx='{x}' cy='{y}' r='10.5' fill='{HEAT}' stroke='#fff'/>"
            yield (
                f"<text x='{x}' y='{y + 4.5}' text-anchor='middle' "
                f"style='font-size: 13px; font-weight: 700; fill: #fff'>{rank}</text>"
            )
        if self.played is not None:
            x, y = self._pixel_position(self.played)
            yield (
                f"<rect x='{x - 12.5}' y='{y - 12.5}' width='25' height='25' rx='3' fill='none' "
                f"stroke='{PLAYED}' stroke-width='2.5'/>"
            )

    def _legend(self, side: int) -> Iterator[str]:
        for index, line in enumerate(self.legend_lines()):
            color = PLAYED if line.startswith("played") else "#222"
            yield (
                f"<text x='{side + 16}' y='{MARGIN + 5 + 24 * index}' xml:space='preserve' "
                f"style='font-size: 14px; fill: {color}'>{escape(line)}</text>"
            )

    def legend_lines(self) -> list[str]:
        """Return the lines of the legend: the numbered moves, and the move that was played.

        Or the stones that speak loudest for a move, or against it.
        """
        if self.influence is not None:
            return [
                f"{point_name(point, self.size)}  {influence:+.2f}"
                for point, influence in self.most_influential()
            ]
        if self.probabilities is None:
            return []
        lines = [
            f"{rank}  {point_name(point, self.size)}  {probability:.1%}"
            for rank, (point, probability) in enumerate(self.best_moves(), start=1)
        ]
        if self.played is not None:
            name = point_name(self.played, self.size)
            lines.append(f"played {name}  {self.played_probability:.1%}, rank {self.played_rank}")
        return lines

    @property
    def played_probability(self) -> float | None:
        """The probability of the move that was played; None if either is unknown."""
        if self.probabilities is None or self.played is None:
            return None
        return float(self.probabilities[self.played])

    @property
    def played_rank(self) -> int | None:
        """The rank of the move that was played among all points; 1 is the most probable."""
        if self.probabilities is None or self.played is None:
            return None
        return int((self.probabilities > self.probabilities[self.played]).sum()) + 1

    def text(self) -> Text:
        """Draw for a terminal, two columns per point; readable without colours.

        The last move is in parentheses.
        """
        backgrounds = {point: mix_colors(WOOD, HEAT, strength) for point, strength in self._tints()}
        for point, color, strength in self._influences():
            backgrounds[point] = mix_colors(WOOD, color, strength)
        ranks = {point: rank for rank, (point, _) in enumerate(self.best_moves(), start=1)}
        stars = handicap_points(self.size)
        letters = " ".join(split_point_name(column, self.size)[0] for column in range(self.size))
        text = Text(no_wrap=True)
        text.append(f"    {letters}\n", "dim")
        for row in range(self.size):
            number = f"{self.size - row:2}"
            text.append(f" {number}", "dim")
            before = "(" if self.last == row * self.size else " "
            text.append(before, Style(color="#000000", bgcolor=WOOD))
            for column in range(self.size):
                point = row * self.size + column
                background = backgrounds.get(point, WOOD)
                glyph, color = "+" if point in stars else "·", LINES
                if self.stones.flat[point] != EMPTY:
                    is_black = self.stones.flat[point] == BLACK
                    glyph, color = ("●", "#000000") if is_black else ("○", "#ffffff")
                elif point == self.explained:
                    glyph, color, background = "*", "#ffffff", HEAT
                elif point in ranks:
                    glyph, color = str(ranks[point]), "#ffffff"
                    background = HEAT
                style = Style(color=color, bgcolor=background, bold=color != LINES)
                text.append(glyph, style)
                text.append(self._after(point), Style(color="#000000", bgcolor=WOOD))
            text.append(f"{number}\n", "dim")
        text.append(f"    {letters}\n", "dim")
        return text

    def _after(self, point: int) -> str:
        """Return the character after a point: a space, or a parenthesis at the last move."""
        if point == self.last:
            return ")"
        at_end = point % self.size == self.size - 1
        return "(" if self.last == point + 1 and not at_end else " "


def split_point_name(point: int, size: int) -> tuple[str, str]:
    """Return a point's column letter and row number."""
    name = point_name(point, size)
    return name[0], name[1:]


def handicap_points(size: int) -> set[int]:
    """Return the star points: corners, sides and centre, as many as fit on the board."""
    if size < 7:
        return set()
    near = 3 if size > 11 else 2
    along = (near, size - 1 - near)
    dots = {(row, column) for row in along for column in along}
    if size % 2:
        middle = size // 2
        dots.add((middle, middle))
        if size > 13:
            dots |= {(middle, end) for end in along} | {(end, middle) for end in along}
    return {row * size + column for row, column in dots}


def mix_colors(first: str, second: str, share: float) -> str:
    """Mix two colours `#rrggbb`; a share of 0 gives the first, 1 the second."""
    pairs = zip(bytes.fromhex(first[1:]), bytes.fromhex(second[1:]), strict=True)
    return "#" + "".join(f"{round(a + share * (b - a)):02x}" for a, b in pairs)
