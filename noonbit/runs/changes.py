"""changes.csv: what somebody changed while a training ran, a line for each change.

A line is written before its step is taken, so that a killed training loses none, and a resumed one
makes the same changes at the same steps.
"""

import csv
import os
from itertools import pairwise
from pathlib import Path

from pydantic import TypeAdapter

from noonbit.system.artefacts import damaged, parse_artefact, read_artefact_text, refuse
from noonbit.training.changes import Change

NAME = "changes.csv"
HEADER = "step,epoch,setting,value\n"
CHANGES_ADAPTER = TypeAdapter(list[Change])
MOST_BYTES = 2**24
"""A hundred thousand changes and more."""


def append_change(folder: Path, change: Change) -> None:
    """Write a change behind those of a run folder; it outlives the process from here on."""
    with (folder / NAME).open("a", encoding="utf-8") as file:
        if not file.tell():
            file.write(HEADER)
        file.write(f"{change.step},{change.epoch!r},{change.setting},{change.plain_value!r}\n")


def read_changes(folder: Path) -> list[Change]:
    """Read changes.csv; an empty list if there is none.

    A line that a kill cut short was not followed by a step, so it is left out. Raises
    `ArtefactError` for a file that is damaged.
    """
    path = folder / NAME
    if not os.path.lexists(path):
        return []
    text = read_artefact_text(path, most_bytes=MOST_BYTES)
    whole_lines = text[: text.rfind("\n") + 1].splitlines()
    with damaged(path):
        stored = [
            (int(step), float(epoch), setting, float(value))
            for step, epoch, setting, value in csv.reader(whole_lines[1:])
        ]
    changes = parse_artefact(CHANGES_ADAPTER, stored, path)
    if any(one.step > other.step for one, other in pairwise(changes)):
        refuse(path, "a change stands behind one of a later step")
    return changes
