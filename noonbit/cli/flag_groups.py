"""The groups in which `noonbit train --help` prints its flags.

The flags come from three places, so one table here sorts them: the fields of `Recipe` and of
`EnsembleSettings`, and the command's own. docs/training.md has the same groups in the same order.
"""

from typing import TYPE_CHECKING

from cyclopts import Group
from cyclopts.help import DefaultFormatter

if TYPE_CHECKING:
    from cyclopts.help import HelpPanel
    from rich.console import Console, ConsoleOptions

FLAG_GROUPS = {
    "What to train": (
        "model",
        "pretrained",
        "finetune",
        "download",
        "fast",
        "config",
        "from",
        "resume",
        "trust",
    ),
    "How long": ("epochs", "time-budget", "patience", "keep"),
    "How": (
        "augment",
        "batch-size",
        "learning-rate",
        "optimizer",
        "schedule",
        "seed",
        "warmup",
        "momentum",
        "weight-decay",
        "epsilon",
        "label-smoothing",
        "average-weights",
        "test-time-augmentation",
    ),
    "Ensembles": (
        "members",
        "folds",
        "combine",
        "member-models",
        "member-augment",
        "member-folds",
    ),
    "Data": (
        "label-column",
        "path-column",
        "label-from-name",
        "validation",
        "validation-rows",
        "fold",
        "test-fold",
        "image-size",
        "channels",
        "normalise",
        "vectors",
        "on-bad",
        "data-dir",
    ),
    "Machine": ("device", "threads", "precision", "engine"),
    "Output": ("out", "live", "json"),
}
"""Group -> its flags without the dashes, those that are used most first."""


def print_in_groups(console: "Console", options: "ConsoleOptions", panel: "HelpPanel") -> None:
    """Print one help panel as a panel per group; a flag in no group stays under the old title.

    cyclopts takes a field's group from its annotation. Grouping when the help is printed instead
    keeps cyclopts out of noonbit.config, and lets a group order its flags, as fields cannot without
    reordering recipe.toml.
    """
    entries = {entry.positive_names[0].removeprefix("--"): entry for entry in panel.entries}
    print_panel = DefaultFormatter()
    for title, flags in FLAG_GROUPS.items():
        members = [entries.pop(flag) for flag in flags if flag in entries]
        print_panel(console, options, panel.copy(title=title, entries=members))
    print_panel(console, options, panel.copy(entries=list(entries.values())))


TRAIN_FLAGS = Group("Flags", help_formatter=print_in_groups)
"""Every flag of `noonbit train`."""
