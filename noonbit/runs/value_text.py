"""Values of settings and of statistics as text; the same in commands, notebooks and the studio."""

from typing import Any

NOTHING = "–"
LEAST_P = 0.001


def format_points(share: float) -> str:
    """Return a difference of accuracies as points of a hundred with its sign: `+1.25`."""
    return f"{100 * share:+.2f}"


def format_p(p: float) -> str:
    """`= 0.031`; very small ones as a bound."""
    return f"= {p:.3f}" if p >= LEAST_P else f"< {LEAST_P:g}"


def format_value(value: Any) -> str:
    """Return the value of a setting; a dash where a run has none."""
    if value is None:
        return NOTHING
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, list | tuple):
        return ", ".join(map(format_value, value))
    return str(value)
