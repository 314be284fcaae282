"""The flag `--trust`, and runs opened with it."""

from typing import TYPE_CHECKING, Annotated, TypeAlias

from cyclopts import Parameter

from noonbit.cli.output import say

if TYPE_CHECKING:
    from collections.abc import Iterable

    from noonbit.models.custom import CustomNetwork
    from noonbit.runs.run import Run

Trust: TypeAlias = Annotated[
    bool,
    Parameter(
        negative=(),
        help="Let the Python code that a run or a settings file from elsewhere brings for its "
        "network run: read it first. Said once, it holds for this code on this machine.",
    ),
]


def open_run(name: str, *, trust: bool) -> "Run":
    """Load a run, and trust its code if the user says so."""
    from noonbit.runs.folder import load_run

    run = load_run(name)
    if trust:
        trust_code(run.custom_networks())
    return run


def trust_code(networks: "Iterable[CustomNetwork]") -> None:
    """Trust custom networks, with a note where that cannot be remembered."""
    for network in networks:
        reason = network.trust()
        if reason is not None:
            say(f"note     --trust holds for this command alone: {reason}")
