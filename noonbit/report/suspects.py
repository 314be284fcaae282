"""The report's section on what `noonbit check RUN` found, with pictures."""

from dataclasses import dataclass

from noonbit.data.prepared import PreparedDataset
from noonbit.report.inputs import ShownInput, describe_confusion, show_input
from noonbit.report.translation import Translator
from noonbit.runs.check import LABEL, RunCheck, Suspect, read_check
from noonbit.runs.run import Run

SHOWN = 24
"""Items of each reason."""


@dataclass(frozen=True, slots=True)
class ShownSuspect:
    """One item to look at."""

    shown: ShownInput
    suspect: Suspect


@dataclass(frozen=True, slots=True)
class SuspectGroup:
    """The items that were named for one reason."""

    reason: str
    count: int
    """Of all of them; the first are shown."""
    first: list[ShownSuspect]


@dataclass(frozen=True, slots=True)
class CheckSection:
    """The content of the section."""

    check: RunCheck
    labels: SuspectGroup
    near_duplicates: SuspectGroup
    odd: list[SuspectGroup]


def build_check_section(
    run: Run, items: PreparedDataset, translate: Translator
) -> CheckSection | None:
    """Gather the section from the last check of the run; None if there was none."""
    check = read_check(run)
    if check is None:
        return None

    def group(reason: str) -> SuspectGroup:
        named = [one for one in check.suspects if one.reason == reason]
        first = [
            ShownSuspect(
                show_input(
                    items,
                    one.item,
                    describe_confusion(items, one.given_label, one.likely_label, translate),
                ),
                one,
            )
            for one in named[:SHOWN]
        ]
        return SuspectGroup(reason, len(named), first)

    odd = [group(reason) for reason in ("dark", "bright", "flat", "blurry")]
    return CheckSection(
        check, group(LABEL), group("near duplicate"), [each for each in odd if each.count]
    )
