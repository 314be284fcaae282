"""noonbit export RUN"""

from typing import Literal

from noonbit.cli.output import DataDir, Json, OutFile, print_json, print_line, say
from noonbit.cli.trust import Trust, open_run
from noonbit.terminal import shell_word

EXPORTS = "export"
"""The folder inside a run folder for its exported files."""


def export(
    run: str = "last",
    /,
    *,
    to: Literal["onnx", "torch"] = "onnx",
    out: OutFile = None,
    data_dir: DataDir = None,
    trust: Trust = False,
    json: Json = False,
) -> None:
    """Write a run's network as a file that runs without noonbit.

    The file answers the run's test items before it is kept, and parity.json beside it has the
    comparison.

    Parameters
    ----------
    run
        A run folder, a unique beginning of its name, or `last`.
    to
        `onnx` for onnxruntime and most others, `torch` for a torch.export archive (.pt2).
    out
        The file to write; left out: model.onnx or model.pt2 in the folder `export` of the run.
    data_dir
        Where to look first for the run's data, if they are a known data set.
    """
    from noonbit.export.formats import FORMATS, export
    from noonbit.export.parity import items_if_here, plain_facts
    from noonbit.runs.folder import make_folder

    loaded = open_run(run, trust=trust)
    loaded.model  # noqa: B018 - whatever is wrong with it is said before the data are loaded
    items, reason = items_if_here(loaded, data_dir)
    if reason is not None:
        say(f"note     compared on made-up inputs, since the run's data cannot be used: {reason}")
    path = out
    if path is None:
        path = loaded.path / EXPORTS / FORMATS[to].file_name
        make_folder(path.parent)
    parity = export(loaded, to, path, items)
    if json:
        print_json({"run": str(loaded.path), "file": str(path), "parity": plain_facts(parity)})
        return
    print_line(f"parity   {parity.describe()}")
    say(f"wrote    {path} ({path.stat().st_size / 1e6:,.1f} MB)")
    if to == "onnx":
        example = loaded.contract.preprocessor.example
        say(f"next     noonbit predict {shell_word(str(path))} {example}")
