"""noonbit export RUN"""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from noonbit.cli.output import DataDir, Json, OutFile, print_json, print_line, say
from noonbit.cli.trust import Trust, open_run
from noonbit.errors import UsageError
from noonbit.terminal import shell_word

if TYPE_CHECKING:
    from noonbit.data.prepared import PreparedDataset
    from noonbit.runs.run import Run

Form: TypeAlias = Literal["onnx", "int8", "page", "torch"]
EXPORTS = "export"
"""The folder inside a run folder for its exported files."""
FILE_NAMES: Mapping[Form, str] = {
    "onnx": "model.onnx",
    "int8": "model-int8.onnx",
    "page": "page.html",
    "torch": "model.pt2",
}


def export(
    run: str = "last",
    /,
    *,
    to: Literal["onnx", "page", "torch"] = "onnx",
    out: OutFile = None,
    quantise: Literal["int8"] | None = None,
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
        `onnx` for onnxruntime and most others, `page` for one HTML file that draws, opens pictures
        and answers without a network, `torch` for a torch.export archive (.pt2).
    out
        The file to write; left out: one in the folder `export` of the run.
    quantise
        `int8` for an ONNX file of a third of the bytes; what it costs in accuracy and gains in
        speed is measured on the test items.
    data_dir
        Where to look first for the run's data, if they are a known data set.
    """
    from noonbit.export.parity import items_if_here
    from noonbit.runs.folder import make_folder

    if quantise and to != "onnx":
        raise UsageError(f"--quantise {quantise} is for --to onnx; leave one of them out.")
    loaded = open_run(run, trust=trust)
    loaded.model  # noqa: B018 - whatever is wrong with it is said before the data are loaded
    items, reason = items_if_here(loaded, data_dir)
    path = out
    if path is None:
        path = loaded.path / EXPORTS / FILE_NAMES[quantise or to]
        make_folder(path.parent)
    if reason is not None:
        say(f"note     {reason}")
    lines, facts = write_file(loaded, quantise or to, path, items)
    if json:
        print_json({"run": str(loaded.path), "file": str(path), **facts})
    else:
        for line in lines:
            print_line(line)
    say(f"wrote    {path} ({path.stat().st_size / 1e6:,.1f} MB)")
    if path.suffix == ".onnx":
        example = loaded.contract.preprocessor.example
        say(f"next     noonbit predict {shell_word(str(path))} {example}")


def write_file(
    run: "Run", form: Form, path: Path, items: "PreparedDataset | None"
) -> tuple[list[str], dict[str, Any]]:
    """Write a file, and return what to print of it, and the same for JSON."""
    from noonbit.export.formats import export, export_int8
    from noonbit.export.parity import plain_facts

    if form == "onnx" or form == "torch":
        parity = export(run, form, path, items)
        return [f"parity   {parity.describe()}"], {"parity": plain_facts(parity)}
    if items is None:
        raise UsageError(
            f"The data of {run.path.name} are not here, and this file is made with its test items. "
            "Restore them, or say where they are with --data-dir."
        )
    if form == "int8":
        cost = export_int8(run, path, items)
        return cost.lines(run.contract.preprocessor.noun), {"quantisation": cost.model_dump()}
    from noonbit.page.page import write_page

    page = write_page(run, path, items)
    return [f"parity   {page.describe()}"], {"parity": asdict(page)}
