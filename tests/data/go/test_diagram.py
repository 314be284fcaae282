import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

pytest.importorskip("numba")
from go_boards import board_of
from rich.console import Console

from noonbit.data.go.board import point_name
from noonbit.data.go.diagram import Diagram, handicap_points, mix_colors

BOARD = board_of(".X... .OX.. ..... ..... .....")


def answered(**shares: float) -> np.ndarray:
    """Probabilities of points by name, on 5x5."""
    names = [point_name(point, 5) for point in range(25)]
    return np.array([shares.get(name, 0.0) for name in names])


def elements(svg: str, tag: str) -> list[ElementTree.Element]:
    return ElementTree.fromstring(svg).findall(f".//{{http://www.w3.org/2000/svg}}{tag}")


def render(diagram: Diagram, *, color: bool = False) -> str:
    console = Console(width=80, force_terminal=color, color_system="truecolor" if color else None)
    with console.capture() as capture:
        console.print(diagram.text())
    return capture.get()


def test_the_svg_has_a_circle_for_each_stone_in_its_colour() -> None:
    fills = [circle.get("fill") for circle in elements(Diagram(BOARD).svg("b"), "circle")]
    assert fills.count("#1b1b1b") == 2
    assert fills.count("#fdfdfb") == 1


def test_coordinates_stand_on_all_four_sides() -> None:
    texts = [text.text for text in elements(Diagram(BOARD).svg("b"), "text")]
    for label in "ABCDE12345":
        assert texts.count(label) == 2, label


def test_a_title_is_text_whatever_it_holds() -> None:
    svg = Diagram(BOARD).svg("<script>&'")
    assert elements(svg, "title")[0].text == "<script>&'"
    assert "<script>" not in svg


def test_the_most_probable_moves_are_numbered_and_told() -> None:
    diagram = Diagram(BOARD, probabilities=answered(C3=0.5, A1=0.3, E1=0.2), played=4)
    assert diagram.best_moves() == [(12, 0.5), (20, 0.3), (24, 0.2)]
    assert diagram.legend_lines() == [
        "1  C3  50.0%",
        "2  A1  30.0%",
        "3  E1  20.0%",
        "played E5  0.0%, rank 4",
    ]
    texts = [text.text for text in elements(diagram.svg("b"), "text")]
    assert "1  C3  50.0%" in texts


def test_only_probable_points_are_tinted_the_more_the_stronger() -> None:
    diagram = Diagram(BOARD, probabilities=answered(C3=0.64, A1=0.25, E1=0.001))
    tints = [r.get("fill-opacity") for r in elements(diagram.svg("b"), "rect")]
    assert [tint for tint in tints if tint] == ["0.80", "0.50"]


def test_the_terminal_form_reads_without_colours() -> None:
    diagram = Diagram(BOARD, last=7, probabilities=answered(C3=0.5, A1=0.3), played=4)
    assert render(diagram).splitlines()[:6] == [
        "    A B C D E",
        "  5 · ● · · ·  5",
        "  4 · ○(●)· ·  4",
        "  3 · · 1 · ·  3",
        "  2 · · · · ·  2",
        "  1 2 · · · ·  1",
    ]


def test_the_last_move_at_either_edge_has_its_brackets() -> None:
    stones = board_of("X...X ..... ..... ..... .....")
    assert render(Diagram(stones, last=4)).splitlines()[1] == "  5 ● · · ·(●) 5"
    assert render(Diagram(stones, last=0)).splitlines()[1] == "  5(●)· · · ●  5"


def test_colours_change_no_character() -> None:
    import re

    diagram = Diagram(BOARD, probabilities=answered(C3=0.5))
    plain = re.sub(r"\x1b\[[\d;]*m", "", render(diagram, color=True))
    assert plain == render(diagram)


@pytest.mark.parametrize(("size", "count"), [(19, 9), (13, 5), (9, 5), (5, 0), (8, 4)])
def test_the_dots_of_a_board(size: int, count: int) -> None:
    dots = handicap_points(size)
    assert len(dots) == count
    assert {size * size - 1 - dot for dot in dots} == dots, "symmetric"


def test_a_colour_between_two() -> None:
    assert mix_colors("#000000", "#ff8000", 0.5) == "#804000"


def test_stones_that_speak_for_a_move_are_ringed_red_and_those_against_it_blue() -> None:
    influence = np.zeros(25)
    influence[[1, 5]] = [2.0, -1.0]
    diagram = Diagram(BOARD, explained=12, influence=influence)
    rings = [
        (circle.get("fill"), circle.get("fill-opacity"))
        for circle in elements(diagram.svg("b"), "circle")
        if circle.get("fill-opacity")
    ]
    assert rings == [("#c81e1e", "1.00"), ("#1746b3", "0.50")]
    assert diagram.legend_lines() == ["B5  +2.00", "A4  -1.00"]
    assert render(diagram).splitlines()[3] == "  3 · · * · ·  3"
    assert mix_colors("#eccb8c", "#c81e1e", 1.0) == "#c81e1e"
    assert "48;2;200;30;30" in render(diagram, color=True), "tinted on a terminal"


def test_without_any_influence_no_stone_is_ringed() -> None:
    diagram = Diagram(BOARD, explained=12, influence=np.zeros(25))
    assert "fill-opacity" not in diagram.svg("b") and diagram.legend_lines() == []
