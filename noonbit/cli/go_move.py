"""noonbit predict RUN GAME.sgf --move N: draw the position before a move, with its predictions."""

from pathlib import Path

from noonbit.cli.output import print_diagram, print_json, print_line, say
from noonbit.cli.trust import open_run
from noonbit.errors import UsageError
from noonbit.system.paths import user_path
from noonbit.terminal import shell_word

NUMBERED, MOST_NUMBERED = 5, 9
"""Moves numbered on a board: by default, and at most, since each has one digit."""


def draw_move(
    run: str,
    inputs: tuple[str, ...],
    move: int,
    *,
    numbered: int,
    out: Path | None,
    trust: bool,
    json: bool,
) -> None:
    """Draw the position before a move of one game, on the terminal or into an SVG file."""
    if len(inputs) > 1:
        raise UsageError(f"--move is of one game; {len(inputs)} sources were given.")
    if out is not None and out.suffix != ".svg":
        raise UsageError(f"--out {out} ends in '{out.suffix}'; with --move it is a .svg.")
    if numbered > MOST_NUMBERED:
        raise UsageError(f"--top {numbered} is more than a board can number; use {MOST_NUMBERED}.")
    loaded = open_run(run, trust=trust)
    if loaded.contract.preprocessor.input_kind != "boards":
        raise UsageError(
            f"--move is for games of Go, and {loaded.path.name} takes "
            f"{loaded.contract.preprocessor.input_kind}. Leave it out."
        )
    from noonbit.runs.go_move import predict_move

    answer = predict_move(loaded, user_path(inputs[0]), move, numbered=numbered)
    for finding in answer.findings:
        say(f"note     {finding}")
    if out is not None:
        from noonbit.system.files import write_text

        write_text(out, answer.diagram.svg(answer.title))
        say(f"wrote    {out}")
    if json:
        print_json({"run": str(loaded.path)} | answer.as_dict())
        return
    if out is None:
        print_diagram(answer.title, answer.diagram.text())
    for line in answer.lines():
        print_line(line)
    if out is None:
        words = f"{loaded.word} {shell_word(inputs[0])}"
        say(f"\nnext     noonbit predict {words} --move {move} --out board.svg")
