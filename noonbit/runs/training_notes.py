"""What a person should know about how a run was trained, beyond its settings: one sentence each."""

from typing import Any

from noonbit.errors import plural
from noonbit.runs.run import Run


def beginning_notes(run: Run) -> list[str]:
    """Return what is known before the first step: the initial weights, and extensions."""
    notes = []
    if (initial := run.metadata.get("initial")) is not None:
        notes += initial_notes(initial, run.contract.preprocessor.noun)
    if (borrowed := run.metadata.get("pretrained")) is not None:
        notes.append(borrowed_note(borrowed))
    return notes + [extension_note(each) for each in run.metadata.get("extensions", [])]


def training_notes(run: Run) -> list[str]:
    """Return all notes on a finished run."""
    notes = beginning_notes(run)
    if (head := head_note(run.metadata.get("pretrained", {}))) is not None:
        notes.append(head)
    if (budget := run.metadata["result"].get("time_budget")) is not None:
        notes.append(time_budget_note(budget))
    elif run.recipe.time_budget is not None and "training" in run.metadata:
        shares = {recipe["time_budget"] for recipe in run.metadata["training"]["recipes"]}
        notes.append(
            f"The time budget of {run.recipe.time_budget:g} s was that of all networks: each had "
            f"{max(shares):g} s, which its learning rate followed."
        )
    return notes


def borrowed_note(borrowed: dict[str, Any]) -> str:
    """Return the note on published weights: what they are, from where, licence and hash."""
    digits = borrowed["sha256"][:16]
    return (
        f"Began with published weights of {borrowed['network']} ({borrowed['tensors']} tensors) "
        f"from {borrowed['place']}, licence {borrowed['licence']}, SHA-256 {digits}."
    )


def head_note(borrowed: dict[str, Any]) -> str | None:
    """Return the note on the head that was fitted to their features; None before that."""
    if borrowed.get("features") is None:
        return None
    note = (
        f"The last layer is a logistic regression on their {borrowed['features']:,} features, with "
        f"a penalty of {borrowed['penalty']:g}"
    )
    accuracy = borrowed["cross_validated_accuracy"]
    if accuracy is None:
        note += ", since a class with one item cannot be cross-validated."
    else:
        note += (
            f" that cross-validation on the training items chose; there it had {accuracy:.2%} "
            "right."
        )
    if borrowed.get("from_nothing") is not None:
        note += (
            f" From nothing, {borrowed['from_nothing']} had "
            f"{borrowed['from_nothing_accuracy']:.2%} of as many test items right."
        )
    return note


def initial_notes(initial: dict[str, Any], noun: str) -> list[str]:
    """Return notes on the weights that the training began with."""
    notes = [
        f"Began with the weights of {initial['run']} (all {initial['tensors']} tensors, of epoch "
        f"{initial['epoch']}), which was trained on {initial['source']}; {noun}s are prepared as "
        "there."
    ]
    flattery = flattery_note(initial, noun)
    return notes if flattery is None else [*notes, flattery]


def flattery_note(initial: dict[str, Any], noun: str) -> str | None:
    """Return a note if the initial weights may have learned from test items; else None."""
    learned = initial["learned_test_items"]
    if learned is None:
        return (
            f"Whether it learned from some of these test {noun}s could not be seen; if so, the "
            "accuracy flatters."
        )
    if learned:
        return (
            f"It learned from {plural(learned, f'test {noun}')} of this run, so the accuracy "
            "flatters."
        )
    return None


def extension_note(extension: dict[str, Any]) -> str:
    """Return the note on an extension: where it began, and what the learning rate does."""
    place = f"epoch {extension['epoch']}"
    if extension["step"]:
        place += f", step {extension['step']}"
    planned = extension["planned"]
    of = f" of {planned}" if planned is not None else " of a time budget"
    then = "and stays there" if extension["schedule"] == "constant" else "and falls to zero"
    return (
        f"Extended to {extension['epochs']} epochs after {place}{of}: the learning rate goes on at "
        f"{extension['lr']:.3g}, where {extension['epochs']} epochs have it there, {then}. The "
        "weights are not those of so many epochs planned at once."
    )


def time_budget_note(budget: dict[str, Any]) -> str:
    """Return the note on what a time budget held, what ended the training, and at which rate."""
    whole, rest = divmod(budget["steps"], budget["steps_per_epoch"])
    held = [plural(whole, "epoch")] if whole else []
    if rest:
        held.append(f"{rest:,} of the {budget['steps_per_epoch']:,} steps of an epoch")
    end = {
        "time": "",
        "epochs": ", all that --epochs asked for",
        "patience": ", until --patience ended it",
    }[budget["ended_by"]]
    validation = "; there was no time to validate" if budget["too_short_to_validate"] else ""
    return (
        f"The time budget of {budget['seconds']:g} s held {' and '.join(held)} in "
        f"{budget['spent_seconds']:.1f} s{end}; the learning rate followed the clock, and the last "
        f"step had {budget['last_lr'] / budget['highest_lr']:.1%} of the highest{validation}."
    )
