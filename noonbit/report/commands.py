"""The commands that the report prints."""

from noonbit.data.prepared import PreparedDataset
from noonbit.runs.run import Run
from noonbit.terminal import shell_word


def summary_commands(run: Run) -> list[str]:
    """Return the commands that print the layers of each network of an ensemble; else none."""
    if not run.is_ensemble:
        return []
    preprocessor = run.contract.preprocessor
    size = "x".join(map(str, (*preprocessor.size, preprocessor.channels)))
    shape = f"--input {size} --classes {len(run.class_names)}"
    names = dict.fromkeys(member["name"] for member in run.metadata["model"]["members"])
    return [f"noonbit summary {shell_word(name)} {shape}" for name in names]


def test_command(run: Run, items: PreparedDataset) -> str | None:
    """Return the command that evaluates a cross-validation's ensemble on the official test part.

    None for other runs, and for sources without such a part.
    """
    if run.folds is None or items.data.test is None:
        return None
    return join_words("noonbit evaluate", str(run.path), run.metadata["source_path"])


def repeat_command(run: Run) -> str:
    """Return the command that repeats the training; recipe.toml has every setting and the seed."""
    if run.is_ensemble and "training" not in run.metadata:
        model = run.metadata["model"]
        folders = [str(run.path / member["run"]) for member in model["members"]]
        return join_words("noonbit ensemble", *folders) + f" --combine {model['combine']}"
    recipe = run.path / "recipe.toml"
    command = join_words("noonbit train", run.metadata["source_path"])
    command += join_words(" --config", str(recipe))
    if (initial := run.metadata.get("initial")) is not None:
        command += join_words(" --from", initial["run"])
    if run.is_ensemble:
        for name, value in run.metadata["training"]["settings"].items():
            if value is not False:
                command += f" --{name.replace('_', '-')}"
                command += "" if value is True else f" {shell_word(str(value))}"
    return command


def join_words(command: str, *words: str) -> str:
    """Join a command or a flag and its words, quoted for a shell."""
    return " ".join([command, *map(shell_word, words)])
