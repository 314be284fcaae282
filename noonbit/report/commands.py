"""What the page tells people to type."""

import shlex

from noonbit.data.prepared import Items
from noonbit.runs.run import Run


def summary_commands(run: Run) -> list[str]:
    """What prints the layers of each kind of network among several; none for a network alone."""
    if not run.is_ensemble:
        return []
    framing = run.contract.framing
    size = "x".join(map(str, (*framing.size, framing.channels)))
    shape = ["--input", size, "--classes", str(len(run.class_names))]
    names = dict.fromkeys(member["name"] for member in run.record["model"]["members"])
    return [shlex.join(["noonbit", "summary", name, *shape]) for name in names]


def test_command(run: Run, items: Items) -> str | None:
    """What measures a cross-validation's networks together, on the test part that it left alone."""
    if run.folds is None or items.data.test is None:
        return None
    return shlex.join(["noonbit", "evaluate", str(run.path), run.record["source_path"]])


def repeat_command(run: Run) -> str:
    """What trains the same again; the recipe of the run folder has every setting and the seed."""
    if run.is_ensemble and "training" not in run.record:
        about = run.record["model"]
        folders = [str(run.path / member["run"]) for member in about["members"]]
        return shlex.join(["noonbit", "ensemble", *folders, "--combine", about["combine"]])
    words = ["noonbit", "train", run.record["source_path"]]
    words += ["--config", str(run.path / "recipe.toml")]
    if run.is_ensemble:
        for name, value in run.record["training"]["settings"].items():
            if value is not False:
                words.append(f"--{name.replace('_', '-')}")
                words += [] if value is True else [str(value)]
    return shlex.join(words)
