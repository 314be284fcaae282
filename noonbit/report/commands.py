"""The commands that the report prints."""

import shlex

from noonbit.data.prepared import PreparedDataset
from noonbit.runs.run import Run


def summary_commands(run: Run) -> list[str]:
    """Return the commands that print the layers of each network of an ensemble; else none."""
    if not run.is_ensemble:
        return []
    preprocessor = run.contract.preprocessor
    size = "x".join(map(str, (*preprocessor.size, preprocessor.channels)))
    shape = ["--input", size, "--classes", str(len(run.class_names))]
    names = dict.fromkeys(member["name"] for member in run.metadata["model"]["members"])
    return [shlex.join(["noonbit", "summary", name, *shape]) for name in names]


def test_command(run: Run, items: PreparedDataset) -> str | None:
    """Return the command that evaluates a cross-validation's ensemble on the official test part.

    None for other runs, and for sources without such a part.
    """
    if run.folds is None or items.data.test is None:
        return None
    return shlex.join(["noonbit", "evaluate", str(run.path), run.metadata["source_path"]])


def repeat_command(run: Run) -> str:
    """Return the command that repeats the training; recipe.toml has every setting and the seed."""
    if run.is_ensemble and "training" not in run.metadata:
        model = run.metadata["model"]
        folders = [str(run.path / member["run"]) for member in model["members"]]
        return shlex.join(["noonbit", "ensemble", *folders, "--combine", model["combine"]])
    words = ["noonbit", "train", run.metadata["source_path"]]
    words += ["--config", str(run.path / "recipe.toml")]
    if (initial := run.metadata.get("initial")) is not None:
        words += ["--from", initial["run"]]
    if run.is_ensemble:
        for name, value in run.metadata["training"]["settings"].items():
            if value is not False:
                words.append(f"--{name.replace('_', '-')}")
                words += [] if value is True else [str(value)]
    return shlex.join(words)
