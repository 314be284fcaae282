"""The accuracies of an ensemble's members and its own, of the document and as noonbit has them."""

from xml.sax.saxutils import escape

from nicegui import ui

from noonbit.studio.elements import words
from noonbit.studio.language import Speech

ACCURACIES = {
    "document": ((99.33, 99.46, 99.34, 99.35, 99.35, 99.49, 99.41), 99.52),
    "noonbit": ((99.27, 99.33, 99.45, 99.34, 99.46, 99.36, 99.27), 99.59),
}
"""Of seven members, and of their ensemble, in per cent; `lab-ensemble` in docs/experiments.md."""
LOWEST, HIGHEST = 99.2, 99.65
WIDTH, ROW, LEFT = 520, 44, 90


def add_ensemble(speech: Speech) -> None:
    """Add an axis for each, with a ring a member and a filled mark for the ensemble."""
    said = [
        speech(
            "ensemble.said",
            who=speech(f"ensemble.{who}"),
            low=f"{min(members):.2f}",
            high=f"{max(members):.2f}",
            ensemble=f"{ensemble:.2f}",
        )
        for who, (members, ensemble) in ACCURACIES.items()
    ]
    rows = []
    for number, (who, (members, ensemble)) in enumerate(ACCURACIES.items()):
        y = 24 + number * ROW
        rows.append(
            f'<text x="0" y="{y + 5}">{escape(speech(f"ensemble.{who}"))}</text>'
            f'<line x1="{LEFT}" x2="{WIDTH}" y1="{y}" y2="{y}"/>'
            + "".join(f'<circle cx="{place(each):.1f}" cy="{y}" r="6"/>' for each in members)
            + f'<rect x="{place(ensemble) - 6:.1f}" y="{y - 6}" width="12" height="12"/>'
        )
    bottom = 24 + len(rows) * ROW
    ticks = "".join(
        f'<text class="tick" x="{place(tick / 10):.1f}" y="{bottom}">{tick / 10:.1f}</text>'
        for tick in range(992, 997)
    )
    ui.html(
        f'<svg class="ensemble" role="img" aria-label="{escape("; ".join(said))}" '
        f'viewBox="0 0 {WIDTH + 10} {bottom + 8}">{"".join(rows)}{ticks}</svg>',
        sanitize=False,  # numbers and texts of ours
    )
    for sentence in said:
        words("p", sentence)
    words("p", speech("ensemble.legend")).classes("aside")


def place(accuracy: float) -> float:
    """Return where an accuracy stands on the axis, in pixels."""
    return LEFT + (WIDTH - LEFT) * (accuracy - LOWEST) / (HIGHEST - LOWEST)
